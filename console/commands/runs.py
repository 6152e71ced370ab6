"""Wishes about guided work: to see it, to answer it, to go on with it, to stop it, to give it up, and to begin it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.errors import UsageError
from console.policy import Grant

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.workflow.model import Wish
    from console.workflow.views import Plan, RunView

ACTIONS = ("list", "show", "answer", "resume", "stop", "abandon")
LOOKS = frozenset({"list", "show"})


@dataclass(frozen=True, slots=True)
class Walked:
    """A run after somebody went on with it: the verb ends by how it stands (done, waiting, paused, failed)."""

    view: RunView

    @property
    def run_id(self) -> str:
        return self.view.run.id


def start_run(
    services: Services, wish: Wish, listen: Callable[[Any], None], *, plan: bool = False, go: bool = True
) -> Plan | Walked:
    """What every command that begins guided work does: tell it (`plan`), or record it and, with `go`, go on with it.

    Raises:
        ConsoleError: see `Engine.start` and `Engine.resume`.
    """
    if plan:
        return services.guided(write=False).plan(wish)
    engine = services.guided(write=True)
    run_id = engine.start(wish)
    return Walked(engine.resume(run_id, listen) if go else engine.show(run_id))


@dataclass(frozen=True, slots=True)
class ListRuns(Command):
    """Guided work in sight, unfinished first; without `all` only what is unfinished."""

    name: ClassVar[str] = "runs.list"
    all: bool = False
    limit: int | None = None

    def run(self, services: Services, listen: Callable[[Any], None]) -> list[RunView]:
        return services.guided(write=False).list(ended=self.all, limit=self.limit)


@dataclass(frozen=True, slots=True)
class ShowRun(Command):
    """One run with its steps; by its id or the beginning of it."""

    name: ClassVar[str] = "runs.show"
    run_id: str = ""

    def run(self, services: Services, listen: Callable[[Any], None]) -> RunView:
        return services.guided(write=False).show(self.run_id)


@dataclass(frozen=True, slots=True)
class ChangeRun(Command):
    """What all wishes to change one run have: which run, and what the audit says that it is about."""

    needs: ClassVar[Grant] = Grant.CHANGE
    run_id: str = ""

    def subject(self, services: Services) -> str:
        return _about(services, self.run_id)


@dataclass(frozen=True, slots=True)
class AnswerRun(ChangeRun):
    """Answer what a run asks now; `values` by field. It is recorded, and the run is ready to go on. `step` guards
    against an answer to a question that was answered meanwhile.
    """

    name: ClassVar[str] = "runs.answer"
    values: tuple[tuple[str, Any], ...] = ()
    step: str = ""

    def run(self, services: Services, listen: Callable[[Any], None]) -> RunView:
        return services.guided(write=True).answer(self.run_id, dict(self.values), self.step)


@dataclass(frozen=True, slots=True)
class ResumeRun(ChangeRun):
    """Go on with a run, here and now; `listen` hears of progress."""

    name: ClassVar[str] = "runs.resume"

    def run(self, services: Services, listen: Callable[[Any], None]) -> Walked:
        return Walked(services.guided(write=True).resume(self.run_id, listen))


@dataclass(frozen=True, slots=True)
class StartResume(ChangeRun):
    """The same in a process of its own, which outlives a screen; progress is in the store."""

    name: ClassVar[str] = "runs.go"

    def run(self, services: Services, listen: Callable[[Any], None]) -> None:
        run_id = services.guided(write=False).show(self.run_id).run_id
        services.start_run(run_id, "resume", run_id)


@dataclass(frozen=True, slots=True)
class HearRun(Command):
    """What the process said that was begun here for a run, where it ended without going on; '' otherwise."""

    name: ClassVar[str] = "runs.hear"
    run_id: str = ""

    def run(self, services: Services, listen: Callable[[Any], None]) -> str:
        return services.children.complaint(self.run_id)


@dataclass(frozen=True, slots=True)
class StopRun(ChangeRun):
    """Ask whoever is at work on a run to stop at the next checkpoint."""

    name: ClassVar[str] = "runs.stop"

    def run(self, services: Services, listen: Callable[[Any], None]) -> RunView:
        engine = services.guided(write=True)
        engine.stop(self.run_id)
        return engine.show(self.run_id)


@dataclass(frozen=True, slots=True)
class AbandonRun(ChangeRun):
    """Give a run up: what can be undone is undone, the last step first."""

    name: ClassVar[str] = "runs.abandon"

    def run(self, services: Services, listen: Callable[[Any], None]) -> Walked:
        return Walked(services.guided(write=True).abandon(self.run_id, listen))


@dataclass(frozen=True, slots=True)
class StartAbandon(ChangeRun):
    """The same in a process of its own."""

    name: ClassVar[str] = "runs.give_up"

    def run(self, services: Services, listen: Callable[[Any], None]) -> None:
        run_id = services.guided(write=False).show(self.run_id).run_id
        services.start_run(run_id, "abandon", run_id, "--yes")


@dataclass(frozen=True, slots=True)
class Runs(Command):
    """Guided work in progress. `words` are the run and, for an answer, `field=value` pairs; answering goes on."""

    name: ClassVar[str] = "runs"
    action: str = option("list", positional=True, choices=ACTIONS)
    words: tuple[str, ...] = option((), positional=True, piped=True, metavar="RUN FIELD=VALUE")
    all: bool = option(default=False)
    yes: bool = option(default=False)

    def wants(self) -> Grant:
        return Grant.LOOK if self.action in LOOKS else Grant.CHANGE

    def subject(self, services: Services) -> str:
        return _about(services, self.run_of())

    def run_of(self, answer: object = None) -> str:
        return Command.run_of(self, answer) or (self.words[0] if self.words else "")

    def run(self, services: Services, listen: Callable[[Any], None]) -> list[RunView] | RunView | Walked:
        if self.action == "list":
            return ListRuns(self.all).run(services, listen)
        run_id = self._run_id()
        if self.action == "answer":
            AnswerRun(run_id, pairs(self.words[1:])).run(services, listen)
            return ResumeRun(run_id).run(services, listen)
        if self.action == "abandon":
            return self._abandon(run_id).run(services, listen)
        if self.action == "resume":
            return ResumeRun(run_id).run(services, listen)
        return (StopRun if self.action == "stop" else ShowRun)(run_id).run(services, listen)

    def _run_id(self) -> str:
        if not self.words or (len(self.words) > 1 and self.action != "answer"):
            raise UsageError("run.which", action=self.action)
        return self.words[0]

    def _abandon(self, run_id: str) -> AbandonRun:
        if not self.yes:
            raise UsageError("run.sure", run=run_id)
        return AbandonRun(run_id)


def _about(services: Services, run_id: str) -> str:
    """A run for the audit: its workflow and what it is about."""
    run = services.guided(write=False).show(run_id).run
    return f"{run.workflow} · {run.subject}"


def pairs(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """`field=value` words; a field given more than once is a list; '' names the one pasted field.

    Raises:
        UsageError: a word without `=`.
    """
    told: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError("run.pair", word=word)
        told[name] = f"{told[name]},{value}" if name in told else value
    return tuple(told.items())
