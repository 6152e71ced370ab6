"""Requests for CMKs on their way: what each party may do when, and that what one did reaches the other.

A move counts when it is written where the other side reads it: of two who judge at once, one wins there. A kill
between that and our own store loses nothing, for the next look finds our own letter.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from console.errors import Busy, ConsoleError, NotFound, Refused, UsageError
from console.services.catalog import Catalog
from console.services.exchange.envelope import Letter, header_of
from console.services.requests import bulk
from console.services.requests.learnt import understood
from console.services.requests.post import News, Post, Trust, adopt, kind_of
from console.services.requests.preflight import Checker, Preflight
from console.services.requests.rights import check
from console.services.requests.threads import letter_of, opened, said
from console.services.requests.wishes import wish
from store.one_cmk import add_cmk
from store.request_records import (
    CONTENDED,
    Act,
    Move,
    NoRequest,
    Request,
    RequestMoved,
    Stand,
    Wanted,
)
from store.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from console.aws.exchange import Exchange
    from console.services.exchange.envelope import Signer
    from console.settings import Settings
    from store.database import Store
    from store.harvest import CmkFacts
    from store.run_records import Sentence

IN_WORDS = frozenset({Act.REJECT, Act.ASK, Act.ANSWER})
"""Moves that say nothing without words."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one line of a file; `line` 0 is a wish that did not come from one."""

    line: int
    wanted: Wanted
    problems: tuple[Sentence, ...]


def nobody() -> Signer | None:
    """Where there is no signing key."""
    return None


@dataclass(frozen=True)
class Requesting:
    """For one session, over a store of its own. `person` says who is at work, when somebody asks; `now` epoch seconds.

    Raises everywhere: NotFound, UsageError, Refused, Busy (somebody was quicker), StoreError, and what the exchange
    raises.
    """

    settings: Settings
    store: Store
    person: Callable[[], str]
    exchange: Exchange | None = None
    signer: Callable[[], Signer | None] = nobody
    now: Callable[[], float] = field(default=time.time)

    @cached_property
    def requests(self) -> Requests:
        return Requests(self.store, self.settings.scope)

    @cached_property
    def catalog(self) -> Catalog:
        return Catalog(self.store, self.settings, self.now)

    @cached_property
    def _trust(self) -> Trust:
        return Trust(self.settings, self.signer)

    @cached_property
    def _post(self) -> Post | None:
        return None if self.exchange is None else Post(self.settings, self.exchange, self._trust, self.now)

    @property
    def owner(self) -> bool:
        return self.settings.role == "owner"

    # -- looking -------------------------------------------------------------------------------------------------

    def find(self, name: str) -> Request:
        """By its id or the beginning of it."""
        try:
            return self.requests.find(name)
        except NoRequest as error:
            if error.several:
                raise UsageError("request.several", name=name, ids=", ".join(error.several)) from error
            raise NotFound("request.not_found", name=name) from error

    def look(self, wanted: Wanted, own: str = "") -> Preflight:
        return Checker(self.settings, self.catalog, self.requests).look(wanted, own)

    def wish(self, told: Mapping[str, str]) -> Wanted:
        """What was told, and where it is silent what is known: the scope's tenant, its accounts, the Region, contacts.

        `told` is by the columns of `bulk.COLUMNS`; lists are separated by commas or spaces.
        """
        return wish(self.settings, told)

    # -- the tenant's moves --------------------------------------------------------------------------------------

    def submit(self, wanted: Wanted, request_id: str = "") -> Request:
        """A new request; with `request_id` the one that was made by that name before, if it was.

        Raises:
            UsageError: the first of the problems that the preflight finds.
        """
        if request_id and (made := self.requests.get(request_id)):
            return made
        self._may_see(wanted)
        found = self.look(wanted)
        if found.problems:
            first = found.problems[0]
            raise UsageError(first.key, **first.values)
        return self._submitted([wanted], request_id)[0]

    def judged_lines(self, lines: list[bulk.Line]) -> tuple[list[Wanted], list[Wrong]]:
        """Every line of a file as a wish, and what is wrong with those that cannot be; two alike are one too many."""
        wishes = [self.wish(line.cells) for line in lines]
        wrong, seen = [], dict[tuple[str, ...], int]()
        for line, wanted in zip(lines, wishes, strict=True):
            self._may_see(wanted)
            problems = self.look(wanted).problems
            twice = seen.setdefault((*wanted.path, wanted.region), line.number)
            if twice != line.number:
                from store.run_records import Sentence

                problems = (*problems, Sentence("request.twice", {"line": twice}))
            if problems:
                wrong.append(Wrong(line.number, wanted, problems))
        return wishes, wrong

    def submit_all(self, lines: list[bulk.Line]) -> list[Request]:
        """All of them, or none.

        Raises:
            UsageError: a line does not hold; the first is told.
        """
        wishes, wrong = self.judged_lines(lines)
        if wrong:
            first = wrong[0].problems[0]
            raise UsageError(first.key, **first.values)
        return self._submitted(wishes)

    def _submitted(self, wishes: list[Wanted], request_id: str = "") -> list[Request]:
        """On record first, all at once, then sent: what could not be sent now goes with the next move or look."""
        at, by = int(self.now()), self.person()
        made = [
            Request(request_id or bulk.id_of(wanted, self._salt(wanted)), wanted, (Move(Act.SUBMIT, by, at),))
            for wanted in wishes
        ]
        self.requests.add(made)
        self._flush()
        return [self.find(request.id) for request in made]

    def _salt(self, wanted: Wanted) -> str:
        """Asked for once more after it was closed, it is another request."""
        return str(len(self.requests.of_place(wanted.path)))

    def _flush(self) -> None:
        for request in self.requests.all(closed=False):
            if self._post is not None and not request.sent and len(request.moves) == 1:
                self._post.send(request, Letter.REQUEST, request.made_by)
                self.requests.note_sent(request.id, 1)

    # -- moves ---------------------------------------------------------------------------------------------------

    def move(self, name: str, act: Act, words: str = "", facts: tuple[tuple[str, str], ...] = ()) -> Request:
        """Judge, ask, answer, confirm or withdraw; the request as it then is.

        Raises:
            Busy: the other side moved first; who withdraws must have seen what is withdrawn.
        """
        seen = self.find(name)
        request = self._current(seen.id)
        self._may(request, act)
        if act is Act.WITHDRAW and request.moves != seen.moves:
            raise _overtaken(request)
        if act in IN_WORDS and not words.strip():
            raise UsageError("request.say_why", id=request.id)
        if act is Act.APPROVE:
            self._still_good(request)
        return self._made(request, act, words.strip(), facts)

    def begin(self, request_id: str, run_id: str, *, take_over: bool = False) -> Request:
        """The right to make the CMK, for this run alone. Once more is no fault.

        Raises:
            Refused: another run has it.
        """
        request = self._current(request_id)
        if request.stand is Stand.MAKING and not take_over:
            return self._ours(request, run_id)
        self._may(request, Act.BEGIN)
        if request.stand is Stand.MAKING and request.fact("run") == run_id:
            return request
        return self._made(request, Act.BEGIN, "", (("run", run_id),))

    def deliver(self, request_id: str, run_id: str, facts: tuple[tuple[str, str], ...]) -> Request:
        """Tell the tenant that the CMK is there, with what goes with it. Once more is no fault."""
        request = self._current(request_id)
        if request.last(Act.DELIVER) is None:
            self._may(self._ours(request, run_id), Act.DELIVER)
            request = self._made(request, Act.DELIVER, "", (("run", run_id), *facts))
        return request

    def may_undo(self, request_id: str, run_id: str) -> None:
        """Let pass what nobody has got yet.

        Raises:
            UsageError: it is handed over.
            Refused: another run has taken it over.
        """
        request = self._ours(self._current(request_id), run_id)
        if request.last(Act.DELIVER) is not None:
            raise UsageError(f"request.not_now.{request.stand}", id=request.id, who=request.moves[-1].by)

    @staticmethod
    def _ours(request: Request, run_id: str) -> Request:
        begun = request.last(Act.BEGIN)
        if begun is None or begun.fact("run") != run_id:
            who = begun.by if begun else ""
            raise Refused("request.made_elsewhere", id=request.id, who=who, run=request.fact("run"))
        return request

    def _may(self, request: Request, act: Act) -> None:
        """Let pass what this session may do with it now; see `rights.check`."""
        check(request, act, self.settings.role, self.person, by_mail=self._post is None)

    def _still_good(self, request: Request) -> None:
        """What was good when it was asked for may not be any more, and a tenant's console knows less than ours."""
        if problems := self.look(request.wanted, request.id).problems:
            raise UsageError(problems[0].key, **problems[0].values)

    def _made(self, request: Request, act: Act, words: str, facts: tuple[tuple[str, str], ...]) -> Request:
        move = Move(act, self.person(), max(int(self.now()), request.changed_at), words, facts)
        whole = Request(request.id, request.wanted, (*request.moves, move))
        if self._post is not None:
            self._sent(self._post, whole, before=request.stand)
        try:
            return self.requests.append(request.id, len(request.moves), move, sent=self._post is not None)
        except RequestMoved as error:
            raise _overtaken(error.request) from error

    def _sent(self, post: Post, whole: Request, *, before: Stand) -> None:
        """Where the other side reads it; of two who move at once, the second one learns what the first did."""
        move = whole.moves[-1]
        kind = kind_of(move.act, owner=self.owner)
        try:
            if before in CONTENDED:
                post.take_turn(whole, kind, move.by)
            post.send(whole, kind, move.by)
        except Busy as error:
            raise self._told(whole.id) from error

    def _told(self, request_id: str) -> Busy:
        """What the other one did, as far as it can be read."""
        try:
            return _overtaken(self._current(request_id))
        except ConsoleError:
            return Busy("request.overtaken", id=request_id)

    def _may_see(self, wanted: Wanted) -> None:
        if not self.requests.covers(wanted):
            raise Refused("request.out_of_scope", id=" / ".join(wanted.path))

    # -- to and fro ----------------------------------------------------------------------------------------------

    def _current(self, request_id: str) -> Request:
        """A request as it is on both sides."""
        request = self.find(request_id)
        if self._post is None:
            return request
        self._flush()
        self._learn(self._post.fetch(self.requests, request).moved)
        return self.find(request_id)

    def fetch(self) -> News:
        """Read what the other side, and colleagues, left since the last look; send what still waits here."""
        if self._post is None:
            return News()
        if self.settings.write:
            self._flush()
        news = self._post.fetch(self.requests)
        self._learn(news.moved)
        return news

    def _learn(self, moved: tuple[str, ...]) -> None:
        """CMKs that were handed over stand in the tree at once."""
        for request_id in moved:
            request = self.requests.get(request_id)
            facts = understood(request.fact("cmk")) if request and request.fact("cmk") else None
            if request and facts and facts.placement.tenant == request.wanted.tenant:
                self.learn(facts)

    def learn(self, facts: CmkFacts) -> bool:
        """Put a CMK into the tree that is not there yet; whether it was missing."""
        if not self.catalog.cmks.by_key(facts.arn):
            add_cmk(self.store, facts, int(self.now()))
            return True
        return False

    def export(self, name: str) -> bytes:
        """The request as a letter for the other side, for where no bucket connects the two."""
        request = self.find(name)
        kind = Letter.REQUEST if self.owner else Letter.JUDGEMENT
        letter = letter_of(request, kind, self._trust.seals(kind), self.person())
        self.requests.note_sent(request.id, len(request.moves))
        return letter

    def take_in(self, letter: bytes) -> Request:
        """Take a letter that came by another way than the bucket: it must be signed by whom we trust for it.

        Raises:
            Refused: forged, cut off, older, another tenant's, or not the writer's to say.
        """
        try:
            header = header_of(letter)
        except Refused as refusal:
            raise said(refusal) from refusal
        tenant = self.settings.scope.tenant if self.settings.scope else header.tenant
        if not self.settings.scope and tenant not in {told.name for told in self.settings.tenants}:
            raise Refused("request.unknown_tenant", tenant=tenant)
        kind = Letter.REQUEST if header.kind == Letter.REQUEST and not self.owner else Letter.JUDGEMENT
        told = opened(letter, kind, tenant, self._trust.keys(kind, tenant), int(self.now()))
        request = adopt(told, kind, self.requests)
        self._learn((request.id,))
        return request


def _overtaken(request: Request) -> Busy:
    """Who was quicker, and what that made of it."""
    last = request.moves[-1]
    return Busy("request.overtaken_by", id=request.id, who=last.by, stand=f"request.stand.{request.stand}")
