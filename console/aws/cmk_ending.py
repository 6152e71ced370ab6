"""KMS as the replacing of a CMK uses it: aliases that move, and the end of a CMK, each step of it with its way back.

Operations: UpdateAlias, DisableKey, EnableKey, ScheduleKeyDeletion, CancelKeyDeletion, DescribeKey.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws.kms import describe_key
from console.aws.moment import epoch
from console.aws.session import ask

if TYPE_CHECKING:
    from collections.abc import Mapping

PENDING = "PendingDeletion"


def point(client: Any, alias: str, key_id: str) -> None:
    """Let an alias stand for this CMK. Once more is no fault."""
    ask(client, "update_alias", AliasName=alias, TargetKeyId=key_id)


def state(client: Any, key_id: str) -> tuple[str, int | None]:
    """KeyState, and the moment of deletion where one is coming."""
    told: Mapping[str, Any] = describe_key(client, key_id)
    return str(told.get("KeyState", "")), epoch(told.get("DeletionDate"))


def disable(client: Any, key_id: str) -> None:
    """Once more is no fault; a CMK that is to be deleted is disabled already."""
    if state(client, key_id)[0] not in ("Disabled", PENDING):
        ask(client, "disable_key", KeyId=key_id)


def enable(client: Any, key_id: str) -> None:
    """The same; one that is to be deleted must be kept first.

    Raises:
        AwsRefusal: KMSInvalidStateException.
    """
    if state(client, key_id)[0] != "Enabled":
        ask(client, "enable_key", KeyId=key_id)


def schedule(client: Any, key_id: str, days: int) -> int | None:
    """ScheduleKeyDeletion; the moment from which it is gone. Once more changes nothing."""
    now, gone = state(client, key_id)
    if now != PENDING:
        ask(client, "schedule_key_deletion", KeyId=key_id, PendingWindowInDays=days)
        gone = state(client, key_id)[1]
    return gone


def keep(client: Any, key_id: str) -> None:
    """CancelKeyDeletion: it comes back disabled."""
    if state(client, key_id)[0] == PENDING:
        ask(client, "cancel_key_deletion", KeyId=key_id)
