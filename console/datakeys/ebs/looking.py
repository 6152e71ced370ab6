"""What must be so before a volume is swapped, and stay so until then: its place, its keys, and that nobody writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import disks
from console.aws.session import ask
from console.datakeys.ebs.parts import Disk, disks_of, ec2, until
from console.datakeys.keys import usable
from console.errors import ConsoleError

if TYPE_CHECKING:
    from console.workflow.context import Context
    from console.workflow.model import Known
    from store.run_records import Json

ATTRIBUTES = ("Size", "VolumeType", "Iops", "Throughput")

OWNED = {"aws:ecs:": "ECS", "aws:rds:": "RDS", "aws:workspaces:": "WorkSpaces", "AmazonECSManaged": "ECS",
         "aws:elasticmapreduce:": "EMR", "aws:dlm:managed": "Data Lifecycle Manager"}  # fmt: skip
"""Tags (their beginning) of volumes that an AWS service made and manages: it would not know of another volume."""


def look(ctx: Context) -> Json:
    """All that the new volumes must have, and that nothing stands in the way.

    Raises:
        ConsoleError: several attachments are allowed, a service manages it, it is under another key by now, its CMK
            cannot be used, or the volumes hang on different instances.
    """
    seen = {disk.volume: _seen(ctx, disk) for disk in disks_of(ctx.facts)}
    usable(ctx, *(arn for disk in disks_of(ctx.facts) for arn in (disk.intended, disk.transit)))
    instances = {told.get("instance", "") for told in seen.values()}
    if len(instances) > 1:
        raise ConsoleError("ebs.apart", volumes=", ".join(seen))
    devices = ", ".join(told["device"] for told in seen.values() if told.get("device"))
    instance = instances.pop()
    machine = _machine(ctx, instance) if instance else {}
    if ctx.facts["route"] == "fresh":
        _fit_to_copy(seen, machine)
    return {"disks": seen, "instance": instance, "device": devices, **machine}


def _fit_to_copy(seen: Json, machine: Json) -> None:
    """Raises ConsoleError where nobody could copy: it hangs nowhere, a system runs from it, the machine is off."""
    for volume, told in seen.items():
        if not told.get("instance"):
            raise ConsoleError("ebs.copy_loose", volume=volume)
        if told["root"]:
            raise ConsoleError("ebs.copy_root", volume=volume, instance=told["instance"])
        if machine["state"] != "running":
            raise ConsoleError("ebs.copy_off", volume=volume, instance=told["instance"])


def _seen(ctx: Context, disk: Disk) -> Json:
    client = ec2(ctx)
    entry = disks.volume(client, disk.volume)
    if entry.get("MultiAttachEnabled"):
        raise ConsoleError("ebs.multi_attach", volume=disk.volume)
    if owner := managed_by(entry):
        raise ConsoleError("ebs.managed", volume=disk.volume, service=owner)
    if disk.cmk and entry.get("KmsKeyId", "") != disk.cmk:
        raise ConsoleError("ebs.other_key", volume=disk.volume, found=entry.get("KmsKeyId") or "–")
    there = disks.attachment(entry)
    return {
        "zone": entry["AvailabilityZone"],
        "tags": entry.get("Tags", []),
        "made": {name: entry[name] for name in ATTRIBUTES if entry.get(name) is not None},
        **(_place(client, there) if there else {}),
    }


def managed_by(entry: Any) -> str:
    """The AWS service that made this volume and manages it, by its tags or its own word; '' for none."""
    operator = entry.get("Operator") or {}
    if operator.get("Managed"):
        return str(operator.get("Principal") or "AWS")
    named = [name for tag in entry.get("Tags", ()) for mark, name in OWNED.items() if tag["Key"].startswith(mark)]
    return named[0] if named else ""


def _place(client: Any, there: Any) -> Json:
    machine = disks.instance(client, there["InstanceId"])
    return {
        "instance": there["InstanceId"],
        "device": there["Device"],
        "goes_along": bool(there.get("DeleteOnTermination")),
        "root": machine.get("RootDeviceName") == there["Device"],
    }


def _machine(ctx: Context, instance_id: str) -> Json:
    """State, what runs on it, and since when: that moment is another one after every start."""
    machine = disks.instance(ec2(ctx), instance_id)
    return {
        "state": machine["State"]["Name"], "launched": str(machine.get("LaunchTime", "")),
        "platform": str(machine.get("Platform", "")).lower(),
    }  # fmt: skip


# ---- quiet


def attached(known: Known) -> bool:
    return bool(known.outputs["ebs_look"].get("instance"))


def running(known: Known) -> bool:
    return known.outputs["ebs_look"].get("state") == "running"


def has_root(known: Known) -> bool:
    return any(told.get("root") for told in known.outputs["ebs_look"]["disks"].values())


def ways_to_be_quiet(known: Known) -> tuple[str, ...]:
    """A root volume cannot be unmounted; where it is the only one, AWS itself can put another in its place."""
    if not has_root(known):
        return ("stop", "unmounted")
    alone = len(known.outputs["ebs_look"]["disks"]) == 1
    return ("stop", "replace") if alone else ("stop",)


def quiet(ctx: Context) -> Json:
    """Nobody writes from here to the swap: what was written after the snapshot would be lost."""
    instance = ctx.outputs["ebs_look"]["instance"]
    if ctx.answer["how"] == "stop":
        _stop(ctx, instance)
    return {"how": ctx.answer["how"], **_machine(ctx, instance)}


def held(ctx: Context) -> Json:
    """A person's word that nobody writes, and how the machine is then; it stays on, for it copies."""
    return {"how": "held", **_machine(ctx, ctx.outputs["ebs_look"]["instance"])}


def quieted(known: Known) -> Json:
    """How writing was stopped; {} where nobody could write from the beginning."""
    return next((known.outputs[step] for step in ("ebs_quiet", "ebs_hold") if step in known.outputs), {})


def _stop(ctx: Context, instance: str) -> None:
    ask(ec2(ctx), "stop_instances", InstanceIds=[instance])
    until(ctx, lambda: disks.instance(ec2(ctx), instance)["State"]["Name"], "stopped")


def loud(ctx: Context) -> Json:
    """Started again, if it was stopped for this.

    Raises:
        ConsoleError: it fell back to stopped: one of its disks cannot be opened.
    """
    instance = ctx.outputs["ebs_look"]["instance"]
    ask(ec2(ctx), "start_instances", InstanceIds=[instance])
    state = until(ctx, lambda: disks.instance(ec2(ctx), instance)["State"]["Name"], "running", "stopped")
    if state == "stopped":
        reason = disks.instance(ec2(ctx), instance).get("StateReason", {}).get("Message", "")
        raise ConsoleError("ebs.no_start", instance=instance, detail=reason)
    return {}


def silent_again(ctx: Context) -> None:
    """Stopped again, so that the old volumes can be put back."""
    _stop(ctx, ctx.outputs["ebs_look"]["instance"])


def started_again(ctx: Context) -> None:
    if ctx.answer.get("how") == "stop":
        loud(ctx)


def stopped_here(known: Known) -> bool:
    return known.outputs["ebs_quiet"].get("how") == "stop"


def undisturbed(ctx: Context) -> None:
    """Nothing wrote to the old volumes since they were quiet, as far as AWS shows it.

    Raises:
        ConsoleError: the instance was started, or a volume hangs elsewhere than it did.
    """
    seen = ctx.outputs["ebs_look"]
    calm = quieted(ctx.known) or seen
    for volume, told in seen["disks"].items():
        there = disks.attachment(disks.volume(ec2(ctx), volume))
        if (there or {}).get("InstanceId", "") != told.get("instance", ""):
            raise ConsoleError("ebs.moved", volume=volume, instance=(there or {}).get("InstanceId") or "–")
    if not seen["instance"] or calm.get("how") in ("unmounted", "replace"):
        return
    now, copied = _machine(ctx, seen["instance"]), calm.get("how") == "held"
    if now["launched"] != calm["launched"] or (now["state"] != "stopped" and not copied):
        raise ConsoleError("ebs.restarted" if copied else "ebs.started", instance=seen["instance"])
