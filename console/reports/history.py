"""What happened, and what is other, as reports and as the cells of a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from console.reports.report import Report, iso
from console.text import short
from console.text.paths import join_path
from store.history import HIDDEN
from store.records import Kind, Status
from store.run_records import Sentence
from store.verdicts import Verdict

if TYPE_CHECKING:
    from console.services.history import ChangeRows, EventRows
    from console.text import Text
    from store.history import Event, Span

_DATES = frozenset({"deletion"})


_HBK = frozenset({"automatic", "on_demand"})


def events(found: EventRows, text: Text) -> Report:
    """A row per event, newest first."""
    every = list(found.all())
    data = [_data(event, event.old) for event in every]
    headers = tuple(text.t(f"column.{name}") for name in HEADERS)
    rows = tuple(cells(event, event.old, text) for event in every)
    notes = [] if every else [text.t("events.nothing")]
    return Report(data, headers, rows, notes=(*notes, *recorded(found.record.since, found.span, text)))


def changes(found: ChangeRows, text: Text) -> Report:
    """A row per thing that is other, in the order of the tree."""
    every = list(found.all())
    data = {
        "since": iso(found.span.since),
        "until": iso(found.span.until),
        "recorded_since": iso(found.record.since or None),
        "cut": found.cut,
        "changes": [_data(change.event, change.old) for change in every],
    }
    headers = tuple(text.t(f"column.{name}") for name in HEADERS)
    rows = tuple(cells(change.event, change.old, text) for change in every)
    notes = [] if every else [text.t("diff.nothing")]
    if found.cut:
        notes.append(text.t("diff.cut", count=len(every)))
    return Report(data, headers, rows, notes=(*notes, *recorded(found.record.since, found.span, text)))


HEADERS = ("date", "event_what", "path", "name", "event_change", "event_source")


def recorded(since: int, span: Span, text: Text) -> list[str]:
    """How far back changes are on record, where somebody asks for more."""
    if not since:
        return [text.t("history.no_record")]
    if span.since is not None and span.since >= since:
        return []
    return [text.t("history.recorded", date=text.clock(since))]


def cells(event: Event, old: str, text: Text) -> tuple[str, ...]:
    """Date, what, path, name, old → new, source; the values still raw."""
    return (
        text.clock(event.at), what(event, text), " / ".join(event.path), event.name, sides(event, old, text),
        text.t(f"source.{event.source.value}"),
    )  # fmt: skip


def what(event: Event, text: Text) -> str:
    """`data key: other CMK`, in a word or two."""
    return text.t(f"event.{event.subject.kind.value}.{event.what}")


def sides(event: Event, old: str, text: Text, *, brief: bool = False) -> str:
    """`old → new` in words; one side alone where the other is nothing, and the thing that it is about before it.

    With `brief` key ids are shortened in the middle.
    """
    if event.what in list(Verdict):
        return _verdict(event, old, text)
    before, after = (_side(event, side, text) for side in (old, event.new))
    if brief and event.what == "replaced":
        before, after = short(before), short(after)
    if event.what in ("created", "found", "gone", "policy"):
        shown = before or after
    elif before or after:
        shown = f"{before or '–'} → {after or '–'}"
    else:
        shown = ""
    named = event.what in ("tag", "replaced") and bool(event.detail)
    about = text.t("event.hidden") if event.detail == HIDDEN else event.detail
    return f"{about}: {shown}" if named else shown


def _verdict(event: Event, old: str, text: Text) -> str:
    """What it took the place of, why, and by which run."""
    if HIDDEN in (old, event.new):
        return text.t("event.hidden")
    key, values = json.loads(event.new)
    replaced = [text.t("event.replaces", resource=old)] if old else []
    return " · ".join((*replaced, text.said(Sentence(key, values)), text.t("event.run", run=event.detail)))


def _side(event: Event, value: str, text: Text) -> str:
    if value == HIDDEN:
        return text.t("event.hidden")
    if not value:
        return ""
    if event.what in _HBK:
        return f"HBK {value}"
    if event.what in _DATES or (event.what == "found" and event.subject.kind is Kind.DATA_KEY):
        date = text.date(int(value))
        return text.t("event.made", date=date) if event.what == "found" else date
    if event.what == "found":
        return ""
    if event.what == "state":
        return _state(value, text)
    if event.what == "status":
        return text.status(Status(value))
    if event.what == "rotation":
        return text.t("flag.yes" if value == "1" else "flag.no")
    if event.what == "period":
        return text.n("count.days", int(value))
    return value


def _plain(event: Event) -> str:
    return str(json.loads(event.new)[0]) if event.what in list(Verdict) else event.new


def _state(value: str, text: Text) -> str:
    from store.nodes import cmk_status

    return text.status(cmk_status(value, None))


def _data(event: Event, old: str) -> dict[str, Any]:
    return {
        "at": iso(event.at),
        "what": event.what,
        "kind": event.subject.kind.value,
        "path": join_path(event.path),
        "name": event.name,
        "label": event.label,
        "detail": None if event.detail == HIDDEN else event.detail,
        "old": None if old == HIDDEN else old,
        "new": None if event.new == HIDDEN else _plain(event),
        "source": event.source.value,
    }
