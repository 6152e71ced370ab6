"""Wishes about dates: what rotates or grows too old when, and what rotated when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.calendar import Agenda, DateRows, YearSheet
    from console.services.catalog import RotationRows
    from store.records import NodeRef


@dataclass(frozen=True, slots=True)
class DateFile:
    """Dates to be written as a calendar file; `-` is stdout."""

    rows: DateRows
    target: str


@dataclass(frozen=True, slots=True)
class ListRotations(Command):
    """Coming dates of HBKs and data keys (late ones first) or, with `history`, past HBKs (newest first).

    `due` limits coming dates to those within so many days (`90d`); `ics` names a file for other calendars.
    """

    name: ClassVar[str] = "rotations"
    path: str = option("", positional=True)
    due: str = option("", metavar="90d")
    history: bool = option(default=False)
    ics: str = option("", metavar="FILE")
    ref: NodeRef | None = None

    def run(self, services: Services, listen: Callable[[Any], None]) -> RotationRows | DateRows | DateFile:
        within = self.ref if self.ref is not None else services.catalog.branch(self.path)
        days = days_of(self.due)
        if self.history and self.ics:
            raise UsageError("usage.ics_history")
        if self.history:
            return services.catalog.rotations(within, days=days, history=True)
        agenda = _agenda(services, within)
        rows = agenda.rows(end=None if days is None else agenda.today + days + 1)
        return DateFile(rows, self.ics) if self.ics else rows


@dataclass(frozen=True, slots=True)
class ShowCalendar(Command):
    """A year (0: this one) of a branch, day by day, ready to be asked for the entries of any window."""

    name: ClassVar[str] = "calendar"
    path: str = ""
    year: int = 0

    def run(self, services: Services, listen: Callable[[Any], None]) -> YearSheet:
        from console.services.calendar import year_sheet

        return year_sheet(_agenda(services, services.catalog.branch(self.path)), self.year)


def _agenda(services: Services, within: NodeRef | None) -> Agenda:
    from console.services.calendar import agenda

    return agenda(services.store, services.settings, services.catalog, within)


def days_of(text: str) -> int | None:
    """`90d`, `12w` or `90` as days; None for ''."""
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,5})([dw]?)", text.strip())
    if not match:
        raise UsageError("usage.days", value=text)
    return int(match[1]) * (7 if match[2] == "w" else 1)
