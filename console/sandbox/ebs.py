"""EBS as AWS encrypts it: every volume carries a data key, and snapshots hand it down or draw a new one."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError

from console.sandbox.call import CURRENT
from console.sandbox.errors import AwsError
from console.sandbox.images import Images
from console.sandbox.snapshots import KeyedSnapshot
from console.sandbox.wrapping import WRITE, Origin, inherited, new_data_key, wrap


class Compute(Images):
    """EC2 whose encrypted volumes and snapshots lean on our KMS, by the lineage rules of AWS."""

    snapshot_seconds = 0.0  # how long a snapshot takes by the sandbox's clock; the desk can change it for all

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.tokens: dict[str, tuple[dict[str, Any], Any]] = {}
        self.root_tasks: dict[str, dict[str, Any]] = {}

    def create_volume(self, size: int, zone_name: str, **wishes: Any) -> Any:
        """A volume; one whose key cannot be used is answered as if it came, and is gone at the next look."""
        source = self.whole(wishes["snapshot_id"]) if wishes.get("snapshot_id") else None
        if source is not None:
            size = _large_enough(size, source.volume_size)
        return self.make_volume(source, size, zone_name, **wishes)

    def make_volume(self, source: Any, size: int, zone_name: str, **wishes: Any) -> Any:
        """A volume out of a snapshot or an `Origin`, with their bytes; out of None an empty one."""
        key = wishes.get("kms_key_id")
        encrypted = bool(wishes.get("encrypted") or self.ebs_encryption_by_default or (source and source.encrypted))
        if key and not wishes.get("encrypted"):
            raise EC2ClientError(
                "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."
            )
        if encrypted and not key:
            key = source.kms_key_id if source and source.encrypted else self.default_key()
        volume = super().create_volume(
            size, zone_name, **{**wishes, "encrypted": encrypted, "kms_key_id": key if encrypted else None}
        )
        volume.data_key, volume.wrapped = None, None
        volume.contents = source.contents if source else b""
        if encrypted and not self._encrypt(volume, source):
            self.volumes.pop(volume.id)
        return volume

    def _encrypt(self, volume: Any, source: Any) -> bool:
        try:
            volume.kms_key_id, volume.wrapped = wrap(CURRENT.get(), volume.kms_key_id, volume.id, source)
        except AwsError:
            return False
        volume.data_key = inherited(source, volume.kms_key_id) or new_data_key()
        return True

    def copy_volume(self, source_id: str, **wishes: Any) -> Any:
        """CopyVolumes: the source as it is now, in its own zone; another key draws a new data key."""
        source = self.get_volume(source_id)
        if wishes.get("encrypted") and not wishes.get("kms_key_id"):
            wishes["kms_key_id"] = self.default_key()
        size = _large_enough(wishes.pop("size"), source.size)
        copy = self.make_volume(origin(source), size, source.availability_zone, **wishes)
        copy.source_volume_id = source.id
        return copy

    def create_snapshot(
        self, volume_id: str, description: str, owner_id: str | None = None, from_ami: str | None = None
    ) -> Any:
        """A snapshot of the volume, under the volume's key and with the volume's data key."""
        volume = self.get_volume(volume_id)
        snapshot = KeyedSnapshot(self, volume, description)
        snapshot.owner_id = owner_id or self.account_id
        snapshot.from_ami = from_ami
        snapshot.encrypted, snapshot.kms_key_id = volume.encrypted, volume.kms_key_id
        snapshot.data_encryption_key_id, snapshot.wrapped = volume.data_key, volume.wrapped
        self.snapshots[snapshot.id] = snapshot
        return snapshot

    def create_snapshots(self, instance_spec: dict[str, Any], description: str, tags: dict[str, str]) -> Any:
        """One moment's snapshots of an instance's volumes, without those that the caller leaves out."""
        instance = self.get_instance(instance_spec["InstanceId"])
        left_out = set(instance_spec.get("ExcludeDataVolumeIds") or ())
        if str(instance_spec.get("ExcludeBootVolume", False)).lower() == "true":
            left_out.add(instance.block_device_mapping[instance.root_device_name].volume_id)
        chosen = [block.volume_id for _, block in instance.get_block_device_mapping if block.volume_id not in left_out]
        snapshots = [self.create_snapshot(volume_id, description) for volume_id in chosen]
        for snapshot in snapshots:
            snapshot.add_tags(tags)
        return snapshots

    def copy_snapshot(
        self,
        source_snapshot_id: str,
        source_region: str,
        description: str,
        kms_key_id: str | None,
        encrypted: bool = False,
    ) -> Any:
        """A copy; without a key of its own it falls to the account's default key, never to the source's."""
        from moto.ec2.models import ec2_backends

        source = ec2_backends[self.account_id][source_region].whole(source_snapshot_id)
        copy = KeyedSnapshot(self, source.volume, description, copied=True)
        copy.contents, copy.size = source.contents, source.size
        copy.encrypted = bool(encrypted or source.encrypted or self.ebs_encryption_by_default)
        if kms_key_id and not copy.encrypted:
            raise EC2ClientError(
                "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."
            )
        if copy.encrypted:
            self._rewrap(copy, source, kms_key_id or self.default_key())
        self.snapshots[copy.id] = copy
        return copy

    def _rewrap(self, copy: Any, source: Any, key: str) -> None:
        copy.kms_key_id = key
        try:
            copy.kms_key_id, copy.wrapped = wrap(CURRENT.get(), key, copy.id, source)
        except AwsError:
            copy.failed = True
            copy.refresh(copy.start_time)
            return
        copy.data_encryption_key_id = inherited(source, copy.kms_key_id) or new_data_key()

    def associate_key(self, snapshot_id: str, key: str) -> None:
        """A second key that opens the snapshot; its data key and what it holds stay."""
        snapshot = self.whole(snapshot_id)
        if not snapshot.encrypted:
            raise EC2ClientError("InvalidParameterValue", f"Snapshot {snapshot_id} is not encrypted.")
        try:
            arn, _ = wrap(CURRENT.get(), key, snapshot.id, snapshot)
        except AwsError as error:
            raise EC2ClientError("InvalidParameterValue", "Given key ID is not accessible") from error
        if arn not in [one["KmsKeyId"] for one in snapshot.associated_kms_keys]:
            snapshot.associated_kms_keys.append({"KmsKeyId": arn})

    def describe_snapshots(self, snapshot_ids: Any = None, filters: Any = None) -> Any:
        now = CURRENT.get().clock.now().replace(tzinfo=None)
        for snapshot in self.snapshots.values():
            if isinstance(snapshot, KeyedSnapshot) and snapshot.status == "pending":
                snapshot.refresh(now)
        return super().describe_snapshots(snapshot_ids, filters)

    def get_snapshot(self, snapshot_id: str) -> Any:
        self.describe_snapshots([snapshot_id])
        return super().get_snapshot(snapshot_id)

    def whole(self, snapshot_id: str) -> Any:
        """A snapshot that others can be made of: done, and well."""
        snapshot = self.get_snapshot(snapshot_id)
        if snapshot.status != "completed":
            raise EC2ClientError("IncorrectState", f"Snapshot is in invalid state - {snapshot.status}")
        return snapshot

    def default_key(self) -> str:
        """ARN of the account's EBS key in this Region: the chosen one, or the AWS managed `aws/ebs`."""
        return str(self.default_kms_key_id or self._create_default_encryption_key())

    def _create_default_encryption_key(self) -> str:
        call = CURRENT.get()
        return str(call.kms.managed(call.caller.account, call.region, "ebs"))

    def modify_ebs_default_kms_key_id(self, kms_key_id: str) -> str:
        if not kms_key_id:
            self.default_kms_key_id = ""
            return self.default_key()
        call = CURRENT.get()
        self.default_kms_key_id = call.kms.use(call.by("ec2"), call.region, kms_key_id, WRITE)
        return str(self.default_kms_key_id)


def origin(volume: Any) -> Origin:
    """A volume as it is now, as the source of another."""
    return Origin(volume.encrypted, volume.kms_key_id, volume.data_key, volume.contents)


def _large_enough(size: int | None, least: int) -> int:
    if size is not None and int(size) < least:
        raise EC2ClientError("InvalidParameterValue", f"Volume of {size}GiB is too small; minimum size is {least}GiB.")
    return int(size) if size is not None else least
