"""The findings of one session as windows, and what people do about them: acknowledge, and take that back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from console.errors import NotFound, UsageError
from console.services.person import user
from console.services.picked import Picked
from console.services.redaction import Redactor
from console.text.paths import join_path
from store.database import Store
from store.findings import Findings, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from console.settings import Settings
    from store.faults import Finding, Severity
    from store.narrow import Asked
    from store.records import NodeRef

WINDOW = 500


@dataclass(frozen=True, slots=True)
class FindingRows:
    """Findings, the worst first. `judged_at`: when the rules last looked, None: never yet.

    `failing` counts those, not acknowledged, that are at least as bad as was asked to fail on (0 where nothing was).
    """

    findings: Findings
    redactor: Redactor
    wanted: Wanted
    judged_at: int | None
    failing: int = 0

    def count(self) -> int:
        return sum(self.by_severity().values())

    def by_severity(self) -> dict[Severity, int]:
        return self.findings.by_severity(self.wanted)

    def window(self, start: int, stop: int) -> list[Finding]:
        return [self.redactor.finding(each) for each in self.findings.window(self.wanted, start, stop - start)]

    def narrowed(self, asked: Asked, stop: Callable[[], bool]) -> Picked:
        """Those that answer to a filter, in an order. Raises StoreError."""
        closed = self.redactor.closed_rules
        return Picked(self.findings.narrowed(self.wanted, asked, stop, closed), self.those)

    def those(self, ids: Iterable[int]) -> list[Finding]:
        return [self.redactor.finding(each) for each in self.findings.those(self.wanted, ids)]

    def all(self) -> Iterator[Finding]:
        for start in range(0, self.count(), WINDOW):
            yield from self.window(start, start + WINDOW)


def rows_of(store: Store, settings: Settings, wanted: Wanted, fail_on: Severity | None) -> FindingRows:
    """The findings that are `wanted`, in the session's scope."""
    findings = Findings(store, settings.scope)
    failing = 0
    if fail_on is not None:
        failing = sum(findings.by_severity(replace(wanted, least=fail_on, acknowledged=False)).values())
    return FindingRows(findings, Redactor(settings), wanted, findings.judged_at(), failing)


def count_open(store: Store, settings: Settings, refs: tuple[NodeRef, ...]) -> dict[NodeRef, dict[Severity, int]]:
    """Open findings by severity at and below each node; nodes without any are left out."""
    findings = Findings(store, settings.scope)
    counted = {ref: findings.by_severity(Wanted(ref)) for ref in refs}
    return {ref: numbers for ref, numbers in counted.items() if numbers}


def subjects_of(store: Store, settings: Settings, limit: int) -> list[NodeRef]:
    """The nodes that have open findings, those of the worst first; at most `limit`."""
    return Findings(store, settings.scope).subjects(Wanted(), limit)


def acknowledge(settings: Settings, id_: int, reason: str, until: int | None) -> Finding:
    """Let a finding be, with a reason, until a moment or for good; who did is the operating system's user.

    Raises:
        UsageError: without a reason.
        NotFound: no finding in sight has this id.
    """
    return _note(settings, id_, reason, until, withdraws=False)


def withdraw(settings: Settings, id_: int, reason: str) -> Finding:
    """Take an acknowledgement back: the finding is open again. The same errors, and NotFound without one."""
    return _note(settings, id_, reason, None, withdraws=True)


def _note(settings: Settings, id_: int, reason: str, until: int | None, *, withdraws: bool) -> Finding:
    if not reason.strip():
        raise UsageError("finding.no_reason")
    store = Store.open(settings.store, write=True)
    try:
        findings = Findings(store, settings.scope)
        finding = findings.find(id_)
        if finding is None or (withdraws and finding.ack is None):
            raise NotFound("finding.not_found", id=id_)
        if withdraws:
            findings.withdraw(finding, user(), settings.role, reason.strip())
        else:
            findings.acknowledge(finding, user(), settings.role, reason.strip(), until)
        return findings.find(id_) or finding
    finally:
        store.close()


def subject(store: Store, settings: Settings, id_: int) -> str:
    """A finding in a few words that still say something when it is gone: its rule, what it is about, and where."""
    found = Findings(store, settings.scope).find(id_)
    if found is None:
        return ""
    return " · ".join(part for part in (found.rule, found.name or found.label, join_path(found.path)) if part)
