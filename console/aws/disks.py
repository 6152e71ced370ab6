"""What a rotation does with volumes, snapshots and instances. Each call can be repeated: what is made carries a tag
that finds it again, and what is changed is looked at first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws.refusals import AwsRefusal
from console.aws.session import ask, pages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RUN_TAG, STEP_TAG, OF_TAG = "kms-console:run", "kms-console:step", "kms-console:of"
"""Tags on whatever a run makes: the run's id, the step's name, and the old volume that it is made for."""

GONE = frozenset({"InvalidVolume.NotFound", "InvalidSnapshot.NotFound"})

OLD = 500
"""Volumes or snapshots of one run that are asked for in one page."""

Entry = dict[str, Any]


def volume(client: Any, volume_id: str) -> Entry:
    """DescribeVolumes of one volume.

    Raises:
        AwsRefusal: InvalidVolume.NotFound, or whatever else EC2 says.
    """
    found: Entry = ask(client, "describe_volumes", VolumeIds=[volume_id])["Volumes"][0]
    return found


def snapshot(client: Any, snapshot_id: str) -> Entry:
    """DescribeSnapshots of one snapshot; its DataEncryptionKeyId names the data key."""
    found: Entry = ask(client, "describe_snapshots", SnapshotIds=[snapshot_id])["Snapshots"][0]
    return found


def instance(client: Any, instance_id: str) -> Entry:
    """DescribeInstances of one instance."""
    found: Entry = ask(client, "describe_instances", InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    return found


def made(client: Any, what: str, run_id: str, step: str = "") -> list[Entry]:
    """The `Volumes` or `Snapshots` that this run (in this step) made, the first first: a second one for the same
    volume can only be there because EC2 showed the first too late.
    """
    filters = [{"Name": f"tag:{RUN_TAG}", "Values": [run_id]}]
    if step:
        filters.append({"Name": f"tag:{STEP_TAG}", "Values": [step]})
    found = [dict(each) for each in pages(client, f"describe_{what.lower()}", what, OLD, Filters=filters)]
    return sorted(found, key=lambda each: (each.get("StartTime") or each.get("CreateTime"), identity(each)))


def identity(entry: Mapping[str, Any]) -> str:
    """The id of a volume or a snapshot; a snapshot names its volume too."""
    return str(entry.get("SnapshotId") if "StartTime" in entry else entry["VolumeId"])


def tag(entry: Mapping[str, Any], name: str) -> str:
    """The value of one tag; '' without it."""
    return next((str(each["Value"]) for each in entry.get("Tags", ()) if each["Key"] == name), "")


def tagged(resource: str, tags: Sequence[Mapping[str, str]], run_id: str, step: str, of: str = "") -> list[Entry]:
    """TagSpecifications: what the original carries (AWS's own tags cannot be given), and what finds it again."""
    own = {RUN_TAG: run_id, STEP_TAG: step} | ({OF_TAG: of} if of else {})
    kept = [dict(each) for each in tags if not each["Key"].startswith(("aws:", "kms-console:"))]
    return [{"ResourceType": resource, "Tags": [*kept, *({"Key": k, "Value": v} for k, v in own.items())]}]


def attachment(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The volume's attachment that still stands."""
    alive = [each for each in entry.get("Attachments", ()) if each.get("State") in ("attached", "attaching", "busy")]
    return alive[0] if alive else None


def mark(client: Any, resource: str, run_id: str) -> None:
    """Tag something that was there before as this run's: the role may delete only what a run has marked."""
    ask(client, "create_tags", Resources=[resource], Tags=[{"Key": RUN_TAG, "Value": run_id}])


def delete_volume(client: Any, volume_id: str) -> None:
    """Delete it; one that is gone already is fine."""
    _delete(client, "delete_volume", VolumeId=volume_id)


def delete_snapshot(client: Any, snapshot_id: str) -> None:
    """Delete it; one that is gone already is fine."""
    _delete(client, "delete_snapshot", SnapshotId=snapshot_id)


def _delete(client: Any, method: str, **resource: str) -> None:
    try:
        ask(client, method, **resource)
    except AwsRefusal as refusal:
        if refusal.code not in GONE:
            raise
