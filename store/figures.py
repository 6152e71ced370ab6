"""Numbers of a branch in an instant: sums per application and tenant are kept, renewed for what a merge touched."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from store.nodes import cmk_status
from store.numbers import UNDATED, Due, HalfYear, Holders, Numbers
from store.records import COPIES, GROUPS, ROOT, Granularity, Kind, NodeRef, Status
from store.rotations import rotation_note
from store.sight import Sight

if TYPE_CHECKING:
    import sqlite3

    from store.database import Store
    from store.nodes import Row
    from store.records import Scope

DAY = 86_400

FIGURES = """
CREATE TABLE figure (       -- holders of data keys below an application, a tenant, or (0) what has no place
    place_id INTEGER NOT NULL, granularity TEXT NOT NULL, status TEXT NOT NULL,
    half INTEGER NOT NULL,  -- year * 2, + 1 from July on, of the oldest known holder of the data key; 0: no date
    number INTEGER NOT NULL, PRIMARY KEY (place_id, granularity, status, half)
) WITHOUT ROWID;
CREATE INDEX cmk_figures ON cmk
    (state, key_spec, origin, rotation_enabled, rotation_next, rotation_started, rotation_at);
"""

# A volume and its snapshots have one data key: it is as old as the oldest of them, in the account that has both.
_BORN = """CASE WHEN d.data_key_id = '' THEN d.made_at ELSE (SELECT min(o.made_at) FROM data_key AS o
    WHERE o.data_key_id = d.data_key_id AND o.data_key_id <> '' AND o.account_id = d.account_id) END"""
_SUMMED = f"""
SELECT {{home}} AS home, d.granularity, d.status,
    CASE WHEN d.granularity IN ('bucket', 'snapshot') THEN 0 ELSE ifnull(
        strftime('%Y', {_BORN}, 'unixepoch') * 2 + (strftime('%m', {_BORN}, 'unixepoch') > '06'), 0) END AS half,
    count(*) AS number
FROM {{source}} GROUP BY 1, 2, 3, 4
"""

# What a place holds, as the tree shows it: under its CMKs, and under no CMK of ours.
_BELOW = (
    "figured AS f CROSS JOIN cmk AS c ON c.place_id = f.place_id CROSS JOIN data_key AS d ON d.cmk_id = c.id",
    "figured AS f CROSS JOIN data_key AS d ON d.cmk_id = 0 AND d.place_id = f.place_id",
)
_ADD = "INSERT INTO figure {rows} ON CONFLICT DO UPDATE SET number = figure.number + excluded.number"
_TENANTS = """
SELECT a.parent_id, granularity, status, half, sum(number) FROM place AS a CROSS JOIN figure ON place_id = a.id
WHERE a.level = 2 AND a.parent_id IN (SELECT home FROM figured) GROUP BY 1, 2, 3, 4
"""


def renew_figures(connection: sqlite3.Connection, places: str = "SELECT id FROM touched_place") -> None:
    """Count again what lies in the places of that query, and in the tenants above; a tenant's are in it already."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS figured (home INTEGER, place_id INTEGER)")
    connection.execute("DELETE FROM figured")
    connection.execute(f"DELETE FROM figure WHERE place_id IN ({places})")
    # Environments are counted where they belong: applications are few enough to keep, environments to look at.
    connection.execute(
        f"INSERT INTO figured SELECT id, id FROM place WHERE level < 3 AND id IN ({places})"
        f" UNION ALL SELECT parent_id, id FROM place WHERE level = 3 AND parent_id IN ({places})"
    )
    for source in _BELOW:
        # WHERE true: without it SQLite takes ON CONFLICT for part of a join.
        rows = f"SELECT * FROM ({_SUMMED.format(home='f.home', source=source)}) WHERE true"
        connection.execute(_ADD.format(rows=rows))
    connection.execute(_ADD.format(rows=f"SELECT * FROM ({_TENANTS}) WHERE true"))


class Figures:
    """Numbers within a node (None or ROOT: everything in sight). Raises StoreError."""

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._sight = Sight(store, scope)

    def numbers(self, within: NodeRef | None, now: int) -> Numbers:
        """CMKs, coming rotations as seen from `now` (epoch seconds), ages and holders."""
        with self._store.snapshot() as reader:
            top = self._top(within)
            groups = reader.execute(_CMKS.format(where=_WHERE[_level(top)]), _soon(now) | {"id": top.id}).fetchall()
            rows = [*self._holders(reader, top), *self._strays(reader, top)]
            return Numbers(_states(groups), _due(groups, now), _ages(rows), _statuses(rows))

    def _top(self, within: NodeRef | None) -> NodeRef:
        """The node itself; without one, or above the branch in sight, that branch."""
        top = ROOT if within is None else within
        if self._sight.whole:
            return top
        tenant, application = self._sight.branch
        if top == ROOT or top == NodeRef(Kind.TENANT, tenant):
            return NodeRef(Kind.APPLICATION, application) if application else NodeRef(Kind.TENANT, tenant)
        return top

    def _holders(self, reader: sqlite3.Connection, top: NodeRef) -> list[Row]:
        if top == ROOT:
            return reader.execute(
                "SELECT granularity, status, half, sum(number) FROM place AS p CROSS JOIN figure ON place_id = p.id"
                " WHERE p.parent_id IN (-1, 0) GROUP BY 1, 2, 3"
            ).fetchall()
        if top.kind in (Kind.TENANT, Kind.APPLICATION, Kind.UNASSIGNED):
            return reader.execute(
                "SELECT granularity, status, half, number FROM figure WHERE place_id = ?", (top.id,)
            ).fetchall()
        return [row for source in _DIRECT[top.kind] for row in _counted(reader, source, top.id)]

    def _strays(self, reader: sqlite3.Connection, top: NodeRef) -> list[Row]:
        """Data keys placed in sight under CMKs that are not: the tree counts them too."""
        if top.kind is Kind.CMK:
            return []
        strays = self._sight.strays_below(top.id, _LEVELS.get(top.kind, 0))
        return [row for stray in strays for row in _counted(reader, "data_key AS d WHERE d.id = :id", stray[0])]


def _counted(reader: sqlite3.Connection, source: str, id_: int) -> list[Row]:
    rows = reader.execute(_SUMMED.format(home=":id", source=source), {"id": id_}).fetchall()
    return [row[1:] for row in rows]


_LEVELS = {Kind.TENANT: 1, Kind.APPLICATION: 2, Kind.ENVIRONMENT: 3}
_DIRECT = {
    Kind.CMK: ("data_key AS d WHERE d.cmk_id = :id",),
    Kind.ENVIRONMENT: (
        "cmk AS c CROSS JOIN data_key AS d ON d.cmk_id = c.id WHERE c.place_id = :id",
        "data_key AS d WHERE d.cmk_id = 0 AND d.place_id = :id",
    ),
}
_WHERE = {
    "": "true",
    Kind.UNASSIGNED: "place_id = :id",
    Kind.TENANT: "tenant_id = :id",
    Kind.APPLICATION: "tenant_id = (SELECT tenant_id FROM place WHERE id = :id) AND application_id = :id",
    Kind.ENVIRONMENT: "place_id = :id",
    Kind.CMK: "id = :id",
}


def _level(top: NodeRef) -> str:
    return "" if top == ROOT else top.kind


# One walk over the index cmk_figures; a branch goes by its own index.
_CMKS = """
SELECT state, key_spec, origin, rotation_enabled, count(*), count(rotation_started),
    count(*) FILTER (WHERE rotation_next IS NULL AND rotation_at = 0),
    count(*) FILTER (WHERE rotation_next IS NULL AND rotation_at <> 0),
    count(*) FILTER (WHERE rotation_next < :now),
    count(*) FILTER (WHERE rotation_next >= :now AND rotation_next <= :week),
    count(*) FILTER (WHERE rotation_next > :week AND rotation_next <= :month),
    count(*) FILTER (WHERE rotation_next > :month AND rotation_next <= :quarter),
    count(*) FILTER (WHERE rotation_next > :quarter)
FROM cmk WHERE {where} GROUP BY 1, 2, 3, 4
"""
_SPANS = ("overdue", "week", "month", "quarter", "later")
_NOTED = {
    "rotation.pending_deletion": "pending",
    "rotation.not_applicable": "never",
    "rotation.paused": "paused",
    "rotation.off": "off",
    "rotation.unknown": "unknown",
    "": "unknown",  # a date is missing without a reason that we know
}


def _soon(now: int) -> dict[str, int]:
    return {"now": now, "week": now + 7 * DAY, "month": now + 30 * DAY, "quarter": now + 90 * DAY}


def _states(groups: list[Row]) -> tuple[tuple[Status, int], ...]:
    found: Counter[Status] = Counter()
    for state, _, _, _, number, rotating, *_ in groups:
        found[cmk_status(state, None)] += number - rotating
        found[cmk_status(state, 1)] += rotating
    return tuple((status, found[status]) for status in Status if found[status])


def _due(groups: list[Row], now: int) -> Due:
    """Each group of like CMKs goes by the rule of the calendar: what has a note does not come."""
    found: Counter[str] = Counter()
    for state, spec, origin, enabled, _, _, unread, undated, *spans in groups:
        found[_NOTED[rotation_note(state, None, enabled, spec, origin, 0, now)]] += unread
        found[_NOTED[rotation_note(state, None, enabled, spec, origin, 1, now)]] += undated
        note = rotation_note(state, now, enabled, spec, origin, 1, now)
        for name, number in zip(_SPANS, spans, strict=True):
            found[_NOTED[note] if note else name] += number
    return Due(**found)


def _ages(rows: list[Row]) -> tuple[HalfYear, ...]:
    """The data keys of holders that have one of their own; what is not encrypted has none."""
    found: Counter[int] = Counter()
    for granularity, status, half, number in rows:
        if granularity not in GROUPS | COPIES and status != Status.UNENCRYPTED:
            found[half] += number
    return tuple(
        HalfYear(half // 2, half % 2 + 1, number) if half else HalfYear(UNDATED, 0, number)
        for half, number in sorted(found.items())
    )


def _statuses(rows: list[Row]) -> tuple[Holders, ...]:
    found: Counter[tuple[str, str]] = Counter()
    for granularity, status, _, number in rows:
        found[granularity, status] += number
    kinds, words = list(Granularity), list(Status)
    every = [Holders(Granularity(g), Status(s), number) for (g, s), number in found.items()]
    return tuple(sorted(every, key=lambda h: (kinds.index(h.granularity), words.index(h.status))))
