"""CreateReplaceRootVolumeTask: another root volume under a running machine, which starts anew from it."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.moto_api._internal import mock_random

from console.sandbox.attachments import ZONE_MISMATCH
from console.sandbox.call import CURRENT

TRANSIENT = ("ReplaceRootVolumeTaskId", "InstanceId", "StartTime", "Tags", "SnapshotId", "DeleteReplacedRootVolume")


def replace(
    backend: Any, instance_id: str, *, volume_id: str | None, snapshot_id: str | None, delete_old: bool, tags: Any
) -> dict[str, Any]:
    """Swap the root; the task as the call itself answers it, and in `backend.root_tasks` as it ended.

    Without volume or snapshot the root goes back to how it was at launch, here an empty disk.
    """
    instance = backend.get_instance(instance_id)
    if instance.state != "running":
        raise EC2ClientError("IncorrectInstanceState", f"The instance '{instance_id}' is not in the 'running' state.")
    old = backend.get_volume(instance.block_device_mapping[instance.root_device_name].volume_id)
    new = _given(backend, old, volume_id) if volume_id else _restored(backend, old, snapshot_id)
    now = CURRENT.get().clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    task = {
        "ReplaceRootVolumeTaskId": f"replacevol-{mock_random.get_random_hex(17)}",
        "InstanceId": instance_id,
        "TaskState": "succeeded" if _swapped(backend, instance, old, new) else "failed",
        "StartTime": now,
        "CompleteTime": now,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        "SnapshotId": snapshot_id,
        "DeleteReplacedRootVolume": delete_old,
    }
    if delete_old and old.attachment is None:
        backend.delete_volume(old.id)
    backend.root_tasks[task["ReplaceRootVolumeTaskId"]] = task
    return {name: task[name] for name in TRANSIENT} | {"TaskState": "pending"}


def _given(backend: Any, old: Any, volume_id: str) -> Any:
    new = backend.get_volume(volume_id)
    if new.attachment is not None:
        raise EC2ClientError("IncorrectState", f"Volume '{volume_id}' is in the 'in-use' state.")
    if new.availability_zone != old.availability_zone:
        raise EC2ClientError(ZONE_MISMATCH, f"The volume '{volume_id}' is not in the same Availability Zone.")
    if old.encrypted and not new.encrypted:
        raise EC2ClientError("InvalidParameterValue", f"Volume '{volume_id}' must be encrypted, as the root volume is.")
    return new


def _restored(backend: Any, old: Any, snapshot_id: str | None) -> Any:
    """A volume under the root's own key: a snapshot of this root keeps its data key."""
    if snapshot_id and backend.whole(snapshot_id).volume_id not in {old.id, old.__dict__.get("root_of")}:
        raise EC2ClientError(
            "InvalidParameterValue", f"Snapshot '{snapshot_id}' was not created from the original root volume."
        )
    key = {"encrypted": True, "kms_key_id": old.kms_key_id} if old.encrypted else {}
    iops = {"iops": old.iops} if old.iops else {}
    new = backend.create_volume(
        old.size, old.availability_zone, snapshot_id=snapshot_id, volume_type=old.volume_type, **key, **iops
    )
    new.root_of = old.__dict__.get("root_of", old.id)
    return new


def _swapped(backend: Any, instance: Any, old: Any, new: Any) -> bool:
    """Whether the new root is in; where its key refuses, the old one stays."""
    device, block = instance.root_device_name, instance.block_device_mapping[instance.root_device_name]
    backend.unhang(old)
    try:
        backend.hang(new, instance, device, delete_on_termination=block.delete_on_termination)
    except EC2ClientError:
        backend.hang(old, instance, device, delete_on_termination=block.delete_on_termination)
        return False
    return True
