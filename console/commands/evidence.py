"""Wishes about what was rotated: the verdicts with their evidence, and what is old and waits to be removed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.commands.runs import Walked
from console.errors import ConsoleError, NotFound, UsageError
from console.policy import Grant
from store.records import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.datakeys.holders import Holder
    from console.workflow.views import RunView, StepView
    from store.records import NodeRef
    from store.run_records import Json
    from store.verdicts import Judged

RETIRE = "retire"


@dataclass(frozen=True, slots=True)
class Retiring:
    """Work whose old part waits to be removed: kept until `keep_until` (epoch seconds), `due` when that has passed.
    `others` hold the old data key too, and stay unless they are chosen.
    """

    view: RunView
    keep_until: int
    due: bool
    judged: tuple[Judged, ...] = ()
    others: tuple[Holder, ...] = ()

    @property
    def run_id(self) -> str:
        return self.view.run_id


@dataclass(frozen=True, slots=True)
class RetireOld(Command):
    """What is old and waits over all runs; or, of one run, its removal. `yes` is the explicit act; `also` are ids of
    what else holds the old data key and shall go too. `refs`: only what waits of these data keys or places.
    """

    name: ClassVar[str] = "retire"
    run_name: str = option("list", positional=True, metavar="RUN")
    yes: bool = option(default=False)
    also: str = option("", metavar="ID,ID")
    refs: tuple[NodeRef, ...] = ()

    def wants(self) -> Grant:
        return Grant.LOOK if self.run_name == "list" else Grant.CHANGE

    def subject(self, services: Services) -> str:
        return "" if self.run_name == "list" else services.guided(write=False).show(self.run_name).run.subject

    def run_of(self, answer: object = None) -> str:
        return Command.run_of(self, answer) or ("" if self.run_name == "list" else self.run_name)

    def run(self, services: Services, listen: Callable[[Any], None]) -> list[Retiring] | Walked:
        if self.run_name == "list":
            return [each for each in waiting(services) if not self.refs or _about(services, each, self.refs)]
        if not self.yes:
            raise UsageError("retire.sure", run=self.run_name)
        engine = services.guided(write=True)
        view = engine.show(self.run_name)
        last = _last(view)
        if last is None:
            raise UsageError("retire.nothing", run=self.run_name)
        kept = _output(view, "record")
        if engine.clock() < kept["keep_until"]:  # said here, so that the run goes on waiting in peace
            raise ConsoleError("rotation.kept", date=kept["date"])
        if self.also and all(field.name != "also" for field in last.fields):
            raise UsageError("retire.no_others", run=self.run_name)
        also = {"also": self.also} if self.also else {}
        engine.answer(view.run_id, {"confirm": view.run.subject, **also}, last.name)
        return Walked(engine.resume(view.run_id, listen))


def waiting(services: Services) -> list[Retiring]:
    """In sight, what may go first."""
    from console.datakeys.holders import of_proof
    from console.datakeys.proving import PROOF
    from store.verdicts import Verdicts

    verdicts, now = Verdicts(services.store, services.settings.scope), services.settings.now()
    found = []
    for view in services.guided(write=False).list(ended=False):
        if _last(view) is None:
            continue
        until = int(_output(view, "record").get("keep_until", 0))
        others = tuple(holder for holder, _ in of_proof(_output(view, PROOF)))
        found.append(Retiring(view, until, until <= now, tuple(verdicts.of_run(view.run_id)), others))
    return sorted(found, key=lambda each: (each.keep_until, each.run_id))


def _last(view: RunView) -> StepView | None:
    """The step that a rotation stands at, if nothing goes back after it; its name differs by kind."""
    step = view.current if view.run.workflow == "dk_rotation" else None
    return step if step is not None and step.final and _output(view, "record") else None


def _output(view: RunView, step: str) -> Json:
    return next((each.record.output or {} for each in view.steps if each.name == step), {})


def _about(services: Services, each: Retiring, refs: tuple[NodeRef, ...]) -> bool:
    """Whether it is of one of these: a data key that was, or is, in its place; or something below a place."""
    return any(_held(services, each, ref) if ref.kind is Kind.DATA_KEY else _below(services, each, ref) for ref in refs)


def _held(services: Services, each: Retiring, ref: NodeRef) -> bool:
    key = services.catalog.cmks.data_key(ref.id)
    named = {(which, one.account_id, one.region) for one in each.judged for which in (one.resource_id, one.was)}
    return key is not None and (key.facts.resource_id, key.facts.account_id, key.facts.region) in named


def _below(services: Services, each: Retiring, ref: NodeRef) -> bool:
    """By tenant and application, which is what a run knows of its place."""
    path = services.catalog.typed(ref)[:2]
    return (each.view.run.tenant, each.view.run.application)[: len(path)] == tuple(path)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Verdicts, the newest first; `whole` where one data key or run was asked for, and all of it is told."""

    judged: tuple[Judged, ...] = field(default=())
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ListVerdicts(Command):
    """What was proven of data keys: all in sight, or of one (`what`: a data key, a resource id or a run) with all its
    evidence.
    """

    name: ClassVar[str] = "verdicts"
    what: str = option("", positional=True, metavar="DK|RUN")

    def run(self, services: Services, listen: Callable[[Any], None]) -> Evidence:
        from store.verdicts import Verdicts

        verdicts = Verdicts(services.store, services.settings.scope)
        if not self.what:
            return Evidence(tuple(verdicts.newest()))
        found = [one for one in verdicts.newest() if self.what in (one.run_id, one.resource_id, one.was)]
        found = found or self._of_node(services, verdicts.newest())
        if not found:
            raise NotFound("verdicts.none", what=self.what)
        return Evidence(tuple(found), whole=True)

    def _of_node(self, services: Services, every: list[Judged]) -> list[Judged]:
        """Of a data key named by path, name or ARN, or of a run by the beginning of its id."""
        begun = [one for one in every if one.run_id.startswith(self.what)]
        if begun:
            return begun
        ref = services.catalog.find(self.what)
        key = services.catalog.cmks.data_key(ref.id) if ref.kind == "data_key" else None
        if key is None:
            return []
        held = key.facts.resource_id, key.facts.account_id, key.facts.region
        return [
            one
            for one in every
            if held in {(which, one.account_id, one.region) for which in (one.resource_id, one.was)}
        ]
