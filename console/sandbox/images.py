"""Images (AMIs) that start from snapshots: those of a machine's own disks, or those that the caller names."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError, InvalidSnapshotInUse
from moto.ec2.models.amis import Ami
from moto.ec2.utils import random_ami_id

from console.sandbox.attachments import Attachments


class KeyedImage(Ami):  # type: ignore[misc] # moto carries no types
    """An image with a mapping per disk; moto's own has one empty disk, always."""

    def __init__(self, backend: Any, disks: dict[str, Any], name: str, description: str, instance: Any = None) -> None:
        super().__init__(backend, random_ami_id(), instance=instance, name=name, description=description,
                         region_name=f"{backend.region_name}a", root_device_type="ebs")  # fmt: skip
        backend.snapshots.pop(self.ebs_snapshot.id)
        self.disks = disks

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        return [
            {
                "DeviceName": device,
                "Ebs": {
                    "SnapshotId": one.id, "VolumeSize": one.volume_size, "Encrypted": one.encrypted,
                    "DeleteOnTermination": True,
                },
            }
            for device, one in self.disks.items()
        ]  # fmt: skip


class Images(Attachments):
    """EC2's images; a snapshot that one starts from cannot be deleted."""

    def create_image(self, instance_id: str, name: str, description: str, tag_specifications: Any) -> Any:
        """Of an instance: a snapshot of each of its disks, under the disk's key and with its data key."""
        instance = self.get_instance(instance_id)
        disks = {
            device: self.create_snapshot(block.volume_id, f"Created by CreateImage({instance_id})")
            for device, block in instance.get_block_device_mapping
        }
        image = KeyedImage(self, disks, name, description, instance)
        image.add_tags({tag["Key"]: tag["Value"] for told in tag_specifications for tag in told["Tags"]})
        self.amis[image.id] = image
        return image

    def image_of(self, disks: dict[str, str], name: str, description: str) -> Any:
        """RegisterImage: out of snapshots, by device."""
        image = KeyedImage(self, {device: self.get_snapshot(one) for device, one in disks.items()}, name, description)
        self.amis[image.id] = image
        return image

    def delete_snapshot(self, snapshot_id: str) -> Any:
        for image in self.amis.values():
            if any(one.id == snapshot_id for one in getattr(image, "disks", {}).values()):
                raise InvalidSnapshotInUse(snapshot_id, image.id)
        if self.get_snapshot(snapshot_id).lock.holds():
            raise EC2ClientError("SnapshotLocked", f"The snapshot {snapshot_id} is locked.")  # the code is undocumented
        return super().delete_snapshot(snapshot_id)
