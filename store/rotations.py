"""When HBKs rotate and have rotated: a calendar and a history, of one CMK, a branch or the whole estate."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from store.answers import Rotation
from store.paths import names
from store.records import ROOT, Kind, NodeRef
from store.sight import Sight

if TYPE_CHECKING:
    import sqlite3

    from store.database import Store
    from store.nodes import Row
    from store.records import Scope

_DUE = """
SELECT c.id, c.key_id, c.name, c.place_id, c.stale, c.state, c.rotation_next, c.rotation_enabled, c.key_spec,
    c.origin, c.current_material, c.rotation_at,
    (SELECT max(generation) FROM material WHERE cmk_id = c.id)
FROM cmk AS c
"""
_HISTORY = """
SELECT c.id, c.key_id, c.name, c.place_id, c.stale, m.at, m.rotation_type, m.material_id, m.generation
FROM cmk AS c CROSS JOIN material AS m ON m.cmk_id = c.id
"""
_NEWEST_FIRST = "m.at DESC, m.cmk_id DESC, m.material_id DESC"

# Of the whole estate: the index on the dates is walked alone, and only the rows of the window are looked up.
_HISTORY_OF_ALL = """
SELECT c.id, c.key_id, c.name, c.place_id, c.stale, m.at, m.rotation_type, m.material_id, m.generation
FROM (SELECT cmk_id, material_id FROM material AS m WHERE at IS NOT NULL
    ORDER BY m.at DESC, m.cmk_id DESC, m.material_id DESC LIMIT :limit OFFSET :offset) AS w
CROSS JOIN material AS m ON m.cmk_id = w.cmk_id AND m.material_id = w.material_id
CROSS JOIN cmk AS c ON c.id = m.cmk_id
"""

# Only these rotate by themselves: symmetric keys whose material KMS made (domain: ListKeyRotations, 1.4).
_ROTATING_SPECS = ("", "SYMMETRIC_DEFAULT")
_ROTATING_ORIGINS = ("", "AWS_KMS")

Where = tuple[str, dict[str, int]]


class Rotations:
    """Reads HBK dates within a node (None or ROOT: everything in sight). Raises StoreError."""

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._sight = Sight(store, scope)

    def due(
        self,
        within: NodeRef | None = None,
        until: int | None = None,
        offset: int = 0,
        limit: int | None = None,
        now: int | None = None,
    ) -> list[Rotation]:
        """One line per CMK by its coming date, the overdue ones first; those without one follow.

        With `until` (epoch seconds) only dates up to then. `now` decides what is overdue; the real time by default.
        """
        moment = int(time.time()) if now is None else now
        with self._store.snapshot() as reader:
            where, values = self._where(reader, within)
            dated = self._dated(until)
            rows = _page(reader, _DUE, where + dated, values | {"until": until or 0}, _BY_DATE, offset, limit)
            missing = None if limit is None else limit - len(rows)
            if until is None and missing != 0:
                before = _count(reader, where + dated, values)
                undated = where + " AND c.rotation_next IS NULL"
                rows += _page(reader, _DUE, undated, values, _BY_NAME, max(0, offset - before), missing)
            return [_coming(reader, row, moment) for row in rows]

    def count_due(self, within: NodeRef | None = None, until: int | None = None) -> int:
        """How many lines `due` has in all."""
        with self._store.snapshot() as reader:
            where, values = self._where(reader, within)
            dated = "" if until is None else self._dated(until)
            return _count(reader, where + dated, values | {"until": until or 0})

    def history(self, within: NodeRef | None = None, offset: int = 0, limit: int | None = None) -> list[Rotation]:
        """Every HBK that came into being, newest first; a CMK's first one is of type CREATED."""
        with self._store.snapshot() as reader:
            where, values = self._where(reader, within)
            if not values:
                rows = reader.execute(_HISTORY_OF_ALL, _window(offset, limit)).fetchall()
            else:
                dated = where + " AND m.at IS NOT NULL"
                rows = _page(reader, _HISTORY, dated, values, _NEWEST_FIRST, offset, limit)
            return [_past(reader, row) for row in rows]

    def count_history(self, within: NodeRef | None = None) -> int:
        """How many lines `history` has in all."""
        with self._store.snapshot() as reader:
            where, values = self._where(reader, within)
            if not values:
                return int(reader.execute("SELECT count(*) FROM material WHERE at IS NOT NULL").fetchone()[0])
            return int(
                reader.execute(
                    "SELECT count(m.at) FROM cmk AS c CROSS JOIN material AS m ON m.cmk_id = c.id WHERE " + where,
                    values,
                ).fetchone()[0]
            )

    def generations(self, cmk_id: int) -> list[Rotation]:
        """The HBKs of one CMK, oldest first, and last those that still wait to be used (without a date)."""
        with self._store.snapshot() as reader:
            where, values = self._where(reader, NodeRef(Kind.CMK, cmk_id))
            rows = _page(reader, _HISTORY, where, values, "m.at IS NULL, m.at, m.material_id", 0, None)
            return [_past(reader, row) for row in rows]

    def _dated(self, until: int | None) -> str:
        return " AND c.rotation_next " + ("IS NOT NULL" if until is None else "<= :until")

    def _where(self, reader: sqlite3.Connection, within: NodeRef | None) -> Where:
        """The condition on cmk AS c, and its values; without any when all is meant."""
        within_sql, values = _within(reader, within)
        if self._sight.whole:
            return within_sql, values
        tenant, application = self._sight.branch
        seen = " AND c.tenant_id = :tenant AND :application IN (0, c.application_id)"
        return within_sql + seen, values | {"tenant": tenant, "application": application}


def _within(reader: sqlite3.Connection, within: NodeRef | None) -> Where:
    if within is None or within == ROOT:
        return "1", {}
    if within.kind is Kind.APPLICATION:
        row = reader.execute("SELECT tenant_id FROM place WHERE id = ?", (within.id,)).fetchone()
        return "c.tenant_id = :owner AND c.application_id = :id", {"id": within.id, "owner": row[0] if row else -1}
    column = {Kind.TENANT: "tenant_id", Kind.CMK: "id"}.get(within.kind, "place_id")
    if within.kind is Kind.DATA_KEY:
        return "c.id = (SELECT cmk_id FROM data_key WHERE id = :id)", {"id": within.id}
    return f"c.{column} = :id", {"id": within.id}


_BY_DATE = "c.rotation_next, c.id"
_BY_NAME = "c.id"


def _page(
    reader: sqlite3.Connection,
    sql: str,
    where: str,
    values: dict[str, int],
    order: str,
    offset: int,
    limit: int | None,
) -> list[Row]:
    ordered = f"{sql} WHERE {where} ORDER BY {order} LIMIT :limit OFFSET :offset"
    return reader.execute(ordered, values | _window(offset, limit)).fetchall()


def _window(offset: int, limit: int | None) -> dict[str, int]:
    return {"offset": offset, "limit": -1 if limit is None else limit}


def _count(reader: sqlite3.Connection, where: str, values: dict[str, int]) -> int:
    return int(reader.execute(f"SELECT count(*) FROM cmk AS c WHERE {where}", values).fetchone()[0])


def _coming(reader: sqlite3.Connection, row: Row, now: int) -> Rotation:
    id_, key_id, name, place_id, stale, state, date, enabled, spec, origin, material, read_at, generation = row
    note = rotation_note(state, date, enabled, spec, origin, read_at, now)
    return Rotation(
        id_, key_id, name, names(reader, place_id), date, "SCHEDULED", material, (generation or 0) + 1, note,
        bool(stale),
    )  # fmt: skip


def rotation_note(
    state: str, date: int | None, enabled: int | None, spec: str, origin: str, read_at: int, now: int
) -> str:
    """Why a coming date does not hold, or is not there; '' when it simply comes."""
    if state in {"PendingDeletion", "PendingReplicaDeletion"}:
        return "rotation.pending_deletion"
    if spec not in _ROTATING_SPECS or origin not in _ROTATING_ORIGINS:
        return "rotation.not_applicable"
    if state == "Disabled" and enabled:
        return "rotation.paused"
    if date is None:
        return "rotation.off" if enabled == 0 else "rotation.unknown" if not read_at or enabled is None else ""
    return "rotation.overdue" if date < now else ""


def _past(reader: sqlite3.Connection, row: Row) -> Rotation:
    id_, key_id, name, place_id, stale, at, rotation_type, material, generation = row
    kind = rotation_type or ("CREATED" if at is not None else "PENDING")
    return Rotation(id_, key_id, name, names(reader, place_id), at, kind, material, generation, "", bool(stale))
