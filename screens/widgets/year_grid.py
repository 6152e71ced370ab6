"""A year as a timetable: a month a line, a day a cell with its number and sign; a cursor walks by day and month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip

from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.style import Style
    from textual import events
    from textual.binding import BindingType

LABEL, TOTAL = 5, 8
"""Columns for the name of a month, and for how many dates it has."""

WIDEST = 5
UNITS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True, slots=True)
class Cell:
    """One day: how many dates, its sign, and how both look."""

    number: int = 0
    mark: str = ""
    look: str = ""


NOTHING = Cell()


class YearGrid(Painted, can_focus=True):
    """Cells by (month, day). The cursor may leave the year: whoever listens to `Went` shows another one then."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "day(-1)", "Day before", show=False, id="year.left"),
        Binding("right,l", "day(1)", "Day after", show=False, id="year.right"),
        Binding("up,k", "month(-1)", "Month before", show=False, id="year.up"),
        Binding("down,j", "month(1)", "Month after", show=False, id="year.down"),
        Binding("pageup", "month(-12)", "Year before", show=False, id="year.pageup"),
        Binding("pagedown", "month(12)", "Year after", show=False, id="year.pagedown"),
        Binding("enter", "open", "Open", show=False, id="year.open"),
    ]

    class Went(Message):
        """The cursor was sent to this date."""

        def __init__(self, date: date) -> None:
            super().__init__()
            self.date = date

    class Opened(Message):
        """Enter, or a click on the cursor's day."""

    def __init__(self, months: tuple[str, ...], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._months = months
        self.cursor = date(1970, 1, 1)
        self.today = date(1970, 1, 1)
        self.cells: Mapping[date, Cell] = {}
        self.totals: tuple[str, ...] = ("",) * 12

    def show(self, cells: Mapping[date, Cell], totals: tuple[str, ...], cursor: date, today: date) -> None:
        """These cells, of the year that the cursor is in."""
        self.cells, self.totals, self.cursor, self.today = cells, totals, cursor, today
        self.refresh()

    # ---- moving

    def action_day(self, step: int) -> None:
        ordinal = self.cursor.toordinal() + step
        if date.min.toordinal() <= ordinal <= date.max.toordinal():
            self.post_message(self.Went(date.fromordinal(ordinal)))

    def action_month(self, step: int) -> None:
        self.post_message(self.Went(months_on(self.cursor, step)))

    def action_open(self) -> None:
        self.post_message(self.Opened())

    def on_click(self, event: events.Click) -> None:
        day = (event.x - LABEL) // self.size_of_cell + 1
        if not 1 <= event.y <= 12 or not 1 <= day <= days_in(self.cursor.year, event.y):
            return
        there = date(self.cursor.year, event.y, day)
        self.post_message(self.Opened() if there == self.cursor else self.Went(there))

    # ---- painting

    @property
    def size_of_cell(self) -> int:
        return max(2, min(WIDEST, (self.size.width - LABEL - TOTAL) // 31))

    @property
    def unit(self) -> int:
        """What one stands for in a cell, so that the largest number of the year fits."""
        room = 10 ** min(3, self.size_of_cell - 1) - 1
        most = max((cell.number for cell in self.cells.values()), default=0)
        return next((unit for unit in UNITS if -(-most // unit) <= room), UNITS[-1])

    def render_line(self, y: int) -> Strip:
        width, base = self.size.width, self.look("")
        if y > 12:
            return Strip.blank(width, base)
        return (self._head() if y == 0 else self._month(y)).adjust_cell_length(width, base)

    def _head(self) -> Strip:
        size = self.size_of_cell
        named = [f"{day:>{size - 1}} " if size > 2 or day in (1, 5) else " " * size for day in range(1, 32)]
        if size == 2:
            for day in (10, 15, 20, 25, 30):
                named[day - 1] = f"{day:>2}"
        return Strip([Segment(" " * LABEL + "".join(named), self._on("head"))])

    def _month(self, month: int) -> Strip:
        year, size, unit, base = self.cursor.year, self.size_of_cell, self.unit, self.look("")
        own = month == self.cursor.month
        cells = [Segment(f" {self._months[month - 1]:<{LABEL - 1}}", self._on("strong" if own else "head"))]
        days = range(1, days_in(year, month) + 1)
        cells += [self._cell(date(year, month, day), size, unit) for day in days]
        cells.append(Segment(" " * size * (31 - days_in(year, month)), base))
        cells.append(Segment(f"{self.totals[month - 1]:>{TOTAL - 1}}", self._on("strong" if own else "dim")))
        return Strip(cells)

    def _on(self, look: str) -> Style:
        return self.look("") + self.look(look)

    def _cell(self, day: date, size: int, unit: int) -> Segment:
        cell = self.cells.get(day, NOTHING)
        number = str(-(-cell.number // unit)) if cell.number else "·"
        shown = f"{number:>{size - 1}}{cell.mark or ' '}" if cell.number or not cell.mark else cell.mark * size
        look = cell.look or ("" if cell.number else "guide")
        style = self.look("") + self.look(look) if look else self.look("")
        if day == self.today:
            style += self.look("today")
        if day == self.cursor:
            style += self.look("cursor" if self.has_focus else "rest")
            if self.has_focus:
                at = Offset(LABEL + (day.day - 1) * size, day.month)
                self.app.cursor_position = self.content_region.offset + at
        return Segment(shown, style)

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.refresh()


def days_in(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - date(year, month, 1)).days


def months_on(day: date, step: int) -> date:
    """The same day so many months on, or the last of that month."""
    at = day.year * 12 + day.month - 1 + step
    year, month = max(1970, min(at // 12, 9998)), at % 12 + 1
    return date(year, month, min(day.day, days_in(year, month)))
