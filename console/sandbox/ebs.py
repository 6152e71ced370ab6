"""EBS as AWS encrypts it: every volume carries a data key, and snapshots hand it down or draw a new one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_block_store import Snapshot
from moto.ec2.utils import random_snapshot_id
from moto.moto_api._internal import mock_random

from console.sandbox.call import CURRENT, Call
from console.sandbox.errors import AwsError

# What a snapshot's key must allow before another volume or snapshot can be made of it.
READ = ("Decrypt",)
WRITE = ("GenerateDataKeyWithoutPlaintext",)
INACCESSIBLE = "Given key ID is not accessible"
COPIED_FROM = "vol-ffffffff"  # AWS names no real volume on a copied snapshot


class KeyedSnapshot(Snapshot):  # type: ignore[misc] # moto carries no types
    """A snapshot that knows its data key and takes its time; `lasts` in seconds of the sandbox's clock."""

    def __init__(self, backend: Any, volume: Any, description: str, *, copied: bool = False) -> None:
        super().__init__(backend, random_snapshot_id(), volume, description or "")
        self.copied = copied
        self.data_encryption_key_id: str | None = None
        self.state_message: str | None = None
        self.ends = self.start_time + timedelta(seconds=backend.snapshot_seconds)
        self.done = 0 if backend.snapshot_seconds else 100
        self.failed = False
        self.refresh(self.start_time)

    def refresh(self, now: Any) -> None:
        """Move state and progress to the moment (naive UTC, as moto keeps time)."""
        if now < self.ends:
            whole = (self.ends - self.start_time).total_seconds()
            self.done = int(100 * (now - self.start_time).total_seconds() / whole)
            self.status = "pending"
            return
        self.status = "error" if self.failed else "completed"
        self.done = 0 if self.failed else 100
        self.state_message = INACCESSIBLE if self.failed else None

    @property
    def progress(self) -> str:
        return f"{self.done}%"

    @property
    def volume_id(self) -> str:
        return COPIED_FROM if self.copied else str(self.volume.id)

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        if filter_name == "volume-id":
            return self.volume_id
        return super().get_filter_value(filter_name, method_name)


class Compute(EC2Backend):  # type: ignore[misc] # moto carries no types
    """EC2 whose encrypted volumes and snapshots lean on our KMS, by the lineage rules of AWS."""

    snapshot_seconds = 0.0  # how long a snapshot takes by the sandbox's clock; the desk can change it for all

    def create_volume(self, size: int, zone_name: str, **wishes: Any) -> Any:
        """A volume; one whose key cannot be used is answered as if it came, and is gone at the next look."""
        source = self._whole(wishes["snapshot_id"]) if wishes.get("snapshot_id") else None
        key = wishes.get("kms_key_id")
        if key and not wishes.get("encrypted"):
            raise EC2ClientError(
                "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."
            )
        encrypted = bool(wishes.get("encrypted") or self.ebs_encryption_by_default or (source and source.encrypted))
        if encrypted and not key:
            key = source.kms_key_id if source and source.encrypted else self.default_key()
        volume = super().create_volume(
            size, zone_name, **{**wishes, "encrypted": encrypted, "kms_key_id": key if encrypted else None}
        )
        volume.data_key, volume.wrapped = None, None
        if encrypted and not self._encrypt(volume, source):
            self.volumes.pop(volume.id)
        return volume

    def _encrypt(self, volume: Any, source: Any) -> bool:
        call = CURRENT.get()
        try:
            volume.kms_key_id, volume.wrapped = _wrap(call, volume.kms_key_id, volume.id, _key_of(source))
        except AwsError:
            return False
        volume.data_key = _inherited(source, volume.kms_key_id) or _new_data_key()
        return True

    def create_snapshot(
        self, volume_id: str, description: str, owner_id: str | None = None, from_ami: str | None = None
    ) -> Any:
        """A snapshot of the volume, under the volume's key and with the volume's data key."""
        volume = self.get_volume(volume_id)
        snapshot = KeyedSnapshot(self, volume, description)
        snapshot.owner_id = owner_id or self.account_id
        snapshot.from_ami = from_ami
        snapshot.encrypted, snapshot.kms_key_id = volume.encrypted, volume.kms_key_id
        snapshot.data_encryption_key_id = getattr(volume, "data_key", None)
        self.snapshots[snapshot.id] = snapshot
        return snapshot

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

        source = ec2_backends[self.account_id][source_region]._whole(source_snapshot_id)  # noqa: SLF001 - another Region's own
        copy = KeyedSnapshot(self, source.volume, description, copied=True)
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
            copy.kms_key_id, _ = _wrap(CURRENT.get(), key, copy.id, _key_of(source))
        except AwsError:
            copy.failed = True
            copy.refresh(copy.start_time)
            return
        copy.data_encryption_key_id = _inherited(source, copy.kms_key_id) or _new_data_key()

    def describe_snapshots(self, snapshot_ids: Any = None, filters: Any = None) -> Any:
        now = CURRENT.get().clock.now().replace(tzinfo=None)
        for snapshot in self.snapshots.values():
            if isinstance(snapshot, KeyedSnapshot) and snapshot.status == "pending":
                snapshot.refresh(now)
        return super().describe_snapshots(snapshot_ids, filters)

    def get_snapshot(self, snapshot_id: str) -> Any:
        self.describe_snapshots([snapshot_id])
        return super().get_snapshot(snapshot_id)

    def _whole(self, snapshot_id: str) -> Any:
        """A snapshot that others can be made of: done, and well."""
        snapshot = self.get_snapshot(snapshot_id)
        if snapshot.status != "completed":
            raise EC2ClientError("IncorrectState", f"Snapshot is in invalid state - {snapshot.status}")
        return snapshot

    def attach_volume(
        self, volume_id: str, instance_id: str, device_path: str, delete_on_termination: bool = False
    ) -> Any:
        """Attach, with the grant and the decryption by which EC2 opens an encrypted volume."""
        volume = self.get_volume(volume_id)
        self.get_instance(instance_id)
        if volume.attachment:
            raise EC2ClientError("VolumeInUse", f"{volume_id} is already attached to an instance")
        if volume.encrypted:
            volume.grant = _open(CURRENT.get(), volume, instance_id)
        return super().attach_volume(volume_id, instance_id, device_path, delete_on_termination)

    def detach_volume(self, volume_id: str, instance_id: str, device_path: str) -> Any:
        standing = self.get_volume(volume_id).attachment
        named = instance_id or (standing.instance.id if standing else "")  # EC2 knows where a volume is
        if not named:
            raise EC2ClientError("IncorrectState", f"Volume '{volume_id}' is in the 'available' state.")
        attachment = super().detach_volume(volume_id, named, device_path)
        _close(CURRENT.get(), self.get_volume(volume_id))
        return attachment

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


def _key_of(source: Any) -> str | None:
    return source.kms_key_id if source is not None and source.encrypted else None


def _inherited(source: Any, key: str) -> str | None:
    """The source's data key, where AWS keeps it: same CMK on both sides."""
    return source.data_encryption_key_id if _key_of(source) == key else None


def _new_data_key() -> str:
    return str(mock_random.uuid4())


def _wrap(call: Call, key: str, resource: str, source_key: str | None) -> tuple[str, bytes]:
    """Have the key wrap a data key for the resource: the key's ARN and the wrapped copy.

    Raises:
        AwsError: where a key is unknown, unusable or not the caller's to use.
    """
    service = call.by("ec2")
    if source_key is not None:
        call.kms.use(service, call.region, source_key, READ)
    arn = call.kms.use(service, call.region, key, WRITE)
    wrapped = call.kms.data_key(service, call.region, arn, {"aws:ebs:id": resource})
    return arn, wrapped["CiphertextBlob"]


def _open(call: Call, volume: Any, instance_id: str) -> dict[str, str]:
    """Grant the host the volume's data key and let it decrypt, as an attachment does."""
    session = f"assumed-role/aws:ec2-infrastructure/{instance_id}"
    grantee = f"arn:aws:sts::{call.caller.account}:{session}"
    context = {"aws:ebs:id": volume.id}
    try:
        grant = call.ask_kms(
            "ec2",
            "CreateGrant",
            KeyId=volume.kms_key_id,
            GranteePrincipal=grantee,
            RetiringPrincipal=f"ec2.{call.region}.amazonaws.com",
            Operations=["Decrypt"],
            Constraints={"EncryptionContextSubset": context},
        )
        call.kms.call(
            _host(call, grantee, instance_id),
            call.region,
            "Decrypt",
            {"CiphertextBlob": volume.wrapped, "EncryptionContext": context},
        )
    except AwsError as error:
        raise EC2ClientError(
            "CustomerKeyHasBeenRevoked",
            f"Volume {volume.id} cannot be attached. The encrypted volume was unable to access the KMS key.",
        ) from error
    return {"KeyId": volume.kms_key_id, "GrantId": grant["GrantId"]}


def _close(call: Call, volume: Any) -> None:
    """Take the grant back; a key that is gone by now takes its grants with it."""
    if grant := volume.__dict__.pop("grant", None):
        try:
            call.ask_kms("ec2", "RevokeGrant", **grant)
        except AwsError:
            return


def _host(call: Call, grantee: str, instance_id: str) -> Any:
    from console.sandbox.callers import Caller

    account = call.caller.account
    return Caller(account, grantee, f"{account}:aws:ec2-infrastructure:{instance_id}", "ec2.amazonaws.com")
