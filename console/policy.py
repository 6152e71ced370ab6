"""The one gate: may this role, with this scope and mode, give this command? IAM stays the real boundary."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.records import Scope


class Role(StrEnum):
    ADMIN = "admin"
    OWNER = "owner"
    SUPPORT = "support"
    AUDITOR = "auditor"


class Grant(StrEnum):
    """What a command needs: to look, to refresh the cache from AWS, to change something in AWS, or to be able to
    try the credentials of others (doctor), or to write down for others what is for administrators, or to judge
    what the console found, or to read who did what, or to publish for others, or to take what was published, or to
    look at all that was done, by whomever, or to judge requests for CMKs and make them.
    """

    LOOK = "look"
    REFRESH = "refresh"
    CHANGE = "change"
    INSPECT = "inspect"
    WHOLE = "whole"
    JUDGE = "judge"
    AUDIT = "audit"
    PUBLISH = "publish"
    PULL = "pull"
    PROVE = "prove"
    APPROVE = "approve"


CHANGING = frozenset({Grant.CHANGE, Grant.JUDGE, Grant.PUBLISH, Grant.APPROVE})
"""What leaves something behind, in AWS or in what others will see: the audit tells it. A refresh only learns."""


class Redaction(StrEnum):
    """For whose eyes a card is: anybody at the tenant whose thing it is about, or the administrators."""

    TENANT = "tenant"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Session:
    """Who is at work: a role, what it may see (None: everything) and whether it may change anything."""

    role: Role
    scope: Scope | None = None
    write: bool = False
    past: bool = False  # looks at the cache as it was


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes, or no with the text key of the reason."""

    allowed: bool
    reason: str = ""


_GRANTS: dict[Role, frozenset[Grant]] = {
    Role.ADMIN: frozenset(Grant),
    Role.OWNER: frozenset(Grant) - {Grant.PUBLISH, Grant.APPROVE},
    Role.SUPPORT: frozenset({Grant.LOOK, Grant.PULL}),
    Role.AUDITOR: frozenset({Grant.LOOK, Grant.INSPECT, Grant.WHOLE, Grant.AUDIT, Grant.PROVE, Grant.PULL}),
}

_IN_THE_PAST = frozenset({Grant.LOOK, Grant.WHOLE, Grant.INSPECT, Grant.AUDIT, Grant.PROVE})

UNSCOPED = frozenset({Grant.PROVE})
"""What is about everybody's at once, and so is not for a session that sees one branch."""

YES = Verdict(allowed=True)


def redacts(role: str) -> bool:
    """Whether what is for administrators is kept from this role (`console.services.redaction` says what that is)."""
    return Grant.WHOLE not in _GRANTS[Role(role)]


def judge(session: Session, needs: Grant) -> Verdict:
    """The verdict on a command that needs `needs`, for this session."""
    if needs not in _GRANTS[session.role]:
        return Verdict(allowed=False, reason=f"policy.role.{needs}")
    if session.past and needs not in _IN_THE_PAST:
        return Verdict(allowed=False, reason="policy.past")
    if needs in UNSCOPED and session.scope is not None:
        return Verdict(allowed=False, reason="policy.scope")
    if needs in (Grant.CHANGE, Grant.APPROVE) and not session.write:
        return Verdict(allowed=False, reason="policy.read_only")
    return YES
