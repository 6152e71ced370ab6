"""What falls when? A year and a month of a branch, and the list of dates, late ones first."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.widgets import Input

from console.commands.rotations import ShowCalendar, days_of
from console.errors import ConsoleError
from console.reports import calendar as words
from console.reports.rotations import why_text
from console.text import inert
from screens import columns
from screens.data_screen import DataScreen
from screens.page import Page
from screens.widgets.banner import Hints
from screens.widgets.month_days import DayLine, MonthDays
from screens.widgets.painted import OneLine, Piece
from screens.widgets.virtual_table import VirtualTable
from screens.widgets.year_grid import Cell, YearGrid, days_in, months_on
from store.records import Kind, NodeRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.services.calendar import YearSheet
    from screens.widgets.lines import Lines

MODES = ("year", "month", "list")
EPOCH = date(1970, 1, 1).toordinal()
NAMED = 8
"""Entries whose names a day of the month shows, as far as they fit."""

WIDE = 120
"""From this many columns on the heading tells apart what is late."""

Window = tuple[int, int]


class Line(OneLine):
    """One line of pieces that is told what to say."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._left: Sequence[Piece] = ()
        self._right: Sequence[Piece] = ()

    def say(self, left: Sequence[Piece], right: Sequence[Piece] = ()) -> None:
        self._left, self._right = left, right
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        return self._left, self._right


class CalendarScreen(DataScreen):
    """Three looks at the dates of a branch; `tab` turns from one to the next, the day stays."""

    hints = "hints.calendar.year"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "turn(1)", "Year, month, list", show=False, id="calendar.turn"),
        Binding("shift+tab", "turn(-1)", "List, month, year", show=False, id="calendar.turn_back"),
        Binding("home,g", "today", "Today", show=False, id="calendar.today"),
        Binding("b", "branch", "Branch or all", show=False, id="calendar.branch"),
        Binding("w", "explain", "Why", show=False, id="calendar.explain"),
    ]

    def __init__(self, path: str = "", *, due: str = "") -> None:
        super().__init__()
        self._path, self._other = path, ""
        self._due = due
        self._only: Window | None = None
        self._from = "year"
        self.mode = "list" if due else "year"
        self.sheet: YearSheet | None = None
        self.late: tuple[int, int] | None = None
        """HBKs and data keys that are late, whenever that was: counted after the first paint."""
        self.day = 0

    def body(self) -> ComposeResult:
        text = self.console.desk.text
        self.heading, self.line = Line(id="heading"), Line(id="day")
        self.year = YearGrid(tuple(words.month_name(month, text) for month in range(1, 13)), id="year")
        self.month = MonthDays(id="month")
        self.table = VirtualTable(id="dates")
        yield self.heading
        yield self.year
        yield self.line
        yield self.month
        yield self.table

    def ready(self) -> None:
        self._dress()
        self.heading.say([(f" {self.console.desk.text.t('calendar.reading')}", "dim")])
        self._again()

    def beat(self) -> None:
        self._again()

    # ---- asking

    def _again(self) -> None:
        self.run_worker(self._load(), group="sheet", exclusive=True)

    async def _load(self) -> None:
        """Ask in a thread: the keys go on working while it counts."""
        year = self._date.year if self.day else 0
        try:
            sheet: YearSheet = await asyncio.to_thread(self.console.desk.dispatch.run, ShowCalendar(self._path, year))
        except ConsoleError as error:
            self.sheet = None
            self.heading.say([(f" {self.console.desk.text.t(error.key, **error.values)}", "bad")])
            return
        self.sheet, self.day = sheet, self.day or sheet.agenda.today
        self._fill()
        self.late = await asyncio.to_thread(sheet.agenda.late)
        self._head()

    @property
    def _date(self) -> date:
        return date.fromordinal(self.day + EPOCH)

    def _fill(self) -> None:
        """Everything anew, from the sheet of the year that the day is in."""
        if self.sheet is None or self._date.year != self.sheet.year:
            return
        self._head()
        if self.mode == "year":
            self._fill_year()
        elif self.mode == "month":
            self._fill_month()
        self._fill_table()

    def _head(self) -> None:
        text, sheet = self.console.desk.text, self.sheet
        if sheet is None:
            return
        left: list[Piece] = [(" ", "")]
        for mode in MODES:
            left += [(text.t(f"calendar.mode.{mode}"), "chosen" if mode == self.mode else "dim"), ("  ", "")]
        left += [(f" {self._span()}", "strong"), ("  ", "")]
        path = " / ".join(inert(name) for name in sheet.agenda.path) or text.t("rotations.estate")
        left.append((path, "head"))
        self.heading.say(left, [*self._late(*(self.late or (0, 0))), (" ", "")])

    def _late(self, hbks: int, keys: int) -> list[Piece]:
        text = self.console.desk.text
        if self.app.size.width < WIDE:
            return [(f"  ! {text.n('calendar.late', hbks + keys)}", "bad")] if hbks + keys else []
        found = (("late", hbks), ("aged", keys))
        return [(f"  ! {text.n(f'calendar.day.{name}', number)}", "bad") for name, number in found if number]

    def _span(self) -> str:
        """What of the time is in sight: a year, a month, a day, or all."""
        text = self.console.desk.text
        if self.mode == "year":
            return str(self._date.year)
        if self.mode == "month" or (self._only and self._only[1] - self._only[0] > 1):
            return f"{words.month_name(self._date.month, text)} {self._date.year}"
        if self._only:
            return words.named_day(self._only[0], text)
        return text.t("calendar.within", due=self._due) if self._due else text.t("calendar.all_dates")

    def _fill_year(self) -> None:
        text, sheet = self.console.desk.text, self.sheet
        if sheet is None:
            return
        cells: dict[date, Cell] = {}
        totals = [0] * 12
        for day in sheet.days.values():
            at = date.fromordinal(day.day + EPOCH)
            sign, look = words.mark(day)
            if not sign and sheet.agenda.closed(day.day):
                sign, look = "░", "accent"
            cells[at] = Cell(day.total, sign, look or ("dim" if day.total and not day.open else ""))
            totals[at.month - 1] += day.total
        today = date.fromordinal(sheet.agenda.today + EPOCH)
        shown = tuple(text.number(total) if total else "·" for total in totals)
        self.year.show(cells, shown, self._date, today)
        self._say_day()

    def _say_day(self) -> None:
        """The day under the cursor in words, and what a number stands for."""
        text, sheet = self.console.desk.text, self.sheet
        if sheet is None:
            return
        parts = list(words.day_parts(sheet.agenda, sheet.day(self.day), text)) or [(text.t("calendar.nothing"), "dim")]
        left: list[Piece] = [(f" {words.named_day(self.day, text)}  ", "strong")]
        for part in parts:
            left += [part, (" · ", "guide")]
        unit = self.year.unit
        right = [(text.t("calendar.unit", unit=unit), "dim")] if unit > 1 else []
        self.line.say(left[:-1], [*right, (" ", "")])

    def _fill_month(self) -> None:
        text, sheet = self.console.desk.text, self.sheet
        if sheet is None:
            return
        first, end = self._month()
        lines = []
        for at in range(first, end):
            day = sheet.day(at)
            sign, look = words.mark(day)
            name = f"{words.weekday(at, text)} {at - first + 1:02}"
            parts = tuple(words.day_parts(sheet.agenda, day, text))
            rests = (at + EPOCH - 1) % 7 > 4
            lines.append(DayLine(name, text.number(day.total) if day.total else "", sign, look, parts, rests))
        self.month.show(lines, lambda index: self._names(first + index), self.day - first)

    def _names(self, day: int) -> str:
        """The first of what falls on a day, by application and environment."""
        if self.sheet is None:
            return ""
        rows = self.sheet.agenda.rows(day, day + 1, past=True).window(0, NAMED)
        return ", ".join(inert(" / ".join(row.path[1:]) or row.name) for row in rows)

    def _month(self) -> Window:
        first = self._date.replace(day=1).toordinal() - EPOCH
        return first, first + days_in(self._date.year, self._date.month)

    def _fill_table(self) -> None:
        if self.sheet is None:
            return
        text, agenda = self.console.desk.text, self.sheet.agenda
        here: dict[str, Window] = {"year": (self.day, self.day + 1), "month": self._month()}
        window = here.get(self.mode, self._only)
        self.workers.cancel_group(self, "dates")
        if window is not None:
            none = "" if self.mode == "year" else text.t("calendar.no_dates")  # the line of the day says it already
            self.table.fill(agenda.rows(*window, past=True), columns.dates(agenda, text), none)
        else:
            self.run_worker(self._fill_whole(), group="dates", exclusive=True)

    async def _fill_whole(self) -> None:
        """The list of all dates, put in order in a thread."""
        if self.sheet is None:
            return
        text, agenda, days = self.console.desk.text, self.sheet.agenda, days_of(self._due)
        end = None if days is None else agenda.today + days + 1
        rows = await asyncio.to_thread(agenda.rows, end=end)
        self.table.fill(rows, columns.dates(agenda, text), text.t("calendar.no_dates"))

    # ---- keys

    def _dress(self) -> None:
        """Show the widgets and the hints of this mode, and focus it unless somebody is typing."""
        for mode in MODES:
            self.set_class(mode == self.mode, f"-{mode}")
        hints = self.query_one(Hints)
        hints.hints = self.console.desk.text.t(f"hints.calendar.{self.mode}")
        hints.refresh()
        if not isinstance(self.focused, Input):
            self.set_focus({"year": self.year, "month": self.month}.get(self.mode, self.table))

    def _become(self, mode: str, only: Window | None = None) -> None:
        self.mode, self._only = mode, only
        self._dress()
        self._fill()

    def action_turn(self, step: int) -> None:
        self._due = ""
        self._become(MODES[(MODES.index(self.mode) + step) % len(MODES)])
        if self.mode == "list":
            self.table.go(0)

    def action_today(self) -> None:
        if self.mode == "list":
            self.table.action_edge(-1)
        elif self.sheet is not None:
            self._go(date.fromordinal(self.sheet.agenda.today + EPOCH))

    def action_branch(self) -> None:
        """From the branch to all in sight, and back."""
        self._path, self._other, self.late = self._other, self._path, None
        self._again()

    def action_explain(self) -> None:
        """Why the date under the cursor is so; in the year and the month what the signs mean."""
        if self.sheet is None:
            return
        text, agenda = self.console.desk.text, self.sheet.agenda
        row = self.table.chosen if self.mode == "list" else None
        title = text.t("calendar.why" if row is not None else "calendar.legend")
        if row is None:
            lines = words.settings_text(agenda, text)
        else:
            read = text.t("calendar.read_at", moment=text.clock(row.read_at or None))
            lines = [
                f"{text.date(row.date)}  {' / '.join((*row.path, row.name))}",
                "",
                *why_text(agenda, row, text),
                "",
                read,
            ]
        self.app.push_screen(Page(title, "\n".join(map(inert, lines))))

    def _go(self, there: date) -> None:
        """Stand on this day; another year is asked for."""
        year = self._date.year
        self.day = there.toordinal() - EPOCH
        if there.year != year:
            self._again()
        else:
            self._fill()

    def on_year_grid_went(self, event: YearGrid.Went) -> None:
        event.stop()
        self._go(event.date)

    def on_year_grid_opened(self, event: YearGrid.Opened) -> None:
        event.stop()
        self._open_day()

    def on_month_days_turned(self, event: MonthDays.Turned) -> None:
        event.stop()
        self._go(months_on(self._date, event.step))

    def on_lines_moved(self, event: Lines.Moved) -> None:
        if event.lines is self.month and self.mode == "month":
            event.stop()
            self.day = self._month()[0] + self.month.cursor

    def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        if event.lines is self.month:
            self._open_day()
        elif (row := self.table.chosen) is not None:
            self.console.go_to(NodeRef(Kind.CMK, row.cmk_id))

    def _open_day(self) -> None:
        self._from = self.mode
        self._become("list", (self.day, self.day + 1))

    # ---- what others ask

    def filterable(self) -> VirtualTable:
        return self.table

    def filtered(self, text: str) -> None:
        """A filter is for the list: that of the month, where the month is shown."""
        if self.mode != "list" and text:
            self._from = self.mode
            self._become("list", self._month() if self.mode == "month" else (self.day, self.day + 1))
        self.table.sift(text)

    def unfilter(self) -> bool:
        """Out of a filter, then out of a day's list."""
        if super().unfilter():
            return True
        if self._only is None:
            return False
        self._become(self._from)
        return True

    def at(self) -> str:
        return self._path

    def stands_on(self) -> NodeRef | None:
        row: Any = self.table.chosen if self.mode == "list" else None
        return NodeRef(Kind.CMK, row.cmk_id) if row is not None else None

    def again(self) -> CalendarScreen:
        return CalendarScreen(self._path, due=self._due)
