"""Wishes about what is wrong: to see it, to count it, to let some of it be, and to take that back."""

from __future__ import annotations

import calendar
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.errors import UsageError
from console.policy import Grant
from store.faults import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.findings.rows import FindingRows
    from store.faults import Finding
    from store.records import NodeRef

SEVERITIES = tuple(severity.name.lower() for severity in Severity)
DAY = 86_400


@dataclass(frozen=True, slots=True)
class ListFindings(Command):
    """What is wrong in a branch or in all, the worst first; with `all` also what was acknowledged.

    `ref` stands for `path` where the node is known already. With `ack`, that finding is let be first, for `reason`
    and until `until`; with `unack` it is opened again.
    """

    name: ClassVar[str] = "findings"
    path: str = option("", positional=True)
    min_severity: str = option("", choices=SEVERITIES)
    fail_on: str = option("", choices=SEVERITIES)
    all: bool = option(default=False)
    ack: int = option(0, metavar="ID")
    unack: int = option(0, metavar="ID")
    reason: str = option("", metavar="TEXT")
    until: str = option("", metavar="2027-03-14")
    ref: NodeRef | None = None

    def wants(self) -> Grant:
        return Grant.JUDGE if self.ack or self.unack else self.needs

    def subject(self, services: Services) -> str:
        return _about(services, self.ack or self.unack)

    def run(self, services: Services, listen: Callable[[Any], None]) -> FindingRows:
        from console.services.findings.rows import rows_of
        from store.findings import Wanted

        if self.ack:
            AcknowledgeFinding(self.ack, self.reason, self.until).run(services, listen)
        if self.unack:
            WithdrawAcknowledgement(self.unack, self.reason).run(services, listen)
        within = self.ref if self.ref is not None else services.catalog.branch(self.path)
        least, fail_on = severity_of(self.min_severity), severity_of(self.fail_on)
        wanted = Wanted(within, least or Severity.INFO, self.all)
        return rows_of(services.store, services.settings, wanted, fail_on)


@dataclass(frozen=True, slots=True)
class CountFindings(Command):
    """Open findings by severity at and below each node of `refs`, for badges; nodes without any are left out."""

    name: ClassVar[str] = "findings.count"
    refs: tuple[NodeRef, ...] = ()

    def run(self, services: Services, listen: Callable[[Any], None]) -> dict[NodeRef, dict[Severity, int]]:
        from console.services.findings.rows import count_open

        return count_open(services.store, services.settings, self.refs)


@dataclass(frozen=True, slots=True)
class ListProblems(Command):
    """The nodes in sight that have open findings, those of the worst first; at most `limit`, for a tree of them."""

    name: ClassVar[str] = "findings.problems"
    limit: int = 2000

    def run(self, services: Services, listen: Callable[[Any], None]) -> list[NodeRef]:
        from console.services.findings.rows import subjects_of

        return subjects_of(services.store, services.settings, self.limit)


@dataclass(frozen=True, slots=True)
class AcknowledgeFinding(Command):
    """Let a finding be for a reason, until a day (the whole of it; '' for good). It stays on record who did."""

    name: ClassVar[str] = "findings.acknowledge"
    needs: ClassVar[Grant] = Grant.JUDGE
    id: int = 0
    reason: str = ""
    until: str = ""

    def subject(self, services: Services) -> str:
        return _about(services, self.id)

    def run(self, services: Services, listen: Callable[[Any], None]) -> Finding:
        from console.services.findings.rows import acknowledge

        until = end_of(self.until)
        if until is not None and until <= services.settings.now():
            raise UsageError("finding.until_past", date=self.until.strip())
        return acknowledge(services.settings, self.id, self.reason, until)


@dataclass(frozen=True, slots=True)
class WithdrawAcknowledgement(Command):
    """Open a finding again that somebody let be, for a reason. It stays on record who did."""

    name: ClassVar[str] = "findings.withdraw"
    needs: ClassVar[Grant] = Grant.JUDGE
    id: int = 0
    reason: str = ""

    def subject(self, services: Services) -> str:
        return _about(services, self.id)

    def run(self, services: Services, listen: Callable[[Any], None]) -> Finding:
        from console.services.findings.rows import withdraw

        return withdraw(services.settings, self.id, self.reason)


def _about(services: Services, id_: int) -> str:
    from console.services.findings.rows import subject

    return subject(services.store, services.settings, id_)


def severity_of(word: str) -> Severity | None:
    """`high` as a severity; None for ''."""
    if not word:
        return None
    if word.lower() not in SEVERITIES:
        raise UsageError("usage.severity", value=word, known=", ".join(SEVERITIES))
    return Severity[word.upper()]


def end_of(date: str) -> int | None:
    """The end of a day written `2027-03-14`, in UTC, as epoch seconds; None for ''."""
    if not date.strip():
        return None
    try:
        return calendar.timegm(time.strptime(date.strip(), "%Y-%m-%d")) + DAY
    except ValueError as error:
        raise UsageError("usage.date", value=date) from error
