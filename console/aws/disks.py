"""What a rotation does with volumes, snapshots and instances. Each call can be repeated: what is made carries a tag
that finds it again, and what is changed is looked at first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws.refusals import AwsRefusal
from console.aws.session import ask, pages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RUN_TAG, STEP_TAG = "kms-console:run", "kms-console:step"
"""Tags on whatever a run makes: the run's id and the step's name."""

GONE = frozenset({"InvalidVolume.NotFound", "InvalidSnapshot.NotFound"})

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


def made(client: Any, what: str, run_id: str, step: str) -> Entry | None:
    """The `Volumes` or `Snapshots` entry that this step of this run made; None: none is there yet."""
    method = f"describe_{what.lower()}"
    filters = [{"Name": f"tag:{RUN_TAG}", "Values": [run_id]}, {"Name": f"tag:{STEP_TAG}", "Values": [step]}]
    found = list(pages(client, method, what, Filters=filters))
    return dict(found[0]) if found else None


def tagged(resource: str, tags: Sequence[Mapping[str, str]], run_id: str, step: str) -> list[Entry]:
    """TagSpecifications: what the original carries (AWS's own tags cannot be given), and what finds it again."""
    own = [{"Key": RUN_TAG, "Value": run_id}, {"Key": STEP_TAG, "Value": step}]
    kept = [dict(tag) for tag in tags if not tag["Key"].startswith(("aws:", "kms-console:"))]
    return [{"ResourceType": resource, "Tags": [*kept, *own]}]


def attachment(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The volume's attachment that still stands."""
    alive = [each for each in entry.get("Attachments", ()) if each.get("State") in ("attached", "attaching", "busy")]
    return alive[0] if alive else None


def mark(client: Any, resource: str, run_id: str) -> None:
    """Tag something that was there before as this run's."""
    ask(client, "create_tags", Resources=[resource], Tags=[{"Key": RUN_TAG, "Value": run_id}])


def delete(client: Any, method: str, **resource: str) -> None:
    """DeleteVolume or DeleteSnapshot; what is gone already is fine."""
    try:
        ask(client, method, **resource)
    except AwsRefusal as refusal:
        if refusal.code not in GONE:
            raise
