"""A run as people see it: what was done, what it will do, what it asks, what another must do. The same for a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.workflow.fields import choices_of, default_of, label_of
from console.workflow.model import Kind, Known, Lane, NotKnownYet, Told, sentence
from console.workflow.people import same
from store.run_records import RunStatus, RunStep, Sentence, StepStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.workflow.model import Field, Step, Workflow
    from store.run_records import NewRun, Run


_RESUMABLE = frozenset({RunStatus.READY, RunStatus.PAUSED, RunStatus.FAILED, RunStatus.INTERRUPTED})


@dataclass(frozen=True, slots=True)
class FieldView:
    """A question: text keys of its label, hint and choices (the value itself where a choice has no text). `notes` says
    something of choices, by value.
    """

    name: str
    kind: Kind
    label: str
    hint: str
    default: Any
    choices: tuple[tuple[str, str], ...]
    required: bool
    notes: tuple[tuple[str, Sentence], ...] = ()


@dataclass(frozen=True, slots=True)
class StepView:
    """One step. `title` is a text key; `tells` what it will do; `perhaps`: whether it comes is not known yet.

    `here`: this desk can do it; `by_hand`: a person does, with `commands`. `stays`: cannot be undone.
    """

    name: str
    title: str
    tells: Sentence
    lane: Lane
    record: RunStep
    here: bool
    by_hand: bool
    final: bool
    four_eyes: bool
    undoable: bool
    perhaps: bool = False
    fields: tuple[FieldView, ...] = ()
    commands: tuple[str, ...] = ()

    @property
    def status(self) -> StepStatus:
        return self.record.status


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do, told before there is one; nothing has changed."""

    title: str
    subject: str
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class RunView:
    """A run, whole. `current` is the step where it is or stands still; None at the end. `known` is false for a
    workflow that this console does not have (or not so new): such a run can be looked at, no more.

    `answerable`: this person, at this desk, may answer what it asks now.
    """

    run: Run
    title: str
    steps: tuple[StepView, ...] = ()
    current: StepView | None = None
    answerable: bool = False
    known: bool = True

    @property
    def run_id(self) -> str:
        return self.run.id

    @property
    def resumable(self) -> bool:
        """Whether somebody may go on with it now: nobody is at work, it is not over, and it asks nothing new."""
        return self.known and self.run.status in _RESUMABLE


def plan_of(workflow: Workflow, wish: NewRun, here: frozenset[Lane]) -> Plan:
    """What a run of this wish would do."""
    known = Known("", wish.subject, wish.facts, Told(wish.answers), Told())
    return Plan(
        workflow.key(), wish.subject, tuple(_step(workflow, s, known, None, here) for s in listed(workflow, known))
    )


def view_of(
    run: Run, workflow: Workflow | None, records: Mapping[str, RunStep], here: frozenset[Lane], person: str
) -> RunView:
    """A run with its steps as they are on record."""
    if workflow is None or run.version > workflow.version:
        steps = tuple(_strange(record) for record in sorted(records.values(), key=lambda r: r.started_at or 0))
        return RunView(run, f"wf.{run.workflow}", steps, known=False)
    known = known_of(run, records)
    steps = tuple(_step(workflow, s, known, records.get(s.name), here) for s in listed(workflow, known))
    current = next((s for s in steps if s.name == run.step), None)
    return RunView(run, workflow.key(), steps, current, _answerable(run, current, person))


def known_of(run: Run, records: Mapping[str, RunStep]) -> Known:
    """What is known of a run from what is on record."""
    done = (StepStatus.DONE, StepStatus.SKIPPED)
    outputs = Told({name: r.output or {} for name, r in records.items() if r.status in done})
    given = Told({name: r.answer for name, r in records.items() if r.answer is not None})
    return Known(run.id, run.subject, run.facts, given, outputs, run.started_by)


def listed(workflow: Workflow, known: Known) -> tuple[Step, ...]:
    """The steps as far as they can be told now."""
    try:
        return workflow.listed(known)
    except NotKnownYet:
        return ()


def by_hand(step: Step, here: frozenset[Lane]) -> bool:
    """Whether a person does this step: always without `do`, else where this desk cannot act in its lane."""
    told = bool(step.commands or step.evidence)
    return told and (step.do is None or step.lane not in here)


def _answerable(run: Run, step: StepView | None, person: str) -> bool:
    if step is None or not (step.fields or step.by_hand) or run.abandoning:
        return False
    if run.status not in (RunStatus.WAITING, RunStatus.FAILED, RunStatus.PAUSED):
        return False
    return (step.here or step.by_hand) and not (step.four_eyes and same(person, run.started_by))


def _step(workflow: Workflow, step: Step, known: Known, record: RunStep | None, here: frozenset[Lane]) -> StepView:
    hand = record.by_hand if record is not None and record.answer is not None else by_hand(step, here)
    title = workflow.key(step.name)
    return StepView(
        step.name,
        title,
        sentence(workflow, step, known),
        step.lane,
        record or RunStep(known.run_id, step.name, step.lane),
        step.lane in here,
        hand,
        step.final,
        step.four_eyes,
        step.undo is not None and not hand,
        perhaps=record is None and step.when is not None and _open(step, known),
        fields=_fields(step, title, known, hand=hand),
        commands=_commands(step, known) if hand else (),
    )


def _open(step: Step, known: Known) -> bool:
    """Whether it cannot be told yet if the step comes, or can: it does not."""
    try:
        return step.when is not None and not step.when(known)
    except NotKnownYet:
        return True


def _fields(step: Step, title: str, known: Known, *, hand: bool) -> tuple[FieldView, ...]:
    try:
        return tuple(_field(field, title, known) for field in step.fields(known, by_hand=hand))
    except NotKnownYet:
        return ()


def _field(field: Field, title: str, known: Known) -> FieldView:
    label = label_of(field, title)
    choices = tuple((value, f"{label}.{value}") for value in choices_of(field, known))
    notes = tuple(field.notes(known).items()) if field.notes is not None and choices else ()
    return FieldView(
        field.name, field.kind, label, f"{label}.hint", default_of(field, known), choices, field.required, notes
    )


def _commands(step: Step, known: Known) -> tuple[str, ...]:
    try:
        return step.commands(known) if step.commands is not None else ()
    except NotKnownYet:
        return ()


def _strange(record: RunStep) -> StepView:
    lane = Lane(record.lane) if record.lane in set(Lane) else Lane.CENTRAL
    return StepView(
        record.step, record.step, Sentence(), lane, record, here=False, by_hand=record.by_hand, final=False,
        four_eyes=False, undoable=False,
    )  # fmt: skip
