"""What is wrong, as far as a session may see it: in windows, counted by severity, and what was acknowledged."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store.cells import findings
from store.faults import Acknowledgement, Finding, Severity
from store.narrowing import narrowed
from store.nodes import LEVEL_KINDS
from store.paths import names
from store.records import ROOT, Kind, NodeRef, Source
from store.sight import Sight
from store.words import clean

if TYPE_CHECKING:
    import sqlite3
    from array import array
    from collections.abc import Callable, Iterable

    from store.database import Store
    from store.narrow import Asked
    from store.nodes import Row
    from store.records import Scope

_COLUMNS = (
    "f.id, f.rule, f.severity, f.kind, f.subject_id, f.detail, f.place_id, f.home_id, f.expected, f.found,"
    " f.expected_id, f.found_id, f.others, f.details, f.since, f.first_seen,"
    " a.who, a.at, a.reason, a.until"
)
_FROM = f"SELECT {_COLUMNS} FROM finding AS f LEFT JOIN acknowledgement AS a ON a.id = f.ack_id"
_OPEN = "(f.ack_id = 0 OR f.ack_until <= :now)"

_DATA_KEY = """
SELECT name, resource_id, source, stale, max(seen_at, ifnull((SELECT max(s.read_at) FROM slice AS s
    WHERE s.account_id = d.account_id AND s.region IN ('', d.region) AND s.what IN ('', d.kind) AND NOT d.stale), 0))
FROM data_key AS d WHERE id = ?
"""
_CMK = """
SELECT name, key_id, 'kms', stale, max(metadata_at, ifnull((SELECT max(s.read_at) FROM slice AS s
    WHERE s.account_id = c.account_id AND s.region IN ('', c.region) AND s.what = 'cmk' AND NOT c.stale), 0))
FROM cmk AS c WHERE id = ?
"""
_PLACE = "SELECT name, '', source, stale, 0 FROM place WHERE id = ?"

_WITHIN = {
    Kind.TENANT: "(f.tenant_id = :id OR f.home_tenant_id = :id)",
    Kind.APPLICATION: "(f.application_id = :id OR f.home_application_id = :id)",
    Kind.ENVIRONMENT: "(f.place_id = :id OR f.home_id = :id)",
    Kind.UNASSIGNED: "f.home_id = 0",
    Kind.CMK: "f.cmk_id = :id",
    Kind.DATA_KEY: "f.kind = 'data_key' AND f.subject_id = :id",
}

# A finding of one's own at somebody else's node (a data key under their CMK) is not found there.
_HOME = "f.home_tenant_id = :tenant AND :application IN (0, f.home_application_id)"
_WITHIN_SEEN = _WITHIN | {
    Kind.TENANT: f"(f.tenant_id = :id OR f.home_tenant_id = :id AND {_HOME})",
    Kind.APPLICATION: f"(f.application_id = :id OR f.home_application_id = :id AND {_HOME})",
    Kind.ENVIRONMENT: f"(f.place_id = :id OR f.home_id = :id AND {_HOME})",
    Kind.CMK: f"f.cmk_id = :id AND {_HOME}",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings: within a node (None: all in sight), at least so bad, also those that were acknowledged."""

    within: NodeRef | None = None
    least: Severity = Severity.INFO
    acknowledged: bool = False


class Findings:
    """Reading needs no write access, acknowledging does. Raises StoreError."""

    def __init__(self, store: Store, scope: Scope | None = None, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._sight = Sight(store, scope)
        self._now = now

    def judged_at(self) -> int | None:
        """When the rules last looked at the whole store; None: never yet."""
        with self._store.snapshot() as reader:
            row = reader.execute("SELECT at FROM judged").fetchone()
            return row[0] if row else None

    def window(self, wanted: Wanted, offset: int = 0, limit: int | None = None) -> list[Finding]:
        """The worst first, like by like, in a stable order."""
        with self._store.snapshot() as reader:
            where, values = self._where(wanted)
            rows = reader.execute(
                f"{_FROM} WHERE {where} ORDER BY f.severity DESC, f.rule, f.id LIMIT :limit OFFSET :offset",
                values | {"limit": -1 if limit is None else limit, "offset": offset},
            ).fetchall()
            return [self._finding(reader, row) for row in rows]

    def narrowed(self, wanted: Wanted, asked: Asked, stop: Callable[[], bool], closed: str = "") -> array[int]:
        """The ids of those that answer to `asked`, in its order; what rules that begin with `closed` compare is not
        looked at. See store.narrowing.
        """
        with self._store.snapshot() as reader:
            where, values = self._where(wanted)
            values = values | {"now": int(self._now()), "closed": closed}
            return narrowed(reader, self._sight, findings(where), values, asked, stop)

    def those(self, wanted: Wanted, ids: Iterable[int]) -> list[Finding]:
        """The findings with these ids, in their order; those that are not `wanted` any more are left out."""
        listed = list(ids)
        with self._store.snapshot() as reader:
            where, values = self._where(wanted)
            sql = f"{_FROM} WHERE {where} AND f.id IN (SELECT value FROM json_each(:ids))"
            rows = {row[0]: row for row in reader.execute(sql, values | {"ids": json.dumps(listed)})}
            return [self._finding(reader, rows[id_]) for id_ in listed if id_ in rows]

    def by_severity(self, wanted: Wanted) -> dict[Severity, int]:
        """How many of each, the worst first; those without any are left out."""
        with self._store.snapshot() as reader:
            where, values = self._where(wanted)
            rows = reader.execute(
                f"SELECT f.severity, count(*) FROM finding AS f WHERE {where} GROUP BY 1 ORDER BY 1 DESC", values
            )
            return {Severity(severity): number for severity, number in rows}

    def subjects(self, wanted: Wanted, limit: int) -> list[NodeRef]:
        """The nodes that they are about, those of the worst first; at most `limit`."""
        with self._store.snapshot() as reader:
            where, values = self._where(wanted)
            rows = reader.execute(
                f"SELECT f.kind, f.subject_id FROM finding AS f WHERE {where} GROUP BY 1, 2"
                " ORDER BY max(f.severity) DESC, 1, 2 LIMIT :limit",
                values | {"limit": limit},
            )
            return [NodeRef(Kind(kind), id_) for kind, id_ in rows]

    def standing(self, within: NodeRef | None) -> tuple[dict[Severity, int], int]:
        """The open ones by severity as `by_severity` counts them, and how many somebody lets be; in one look."""
        with self._store.snapshot() as reader:
            where, values = self._where(Wanted(within, acknowledged=True))
            rows = reader.execute(
                f"SELECT f.severity, count(*) FILTER (WHERE {_OPEN}), count(*) FROM finding AS f WHERE {where}"
                " GROUP BY 1 ORDER BY 1 DESC",
                values,
            ).fetchall()
        open_ = {Severity(severity): number for severity, number, _ in rows if number}
        return open_, sum(every - number for _, number, every in rows)

    def find(self, id_: int) -> Finding | None:
        """The one with this id, if it is in sight."""
        with self._store.snapshot() as reader:
            where, values = self._where(Wanted(acknowledged=True))
            row = reader.execute(f"{_FROM} WHERE {where} AND f.id = :one", values | {"one": id_}).fetchone()
            return self._finding(reader, row) if row else None

    def acknowledge(self, finding: Finding, who: str, role: str, reason: str, until: int | None) -> None:
        """Note that `who` lets it be; an earlier acknowledgement stays in the record and holds no more."""
        self._note(finding, who, role, reason, until, withdraws=False)

    def withdraw(self, finding: Finding, who: str, role: str, reason: str) -> None:
        """Note that `who` takes its acknowledgement back: it is open again."""
        self._note(finding, who, role, reason, None, withdraws=True)

    def _note(self, finding: Finding, who: str, role: str, reason: str, until: int | None, *, withdraws: bool) -> None:
        with self._store.atomic() as connection:
            (before,) = connection.execute("SELECT ack_id FROM finding WHERE id = ?", (finding.id,)).fetchone() or (0,)
            row = (
                finding.id, finding.rule, clean(finding.label or finding.name), clean(who), role, int(self._now()),
                clean(reason), until, before if withdraws else 0,
            )  # fmt: skip
            noted = connection.execute(
                "INSERT INTO acknowledgement (finding_id, rule, subject, who, role, at, reason, until, withdraws)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            ).lastrowid
            connection.execute(
                "UPDATE finding SET ack_id = ?, ack_until = ? WHERE id = ?",
                (0 if withdraws else noted, until, finding.id),
            )

    def _where(self, wanted: Wanted) -> tuple[str, dict[str, Any]]:
        now = int(self._now())
        values: dict[str, Any] = {"now": now, "least": int(wanted.least)}
        parts = ["f.severity >= :least", "f.begins <= :now"]
        if not wanted.acknowledged:
            parts.append(_OPEN)
        if wanted.within is not None and wanted.within != ROOT:
            parts.append((_WITHIN if self._sight.whole else _WITHIN_SEEN)[wanted.within.kind])
            values["id"] = wanted.within.id
        if not self._sight.whole:
            tenant, application = self._sight.branch
            parts.append("f.tenant_id = :tenant AND :application IN (0, f.application_id)")
            values |= {"tenant": tenant, "application": application}
        return " AND ".join(parts), values

    # -- rows as records -----------------------------------------------------------------------------------------

    def _finding(self, reader: sqlite3.Connection, row: Row) -> Finding:
        (id_, rule, severity, kind, subject, detail, place, home, expected, found, expected_id, found_id, others,
         details, since, first_seen, *ack) = row  # fmt: skip
        name, label, source, stale, at = _subject(reader, Kind(kind), subject, detail)
        expected = self._path(reader, expected_id) if expected_id else expected
        found = self._path(reader, found_id) if found_id else found
        values: dict[str, Any] = {"expected": expected, "found": found, "name": name or label}
        if touched := json.loads(others):
            paths = [path for each in touched if (path := self._path(reader, each))]
            values |= {"others": ", ".join(paths), "places": len(paths)}
        values |= dict(json.loads(details))
        if found_id and not found and "alias" in values:
            values["alias"] = ""  # it names the place that is not for these eyes
        veil = self._sight.veil
        values = {key: veil(told) if isinstance(told, str) else told for key, told in values.items()}
        return Finding(
            id_, rule, Severity(severity), NodeRef(Kind(kind), subject), name, label, names(reader, place or home),
            veil(expected), veil(found), tuple(values.items()), first_seen if since is None else since, first_seen,
            Source(source), at, bool(stale), self._standing(*ack),
        )  # fmt: skip

    def _standing(self, who: str | None, at: int, reason: str, until: int | None) -> Acknowledgement | None:
        """An acknowledgement that still holds."""
        if who is None or (until is not None and until <= int(self._now())):
            return None
        return Acknowledgement(who, at, reason, until)

    def _path(self, reader: sqlite3.Connection, place_id: int) -> str:
        """The place's path, '' where it is somebody else's."""
        row = reader.execute(
            "SELECT level, tenant_id, application_id FROM place WHERE id = ?", (place_id,)
        ).fetchone()  # fmt: skip
        if row is None or not self._sight.covers_place(*row):
            return ""
        return " / ".join(names(reader, place_id))


def _subject(reader: sqlite3.Connection, kind: Kind, id_: int, detail: str) -> tuple[str, str, str, int, int]:
    """Name, label, source, staleness and age of the facts; an account without a tenant of ours is its own name."""
    sql = {Kind.DATA_KEY: _DATA_KEY, Kind.CMK: _CMK}.get(kind, _PLACE)
    row = reader.execute(sql, (id_,)).fetchone() if id_ or kind in LEVEL_KINDS[1:] else None
    return row if row is not None else (detail, detail, Source.INFERRED, 0, 0)
