"""Wishes about requests for CMKs: to ask for one, judge it, make it, carry it over, and to say that it is in use."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.commands.request_answers import (
    BadLines,
    Listing,
    Looked,
    Made,
    Moved,
    Shown,
    Submitted,
    Template,
    Written,
)
from console.commands.runs import Walked, start_run
from console.errors import ConsoleError, UsageError
from console.policy import Grant
from store.request_records import Act, Request, Stand
from store.run_records import RunStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.workflow.views import Plan
    from console.workflows.requesting import Requesting

LARGEST = 2**20
ACTIONS = ("list", "show", "new", "template", "approve", "reject", "ask", "answer", "withdraw", "provision", "confirm",
           "export", "import")  # fmt: skip
LOOKS = frozenset({"list", "show", "template"})
ADMINISTRATORS = frozenset({"approve", "reject", "ask", "provision"})


@dataclass(frozen=True, slots=True)
class ListRequests(Command):
    """Requests in sight, from the cache; without `all` only the open ones."""

    name: ClassVar[str] = "request.list"
    all: bool = True

    def run(self, services: Services, listen: Callable[[Any], None]) -> Listing:
        desk = services.requesting(write=False)
        return Listing(tuple(desk.requests.all(closed=self.all)), desk.owner)


@dataclass(frozen=True, slots=True)
class FetchRequests(Command):
    """Look at the exchange for what the other side wrote; what waits here goes out, in write mode."""

    name: ClassVar[str] = "request.fetch"
    needs: ClassVar[Grant] = Grant.REFRESH
    all: bool = True

    def run(self, services: Services, listen: Callable[[Any], None]) -> Listing:
        from console.workflows.letterbox import collect

        desk = services.requesting(write=True)
        found = collect(desk)
        return Listing(tuple(desk.requests.all(closed=self.all)), desk.owner, found.news, found.trouble)


@dataclass(frozen=True, slots=True)
class ShowRequest(Command):
    """One request, by its id or the beginning of it."""

    name: ClassVar[str] = "request.show"
    request_id: str = ""

    def run(self, services: Services, listen: Callable[[Any], None]) -> Shown:
        from console.services.requests.package import package_of

        desk = services.requesting(write=False)
        request = desk.find(self.request_id)
        return Shown(request, desk.look(request.wanted, request.id), package_of(request), desk.owner)


@dataclass(frozen=True, slots=True)
class JudgeRequest(Command):
    """Approve, reject or ask back, never about a request of one's own; `act` is one of those words."""

    name: ClassVar[str] = "request.judge"
    needs: ClassVar[Grant] = Grant.APPROVE
    request_id: str = ""
    act: str = "approve"
    reason: str = ""

    def subject(self, services: Services) -> str:
        return _about(services, self.request_id)

    def run(self, services: Services, listen: Callable[[Any], None]) -> Moved:
        return Moved(services.requesting(write=True).move(self.request_id, Act(self.act), self.reason))


@dataclass(frozen=True, slots=True)
class SpeakOfRequest(Command):
    """What all moves of a tenant have that are only said."""

    needs: ClassVar[Grant] = Grant.CHANGE
    act: ClassVar[Act]
    request_id: str = ""
    reason: str = ""

    def subject(self, services: Services) -> str:
        return _about(services, self.request_id)

    def run(self, services: Services, listen: Callable[[Any], None]) -> Moved:
        return Moved(services.requesting(write=True).move(self.request_id, self.act, self.reason))


@dataclass(frozen=True, slots=True)
class AnswerRequest(SpeakOfRequest):
    """Answer what an administrator asked back."""

    name: ClassVar[str] = "request.answer"
    act: ClassVar[Act] = Act.ANSWER


@dataclass(frozen=True, slots=True)
class WithdrawRequest(SpeakOfRequest):
    """Take back a request of which nothing is made yet; `reason` may be left out."""

    name: ClassVar[str] = "request.withdraw"
    act: ClassVar[Act] = Act.WITHDRAW


@dataclass(frozen=True, slots=True)
class ConfirmRequest(Command):
    """The CMK is in use: as AWS shows it to this side, or as `pasted` (the answer of describe-key) does."""

    name: ClassVar[str] = "request.confirm"
    needs: ClassVar[Grant] = Grant.CHANGE
    request_id: str = ""
    pasted: str = option("", piped=True)

    def subject(self, services: Services) -> str:
        return _about(services, self.request_id)

    def run(self, services: Services, listen: Callable[[Any], None]) -> Moved:
        from console.aws.refusals import AwsRefusal
        from console.workflows.first_use import evidence
        from console.workflows.lanes import AwsLanes

        desk = services.requesting(write=True)
        request = desk.find(self.request_id)
        if request.stand is not Stand.DELIVERED:
            raise UsageError(f"request.not_now.{request.stand}", id=request.id, who=request.moves[-1].by)
        try:
            seen = evidence(desk, AwsLanes(services.settings), request, self.pasted)
        except AwsRefusal as refusal:
            raise ConsoleError("request.aws", detail=refusal.message or refusal.code) from refusal
        return Moved(desk.move(request.id, Act.CONFIRM, "", seen))


@dataclass(frozen=True, slots=True)
class ProvisionRequest(Command):
    """Make the CMK of an approved request, or go on with making it; with `go` false only begin, for a screen.

    `take_over` goes on where another console began; `plan` only tells every step.
    """

    name: ClassVar[str] = "request.provision"
    needs: ClassVar[Grant] = Grant.APPROVE
    request_id: str = ""
    plan: bool = False
    take_over: bool = False
    go: bool = True

    def wants(self) -> Grant:
        return Grant.LOOK if self.plan else self.needs

    def subject(self, services: Services) -> str:
        return _about(services, self.request_id)

    def run(self, services: Services, listen: Callable[[Any], None]) -> Made | Walked | Plan:
        from console.workflows.cmk_request import wish_of

        desk = services.requesting(write=not self.plan)
        request = desk.find(self.request_id)
        if self.plan:
            return start_run(services, wish_of(request, services.settings), listen, plan=True)
        begun, given_up = _runs_of(services, request)
        take_over = self.take_over or (bool(given_up) and request.fact("run") in given_up)
        if request.stand not in (Stand.APPROVED, Stand.MAKING):
            raise UsageError(f"request.not_now.{request.stand}", id=request.id, who=request.moves[-1].by)
        if begun:
            engine = services.guided(write=True)
            walked = Walked(engine.resume(begun, listen) if self.go else engine.show(begun))
        else:
            wish = wish_of(request, services.settings, take_over=take_over)
            walked = start_run(services, wish, listen, go=self.go)  # type: ignore[assignment] # no plan was asked for
        return Made(walked, desk.find(request.id))


def _runs_of(services: Services, request: Request) -> tuple[str, frozenset[str]]:
    """The run of this store that is making the CMK ('' for none), and those that were given up."""
    runs = [
        view.run for view in services.guided(write=False).list() if view.run.facts.get("request") == request.id
    ]  # fmt: skip
    given_up = frozenset(run.id for run in runs if run.status is RunStatus.ABANDONED)
    begun = [run.id for run in runs if run.id not in given_up and run.status is not RunStatus.DONE]
    claimed = request.fact("run")
    return (claimed if claimed in begun else next(iter(begun), "")), given_up


@dataclass(frozen=True, slots=True)
class RequestCmk(Command):
    """Requests for CMKs. `words` are an id, for `new` a path, for `import` and `export` also a file."""

    name: ClassVar[str] = "request"
    action: str = option("list", positional=True, choices=ACTIONS)
    words: tuple[str, ...] = option((), positional=True, metavar="ID|PATH FILE")
    services: str = option("", metavar="LIST")
    accounts: str = option("", metavar="LIST")
    client_side: bool = option(default=False)
    contacts: str = option("", metavar="LIST")
    data_class: str = option("", metavar="CLASS")
    reason: str = option("", metavar="TEXT")
    from_: str = option("", metavar="FILE.csv")
    pasted: str = option("", piped=True, metavar="TEXT")
    plan: bool = option(default=False)
    take_over: bool = option(default=False)
    all: bool = option(default=False)

    def wants(self) -> Grant:
        if self.action in LOOKS or self.plan:
            return Grant.LOOK
        return Grant.APPROVE if self.action in ADMINISTRATORS else Grant.CHANGE

    def subject(self, services: Services) -> str:
        known = self.action not in ("new", "import") and self.words
        return _about(services, self.words[0]) if known else " ".join(self.words) or self.from_

    def run(self, services: Services, listen: Callable[[Any], None]) -> Any:
        if self.action == "list":
            return self._list(services, listen)
        if self.action == "new":
            return self._new(services)
        if self.action == "template":
            return Template(tuple(_without_cmk(services)))
        if not self.words or len(self.words) > (2 if self.action == "export" else 1):
            raise UsageError("request.which", action=self.action)
        if self.action == "import":
            return Moved(services.requesting(write=True).take_in(_read(self.words[0])))
        if self.action == "export":
            return self._export(services)
        return self._about_one(services, listen)

    def _about_one(self, services: Services, listen: Callable[[Any], None]) -> Any:
        id_ = self.words[0]
        if self.action == "provision":
            return ProvisionRequest(id_, self.plan, self.take_over).run(services, listen)
        if self.action == "show" or self.plan:
            return self._show(services, listen)
        if self.action == "answer":
            return AnswerRequest(id_, self.reason).run(services, listen)
        if self.action == "withdraw":
            return WithdrawRequest(id_, self.reason).run(services, listen)
        if self.action == "confirm":
            return ConfirmRequest(id_, self.pasted).run(services, listen)
        return JudgeRequest(id_, self.action, self.reason).run(services, listen)

    def _show(self, services: Services, listen: Callable[[Any], None]) -> Shown:
        """As it is now: the other side may have moved it since."""
        fetched = self._list(services, listen)
        shown = ShowRequest(self.words[0]).run(services, listen)
        return replace(shown, news=fetched.news, trouble=fetched.trouble)

    def _list(self, services: Services, listen: Callable[[Any], None]) -> Listing:
        from console.workflows.letterbox import meets

        if meets(services.settings):
            return FetchRequests(self.all).run(services, listen)
        return ListRequests(self.all).run(services, listen)

    # -- new -----------------------------------------------------------------------------------------------------

    def _new(self, services: Services) -> Looked | Submitted | BadLines:
        from console.services.requests import bulk

        desk = services.requesting(write=not self.plan)
        if not self.from_:
            wanted = desk.wish(self._told())
            if self.plan:
                return Looked(((0, desk.look(wanted)),))
            return Submitted((desk.submit(wanted),))
        lines = bulk.read(self.from_)
        if self.plan:
            return Looked(tuple((line.number, desk.look(desk.wish(line.cells))) for line in lines))
        _, wrong = desk.judged_lines(lines)
        if wrong:
            return BadLines(self.from_, tuple(wrong))
        return Submitted(tuple(desk.submit_all(lines)))

    def _told(self) -> dict[str, str]:
        from console.text.paths import split_path

        names = split_path("/".join(self.words))
        if len(names) != 3:
            raise UsageError("request.path")
        fields = ("services", "accounts", "contacts", "data_class", "reason")
        told = dict(zip(("tenant", "application", "environment"), names, strict=True))
        told |= {field: getattr(self, field) for field in fields}
        return told | {"client_side": "yes" if self.client_side else ""}

    def _export(self, services: Services) -> Written:
        desk = services.requesting(write=True)
        request = desk.find(self.words[0])
        path = Path(self.words[1] if len(self.words) > 1 else f"{request.id}.kms-letter").expanduser()
        letter = desk.export(request.id)
        _write(path, letter)
        return Written(str(path), request, len(letter))


@dataclass(frozen=True, slots=True)
class BeginRequest(Command):
    """Begin the form for a new request, with `path` and what is known filled in; a screen goes on with the run."""

    name: ClassVar[str] = "request.begin"
    needs: ClassVar[Grant] = Grant.CHANGE
    path: str = ""

    def subject(self, services: Services) -> str:
        return self.path

    def run(self, services: Services, listen: Callable[[Any], None]) -> Walked:
        from console.workflows.cmk_wish import wish_of

        desk = services.requesting(write=True)
        walked = start_run(services, wish_of(desk, self.path), listen, go=False)
        assert isinstance(walked, Walked)  # noqa: S101 - no plan was asked for
        return Walked(services.guided(write=True).resume(walked.run_id, listen))


def _about(services: Services, name: str) -> str:
    """A request for the audit: its id and what it is for."""
    request = services.requesting(write=False).find(name)
    return f"{request.id} · {' / '.join(request.wanted.path)}"


def _without_cmk(services: Services) -> list[tuple[str, ...]]:
    """A line for each environment in sight that has no CMK, with what is known of it."""
    from console.services.requests.bulk import COLUMNS
    from store.records import Kind, Status

    desk: Requesting = services.requesting(write=False)
    rows: list[tuple[str, ...]] = [COLUMNS]
    for row in desk.catalog.rows("", 3):
        if row.node.ref.kind is Kind.ENVIRONMENT and row.node.status in (Status.NO_CMK, Status.EMPTY):
            told = dict(zip(("tenant", "application", "environment"), row.path, strict=False))
            wanted = desk.wish(told)
            rows.append((*wanted.path, ", ".join(wanted.accounts), wanted.region, ", ".join(wanted.services), "",
                         ", ".join(wanted.contacts), wanted.data_class, ""))  # fmt: skip
    return rows


def _read(path: str) -> bytes:
    try:
        with Path(path).expanduser().open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError("request.file_unreadable", path=path, detail=error.strerror or "") from error


def _write(path: Path, letter: bytes) -> None:
    """A new file, whole; what is there already stays."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(letter)
    except FileExistsError as error:
        raise UsageError("request.file_exists", path=str(path)) from error
    except OSError as error:
        raise ConsoleError("exchange.unwritable", place=str(path), detail=error.strerror or "") from error
