"""One claim of one run: from step to step, forwards or back, until it is done or stands still.

The order is always: on record that a step starts, then its effect, then on record that it is done. So after a kill
a started step means *maybe*, and `find` is asked before `do`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from console.errors import ConsoleError, TooEarly
from console.workflow.context import Context
from console.workflow.model import sentence
from console.workflow.trouble import Nature, Stopped
from console.workflow.views import by_hand, known_of
from store.run_records import Halt, RunStatus, RunStep, Sentence, StepStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.workflow.model import Step, Workflow
    from console.workflow.trouble import Lanes, Trouble
    from store.run_records import Json, Lease, Run
    from store.runs import RunRepository

SLICE = 1.0
"""Seconds: how often one who waits looks whether it should stop."""

RENEWAL = 30.0
"""Seconds of waiting after which the lease is begun anew."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often what may pass is tried, and how long to wait between (seconds, doubling up to `most`)."""

    tries: int = 6
    first: float = 1.0
    most: float = 30.0

    def pause(self, tried: int) -> float:
        return float(min(self.most, self.first * 2 ** (tried - 1)))


@dataclass(frozen=True, slots=True)
class RunNews:
    """What a run is doing: `label` is a text key; `done` of `total`; `left` in seconds, None while unknown."""

    run_id: str
    label: str
    done: int = 0
    total: int = 0
    left: float | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a walk needs besides its run."""

    runs: RunRepository
    lanes: Lanes
    listen: Callable[[Any], None]
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], object] = time.sleep
    patience: Patience = Patience()
    house: Any = None

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What a step may fail with; anything else is a mistake of ours, and passes."""
        return (ConsoleError, *self.lanes.refusals)


class Walk:
    """Goes on with a run under a lease. Its public methods return the run as it then is."""

    def __init__(self, around: Surroundings, lease: Lease, run: Run, workflow: Workflow) -> None:
        self._around = around
        self._lease = lease
        self._workflow = workflow
        self._run = run
        self._steps = around.runs.steps(run.id)
        self._waited = 0.0
        self._begun: tuple[float, int] | None = None

    def forward(self) -> Run:
        """Step after step, until the end, a question, the other lane, or trouble."""
        self._move(status=RunStatus.RUNNING, halt=Halt.NONE, reason=Sentence())
        while (step := self._next()) is not None:
            if not self._guarded(step, self._take):
                return self._run
        self._move(status=RunStatus.DONE, step="")
        return self._run

    def back(self) -> Run:
        """Undo what is done and can be undone, the last step first."""
        self._move(status=RunStatus.RUNNING, halt=Halt.NONE, reason=Sentence(), abandoning=True)
        for step in reversed(self._workflow.listed(self._known())):
            if not self._guarded(step, self._take_back):
                return self._run
        self._move(status=RunStatus.ABANDONED, step="")
        return self._run

    # -- one step ------------------------------------------------------------------------------------------------

    def _known(self) -> Any:
        return known_of(self._run, self._steps)

    def _next(self) -> Step | None:
        over = (StepStatus.DONE, StepStatus.SKIPPED)
        return next((s for s in self._workflow.listed(self._known()) if self._record(s).status not in over), None)

    def _record(self, step: Step) -> RunStep:
        return self._steps.get(step.name) or RunStep(self._run.id, step.name, step.lane)

    def _guarded(self, step: Step, take: Callable[[Step], bool]) -> bool:
        """Whether to go on after this step; an interruption leaves the run paused, and is passed on."""
        self._begun = None
        try:
            return take(step)
        except Stopped:
            return self._halt(step, RunStatus.PAUSED, Halt.STOPPED, Sentence("run.stopped"))
        except KeyboardInterrupt:
            self._halt(step, RunStatus.PAUSED, Halt.STOPPED, Sentence("run.stopped"))
            raise

    def _take(self, step: Step) -> bool:
        self._heed()
        record, known = self._record(step), self._known()
        if record.status is StepStatus.PENDING and step.when is not None and not step.when(known):
            return self._finished(step, StepStatus.SKIPPED, {})
        here = self._around.lanes.here
        hand = record.by_hand if record.answer is not None else by_hand(step, here)
        if record.answer is None and (step.fields(known, by_hand=hand) or hand):
            return self._wait_for(step, Halt.HANDOVER if hand or step.lane not in here else Halt.QUESTION)
        if hand:
            return self._accepted(step)
        if step.do is None:
            return self._finished(step, StepStatus.DONE, record.answer or {})
        if step.lane not in here:
            return self._wait_for(step, Halt.HANDOVER)
        output = self._tried(step, self._once)
        return output is not None and self._finished(step, StepStatus.DONE, output)

    def _once(self, context: Context, *, before: bool) -> Json:
        """The effect; where it may have happened before, what it left."""
        found = context.step.find(context) if before and context.step.find is not None else None
        return found if found is not None else (context.step.do(context) if context.step.do else {})

    def _accepted(self, step: Step) -> bool:
        """What a person pasted, as the step's output; where it is not good, they are asked again and told why."""
        output = self._tried(step, _read)
        if output is not None:
            return self._finished(step, StepStatus.DONE, output)
        if self._run.halt is Halt.ERROR:
            self._ask_again(step, self._run.reason)
        return False

    def _ask_again(self, step: Step, why: Sentence) -> None:
        """As if nothing had been answered: whoever goes on later is not taken at a word given today."""
        record = self._record(step)
        again = replace(record, status=StepStatus.WAITING, answer=None, answered_by="", by_hand=False, error=why)
        halt = Halt.HANDOVER if record.by_hand else Halt.QUESTION
        self._move(again, status=RunStatus.WAITING, halt=halt, step=step.name, reason=why)

    def _take_back(self, step: Step) -> bool:
        self._heed()
        record = self._record(step)
        if record.status not in (StepStatus.STARTED, StepStatus.DONE) or step.undo is None or record.by_hand:
            return True
        if step.lane not in self._around.lanes.here:
            return self._halt(step, RunStatus.WAITING, Halt.HANDOVER, Sentence("run.undo_elsewhere"))
        done = self._tried(step, self._undone)
        return done is not None and self._finished(step, StepStatus.UNDONE, record.output or {})

    def _undone(self, context: Context, *, before: bool) -> Json:  # noqa: ARG002 - `undo` must stand a second time
        step = context.step
        if self._record(step).output is None and step.find is not None:
            found = step.find(context)
            if found is None:
                return {}
            context.output = found
        if step.undo is not None:
            step.undo(context)
        return {}

    # -- effects -------------------------------------------------------------------------------------------------

    def _tried(self, step: Step, act: Any) -> Json | None:
        """What `act` gives, tried as often as patience has it; None: the run stands still, and says why."""
        around = self._around
        tried = 0
        while True:
            before = self._record(step).attempts > 0
            self._started(step)
            try:
                output: Json = act(self._context(step), before=before)
            except around.failures as error:
                trouble = around.lanes.trouble(error, step.passing)
                if isinstance(error, TooEarly):
                    self._ask_again(step, trouble.sentence)
                    return None
            else:
                return output
            tried += 1
            if trouble.nature is not Nature.PASSING or tried >= around.patience.tries:
                self._trouble(step, trouble)
                return None
            self._move(replace(self._record(step), error=trouble.sentence))
            self.wait(around.patience.pause(tried))

    def _context(self, step: Step) -> Context:
        record, known = self._record(step), self._known()
        plan = sentence(self._workflow, step, known)
        return Context(
            known, step, record.answer or {}, plan, record.cursor or {}, record.output or {}, self._around.lanes, self,
            self._around.house,
        )  # fmt: skip

    def _trouble(self, step: Step, trouble: Trouble) -> None:
        failed = trouble.nature is Nature.LASTING
        self._halt(step, RunStatus.FAILED if failed else RunStatus.PAUSED, trouble.halt, trouble.sentence)

    # -- states: every change goes through _move -----------------------------------------------------------------

    def _started(self, step: Step) -> None:
        record = self._record(step)
        now = int(self._around.clock())
        status = record.status if self._run.abandoning else StepStatus.STARTED
        self._move(
            replace(
                record, lane=step.lane, status=status, attempts=record.attempts + 1, error=Sentence(),
                started_at=record.started_at or now,
            ),
            status=RunStatus.RUNNING, halt=Halt.NONE, reason=Sentence(), step=step.name,
        )  # fmt: skip
        self._tell(step, record.done, record.total)

    def _finished(self, step: Step, status: StepStatus, output: Json) -> bool:
        now = int(self._around.clock())
        record = self._record(step)
        self._move(
            replace(record, lane=step.lane, status=status, output=output, error=Sentence(), finished_at=now),
            step=step.name,
        )
        return True

    def _wait_for(self, step: Step, halt: Halt) -> bool:
        record = replace(self._record(step), lane=step.lane, status=StepStatus.WAITING)
        self._move(record, status=RunStatus.WAITING, halt=halt, step=step.name, reason=Sentence(f"run.waits_{halt}"))
        return False

    def _halt(self, step: Step, status: RunStatus, halt: Halt, reason: Sentence) -> bool:
        record = self._steps.get(step.name)
        if record is not None and halt is not Halt.STOPPED:
            record = replace(record, error=reason)
        self._move(record, status=status, halt=halt, step=step.name, reason=reason)
        return False

    def _move(self, record: RunStep | None = None, **changes: Any) -> bool:
        """The one function by which anything changes: on disk first, then here. Whether somebody asked to stop."""
        run = replace(self._run, **changes)
        stop = self._around.runs.write(self._lease, run, record)
        self._run = run
        if record is not None:
            self._steps = {**self._steps, record.step: record}
        return stop

    # -- what a step may ask of us: see context.Desk -------------------------------------------------------------

    def save(self, cursor: Json, done: int, total: int) -> None:
        record = self._steps[self._run.step]
        stop = self._move(replace(record, cursor=cursor, done=done, total=total))
        self._tell_step(record.step, done, total)
        if stop:
            raise Stopped

    def wait(self, seconds: float) -> None:
        while seconds > 0:
            part = min(seconds, SLICE)
            self._around.sleep(part)
            seconds -= part
            self._waited += part
            self._heed()

    def now(self) -> float:
        return self._around.clock()

    def _heed(self) -> None:
        runs = self._around.runs
        if self._waited >= RENEWAL:
            self._waited = 0.0
            stop = runs.renew(self._lease)
        else:
            stop = runs.asked_to_stop(self._lease)
        if stop:
            raise Stopped

    def _tell(self, step: Step, done: int, total: int) -> None:
        self._tell_step(step.name, done, total)

    def _tell_step(self, name: str, done: int, total: int) -> None:
        now = self._around.clock()
        if self._begun is None:
            self._begun = (now, done)
        since, first = self._begun
        left = (now - since) * (total - done) / (done - first) if total and done > first else None
        self._around.listen(RunNews(self._run.id, self._workflow.key(name), done, total, left))


def _read(context: Context, *, before: bool) -> Json:  # noqa: ARG001 - reading evidence again does no harm
    """What a person's evidence says."""
    return context.step.accept(context) if context.step.accept is not None else context.answer
