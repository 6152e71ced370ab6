"""Turns found rows into matches: names, paths, and no word of what is out of sight."""
# ruff: noqa: S608 - statements are put together once, from the column lists of store.nodes

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from store.nodes import (
    CMK_COLUMNS,
    DATA_KEY_COLUMNS,
    PLACE_COLUMNS,
    Row,
    cmk_node,
    data_key_node,
    place_node,
    place_ref,
)
from store.paths import chain
from store.records import Hit, Kind, NodeRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from store.sight import Sight

_PLACE = f"SELECT {PLACE_COLUMNS} FROM place WHERE id = ?"
_CMK = f"SELECT {CMK_COLUMNS}, account_id, description FROM cmk WHERE id = ?"
_DATA_KEY = f"SELECT {DATA_KEY_COLUMNS}, account_id, data_key_id FROM data_key WHERE id = ?"
_ALIASES = "SELECT name FROM alias WHERE cmk_id = ?"
_OWNER = "SELECT name, place_id, tenant_id, application_id FROM cmk WHERE id = ?"


class Found(NamedTuple):
    """A row that a search came upon: its kind as the word table numbers it, its id, the word that matched."""

    kind: int
    id: int
    word: str


class Match(NamedTuple):
    """A match with its own texts (names, ids, aliases) and the names above it."""

    hit: Hit
    own: tuple[str, ...]
    above: tuple[str, ...]


class Hits:
    """Makes matches of found rows, for one answer: paths that recur are read once."""

    def __init__(self, reader: sqlite3.Connection, sight: Sight) -> None:
        self._reader = reader
        self._sight = sight
        self._paths: dict[int, tuple[str, ...]] = {}

    def of(self, found: Iterable[Found]) -> list[Hit]:
        """Their matches in the same order; what is out of sight or gone is left out."""
        matches = (self.match(each) for each in found)
        return [match.hit for match in matches if match]

    def match(self, found: Found) -> Match | None:
        """The match, and the texts by which it can be found; None when it is not for these eyes."""
        if found.kind <= 3:
            return self._place(found)
        return self._cmk(found) if found.kind == 4 else self._data_key(found)

    def path(self, place_id: int) -> tuple[str, ...]:
        known = self._paths.get(place_id)
        if known is None:
            known = self._paths[place_id] = tuple(name for _, name in chain(self._reader, place_id))
        return known

    def _place(self, found: Found) -> Match | None:
        row = self._reader.execute(_PLACE, (found.id,)).fetchone()
        if row is None or not self._sight.covers_place(row[1], row[11], row[12]):
            return None
        node = place_node(row, self._sight)
        path = self.path(found.id)
        hit = Hit(place_ref(row[1], row[0]), row[2], "", path[:-1], node.status, found.word)
        return Match(hit, (row[2],), path[:-1])

    def _cmk(self, found: Found) -> Match | None:
        row = self._reader.execute(_CMK, (found.id,)).fetchone()
        if row is None or not self._sight.covers(row[11], row[12]):
            return None
        node = cmk_node(row[:13])
        path = self.path(row[10])
        aliases = (name.removeprefix("alias/") for (name,) in self._reader.execute(_ALIASES, (found.id,)))
        hit = Hit(node.ref, node.name, node.label, path, node.status, found.word)
        return Match(hit, (row[1], row[2], row[13], row[14], *aliases), path)

    def _data_key(self, found: Found) -> Match | None:
        row = self._reader.execute(_DATA_KEY, (found.id,)).fetchone()
        if row is None:
            return None
        path = self._above(row)
        if path is None:
            return None
        node = data_key_node(row[:11], self._sight, "")
        hit = Hit(NodeRef(Kind.DATA_KEY, found.id), node.name, node.label, path, node.status, found.word)
        own = self.path(row[8]) if self._sight.covers(row[9], row[10]) else ()
        return Match(hit, (node.name, node.label, row[11], row[12]), (*path, *own))

    def _above(self, row: Row) -> tuple[str, ...] | None:
        """Names of the CMK and the places above it, or of its own place when the CMK is out of sight."""
        owner = self._reader.execute(_OWNER, (row[7],)).fetchone() if row[7] else None
        if owner and self._sight.covers(owner[2], owner[3]):
            return (*self.path(owner[1]), owner[0])
        return self.path(row[8]) if self._sight.covers(row[9], row[10]) else None
