"""The lineage rules of EBS: which data key a new volume or snapshot carries, and which KMS calls say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import EC2ClientError
from moto.moto_api._internal import mock_random

from console.sandbox.callers import Caller
from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from console.sandbox.call import Call

# What a source's key must allow before another volume or snapshot can be made of it.
READ = ("Decrypt",)
WRITE = ("GenerateDataKeyWithoutPlaintext",)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a new volume is made of: a snapshot, or another volume as it is now."""

    encrypted: bool
    kms_key_id: str | None
    data_encryption_key_id: str | None
    contents: bytes


def key_of(source: Any) -> str | None:
    return source.kms_key_id if source is not None and source.encrypted else None


def inherited(source: Any, key: str) -> str | None:
    """The source's data key, where AWS keeps it: same CMK on both sides."""
    return source.data_encryption_key_id if key_of(source) == key else None


def new_data_key() -> str:
    return str(mock_random.uuid4())


def wrap(call: Call, key: str, resource: str, source: Any) -> tuple[str, bytes]:
    """Have the key wrap a data key for the resource: the key's ARN and the wrapped copy.

    `source` is the snapshot, `Origin` or None that the resource is made of; its own key must open it.

    Raises:
        AwsError: where a key is unknown, unusable or not the caller's to use.
    """
    service = call.by("ec2")
    if source is not None and source.encrypted:
        _read(call, source)
    arn = call.kms.use(service, call.region, key, WRITE)
    wrapped = call.kms.data_key(service, call.region, arn, {"aws:ebs:id": resource})
    return arn, wrapped["CiphertextBlob"]


def _read(call: Call, source: Any) -> None:
    """The source's key, or one that was associated with it, lets it be opened."""
    others = [one["KmsKeyId"] for one in getattr(source, "associated_kms_keys", ())]
    for key in (source.kms_key_id, *others):
        try:
            call.kms.use(call.by("ec2"), call.region, key, READ)
        except AwsError:
            if key == (others or [source.kms_key_id])[-1]:
                raise
        else:
            return


def grant_host(call: Call, volume: Any, instance_id: str) -> dict[str, str]:
    """Grant the host the volume's data key and let it decrypt, as an attachment does: KeyId and GrantId.

    Raises:
        EC2ClientError: CustomerKeyHasBeenRevoked, where the key refuses.
    """
    try:
        grant = call.ask_kms(
            "ec2",
            "CreateGrant",
            KeyId=volume.kms_key_id,
            GranteePrincipal=_host_arn(call, instance_id),
            RetiringPrincipal=f"ec2.{call.region}.amazonaws.com",
            Operations=["Decrypt"],
            Constraints={"EncryptionContextSubset": {"aws:ebs:id": volume.id}},
        )
        unwrap(call, volume, instance_id)
    except AwsError as error:
        raise EC2ClientError(
            "CustomerKeyHasBeenRevoked",
            f"Volume {volume.id} cannot be attached. The encrypted volume was unable to access the KMS key.",
        ) from error
    return {"KeyId": volume.kms_key_id, "GrantId": grant["GrantId"]}


def unwrap(call: Call, volume: Any, instance_id: str) -> None:
    """Let the host decrypt the volume's data key, as it does at an attachment and at every start.

    Raises:
        AwsError: where the key refuses.
    """
    params = {"CiphertextBlob": volume.wrapped, "EncryptionContext": {"aws:ebs:id": volume.id}}
    account, arn = call.caller.account, _host_arn(call, instance_id)
    host = Caller(account, arn, f"{account}:aws:ec2-infrastructure:{instance_id}", "ec2.amazonaws.com")
    call.kms.call(host, call.region, "Decrypt", params)


def _host_arn(call: Call, instance_id: str) -> str:
    return f"arn:aws:sts::{call.caller.account}:assumed-role/aws:ec2-infrastructure/{instance_id}"


def retire(call: Call, volume: Any) -> None:
    """Take the grant back; a key that is gone by now takes its grants with it."""
    if grant := volume.__dict__.pop("grant", None):
        try:
            call.ask_kms("ec2", "RevokeGrant", **grant)
        except AwsError:
            return
