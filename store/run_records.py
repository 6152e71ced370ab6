"""Guided work as the store keeps it: runs, their steps, and the lease of who is at work. Anyone may import these."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class RunStatus(StrEnum):
    """How a run is. INTERRUPTED is never written: a RUNNING one whose process is gone reads so."""

    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    DONE = "done"
    ABANDONED = "abandoned"


ENDED = frozenset({RunStatus.DONE, RunStatus.ABANDONED})
"""Nothing is left to do on these."""


class StepStatus(StrEnum):
    """How a step is. STARTED means *maybe*: the effect may or may not have happened."""

    PENDING = "pending"
    STARTED = "started"
    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"
    UNDONE = "undone"


class Halt(StrEnum):
    """Why a run stands still: for an answer, for the other lane, for AWS to be reachable or to accept our
    credentials, because somebody asked it to stop, or because of an error that a person must look at.
    """

    NONE = ""
    QUESTION = "question"
    HANDOVER = "handover"
    AWS = "aws"
    CREDENTIALS = "credentials"
    STOPPED = "stopped"
    ERROR = "error"


Json = dict[str, Any]
"""What a row can hold: JSON, so never bytes."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text key and what fills it: a sentence that every language can say."""

    key: str = ""
    values: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewRun:
    """What is known of a run before it exists. `tenant` and `application` are names, as a scope has them: what a run
    is about need not have a place in the tree yet. `answers` are per step what was answered beforehand.
    """

    workflow: str
    version: int
    subject: str
    facts: Json = field(default_factory=dict)
    tenant: str = ""
    application: str = ""
    parent: str = ""
    answers: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `step` is where it is or stands still, `reason` why; `abandoning`: it goes backwards.

    `owner` holds it until `lease_until` (epoch seconds); '' when nobody does.
    """

    id: str
    workflow: str
    version: int
    subject: str
    facts: Json
    tenant: str
    application: str
    parent: str
    status: RunStatus
    halt: Halt
    step: str
    reason: Sentence
    abandoning: bool
    started_by: str
    created_at: int
    updated_at: int
    finished_at: int | None
    owner: str
    lease_until: int


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a run, from its first start or question on. `by_hand`: a person did it and pasted the evidence.

    `done` of `total` is its progress (0: unknown); `attempts` counts starts.
    """

    run_id: str
    step: str
    lane: str
    status: StepStatus = StepStatus.PENDING
    answer: Json | None = None
    answered_by: str = ""
    by_hand: bool = False
    output: Json | None = None
    cursor: Json | None = None
    done: int = 0
    total: int = 0
    error: Sentence = Sentence()
    attempts: int = 0
    started_at: int | None = None
    finished_at: int | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write on a run: whoever claimed it later has a higher token, and this one is void."""

    run_id: str
    owner: str
    token: int


class LeaseBusy(Exception):
    """Another process holds the run: who, and until when (epoch seconds)."""

    def __init__(self, owner: str, until: int) -> None:
        super().__init__(owner, until)
        self.owner = owner
        self.until = until


class LeaseLost(Exception):
    """Another process has claimed the run since; nothing was written."""


class NoRun(Exception):
    """There is no such run in sight, or more than one begins so (`several`)."""

    def __init__(self, name: str, several: tuple[str, ...] = ()) -> None:
        super().__init__(name, several)
        self.name = name
        self.several = several
