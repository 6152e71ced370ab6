"""GetKeyLastUsage: the last cryptographic operation of a key that succeeded, since AWS began to keep it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from console.sandbox.kms import access
from console.sandbox.kms.keys import Use

if TYPE_CHECKING:
    from console.sandbox.kms.keys import Ask
    from console.sandbox.kms.vault import Vault

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)  # of what came before, AWS says nothing


def note(vault: Vault, ask: Ask, event_ids: dict[str, str]) -> None:
    """Remember a use on every key it touched, with the event in the key owner's own trail."""
    if ask.now < BEGAN:
        return
    request_id = vault.new_uuid()
    for key in ask.keys:
        key.last_use = Use(ask.operation, ask.now, event_ids[key.account], request_id)


def last(vault: Vault, ask: Ask) -> dict[str, Any]:
    key = access.reach(vault, ask, ask.params["KeyId"])
    answer = {
        "KeyId": key.id,
        "TrackingStartDate": max(BEGAN, key.created),
        "KeyCreationDate": key.created,
        "KeyLastUsage": {},
    }
    if key.last_use is not None:
        answer["KeyLastUsage"] = {
            "Operation": key.last_use.operation,
            "Timestamp": key.last_use.moment,
            "CloudTrailEventId": key.last_use.event_id,
            "KmsRequestId": key.last_use.request_id,
        }
    return answer
