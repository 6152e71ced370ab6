"""EC2's calls where moto's answers fall short: pages, copies, root volumes, client tokens, default keys."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response

from console.sandbox import roots

_NOT_ASKED = {"ClientToken", "Version", "Action"}


class ComputeResponse(EC2Response):  # type: ignore[misc] # moto carries no types
    """moto's EC2 calls and ours."""

    def describe_volumes(self) -> Any:
        volumes = self.ec2_backend.describe_volumes(
            volume_ids=self._get_param("VolumeIds", []), filters=self._filters_from_querystring()
        )
        return self._page("Volumes", "VolumeIds", volumes)

    def describe_snapshots(self) -> Any:
        snapshots = self.ec2_backend.describe_snapshots(
            snapshot_ids=self._get_param("SnapshotIds", []), filters=self._filters_from_querystring()
        )
        return self._page("Snapshots", "SnapshotIds", snapshots)

    def _page(self, name: str, ids: str, found: list[Any]) -> Any:
        size = self._get_param("MaxResults")
        if size is None:
            return ActionResult({name: found})
        if self._get_param(ids, []):
            raise EC2ClientError(
                "InvalidParameterCombination", f"The parameter {ids} cannot be used with the parameter maxResults"
            )
        if int(size) < 5:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value greater than 5.",
            )
        start = _offset(self._get_param("NextToken"))
        end = start + min(int(size), 1000)
        page: dict[str, Any] = {name: found[start:end]}
        if end < len(found):
            page["NextToken"] = base64.b64encode(str(end).encode()).decode()
        return ActionResult(page)

    def copy_snapshot(self) -> Any:
        self.error_on_dryrun()
        snapshot = self.ec2_backend.copy_snapshot(
            source_snapshot_id=self._get_param("SourceSnapshotId"),
            source_region=self._get_param("SourceRegion"),
            description=self._get_param("Description"),
            kms_key_id=self._get_param("KmsKeyId"),
            encrypted=self._get_bool_param("Encrypted", False),
        )
        snapshot.add_tags(self._parse_tag_specification().get("snapshot", {}))
        return ActionResult({"SnapshotId": snapshot.id, "Tags": snapshot.tag_set})

    def create_snapshots(self) -> Any:
        self.error_on_dryrun()
        told = self._parse_tag_specification().get("snapshot", {})
        snapshots = self.ec2_backend.create_snapshots(
            self._get_param("InstanceSpecification", {}), self._get_param("Description", ""), told
        )
        if self._get_param("CopyTagsFromSource") == "volume":
            for snapshot in snapshots:
                own = {tag["key"]: tag["value"] for tag in snapshot.volume.get_tags()}
                snapshot.add_tags({**own, **told})
        return ActionResult({"Snapshots": snapshots})

    def register_image(self) -> Any:
        self.error_on_dryrun()
        told = {one["DeviceName"]: one.get("Ebs", {}) for one in self._get_param("BlockDeviceMappings", [])}
        disks = {device: disk["SnapshotId"] for device, disk in told.items() if "SnapshotId" in disk}
        if not disks:
            return super().register_image()
        image = self.ec2_backend.image_of(disks, self._get_param("Name"), self._get_param("Description", ""))
        return ActionResult({"ImageId": image.id})

    def lock_snapshot(self) -> Any:
        self.error_on_dryrun()
        snapshot = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
        snapshot.lock.set(
            self._get_param("LockMode", ""), self._get_int_param("LockDuration"),
            _moment(self._get_param("ExpirationDate")), self._get_int_param("CoolOffPeriod"),
        )  # fmt: skip
        return ActionResult({"SnapshotId": snapshot.id, **snapshot.lock.told()})

    def unlock_snapshot(self) -> Any:
        self.error_on_dryrun()
        snapshot = self.ec2_backend.get_snapshot(self._get_param("SnapshotId"))
        snapshot.lock.lift()
        return ActionResult({"SnapshotId": snapshot.id})

    def describe_locked_snapshots(self) -> Any:
        self.error_on_dryrun()
        asked = self._get_param("SnapshotIds", [])
        found = [
            {"SnapshotId": one.id, "OwnerId": one.owner_id, **one.lock.told()}
            for one in self.ec2_backend.describe_snapshots(asked or None)
            if one.lock.mode
        ]
        return self._page("Snapshots", "SnapshotIds", found)

    def modify_instance_attribute(self) -> Any:
        self.error_on_dryrun()
        return super().modify_instance_attribute()

    def create_volume(self) -> Any:
        self.error_on_dryrun()
        return ActionResult(self._once(lambda: super(ComputeResponse, self).create_volume().result))

    def copy_volumes(self) -> Any:
        self.error_on_dryrun()
        return ActionResult({"Volumes": [self._once(self._copied)]})

    def _copied(self) -> Any:
        wishes = {
            "size": self._get_int_param("Size"),
            "encrypted": self._get_bool_param("Encrypted", False),
            "kms_key_id": self._get_param("KmsKeyId"),
            "volume_type": self._get_param("VolumeType", "gp2"),
            "iops": self._get_param("Iops"),
            "throughput": self._get_param("Throughput"),
            "multi_attach_enabled": self._get_param("MultiAttachEnabled"),
        }
        copy = self.ec2_backend.copy_volume(self._get_param("SourceVolumeId"), **wishes)
        copy.add_tags(self._parse_tag_specification().get("volume", {}))
        return copy

    def associate_kms_key_id(self) -> Any:
        self.error_on_dryrun()
        self.ec2_backend.associate_key(self._get_param("SnapshotId"), self._get_param("KmsKeyId"))
        return ActionResult({"Return": True})

    def create_replace_root_volume_task(self) -> Any:
        self.error_on_dryrun()
        return ActionResult({"ReplaceRootVolumeTask": self._once(self._replaced)})

    def _replaced(self) -> dict[str, Any]:
        return roots.replace(
            self.ec2_backend,
            self._get_param("InstanceId"),
            volume_id=self._get_param("VolumeId"),
            snapshot_id=self._get_param("SnapshotId"),
            delete_old=self._get_bool_param("DeleteReplacedRootVolume", False),
            tags=self._parse_tag_specification().get("replace-root-volume-task", {}),
        )

    def describe_replace_root_volume_tasks(self) -> Any:
        tasks, asked = self.ec2_backend.root_tasks, self._get_param("ReplaceRootVolumeTaskIds", [])
        wanted = {one["Name"]: one["Values"] for one in self._get_param("Filters", []) if one["Name"] == "instance-id"}
        found = [task for name, task in tasks.items() if not asked or name in asked]
        instances = wanted.get("instance-id")
        return ActionResult(
            {"ReplaceRootVolumeTasks": [one for one in found if not instances or one["InstanceId"] in instances]}
        )

    def _once(self, make: Any) -> Any:
        """What the client token made before, or what is made now; the same token for another wish is refused."""
        token = self._get_param("ClientToken")
        if not token:
            return make()
        wish = {name: value for name, value in self.querystring.items() if name not in _NOT_ASKED}
        known = self.ec2_backend.tokens.get(token)
        if known is None:
            known = self.ec2_backend.tokens[token] = (wish, make())
        elif known[0] != wish:
            raise EC2ClientError(
                "IdempotentParameterMismatch", "The client token was used before with other parameters."
            )
        return known[1]

    def get_ebs_default_kms_key_id(self) -> Any:
        self.error_on_dryrun()
        return ActionResult({"KmsKeyId": self.ec2_backend.default_key()})

    def reset_ebs_default_kms_key_id(self) -> Any:
        self.error_on_dryrun()
        return ActionResult({"KmsKeyId": self.ec2_backend.modify_ebs_default_kms_key_id("")})


def _moment(value: Any) -> datetime | None:
    if not value or isinstance(value, datetime):
        return value or None
    return datetime.fromisoformat(str(value))


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError) as error:
        raise EC2ClientError("InvalidParameterValue", "The NextToken value is not valid.") from error
