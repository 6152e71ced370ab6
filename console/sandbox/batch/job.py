"""One job of S3 Batch Operations: what was asked for, how far it is, and how S3 Control tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from console.sandbox.accounts import Session

KEPT = timedelta(days=90)
"""How long an ended job is still told of."""


class Status(StrEnum):
    """Paused and Pausing are left out: here no job stands back for another."""

    NEW = "New"
    PREPARING = "Preparing"
    SUSPENDED = "Suspended"
    READY = "Ready"
    ACTIVE = "Active"
    COMPLETING = "Completing"
    COMPLETE = "Complete"
    FAILING = "Failing"
    FAILED = "Failed"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"


ENDED = frozenset({Status.COMPLETE, Status.FAILED, Status.CANCELLED})
ENDING = frozenset({Status.COMPLETING, Status.FAILING, Status.CANCELLING})


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one object; `status` is that of HTTP, `code` S3's own ('' : it was copied)."""

    key: str
    version: str
    status: int
    code: str
    message: str


@dataclass(slots=True)
class Job:
    """A job at work. `wish` are CreateJob's parameters, `tasks` key and version of what its manifest names."""

    id: str
    account: str
    region: str
    wish: dict[str, Any]
    created: datetime
    since: datetime
    status: Status = Status.NEW
    tags: list[dict[str, str]] = field(default_factory=list)
    tasks: list[tuple[str, str]] | None = None
    lines: list[Line] = field(default_factory=list)
    active: timedelta = timedelta()
    said: str = ""
    reasons: list[dict[str, str]] = field(default_factory=list)
    suspended: datetime | None = None
    terminated: datetime | None = None
    session: Session | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:{self.region}:{self.account}:job/{self.id}"

    @property
    def moves(self) -> bool:
        """Whether it gets on by itself."""
        return self.status not in ENDED and self.status is not Status.SUSPENDED

    @property
    def failed(self) -> int:
        return sum(bool(line.code) for line in self.lines)

    def become(self, status: Status, now: datetime) -> None:
        if self.status is Status.ACTIVE:
            self.active += now - self.since
        self.status, self.since = status, now
        if status in ENDED:
            self.terminated = now
        if status is Status.SUSPENDED:
            self.suspended = now

    def fail(self, code: str, reason: str, now: datetime) -> None:
        """Codes of a whole job's failure are nowhere listed; these say in S3's way what stood in the way."""
        self.reasons.append({"FailureCode": code, "FailureReason": reason[:256]})
        self.become(Status.FAILING if self.lines else Status.FAILED, now)

    def progress(self) -> dict[str, Any]:
        return {
            "TotalNumberOfTasks": len(self.tasks or ()), "NumberOfTasksSucceeded": len(self.lines) - self.failed,
            "NumberOfTasksFailed": self.failed,
            "Timers": {"ElapsedTimeInActiveSeconds": int(self.active.total_seconds())},
        }  # fmt: skip

    def described(self) -> dict[str, Any]:
        """JobDescriptor."""
        told = (
            "ConfirmationRequired",
            "Description",
            "Priority",
            "RoleArn",
            "Operation",
            "Report",
            "ManifestGenerator",
        )
        moments = {
            "SuspendedDate": self.suspended, "TerminationDate": self.terminated,
            "SuspendedCause": "Awaiting confirmation" if self.suspended else None,
            "StatusUpdateReason": self.said or None,
        }  # fmt: skip
        return {
            "JobId": self.id, "JobArn": self.arn, "Status": str(self.status), "CreationTime": self.created,
            "ProgressSummary": self.progress(), "FailureReasons": self.reasons,
            **{name: self.wish[name] for name in told if name in self.wish},
            **{name: value for name, value in moments.items() if value is not None},
        }  # fmt: skip

    def listed(self) -> dict[str, Any]:
        """JobListDescriptor."""
        ended = {"TerminationDate": self.terminated} if self.terminated else {}
        words = {"Description": self.wish["Description"]} if "Description" in self.wish else {}
        return {
            "JobId": self.id, "Operation": next(iter(self.wish["Operation"])), "Priority": self.wish["Priority"],
            "Status": str(self.status), "CreationTime": self.created, "ProgressSummary": self.progress(),
            **words, **ended,
        }  # fmt: skip
