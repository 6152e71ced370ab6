"""Rows of any number in columns: windows are asked for as they come into sight; sort, filter and marks on top."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding

from screens.sift import sifted
from screens.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from screens.widgets.painted import Piece

WINDOW = 128
KEPT = 64
HELD = 20_000
"""Rows that are sorted and filtered in memory; more are shown in their own order only."""


NEAR = 512
"""How far from where it was a chosen row is looked for after a refresh."""


def identity(row: Any) -> Any:
    """What stays the same about a row when its values change: the node or record behind it."""
    return getattr(row, "id", None) or getattr(row, "ref", None) or row


class Rows(Protocol):
    """Where rows come from."""

    def count(self) -> int: ...
    def window(self, start: int, stop: int) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `cell` gives a row's piece; `width` in cells, 0 takes its `share` of what is left; `order` sorts."""

    key: str
    label: str
    width: int
    cell: Callable[[Any], Piece]
    order: Callable[[Any], Any]
    wide_only: bool = False
    share: int = 1


class Held:
    """Rows in memory, as a source."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows = rows

    def count(self) -> int:
        return len(self.rows)

    def window(self, start: int, stop: int) -> Sequence[Any]:
        return self.rows[start:stop]


class VirtualTable(Lines):
    """A table over a source of rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", show=False, id="table.mark"),
        Binding("shift+right", "sort(1)", "Sort right", show=False, id="table.sort_right"),
        Binding("shift+left", "sort(-1)", "Sort left", show=False, id="table.sort_left"),
        Binding("O", "turn", "Turn", show=False, id="table.turn"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.columns: tuple[Column, ...] = ()
        self.marked: set[int] = set()
        self.empty = ""
        self._source: Rows = Held(())
        self._whole: Rows = self._source
        self._pages: OrderedDict[int, Sequence[Any]] = OrderedDict()
        self._count = 0
        self._sort: int | None = None
        self._down = False
        self._filter = ""

    def fill(self, source: Rows, columns: Sequence[Column], empty: str = "") -> None:
        """Show these rows; sort, filter and cursor stay when the columns are the same."""
        same = tuple(c.key for c in columns) == tuple(c.key for c in self.columns)
        self.columns, self._whole, self.empty = tuple(columns), source, empty
        if not same:
            self.cursor = self.top = 0
            self._sort, self._down, self._filter = None, False, ""
        chosen = self.chosen if same else None
        self.marked.clear()
        self._arrange()
        if chosen is not None:
            self._find(chosen)

    def _find(self, chosen: Any) -> None:
        """Stand on the row that `chosen` has become, if it is near: rows came or went above it."""
        for step in range(NEAR):
            for index in {self.cursor - step, self.cursor + step}:
                row = self.row(index) if 0 <= index < self._count else None
                if row is not None and identity(row) == identity(chosen):
                    self.go(index, keep=self.cursor - self.top)
                    return

    def _arrange(self) -> None:
        source = self._whole
        if (self._sort is not None or self._filter) and source.count() <= HELD:
            rows = list(source.window(0, source.count()))
            if self._filter:
                rows = sifted(rows, self._filter, self._words)
            if self._sort is not None:
                rows.sort(key=self.columns[self._sort].order, reverse=self._down)
            source = Held(rows)
        self._source, self._count = source, source.count()
        self._pages.clear()
        self.changed()

    def _words(self, row: Any) -> dict[str, str]:
        cells = {column: column.cell(row)[0] for column in self.columns}
        named = {column.label.casefold(): cell for column, cell in cells.items()}
        return named | {column.key: cell for column, cell in cells.items()}

    @property
    def sifted(self) -> bool:
        """Whether a filter is at work."""
        return bool(self._filter)

    def sift(self, text: str) -> None:
        """Only the rows that answer to the filter."""
        self._filter = text.strip()
        self.marked.clear()
        self._arrange()

    def length(self) -> int:
        return self._count

    def row(self, index: int) -> Any:
        """The row at `index`, or None when it has just gone."""
        page = self._pages.get(index // WINDOW)
        if page is None:
            start = index // WINDOW * WINDOW
            page = self._pages[index // WINDOW] = self._source.window(start, start + WINDOW)
            if len(self._pages) > KEPT:
                self._pages.popitem(last=False)
        within = index % WINDOW
        return page[within] if within < len(page) else None

    @property
    def chosen(self) -> Any:
        return self.row(self.cursor) if self._count else None

    def taken(self) -> list[Any]:
        """The marked rows, or all of them where none is marked; for an export."""
        indexes = sorted(self.marked) or range(self._count)
        return [row for row in map(self.row, indexes) if row is not None]

    # ---- keys

    def action_mark(self) -> None:
        self.marked ^= {self.cursor}
        self._repaint(self.cursor)
        self.go(self.cursor + 1)

    def action_sort(self, step: int) -> None:
        """The next column to the side becomes the order; past the last one, the rows' own order."""
        at = -1 if self._sort is None else self._sort
        at = (at + 1 + step) % (len(self.columns) + 1) - 1
        self._sort = None if at < 0 else at
        self.marked.clear()
        self._arrange()

    def action_turn(self) -> None:
        self._down = not self._down
        self.marked.clear()
        self._arrange()

    # ---- painting

    def _widths(self, width: int) -> list[tuple[int, Column, int]]:
        shown = [(at, c) for at, c in enumerate(self.columns) if width >= 80 or not c.wide_only]
        fixed = sum(c.width + 2 for _, c in shown if c.width)
        shares = sum(c.share for _, c in shown if not c.width)
        free = width - 2 - fixed
        return [(at, c, c.width or max(8, free * c.share // shares - 2)) for at, c in shown]

    def header(self, width: int) -> Sequence[Piece] | None:
        if not self.columns:
            return None
        cells = ["  "]
        for at, column, size in self._widths(width - 1):
            arrow = ("↓" if self._down else "↑") if at == self._sort else ""
            cells.append(set_cell_size(column.label + arrow, size) + "  ")
        return [("".join(cells), "head")]

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        row = self.row(index)
        if row is None:
            return ((" ", ""),), ()
        pieces: list[Piece] = [("› " if index in self.marked else "  ", "accent")]
        for _, column, size in self._widths(width):
            text, name = column.cell(row)
            if cell_len(text) > size:
                text = set_cell_size(text, size - 1) + "…"
            pieces.append((set_cell_size(text, size) + "  ", name))
        return pieces, ()
