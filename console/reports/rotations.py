"""Dates of HBKs and data keys, coming and past, as a report and as a file for other calendars."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from console.commands.rotations import DateFile
from console.reports.report import Report, iso
from console.services.calendar import Agenda, DateRows
from console.text.paths import join_path

if TYPE_CHECKING:
    from console.services.calendar import Reason
    from console.services.catalog import RotationRows
    from console.text import Text
    from store.answers import Rotation
    from store.dates import Entry


def rotations(found: RotationRows | DateRows | DateFile, text: Text) -> Report:
    if isinstance(found, DateFile):
        return _file(found, text)
    return _dates(found, text) if isinstance(found, DateRows) else _past(found, text)


def _file(found: DateFile, text: Text) -> Report:
    from console.reports.ics import ics

    entries = [entry for entry in found.rows.all() if entry.date is not None]
    notes = () if found.target == "-" else (text.n("ics.written", len(entries), path=found.target),)
    return Report(None, notes=notes, file=ics(found.rows.agenda, entries, text), target=found.target)


def _dates(found: DateRows, text: Text) -> Report:
    entries = list(found.all())
    headers = tuple(text.t(f"column.{name}") for name in ("date", "rotation", "path", "cmk", "note"))
    note = partial(note_text, found.agenda, text=text)
    rows = tuple((text.when(e.date), state_text(e, text), " / ".join(e.path), e.name, note(e)) for e in entries)
    data = [_entry_data(found.agenda, entry, text) for entry in entries]
    return Report(data, headers, rows, notes=() if entries else (text.t("rotations.nothing"),))


def state_text(entry: Entry, text: Text) -> str:
    """`! achterstallig`: a sign and the word for how it stands with a date."""
    return f"{SIGNS[entry.state]} {text.t(f'due.{entry.state}')}"


SIGNS = {
    "scheduled": "·", "overdue": "!", "in_progress": "◐", "paused": "‖", "at_once": "‖", "off": "○", "none": "✕",
    "not_applicable": "–", "unknown": "?", "done": "✓", "aging": "△", "aged": "▲",
}  # fmt: skip
"""One sign per state; the word stands beside it."""


def note_text(agenda: Agenda, entry: Entry, text: Text) -> str:
    """In a few words what else there is to a date: `botsing: 5 in deze toepassing · bevroren: Eindejaar`."""
    parts = []
    if where := agenda.clash(entry):
        number = entry.on_application if where == "application" else entry.on_tenant
        parts.append(text.t(f"calendar.clash_{where}", number=number))
    if (freeze := agenda.freeze(entry)) is not None:
        parts.append(text.t("calendar.frozen", reason=freeze.reason or text.t("calendar.no_reason")))
    if entry.kind == "DATA_KEY_AGE":
        parts.append(text.n("calendar.number", entry.number, limit=entry.limit))
    elif entry.note and entry.note != "rotation.overdue":
        parts.append(text.t(entry.note))
    if entry.on_demand_used and entry.limit == 0:
        parts.append(text.t("calendar.left", left=agenda.on_demand_left(entry), limit=agenda.on_demand_limit))
    return " · ".join(parts)


def sentence(reason: Reason, text: Text) -> str:
    """A reason in words, its moments as dates."""
    key, values = reason
    shown = {k: text.date(int(v)) if k in ("date", "oldest") else v for k, v in values}
    return text.t(key, **shown)


def why_text(agenda: Agenda, entry: Entry, text: Text) -> list[str]:
    return [sentence(reason, text) for reason in agenda.why(entry)]


def _entry_data(agenda: Agenda, entry: Entry, text: Text) -> dict[str, Any]:
    freeze = agenda.freeze(entry)
    return {
        "path": join_path(entry.path),
        "key_id": entry.key_id,
        "name": entry.name,
        "date": iso(entry.date),
        "type": entry.kind,
        "generation": entry.generation,
        "material_id": entry.material_id,
        "note": entry.note,
        "stale": entry.stale,
        "state": entry.state.value,
        "why": why_text(agenda, entry, text),
        "on_demand_left": agenda.on_demand_left(entry),
        "on_demand_limit": agenda.on_demand_limit,
        "clash": agenda.clash(entry) or None,
        "same_day": {"application": entry.on_application, "tenant": entry.on_tenant},
        "freeze": None if freeze is None else freeze.reason,
        "oldest_data_key": iso(entry.oldest),
        "age_limit_days": entry.limit or None,
        "data_keys": entry.number if entry.limit else None,
    }


def _past(found: RotationRows, text: Text) -> Report:
    entries = list(found.all())
    data = [_rotation_data(entry) for entry in entries]
    headers = tuple(text.t(f"column.{name}") for name in ("date", "rotation", "path", "cmk", "note"))
    rows = tuple(
        (text.when(e.date), _type(e, text), " / ".join(e.path), e.name, text.t(e.note) if e.note else "")
        for e in entries
    )
    return Report(data, headers, rows, notes=() if entries else (text.t("rotations.nothing"),))


def _type(entry: Rotation, text: Text) -> str:
    return text.t(f"rotation.type.{entry.rotation_type.lower() or 'none'}")


def _rotation_data(entry: Rotation) -> dict[str, Any]:
    return {
        "path": join_path(entry.path),
        "key_id": entry.key_id,
        "name": entry.name,
        "date": iso(entry.date),
        "type": entry.rotation_type,
        "generation": entry.generation,
        "material_id": entry.material_id,
        "note": entry.note,
        "stale": entry.stale,
    }
