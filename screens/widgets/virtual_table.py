"""Rows of any number in columns: windows are asked for as they come into sight; sort, filter and marks on top."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding
from textual.message import Message

from console.errors import ConsoleError, from_store
from screens.widgets.lines import Lines
from screens.widgets.rows import (
    Column,
    Held,
    Narrowing,
    Placed,
    Rows,
    StoppedError,
    arranged,
    asked_of,
    identity,
    whole,
)
from store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from screens.widgets.painted import Piece
    from store.narrow import Asked

__all__ = ["Column", "Held", "Rows", "VirtualTable"]

WINDOW = 128
KEPT = 64
FEW = 500
"""Rows that are sorted and filtered at once; more are in a thread, which the next key leaves behind."""

MOST = 200_000
"""Rows that are read whole to be sorted and filtered; of more only those that do it themselves are."""

NEAR = 512
"""How far from where it was a chosen row is looked for after a refresh."""


class VirtualTable(Lines):
    """A table over a source of rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "Mark", show=False, id="table.mark"),
        Binding("shift+right", "sort(1)", "Sort right", show=False, id="table.sort_right"),
        Binding("shift+left", "sort(-1)", "Sort left", show=False, id="table.sort_left"),
        Binding("O", "turn", "Turn", show=False, id="table.turn"),
    ]

    class Failed(Message):
        """The rows could not be filtered or sorted; they stay as they were."""

        def __init__(self, error: ConsoleError) -> None:
            super().__init__()
            self.error = error

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.columns: tuple[Column, ...] = ()
        self.marked: dict[Any, Any] = {}
        """By identity the rows that were marked, as they were last seen."""
        self.empty = ""
        self._source: Rows = Held(())
        self._whole: Rows = self._source
        self._read: Held | None = None
        self._pages: OrderedDict[int, Sequence[Any]] = OrderedDict()
        self._count = 0
        self._sort: int | None = None
        self._down = False
        self._filter = ""
        self._at_work: Asked | None = None
        self._late = False

    def fill(self, source: Rows, columns: Sequence[Column], empty: str = "", *, other: bool = False) -> None:
        """Show these rows; sort, filter and cursor stay when the columns are the same, and marks unless they are of
        something `other` than before.
        """
        same = tuple(c.key for c in columns) == tuple(c.key for c in self.columns)
        self.columns, self._whole, self.empty, self._read = tuple(columns), source, empty, None
        chosen = self.chosen if same else None
        if other:
            self.marked.clear()
        if not same:
            self.cursor = self.top = 0
            self._sort, self._down, self._filter = None, False, ""
        elif self._at_work is not None and not other:
            # What a key asked for comes first, however often the store beats meanwhile.
            self._late = True
            self._pages.clear()
            self.refresh()
            return
        self._arrange(chosen)

    def unmark(self) -> None:
        """None is marked any more: they were of other rows, or what they were for is done."""
        self.marked.clear()
        self.refresh()

    def _find(self, chosen: Any) -> None:
        """Stand on the row that `chosen` has become: where its source says, else near, for rows came or went."""
        if isinstance(self._source, Placed):
            index = self._source.at(identity(chosen))
            if index is not None:
                self.go(index, keep=self.cursor - self.top)
            return
        for step in range(NEAR):
            for index in {self.cursor - step, self.cursor + step}:
                row = self.row(index) if 0 <= index < self._count else None
                if row is not None and identity(row) == identity(chosen):
                    self.go(index, keep=self.cursor - self.top)
                    return

    # ---- filter and order

    def _arrange(self, chosen: Any = None) -> None:
        """The rows as they are wanted now: at once where they are few, else as soon as a thread has them."""
        asked = asked_of(self.columns, self._filter, self._sort, down=self._down)
        source, count = self._whole, self._whole.count()
        self.workers.cancel_group(self, "arrange")
        self._at_work, self._late = None, False
        if asked.nothing or (count > MOST and not isinstance(source, Narrowing)):
            self._settle(source, chosen)
        elif count <= FEW:
            self._settle(Held(arranged(source.window(0, count), self.columns, asked)), chosen)
        else:
            self._at_work = asked
            self.refresh()
            self.run_worker(self._arrange_beside(asked, source, chosen), group="arrange", exclusive=True)

    async def _arrange_beside(self, asked: Asked, source: Rows, chosen: Any) -> None:
        """In a thread: the keys go on working, and the next of them that asks something else ends it."""
        left = Event()
        try:
            rows = await asyncio.to_thread(self._arranged, asked, source, left)
        except (ConsoleError, StoreError) as error:
            self._at_work = None
            self.post_message(self.Failed(from_store(error) if isinstance(error, StoreError) else error))
        else:
            self._at_work = None
            self._settle(rows, chosen)
            self.post_message(self.Moved(self))
        finally:
            left.set()
        if self._late:
            self._arrange(self.chosen)

    def _arranged(self, asked: Asked, source: Rows, left: Event) -> Rows:
        if isinstance(source, Narrowing):
            return source.narrowed(asked, left.is_set)
        read = self._read or Held(whole(source, left.is_set))
        if left.is_set():
            raise StoppedError
        self._read = read if source is self._whole else None
        return Held(arranged(read.rows, self.columns, asked))

    def _settle(self, source: Rows, chosen: Any) -> None:
        self._source, self._count = source, source.count()
        self._pages.clear()
        self.changed()
        if chosen is not None:
            self._find(chosen)

    @property
    def sifted(self) -> bool:
        """Whether a filter is at work."""
        return bool(self._filter)

    def sift(self, text: str) -> None:
        """Only the rows that answer to the filter."""
        self._filter = text.strip()
        self._arrange()

    def length(self) -> int:
        return self._count

    def instead(self) -> str:
        return "" if self._at_work is not None else self.unfound if self._filter else self.empty

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
        """The marked rows as they are now, also those that a filter hides; all that are shown where none is marked."""
        if not self.marked:
            return [row for row in map(self.row, range(self._count)) if row is not None]
        if isinstance(self._whole, Narrowing):
            return list(self._whole.those(self.marked))
        if self._whole.count() > MOST:
            return list(self.marked.values())
        read = self._read.rows if self._read is not None else self._whole.window(0, self._whole.count())
        return [row for row in read if identity(row) in self.marked]

    # ---- keys

    def action_mark(self) -> None:
        row = self.chosen
        if row is None:
            return
        if self.marked.pop(identity(row), None) is None:
            self.marked[identity(row)] = row
        self.refresh()
        self.go(self.cursor + 1)

    def action_sort(self, step: int) -> None:
        """The next column to the side becomes the order; past the last one, the rows' own order."""
        at = -1 if self._sort is None else self._sort
        at = (at + 1 + step) % (len(self.columns) + 1) - 1
        self._sort = None if at < 0 else at
        self._arrange()

    def action_turn(self) -> None:
        self._down = not self._down
        self._arrange()

    # ---- painting

    def _widths(self, width: int) -> list[tuple[int, Column, int]]:
        shown = [(at, c) for at, c in enumerate(self.columns) if width >= max(c.least, 80 * c.wide_only)]
        fixed = sum(c.width + 2 for _, c in shown if c.width)
        shares = sum(c.share for _, c in shown if not c.width)
        free = width - 2 - fixed
        return [(at, c, c.width or max(8, free * c.share // shares - 2)) for at, c in shown]

    def header(self, width: int) -> Sequence[Piece] | None:
        if not self.columns:
            return None
        cells = [self._gutter()]
        for at, column, size in self._widths(width - 1):
            arrow = ("↓" if self._down else "↑") if at == self._sort else ""
            cells.append(set_cell_size(column.label + arrow, size) + "  ")
        return [("".join(cells), "head")]

    def _gutter(self) -> str:
        """Above the marks: that rows are being looked for, else how many are marked, in sight or not."""
        if self._at_work is not None:
            return "… "
        return f"›{len(self.marked) if len(self.marked) < 10 else '+'}" if self.marked else "  "

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        row = self.row(index)
        if row is None:
            return ((" ", ""),), ()
        pieces: list[Piece] = [("› " if self.marked and identity(row) in self.marked else "  ", "accent")]
        for _, column, size in self._widths(width):
            text, name = column.cell(row)
            if cell_len(text) > size:
                text = set_cell_size(text, size - 1) + "…"
            pieces.append((set_cell_size(text, size) + "  ", name))
        return pieces, ()
