"""The call that is being answered, for the borrowed services that must ask the KMS and the clock."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.sandbox.accounts import Accounts
    from console.sandbox.callers import Caller
    from console.sandbox.clock import Clock
    from console.sandbox.kms import Kms


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a borrowed service: who, where, and what it may lean on."""

    caller: Caller
    region: str
    kms: Kms
    clock: Clock
    accounts: Accounts

    def by(self, service: str) -> Caller:
        """The caller as KMS sees it when a service calls on its behalf; `service` as in `ec2`."""
        return replace(self.caller, service=f"{service}.amazonaws.com")

    def ask_kms(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        return self.kms.call(self.by(service), self.region, operation, params)


CURRENT: ContextVar[Call] = ContextVar("call")
