"""What else still holds a data key that was rotated: snapshots, images and backups, each by its lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import disks, ec2
from console.aws.refusals import AwsRefusal

if TYPE_CHECKING:
    from store.run_records import Json

MOST = 200
"""How many are named; the number tells of the rest."""


def still_holding(client: Any, data_key: str, run_id: str) -> Json:
    """`number`, and of the first of them `holders`: kind (snapshot, image, backup, locked), id, ISO date.

    Those that the run made itself are left out: they go with the old volume. Images and backups are told apart
    because no rotation removes them. `images` false: DescribeImages was refused, so snapshots may belong to one.
    """
    alike = [
        entry for entry in ec2.snapshots(client)
        if data_key and entry.get("DataEncryptionKeyId") == data_key and disks.tag(entry, disks.RUN_TAG) != run_id
    ]  # fmt: skip
    images, readable = _images(client) if alike else ({}, True)
    told = [
        {"kind": _kind(entry, images), "id": entry["SnapshotId"], "at": str(entry.get("StartTime", ""))[:10],
         "image": images.get(entry["SnapshotId"], "")}
        for entry in alike
    ]  # fmt: skip
    told.sort(key=lambda each: (each["at"], each["id"]))
    return {"number": len(told), "holders": told[:MOST], "images": readable}


def _kind(entry: Any, images: dict[str, str]) -> str:
    if any(tag["Key"].startswith("aws:backup:") for tag in entry.get("Tags", ())):
        return "backup"
    if entry["SnapshotId"] in images:
        return "image"
    return "snapshot"


def _images(client: Any) -> tuple[dict[str, str], bool]:
    """Image by snapshot; and whether they could be read."""
    try:
        return ec2.image_snapshots(client), True
    except AwsRefusal as refusal:
        if not refusal.denied:
            raise
        return {}, False
