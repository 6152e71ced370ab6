"""Requests and judgements on their way: sealed letters of small JSON, each with a place of its own in the exchange.

    requests/TENANT/ID/0001.json.kms      what a tenant wrote, in order
    judgements/TENANT/ID/0001.json.kms    what an administrator answered

A letter is written once and never over another, so that two who answer at once cannot both win.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from console.errors import Refused, UsageError
from console.services.exchange.envelope import Expected, Letter, open_sealed, seal
from console.text.paths import tenant_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from console.aws.exchange import Exchange
    from console.services.exchange.envelope import Header, Signer, Verifier

FOLDERS = {Letter.REQUEST: "requests", Letter.JUDGEMENT: "judgements"}
LARGEST = 256 * 1024
"""Bytes of a request or judgement, unpacked: they are forms that people filled in."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", re.ASCII)


def letter_key(kind: Letter, tenant: str, request: str, number: int) -> str:
    """Where the letter with this number about a request stands.

    Raises:
        UsageError: the request's id, or the number, could lead elsewhere.
    """
    if not _ID.fullmatch(request) or not 0 < number < 10_000:
        raise UsageError("exchange.bad_id", value=request)
    return f"{FOLDERS[kind]}/{tenant_folder(tenant)}/{request}/{number:04}.json.kms"


def sealed(kind: Letter, tenant: str, told: Mapping[str, Any], signer: Signer | None, **line: Any) -> bytes:
    """A form as a letter; `line` is what `seal` wants besides (sequence, made_at, by)."""
    body = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    return seal(kind, tenant, body, signer, **line)


def opened(letter: bytes, expected: Expected, trusted: Mapping[str, Verifier]) -> tuple[Header, dict[str, Any], bool]:
    """Header, form, and whether it was signed; what the form must hold is for its reader to check.

    Raises:
        Refused: the letter does not hold, or is no small JSON object.
    """
    if len(letter) > LARGEST:
        raise Refused("exchange.too_large", limit=1)
    held = open_sealed(letter, expected, trusted)
    try:
        told: Any = json.loads(held.body) if len(held.body) <= LARGEST else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Refused("exchange.malformed", detail="JSON")
    return held.header, told, held.signed


class Post:
    """The exchange bucket as a postbox. Raises ConsoleError of all."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def leave(self, kind: Letter, tenant: str, request: str, number: int, letter: bytes) -> str:
        """Write a letter where none is yet; the place, for a person to read.

        Raises:
            Busy: somebody else wrote that number first.
        """
        key = letter_key(kind, tenant, request, number)
        self._exchange.put_new(key, letter)
        return self._exchange.place(key)

    def fetch(self, kind: Letter, tenant: str, request: str, number: int) -> bytes | None:
        held = self._exchange.get(letter_key(kind, tenant, request, number), LARGEST)
        return held.body if held else None

    def waiting(self, kind: Letter, tenant: str, since: int = 0) -> Iterator[tuple[str, int]]:
        """(request, number) of the letters to or from a tenant written at `since` (epoch seconds) or later."""
        for listed in self._exchange.list(f"{FOLDERS[kind]}/{tenant_folder(tenant)}/", since):
            *_, request, name = listed.key.split("/")
            number = name.partition(".")[0]
            if _ID.fullmatch(request) and number.isascii() and number.isdigit():
                yield request, int(number)
