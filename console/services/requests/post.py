"""Requests and judgements through the exchange bucket: the tenant writes the first, administrators the second.

requests/TENANT/ID.kms-letter         the thread as the tenant last left it
requests/TENANT/ID.0002.kms-letter    the second move, where either side could make it: whoever wrote first
judgements/TENANT/ID.kms-letter       the thread as an administrator last left it, signed
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from console.errors import Busy, ConsoleError, Refused
from console.services.exchange.envelope import Letter
from console.services.exchange.keys import trusted, written
from console.services.requests.threads import ID, LARGEST, letter_of, new_moves, opened, told_kind
from console.text.paths import tenant_folder
from store.request_records import TENANTS_OWN, Act, Request
from store.run_records import Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from console.aws.exchange import Exchange
    from console.services.exchange.envelope import Signer, Verifier
    from console.settings import Settings
    from store.requests import Requests

SUFFIX = ".kms-letter"
FOLDERS = {Letter.REQUEST: "requests", Letter.JUDGEMENT: "judgements"}
_KEY = re.compile(r"(requests|judgements)/[^/]+/([^/.]+)(?:\.(\d{4}))?\.kms-letter", re.ASCII)
MOST = 20_000
"""Letters that one look goes through: a tenant who leaves more than that must not keep us for ever."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A letter that was not taken, and why."""

    place: str
    why: Sentence


@dataclass(frozen=True, slots=True)
class News:
    """What a look at the exchange brought: ids of the requests that moved, and letters that were refused."""

    moved: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default_factory=tuple)


class Trust:
    """Whose letters are believed. `signer` gives our own, or None where there is none."""

    def __init__(self, settings: Settings, signer: Callable[[], Signer | None]) -> None:
        self._settings = settings
        self.signer = signer

    @property
    def owner(self) -> bool:
        return self._settings.role == "owner"

    def keys(self, kind: Letter, tenant: str) -> Mapping[str, Verifier]:
        """An owner believes whom the settings trust; an administrator also the own key, and a tenant its own."""
        told = list(self._settings.exchange.trusted_keys)
        if not self.owner:
            own = self.signer()
            told += [written(own.public)] if own is not None else []
        if kind is Letter.REQUEST:
            told += [key for each in self._settings.tenants if each.name == tenant for key in each.trusted_keys]
        return trusted(told)

    def seals(self, kind: Letter) -> Signer | None:
        """Who signs a letter of this kind.

        Raises:
            ConsoleError: a judgement needs a signature, and there is no key.
        """
        signer = self.signer()
        if signer is None and kind is Letter.JUDGEMENT:
            raise ConsoleError("request.no_signing_key")
        return signer


class Post:
    """The exchange as requests use it. Raises as `Exchange` does."""

    def __init__(self, settings: Settings, exchange: Exchange, trust: Trust, now: Callable[[], float]) -> None:
        self._settings = settings
        self._exchange = exchange
        self._trust = trust
        self._now = now

    def send(self, request: Request, kind: Letter, by: str) -> None:
        """Leave the thread where the other side reads it, unless somebody was quicker.

        Raises:
            Busy: what lies there holds a move that ours does not; it must be read first.
        """
        key = _key(kind, request)
        held = self._exchange.get(key, LARGEST)
        letter = letter_of(request, kind, self._trust.seals(kind), by)
        try:
            if held is None:
                self._exchange.put_new(key, letter)
            elif held.body != letter and self._extends(held.body, request, kind):
                self._exchange.replace(key, letter, held.etag)
        except Busy as error:
            raise Busy("request.overtaken", id=request.id) from error

    def take_turn(self, request: Request, kind: Letter, by: str) -> None:
        """Make the last move of this thread the one that counts, where the other side could make another just now.

        The letter lies there for good: who is killed after it has moved, as everybody reads.

        Raises:
            Busy: somebody else moved first.
            Refused: what lies there in our way is no move at all.
        """
        key = _turn_key(request)
        try:
            self._exchange.put_new(key, letter_of(request, kind, self._trust.seals(kind), by))
        except Busy as error:
            there = self._fetched(key, kind, request.wanted.tenant)
            if there is None or there[0] != replace(request, sent=0):  # ours, when the answer to a first try was lost
                raise Busy("request.overtaken", id=request.id) from error

    def _extends(self, body: bytes, request: Request, kind: Letter) -> bool:
        """Whether ours holds all of what lies there, and more."""
        there = self._opened(body, kind, request.wanted.tenant)
        if there.wanted != request.wanted or request.moves[: len(there.moves)] != there.moves:
            raise Busy("request.overtaken", id=request.id)
        return len(request.moves) > len(there.moves)

    def fetch(self, requests: Requests, only: Request | None = None) -> News:
        """Read what came since the last look, or all about one request, and make it ours as far as it holds."""
        seen = {} if only else requests.letters()
        moved: list[str] = []
        problems: list[Problem] = []
        for tenant in [only.wanted.tenant] if only else self._tenants():
            about = only.id if only else ""
            for told, kind, place, mark in sorted(self._letters(tenant, seen, about, problems), key=_order):
                try:
                    self._take(told, kind, requests)
                except Refused as refusal:
                    if refusal.key == "request.out_of_scope":
                        continue
                    if refusal.key not in ("request.replayed", "request.older"):
                        problems.append(Problem(place, Sentence(refusal.key, dict(refusal.values))))
                        continue
                else:
                    moved.append(told.id)
                requests.note_letter(place, mark)
        return News(tuple(dict.fromkeys(moved)), tuple(problems))

    def _tenants(self) -> list[str]:
        scope = self._settings.scope
        return [scope.tenant] if scope else [told.name for told in self._settings.tenants]

    def _letters(
        self, tenant: str, seen: Mapping[str, str], about: str, problems: list[Problem]
    ) -> Iterator[tuple[Request, Letter, str, str]]:
        for kind, folder in FOLDERS.items():
            prefix = f"{folder}/{tenant_folder(tenant)}/{about}"
            for number, listed in enumerate(self._exchange.list(prefix)):
                place = self._exchange.place(listed.key)
                if number >= MOST or seen.get(place) == listed.etag:
                    continue
                try:
                    told = self._fetched(listed.key, kind, tenant)
                except Refused as refusal:
                    problems.append(Problem(place, Sentence(refusal.key, dict(refusal.values))))
                    continue
                if told is not None:
                    yield *told, place, listed.etag

    def _fetched(self, key: str, kind: Letter, tenant: str) -> tuple[Request, Letter] | None:
        """The thread that lies there, and as whose word: of a turn, its letter says."""
        match = _KEY.fullmatch(key)
        if match is None or not ID.fullmatch(match[2]) or (match[3] and match[1] != FOLDERS[Letter.REQUEST]):
            raise Refused("request.strange_name")
        held = self._exchange.get(key, LARGEST)
        if held is None:
            return None
        kind = told_kind(held.body) if match[3] else kind
        told = self._opened(held.body, kind, tenant)
        if told.id != match[2] or len(told.moves) != int(match[3] or len(told.moves)):
            raise Refused("request.strange_name")
        return told, kind

    def _opened(self, body: bytes, kind: Letter, tenant: str) -> Request:
        # The bucket's policy says who writes below requests/TENANT; a judgement is believed by its signature alone.
        keys, unsigned = self._trust.keys(kind, tenant), kind is Letter.REQUEST
        return opened(body, kind, tenant, keys, int(self._now()), unsigned=unsigned)

    def _take(self, told: Request, kind: Letter, requests: Requests) -> None:
        adopt(told, kind, requests)


def adopt(told: Request, kind: Letter, requests: Requests) -> Request:
    """Make a thread ours, as far as its writer may speak; the request as it then is.

    Raises:
        Refused: see `new_moves`; or it is out of this session's sight.
    """
    if not requests.covers(told.wanted):
        raise Refused("request.out_of_scope", id=told.id)
    held = requests.get(told.id)
    if held is not None and both_confirmed(held, told):
        return held
    new_moves(held, told, tenants=kind is Letter.REQUEST)
    requests.adopt(Request(told.id, told.wanted, told.moves, len(told.moves)))
    return requests.get(told.id) or told


def both_confirmed(held: Request, told: Request) -> bool:
    """Either side may see the first use: where both did at once, each keeps what it saw."""
    ends = held.moves[-1].act is Act.CONFIRM and told.moves[-1].act is Act.CONFIRM
    return ends and held.moves[:-1] == told.moves[:-1] and held.moves != told.moves


def kind_of(act: Act, *, owner: bool) -> Letter:
    """Which letter carries this move: first use is told by whoever saw it."""
    if act is Act.CONFIRM:
        return Letter.REQUEST if owner else Letter.JUDGEMENT
    return Letter.REQUEST if act in TENANTS_OWN else Letter.JUDGEMENT


def _key(kind: Letter, request: Request) -> str:
    return f"{FOLDERS[kind]}/{tenant_folder(request.wanted.tenant)}/{request.id}{SUFFIX}"


def _turn_key(request: Request) -> str:
    """Both sides may write there, and nobody over it."""
    return f"{_key(Letter.REQUEST, request).removesuffix(SUFFIX)}.{len(request.moves):04}{SUFFIX}"


def _order(letter: tuple[Request, Letter, str, str]) -> tuple[str, int, int]:
    """Shorter threads first, so that each finds its beginning here; of two alike the signed one."""
    told, kind, _, _ = letter
    return told.id, len(told.moves), kind is Letter.REQUEST
