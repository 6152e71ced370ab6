"""Organizations as moto has it, with account ids that are accounts here: with credentials and roles."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from moto.organizations.models import OrganizationsBackend

from console.sandbox.call import CURRENT

_DRAWN: ContextVar[str] = ContextVar("drawn account id")


class Directory(OrganizationsBackend):  # type: ignore[misc] # moto carries no types
    """The organization's accounts; one that is created can be called with keys of its own."""

    def create_account(self, **kwargs: Any) -> Any:
        mark = _DRAWN.set(CURRENT.get().accounts.open(kwargs["AccountName"]).id)
        try:
            return super().create_account(**kwargs)
        finally:
            _DRAWN.reset(mark)


def account_id() -> str:
    """Stands in for moto's dice; the founder of an organization is its own first member."""
    return _DRAWN.get(CURRENT.get().caller.account)
