"""Dates of HBKs and data keys by day: sums over the estate from indexes alone, and the entries of any window."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from store.dates import Day, Due, Entry
from store.paths import names
from store.rotations import rotation_note
from store.sight import Sight
from store.within import condition

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from store.database import Store
    from store.nodes import Row
    from store.records import NodeRef, Scope

DAY = 86_400

INDEXES = """
CREATE INDEX cmk_calendar ON cmk (rotation_next, tenant_id, application_id, state, rotation_enabled, key_spec, origin,
    rotation_started) WHERE rotation_next IS NOT NULL;
CREATE INDEX cmk_aging ON cmk (oldest_data_key, tenant_id, application_id, place_id) WHERE oldest_data_key IS NOT NULL;
DROP INDEX material_at;
CREATE INDEX material_at ON material (at, rotation_type) WHERE at IS NOT NULL;
"""

# The rule of store.rotations.rotation_note for CMKs with a date, as conditions that an index answers.
_ROTATES = "c.key_spec IN ('', 'SYMMETRIC_DEFAULT') AND c.origin IN ('', 'AWS_KMS')"
_PAUSED = f"c.state = 'Disabled' AND ifnull(c.rotation_enabled, 0) AND {_ROTATES}"
_COMES = (
    f"c.state NOT IN ('PendingDeletion', 'PendingReplicaDeletion') AND {_ROTATES}"
    " AND NOT (c.state = 'Disabled' AND ifnull(c.rotation_enabled, 0))"
)
_LATE = f"{_COMES} AND c.rotation_next < :now AND c.rotation_started IS NULL"

_HBKS = f"""
SELECT c.rotation_next / 86400, count(*) FILTER (WHERE {_COMES}), count(*) FILTER (WHERE {_LATE}),
    count(*) FILTER (WHERE {_PAUSED})
FROM cmk AS c WHERE {{where}} AND c.rotation_next >= :first AND c.rotation_next < :end GROUP BY 1
"""
_PAST_OF_ALL = """
SELECT m.at / 86400, count(*) FILTER (WHERE m.rotation_type <> ''), count(*) FILTER (WHERE m.rotation_type = '')
FROM material AS m WHERE m.at >= :first AND m.at < :end GROUP BY 1
"""
_PAST = """
SELECT m.at / 86400, count(*) FILTER (WHERE m.rotation_type <> ''), count(*) FILTER (WHERE m.rotation_type = '')
FROM cmk AS c CROSS JOIN material AS m ON m.cmk_id = c.id
WHERE {where} AND m.at >= :first AND m.at < :end GROUP BY 1
"""
_CLASHES = f"""
WITH own AS MATERIALIZED (SELECT c.rotation_next / 86400 AS day, c.tenant_id AS tenant, c.application_id AS application,
        count(*) AS number
    FROM cmk AS c WHERE {{where}} AND c.rotation_next >= :first AND c.rotation_next < :end AND {_COMES}
        AND c.tenant_id > 0 GROUP BY 1, 2, 3)
SELECT day, count(*) FROM (
    SELECT day FROM own WHERE :application > 0 AND application > 0 AND number > :application
    UNION ALL SELECT day FROM own GROUP BY day, tenant HAVING :tenant > 0 AND sum(number) > :tenant)
GROUP BY 1
"""

# age_limit is the organisation's own rule, called for the CMKs that some limit may bring into the window.
_AGES = """
FROM (WITH limited AS MATERIALIZED (SELECT c.id, c.oldest_data_key, c.tenant_id, age_limit(
        (SELECT iif(p.level = 3, p.name, '') FROM place AS p WHERE p.id = c.place_id),
        {data_class}) AS days
    FROM cmk AS c WHERE {where} AND c.oldest_data_key >= :first - :longest AND c.oldest_data_key < :end - :shortest)
    SELECT * FROM limited) AS c
WHERE days IS NOT NULL AND oldest_data_key + days * 86400 >= :first AND oldest_data_key + days * 86400 < :end
"""
_CLASS = "ifnull((SELECT t.value FROM tag AS t WHERE t.cmk_id = c.id AND t.key = :data_class), '')"
_ONE_KEY = "CASE WHEN d.data_key_id = '' THEN d.id ELSE d.data_key_id END"
_BEYOND = f"""
SELECT count(DISTINCT {_ONE_KEY}) FROM data_key AS d
WHERE d.cmk_id = ? AND d.granularity <> 'bucket' AND d.made_at < ?
"""
_ONE = """
SELECT c.id, c.key_id, c.name, c.place_id, c.stale, c.state, c.rotation_next, c.rotation_enabled, c.key_spec,
    c.origin, c.current_material, c.rotation_at, c.rotation_started, c.on_demand_used, c.oldest_data_key,
    c.tenant_id, c.application_id, (SELECT max(generation) FROM material AS m WHERE m.cmk_id = c.id), c.arn
FROM cmk AS c WHERE c.id = ?
"""
_NEIGHBOURS = f"""
SELECT count(*) FILTER (WHERE c.application_id = :application), count(*) FROM cmk AS c
WHERE c.tenant_id = :tenant AND c.rotation_next >= :first AND c.rotation_next < :end AND {_COMES}
"""

_HBK, _AGE, _DONE = range(3)
_GENERATIONS = 4096
"""More than a CMK can ever have: one a quarter makes four a year, and 25 on demand."""

_STATES = {
    "": Due.SCHEDULED,
    "rotation.overdue": Due.OVERDUE,
    "rotation.paused": Due.PAUSED,
    "rotation.off": Due.OFF,
    "rotation.pending_deletion": Due.NONE,
    "rotation.not_applicable": Due.NOT_APPLICABLE,
    "rotation.unknown": Due.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Ages:
    """How old data keys may be: `limit(environment, data class)` in days (None: any age), the `shortest` and
    `longest` it can answer, and the tag key that holds the class ('': none is looked at).
    """

    limit: Callable[[str, str], int | None]
    shortest: int
    longest: int
    data_class: str = ""


class Calendar:
    """Dates within a node (None or ROOT: everything in sight), as seen from `now`. Raises StoreError.

    Windows are days: `first` belongs to them, `end` does not.
    """

    def __init__(self, store: Store, scope: Scope | None, ages: Ages | None, now: int) -> None:
        self._store = store
        self._sight = Sight(store, scope)
        self._ages = ages
        self._limit = lru_cache(maxsize=4096)(ages.limit) if ages else None
        self._now = now

    # ---- sums

    def days(self, within: NodeRef | None, first: int, end: int, clashes: tuple[int, int]) -> dict[int, Day]:
        """The days on which something falls. `clashes`: how many rotations an application and a tenant may have on
        one day; 0: any number.
        """
        found: dict[int, Day] = {}
        with self._store.snapshot() as reader:
            where, values = condition(self._sight, within)
            values = values | {"first": first * DAY, "end": end * DAY, "now": self._now}
            for day, come, late, paused in reader.execute(_HBKS.format(where=where), values):
                found[day] = Day(day, come - late, late, paused)
            for day, rotated, made in reader.execute(*self._past(where, values)):
                found[day] = replace(found.get(day, Day(day)), rotated=rotated, made=made)
            for day, number, aged in self._aging(reader, where, values):
                found[day] = replace(found.get(day, Day(day)), aging=number - aged, aged=aged)
            limits = {"application": clashes[0], "tenant": clashes[1]}
            for day, number in reader.execute(_CLASHES.format(where=where), values | limits) if any(clashes) else ():
                found[day] = replace(found[day], clashes=number)
        return found

    def _past(self, where: str, values: dict[str, int]) -> tuple[str, dict[str, int]]:
        return (_PAST_OF_ALL if where == "1" else _PAST.format(where=where)), values

    def _aging(self, reader: sqlite3.Connection, where: str, values: dict[str, int]) -> Iterable[Row]:
        if self._ages is None:
            return ()
        due = "oldest_data_key + days * 86400"
        sums = f"SELECT ({due}) / 86400, count(*), count(*) FILTER (WHERE {due} < :now)"
        return reader.execute(f"{sums} {self._aged(reader, where)} GROUP BY 1", values | self._span())

    def _aged(self, reader: sqlite3.Connection, where: str) -> str:
        reader.create_function("age_limit", 2, self._limit, deterministic=True)
        classed = self._ages is not None and self._ages.data_class
        return _AGES.format(where=where, data_class=_CLASS if classed else "''")

    def _span(self) -> dict[str, int | str]:
        ages = self._ages
        if ages is None:
            return {}
        return {"shortest": ages.shortest * DAY, "longest": ages.longest * DAY, "data_class": ages.data_class}

    def late(self, within: NodeRef | None) -> tuple[int, int]:
        """HBK rotations that are overdue, and CMKs with data keys beyond their age, whenever that was."""
        with self._store.snapshot() as reader:
            where, values = condition(self._sight, within)
            values = values | {"first": 0, "end": self._now, "now": self._now}
            dated = "c.rotation_next IS NOT NULL AND c.rotation_next < :now"
            sql = f"SELECT count(*) FROM cmk AS c WHERE {where} AND {dated} AND {_LATE}"
            hbks = int(reader.execute(sql, values).fetchone()[0])
            if self._ages is None:
                return hbks, 0
            sql = f"SELECT count(*) {self._aged(reader, where)}"
            return hbks, int(reader.execute(sql, values | self._span()).fetchone()[0])

    # ---- entries

    def codes(
        self, within: NodeRef | None, first: int | None, end: int | None, *, past: bool = False, undated: bool = False
    ) -> array[int]:
        """The entries of a window in their order, as numbers for `entries`: what is late first, then by date; with
        `undated` also the CMKs without a date, with `past` what rotated.
        """
        with self._store.snapshot() as reader:
            where, values = condition(self._sight, within)
            values = values | {"first": (first or 0) * DAY, "end": FAR if end is None else end * DAY, "now": self._now}
            found = array("q", (row[0] for row in reader.execute(*self._ordered(reader, where, values, past=past))))
            if undated:
                sql = f"SELECT c.id * {3 * _GENERATIONS} FROM cmk AS c WHERE {where} AND c.rotation_next IS NULL"
                found.extend(row[0] for row in reader.execute(f"{sql} ORDER BY c.id", values))
            return found

    def _ordered(
        self, reader: sqlite3.Connection, where: str, values: dict[str, int], *, past: bool
    ) -> tuple[str, dict[str, int | str]]:
        window = "{0} >= :first AND {0} < :end"
        coming = f"SELECT c.id * {3 * _GENERATIONS} AS code, c.rotation_next AS date, NOT ({_LATE}) AS later"
        arms = [f"{coming} FROM cmk AS c WHERE {where} AND {window.format('c.rotation_next')}"]
        if self._ages is not None:
            due = "oldest_data_key + days * 86400"
            arms.append(
                f"SELECT c.id * {3 * _GENERATIONS} + {_AGE * _GENERATIONS}, {due}, {due} >= :now"
                f" {self._aged(reader, where)}"
            )
        if past:
            arms.append(
                f"SELECT c.id * {3 * _GENERATIONS} + {_DONE * _GENERATIONS} + m.generation, m.at, 1"
                f" FROM {_material(where)} WHERE {where} AND {window.format('m.at')}"
            )
        return f"SELECT code FROM ({' UNION ALL '.join(arms)}) ORDER BY later, date, code", values | self._span()

    def entries(self, codes: Iterable[int]) -> list[Entry]:
        """What these numbers stand for; one whose CMK has just gone is left out."""
        with self._store.snapshot() as reader:
            found = (self._entry(reader, *_parts(code)) for code in codes)
            return [entry for entry in found if entry is not None]

    def _entry(self, reader: sqlite3.Connection, cmk_id: int, kind: int, generation: int) -> Entry | None:
        row = reader.execute(_ONE, (cmk_id,)).fetchone()
        if row is None or not self._sight.covers(row[15], row[16]):
            return None
        if kind == _HBK:
            return self._coming(reader, row)
        return self._age(reader, row) if kind == _AGE else _done(reader, row, generation)

    def _coming(self, reader: sqlite3.Connection, row: Row) -> Entry:
        date, note = row[6], rotation_note(row[5], row[6], row[7], row[8], row[9], row[11], self._now)
        state = Due.IN_PROGRESS if row[12] is not None and row[5] == "Enabled" else _STATES[note]
        if state is Due.IN_PROGRESS and note == "rotation.overdue":
            note = ""
        if state is Due.PAUSED and date is not None and date < self._now:
            state = Due.AT_ONCE
        if state is Due.SCHEDULED and date is None:
            state = Due.UNKNOWN
        near = (0, 0)
        if date is not None and row[15] and note in ("", "rotation.overdue"):
            first = date // DAY * DAY
            there = {"tenant": row[15], "application": row[16], "first": first, "end": first + DAY}
            near = reader.execute(_NEIGHBOURS, there).fetchone()
        return replace(
            _plain(reader, row), date=date, state=state, note=note, material_id=row[10],
            generation=(row[17] or 0) + 1, on_application=near[0] if row[16] else 0, on_tenant=near[1],
        )  # fmt: skip

    def _age(self, reader: sqlite3.Connection, row: Row) -> Entry | None:
        place = reader.execute("SELECT level, name FROM place WHERE id = ?", (row[3],)).fetchone()
        key = self._ages.data_class if self._ages else ""
        tag = reader.execute("SELECT value FROM tag WHERE cmk_id = ? AND key = ?", (row[0], key)).fetchone()
        environment = place[1] if place and place[0] == 3 else ""
        limit = self._limit(environment, tag[0] if tag else "") if self._limit else None
        if limit is None or row[14] is None:
            return None
        due = row[14] + limit * DAY
        edge = max(due // DAY * DAY + DAY, self._now) - limit * DAY
        number = reader.execute(_BEYOND, (row[0], edge)).fetchone()[0]
        state = Due.AGED if due < self._now else Due.AGING
        return replace(
            _plain(reader, row), date=due, kind="DATA_KEY_AGE", state=state, note=f"calendar.note.{state}",
            oldest=row[14], limit=limit, number=number,
        )  # fmt: skip


FAR = 1 << 60


def _material(where: str) -> str:
    """Of all by date, of a branch by its CMKs."""
    order = ("material AS m", "cmk AS c") if where == "1" else ("cmk AS c", "material AS m")
    return f"{order[0]} CROSS JOIN {order[1]} ON c.id = m.cmk_id"


def _parts(code: int) -> tuple[int, int, int]:
    rest, generation = divmod(code, _GENERATIONS)
    return *divmod(rest, 3), generation


def _plain(reader: sqlite3.Connection, row: Row) -> Entry:
    return Entry(
        row[0], row[18], row[1], row[2], names(reader, row[3]), None, "SCHEDULED", Due.UNKNOWN, stale=bool(row[4]),
        on_demand_used=row[13], read_at=row[11],
    )  # fmt: skip


def _done(reader: sqlite3.Connection, row: Row, generation: int) -> Entry | None:
    sql = "SELECT at, rotation_type, material_id FROM material WHERE cmk_id = ? AND generation = ?"
    past = reader.execute(sql, (row[0], generation)).fetchone()
    if past is None:
        return None
    return replace(
        _plain(reader, row), date=past[0], kind=past[1] or "CREATED", state=Due.DONE, generation=generation,
        material_id=past[2],
    )  # fmt: skip
