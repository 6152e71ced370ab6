"""A filter and an order as SQL: ids of the rows that answer, in their order, of any list whose cells are expressions.

Every expression is a constant of `store.cells`, and gives what a row shows to this session: a filter cannot tell
what is not shown. What people typed is always a value.
"""
# ruff: noqa: S608 - statements are put together from constants; what people type is always a value

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping

    from store.narrow import Asked, Word
    from store.sight import Sight

STEPS = 5_000
"""Steps of SQLite's machine between two looks at whether somebody still waits: well below a millisecond."""

SAID = 100_000
"""Values that are remembered in words: most are few, and said often."""

_DATED = frozenset("0123456789-: ")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a column holds: SQL of its text, or of the value that `Asked.told` says in words.

    `order` is what it is sorted by, else its text, folded. `dated`: digits only.
    """

    shown: str
    order: tuple[str, ...] = ()
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: which rows (`FROM … WHERE …`), the expression of their id, their own order, and their cells."""

    rows: str
    id: str
    order: str
    cells: Mapping[str, Cell]


class Places:
    """Paths of places, read once and joined as cells show them; `seen` leaves out those that are somebody else's."""

    def __init__(self, reader: sqlite3.Connection, sight: Sight) -> None:
        self._rows: dict[int, tuple[int, str, int, int, int]] = {
            row[0]: row[1:]
            for sql in ("former_place", "place")
            for row in reader.execute(f"SELECT id, parent_id, name, level, tenant_id, application_id FROM {sql}")
        }
        self._sight = sight
        self._known: dict[int, str] = {}

    def path(self, place_id: int | None) -> str:
        """`Tenant / Application / Environment`; '' for none."""
        if not place_id or place_id < 0 or place_id not in self._rows:
            return ""
        if place_id not in self._known:
            parent, name, *_ = self._rows[place_id]
            above = self.path(parent)
            self._known[place_id] = f"{above} / {name}" if above else name
        return self._known[place_id]

    def seen(self, place_id: int | None) -> str:
        row = self._rows.get(place_id or 0)
        return self.path(place_id) if row is not None and self._sight.covers_place(*row[2:]) else ""


def narrowed(
    reader: sqlite3.Connection,
    sight: Sight,
    listed: Listed,
    values: Mapping[str, Any],
    asked: Asked,
    stop: Callable[[], bool],
) -> array[int]:
    """The ids that answer to `asked`, in its order.

    `stop` is looked at all the time; when it says so, the query ends (sqlite3.OperationalError, interrupted).
    """
    places: list[Places] = []

    def known() -> Places:
        if not places:
            places.append(Places(reader, sight))
        return places[0]

    _teach(reader, "place_path", lambda id_: known().path(id_))
    _teach(reader, "place_seen", lambda id_: known().seen(id_))
    _teach(reader, "veiled", lru_cache(maxsize=SAID)(sight.veil))
    _teach(reader, "folded", lambda text: "" if text is None else str(text).casefold())
    for column, told in asked.told.items():
        if column in listed.cells:
            _teach(reader, f"told_{column}", lru_cache(maxsize=SAID)(_folding(told)))
    sql, more = statement(listed, asked)
    if places_named(sql):
        known()  # before the statement runs: a query within a query would read another state
    reader.set_progress_handler(lambda: 1 if stop() else 0, STEPS)
    try:
        return array("q", (row[0] for row in reader.execute(sql, {**values, **more})))
    finally:
        reader.set_progress_handler(None, 0)


def places_named(sql: str) -> bool:
    """Whether a statement asks for paths."""
    return "place_path(" in sql or "place_seen(" in sql


def _teach(reader: sqlite3.Connection, name: str, function: Callable[[Any], Any]) -> None:
    reader.create_function(name, 1, function, deterministic=True)


def _folding(told: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: "" if value is None else told(value).casefold()


def statement(listed: Listed, asked: Asked) -> tuple[str, dict[str, str]]:
    """The query, and the values of its words."""
    values: dict[str, str] = {}
    parts = [_condition(listed, asked, word, nr, values) for nr, word in enumerate(asked.words)]
    where = "".join(f" AND {part}" for part in parts)
    return f"SELECT {listed.id} {listed.rows}{where} ORDER BY {_order(listed, asked)}", values


def _condition(listed: Listed, asked: Asked, word: Word, nr: int, values: dict[str, str]) -> str:
    columns = (word.column,) if word.column else tuple(c for c in listed.cells if c in asked.columns)
    tests = [test for column in columns if (test := _test(listed.cells[column], column, asked, word, nr))]
    if not tests:
        return "1" if word.turned else "0"
    plain = word.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values |= {f"like{nr}": f"%{plain}%", f"word{nr}": word.text}
    return f"{'NOT ' if word.turned else ''}ifnull({' OR '.join(tests)}, 0)"


def _test(cell: Cell, column: str, asked: Asked, word: Word, nr: int) -> str:
    if cell.dated and not _DATED.issuperset(word.text):
        return ""
    if column in asked.told:
        return f"instr(told_{column}({cell.shown}), :word{nr}) > 0"
    if word.text.isascii():  # SQLite folds these by itself
        return f"({cell.shown}) LIKE :like{nr} ESCAPE '\\'"
    return f"instr(folded({cell.shown}), :word{nr}) > 0"


def _order(listed: Listed, asked: Asked) -> str:
    if asked.order is None:
        return listed.order
    column = asked.order.column
    cell = listed.cells[column]
    text = f"told_{column}({cell.shown})" if column in asked.told else f"folded({cell.shown})"
    turned = " DESC" if asked.order.down else ""
    return ", ".join(f"{part}{turned}" for part in cell.order or (text,)) + f", {listed.order}"
