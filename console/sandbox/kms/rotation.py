"""When key material turns: the schedule, the turning itself, and the agenda of everything that is due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.kms import access, events, paging
from console.sandbox.kms.keys import AUTOMATIC, ENABLED, GONE, ON_DEMAND, PENDING_DELETION, Ask, Key, Material

if TYPE_CHECKING:
    from datetime import datetime

    from console.sandbox.kms.vault import Vault

DELETION = "DELETION"
YEARLY = 365  # days; what EnableKeyRotation means when it names no period
ON_DEMAND_LIMIT = 25  # per key, for its whole life


def happen(vault: Vault, now: datetime) -> None:
    """Let everything due take place, each at its own moment, in order."""
    while due := vault.next_due(now):
        moment, what, key = due
        if key.state != GONE:
            _ACTS[what](vault, key, moment)


def _scheduled(vault: Vault, key: Key, moment: datetime) -> None:
    """A key that is not enabled keeps its date and turns when it is enabled again."""
    if key.next_rotation == moment and key.state == ENABLED:
        turn_automatically(vault, key, moment)


def _asked(vault: Vault, key: Key, moment: datetime) -> None:
    if key.turning is not None:
        key.turning = None
        _turn(vault, key, moment, ON_DEMAND)


def _deleted(vault: Vault, key: Key, moment: datetime) -> None:
    if key.state == PENDING_DELETION and key.deletion == moment:
        vault.remove(key)
        events.happened(vault, key, moment, "DeleteKey", {"keyId": key.id})


_ACTS = {AUTOMATIC: _scheduled, ON_DEMAND: _asked, DELETION: _deleted}


def turn_automatically(vault: Vault, key: Key, moment: datetime) -> None:
    """Turn, and write the next turning in the agenda, a whole period later."""
    _turn(vault, key, moment, AUTOMATIC)
    schedule(vault, key, moment)


def _turn(vault: Vault, key: Key, moment: datetime, kind: str) -> None:
    previous, fresh = key.current, vault.new_material()
    key.materials.append(Material(fresh.id, fresh.secret, moment, kind))
    details = {
        "rotationType": kind,
        "keyOrigin": key.origin,
        "previousKeyMaterialId": previous.id,
        "currentKeyMaterialId": fresh.id,
        "keyId": key.id,
    }
    events.happened(vault, key, moment, "RotateKey", details)


def schedule(vault: Vault, key: Key, start: datetime) -> None:
    """The next turning is a period after `start`."""
    key.next_rotation = start + timedelta(days=key.period or YEARLY)
    vault.due(key.next_rotation, AUTOMATIC, key)


def catch_up(vault: Vault, key: Key, now: datetime) -> None:
    """A key that was enabled again turns at once when its date went by."""
    if key.next_rotation is not None and key.next_rotation <= now:
        turn_automatically(vault, key, now)


def _rotatable(key: Key, *, origins: tuple[str, ...] = ("AWS_KMS",)) -> None:
    if not key.symmetric or key.origin not in origins:
        raise AwsError("UnsupportedOperationException", f"{key.arn} does not support key rotation.")


def enable(vault: Vault, ask: Ask) -> dict[str, Any]:
    """EnableKeyRotation. The date counts from now, unless rotation was on already with this very period."""
    key = access.reach(vault, ask, ask.params["KeyId"])
    _rotatable(key)
    access.usable(key)
    period = ask.params.get("RotationPeriodInDays", YEARLY)
    if key.period != period:
        key.period = period
        schedule(vault, key, ask.now)
    return {}


def disable(vault: Vault, ask: Ask) -> dict[str, Any]:
    key = access.reach(vault, ask, ask.params["KeyId"])
    _rotatable(key)
    access.usable(key)
    key.period = key.next_rotation = None
    return {}


def status(vault: Vault, ask: Ask) -> dict[str, Any]:
    """GetKeyRotationStatus: a key that waits for deletion says false, and remembers what it was."""
    key = access.reach(vault, ask, ask.params["KeyId"])
    _rotatable(key, origins=("AWS_KMS", "EXTERNAL"))
    enabled = key.period is not None and key.state != PENDING_DELETION
    answer: dict[str, Any] = {"KeyRotationEnabled": enabled, "KeyId": key.id}
    if enabled:
        answer["RotationPeriodInDays"] = key.period
        answer["NextRotationDate"] = key.next_rotation
    if key.turning is not None:
        answer["OnDemandRotationStartDate"] = key.turning
    return answer


def on_demand(vault: Vault, ask: Ask) -> dict[str, Any]:
    """RotateKeyOnDemand: starts now, ends when the vault's spell is over; the schedule stays as it is."""
    key = access.reach(vault, ask, ask.params["KeyId"])
    _rotatable(key)
    access.usable(key)
    if key.turning is not None:
        raise AwsError("ConflictException", f"An on-demand rotation of {key.arn} is already in progress.")
    if sum(one.kind == ON_DEMAND for one in key.materials) >= ON_DEMAND_LIMIT:
        raise AwsError(
            "LimitExceededException", f"{key.arn} has reached the limit of {ON_DEMAND_LIMIT} on-demand rotations."
        )
    key.turning = ask.now
    vault.due(ask.now + timedelta(seconds=vault.spell), ON_DEMAND, key)
    return {"KeyId": key.id}


def history(vault: Vault, ask: Ask) -> dict[str, Any]:
    """ListKeyRotations, oldest first; the first material only with ALL_KEY_MATERIAL."""
    key = access.reach(vault, ask, ask.params["KeyId"])
    _rotatable(key, origins=("AWS_KMS", "EXTERNAL"))
    rows = [(f"{number:06}", one) for number, one in enumerate(key.materials)]
    if ask.params.get("IncludeKeyMaterial") != "ALL_KEY_MATERIAL":
        rows = [row for row in rows if row[1].rotated is not None]
    return paging.page(ask, rows, "Rotations", lambda row: row[0], lambda row: _entry(key, row[1]))


def _entry(key: Key, material: Material) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "KeyId": key.id,
        "KeyMaterialId": material.id,
        "KeyMaterialState": "CURRENT" if material is key.current else "NON_CURRENT",
    }
    if material.rotated is not None:
        entry |= {"RotationDate": material.rotated, "RotationType": material.kind}
    return entry
