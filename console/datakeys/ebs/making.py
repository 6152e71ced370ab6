"""Snapshots and the volumes out of them: under which CMK each is made decides what becomes of the data key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import disks
from console.aws.refusals import AwsRefusal
from console.aws.session import ask
from console.datakeys.ebs.parts import LOOKS, POLL, Disk, Making, about, drop, ec2, shown, whole
from console.errors import ConsoleError

if TYPE_CHECKING:
    from console.workflow.context import Context
    from store.run_records import Json


def snapshot(ctx: Context) -> Json:
    """Of every old volume; of several at once, so that they are of one moment."""
    making = Making(ctx, "Snapshots")
    together = (lambda: _of_one_moment(ctx)) if len(making.all) > 1 and ctx.outputs["ebs_look"]["instance"] else None
    making(lambda disk: snapshot_of(ctx, disk.volume, disk), together)
    return _output(making.ids, whole(ctx, making))


def snapshot_of(ctx: Context, volume: str, disk: Disk) -> str:
    tags = disks.tagged("snapshot", _tags(ctx, disk), ctx.run_id, ctx.step.name, disk.volume)
    told = ask(ec2(ctx), "create_snapshot", VolumeId=volume, TagSpecifications=tags, Description=about(ctx, volume))
    return str(told["SnapshotId"])


def _of_one_moment(ctx: Context) -> dict[str, str]:
    """CreateSnapshots of the instance, without those of its volumes that this is not about."""
    seen, client = ctx.outputs["ebs_look"], ec2(ctx)
    machine = disks.instance(client, seen["instance"])
    hanging = {each["DeviceName"]: each["Ebs"]["VolumeId"] for each in machine.get("BlockDeviceMappings", ())}
    root = hanging.pop(machine.get("RootDeviceName", ""), "")
    others = [volume for volume in hanging.values() if volume not in seen["disks"]]
    chosen: dict[str, Any] = {"InstanceId": seen["instance"], "ExcludeBootVolume": root not in seen["disks"]}
    if others:
        chosen["ExcludeDataVolumeIds"] = others
    common = [tag for tag in _first(seen["disks"])["tags"] if all(tag in d["tags"] for d in seen["disks"].values())]
    told = ask(
        client, "create_snapshots", InstanceSpecification=chosen, Description=about(ctx, seen["instance"]),
        TagSpecifications=disks.tagged("snapshot", common, ctx.run_id, ctx.step.name),
    )  # fmt: skip
    return {each["VolumeId"]: each["SnapshotId"] for each in told["Snapshots"]}


def _first(seen: Json) -> Json:
    found: Json = next(iter(seen.values()))
    return found


def transit(ctx: Context) -> Json:
    """A full copy under the CMK to pass under: that is where the new data key comes from."""
    making = Making(ctx, "Snapshots")
    making.all = tuple(disk for disk in making.all if disk.transit)
    making(lambda disk: _copy(ctx, disk))
    return _output(making.ids, whole(ctx, making))


def _copy(ctx: Context, disk: Disk) -> str:
    told = _of_snapshot(
        ctx, disk, "copy_snapshot", SourceRegion=ctx.facts["region"], Encrypted=True, KmsKeyId=disk.transit,
        SourceSnapshotId=ctx.outputs["ebs_snapshot"]["ids"][disk.volume], Description=about(ctx, disk.volume),
        TagSpecifications=disks.tagged("snapshot", _tags(ctx, disk), ctx.run_id, ctx.step.name, disk.volume),
    )  # fmt: skip
    return str(told["SnapshotId"])


def volume(ctx: Context) -> Json:
    """New volumes, like the old ones in everything but their data key; their CMK is always named."""
    making = Making(ctx, "Volumes")
    making(lambda disk: _volume(ctx, disk, making.tries.get(disk.volume, 0)))
    for disk in making.all:
        _ready(ctx, making, disk)
    return {"ids": making.ids, "volume": ", ".join(making.ids.values())}


def _volume(ctx: Context, disk: Disk, tries: int) -> str:
    seen = ctx.outputs["ebs_look"]["disks"][disk.volume]
    told = _of_snapshot(
        ctx, disk, "create_volume", AvailabilityZone=seen["zone"], Encrypted=True, KmsKeyId=disk.intended,
        ClientToken=ctx.token_for(f"{disk.volume} {tries}" if tries else disk.volume), **_source(ctx, disk),
        TagSpecifications=disks.tagged("volume", seen["tags"], ctx.run_id, ctx.step.name, disk.volume),
        **like(seen["made"]),
    )  # fmt: skip
    return str(told["VolumeId"])


def _of_snapshot(ctx: Context, disk: Disk, method: str, **wishes: Any) -> Any:
    """What is made of a snapshot of this run.

    Raises:
        ConsoleError: somebody deleted that since; another one would be of a later moment.
    """
    try:
        return ask(ec2(ctx), method, **wishes)
    except AwsRefusal as refusal:
        if refusal.code != "InvalidSnapshot.NotFound":
            raise
        source = wishes.get("SnapshotId") or wishes["SourceSnapshotId"]
        raise ConsoleError("ebs.source_gone", snapshot=source, volume=disk.volume) from refusal


def _source(ctx: Context, disk: Disk) -> dict[str, str]:
    """What the volume is made of: the copy under the transit CMK, the snapshot, or nothing."""
    if ctx.facts["route"] == "fresh":
        return {}
    return {"SnapshotId": ctx.outputs["ebs_transit" if disk.transit else "ebs_snapshot"]["ids"][disk.volume]}


def _ready(ctx: Context, making: Making, disk: Disk) -> None:
    """Raises ConsoleError where EC2 took the wish and could not fulfil it: the key refused."""
    made, missed = making.ids[disk.volume], 0
    while True:
        entry = shown(ec2(ctx), disks.volume, made)
        if entry is not None and entry["State"] in ("available", "in-use"):
            return
        missed += entry is None
        if missed >= LOOKS or (entry is not None and entry["State"] not in ("creating", "available", "in-use")):
            disks.delete_volume(ec2(ctx), made)
            making.lost(disk.volume)
            raise ConsoleError("ebs.volume_failed", volume=disk.volume, cmk=disk.intended)
        ctx.wait(POLL)


def like(made: Json) -> Json:
    """What CreateVolume takes: it refuses IOPS or throughput where the type has none of its own to set."""
    kept = {"Size": made["Size"], "VolumeType": made["VolumeType"]}
    if made["VolumeType"] in ("io1", "io2", "gp3") and "Iops" in made:
        kept["Iops"] = made["Iops"]
    if made["VolumeType"] == "gp3" and "Throughput" in made:
        kept["Throughput"] = made["Throughput"]
    return kept


def drop_snapshots(ctx: Context) -> None:
    drop(ctx, "Snapshots", disks.delete_snapshot)


def drop_volumes(ctx: Context) -> None:
    drop(ctx, "Volumes", disks.delete_volume)


def _tags(ctx: Context, disk: Disk) -> list[dict[str, str]]:
    tags: list[dict[str, str]] = ctx.outputs["ebs_look"]["disks"][disk.volume]["tags"]
    return tags


def _output(ids: dict[str, str], told: dict[str, Json]) -> Json:
    return {"ids": ids, "told": told, "snapshot": ", ".join(ids.values())}
