"""KMS as the making of a CMK uses it: every call that changes something, and those that find again what was changed.

Operations: CreateKey, CreateAlias, DeleteAlias, EnableKeyRotation, ScheduleKeyDeletion, DescribeKey, ListAliases,
ListKeys, ListResourceTags, ListGrants, GetKeyLastUsage, GenerateDataKeyWithoutPlaintext (dry run), tag:GetResources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws.kms import list_keys, list_tags
from console.aws.moment import epoch
from console.aws.refusals import AwsRefusal
from console.aws.session import ask, pages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

DAYS = 7
"""Before a CMK that was never handed out is gone: AWS's shortest."""

REHEARSED = "DryRunOperationException"


def create_key(client: Any, policy: str, description: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """KeyMetadata of a new symmetric CMK. CreateKey takes no client token: the tags must find it again."""
    listed = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    made = ask(client, "create_key", Policy=policy, Description=description, Tags=listed)
    metadata: dict[str, Any] = made["KeyMetadata"]
    return metadata


def tagged(client: Any, wanted: Mapping[str, str]) -> list[str]:
    """ARNs of the CMKs that have all these tags, as the tagging service knows; it may lag some seconds behind."""
    filters = [{"Key": key, "Values": [value]} for key, value in wanted.items()]
    found = pages(
        client, "get_resources", "ResourceTagMappingList", 100, ResourceTypeFilters=["kms:key"], TagFilters=filters
    )
    return [entry["ResourceARN"] for entry in found]


def unknown_with(client: Any, known: Collection[str], tag: str, value: str) -> Iterator[str]:
    """ARNs of the CMKs with this tag among those whose id is not `known`: KMS's own answer, one call a CMK."""
    for key_id, arn in list_keys(client):
        if key_id in known:
            continue
        try:
            if list_tags(client, key_id).get(tag) == value:
                yield arn
        except AwsRefusal:
            continue  # AWS's own, one that is not for us, or gone since it was listed


def create_alias(client: Any, alias: str, key_id: str) -> None:
    ask(client, "create_alias", AliasName=alias, TargetKeyId=key_id)


def delete_alias(client: Any, alias: str) -> None:
    ask(client, "delete_alias", AliasName=alias)


def aliases_of(client: Any, key_id: str) -> list[str]:
    """Names of a CMK's aliases."""
    return [entry["AliasName"] for entry in pages(client, "list_aliases", "Aliases", 100, KeyId=key_id)]


def target_of(client: Any, alias: str) -> str:
    """The ARN of the CMK that an alias of this account stands for; '' where there is no such alias."""
    try:
        return str(ask(client, "describe_key", KeyId=alias)["KeyMetadata"]["Arn"])
    except AwsRefusal as refusal:
        if refusal.code == "NotFoundException":
            return ""
        raise


def enable_rotation(client: Any, key_id: str, days: int) -> None:
    ask(client, "enable_key_rotation", KeyId=key_id, RotationPeriodInDays=days)


def schedule_deletion(client: Any, key_id: str) -> None:
    """Once more is no fault."""
    try:
        ask(client, "schedule_key_deletion", KeyId=key_id, PendingWindowInDays=DAYS)
    except AwsRefusal as refusal:
        if refusal.code not in ("KMSInvalidStateException", "NotFoundException"):
            raise


def rehearse(client: Any, key: str) -> str:
    """What KMS says to a data key that is only rehearsed: '' it would be made, else its error code."""
    try:
        ask(client, "generate_data_key_without_plaintext", KeyId=key, KeySpec="AES_256", DryRun=True)
    except AwsRefusal as refusal:
        return "" if refusal.code == REHEARSED else refusal.code
    return ""


def last_use(client: Any, key_id: str) -> tuple[str, int] | None:
    """The last cryptographic operation that succeeded and its moment; None where there was none."""
    told = ask(client, "get_key_last_usage", KeyId=key_id).get("KeyLastUsage", {})
    return (str(told.get("Operation", "")), epoch(told.get("Timestamp")) or 0) if told.get("Timestamp") else None
