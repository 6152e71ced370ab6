"""A request for a CMK as both parties know it: what is wanted, and every move that was made. Anyone may import these.

Each side has a store of its own; a request is the same thread of moves in both, of which one may be a move behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """What somebody did with a request. BEGIN: an administrator's console makes the CMK, and no other may."""

    SUBMIT = "submit"
    ASK = "ask"
    ANSWER = "answer"
    APPROVE = "approve"
    REJECT = "reject"
    BEGIN = "begin"
    DELIVER = "deliver"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


class Stand(StrEnum):
    """How a request stands, which is what the last move made of it."""

    SUBMITTED = "submitted"
    ASKED = "asked"
    APPROVED = "approved"
    REJECTED = "rejected"
    MAKING = "making"
    DELIVERED = "delivered"
    IN_USE = "in_use"
    WITHDRAWN = "withdrawn"


AFTER = {
    Act.SUBMIT: Stand.SUBMITTED,
    Act.ASK: Stand.ASKED,
    Act.ANSWER: Stand.SUBMITTED,
    Act.APPROVE: Stand.APPROVED,
    Act.REJECT: Stand.REJECTED,
    Act.BEGIN: Stand.MAKING,
    Act.DELIVER: Stand.DELIVERED,
    Act.CONFIRM: Stand.IN_USE,
    Act.WITHDRAW: Stand.WITHDRAWN,
}
MOVES = {
    Stand.SUBMITTED: frozenset({Act.ASK, Act.APPROVE, Act.REJECT, Act.WITHDRAW}),
    Stand.ASKED: frozenset({Act.ANSWER, Act.WITHDRAW}),
    Stand.APPROVED: frozenset({Act.BEGIN, Act.REJECT, Act.WITHDRAW}),
    Stand.REJECTED: frozenset[Act](),
    Stand.MAKING: frozenset({Act.BEGIN, Act.DELIVER}),
    Stand.DELIVERED: frozenset({Act.CONFIRM}),
    Stand.IN_USE: frozenset[Act](),
    Stand.WITHDRAWN: frozenset[Act](),
}
"""Which moves a request that stands so can take."""

TENANTS_OWN = frozenset({Act.SUBMIT, Act.ANSWER, Act.CONFIRM, Act.WITHDRAW})
"""Moves that the tenant makes; all others are an administrator's. First use may be seen from either side."""

CONTENDED = frozenset(stand for stand, acts in MOVES.items() if acts & TENANTS_OWN and acts - TENANTS_OWN)
"""Where both sides can move at once: whose move counts must be decided in one place."""

WAITS_FOR_TENANT = frozenset({Stand.ASKED, Stand.DELIVERED})
WAITS_FOR_ADMINISTRATOR = frozenset({Stand.SUBMITTED, Stand.APPROVED, Stand.MAKING})
CLOSED = frozenset({Stand.REJECTED, Stand.IN_USE, Stand.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Wanted:
    """The wish. `services` are our names of AWS services, `contacts` whom to call, `rotation_days` the HBK's period.

    Text of the tenant's own; nothing in it is believed.
    """

    tenant: str
    application: str
    environment: str
    accounts: tuple[str, ...]
    region: str
    services: tuple[str, ...] = ()
    client_side: bool = False
    contacts: tuple[str, ...] = ()
    data_class: str = ""
    reason: str = ""
    rotation_days: int = 365

    @property
    def path(self) -> tuple[str, str, str]:
        return self.tenant, self.application, self.environment


@dataclass(frozen=True, slots=True)
class Move:
    """One move: who (as a person stands on record), when (epoch seconds), in which words.

    `facts` are pairs: of BEGIN `run`; of DELIVER `key_arn`, `alias` and `cmk` (the CMK's facts as JSON); of CONFIRM
    what was seen.
    """

    act: Act
    by: str
    at: int
    said: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    def fact(self, name: str) -> str:
        return next((value for key, value in self.facts if key == name), "")


@dataclass(frozen=True, slots=True)
class Request:
    """A request with its moves, the first of which is always SUBMIT. `sent`: so many of them the other side can see."""

    id: str
    wanted: Wanted
    moves: tuple[Move, ...]
    sent: int = 0

    @property
    def stand(self) -> Stand:
        return AFTER[self.moves[-1].act]

    @property
    def made_by(self) -> str:
        return self.moves[0].by

    @property
    def made_at(self) -> int:
        return self.moves[0].at

    @property
    def changed_at(self) -> int:
        return self.moves[-1].at

    def last(self, act: Act) -> Move | None:
        """The latest move of this kind."""
        return next((move for move in reversed(self.moves) if move.act is act), None)

    def fact(self, name: str) -> str:
        """The latest word of any move on this."""
        return next((found for move in reversed(self.moves) if (found := move.fact(name))), "")


class RequestMoved(Exception):
    """Somebody else made a move first; nothing was written. `request` is how it is now."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.id)
        self.request = request


class NoRequest(Exception):
    """There is no such request in sight, or more than one begins so (`several`)."""

    def __init__(self, name: str, several: tuple[str, ...] = ()) -> None:
        super().__init__(name, several)
        self.name = name
        self.several = several
