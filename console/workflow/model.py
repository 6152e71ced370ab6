"""What guided work is made of: a workflow is a tuple of steps, a step is data and small functions."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from console.text.inert import inert
from store.run_records import Json, NewRun, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from console.workflow.context import Context


class Lane(StrEnum):
    """Whose account, and so whose credentials, a step acts in."""

    CENTRAL = "central"
    TENANT = "tenant"


class Kind(StrEnum):
    """What a field holds. As JSON: text and pasted are strings, choice one of its choices, many a list of them,
    number an int or float, date `2027-03-14`, yes_no true or false.
    """

    TEXT = "text"
    CHOICE = "choice"
    MANY = "many"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    PASTED = "pasted"


class NotKnownYet(KeyError):
    """A plan asked for what only a later moment can tell: the output or answer of a step that is not finished."""


class Told(dict[str, Json]):
    """Outputs or answers by step; one that is not there yet is said so, and not by a bare KeyError."""

    def __missing__(self, step: str) -> Json:
        raise NotKnownYet(step)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a run: its facts, and the answers and outputs of its steps so far, each by step name.

    A skipped step's output is empty. `subject` is the name of what the run is about, as a person types it.
    """

    run_id: str = ""
    subject: str = ""
    facts: Json = field(default_factory=dict)
    answers: Told = field(default_factory=Told)
    outputs: Told = field(default_factory=Told)
    started_by: str = ""

    def done(self, step: str) -> bool:
        """Whether that step is finished (or was skipped)."""
        return step in self.outputs


@dataclass(frozen=True, slots=True)
class Field:
    """A question to a person. Its label is the text `wf.WORKFLOW.STEP.NAME`, a hint `wf.WORKFLOW.STEP.NAME.hint`.

    `default` and `choices` are values, or functions of what is known. A choice's label is the text
    `wf.WORKFLOW.STEP.NAME.CHOICE` where there is one, else the choice itself. `check(value, known)` gives the text
    key of what is wrong with it (a Sentence to fill one), or None. `notes` says something of a choice, by its value.
    """

    name: str
    kind: Kind = Kind.TEXT
    default: Any = None
    choices: tuple[str, ...] | Callable[[Known], tuple[str, ...]] = ()
    required: bool = True
    check: Callable[[Any, Known], str | Sentence | None] | None = None
    notes: Callable[[Known], Mapping[str, Sentence]] | None = None


Fields = tuple[Field, ...]


def _typed(value: Any, known: Known) -> str | None:
    return None if str(value) in (known.subject, inert(known.subject).strip()) else "run.not_confirmed"


CONFIRM = Field("confirm", check=_typed)
"""What a final step asks besides its own questions: the subject of the run, typed by the person who means it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `name` is its identity in the store: never renamed, never reused, never a position.

    Functions of `Known` must be pure and quick: the plan asks them before anything is done, screens ask them often.

    lane        whose credentials `do` needs
    ask         what a person must answer before it acts
    do          the effect; its dict (JSON) is the step's output. None: only a question, or work by hand
    find        what the effect left, if it happened: the same output, else None. Asked whenever `do` may have begun
    undo        takes a finished effect back when the run is abandoned; must stand being called twice
    when        False: skipped. Asked once, when the step's turn comes
    says        values for the sentence `wf.WORKFLOW.STEP.tells`, over the facts and outputs that fill it anyway
    commands    shell commands for a person who does it in the other lane (or, without `do`, in any)
    evidence    what that person pastes or answers then; `ask` where empty
    accept      turns that evidence into the output, or raises a ConsoleError; without it the evidence is the output
    four_eyes   who answers must be another person than who started the run
    final       cannot be taken back: whoever lets it act types the run's subject (field `confirm`)
    passing     AWS error codes that mean *not yet* here, such as NotFoundException right after a creation
    """

    name: str
    do: Callable[[Context], Json] | None = None
    lane: Lane = Lane.CENTRAL
    ask: Fields | Callable[[Known], Fields] = ()
    find: Callable[[Context], Json | None] | None = None
    undo: Callable[[Context], object] | None = None
    when: Callable[[Known], bool] | None = None
    says: Callable[[Known], Json] | None = None
    commands: Callable[[Known], tuple[str, ...]] | None = None
    evidence: Fields | Callable[[Known], Fields] = ()
    accept: Callable[[Context], Json] | None = None
    four_eyes: bool = False
    final: bool = False
    passing: frozenset[str] = frozenset()

    def fields(self, known: Known, *, by_hand: bool) -> Fields:
        """What must be answered here: the evidence where a person does it, else the question."""
        asked = self.ask(known) if callable(self.ask) else self.ask
        if not by_hand:
            return (*asked, CONFIRM) if self.final else asked
        return (self.evidence(known) if callable(self.evidence) else self.evidence) or asked


@dataclass(frozen=True, slots=True)
class Workflow:
    """A guided story. Its title is the text `wf.NAME`, a step's `wf.NAME.STEP`.

    `steps` may be computed from what is known (a route decides them), but always alike from the same, and what is
    once listed stays listed. `version` goes up when older consoles must not touch its runs any more.
    """

    name: str
    steps: tuple[Step, ...] | Callable[[Known], tuple[Step, ...]]
    version: int = 1

    def listed(self, known: Known) -> tuple[Step, ...]:
        return self.steps(known) if callable(self.steps) else self.steps

    def key(self, step: str = "", part: str = "") -> str:
        """The text key of the workflow, of a step, or of a part of one."""
        return ".".join(word for word in ("wf", self.name, step, part) if word)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done: which workflow, about what (a name that a person can type), with which facts.

    `tenant` and `application` say in whose sight it is; `answers` are given beforehand, by step and field; `parent`
    is the run that began it.
    """

    workflow: str
    subject: str
    facts: dict[str, Any] = field(default_factory=dict)
    tenant: str = ""
    application: str = ""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    parent: str = ""

    def new(self, workflow: Workflow) -> NewRun:
        return NewRun(
            self.workflow, workflow.version, self.subject, self.facts, self.tenant, self.application, self.parent,
            self.answers,
        )  # fmt: skip


def sentence(workflow: Workflow, step: Step, known: Known) -> Sentence:
    """What a step will do, before it does it, filled with what is known; a plan leaves the rest open."""
    values: dict[str, Any] = {"subject": known.subject}
    for told in (known.facts, *known.answers.values(), *known.outputs.values()):
        values |= {name: value for name, value in told.items() if isinstance(value, str | int | float)}
    if step.says is not None:
        with suppress(NotKnownYet):
            values |= step.says(known)
    return Sentence(workflow.key(step.name, "tells"), values)
