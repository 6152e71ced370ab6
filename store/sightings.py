"""Uses of CMKs as grants and CloudTrail told them: the newest per resource and source, and what files were read."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

from typing import TYPE_CHECKING

from store.nodes import is_hidden
from store.records import Generation, Source
from store.sight import Sight
from store.traces import Seen
from store.words import clean

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from store.database import Store
    from store.records import Scope
    from store.traces import Sighting, TrailFile

TABLES = """
CREATE TABLE sighting (     -- what one source last saw of one resource under one CMK
    resource_id TEXT NOT NULL, kind TEXT NOT NULL, region TEXT NOT NULL, cmk_arn TEXT NOT NULL, source TEXT NOT NULL,
    granularity TEXT NOT NULL, account_id TEXT NOT NULL,    -- '' while nobody told
    arn TEXT NOT NULL, name TEXT NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
    operation TEXT NOT NULL,                                -- the last one
    material_id TEXT NOT NULL, material_at INTEGER,         -- the newest HBK that was named, and when
    fresh INTEGER NOT NULL DEFAULT 1,                       -- came since the last merge
    PRIMARY KEY (resource_id, kind, region, cmk_arn, source)
) WITHOUT ROWID;
CREATE INDEX sighting_fresh ON sighting (fresh) WHERE fresh = 1;
CREATE TABLE trail_file (   -- files of events that were read whole
    name TEXT PRIMARY KEY, size INTEGER NOT NULL, mark TEXT NOT NULL
) WITHOUT ROWID;
-- The HBK generation that wraps a data key: from … to, the same where it is known; 0 where it cannot be told.
CREATE INDEX data_key_sighted ON data_key (resource_id, kind, region) WHERE source IN ('grant', 'cloudtrail');
ALTER TABLE data_key ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE data_key ADD COLUMN generation_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE data_key ADD COLUMN generation_exact INTEGER NOT NULL DEFAULT 0;
CREATE TABLE wrapped (      -- how many holders of data keys under a CMK are wrapped by which generations
    cmk_id INTEGER NOT NULL, generation INTEGER NOT NULL, generation_to INTEGER NOT NULL, exact INTEGER NOT NULL,
    holders INTEGER NOT NULL, PRIMARY KEY (cmk_id, generation, generation_to, exact)
) WITHOUT ROWID
"""

# Only the newest word of each source is kept, so that the same event read twice, or the caller's and the owner's
# copy of it, changes nothing.
_ADD = """
INSERT INTO sighting (resource_id, kind, region, cmk_arn, source, granularity, account_id, arn, name, first_at,
    last_at, operation, material_id, material_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
    first_at = min(first_at, excluded.first_at),
    operation = CASE WHEN excluded.last_at > last_at THEN excluded.operation ELSE operation END,
    account_id = CASE WHEN account_id = '' THEN excluded.account_id ELSE account_id END,
    material_id = CASE WHEN excluded.material_at > ifnull(material_at, -1) THEN excluded.material_id
        ELSE material_id END,
    material_at = nullif(max(ifnull(material_at, -1), ifnull(excluded.material_at, -1)), -1),
    last_at = max(last_at, excluded.last_at),
    fresh = 1
WHERE excluded.first_at < first_at OR excluded.last_at > last_at
    OR ifnull(excluded.material_at, -1) > ifnull(material_at, -1)
    OR account_id = '' AND excluded.account_id <> ''
"""

_SEEN = """
SELECT s.source, s.first_at, s.last_at, s.operation, ifnull((SELECT m.generation FROM material AS m
    WHERE m.cmk_id = d.cmk_id AND m.material_id = s.material_id), 0), s.material_at
FROM data_key AS d JOIN cmk AS c ON c.id = d.cmk_id JOIN sighting AS s ON s.resource_id = d.resource_id
    AND s.kind = d.kind AND s.region = d.region AND s.cmk_arn = c.arn
WHERE d.id = ? ORDER BY s.last_at DESC
"""
_PLACED = """
SELECT d.tenant_id, d.application_id, c.tenant_id, c.application_id
FROM data_key AS d JOIN cmk AS c ON c.id = d.cmk_id WHERE d.id = ?
"""
_OWN = "(:whole OR d.tenant_id = :tenant AND :application IN (0, d.application_id))"
_WRAPPED = """
SELECT generation, generation_to, exact, ifnull((SELECT max(m.generation) FROM material AS m
    WHERE m.cmk_id = wrapped.cmk_id), 0), holders FROM wrapped WHERE cmk_id = ?
"""


class Gathered:
    """Sightings put together by resource, as many as there are resources and not as there are events."""

    def __init__(self, sightings: Iterable[Sighting] = ()) -> None:
        self._rows: dict[tuple[str, ...], _Row] = {}
        for sighting in sightings:
            self.add(sighting)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, sighting: Sighting) -> None:
        thing = sighting.resource
        key = (thing.resource_id, thing.kind, sighting.region, sighting.cmk_arn, sighting.source)
        row = self._rows.get(key)
        if row is None:
            self._rows[key] = _Row(sighting)
        else:
            row.add(sighting)

    def rows(self) -> list[tuple[object, ...]]:
        return [(*map(clean, key), *row.values()) for key, row in sorted(self._rows.items())]


class _Row:
    """What is known of one resource from one source, while it is put together."""

    __slots__ = ("account", "first", "last", "material", "newest", "rank")

    def __init__(self, sighting: Sighting) -> None:
        self.first = self.last = sighting.at
        self.newest = sighting
        self.account = sighting.account_id
        self.material, self.rank = "", (-1, False)
        self._learn(sighting)

    def add(self, sighting: Sighting) -> None:
        self.first = min(self.first, sighting.at)
        self.account = self.account or sighting.account_id
        if sighting.at > self.last:
            self.last, self.newest = sighting.at, sighting
        self._learn(sighting)

    def _learn(self, sighting: Sighting) -> None:
        # Within one second what wraps speaks last: a Decrypt then was of what stood before.
        rank = (sighting.at, sighting.wraps)
        if sighting.material_id and rank > self.rank:
            self.material, self.rank = sighting.material_id, rank

    def values(self) -> tuple[object, ...]:
        thing = self.newest.resource
        return (
            thing.granularity, self.account, clean(thing.arn), clean(thing.name), self.first, self.last,
            self.newest.operation, self.material, self.rank[0] if self.material else None,
        )  # fmt: skip


class Sightings:
    """Written by syncs and imports, read by sheets. Raises StoreError."""

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._sight = Sight(store, scope)

    def add(self, gathered: Gathered, files: Iterable[TrailFile] = ()) -> int:
        """Keep what was gathered, and that these files were read; how many rows that changed."""
        with self._store.atomic() as connection:
            changed = write(connection, gathered)
            connection.executemany(
                "INSERT OR REPLACE INTO trail_file VALUES (?, ?, ?)",
                ((clean(file.name), file.size, file.mark) for file in files),
            )
        return changed

    def knows(self, file: TrailFile) -> bool:
        """Whether this very file was read whole before."""
        with self._store.snapshot() as reader:
            row = reader.execute("SELECT size, mark FROM trail_file WHERE name = ?", (clean(file.name),)).fetchone()
        return bool(row == (file.size, file.mark))

    def mark(self, name: str) -> str:
        """The mark that was kept under this name, '' where none was."""
        with self._store.snapshot() as reader:
            row = reader.execute("SELECT mark FROM trail_file WHERE name = ?", (clean(name),)).fetchone()
        return str(row[0]) if row else ""

    def wrapped(self, cmk_id: int) -> list[tuple[Generation, int]]:
        """How many holders of data keys under a CMK (snapshots apart) are wrapped by which generations."""
        with self._store.snapshot() as reader:
            row = reader.execute("SELECT tenant_id, application_id FROM cmk WHERE id = ?", (cmk_id,)).fetchone()
            if row is None or not self._sight.covers(*row):
                return []
            rows = reader.execute(_WRAPPED, (cmk_id,)).fetchall()
            return [(Generation(first, last, bool(exact), top), count) for first, last, exact, top, count in rows]

    def uses(self, cmk_arn: str, since: int, limit: int) -> tuple[int | None, tuple[str, ...], int]:
        """Of the uses that CloudTrail told: the moment of the newest, the resources of those after `since`, how many.

        For who sees everything: resources of whomever are named.
        """
        where = "FROM sighting WHERE cmk_arn = ? AND source = 'cloudtrail'"
        with self._store.snapshot() as reader:
            newest = reader.execute(f"SELECT max(last_at) {where}", (cmk_arn,)).fetchone()[0]
            late = reader.execute(
                f"SELECT resource_id {where} AND last_at > ? ORDER BY last_at DESC", (cmk_arn, since)
            ).fetchall()
        return newest, tuple(resource for (resource,) in late[:limit]), len(late)

    def count_alone(self) -> int:
        """How many data keys in sight no scan has found."""
        asked = f"SELECT count(*) FROM data_key AS d WHERE source IN ('grant', 'cloudtrail') AND {_OWN}"
        with self._store.snapshot() as reader:
            return int(reader.execute(asked, self._sight.values).fetchone()[0])

    def of(self, data_key_id: int) -> list[Seen]:
        """What else tells of this data key, newest first; nothing of what the scope may not see by name."""
        with self._store.snapshot() as reader:
            row = reader.execute(_PLACED, (data_key_id,)).fetchone()
            if row is None or not self._sight.covers(*row[2:]) or is_hidden(self._sight, *row[:2]):
                return []
            return [Seen(Source(row[0]), *row[1:]) for row in reader.execute(_SEEN, (data_key_id,))]


def write(connection: sqlite3.Connection, gathered: Gathered) -> int:
    """Inside a transaction: keep what was gathered; rows that changed."""
    return connection.executemany(_ADD, gathered.rows()).rowcount
