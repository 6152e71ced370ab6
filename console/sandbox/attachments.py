"""Volumes on machines: where each hangs, what EC2 refuses, and the key that must open it at attachment and start."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_block_store import VolumeAttachment
from moto.ec2.models.instances import StateReason

from console.sandbox import wrapping
from console.sandbox.call import CURRENT
from console.sandbox.errors import AwsError

ZONE_MISMATCH, NOT_ATTACHED = "InvalidVolume.ZoneMismatch", "InvalidAttachment.NotFound"
LIVING = ("running", "stopped", "stopping", "pending")


class Hanging(VolumeAttachment):  # type: ignore[misc] # moto carries no types
    """An attachment that tells what becomes of the volume when the machine is terminated."""

    @property
    def delete_on_termination(self) -> bool:
        block = self.instance.block_device_mapping.get(self.device)
        return bool(block and block.delete_on_termination)


class Attachments(EC2Backend):  # type: ignore[misc] # moto carries no types
    """EC2's attachments, each encrypted one held open by a grant on its CMK."""

    def attach_volume(
        self, volume_id: str, instance_id: str, device_path: str, delete_on_termination: bool = False
    ) -> Any:
        """Attach, with the grant and the decryption by which EC2 opens an encrypted volume."""
        volume, instance = self.get_volume(volume_id), self.get_instance(instance_id)
        if volume.attachment:
            raise EC2ClientError("VolumeInUse", f"{volume_id} is already attached to an instance")
        _judge(volume, instance)
        if device_path in instance.block_device_mapping:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Invalid value '{device_path}' for unixDevice. Attachment point {device_path} is already in use",
            )
        return self.hang(volume, instance, device_path, delete_on_termination=delete_on_termination)

    def hang(self, volume: Any, instance: Any, device: str, *, delete_on_termination: bool) -> Any:
        """The attachment itself, whatever the instance does at the moment."""
        if volume.encrypted:
            volume.grant = wrapping.grant_host(CURRENT.get(), volume, instance.id)
        super().attach_volume(volume.id, instance.id, device, delete_on_termination)
        volume.attachment = Hanging(volume, instance, device, "attached")
        return volume.attachment

    def detach_volume(self, volume_id: str, instance_id: str, device_path: str) -> Any:
        standing = self.get_volume(volume_id).attachment
        if standing is None:
            raise EC2ClientError("IncorrectState", f"Volume '{volume_id}' is in the 'available' state.")
        instance = standing.instance  # EC2 knows where a volume is
        if instance_id and instance_id != instance.id:
            raise EC2ClientError(NOT_ATTACHED, f"Volume '{volume_id}' is not attached to instance '{instance_id}'.")
        if instance.state == "running" and standing.device == instance.root_device_name and not _ending(instance):
            raise EC2ClientError(
                "OperationNotPermitted", f"Unable to detach root volume '{volume_id}' from instance '{instance.id}'"
            )
        return self.unhang(self.get_volume(volume_id), device_path)

    def unhang(self, volume: Any, device: str = "") -> Any:
        """The detachment itself, which gives the grant back."""
        attachment = super().detach_volume(volume.id, volume.attachment.instance.id, device)
        wrapping.retire(CURRENT.get(), volume)
        return attachment

    def start_instances(self, instance_ids: list[str]) -> Any:
        """Start those whose volumes open; one whose key is gone falls back to stopped and says why."""
        started = super().start_instances(instance_ids)
        for instance, before in started:
            if before.name != "running":
                instance.launch_time = CURRENT.get().clock.now().replace(tzinfo=None)  # EC2's is that of the last start
            if before.name != "running" and not self._opens(instance):
                instance.stop()
                instance.state_reason = StateReason(
                    "Client.InternalError: Client error on launch", "Client.InternalError"
                )
        return started

    def _opens(self, instance: Any) -> bool:
        disks = (self.get_volume(block.volume_id) for _, block in instance.get_block_device_mapping)
        try:
            for disk in disks:
                if disk.encrypted:
                    wrapping.unwrap(CURRENT.get(), disk, instance.id)
        except AwsError:
            return False
        return True

    def terminate_instances(self, instance_ids: list[str]) -> Any:
        """The volumes let go as the machine ends, also its root."""
        for instance in self.get_multi_instances_by_id(instance_ids):
            instance.ending = True
        return super().terminate_instances(instance_ids)


def _judge(volume: Any, instance: Any) -> None:
    if instance.state not in LIVING:
        raise EC2ClientError("IncorrectState", f"Instance '{instance.id}' is not 'running'.")
    if instance.availability_zone and instance.availability_zone != volume.availability_zone:
        raise EC2ClientError(
            ZONE_MISMATCH,
            f"The volume '{volume.id}' is not in the same availability zone as instance '{instance.id}'",
        )


def _ending(instance: Any) -> bool:
    return bool(getattr(instance, "ending", False))
