"""A scope's own names in memory, read once after each change: who sees one branch searches it while typing as quickly
as others search the whole estate, whose index of words knows no scopes.
"""
# ruff: noqa: S608 - statements are put together once, from constants of this module

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from store.hits import Found
from store.words import fold, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from store.database import Store
    from store.nodes import Row
    from store.sight import Sight

MOST = 20_000
"""Names that are held, some megabytes; a larger branch is searched in the store."""

_SEEN = "{0}.tenant_id = :tenant AND :application IN (0, {0}.application_id)"
_PLACES = f"""
SELECT p.level, p.id, p.name, p.parent_id, 0, '', p.name FROM place AS p
WHERE {_SEEN.format("p")} OR p.id = :tenant ORDER BY p.level, p.sort, p.id
"""
_CMKS = f"""
SELECT 4, c.id, c.name, c.place_id, 0, '', c.name, c.key_id, c.account_id, c.description,
    ifnull((SELECT group_concat(substr(a.name, 7), char(31)) FROM alias AS a WHERE a.cmk_id = c.id), '')
FROM cmk AS c WHERE {_SEEN.format("c")} ORDER BY c.place_id, c.id
"""
_UNDER = f"""
SELECT 5, d.id, d.name, c.place_id, d.place_id, c.name, d.resource_id, d.account_id, d.data_key_id, d.name
FROM cmk AS c CROSS JOIN data_key AS d ON d.cmk_id = c.id
WHERE {_SEEN.format("c")} AND (d.tenant_id = 0 OR {_SEEN.format("d")}) ORDER BY c.place_id, d.sort, d.id
"""
_ELSEWHERE = f"""
SELECT 5, d.id, d.name, d.place_id, d.place_id, '', d.resource_id, d.account_id, d.data_key_id, d.name
FROM data_key AS d LEFT JOIN cmk AS c ON c.id = d.cmk_id
WHERE {_SEEN.format("d")} AND (c.id IS NULL OR NOT ({_SEEN.format("c")})) ORDER BY d.place_id, d.sort, d.id
"""
"""Data keys under a CMK in sight, and those placed in sight that stand under none or under one out of sight."""


class Name(NamedTuple):
    """One thing: its own texts and those of its CMK, folded, and the places whose names count as names above it."""

    kind: int
    id: int
    own: str
    above: str
    places: tuple[int, int]


class Names:
    """All names of a branch, in the order of its places."""

    def __init__(self, names: Sequence[Name], places: dict[int, tuple[str, int]]) -> None:
        self._names = names
        self._places = places

    def find(self, words: tuple[str, ...], limit: int) -> Iterator[Found]:
        """Up to `limit` of each kind in which every word begins a word of its own or of the names above it, and at
        least one a word of its own; those first whose places hold the most of them.
        """
        whole, above = (1 << len(words)) - 1, _Above(self._places, words)
        for kind in range(1, 6):
            matches: list[tuple[int, Found]] = []
            for name in self._names:
                if name.kind == kind and (own := marks(words, name.own)):
                    around = above.mask(name.places[0]) | above.mask(name.places[1])
                    if own | around == whole or own | around | marks(words, name.above) == whole:
                        word = next(word for nr, word in enumerate(words) if own >> nr & 1)
                        matches.append((-around.bit_count(), Found(kind, name.id, word)))
            matches.sort(key=lambda match: match[0])
            yield from (found for _, found in islice(matches, limit))


class _Above:
    """Which of the words the names of a place and of those above it hold, worked out once for each."""

    def __init__(self, places: dict[int, tuple[str, int]], words: tuple[str, ...]) -> None:
        self._places, self._words = places, words
        self._masks: dict[int, int] = {0: 0, -1: 0}

    def mask(self, place: int) -> int:
        known = self._masks.get(place)
        if known is None:
            name, parent = self._places.get(place, ("", 0))
            known = self._masks[place] = marks(self._words, name) | self.mask(parent)
        return known


class Branch:
    """What a scope's names were when they were last read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: tuple[sqlite3.Connection, int, Names | None] | None = None

    def names(self, reader: sqlite3.Connection, sight: Sight) -> Names | None:
        """The names in sight; None when they are too many to hold."""
        pulse = self._store.pulse()
        if self._read is None or self._read[0] is not reader or self._read[1] != pulse:
            self._read = reader, pulse, _names(reader, sight.values)
        return self._read[2]


def _names(reader: sqlite3.Connection, branch: dict[str, int]) -> Names | None:
    rows: list[Row] = []
    for sql in (_PLACES, _CMKS, _UNDER, _ELSEWHERE):
        rows += islice(reader.execute(sql, branch), MOST + 1 - len(rows))
    if len(rows) > MOST:
        return None
    places = {row[1]: (fold(row[2]), row[3]) for row in rows if row[0] <= 3}
    return Names(list(_told(rows)), places)


def _told(rows: Iterable[Row]) -> Iterator[Name]:
    for kind, id_, _, above, own_place, cmk_name, *texts in rows:
        yield Name(kind, id_, fold("\x1f".join(texts)), fold(cmk_name), (above, own_place))
