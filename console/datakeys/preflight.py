"""Whether a rotation may do what it will do, asked of AWS beforehand and without effect (DryRun)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from console.aws.refusals import AwsRefusal
from console.aws.session import ask
from console.datakeys.routes import Rotation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from console.aws.session import Account

WOULD_PASS = frozenset({"DryRunOperation", "DryRunOperationException"})
"""What a dry run answers where the real call would pass."""


class Answer(StrEnum):
    """What AWS says. UNTOLD: it neither allows nor denies; only the real call, through its service, will tell."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Permission:
    """One action on one resource or key, and the answer; `detail` is AWS's own code and message."""

    action: str
    target: str
    answer: Answer
    detail: str = ""


@runtime_checkable
class Checking(Rotation, Protocol):
    """A rotation that can ask beforehand."""

    def permissions(self, account: Account, facts: Mapping[str, Any]) -> Iterator[Permission]:
        """Every action that the run of these facts will take, with AWS's answer; nothing changes."""


def rehearsed(client: Any, action: str, target: str, method: str, **parameters: Any) -> Permission:
    """One call as a dry run.

    KMS answers a direct call only for oneself: where IAM allows and the key policy does not, the policy may still
    allow it through a service (kms:ViaService), so that is UNTOLD. A lack in IAM is certain.
    """
    try:
        ask(client, method, DryRun=True, **parameters)
    except AwsRefusal as refusal:
        return Permission(action, target, answered(refusal, action), f"{refusal.code}: {refusal.message}"[:300])
    return Permission(action, target, Answer.ALLOWED)


def answered(refusal: AwsRefusal, action: str) -> Answer:
    """What a refusal of this action says."""
    if refusal.code in WOULD_PASS:
        return Answer.ALLOWED
    if not refusal.denied:
        return Answer.UNTOLD
    by_policy = action.startswith("kms:") and "identity-based policy" not in refusal.message
    return Answer.UNTOLD if by_policy else Answer.DENIED
