"""The engine's road to AWS: which lanes this desk has, with which accounts, and what AWS's refusals mean to a run."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from console.aws.refusals import THROTTLING, AwsRefusal
from console.errors import AwsUnreachable, ConsoleError, CredentialsExpired, CredentialsMissing
from console.workflow.model import Lane
from console.workflow.trouble import Nature, NotYet, Trouble
from store.run_records import Sentence

if TYPE_CHECKING:
    from console.aws.session import Account, Aws
    from console.settings import Settings, TenantSettings

PASSING = THROTTLING | {
    "DependencyTimeoutException",
    "IDPCommunicationError",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "KMSInternalException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
}
"""Codes of faults that are AWS's own, or that time heals, whichever service says them."""

BY_ROLE = {"admin": (Lane.CENTRAL,), "owner": (Lane.TENANT,)}
"""Who has which credentials where the settings do not say."""


class AwsLanes:
    """Lanes as the settings tell them. Cheap to make: AWS is loaded with the first account."""

    refusals: tuple[type[Exception], ...] = (AwsRefusal,)

    def __init__(self, settings: Settings, aws: Aws | None = None) -> None:
        self._settings = settings
        self._given = aws
        self._accounts: dict[tuple[Lane, str], Account] = {}

    @property
    def here(self) -> frozenset[Lane]:
        if self._settings.lanes:
            return frozenset(Lane(lane) for lane in self._settings.lanes)
        if self._settings.sandbox and self._settings.role == "admin":
            return frozenset(Lane)
        return frozenset(BY_ROLE.get(self._settings.role, ()))

    @cached_property
    def _aws(self) -> Aws:
        from console.aws.session import Aws

        return self._given if self._given is not None else Aws(self._settings)

    def account(self, lane: Lane, account_id: str) -> Account:
        """The central account, or the tenant's account of that number with the credentials that may change it."""
        if lane not in self.here:
            raise ConsoleError("run.no_lane", lane=lane.value)
        key = (lane, account_id if lane is Lane.TENANT else "")
        if key not in self._accounts:
            self._accounts[key] = self._aws.central if lane is Lane.CENTRAL else self._tenant(account_id)
        return self._accounts[key]

    def _tenant(self, account_id: str) -> Account:
        from console.aws.session import Account

        told = next((tenant for tenant in self._settings.tenants if account_id in tenant.accounts), None)
        return Account(self._aws, account_id, self._acting(told))

    def _acting(self, told: TenantSettings | None) -> TenantSettings | None:
        """How to act in a tenant's account: as the settings say, else as an owner with one's own credentials."""
        if told is not None and (told.act_profile or told.act_role_arn):
            return replace(told, profile=told.act_profile, role_arn=told.act_role_arn)
        return None if self._settings.role == "owner" else told

    def trouble(self, error: Exception, passing: frozenset[str]) -> Trouble:
        if isinstance(error, AwsRefusal):
            return _refusal(error, passing)
        if isinstance(error, ConsoleError):
            return Trouble(_nature(error), Sentence(error.key, {k: _plain(v) for k, v in error.values.items()}))
        raise error


def _nature(error: ConsoleError) -> Nature:
    if isinstance(error, CredentialsMissing | CredentialsExpired):
        return Nature.CREDENTIALS
    return Nature.PASSING if isinstance(error, AwsUnreachable | NotYet) else Nature.LASTING


def _refusal(error: AwsRefusal, passing: frozenset[str]) -> Trouble:
    values = {"code": error.code, "operation": error.operation, "detail": error.message}
    if error.code in PASSING | passing or (error.code.isdigit() and error.code.startswith("5")):
        return Trouble(Nature.PASSING, Sentence("run.aws_busy", values))
    return Trouble(Nature.LASTING, Sentence("run.aws_denied" if error.denied else "run.aws_refused", values))


def _plain(value: Any) -> str | int | float:
    return value if isinstance(value, str | int | float) else str(value)
