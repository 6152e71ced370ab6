"""One event of CloudTrail as sightings of CMKs in use, or the reason why it tells us nothing; pure.

Tolerates every shape that KMS' events are known to have had, and anything else: an event is somebody else's writing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from console.services.trail_resources import LONGEST, account_in, is_validation, partition, resource_of
from store.traces import UNWRAPS, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KMS = "kms.amazonaws.com"
WRAPS = frozenset(
    {
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
    }
)
"""Operations after which the HBK that the event names wraps the data key."""

USES = WRAPS | {"Decrypt", "CreateGrant", "ReEncrypt"}

NOT_KMS = "not_kms"
NO_USE = "no_use"
FAILED = "failed"
VALIDATION = "validation"
NO_KEY = "no_key"
NO_RESOURCE = "no_resource"
MALFORMED = "malformed"
DUPLICATE = "duplicate"
FUTURE = "future"
REASONS = (NOT_KMS, NO_USE, FAILED, VALIDATION, NO_KEY, NO_RESOURCE, MALFORMED, DUPLICATE, FUTURE)
"""Why an event tells nothing; the texts are `trail.skipped.REASON`."""

_KEY_ARN = re.compile(r"arn:[a-z0-9-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,128}")
_KEY_ID = re.compile(r"(?:mrk-)?[0-9a-f-]{32,36}")
_MATERIAL = re.compile(r"[0-9a-f]{64}")
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d{1,2}")


@dataclass(frozen=True, slots=True)
class Skipped:
    """An event that tells nothing, and why: one of REASONS."""

    reason: str


@dataclass(frozen=True, slots=True)
class Side:
    """One half of what an event did: a key, a context, a material."""

    operation: str
    key: str
    context: Mapping[str, Any]
    material: str
    wraps: bool


def read(event: object) -> tuple[Sighting, ...] | Skipped:
    """The sightings in an event: one, or two of a ReEncrypt; a context that names no resource gives none."""
    if not isinstance(event, dict):
        return Skipped(MALFORMED)
    if event.get("eventSource") != KMS:
        return Skipped(NOT_KMS if isinstance(event.get("eventSource"), str) else MALFORMED)
    operation = event.get("eventName")
    if not isinstance(operation, str):
        return Skipped(MALFORMED)
    if operation not in USES:
        return Skipped(NO_USE)
    if event.get("errorCode") or event.get("errorMessage"):
        return Skipped(FAILED)
    at, region = _moment(event.get("eventTime")), event.get("awsRegion")
    if at is None or not isinstance(region, str) or not _REGION.fullmatch(region):
        return Skipped(MALFORMED)
    return _sightings(event, operation, at, region)


def identity(event: Mapping[str, Any]) -> str:
    """What the caller's and the owner's copy of an event have in common; '' when the event does not tell."""
    for name in ("sharedEventID", "eventID"):
        told = event.get(name)
        if isinstance(told, str) and told:
            return told[:64]
    return ""


def _sightings(event: Mapping[str, Any], operation: str, at: int, region: str) -> tuple[Sighting, ...] | Skipped:
    caller = _caller(event)
    sides = tuple(_re_encrypt(event) if operation == "ReEncrypt" else _single(event, operation))
    if any(is_validation(side.context) for side in sides):
        return Skipped(VALIDATION)
    if not any(side.key for side in sides):
        return Skipped(NO_KEY)
    found = []
    for side in sides:
        resource = resource_of(side.context, region, caller)
        if resource is not None and side.key:
            account = resource.account_id or caller
            found.append(
                Sighting(
                    side.key, resource, account, region, at, side.operation, material_id=side.material, wraps=side.wraps
                )
            )
    return tuple(found) or Skipped(NO_RESOURCE)


def _single(event: Mapping[str, Any], operation: str) -> Iterator[Side]:
    asked = _table(event.get("requestParameters"))
    context = _table(asked.get("encryptionContext"))
    if operation == "CreateGrant":
        limits = _table(asked.get("constraints"))
        context = _table(limits.get("encryptionContextSubset")) or _table(limits.get("encryptionContextEquals"))
    material = _material(_table(event.get("additionalEventData")).get("keyMaterialId"))
    keys = _keys(event) or [_spelt(asked.get("keyId"), event)]
    yield Side(operation, keys[0], context, material, operation in WRAPS)


def _re_encrypt(event: Mapping[str, Any]) -> Iterator[Side]:
    """Both halves; the resources are source and target, and one alone where both are the same key."""
    asked, more = _table(event.get("requestParameters")), _table(event.get("additionalEventData"))
    keys = _keys(event)
    source = keys[0] if keys else _spelt(asked.get("sourceKeyId"), event)
    target = keys[-1] if keys else _spelt(asked.get("destinationKeyId"), event)
    before, after = _table(asked.get("sourceEncryptionContext")), _table(asked.get("destinationEncryptionContext"))
    if before != after or source != target:  # else the target says it all, and newer
        yield Side(UNWRAPS, source, before, _material(more.get("sourceKeyMaterialId")), wraps=False)
    yield Side("ReEncryptTo", target, after, _material(more.get("destinationKeyMaterialId")), wraps=True)


def _keys(event: Mapping[str, Any]) -> list[str]:
    """Key ARNs among the resources; events of before 2020 write the field in lower case."""
    listed = event.get("resources")
    found = []
    for entry in listed[:8] if isinstance(listed, list) else ():
        told = _table(entry)
        arn = told.get("ARN") or told.get("arn")
        if isinstance(arn, str) and len(arn) <= LONGEST and _KEY_ARN.fullmatch(arn):
            found.append(arn)
    return found


def _spelt(told: object, event: Mapping[str, Any]) -> str:
    """A key as the request names it; a bare id is in the account that got the event. An alias names no key."""
    if not isinstance(told, str):
        return ""
    if _KEY_ARN.fullmatch(told):
        return told
    owner, region = event.get("recipientAccountId"), event.get("awsRegion", "")
    if not _KEY_ID.fullmatch(told) or not isinstance(owner, str) or not _ACCOUNT.fullmatch(owner):
        return ""
    return f"arn:{partition(region)}:kms:{region}:{owner}:key/{told}"


def _caller(event: Mapping[str, Any]) -> str:
    """The account that used the key, '' where nobody says.

    A service acting of itself (AWSService) has no account; the caller's own copy of the event then tells by who got
    it: another than the key's owner.
    """
    who = _table(event.get("userIdentity"))
    account = who.get("accountId")
    if isinstance(account, str) and _ACCOUNT.fullmatch(account):
        return account
    for name in ("arn", "principalId"):
        told = who.get(name)
        if isinstance(told, str):
            found = account_in(told) if name == "arn" else told.partition(":")[0]
            if _ACCOUNT.fullmatch(found):
                return found
    recipient = event.get("recipientAccountId")
    if isinstance(recipient, str) and _ACCOUNT.fullmatch(recipient):
        owners = {account_in(key) for key in _keys(event)}
        return recipient if owners and recipient not in owners else ""
    return ""


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _material(value: object) -> str:
    return value if isinstance(value, str) and _MATERIAL.fullmatch(value) else ""


def _moment(value: object) -> int | None:
    if not isinstance(value, str) or not 20 <= len(value) <= 32:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    seconds = int(moment.timestamp()) if moment.tzinfo else 0
    return seconds if seconds > 0 else None
