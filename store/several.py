"""Search by several words, or within a scope: candidates from where they are few, each compared with all words."""
# ruff: noqa: S608 - statements are put together once, from constants of this module

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import chain, islice
from typing import TYPE_CHECKING

from store.hits import Found
from store.words import WORD_LENGTH, fold, marks, upper_bound

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from store.nodes import Row
    from store.sight import Sight

EXAMINED = 1000
"""Candidates of each kind that a search compares before it stops: some milliseconds of work."""

EXAMINED_IN_SCOPE = 20000
"""The same within a scope, where nothing but that branch is looked at."""

FEW = 300
"""A word that begins the names of at most so many places leads the way: what lies below them is looked at first,
in as many places at most; within a scope in all."""

SCANNED = 100_000
"""Words of one beginning that are looked through for the other words in the same name."""

_PLACE = """
SELECT t.level, t.id, t.parent_id, 0, t.tenant_id, t.application_id, 0, 0, '', t.name
FROM ({}) AS w CROSS JOIN place AS t ON t.id = w.id
"""
_CMK = """
SELECT 4, t.id, t.place_id, 0, t.tenant_id, t.application_id, 0, 0, '',
    t.name, t.key_id, t.account_id, t.description,
    ifnull((SELECT group_concat(substr(a.name, 7), char(31)) FROM alias AS a WHERE a.cmk_id = t.id), '')
FROM ({}) AS w CROSS JOIN cmk AS t ON t.id = w.id
"""
_DATA_KEY = """
SELECT 5, t.id, ifnull(c.place_id, 0), t.place_id, t.tenant_id, t.application_id, ifnull(c.tenant_id, 0),
    ifnull(c.application_id, 0), ifnull(c.name, ''), t.resource_id, t.account_id, t.data_key_id, t.name
FROM ({}) AS w CROSS JOIN data_key AS t ON t.id = w.id LEFT JOIN cmk AS c ON c.id = t.cmk_id
"""
_BETWEEN = "{0} >= :low AND {0} < :high"
_WORDS = f"SELECT id FROM word WHERE kind IN ({{}}) AND {_BETWEEN.format('word')}"
_OWN = {
    _PLACE: _WORDS.format("1, 2, 3"),
    _CMK: " UNION ALL ".join(
        (
            _WORDS.format("4"),
            f"SELECT id FROM cmk WHERE {_BETWEEN.format('key_id')}",
            f"SELECT id FROM cmk WHERE {_BETWEEN.format('account_id')}",
        )
    ),
    _DATA_KEY: " UNION ALL ".join(
        (
            _WORDS.format("5"),
            f"SELECT id FROM data_key WHERE {_BETWEEN.format('resource_id')}",
            f"SELECT id FROM data_key WHERE data_key_id <> '' AND {_BETWEEN.format('data_key_id')}",
            f"SELECT id FROM data_key WHERE {_BETWEEN.format('account_id')}",
        )
    ),
}
"""For each kind of row, the ids of those that have a word of their own with this beginning."""

_AT = {
    _PLACE: "SELECT :place AS id",
    _CMK: "SELECT id FROM cmk WHERE place_id = :place",
    _DATA_KEY: "SELECT d.id FROM cmk AS k CROSS JOIN data_key AS d ON d.cmk_id = k.id WHERE k.place_id = :place"
    " UNION ALL SELECT id FROM data_key WHERE cmk_id = 0 AND place_id = :place",
}
"""The same for those directly in a place."""

_TOGETHER = f"""
SELECT id FROM (SELECT word, id FROM word WHERE kind = {{}} AND {_BETWEEN.format("word")} LIMIT {SCANNED})
WHERE {{}}
"""
"""Rows in whose name the other words follow the one looked up; answered by the index alone."""


_ABOVE: dict[str, tuple[str, ...]] = {_PLACE: (), _CMK: (_PLACE,), _DATA_KEY: (_PLACE, _CMK)}
"""The kinds of rows, each with those whose names count for it as names above."""


class Several:
    """One search, within one read of the store."""

    def __init__(self, reader: sqlite3.Connection, sight: Sight, words: tuple[str, ...]) -> None:
        self._reader = reader
        self._sight = sight
        self._words = words
        self._all = (1 << len(words)) - 1
        self._branch = sight.branch  # asked once: a search compares thousands of rows
        self._masks: dict[int, int] = {0: 0, -1: 0}
        self._counts: dict[tuple[str, str], int] = {}

    def find(self, limit: int) -> Iterator[Found]:
        """Up to `limit` of each kind in which every word begins a word of its own or of the names above it, and
        at least one a word of its own.
        """
        anchors = self._anchors()
        budget = EXAMINED if self._sight.whole else EXAMINED_IN_SCOPE
        for kind, above in _ABOVE.items():
            everywhere = (kind, *above)
            found = all(any(self._count(where, word) for where in everywhere) for word in self._words)
            if found and any(self._count(kind, word) for word in self._words):
                rows = islice(self._candidates(kind, anchors), budget)
                yield from islice(self._matching(rows), limit)

    # -- where to look -------------------------------------------------------------------------------------------

    def _anchors(self) -> list[int]:
        """Places below which to look first: the branch in sight, or those that one of the words names."""
        if not self._sight.whole:
            return [self._branch[1] or self._branch[0]]
        few = (self._places(word) for word in self._words)
        return min((ids for ids in few if 0 < len(ids) <= FEW), key=len, default=[])

    def _places(self, word: str) -> list[int]:
        rows = self._reader.execute(f"SELECT id FROM ({_OWN[_PLACE]}) LIMIT {FEW + 1}", _bounds(word))
        return list({row[0] for row in rows})

    def _best_first(self, anchors: list[int]) -> Iterator[int]:
        """The anchors and all places below, those first whose path holds most of the words."""
        heap = [(-self._mask(place).bit_count(), 0, place) for place in anchors]
        heapify(heap)
        while heap:
            _, depth, place = heappop(heap)
            yield place
            below = self._reader.execute("SELECT id FROM place WHERE parent_id = ?", (place,)).fetchall()
            for (child,) in below:
                heappush(heap, (-self._mask(child).bit_count(), depth - 1, child))

    def _candidates(self, kind: str, anchors: list[int]) -> Iterator[Row]:
        alone, words = self._own_words(kind)
        places = islice(self._best_first(anchors), FEW if self._sight.whole else None)
        by_place = (self._rows(kind, _AT[kind], {"place": place}) for place in places)
        by_word = (self._rows(kind, _OWN[kind], _bounds(word)) for word in words)
        if all(self._count(kind, word) <= FEW for word in words):
            return chain.from_iterable(by_word)  # whatever matches has one of them as a word of its own
        if self._count(kind, words[0]) <= EXAMINED:
            return chain.from_iterable(chain(by_word, by_place))
        return chain.from_iterable(chain(self._together(kind, alone), by_place, by_word))

    def _own_words(self, kind: str) -> tuple[list[str], list[str]]:
        """The words that only the thing itself can have, and those to look it up by, the rarest first."""
        words = sorted(self._words, key=lambda word: self._count(kind, word))
        alone = [word for word in words if not any(self._count(above, word) for above in _ABOVE[kind])]
        return alone, alone[:1] if alone and kind != _PLACE else words

    def _together(self, kind: str, alone: list[str]) -> Iterator[Iterable[Row]]:
        """Rows whose name holds all these words, each of them in turn as the first."""
        number = {_CMK: 4, _DATA_KEY: 5}.get(kind)
        if number and len(alone) > 1 and self._sight.whole:
            for first in alone:
                others = {f"other{nr}": word for nr, word in enumerate(alone) if word != first}
                held = " AND ".join(f"instr(word, :{name})" for name in others)
                yield self._rows(kind, _TOGETHER.format(number, held), _bounds(first) | others)

    def _count(self, kind: str, word: str) -> int:
        """How many rows have a word that begins so, up to one more than are examined."""
        known = self._counts.get((kind, word))
        if known is None:
            sql = f"SELECT count(*) FROM (SELECT 1 FROM ({_OWN[kind]}) LIMIT {EXAMINED + 1})"
            known = self._counts[kind, word] = int(self._reader.execute(sql, _bounds(word)).fetchone()[0])
        return known

    def _rows(self, kind: str, ids: str, values: Mapping[str, str | int]) -> Iterable[Row]:
        return self._reader.execute(kind.format(ids), values)

    # -- what matches --------------------------------------------------------------------------------------------

    def _matching(self, rows: Iterable[Row]) -> Iterator[Found]:
        seen: set[tuple[int, int]] = set()
        for row in rows:
            if (row[0], row[1]) not in seen:
                seen.add((row[0], row[1]))
                matched = self._matched(row)
                if matched:
                    yield Found(row[0], row[1], matched)

    def _matched(self, row: Row) -> str:
        """The first word that is its own, when every word is found; else ''."""
        level, _, above, own_place, tenant, application, cmk_tenant, cmk_application, cmk_name, *texts = row
        if level == 5 and not self._sight.whole:
            if not self._covers(cmk_tenant, cmk_application):
                above, cmk_name = own_place, ""
            elif tenant and not self._covers(tenant, application):
                return ""
        own = marks(self._words, fold("\x1f".join(texts)))
        if not own:
            return ""
        found = own | self._mask(above) | self._mask(own_place)
        if found != self._all and cmk_name:
            found |= marks(self._words, fold(cmk_name))
        return next(word for nr, word in enumerate(self._words) if own >> nr & 1) if found == self._all else ""

    def _covers(self, tenant: int, application: int) -> bool:
        return tenant == self._branch[0] and self._branch[1] in {0, application}

    def _mask(self, place: int) -> int:
        """Which words the names of the place and of those above it begin with, a bit for each."""
        known = self._masks.get(place)
        if known is None:
            name, parent = self._reader.execute("SELECT name, parent_id FROM place WHERE id = ?", (place,)).fetchone()
            known = self._masks[place] = marks(self._words, fold(name)) | self._mask(parent)
        return known


def _bounds(word: str) -> dict[str, str]:
    start = word[:WORD_LENGTH]
    return {"low": start, "high": upper_bound(start)}
