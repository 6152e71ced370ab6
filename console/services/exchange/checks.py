"""What a doctor looks at of the exchange: the key that signs, the keys that are trusted, reading and writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import Busy, ConsoleError
from console.policy import Role
from console.services.doctor import FAIL, WARN, Check
from console.services.exchange.keys import make_key, path_of, trusted
from console.services.exchange.places import snapshot_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from console.aws.exchange import Exchange
    from console.services.exchange.envelope import Signer
    from console.settings import ExchangeSettings, Settings


def made_key(settings: ExchangeSettings) -> Check:
    """Makes the signing key, and tells its public half, to be handed to whom it may concern. Raises ConsoleError."""
    path = path_of(settings.signing_key)
    return Check("doctor.signing_key", str(path), detail=make_key(path))


class Checks:
    """Looks, and never touches: a write is tried on condition of what cannot be."""

    def __init__(self, settings: Settings, exchange: Exchange | None, signer: Callable[[], Signer]) -> None:
        self._settings = settings
        self._exchange = exchange
        self._signer = signer

    def run(self) -> list[Check]:
        publishes = self._settings.role == Role.ADMIN
        checks = [self._signs()] if publishes else [self._trusts()]
        return [*checks, *self._reaches(writes=publishes)]

    def _signs(self) -> Check:
        where = self._settings.exchange.signing_key or str(path_of(""))
        try:
            return Check("doctor.signing_key", where, detail=self._signer().key_id)
        except ConsoleError as error:
            return Check("doctor.signing_key", where, FAIL, _said(error), "doctor.advice.signing_key")

    def _trusts(self) -> Check:
        try:
            keys = trusted(self._settings.exchange.trusted_keys)
        except ConsoleError as error:
            return Check("doctor.trusted_keys", "", FAIL, _said(error), "doctor.advice.trusted_keys")
        if not keys:
            return Check("doctor.trusted_keys", "", FAIL, "", "doctor.advice.trusted_keys")
        return Check("doctor.trusted_keys", "", detail=", ".join(sorted(keys)))

    def _reaches(self, *, writes: bool) -> Iterator[Check]:
        exchange, scope = self._exchange, self._settings.scope
        if exchange is None:
            yield Check("doctor.exchange_bucket", "", WARN, "", "doctor.advice.exchange_bucket")
            return
        key = snapshot_key(scope.tenant if scope else "")
        yield self._tried("doctor.exchange_read", key, exchange, lambda: exchange.get(key, 1))
        if writes:
            # An object with such an ETag cannot be there: S3 says so to who may write, and nothing else to who may not.
            yield self._tried("doctor.exchange_write", key, exchange, lambda: exchange.replace(key, b"", '"none"'))

    @staticmethod
    def _tried(name: str, key: str, exchange: Exchange, call: Callable[[], object]) -> Check:
        try:
            call()
        except Busy:
            pass
        except ConsoleError as error:
            return Check(name, exchange.place(key), FAIL, _said(error), "doctor.advice.exchange_access")
        return Check(name, exchange.place(key))


def _said(error: ConsoleError) -> str:
    return str(error.values.get("detail", "") or error.key)
