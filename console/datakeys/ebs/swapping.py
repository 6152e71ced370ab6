"""The new volumes where the old ones were, and back; and much later the end of the old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import disks
from console.aws.session import ask
from console.datakeys.ebs import others
from console.datakeys.ebs.looking import quieted, undisturbed
from console.datakeys.ebs.parts import POLL, disks_of, ec2, shown, until
from console.datakeys.keys import usable
from console.errors import ConsoleError

if TYPE_CHECKING:
    from console.workflow.context import Context
    from store.run_records import Json

PATIENCE = 24
"""Looks at a volume that should come off: two minutes. One that is mounted never does."""

FAILED = ("failed", "failed-detached")


def swap(ctx: Context) -> Json:
    """The new volumes where the old ones were.

    Raises:
        ConsoleError: somebody may have written to an old volume, or a CMK cannot open the new one.
    """
    new = ctx.outputs["ebs_volume"]["ids"]
    if not ctx.cursor.get("begun"):
        undisturbed(ctx)  # later a detached volume says nothing; and nobody writes to it any more
        usable(ctx, *(disk.intended for disk in disks_of(ctx.facts)))
        ctx.save({"begun": True}, 0, len(new))
    for number, (old, made) in enumerate(new.items()):
        _put(ctx, old, old, made)
        ctx.save({"begun": True}, number + 1, len(new))
    return {"attached": ", ".join(new.values())}


def swap_back(ctx: Context) -> None:
    """The old volumes where they were: with the data as it was at the snapshot."""
    for old, made in ctx.outputs["ebs_volume"]["ids"].items():
        _put(ctx, old, made, old)


def _put(ctx: Context, place: str, old: str, new: str) -> None:
    """`new` where `old` hangs: the place of the first volume of this rotation, `place`, as it was seen."""
    seen = ctx.outputs["ebs_look"]["disks"][place]
    if not seen.get("instance"):
        return
    if quieted(ctx.known).get("how") == "replace":
        _replace_root(ctx, seen, new)
    else:
        _hand_over(ctx, seen, old, new)
    mapping = {"DeviceName": seen["device"], "Ebs": {"DeleteOnTermination": seen["goes_along"]}}
    ask(ec2(ctx), "modify_instance_attribute", InstanceId=seen["instance"], BlockDeviceMappings=[mapping])


def _hand_over(ctx: Context, seen: Json, old: str, new: str) -> None:
    client = ec2(ctx)
    there = disks.attachment(disks.volume(client, new))
    if there is not None and there["InstanceId"] != seen["instance"]:
        raise ConsoleError("ebs.taken", volume=new, instance=there["InstanceId"])
    if there is None or there["Device"] != seen["device"]:
        for each in (old, new) if there else (old,):
            let_go(ctx, client, each)
        ask(client, "attach_volume", VolumeId=new, InstanceId=seen["instance"], Device=seen["device"])
    until(ctx, lambda: disks.volume(client, new)["State"], "in-use")


def let_go(ctx: Context, client: Any, volume: str) -> None:
    """Off its machine.

    Raises:
        ConsoleError: the machine does not let it go, for it is still mounted there.
    """
    there = disks.attachment(disks.volume(client, volume))
    if there is not None:
        ask(client, "detach_volume", VolumeId=volume)
    for _ in range(PATIENCE):
        if disks.volume(client, volume)["State"] == "available":
            return
        ctx.wait(POLL)
    raise ConsoleError("ebs.busy", volume=volume, instance=(there or {}).get("InstanceId", "–"))


def _replace_root(ctx: Context, seen: Json, new: str) -> None:
    """CreateReplaceRootVolumeTask: AWS itself puts it in, and starts the instance anew from it."""
    client = ec2(ctx)
    if (there := disks.attachment(disks.volume(client, new))) is not None and there["InstanceId"] == seen["instance"]:
        return
    token = ctx.token_for(f"replace {new}")
    ask(client, "create_replace_root_volume_task", InstanceId=seen["instance"], VolumeId=new, ClientToken=token)
    while disks.attachment(disks.volume(client, new)) is None:
        filters = [{"Name": "instance-id", "Values": [seen["instance"]]}]
        tasks = ask(client, "describe_replace_root_volume_tasks", Filters=filters)["ReplaceRootVolumeTasks"]
        newest = max(tasks, key=lambda task: str(task.get("StartTime", "")), default=None)
        if newest is not None and newest.get("TaskState") in FAILED:
            raise ConsoleError("ebs.root_failed", instance=seen["instance"])
        ctx.wait(POLL)


def remove(ctx: Context) -> Json:
    """The old volumes, the snapshots that the run made, and what a person chose to go with them."""
    client, gone = ec2(ctx), []
    for disk in disks_of(ctx.facts):
        entry = shown(client, disks.volume, disk.volume)
        if entry is not None and disks.attachment(entry) is not None:
            raise ConsoleError("ebs.old_in_use", volume=disk.volume)
        if entry is not None:
            disks.mark(client, disk.volume, ctx.run_id)
            disks.delete_volume(client, disk.volume)
        gone.append(disk.volume)
    steps = [ctx.outputs[step].get("ids", {}).values() for step in ("ebs_snapshot", "ebs_transit", "proof")
             if step in ctx.outputs]  # fmt: skip
    found = [disks.identity(entry) for entry in disks.made(client, "Snapshots", ctx.run_id)]
    also = ctx.answer.get("also") or ()  # marked as this run's when a kill came between: they are judged apart
    made = [each for each in dict.fromkeys([*(e for step in steps for e in step), *found]) if each not in also]
    for snapshot_id in made:
        disks.delete_snapshot(client, snapshot_id)
    chosen, kept = others.remove(ctx)
    return {"removed": [*gone, *made, *chosen], "also": chosen, "kept": kept}
