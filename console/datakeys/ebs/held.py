"""What else holds a volume's data key: other volumes, snapshots, images and backups, each by its lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import disks, ec2
from console.aws.refusals import AwsRefusal
from console.datakeys.ebs.lineage import Lineage
from console.datakeys.holders import MOST, Holder, Holding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from console.aws.session import Account
    from console.datakeys.routes import Subject

MADE_BY = (("aws:backup:", "backup"), ("aws:dlm:", "policy"))
"""Tags (their beginning) by which AWS Backup and Data Lifecycle Manager know the snapshots that are theirs."""


def holding(account: Account, subject: Subject) -> Holding:
    """Beside the volume itself, before anything is done; its data key as snapshots of this moment tell it."""
    client = account.client("ec2", subject.region)
    snapshots = list(ec2.snapshots(client))
    data_key, _ = Lineage(snapshots).tell(disks.volume(client, subject.resource_id))
    return still_holding(client, data_key or subject.data_key_id, snapshots, (subject.resource_id,))


def still_holding(
    client: Any, data_key: str, snapshots: Iterable[Mapping[str, Any]], volumes: Iterable[str], run_id: str = ""
) -> Holding:
    """Among these snapshots, and all volumes but `volumes`. What the run made itself is left out: it goes with the old.

    Volumes are told by what they were made from, which is inferred; images, locks and backups because no rotation
    removes them.
    """
    if not data_key:
        return Holding(known=False)
    snapshots = list(snapshots)
    alike = [
        one for one in snapshots
        if one.get("DataEncryptionKeyId") == data_key and not (run_id and disks.tag(one, disks.RUN_TAG) == run_id)
    ]  # fmt: skip
    unread: list[str] = []
    images = asked(ec2.image_snapshots, client, "images", unread) if alike else {}
    locks = asked(ec2.locked_snapshots, client, "locks", unread) if alike else {}
    found = [holder_of(one, images, locks) for one in alike]
    found += _volumes(client, data_key, Lineage(snapshots), frozenset(volumes))
    found.sort(key=lambda each: (each.at, each.id))
    return Holding(len(found), tuple(found[:MOST]), tuple(unread))


def holder_of(entry: Mapping[str, Any], images: Mapping[str, str], locks: Mapping[str, str]) -> Holder:
    """By what keeps it most firmly."""
    name, at = entry["SnapshotId"], str(entry.get("StartTime", ""))[:10]
    owners = [kind for tag in entry.get("Tags", ()) for mark, kind in MADE_BY if tag["Key"].startswith(mark)]
    if name in locks:
        return Holder("locked", name, at, locks[name])
    if name in images:
        return Holder("image", name, at, images[name])
    return Holder(owners[0] if owners else "snapshot", name, at)


def _volumes(client: Any, data_key: str, lineage: Lineage, without: frozenset[str]) -> list[Holder]:
    return [
        Holder("volume", one["VolumeId"], str(one.get("CreateTime", ""))[:10])
        for one in ec2.volumes(client)
        if one["VolumeId"] not in without and lineage.tell(one)[0] == data_key
    ]


def asked(ask: Callable[[Any], dict[str, str]], client: Any, what: str, unread: list[str]) -> dict[str, str]:
    """What EC2 tells by snapshot; a right that is lacking is a gap, and said."""
    try:
        return ask(client)
    except AwsRefusal as refusal:
        if not refusal.denied:
            raise
        unread.append(what)
        return {}
