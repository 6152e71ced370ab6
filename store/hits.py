"""Turns found rows into matches: names, paths, and no word of what is out of sight."""
# ruff: noqa: S608 - statements are put together once, from the column lists of store.nodes

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from store.answers import Hit
from store.nodes import (
    CMK_COLUMNS,
    DATA_KEY_COLUMNS,
    PLACE_COLUMNS,
    Row,
    cmk_node,
    data_key_node,
    is_hidden,
    place_node,
)
from store.paths import chain

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from store.sight import Sight

_PLACE = f"SELECT {PLACE_COLUMNS} FROM place WHERE id = ?"
_CMK = f"SELECT {CMK_COLUMNS} FROM cmk WHERE id = ?"
_DATA_KEY = f"SELECT {DATA_KEY_COLUMNS} FROM data_key WHERE id = ?"
_OWNER = "SELECT name, place_id, tenant_id, application_id FROM cmk WHERE id = ?"


class Found(NamedTuple):
    """A row that a search came upon: its kind as the word table numbers it, its id, the word that matched."""

    kind: int
    id: int
    word: str


class Hits:
    """Makes matches of found rows, for one answer: paths that recur are read once."""

    def __init__(self, reader: sqlite3.Connection, sight: Sight) -> None:
        self._reader = reader
        self._sight = sight
        self._paths: dict[int, tuple[str, ...]] = {}

    def of(self, found: Iterable[Found]) -> list[Hit]:
        """Their matches in the same order; what is out of sight or gone is left out."""
        matches = (self.match(each) for each in found)
        return [match for match in matches if match]

    def sees(self, found: Found) -> bool:
        """Whether it is for these eyes; without a scope everything is."""
        return self._sight.whole or self.match(found) is not None

    def match(self, found: Found) -> Hit | None:
        """The match; None when it is gone or not for these eyes."""
        if found.kind <= 3:
            return self._place(found)
        return self._cmk(found) if found.kind == 4 else self._data_key(found)

    def path(self, place_id: int) -> tuple[str, ...]:
        known = self._paths.get(place_id)
        if known is None:
            known = self._paths[place_id] = tuple(name for _, name in chain(self._reader, place_id))
        return known

    def _place(self, found: Found) -> Hit | None:
        row = self._reader.execute(_PLACE, (found.id,)).fetchone()
        if row is None or not self._sight.covers_place(row[1], row[11], row[12]):
            return None
        node = place_node(row, self._sight)
        return Hit(node.ref, row[2], "", self.path(found.id)[:-1], node.status, found.word)

    def _cmk(self, found: Found) -> Hit | None:
        row = self._reader.execute(_CMK, (found.id,)).fetchone()
        if row is None or not self._sight.covers(row[11], row[12]):
            return None
        node = cmk_node(row)
        return Hit(node.ref, node.name, node.label, self.path(row[10]), node.status, found.word)

    def _data_key(self, found: Found) -> Hit | None:
        row = self._reader.execute(_DATA_KEY, (found.id,)).fetchone()
        if row is None:
            return None
        path = self._above(row)
        if path is None or is_hidden(self._sight, row[9], row[10]):
            return None
        node = data_key_node(row, self._sight, "")
        return Hit(node.ref, node.name, node.label, path, node.status, found.word)

    def _above(self, row: Row) -> tuple[str, ...] | None:
        """Names of the CMK and the places above it, or of its own place when the CMK is out of sight."""
        owner = self._reader.execute(_OWNER, (row[7],)).fetchone() if row[7] else None
        if owner and self._sight.covers(owner[2], owner[3]):
            return (*self.path(owner[1]), owner[0])
        return self.path(row[8]) if self._sight.covers(row[9], row[10]) else None
