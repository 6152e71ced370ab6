"""What is wrong, as a report and as sentences: the same words for the verb and for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.reports.report import Report, iso
from console.text.paths import join_path
from store.records import Source

if TYPE_CHECKING:
    from console.services.findings.rows import FindingRows
    from console.text import Text
    from store.answers import Fact
    from store.faults import Finding, Severity

PARTS = ("", "why", "todo", "who")
"""The sentences of a rule: what is wrong, why it matters, what to do, and who may."""


def sentence(finding: Finding, text: Text, part: str = "") -> str:
    """One of the sentences PARTS, filled with the finding's values; what is not for these eyes is called so."""
    hidden = text.t("finding.hidden")
    values: dict[str, Any] = {name: text.number(v) if isinstance(v, int) else v for name, v in finding.values}
    for name in ("expected", "found", "others", "alias"):
        values[name] = values.get(name) or hidden
    said = text.t(f"finding.{finding.rule}" + (f".{part}" if part else ""), **values)
    tried = f"finding.{finding.rule}.{values.get('tried')}"
    return f"{said} {text.t(tried, **values)}" if not part and "tried" in values and text.has(tried) else said


def about(worst: list[Finding], total: int, text: Text) -> list[Fact]:
    """Findings as notes on a sheet, and how many more there are."""
    from store.answers import Fact

    said = [Fact("fact.note", _named(each, text), source=each.source, at=each.at, why="why.finding") for each in worst]
    if total > len(worst):
        more = text.t("finding.more", n=text.number(total - len(worst)))
        said.append(Fact("fact.note", more, source=Source.INFERRED, why="why.finding"))
    return said


def _named(finding: Finding, text: Text) -> str:
    subject = finding.name or finding.label
    return f"{subject}: {sentence(finding, text)}" if subject else sentence(finding, text)


def short(finding: Finding, text: Text) -> str:
    """The rule in a few words, as a column holds them."""
    return text.t(f"finding.{finding.rule}.short")


def severity(value: Severity, text: Text) -> str:
    return text.t(f"severity.{value.name.lower()}")


def findings(found: FindingRows, text: Text) -> Report:
    listed = list(found.all())
    names = ("id", "severity", "path", "finding_subject", "finding_what", "finding_since", "note")
    headers = tuple(text.t(f"column.{name}") for name in names)
    rows = tuple(_row(each, text) for each in listed)
    return Report(
        [_data(each, text) for each in listed], headers, rows, notes=_notes(found, text), failed=found.failing > 0
    )


def _row(finding: Finding, text: Text) -> tuple[Any, ...]:
    return (
        finding.id,
        severity(finding.severity, text),
        " / ".join(finding.path),
        finding.name or finding.label,
        sentence(finding, text),
        text.date(finding.since),
        note(finding, text),
    )


def note(finding: Finding, text: Text) -> str:
    """Who lets it be and until when, and that its facts are old; '' mostly."""
    notes = []
    if finding.ack is not None:
        until = text.date(finding.ack.until) if finding.ack.until is not None else text.t("finding.for_good")
        notes.append(text.t("finding.acknowledged", who=finding.ack.who, until=until, reason=finding.ack.reason))
    if finding.stale:
        notes.append(text.t("status.stale"))
    return " · ".join(notes)


def _notes(found: FindingRows, text: Text) -> tuple[str, ...]:
    if found.judged_at is None:
        return (text.t("finding.not_judged"),)
    numbers = found.by_severity()
    if not numbers:
        return (text.t("finding.nothing"),)
    told = ", ".join(f"{number} {severity(value, text)}" for value, number in numbers.items())
    return (text.t("finding.summary", told=told, at=text.clock(found.judged_at)),)


def _data(finding: Finding, text: Text) -> dict[str, Any]:
    ack = finding.ack
    return {
        "id": finding.id,
        "rule": finding.rule,
        "severity": finding.severity.name.lower(),
        "kind": finding.ref.kind.value,
        "path": join_path(finding.path),
        "name": finding.name,
        "label": finding.label,
        "sentence": sentence(finding, text),
        "expected": finding.expected,
        "found": finding.found,
        "values": dict(finding.values),
        "since": iso(finding.since),
        "first_seen": iso(finding.first_seen),
        "source": finding.source.value,
        "read_at": iso(finding.at or None),
        "stale": finding.stale,
        "acknowledged": None
        if ack is None
        else {"who": ack.who, "at": iso(ack.at), "reason": ack.reason, "until": iso(ack.until)},
    }
