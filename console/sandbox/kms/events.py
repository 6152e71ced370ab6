"""What CloudTrail is told of KMS: the shapes of its events, and in whose trails they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.sandbox.kms.access import CRYPTOGRAPHY
from console.sandbox.kms.grants import token_names

if TYPE_CHECKING:
    from datetime import datetime

    from console.sandbox.callers import Caller
    from console.sandbox.errors import AwsError
    from console.sandbox.kms.keys import Ask, Key
    from console.sandbox.kms.vault import Vault

SOURCE, VERSION, INTERNAL = "kms.amazonaws.com", "1.11", "AWS Internal"
HOSTS = ":assumed-role/aws:ec2-infrastructure/"
# Never told: secrets, and what only the caller should hold.
HIDDEN = frozenset(
    {"Plaintext", "CiphertextBlob", "GrantTokens", "GrantToken", "Message", "Mac", "Signature", "Recipient"}
)
# Members of an answer that CloudTrail repeats; everything else stays out.
TOLD = {
    "CreateKey": ("KeyMetadata",),
    "CreateGrant": ("GrantId",),
    "ScheduleKeyDeletion": ("KeyId", "DeletionDate", "KeyState", "PendingWindowInDays"),
    "CancelKeyDeletion": ("KeyId",),
    "RotateKeyOnDemand": ("KeyId",),
}
CODES = {"AccessDeniedException": "AccessDenied"}


def succeeded(vault: Vault, ask: Ask, answer: dict[str, Any]) -> dict[str, str]:
    """Record a call; account id to the id of its event, for whoever must refer to it."""
    event = _call(ask)
    event["responseElements"] = _response(ask, answer)
    if ask.materials:
        event["additionalEventData"] = _materials(ask)
    return _record(vault, ask, event)


def refused(vault: Vault, ask: Ask, error: AwsError) -> None:
    """Record a refusal; one for want of permission across accounts is told to the caller's account alone."""
    event = _call(ask)
    event["errorCode"] = CODES.get(error.code, error.code)
    event["errorMessage"] = error.message
    event["responseElements"] = None
    _record(vault, ask, event, only_caller=error.code == "AccessDeniedException")


def happened(vault: Vault, key: Key, moment: datetime, name: str, details: dict[str, Any]) -> None:
    """Record what KMS did of itself."""
    event = {
        "eventVersion": VERSION,
        "userIdentity": {"accountId": key.account, "invokedBy": INTERNAL},
        "eventTime": _stamp(moment),
        "eventSource": SOURCE,
        "eventName": name,
        "awsRegion": key.region,
        "sourceIPAddress": INTERNAL,
        "userAgent": INTERNAL,
        "requestParameters": None,
        "responseElements": None,
        "eventID": vault.new_uuid(),
        "readOnly": False,
        "resources": [_resource(key)],
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": key.account,
        "serviceEventDetails": details,
        "eventCategory": "Management",
    }
    vault.trail.record(key.account, key.region, event)


def _call(ask: Ask) -> dict[str, Any]:
    internal = ask.caller.service or "127.0.0.1"
    return {
        "eventVersion": VERSION,
        "userIdentity": _identity(ask.caller),
        "eventTime": _stamp(ask.now),
        "eventSource": SOURCE,
        "eventName": ask.operation,
        "awsRegion": ask.region,
        "sourceIPAddress": internal,
        "userAgent": internal,
        "requestParameters": _request(ask),
        "readOnly": ask.operation in CRYPTOGRAPHY or ask.operation == "GenerateRandom",
        "resources": [_resource(key) for key in ask.keys],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "eventCategory": "Management",
    }


def _record(vault: Vault, ask: Ask, event: dict[str, Any], *, only_caller: bool = False) -> dict[str, str]:
    """Into the caller's trail, and into that of each other account whose key was used."""
    caller = ask.caller
    owners = {} if only_caller else {key.account: None for key in ask.keys if key.account != caller.account}
    accounts = [caller.account, *owners]
    if owners:
        event["sharedEventID"] = vault.new_uuid()
    ids = {account: vault.new_uuid() for account in accounts}
    for account in accounts:
        copy = event | {"eventID": ids[account], "recipientAccountId": account}
        if account != caller.account:
            copy["userIdentity"] = _stranger(caller)
        vault.trail.record(account, ask.region, copy)
    return ids


def _identity(caller: Caller) -> dict[str, Any]:
    kind, told = "AssumedRole", caller.arn.rpartition(":")[2]
    identity: dict[str, Any] = {"principalId": caller.principal_id, "arn": caller.arn, "accountId": caller.account}
    if told.startswith("user/"):
        kind = "IAMUser"
        identity["userName"] = told.rpartition("/")[2]
    elif told == "root":
        kind = "Root"
    if caller.service:
        identity["invokedBy"] = INTERNAL if HOSTS in caller.arn else caller.service
    return {"type": kind, **identity}


def _stranger(caller: Caller) -> dict[str, Any]:
    """A principal as another account is told of it."""
    identity = {"type": "AWSAccount", "principalId": caller.principal_id, "accountId": caller.account}
    return identity | ({"invokedBy": caller.service} if caller.service else {})


def _request(ask: Ask) -> dict[str, Any] | None:
    params = {name: value for name, value in ask.params.items() if name not in HIDDEN}
    if ask.operation == "Decrypt":
        params.setdefault("EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
    if "GrantToken" in ask.params and ask.operation == "RetireGrant":
        params["GrantId"] = token_names(ask.params["GrantToken"])[1] if ask.keys else None
    return _camel(params) or None


def _response(ask: Ask, answer: dict[str, Any]) -> Any:
    told = {name: answer[name] for name in TOLD.get(ask.operation, ()) if name in answer}
    if ask.operation == "CreateGrant":
        told["KeyId"] = ask.keys[0].arn
    return _camel(told) or None


def _materials(ask: Ask) -> dict[str, str]:
    if ask.operation == "ReEncrypt":
        return dict(zip(("sourceKeyMaterialId", "destinationKeyMaterialId"), ask.materials, strict=True))
    return {"keyMaterialId": ask.materials[0]}


def _resource(key: Key) -> dict[str, str]:
    return {"accountId": key.account, "type": "AWS::KMS::Key", "ARN": key.arn}


def _camel(value: Any, *, names: bool = True) -> Any:
    """As CloudTrail writes members: first letter small, AWSAccountId as aWSAccountId, no bytes, moments as text."""
    if isinstance(value, dict):
        keep = {"EncryptionContext", "SourceEncryptionContext", "DestinationEncryptionContext"}
        keep |= {"EncryptionContextSubset", "EncryptionContextEquals"}
        return {
            (name[0].lower() + name[1:] if names and name else name): _camel(one, names=names and name not in keep)
            for name, one in value.items()
            if not isinstance(one, (bytes, bytearray, memoryview))
        }
    if isinstance(value, list):
        return [_camel(one, names=names) for one in value]
    return value.strftime("%b %-d, %Y, %-I:%M:%S %p") if hasattr(value, "strftime") else value


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
