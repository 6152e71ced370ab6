"""KMS as the sync reads it; all read-only.

Operations: ListKeys, ListAliases, DescribeKey, GetKeyRotationStatus, ListKeyRotations, ListResourceTags,
GetKeyPolicy, ListGrants.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from console.aws.moment import epoch
from console.aws.session import ask, pages
from store.harvest import Alias, KeyMaterial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SYMMETRIC = "SYMMETRIC_DEFAULT"
ROTATABLE_ORIGINS = frozenset({"AWS_KMS", "EXTERNAL"})


def rotates(metadata: Mapping[str, Any]) -> bool:
    """Whether rotation means anything for this key: symmetric, its material kept by KMS or imported."""
    return metadata.get("KeySpec") == SYMMETRIC and metadata.get("Origin") in ROTATABLE_ORIGINS


def list_keys(client: Any) -> list[tuple[str, str]]:
    """(key id, ARN) of every key of the account and Region, AWS managed ones included; 1,000 a call."""
    return [(key["KeyId"], key["KeyArn"]) for key in pages(client, "list_keys", "Keys", 1000)]


def list_aliases(client: Any) -> list[tuple[str, Alias]]:
    """(target key id, alias); aliases without a target are left out; 100 a call."""
    return [
        (entry["TargetKeyId"], _alias(entry))
        for entry in pages(client, "list_aliases", "Aliases", 100)
        if entry.get("TargetKeyId")
    ]


def _alias(entry: Mapping[str, Any]) -> Alias:
    dates = epoch(entry.get("CreationDate")), epoch(entry.get("LastUpdatedDate"))
    return Alias(entry["AliasName"], entry.get("AliasArn", ""), *dates)


def describe_key(client: Any, key: str) -> dict[str, Any]:
    """KeyMetadata."""
    metadata: dict[str, Any] = ask(client, "describe_key", KeyId=key)["KeyMetadata"]
    return metadata


def rotation_status(client: Any, key: str) -> dict[str, Any]:
    """KeyRotationEnabled; as they apply RotationPeriodInDays, NextRotationDate, OnDemandRotationStartDate."""
    return ask(client, "get_key_rotation_status", KeyId=key)


def list_rotations(client: Any, key: str) -> tuple[KeyMaterial, ...]:
    """Every HBK generation of a symmetric key, the first included. AWS promises no order."""
    entries = pages(client, "list_key_rotations", "Rotations", 1000, KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    return tuple(
        KeyMaterial(
            entry.get("KeyMaterialId", ""),
            epoch(entry.get("RotationDate")),
            entry.get("RotationType", ""),
            entry.get("KeyMaterialState", ""),
        )
        for entry in entries
    )


def list_tags(client: Any, key: str) -> dict[str, str]:
    """The tags of one key, 50 a call: the way for those who may not use tag:GetResources."""
    return {tag["TagKey"]: tag["TagValue"] for tag in pages(client, "list_resource_tags", "Tags", 50, KeyId=key)}


def key_policy(client: Any, key: str) -> str:
    """The default key policy, as JSON text without needless space."""
    policy: str = ask(client, "get_key_policy", KeyId=key, PolicyName="default")["Policy"]
    try:
        return json.dumps(json.loads(policy), separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return policy


def list_grants(client: Any, key: str) -> Iterator[Mapping[str, Any]]:
    """GrantListEntry of every grant of one key, 100 a call."""
    return pages(client, "list_grants", "Grants", 100, KeyId=key)
