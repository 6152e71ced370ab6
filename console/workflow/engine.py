"""Guided work by name: plan it, start it, answer it, go on with it, stop it, abandon it. Knows no KMS and no AWS."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from console.errors import Busy, ConsoleError, NotFound, Refused, UsageError
from console.workflow import fields as reading
from console.workflow.model import Known, Told
from console.workflow.people import same
from console.workflow.views import by_hand, known_of, listed, plan_of, view_of
from console.workflow.walk import Patience, Surroundings, Walk
from store.run_records import ENDED, Halt, LeaseBusy, LeaseLost, NoRun, RunStatus, RunStep, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from console.workflow.model import Step, Wish, Workflow
    from console.workflow.trouble import Lanes
    from console.workflow.views import Plan, RunView
    from store.run_records import Json, Lease, Run
    from store.runs import RunRepository


def silent(_: object) -> None:
    """A listener for those who do not want to hear of progress."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Runs workflows for one person at one desk. `clock` gives epoch seconds, `sleep` takes seconds.

    `house` is what steps may read and write of our own beside AWS; it is handed to them unseen.

    Errors everywhere: NotFound (no such run in sight), Busy (another process holds it), ConsoleError (unknown or
    newer workflow, already ended), StoreError.
    """

    runs: RunRepository
    workflows: Mapping[str, Workflow]
    lanes: Lanes
    person: str
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], object] = time.sleep
    patience: Patience = field(default_factory=Patience)
    house: Any = None

    # -- looking -------------------------------------------------------------------------------------------------

    def plan(self, wish: Wish) -> Plan:
        """Every step in words; nothing changes."""
        workflow = self._workflow(wish.workflow)
        return plan_of(workflow, wish.new(workflow), self.lanes.here)

    def show(self, name: str) -> RunView:
        """A run by its id or the beginning of it."""
        return self._view(self._find(name))

    def list(
        self, *, ended: bool = True, parent: str | None = None, limit: int | None = None, offset: int = 0
    ) -> list[RunView]:
        """Unfinished ones first."""
        found = self.runs.list(ended=ended, parent=parent, limit=limit, offset=offset)
        return [self._view(run) for run in found]

    # -- doing ---------------------------------------------------------------------------------------------------

    def start(self, wish: Wish) -> str:
        """A new run, recorded and ready; nothing of it is done yet. Its id.

        Raises:
            UsageError: an answer given beforehand is not good.
            Refused: it is about what this session may not see.
        """
        workflow = self._workflow(wish.workflow)
        new = wish.new(workflow)
        if not self.runs.covers(new.tenant, new.application):
            raise Refused("run.out_of_scope", subject=new.subject)
        known = Known("", new.subject, new.facts, Told(), Told(), self.person)
        steps = {step.name: step for step in listed(workflow, known)}
        checked = {
            name: self._checked(steps.get(name), given, known, workflow.key(name))
            for name, given in new.answers.items()
        }
        lanes = {name: str(step.lane) for name, step in steps.items()}
        return self.runs.create(replace(new, answers=checked), self.person, lanes)

    def answer(self, name: str, given: Mapping[str, Any], step: str = "") -> RunView:
        """Answer what the run waits for, or answer again where it failed; `step` guards against one that moved on.

        Raises:
            UsageError: it asks nothing, or an answer is not good.
            Refused: this person, or this desk, may not answer.
        """
        with self._claimed(name) as (lease, run, workflow):
            asked = self._asked(run, workflow, step)
            known = known_of(run, self.runs.steps(run.id))
            record = self.runs.steps(run.id).get(asked.name) or RunStep(run.id, asked.name, asked.lane)
            hand = by_hand(asked, self.lanes.here)
            self._may_answer(run, asked, hand=hand)
            values = reading.answers(asked.fields(known, by_hand=hand), given, known, workflow.key(asked.name))
            record = replace(record, answer=values, answered_by=self.person, by_hand=hand, error=Sentence())
            self.runs.write(lease, replace(run, status=RunStatus.READY, halt=Halt.NONE, reason=Sentence()), record)
        return self.show(run.id)

    def resume(self, name: str, listen: Callable[[Any], None] = silent) -> RunView:
        """Go on where it was, forwards or (when it was being abandoned) back, until it is done or stands still."""
        with self._claimed(name) as (lease, run, workflow):
            walk = Walk(self._around(listen), lease, run, workflow)
            walk.back() if run.abandoning else walk.forward()
        return self.show(run.id)

    def stop(self, name: str) -> None:
        """Whoever is at work on it stops at the next checkpoint, and leaves it paused."""
        self.runs.ask_to_stop(self._find(name).id)

    def abandon(self, name: str, listen: Callable[[Any], None] = silent) -> RunView:
        """Give it up: what is done and can be undone is undone, the last step first."""
        with self._claimed(name) as (lease, run, workflow):
            Walk(self._around(listen), lease, run, workflow).back()
        return self.show(run.id)

    # -- within --------------------------------------------------------------------------------------------------

    def _workflow(self, name: str) -> Workflow:
        if name not in self.workflows:
            raise ConsoleError("run.unknown_workflow", workflow=name)
        return self.workflows[name]

    def _find(self, name: str) -> Run:
        try:
            return self.runs.find(name)
        except NoRun as error:
            if error.several:
                raise UsageError("run.several", name=name, runs=", ".join(error.several)) from error
            raise NotFound("run.not_found", name=name) from error

    def _view(self, run: Run) -> RunView:
        return view_of(run, self.workflows.get(run.workflow), self.runs.steps(run.id), self.lanes.here, self.person)

    def _around(self, listen: Callable[[Any], None]) -> Surroundings:
        return Surroundings(self.runs, self.lanes, listen, self.clock, self.sleep, self.patience, self.house)

    @contextmanager
    def _claimed(self, name: str) -> Iterator[tuple[Lease, Run, Workflow]]:
        run = self._find(name)
        workflow = self._workflow(run.workflow)
        if run.version > workflow.version:
            raise ConsoleError("run.newer", run=run.id, version=run.version)
        try:
            lease = self.runs.claim(run.id)
        except LeaseBusy as error:
            raise Busy("run.busy", run=run.id) from error
        try:
            run = self.runs.find(run.id)  # as it is now that it is ours
            if run.status in ENDED:
                raise UsageError("run.ended", run=run.id)
            yield lease, run, workflow
        except LeaseLost as error:
            raise Busy("run.lost", run=run.id) from error
        finally:
            self.runs.release(lease)

    def _asked(self, run: Run, workflow: Workflow, expected: str) -> Step:
        known = known_of(run, self.runs.steps(run.id))
        steps = {step.name: step for step in listed(workflow, known)}
        standing = run.status in (RunStatus.WAITING, RunStatus.FAILED, RunStatus.PAUSED) and not run.abandoning
        asked = steps.get(run.step)
        if not standing or asked is None:
            raise UsageError("run.asks_nothing", run=run.id)
        if expected and expected != run.step:
            raise UsageError("run.moved_on", run=run.id)
        hand = by_hand(asked, self.lanes.here)
        if not hand and asked.lane in self.lanes.here and not asked.fields(known, by_hand=hand):
            raise UsageError("run.asks_nothing", run=run.id)
        return asked

    def _may_answer(self, run: Run, step: Step, *, hand: bool) -> None:
        if not (hand or step.lane in self.lanes.here):
            raise Refused("run.other_lane", run=run.id)
        if step.four_eyes and same(self.person, run.started_by):
            raise Refused("run.four_eyes", run=run.id)

    def _checked(self, step: Step | None, given: Json, known: Known, title: str) -> Json:
        if step is None or step.four_eyes:
            raise UsageError("run.no_step", step=title.rpartition(".")[2])
        return reading.answers(step.fields(known, by_hand=False), given, known, title)
