"""The procedure, step by step, in the tenant's account: nothing is swapped before the proof, nothing removed after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import disks, kms
from console.aws.refusals import AwsRefusal
from console.aws.session import ask
from console.datakeys.proving import PROOF, RECORD, Evidence, proven, retiring
from console.errors import ConsoleError
from console.workflow.model import Field, Kind, Lane, Step
from store.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.workflow.context import Context
    from console.workflow.model import Known
    from store.run_records import Json

POLL = 5.0
"""Seconds between two looks at something that takes its time."""

ATTRIBUTES = ("Size", "VolumeType", "Iops", "Throughput")


def _ec2(ctx: Context) -> Any:
    return ctx.client("ec2", ctx.facts["region"], ctx.facts["account"])


# ---- look


def look(ctx: Context) -> Json:
    """All that the new volume must have, and that nothing stands in the way."""
    facts, client = ctx.facts, _ec2(ctx)
    entry = disks.volume(client, facts["resource"])
    if entry.get("MultiAttachEnabled"):
        raise ConsoleError("ebs.multi_attach", volume=facts["resource"])
    if facts["cmk"] and entry.get("KmsKeyId", "") != facts["cmk"]:
        raise ConsoleError("ebs.other_key", volume=facts["resource"], found=entry.get("KmsKeyId") or "–")
    for arn in (facts["intended"], facts["transit"] if facts["route"] == "transit" else ""):
        _usable(ctx, arn)
    there = disks.attachment(entry)
    at = _attached(client, there) if there else {}
    return {
        "zone": entry["AvailabilityZone"],
        "tags": entry.get("Tags", []),
        "made": {name: entry[name] for name in ATTRIBUTES if entry.get(name) is not None},
        **at,
    }


def _usable(ctx: Context, arn: str) -> None:
    if not arn:
        return
    state = kms.describe_key(ctx.client("kms", ctx.facts["region"], ctx.facts["account"]), arn)["KeyState"]
    if state != "Enabled":
        raise ConsoleError("rotation.cmk_unusable", cmk=arn, state=state)


def _attached(client: Any, there: Any) -> Json:
    machine = disks.instance(client, there["InstanceId"])
    return {
        "instance": there["InstanceId"],
        "device": there["Device"],
        "goes_along": bool(there.get("DeleteOnTermination")),
        "root": machine.get("RootDeviceName") == there["Device"],
        "state": machine["State"]["Name"],
    }


# ---- quiet


def _attached_then(known: Known) -> bool:
    return bool(known.outputs["ebs_look"].get("instance"))


def _running(known: Known) -> bool:
    return known.outputs["ebs_look"].get("state") == "running"


def _enough(how: Any, known: Known) -> str | None:
    return "ebs.root_stops" if how == "unmounted" and known.outputs["ebs_look"].get("root") else None


def quiet(ctx: Context) -> Json:
    """Nobody writes from here to the swap: what was written after the snapshot would be lost."""
    if ctx.answer["how"] == "stop":
        instance = ctx.outputs["ebs_look"]["instance"]
        ask(_ec2(ctx), "stop_instances", InstanceIds=[instance])
        _until(ctx, lambda: disks.instance(_ec2(ctx), instance)["State"]["Name"], "stopped")
    return {"how": ctx.answer["how"]}


def loud(ctx: Context) -> Json:
    """Started again, if it was stopped for this."""
    instance = ctx.outputs["ebs_look"]["instance"]
    ask(_ec2(ctx), "start_instances", InstanceIds=[instance])
    _until(ctx, lambda: disks.instance(_ec2(ctx), instance)["State"]["Name"], "running")
    return {}


def started_again(ctx: Context) -> None:
    if ctx.answer.get("how") == "stop":
        loud(ctx)


def _stopped_here(known: Known) -> bool:
    return known.outputs["ebs_quiet"].get("how") == "stop"


# ---- snapshots and the new volume


def snapshot(ctx: Context) -> Json:
    return _snapshot_of(ctx, ctx.facts["resource"])


def _snapshot_of(ctx: Context, volume: str) -> Json:
    client, step = _ec2(ctx), ctx.step.name
    found = disks.made(client, "Snapshots", ctx.run_id, step)
    if found is None:
        tags = disks.tagged("snapshot", ctx.outputs["ebs_look"]["tags"], ctx.run_id, step)
        found = ask(client, "create_snapshot", VolumeId=volume, TagSpecifications=tags, Description=_about(ctx))
    return _whole(ctx, found["SnapshotId"])


def transit(ctx: Context) -> Json:
    """A full copy under the CMK to pass under: that is where the new data key comes from."""
    client, step = _ec2(ctx), ctx.step.name
    found = disks.made(client, "Snapshots", ctx.run_id, step)
    if found is None:
        found = ask(
            client, "copy_snapshot", SourceRegion=ctx.facts["region"], Encrypted=True, KmsKeyId=ctx.facts["transit"],
            SourceSnapshotId=ctx.outputs["ebs_snapshot"]["snapshot"], Description=_about(ctx),
            TagSpecifications=disks.tagged("snapshot", ctx.outputs["ebs_look"]["tags"], ctx.run_id, step),
        )  # fmt: skip
    return _whole(ctx, found["SnapshotId"])


def _whole(ctx: Context, snapshot_id: str) -> Json:
    """Wait until a snapshot is whole. A key that cannot be used shows only now: EC2 looks at it while it copies."""
    client = _ec2(ctx)
    while True:
        entry = disks.snapshot(client, snapshot_id)
        if entry["State"] == "completed":
            break
        if entry["State"] != "pending":
            raise ConsoleError("ebs.snapshot_failed", snapshot=snapshot_id, detail=entry.get("StateMessage", ""))
        ctx.save({"snapshot": snapshot_id}, int(entry.get("Progress", "0%").rstrip("%") or 0), 100)
        ctx.wait(POLL)
    return {
        "snapshot": snapshot_id,
        "data_key": entry.get("DataEncryptionKeyId", ""),
        "key": entry.get("KmsKeyId", ""),
    }


def volume(ctx: Context) -> Json:
    """The new volume, like the old one in everything but its data key; its CMK is always named."""
    client, seen, step = _ec2(ctx), ctx.outputs["ebs_look"], ctx.step.name
    found = disks.made(client, "Volumes", ctx.run_id, step)
    if found is None:
        source = ctx.outputs["ebs_transit" if ctx.facts["route"] == "transit" else "ebs_snapshot"]["snapshot"]
        found = ask(
            client, "create_volume", AvailabilityZone=seen["zone"], SnapshotId=source, Encrypted=True,
            KmsKeyId=ctx.facts["intended"], ClientToken=ctx.token,
            TagSpecifications=disks.tagged("volume", seen["tags"], ctx.run_id, step), **_like(seen["made"]),
        )  # fmt: skip
    made = found["VolumeId"]
    _until(ctx, lambda: disks.volume(client, made)["State"], "available", "in-use")
    return {"volume": made}


def _like(made: Json) -> Json:
    """What CreateVolume takes: it refuses IOPS or throughput where the type has none of its own to set."""
    kept = {"Size": made["Size"], "VolumeType": made["VolumeType"]}
    if made["VolumeType"] in ("io1", "io2", "gp3") and "Iops" in made:
        kept["Iops"] = made["Iops"]
    if made["VolumeType"] == "gp3" and "Throughput" in made:
        kept["Throughput"] = made["Throughput"]
    return kept


# ---- proof


def proof(ctx: Context) -> Json:
    """A volume never says which data key it is under; a snapshot of it does."""
    new = ctx.outputs["ebs_volume"]["volume"]
    after = _snapshot_of(ctx, new)
    before = ctx.outputs["ebs_snapshot"]["data_key"]
    passed = ctx.outputs["ebs_transit"].get("data_key", "") if ctx.facts["route"] == "transit" else ""
    verdict, reason = judge(before, passed, after["data_key"], after["key"], ctx.facts["intended"])
    facts = {
        "data_key_before": before, "data_key_transit": passed, "data_key_after": after["data_key"],
        "cmk_after": after["key"], "cmk_intended": ctx.facts["intended"], "snapshot": after["snapshot"],
    }  # fmt: skip
    return {**Evidence(verdict, reason, new, facts).output(), "snapshot": after["snapshot"]}


def judge(before: str, passed: str, after: str, key: str, intended: str) -> tuple[Verdict, str]:
    """What the ids of the data keys prove (DescribeSnapshots.DataEncryptionKeyId), and the text key of why."""
    if not (before and after):
        return Verdict.UNKNOWN, "verdict.ebs.untold"
    if after == before:
        return Verdict.UNCHANGED if key == intended else Verdict.REWRAPPED, "verdict.ebs.same"
    if passed and after == passed:
        return Verdict.UNKNOWN, "verdict.ebs.transit"
    return (Verdict.PROVEN, "verdict.ebs.new") if key == intended else (Verdict.UNKNOWN, "verdict.ebs.other_cmk")


# ---- swap, and back


def swap(ctx: Context) -> Json:
    """The new volume where the old one was."""
    _hand_over(ctx, ctx.facts["resource"], ctx.outputs["ebs_volume"]["volume"])
    return {"attached": ctx.outputs["ebs_volume"]["volume"]}


def swap_back(ctx: Context) -> None:
    """The old volume where it was: with the data as it was at the snapshot."""
    _hand_over(ctx, ctx.outputs["ebs_volume"]["volume"], ctx.facts["resource"])


def _hand_over(ctx: Context, old: str, new: str) -> None:
    client, seen = _ec2(ctx), ctx.outputs["ebs_look"]
    there = disks.attachment(disks.volume(client, new))
    if there is None:
        if disks.attachment(disks.volume(client, old)) is not None:
            ask(client, "detach_volume", VolumeId=old)
        _until(ctx, lambda: disks.volume(client, old)["State"], "available")
        ask(client, "attach_volume", VolumeId=new, InstanceId=seen["instance"], Device=seen["device"])
    elif there["InstanceId"] != seen["instance"]:
        raise ConsoleError("ebs.taken", volume=new, instance=there["InstanceId"])
    _until(ctx, lambda: disks.volume(client, new)["State"], "in-use")
    mapping = {"DeviceName": seen["device"], "Ebs": {"DeleteOnTermination": seen["goes_along"]}}
    ask(client, "modify_instance_attribute", InstanceId=seen["instance"], BlockDeviceMappings=[mapping])


# ---- what goes


def drop_snapshot(ctx: Context) -> None:
    client = _ec2(ctx)
    if (made := _left(ctx, client, "Snapshots", "snapshot", "SnapshotId")) is not None:
        disks.delete(client, "delete_snapshot", SnapshotId=made)


def drop_volume(ctx: Context) -> None:
    client = _ec2(ctx)
    if (made := _left(ctx, client, "Volumes", "volume", "VolumeId")) is not None:
        disks.delete(client, "delete_volume", VolumeId=made)


def _left(ctx: Context, client: Any, what: str, named: str, identity: str) -> str | None:
    """What the step made, also where it did not come to an output; None: nothing."""
    if named in ctx.output:
        return str(ctx.output[named])
    found = disks.made(client, what, ctx.run_id, ctx.step.name)
    return None if found is None else str(found[identity])


def remove(ctx: Context) -> Json:
    """The old volume, and the snapshots that the run made: all of them still hold the old data key, or none."""
    client = _ec2(ctx)
    try:
        if disks.attachment(disks.volume(client, ctx.facts["resource"])) is not None:
            raise ConsoleError("ebs.old_in_use", volume=ctx.facts["resource"])
        disks.mark(client, ctx.facts["resource"], ctx.run_id)  # the role may delete only what a run has marked
    except AwsRefusal as refusal:
        if refusal.code not in disks.GONE:
            raise
    disks.delete(client, "delete_volume", VolumeId=ctx.facts["resource"])
    made = [ctx.outputs[step]["snapshot"] for step in ("ebs_snapshot", "ebs_transit", PROOF) if step in ctx.outputs]
    for snapshot_id in made:
        disks.delete(client, "delete_snapshot", SnapshotId=snapshot_id)
    return {"removed": [ctx.facts["resource"], *made]}


def _about(ctx: Context) -> str:
    return f"kms-console {ctx.run_id} {ctx.step.name} {ctx.facts['resource']}"


def _until(ctx: Context, state: Callable[[], str], *wanted: str) -> None:
    while state() not in wanted:
        ctx.wait(POLL)


LOOK = Step("ebs_look", look, lane=Lane.TENANT)
QUIET = Step(
    "ebs_quiet", quiet, lane=Lane.TENANT, when=_running, undo=started_again,
    ask=(Field("how", Kind.CHOICE, default="stop", choices=("stop", "unmounted"), check=_enough),),
)  # fmt: skip
SNAPSHOT = Step("ebs_snapshot", snapshot, lane=Lane.TENANT, undo=drop_snapshot)
TRANSIT = Step("ebs_transit", transit, lane=Lane.TENANT, undo=drop_snapshot)
VOLUME = Step("ebs_volume", volume, lane=Lane.TENANT, undo=drop_volume)
PROVE = Step(PROOF, proof, lane=Lane.TENANT, undo=drop_snapshot)
SWAP = Step(
    "ebs_swap", swap, lane=Lane.TENANT, undo=swap_back, when=lambda known: proven(known) and _attached_then(known)
)
START = Step("ebs_start", loud, lane=Lane.TENANT, when=_stopped_here)
ENDS = (PROVE, SWAP, START, RECORD, retiring(remove))


STEPS: dict[str, tuple[Step, ...]] = {
    "move": (LOOK, QUIET, SNAPSHOT, VOLUME, *ENDS),
    "transit": (LOOK, QUIET, SNAPSHOT, TRANSIT, VOLUME, *ENDS),
}
"""By route; the routes that rotate nothing have none."""
