"""Dates as an RFC 5545 file: all-day events that keep their identity, so that reading it in again updates them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from console.reports.rotations import state_text, why_text
from console.services.calendar import date_of, day_of
from console.text import inert
from store.dates import Due

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icalendar import Event

    from console.services.calendar import Agenda
    from console.text import Text
    from store.dates import Entry

PRODUCT = "-//kms-console//HBK calendar//EN"
SPACE = uuid.UUID("6f0d3f6e-2a0b-5a7c-9a39-6b6d73630001")
"""The space of our events' names: one CMK has the same in every file."""


def ics(agenda: Agenda, entries: Iterable[Entry], text: Text) -> str:
    """The file, in UTF-8 with CRLF. Tenants' words are inert; what AWS will not do is marked as tentative."""
    from icalendar import Calendar

    whole = Calendar()
    whole.add("PRODID", PRODUCT)
    whole.add("VERSION", "2.0")
    whole.add("X-WR-CALNAME", text.t("ics.name", branch=" / ".join(agenda.path) or text.t("rotations.estate")))
    for entry in entries:
        whole.add_component(_event(agenda, entry, text))
    written: bytes = whole.to_ical(sorted=False)
    return written.decode()


def _event(agenda: Agenda, entry: Entry, text: Text) -> Event:
    from icalendar import Event

    day = date_of(day_of(entry.date or 0))
    where = " / ".join(inert(name) for name in (*entry.path, entry.name))
    event = Event()
    event.add("UID", _identity(entry))
    event.add("DTSTAMP", datetime.fromtimestamp(agenda.now, UTC))
    event.add("DTSTART", day)
    event.add("DTEND", day + timedelta(days=1))
    event.add("SUMMARY", text.t(f"ics.{entry.kind.lower()}", where=where))
    lines = [state_text(entry, text), *why_text(agenda, entry, text), entry.arn]
    event.add("DESCRIPTION", "\n".join(inert(line) for line in lines))
    event.add("CATEGORIES", ["KMS", text.t(f"due.{entry.state}")])
    event.add("TRANSP", "TRANSPARENT")
    event.add("STATUS", "TENTATIVE" if entry.state in (Due.PAUSED, Due.AT_ONCE) else "CONFIRMED")
    return event


def _identity(entry: Entry) -> str:
    """Of an HBK its CMK and generation, of an age its CMK: both outlive a change of the date."""
    part = "age" if entry.limit else f"hbk-{entry.generation}"
    return f"{uuid.uuid5(SPACE, f'{entry.arn}#{part}')}@kms-console"
