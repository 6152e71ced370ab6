"""What the rotation of volumes may do, asked beforehand with DryRun; and the CMKs it needs, by their state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import disks, kms
from console.aws.refusals import AwsRefusal
from console.datakeys.ebs.parts import disks_of
from console.datakeys.keys import usable
from console.datakeys.preflight import Answer, Permission, answered, rehearsed
from console.errors import ConsoleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from console.aws.session import Account
    from console.workflow.context import Context
    from store.run_records import Json

GRANTEE = "arn:aws:iam::{account}:root"


def permissions(account: Account, facts: Mapping[str, Any]) -> Iterator[Permission]:
    """EC2's actions on the very volumes and their instance, KMS's on each CMK."""
    ec2, keys = (account.client(name, facts["region"]) for name in ("ec2", "kms"))
    held = disks_of(facts)
    for disk in held:
        yield from _of_volume(ec2, disk.volume, disk.intended, stops=facts["route"] != "fresh")
    if any(disk.transit for disk in held):
        yield from _copy(ec2, facts["region"], next(disk.transit for disk in held if disk.transit))
    for arn in _cmks(facts):
        yield from _of_key(keys, arn, account.account_id)


def _cmks(facts: Mapping[str, Any]) -> list[str]:
    """Every CMK of ours that the volumes are under, come under or pass under."""
    named = (arn for disk in disks_of(facts) for arn in (disk.cmk, disk.intended, disk.transit))
    return list(dict.fromkeys(filter(None, named)))


def _of_volume(client: Any, volume: str, cmk: str, *, stops: bool) -> Iterator[Permission]:
    try:
        entry = disks.volume(client, volume)
    except AwsRefusal as refusal:
        answer = Answer.DENIED if refusal.denied else Answer.UNTOLD
        yield Permission("ec2:DescribeVolumes", volume, answer, f"{refusal.code}: {refusal.message}")
        return
    tags = [{"Key": disks.RUN_TAG, "Value": "?"}]
    yield rehearsed(client, "ec2:CreateSnapshot", volume, "create_snapshot", VolumeId=volume)
    yield rehearsed(
        client, "ec2:CreateVolume", cmk, "create_volume", AvailabilityZone=entry["AvailabilityZone"],
        Size=entry["Size"], VolumeType=entry["VolumeType"], Encrypted=True, KmsKeyId=cmk,
    )  # fmt: skip
    yield rehearsed(client, "ec2:CreateTags", volume, "create_tags", Resources=[volume], Tags=tags)
    there = disks.attachment(entry)
    if there is None:
        return
    instance = there["InstanceId"]
    attach = {"VolumeId": volume, "InstanceId": instance, "Device": there["Device"]}
    if stops:
        yield rehearsed(client, "ec2:StopInstances", instance, "stop_instances", InstanceIds=[instance])
        yield rehearsed(client, "ec2:StartInstances", instance, "start_instances", InstanceIds=[instance])
    yield rehearsed(client, "ec2:DetachVolume", volume, "detach_volume", VolumeId=volume)
    yield rehearsed(client, "ec2:AttachVolume", volume, "attach_volume", **attach)
    mapping = [{"DeviceName": there["Device"], "Ebs": {"DeleteOnTermination": False}}]
    yield rehearsed(
        client, "ec2:ModifyInstanceAttribute", instance, "modify_instance_attribute", InstanceId=instance,
        BlockDeviceMappings=mapping,
    )  # fmt: skip


def _copy(client: Any, region: str, transit: str) -> Iterator[Permission]:
    yield rehearsed(
        client, "ec2:CopySnapshot", transit, "copy_snapshot", SourceRegion=region, Encrypted=True, KmsKeyId=transit,
        SourceSnapshotId="snap-00000000000000000",
    )  # fmt: skip


def _of_key(client: Any, arn: str, account_id: str) -> Iterator[Permission]:
    try:
        state = kms.describe_key(client, arn)["KeyState"]
    except AwsRefusal as refusal:
        answer = answered(refusal, "kms:DescribeKey")
        yield Permission("kms:DescribeKey", arn, answer, f"{refusal.code}: {refusal.message}")
    else:
        enabled = state == "Enabled"
        yield Permission("kms:DescribeKey", arn, Answer.ALLOWED if enabled else Answer.DENIED, "" if enabled else state)
    size = {"KeyId": arn, "NumberOfBytes": 64}
    method = "generate_data_key_without_plaintext"
    yield rehearsed(client, "kms:GenerateDataKeyWithoutPlaintext", arn, method, **size)
    grantee = GRANTEE.format(account=account_id)
    yield rehearsed(
        client, "kms:CreateGrant", arn, "create_grant", KeyId=arn, GranteePrincipal=grantee, Operations=["Decrypt"]
    )


def allowed(ctx: Context) -> Json:
    """The first step: nothing begins that AWS says it will not let end.

    Raises:
        ConsoleError: what is lacking, by action and resource or key; or a CMK is off, which is no lack of rights.
    """
    usable(ctx, *_cmks(ctx.facts))
    found = list(permissions(ctx.account(ctx.facts["account"]), ctx.facts))
    lacking = [each for each in found if each.answer is Answer.DENIED]
    if lacking:
        told = "; ".join(f"{each.action} → {each.target}" for each in lacking)
        raise ConsoleError("rotation.not_allowed", actions=told, account=ctx.facts["account"], detail=lacking[0].detail)
    return {"checked": len(found), "untold": sum(each.answer is Answer.UNTOLD for each in found)}
