"""A tenant's role as botocore credentials that renew themselves before they lapse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials

if TYPE_CHECKING:
    from collections.abc import Callable


class RoleProvider(CredentialProvider):
    """Credentials of one role; `assume` is asked for an AssumeRole answer whenever new ones are due."""

    METHOD = "assume-role"

    def __init__(self, assume: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self._assume = assume

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(self._refresh, self.METHOD)

    def _refresh(self) -> dict[str, Any]:
        told = self._assume()["Credentials"]
        return {
            "access_key": told["AccessKeyId"],
            "secret_key": told["SecretAccessKey"],
            "token": told["SessionToken"],
            "expiry_time": told["Expiration"].isoformat(),
        }


def resolver(assume: Callable[[], dict[str, Any]]) -> CredentialResolver:
    """Knows this role only, so that a failing role never falls back to the central account."""
    return CredentialResolver(providers=[RoleProvider(assume)])
