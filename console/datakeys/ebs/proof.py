"""What proves that a volume is under a new data key: what AWS names for a snapshot of it, and named before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.aws import disks
from console.aws.ec2 import snapshots
from console.datakeys.ebs.held import still_holding
from console.datakeys.ebs.looking import undisturbed
from console.datakeys.ebs.making import snapshot_of
from console.datakeys.ebs.parts import Disk, Making, disks_of, ec2, whole
from console.datakeys.proving import Evidence, together
from store.verdicts import Verdict

if TYPE_CHECKING:
    from console.workflow.context import Context
    from store.run_records import Json


def proof(ctx: Context) -> Json:
    """A volume never says which data key it is under; a snapshot of it does."""
    undisturbed(ctx)
    new = ctx.outputs["ebs_volume"]["ids"]
    making = Making(ctx, "Snapshots")
    making(lambda disk: snapshot_of(ctx, new[disk.volume], disk))
    after = whole(ctx, making)
    evidence = {disk.volume: _evidence(ctx, disk, after[disk.volume]) for disk in making.all}
    return {**together(evidence), "ids": making.ids}


def _evidence(ctx: Context, disk: Disk, after: Json) -> Evidence:
    held = ctx.outputs["ebs_snapshot"]["told"][disk.volume]
    before, copy = held["data_key"], _copied(ctx, disk)
    passed = ctx.outputs["ebs_transit"]["told"][disk.volume]["data_key"] if disk.transit else ""
    if held["key"]:
        verdict, reason = judge(before, passed, after["data_key"], after["key"], disk.intended)
    else:
        verdict, reason = judge("–", "", after["data_key"], after["key"], disk.intended)
        reason = "verdict.ebs.first" if verdict is Verdict.PROVEN else reason
    if copy and verdict is Verdict.PROVEN:
        verdict, reason = arrived(held["bytes"], after["bytes"], reason)
    facts = {
        "data_key_before": before, "data_key_transit": passed, "data_key_after": after["data_key"],
        "cmk_before": disk.cmk, "cmk_after": after["key"], "cmk_intended": disk.intended,
        "snapshot": after["snapshot"], "volume": ctx.outputs["ebs_volume"]["ids"][disk.volume],
        "still_held": _still(ctx, before), **copy,
    }  # fmt: skip
    return Evidence(verdict, reason, facts["volume"] if verdict is Verdict.PROVEN else disk.volume, facts)


def _still(ctx: Context, before: str) -> Json:
    ours = [*ctx.outputs["ebs_volume"]["ids"].values(), *(disk.volume for disk in disks_of(ctx.facts))]
    client = ec2(ctx)
    return still_holding(client, before, snapshots(client), ours, ctx.run_id).told()


def judge(before: str, passed: str, after: str, key: str, intended: str) -> tuple[Verdict, str]:
    """What the ids of the data keys prove (DescribeSnapshots.DataEncryptionKeyId), and the text key of why."""
    if not (before and after):
        return Verdict.UNKNOWN, "verdict.ebs.untold"
    if after == before:
        return Verdict.UNCHANGED if key == intended else Verdict.REWRAPPED, "verdict.ebs.same"
    if passed and after == passed:
        return Verdict.UNKNOWN, "verdict.ebs.transit"
    return (Verdict.PROVEN, "verdict.ebs.new") if key == intended else (Verdict.UNKNOWN, "verdict.ebs.other_cmk")


def _copied(ctx: Context, disk: Disk) -> Json:
    """What a person says of the copy, where one made it; {} where AWS did."""
    if "ebs_compare" not in ctx.outputs:
        return {}
    told = ctx.outputs["ebs_compare"]
    return {"copied_how": told["how"], "copied_told_by": told["told_by"], "copied": told["compared"][disk.volume]}


def arrived(before: int | None, after: int | None, reason: str) -> tuple[Verdict, str]:
    """A new data key under which nothing was ever written proves that the copy went elsewhere, whatever was pasted.

    By DescribeSnapshots.FullSnapshotSizeInBytes: the blocks that were written to the volume. None: AWS does not tell.
    """
    if before and after == 0:
        return Verdict.UNKNOWN, "verdict.ebs.empty"
    return Verdict.PROVEN, "verdict.ebs.fresh" if reason == "verdict.ebs.new" else "verdict.ebs.fresh_first"


def clear(ctx: Context) -> Json:
    """Without proof nothing is swapped, and what was made for it goes: it is nobody's."""
    client = ec2(ctx)
    for entry in disks.made(client, "Volumes", ctx.run_id, "ebs_volume"):
        disks.delete_volume(client, disks.identity(entry))
    for entry in disks.made(client, "Snapshots", ctx.run_id):
        disks.delete_snapshot(client, disks.identity(entry))
    return {}
