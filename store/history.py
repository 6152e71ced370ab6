"""What happened when, of one node, a branch or the whole estate: newest first, or netted between two moments."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.cells import events
from store.narrowing import narrowed
from store.nodes import LEVEL_KINDS
from store.records import ROOT, Kind, NodeRef, Source
from store.sight import UNNAMED, Sight
from store.verdicts import Verdict

if TYPE_CHECKING:
    import sqlite3
    from array import array
    from collections.abc import Callable, Iterable

    from store.database import Store
    from store.narrow import Asked
    from store.nodes import Row
    from store.records import Scope

FOREVER = 1 << 53
KINDS = (*LEVEL_KINDS, Kind.CMK, Kind.DATA_KEY)
"""Kinds as the words table and the table of events number them."""

PLACED = "moved"
"""What happened to something that stands in another place since: old and new are ids of places."""

_DATA_KEY = 5

HIDDEN = "\0"
"""A value that is not for these eyes."""

_COLUMNS = (
    "e.id, e.at, e.what, e.kind, e.subject_id, e.cmk_id, e.name, e.label, e.detail, e.old, e.new, e.source, e.place_id,"
    " e.own_tenant_id, e.own_application_id, e.old_tenant_id, e.old_application_id, e.new_tenant_id,"
    " e.new_application_id"
)
_WHERE = {
    Kind.TENANT: "e.tenant_id = :id AND e.twin <= 1",
    Kind.APPLICATION: "e.application_id = :id AND e.twin <= 2",
    Kind.ENVIRONMENT: "e.place_id = :id AND e.twin <= 3",
    Kind.UNASSIGNED: "e.place_id = 0 AND e.twin <= 3",
    Kind.CMK: "e.cmk_id = :id AND e.cmk_id <> 0",
    Kind.DATA_KEY: "e.kind = 5 AND e.subject_id = :id AND e.twin IN (0, 5)",
}
# The plus keeps to the index of the node.
_TENANT = ("e.tenant_id = :tenant AND e.twin <= 1", "+e.tenant_id = :tenant")
_APPLICATION = (
    "e.application_id = :application AND e.twin <= 2 AND e.tenant_id = :tenant",
    "+e.application_id = :application AND +e.tenant_id = :tenant",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `at` is epoch seconds; `what` a text key's last part: created, followed, automatic,
    on_demand, found, gone, state, deletion, rotation, period, description, moved, policy, tag, alias, replaced, cmk,
    lineage, status, name; or a verdict on a data key.

    `name` and `label` (whole id) are as they were then, '' where not for these eyes; `detail` is the tag's key, the
    alias, the HBK or the run; `old` and `new` are plain values ('' for none, HIDDEN where not for these eyes). Of a
    verdict `old` is what held the data before, where that was another, and `new` the reason: see `store.proofs.told`.
    """

    id: int
    at: int
    what: str
    subject: NodeRef
    cmk_id: int
    path: tuple[str, ...]
    name: str
    label: str
    detail: str
    old: str
    new: str
    source: Source


@dataclass(frozen=True, slots=True)
class Span:
    """From after `since` up to and including `until`, in epoch seconds; None: without that end."""

    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """From when on any moment can be replayed, and the newest merge; 0: nothing is on record."""

    since: int
    newest: int


ALL = Span()


class History:
    """Reads events within a node (None or ROOT: everything in sight). Raises StoreError."""

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._sight = Sight(store, scope)

    def record(self) -> Record:
        """How far back it goes."""
        with self._store.snapshot() as reader:
            row = reader.execute("SELECT since, newest FROM record").fetchone()
            return Record(*row) if row else Record(0, 0)

    def count(self, within: NodeRef | None = None, span: Span = ALL) -> int:
        """How many events in all."""
        with self._store.snapshot() as reader:
            where, values = self._where(within, span)
            return int(reader.execute(f"SELECT count(*) FROM event AS e WHERE {where}", values).fetchone()[0])

    def events(
        self, within: NodeRef | None = None, span: Span = ALL, offset: int = 0, limit: int | None = None
    ) -> list[Event]:
        """The newest first, from `offset` on, at most `limit`."""
        with self._store.snapshot() as reader:
            where, values = self._where(within, span)
            # An index alone is walked to the window; only its rows are looked up.
            ids = f"SELECT e.id FROM event AS e WHERE {where} ORDER BY e.at DESC, e.id DESC LIMIT :limit OFFSET :offset"
            rows = reader.execute(
                f"SELECT {_COLUMNS} FROM ({ids}) AS w CROSS JOIN event AS e ON e.id = w.id",
                values | {"limit": -1 if limit is None else limit, "offset": offset},
            ).fetchall()
            return self._told(reader, rows)

    def narrowed(self, within: NodeRef | None, span: Span, asked: Asked, stop: Callable[[], bool]) -> array[int]:
        """The ids of the events that answer to `asked`, in its order. See store.narrowing."""
        with self._store.snapshot() as reader:
            where, values = self._where(within, span)
            return narrowed(reader, self._sight, events(where), values | self._sight.values, asked, stop)

    def those(self, ids: Iterable[int]) -> list[Event]:
        """The events with these ids, in their order, as far as they are in sight."""
        listed = list(ids)
        with self._store.snapshot() as reader:
            sql = (
                f"SELECT {_COLUMNS} FROM json_each(:ids) AS j CROSS JOIN event AS e ON e.id = j.value"
                " WHERE :whole OR e.tenant_id = :tenant AND :application IN (0, e.application_id)"
            )
            rows = reader.execute(sql, self._sight.values | {"ids": json.dumps(listed)}).fetchall()
            return self._told(reader, rows)

    def changes(self, within: NodeRef | None, span: Span, limit: int) -> list[tuple[int, int]]:
        """What is other at the end of the span than at its beginning, in the order of the tree: of each thing the
        first and the last event, whose `old` and `new` are the two sides. At most `limit`.

        What came and went in between, or is as it was, is left out; of what came or went only that is told.
        """
        with self._store.snapshot() as reader:
            where, values = self._where(within, span)
            netted = _NETTED.format(where=where, verdicts=", ".join(f"'{word}'" for word in Verdict))
            return reader.execute(netted, values | {"limit": limit}).fetchall()

    def change(self, pairs: Iterable[tuple[int, int]]) -> list[tuple[Event, Event]]:
        """The events of such pairs."""
        with self._store.snapshot() as reader:
            pairs = tuple(pairs)
            ids = {id_ for pair in pairs for id_ in pair}
            marks = ", ".join("?" * len(ids))
            rows = reader.execute(f"SELECT {_COLUMNS} FROM event AS e WHERE e.id IN ({marks})", tuple(ids)).fetchall()
            told = {event.id: event for event in self._told(reader, rows)}
            return [(told[first], told[last]) for first, last in pairs if first in told and last in told]

    # -- in sight ------------------------------------------------------------------------------------------------

    def _where(self, within: NodeRef | None, span: Span) -> tuple[str, dict[str, int]]:
        parts, values = self._inside(within)
        if span.since is not None:
            parts.append("e.at > :since")
        if span.until is not None:
            parts.append("e.at <= :until")
        ends = {"since": span.since or 0, "until": span.until or 0}
        return " AND ".join(parts or ["true"]), values | ends

    def _inside(self, within: NodeRef | None) -> tuple[list[str], dict[str, int]]:
        tenant, application = self._sight.branch
        above = within is None or within == ROOT or (bool(application) and within.kind is Kind.TENANT)
        parts = [] if above or within is None else [_WHERE[within.kind]]
        values = {} if above or within is None else {"id": within.id}
        if self._sight.whole:
            return parts or ["e.twin = 0"], values
        parts.append((_APPLICATION if application else _TENANT)[not above])
        return parts, values | {"tenant": tenant, "application": application}

    def _told(self, reader: sqlite3.Connection, rows: Iterable[Row]) -> list[Event]:
        paths: dict[int, tuple[str, ...]] = {}
        return [self._event(reader, row, paths) for row in rows]

    def _event(self, reader: sqlite3.Connection, row: Row, paths: dict[int, tuple[str, ...]]) -> Event:
        id_, at, what, kind, subject, cmk_id, name, label, detail, old, new, source, place, *whose = row
        own, before, after = (self._hides(*whose[n : n + 2]) for n in (0, 2, 4))
        if own:
            name = label = UNNAMED if kind == _DATA_KEY and what != PLACED else label if what == PLACED else ""
        if what == PLACED:
            old, new = (_joined(_path(reader, int(side), paths)) for side in (old, new))
        elif what in _CLOSED and before:
            new = HIDDEN
        if before and what in _NAMED and not new:
            detail = HIDDEN
        return Event(
            id_, at, what, NodeRef(KINDS[kind], subject), cmk_id, _path(reader, place, paths), name, label, detail,
            HIDDEN if before and old else str(old), HIDDEN if after and new else str(new), Source(source),
        )  # fmt: skip

    def _hides(self, tenant_id: int, application_id: int) -> bool:
        return bool(tenant_id) and not self._sight.covers(tenant_id, application_id)


_CLOSED = frozenset({"policy"})
"""What tells of the former side in the new one."""

_NAMED = frozenset({"tag", "alias"})
"""What has a name of its own, that went with the former side."""

# Of one thing: what came (1), what went (2), or one facet of it (0). Who came and went both are of no account, and
# whoever came or went has no other change to tell.
_NETTED = """
WITH seen AS (
    SELECT e.kind, e.subject_id, e.what IN ('created', 'followed', 'found') AS came, e.what = 'gone' AS went,
        CASE WHEN e.what IN ('created', 'followed', 'found', 'gone') THEN ''
            WHEN e.what = 'replaced' THEN 'alias' ELSE e.what END AS facet,
        CASE WHEN e.what IN ('created', 'followed') THEN '' ELSE e.detail END AS detail,
        e.id, e.at, e.tenant_id, e.application_id, e.place_id, e.cmk_id,
        e.old, e.new
    FROM event AS e WHERE {where}
), life AS (
    SELECT kind, subject_id, max(came) AS came, max(went) AS went FROM seen WHERE facet = '' GROUP BY 1, 2
), netted AS (
    SELECT s.kind, s.subject_id, s.facet, s.detail, min(s.at * 4294967296 + s.id) AS first,
        max(s.at * 4294967296 + s.id) AS last
    FROM seen AS s LEFT JOIN life AS l ON l.kind = s.kind AND l.subject_id = s.subject_id
    WHERE s.facet = '' AND NOT (l.came AND l.went) OR s.facet <> '' AND l.kind IS NULL
        OR s.facet IN ('automatic', 'on_demand', {verdicts}) AND NOT (l.came AND l.went)
    GROUP BY 1, 2, 3, 4
)
SELECT f.id, l.id FROM netted AS n CROSS JOIN event AS f ON f.id = n.first % 4294967296
    CROSS JOIN event AS l ON l.id = n.last % 4294967296
WHERE n.facet = '' OR f.old IS NOT l.new
ORDER BY l.tenant_id, l.application_id, l.place_id, l.cmk_id, l.kind, l.subject_id, l.at, l.id LIMIT :limit
"""


def _joined(path: tuple[str, ...]) -> str:
    return " / ".join(path)


# A place that is gone still has its name in what happened there.
_UP = """
SELECT parent_id, name FROM place WHERE id = :id
UNION ALL SELECT parent_id, name FROM former_place WHERE id = :id LIMIT 1
"""


def _path(reader: sqlite3.Connection, place_id: int, known: dict[int, tuple[str, ...]]) -> tuple[str, ...]:
    if place_id <= 0:
        return ()
    if place_id not in known:
        row = reader.execute(_UP, {"id": place_id}).fetchone()
        known[place_id] = (*_path(reader, row[0], known), row[1]) if row else ()
    return known[place_id]
