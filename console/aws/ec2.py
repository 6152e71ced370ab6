"""EBS as a scan reads it: DescribeVolumes, DescribeSnapshots, DescribeInstances; all read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws.session import ask, pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def volumes(client: Any) -> Iterator[Mapping[str, Any]]:
    """Volume entries, 500 a call. They tell the CMK but never the data key (there is no such field)."""
    return pages(client, "describe_volumes", "Volumes", 500)


def snapshots(client: Any) -> Iterator[Mapping[str, Any]]:
    """The account's own snapshots, 1,000 a call; DataEncryptionKeyId names the data key."""
    return pages(client, "describe_snapshots", "Snapshots", 1000, OwnerIds=["self"])


def instance_names(client: Any) -> dict[str, str]:
    """Instance id to its Name tag ('' without one), 1,000 a call."""
    reservations = pages(client, "describe_instances", "Reservations", 1000)
    return {
        instance["InstanceId"]: tags(instance).get("Name", "")
        for reservation in reservations
        for instance in reservation.get("Instances", ())
    }


def tags(entry: Mapping[str, Any]) -> dict[str, str]:
    """The tags inside an EC2 entry."""
    return {tag["Key"]: tag["Value"] for tag in entry.get("Tags", ())}


def image_snapshots(client: Any) -> dict[str, str]:
    """Snapshot id to the image (AMI) of this account that starts from it, 1,000 images a call."""
    return {
        mapping["Ebs"]["SnapshotId"]: image["ImageId"]
        for image in pages(client, "describe_images", "Images", 1000, Owners=["self"])
        for mapping in image.get("BlockDeviceMappings", ())
        if mapping.get("Ebs", {}).get("SnapshotId")
    }


def locked_snapshots(client: Any) -> dict[str, str]:
    """Snapshot id to the ISO date until which its lock holds, those that have expired left out; 1,000 a call."""
    found: dict[str, str] = {}
    after: dict[str, str] = {}
    while True:  # botocore has no paginator for it
        page = ask(client, "describe_locked_snapshots", MaxResults=1000, **after)
        for entry in page.get("Snapshots", ()):
            if entry.get("LockState") != "expired":
                found[entry["SnapshotId"]] = str(entry.get("LockExpiresOn", ""))[:10]
        if not page.get("NextToken"):
            return found
        after = {"NextToken": page["NextToken"]}
