"""The estate in numbers: sections of labelled numbers, the same for the verb and for the screen."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from console.reports.findings import severity
from console.reports.report import Report, iso
from console.text.paths import join_path
from store.numbers import UNDATED
from store.records import COPIES, GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from console.services.pulse import Faults, Pulse
    from console.text import Text
    from store.numbers import Due, HalfYear
    from store.records import SyncRun

HALVES = 12
"""More half-years than this are shown as years."""

_ALWAYS = ("overdue", "week", "month", "quarter")
_LISTED = {"overdue": "0d", "week": "7d", "month": "30d", "quarter": "90d"}
WIDE = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: a number (`number`) or a value in words (`value`).

    `dates` is how far the calendar must look to list what is counted (`30d`), `words` a filter of the tree that
    finds it; '' where there is no such list. `least` is the severity from which on the findings are listed.
    """

    name: str
    label: str
    number: int | None = None
    value: str = ""
    dates: str = ""
    words: str = ""
    least: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Numbers that belong together; the bars of one section share a scale. `note` says what they leave out."""

    name: str
    title: str
    entries: tuple[Entry, ...]
    note: str = ""


def sections(pulse: Pulse, text: Text) -> tuple[Section, ...]:
    """Findings, CMKs, coming rotations, ages, kinds, states, and the sync."""
    return (
        _section("findings", _findings(pulse.faults, text), text),
        _section("cmks", _cmks(pulse, text), text),
        _section("due", _due(pulse.numbers.due, text), text),
        _section("ages", _ages(pulse.numbers.ages, text), text, _undated(pulse, text)),
        _section("kinds", _kinds(pulse, text), text),
        _section("states", _states(pulse, text), text),
        _section("sync", _sync(pulse, text), text),
    )


def _section(name: str, entries: Iterable[Entry], text: Text, note: str = "") -> Section:
    return Section(name, text.t(f"pulse.section.{name}"), tuple(entries), note)


def _cmks(pulse: Pulse, text: Text) -> Iterator[Entry]:
    for status, number in pulse.numbers.cmks:
        yield Entry(status.value, text.status(status), number, words=f"kind:cmk status:{status.value}")
    if not pulse.numbers.cmks:
        yield Entry("none", text.t("pulse.none"), 0)


def _due(due: Due, text: Text) -> Iterator[Entry]:
    for name, number in asdict(due).items():
        if number or name in _ALWAYS:
            yield Entry(name, text.t(f"pulse.due.{name}"), number, dates=_LISTED.get(name, ""))


def _findings(faults: Faults, text: Text) -> Iterator[Entry]:
    """Never an empty list where nobody looked yet: that would be good news without a reason."""
    if faults.judged_at is None:
        yield Entry("unjudged", text.t("pulse.judged"), value=text.t("ago.never"))
        return
    for found, number in faults.open:
        name = found.name.lower()
        yield Entry(name, severity(found, text), number, least=name)
    if not faults.open:
        yield Entry("none", text.t("pulse.none"), 0)
    if faults.acknowledged:
        yield Entry("acknowledged", text.t("pulse.acknowledged"), faults.acknowledged)


def _ages(ages: tuple[HalfYear, ...], text: Text) -> Iterator[Entry]:
    """Every half-year from the oldest on, or every year where that would be too many; gaps show as 0."""
    dated = {age.year * 2 + age.half - 1: age.number for age in ages if age.year != UNDATED}
    if dated:
        first, last = min(dated), max(dated)
        if last - first < HALVES:
            for half in range(first, last + 1):
                year, rest = divmod(half, 2)
                yield Entry(f"{year}-{rest + 1}", text.t(f"pulse.half.{rest + 1}", year=year), dated.get(half, 0))
        else:
            years = Counter[int]()
            for half, number in dated.items():
                years[half // 2] += number
            for year in range(first // 2, last // 2 + 1):
                yield Entry(str(year), str(year), years[year])
    for age in ages:
        if age.year == UNDATED:
            yield Entry("undated", text.t("pulse.undated"), age.number)
    if not ages:
        yield Entry("none", text.t("pulse.none"), 0)


def _undated(pulse: Pulse, text: Text) -> str:
    groups = sum(h.number for h in pulse.numbers.holders if h.granularity in GROUPS)
    return text.n("pulse.groups", groups) if groups else ""


def _kinds(pulse: Pulse, text: Text) -> Iterator[Entry]:
    found = Counter[str]()
    for holders in pulse.numbers.holders:
        found[holders.granularity.value] += holders.number
    for kind, number in found.items():
        yield Entry(kind, text.t(f"kind.{kind}"), number, words=f"kind:{kind}")
    if not found:
        yield Entry("none", text.t("pulse.none"), 0)


def _states(pulse: Pulse, text: Text) -> Iterator[Entry]:
    found = Counter[str]()
    for holders in pulse.numbers.holders:
        found[holders.status] += holders.number
    for status, number in found.items():
        yield Entry(status, text.status(_status(status)), number, words=f"!kind:cmk status:{status}")
    if not found:
        yield Entry("none", text.t("pulse.none"), 0)


def _status(value: str) -> Any:
    from store.records import Status

    return Status(value)


def _sync(pulse: Pulse, text: Text) -> Iterator[Entry]:
    health = pulse.sync
    done = health.done
    if done is None:
        yield Entry("done", text.t("pulse.sync.done"), value=text.t("ago.never"))
    else:
        yield Entry("done", text.t("pulse.sync.done"), value=text.ago(done.finished_at))
        yield Entry("seconds", text.t("pulse.sync.seconds"), value=text.t("pulse.seconds", n=_seconds(done)))
        if done.calls:  # within a scope nobody says how much there was to read
            yield Entry("calls", text.t("pulse.sync.calls"), value=text.number(done.calls))
            yield Entry("changed", text.t("pulse.sync.changed"), value=text.number(done.changed))
    yield Entry("gaps", text.t("pulse.sync.gaps"), value=text.number(health.gaps))
    if health.runs:
        share = text.t("pulse.sync.share", failed=health.failed, runs=health.runs)
        yield Entry("failed", text.t("pulse.sync.failed"), value=share)


def _seconds(run: SyncRun) -> int:
    return max(0, (run.finished_at or run.started_at) - run.started_at)


def heading(pulse: Pulse, text: Text) -> str:
    """The branch, and how much there is."""
    every = pulse.numbers.holders
    cmks = sum(number for _, number in pulse.numbers.cmks)
    keys = sum(h.number for h in every if h.is_data_key)
    groups = sum(h.number for h in every if h.granularity in GROUPS)
    copies = sum(h.number for h in every if h.granularity in COPIES)
    parts = [("cmks", cmks), ("data_keys", keys), ("groups", groups), ("copies", copies)]
    counts = ", ".join(text.n(f"count.{name}", number) for name, number in parts if number or name == "cmks")
    return f"{' / '.join(pulse.path) or text.t('pulse.estate')}   {counts}"


def at_a_glance(answer: Pulse, text: Text) -> Report:
    found = sections(answer, text)
    lines = [heading(answer, text)]
    rows: list[tuple[Any, ...]] = []
    for section in found:
        lines += ["", section.title, *_printed(section, text), *([f"  {section.note}"] if section.note else [])]
        rows += [(section.name, e.name, e.value if e.number is None else e.number) for e in section.entries]
    return Report(_data(answer), ("section", "name", "number"), tuple(rows), tuple(lines))


def _printed(section: Section, text: Text) -> Iterator[str]:
    """`  ● ingeschakeld            39 679  ████████████████████`."""
    longest = max((len(entry.label) for entry in section.entries), default=0)
    most = max((entry.number or 0 for entry in section.entries), default=0)
    for entry in section.entries:
        shown = entry.value if entry.number is None else f"{text.number(entry.number):>10}"
        length = -(-WIDE * (entry.number or 0) // most) if most else 0
        yield f"  {entry.label.ljust(longest)}  {shown}  {'█' * length}".rstrip()


def _data(answer: Pulse) -> dict[str, Any]:
    numbers, sync = answer.numbers, answer.sync
    return {
        "path": join_path(answer.path),
        "at": iso(answer.at),
        "cmks": {status.value: number for status, number in numbers.cmks},
        "rotations": asdict(numbers.due),
        "findings": {
            "open": {severity.name.lower(): number for severity, number in answer.faults.open},
            "acknowledged": answer.faults.acknowledged,
            "judged_at": iso(answer.faults.judged_at),
        },
        "ages": [_age(age) for age in numbers.ages],
        "resources": [
            {"kind": h.granularity.value, "status": h.status.value, "number": h.number} for h in numbers.holders
        ],
        "sync": {
            "last_done": iso(sync.done.finished_at) if sync.done else None,
            "seconds": _seconds(sync.done) if sync.done else None,
            "calls": sync.done.calls if sync.done else None,
            "changed": sync.done.changed if sync.done else None,
            "state": sync.newest.state if sync.newest else None,
            "gaps": sync.gaps,
            "recent_runs": sync.runs,
            "recent_failed": sync.failed,
        },
    }


def _age(age: HalfYear) -> dict[str, Any]:
    dated = age.year != UNDATED
    ends = ("01-01", "06-30") if age.half == 1 else ("07-01", "12-31")
    return {
        "from": f"{age.year}-{ends[0]}" if dated else None,
        "until": f"{age.year}-{ends[1]}" if dated else None,
        "data_keys": age.number,
    }
