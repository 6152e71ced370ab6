"""The accounts of this AWS, and who an access key id speaks for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from console.sandbox.callers import Caller
from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from console.sandbox.clock import Clock
    from console.sandbox.entropy import Entropy

CENTRAL = "999988887777"
FORGET_AFTER = timedelta(days=2)  # an expired session is said to be expired for that long; then it is unknown
_REAL_KEY = re.compile(r"(AKIA|ASIA)[A-Z0-9]{16}")
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class Account:
    """One account with the long-lived credentials of its administrator."""

    id: str
    name: str
    access_key: str
    secret_key: str

    @property
    def administrator(self) -> Caller:
        return Caller(self.id, f"arn:aws:iam::{self.id}:user/administrator", f"AIDA{self.access_key[4:]}")


@dataclass(frozen=True, slots=True)
class Session:
    """Temporary credentials of a role; `expires` is in the sandbox's time."""

    caller: Caller
    access_key: str
    secret_key: str
    token: str
    expires: datetime


@dataclass(slots=True)
class Accounts:
    """All accounts and living sessions.

    Signatures are not checked: the access key id alone decides. A key id that looks like AWS's own and is not
    known is refused as AWS does; any other word (such as `test`) is the central account's administrator, so
    that a client that was handed dummy credentials works.
    """

    clock: Clock
    entropy: Entropy
    by_id: dict[str, Account] = field(default_factory=dict)
    keys: dict[str, Caller] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.by_id:
            self.open("KMSaaS", CENTRAL)

    def open(self, name: str, account_id: str | None = None) -> Account:
        """An account by that name; the same one when it exists already. Ids are 12 digits."""
        for account in self.by_id.values():
            if account.name == name:
                return account
        account = Account(
            account_id or f"{int.from_bytes(self.entropy(8)) % 10**12:012}",
            name,
            self._key_id("AKIA"),
            self.entropy(20).hex(),
        )
        self.by_id[account.id] = account
        self.keys[account.access_key] = account.administrator
        return account

    def assume(self, role_arn: str, role_id: str, name: str, seconds: int) -> Session:
        """Temporary credentials; whether the role may be assumed was asked before."""
        account_id, role = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        caller = Caller(account_id, f"arn:aws:sts::{account_id}:assumed-role/{role}/{name}", f"{role_id}:{name}")
        session = Session(
            caller,
            self._key_id("ASIA"),
            self.entropy(20).hex(),
            self.entropy(64).hex(),
            self.clock.now() + timedelta(seconds=seconds),
        )
        now = self.clock.now()
        self.sessions = {key: old for key, old in self.sessions.items() if old.expires > now - FORGET_AFTER}
        self.sessions[session.access_key] = session
        return session

    def identify(self, access_key: str, token: str = "") -> Caller:
        """Who an access key id is.

        Raises:
            AwsError: UnrecognizedClientException for an unknown key or a wrong token, ExpiredTokenException.
        """
        if caller := self.keys.get(access_key):
            return caller
        if session := self.sessions.get(access_key):
            return self._living(session, token)
        if _REAL_KEY.fullmatch(access_key):
            raise _unknown()
        return self.by_id[CENTRAL].administrator

    def _living(self, session: Session, token: str) -> Caller:
        if token != session.token:
            raise _unknown()
        if self.clock.now() >= session.expires:
            raise AwsError("ExpiredTokenException", "The security token included in the request is expired")
        return session.caller

    def _key_id(self, prefix: str) -> str:
        return prefix + "".join(_BASE32[byte % 32] for byte in self.entropy(16))


def _unknown() -> AwsError:
    return AwsError("UnrecognizedClientException", "The security token included in the request is invalid.")
