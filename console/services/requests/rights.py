"""Which move of a request somebody may make as it now stands; the exchange decides who of two was first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import Refused, UsageError
from console.workflow.people import same
from store.request_records import CLOSED, MOVES, TENANTS_OWN, Act, Stand

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.request_records import Request

JUDGING = frozenset({Act.APPROVE, Act.REJECT, Act.ASK})
"""What nobody does with a request of their own."""

MADE = frozenset({Stand.MAKING, Stand.DELIVERED, Stand.IN_USE})
"""When it is too late to withdraw a request."""


def check(request: Request, act: Act, role: str, person: Callable[[], str], *, by_mail: bool) -> None:
    """Let pass what may be. `by_mail`: no bucket connects the two sides, so that neither sees what the other did.

    Raises:
        Refused: another role's to do, or another person's.
        UsageError: not as it stands.
    """
    if act not in TENANTS_OWN and role != "admin":
        raise Refused("policy.role.approve", role=role, verb=act.value)
    if act is Act.WITHDRAW:
        _withdraw(request, role, person, by_mail=by_mail)
    if act not in MOVES[request.stand]:
        raise UsageError(f"request.not_now.{request.stand}", id=request.id, who=request.moves[-1].by)
    if act in JUDGING and same(person(), request.made_by):
        raise Refused("request.four_eyes", id=request.id, who=request.made_by)


def _withdraw(request: Request, role: str, person: Callable[[], str], *, by_mail: bool) -> None:
    """The tenant, or who asked for it; as long as nothing is made, and where it can be seen what was judged."""
    if role != "owner" and not same(person(), request.made_by):
        raise Refused("request.not_yours", id=request.id, who=request.made_by)
    if request.stand in MADE:
        raise UsageError("request.too_late", id=request.id, who=request.moves[-1].by)
    if by_mail and request.sent and request.stand not in CLOSED:
        raise UsageError("request.went_by_mail", id=request.id)
