"""Which colour a state takes; the word always stands beside it."""

from __future__ import annotations

from store.records import Status
from store.request_records import Stand
from store.run_records import RunStatus, StepStatus
from store.verdicts import Verdict

_TONES = {
    Status.ENABLED: "good",
    Status.ENCRYPTED: "good",
    Status.ROTATING: "accent",
    Status.DISABLED: "warn",
    Status.PENDING_DELETION: "bad",
    Status.PENDING_IMPORT: "warn",
    Status.UNAVAILABLE: "bad",
    Status.UNENCRYPTED: "bad",
    Status.AWS_MANAGED: "warn",
    Status.FOREIGN: "warn",
    Status.NO_CMK: "warn",
    Status.FORBIDDEN: "warn",
}


def tone(status: Status) -> str:
    """The name of a style of the line-rendered views."""
    return _TONES.get(status, "dim")


_RUN_TONES = {
    RunStatus.READY: "accent",
    RunStatus.RUNNING: "accent",
    RunStatus.WAITING: "warn",
    RunStatus.PAUSED: "warn",
    RunStatus.INTERRUPTED: "warn",
    RunStatus.FAILED: "bad",
    RunStatus.DONE: "good",
}
_STEP_TONES = {StepStatus.STARTED: "accent", StepStatus.WAITING: "warn", StepStatus.DONE: "good"}


_STAND_TONES = {
    Stand.SUBMITTED: "warn",
    Stand.ASKED: "warn",
    Stand.APPROVED: "accent",
    Stand.MAKING: "accent",
    Stand.DELIVERED: "accent",
    Stand.IN_USE: "good",
    Stand.REJECTED: "bad",
    Stand.WITHDRAWN: "dim",
}


_VERDICT_TONES = {Verdict.PROVEN: "good", Verdict.REWRAPPED: "warn", Verdict.UNCHANGED: "warn"}


def verdict_tone(verdict: Verdict | None) -> str:
    return _VERDICT_TONES.get(verdict, "dim") if verdict else ""


def stand_tone(stand: Stand) -> str:
    return _STAND_TONES[stand]


def run_tone(status: RunStatus) -> str:
    return _RUN_TONES.get(status, "dim")


def step_tone(status: StepStatus) -> str:
    return _STEP_TONES.get(status, "dim")
