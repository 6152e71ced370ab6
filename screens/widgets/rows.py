"""Where a table's rows come from, and in which order: short lists are arranged here, long ones by whoever has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from screens.sift import holds, words_of
from store.narrow import Asked, Order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from screens.widgets.painted import Piece

PIECE = 256
"""Rows read at once of a list that is read whole, so that it can be left in between."""


class StoppedError(Exception):
    """Nobody waits for the rows any more."""


class Rows(Protocol):
    """A list of rows, of which windows are read as they come into sight."""

    def count(self) -> int: ...
    def window(self, start: int, stop: int) -> Sequence[Any]: ...


@runtime_checkable
class Narrowing(Protocol):
    """Rows that filter and sort themselves, at any length."""

    def narrowed(self, asked: Asked, stop: Callable[[], bool]) -> Rows:
        """What was asked for, in its order. Runs in a thread; as soon as `stop` says so nobody waits for it.

        Raises ConsoleError.
        """

    def those(self, ids: Iterable[Any]) -> Sequence[Any]:
        """The rows with these ids that are in the list still, filtered out or not."""


@runtime_checkable
class Placed(Protocol):
    """Rows that know where one of theirs stands."""

    def at(self, id_: Any) -> int | None: ...


def identity(row: Any) -> Any:
    """What stays the same about a row when its values change: the node or record behind it."""
    return getattr(row, "id", None) or getattr(row, "ref", None) or row


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `cell` gives a row's piece; `width` in cells, 0 takes its `share` of what is left; `order` sorts. A
    table of less than `least` cells leaves it out.

    `told` says in a cell's words a value of the store, where rows that filter themselves hold such a value.
    """

    key: str
    label: str
    width: int
    cell: Callable[[Any], Piece]
    order: Callable[[Any], Any]
    wide_only: bool = False
    share: int = 1
    told: Callable[[Any], str] | None = None
    least: int = 0


class Held:
    """Rows in memory, as a source."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows = rows

    def count(self) -> int:
        return len(self.rows)

    def window(self, start: int, stop: int) -> Sequence[Any]:
        return self.rows[start:stop]

    def at(self, id_: Any) -> int | None:
        return next((index for index, row in enumerate(self.rows) if identity(row) == id_), None)


def asked_of(columns: Sequence[Column], text: str, sort: int | None, *, down: bool) -> Asked:
    """A filter as typed, and the number of the column that sorts."""
    named = {column.label.strip().casefold(): column.key for column in columns if column.label.strip()}
    named |= {column.key: column.key for column in columns}
    order = None if sort is None else Order(columns[sort].key, down)
    told = {column.key: column.told for column in columns if column.told is not None}
    return Asked(words_of(text, named), order, tuple(column.key for column in columns), told)


def arranged(rows: Sequence[Any], columns: Sequence[Column], asked: Asked) -> list[Any]:
    """The rows that answer, in their order."""
    found = list(rows)
    if asked.words:
        found = [row for row in found if holds(asked.words, _cells(columns, row))]
    if asked.order is not None:
        order = next(column.order for column in columns if column.key == asked.order.column)
        found.sort(key=order, reverse=asked.order.down)
    return found


def _cells(columns: Sequence[Column], row: Any) -> dict[str, str]:
    return {column.key: column.cell(row)[0].casefold() for column in columns}


def whole(source: Rows, stop: Callable[[], bool]) -> list[Any]:
    """All rows, read piece by piece. Raises StoppedError."""
    rows: list[Any] = []
    for start in range(0, source.count(), PIECE):
        if stop():
            raise StoppedError
        rows += source.window(start, start + PIECE)
    return rows
