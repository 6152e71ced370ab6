"""Keeps the table of findings: what a merge touched waits to be judged, and what the rules say is written down."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from store.cases import Fault

DAY = 86_400

TABLES = """
CREATE TABLE finding (      -- a fault as the rules last saw it; its id stays as long as it does
    id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, severity INTEGER NOT NULL,
    kind TEXT NOT NULL, subject_id INTEGER NOT NULL, detail TEXT NOT NULL,
    place_id INTEGER NOT NULL, tenant_id INTEGER NOT NULL, application_id INTEGER NOT NULL,    -- where it belongs
    home_id INTEGER NOT NULL, home_tenant_id INTEGER NOT NULL, home_application_id INTEGER NOT NULL,
    cmk_id INTEGER NOT NULL, expected TEXT NOT NULL, found TEXT NOT NULL, expected_id INTEGER NOT NULL,
    found_id INTEGER NOT NULL, others TEXT NOT NULL, details TEXT NOT NULL, since INTEGER,
    begins INTEGER NOT NULL, again INTEGER,
    first_seen INTEGER NOT NULL, ack_id INTEGER NOT NULL DEFAULT 0,
    ack_until INTEGER       -- NULL: for good, where there is an acknowledgement
);
CREATE UNIQUE INDEX finding_subject ON finding (rule, kind, subject_id, detail);
CREATE INDEX finding_order ON finding (severity DESC, rule, id);
CREATE INDEX finding_tenant ON finding (tenant_id, severity);
CREATE INDEX finding_home_tenant ON finding (home_tenant_id, severity);
CREATE INDEX finding_application ON finding (application_id, severity);
CREATE INDEX finding_home_application ON finding (home_application_id, severity);
CREATE INDEX finding_place ON finding (place_id, severity);
CREATE INDEX finding_home ON finding (home_id, severity);
CREATE INDEX finding_cmk ON finding (cmk_id, severity);
CREATE INDEX finding_again ON finding (again) WHERE again IS NOT NULL;
CREATE TABLE acknowledgement (      -- only ever added to; one with a row in `withdraws` takes that one back
    id INTEGER PRIMARY KEY AUTOINCREMENT, finding_id INTEGER NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL,
    who TEXT NOT NULL, role TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL, until INTEGER,
    withdraws INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE unjudged (kind TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE judged (at INTEGER NOT NULL, full_at INTEGER NOT NULL, terms TEXT NOT NULL);
CREATE INDEX data_key_mistagged ON data_key (cmk_id, place_id) WHERE place_reason = 'place.contradicts'
"""

GAP_RULE = "sync_gap"
"""The one rule that is always judged whole: gaps are few, and belong to accounts instead of keys."""

_COLUMNS = (
    "rule", "severity", "kind", "subject_id", "detail", "place_id", "tenant_id", "application_id", "home_id",
    "home_tenant_id", "home_application_id", "cmk_id", "expected", "found", "expected_id", "found_id", "others",
    "details", "since", "begins", "again",
)  # fmt: skip
_TEXTS = frozenset({"rule", "kind", "detail", "expected", "found", "others", "details"})
_KEY = ("rule", "kind", "subject_id", "detail")

_NOTE = """
INSERT OR IGNORE INTO unjudged SELECT 'cmk', id FROM touched_cmk;
INSERT OR IGNORE INTO unjudged SELECT 'cmk', id FROM counted_cmk;
INSERT OR IGNORE INTO unjudged SELECT 'place', id FROM touched_place
"""

# What else hangs on what was touched: keys whose rotation date went by, findings that said when to look again, keys
# with data of a touched place under them, keys of the same application or that an alias ties to a touched place, and
# the places whose data stands, or stood, under any of these.
_WIDEN = """
INSERT OR IGNORE INTO judged_cmk SELECT id FROM unjudged WHERE kind = 'cmk';
INSERT OR IGNORE INTO judged_place SELECT id FROM unjudged WHERE kind = 'place';
INSERT OR IGNORE INTO judged_cmk SELECT id FROM cmk WHERE rotation_next <= :now;
INSERT OR IGNORE INTO judged_cmk SELECT cmk_id FROM finding WHERE again <= :now AND cmk_id <> 0;
INSERT OR IGNORE INTO judged_cmk SELECT d.cmk_id FROM unjudged AS u CROSS JOIN data_key AS d ON d.place_id = u.id
    WHERE u.kind = 'place' AND d.elsewhere = 1;
INSERT OR IGNORE INTO judged_cmk SELECT c.id FROM unjudged AS u CROSS JOIN place AS p ON p.id = u.id
    CROSS JOIN cmk AS c ON c.tenant_id = p.tenant_id AND c.application_id = p.application_id
    WHERE u.kind = 'place' AND p.level = 3;
INSERT OR IGNORE INTO judged_cmk SELECT f.cmk_id FROM finding AS f
    WHERE f.found_id IN (SELECT id FROM unjudged WHERE kind = 'place') AND f.cmk_id <> 0;
INSERT OR IGNORE INTO judged_place SELECT d.place_id FROM judged_cmk AS j CROSS JOIN data_key AS d ON d.cmk_id = j.id
    WHERE d.elsewhere = 1;
INSERT OR IGNORE INTO judged_place SELECT o.value FROM judged_cmk AS j CROSS JOIN finding AS f ON f.cmk_id = j.id
    CROSS JOIN json_each(f.others) AS o
"""
_WHOLE = """
INSERT INTO judged_cmk SELECT id FROM cmk;
INSERT INTO judged_place SELECT id FROM place
"""

_GONE = f"""
DELETE FROM finding WHERE (
    rule = '{GAP_RULE}'
    OR cmk_id <> 0 AND (cmk_id IN (SELECT id FROM judged_cmk) OR cmk_id NOT IN (SELECT id FROM cmk))
    OR cmk_id = 0 AND (place_id IN (SELECT id FROM judged_place) OR place_id NOT IN (SELECT id FROM place)))
AND NOT EXISTS (SELECT 1 FROM new_finding AS n WHERE (n.rule, n.kind, n.subject_id, n.detail)
    = (finding.rule, finding.kind, finding.subject_id, finding.detail))
"""


def note_unjudged(connection: sqlite3.Connection) -> None:
    """At the end of a merge: what it touched waits to be judged, also if this process is killed now.

    Before the first round there is nothing to remember: it judges everything.
    """
    if connection.execute("SELECT 1 FROM judged").fetchone() is None:
        return
    for statement in _NOTE.split(";\n"):
        connection.execute(statement)


def choose(connection: sqlite3.Connection, terms: str, now: int) -> bool:
    """Put into temp.judged_cmk and temp.judged_place what is to be judged; whether that is everything.

    All of it where nothing was judged yet, where `terms` (the settings that rules look at) are others than last
    time or other keys can be read, where a quarter of all CMKs was touched, and once a day.
    """
    for table in ("judged_cmk", "judged_place"):
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY)")
        connection.execute(f"DELETE FROM {table}")
    full = _all_is_due(connection, terms, now)
    for statement in (_WHOLE if full else _WIDEN).split(";\n"):
        connection.execute(statement, {"now": now} if ":now" in statement else {})
    return full


def _under(connection: sqlite3.Connection, terms: str) -> str:
    """The terms, and of which accounts and Regions the keys can be read: only there can one be missing."""
    read = connection.execute(
        "SELECT 'seen', account_id, region FROM slice WHERE what = 'cmk' UNION ALL"
        " SELECT 'gap', account_id, region FROM gap WHERE what = 'cmk' ORDER BY 1, 2, 3"
    )
    return " ".join((terms, *("/".join(row) for row in read)))


def _all_is_due(connection: sqlite3.Connection, terms: str, now: int) -> bool:
    row = connection.execute("SELECT full_at, terms FROM judged").fetchone()
    if row is None or row[1] != _under(connection, terms) or not 0 <= now - row[0] < DAY:
        return True
    waiting = connection.execute("SELECT count(*) FROM unjudged WHERE kind = 'cmk'").fetchone()[0]
    return bool(waiting * 4 > connection.execute("SELECT count(*) FROM cmk").fetchone()[0] + 100)


def settle(connection: sqlite3.Connection, faults: Iterable[Fault], terms: str, now: int, *, full: bool) -> int:
    """Write down what the rules said of what was chosen; findings that differ from before, that came or that went."""
    _stage(connection, faults)
    changed = connection.execute(_GONE).rowcount + _update(connection) + _insert(connection, now)
    connection.execute("DELETE FROM unjudged")
    before = connection.execute("SELECT full_at FROM judged").fetchone()
    connection.execute("DELETE FROM judged")
    marks = (now, now if full or not before else before[0], _under(connection, terms))
    connection.execute("INSERT INTO judged VALUES (?, ?, ?)", marks)
    for table in ("new_finding", "judged_cmk", "judged_place"):
        connection.execute(f"DROP TABLE temp.{table}")
    return changed


def _stage(connection: sqlite3.Connection, faults: Iterable[Fault]) -> None:
    # With the types of the table itself: a comparison with a column of another affinity goes past the key.
    typed = ", ".join(f"{name} {'TEXT' if name in _TEXTS else 'INTEGER'}" for name in _COLUMNS)
    connection.execute(f"CREATE TEMP TABLE new_finding ({typed}, PRIMARY KEY ({', '.join(_KEY)})) WITHOUT ROWID")
    marks = ", ".join("?" * len(_COLUMNS))
    connection.executemany(f"INSERT OR IGNORE INTO new_finding VALUES ({marks})", map(_row, faults))


def _row(fault: Fault) -> tuple[object, ...]:
    own, home = fault.own, fault.home
    return (
        fault.rule, int(fault.severity), fault.ref.kind, fault.ref.id, fault.detail, own.place_id, own.tenant_id,
        own.application_id, home.place_id, home.tenant_id, home.application_id, fault.cmk_id, fault.expected,
        fault.found, fault.expected_place, fault.found_place, json.dumps(fault.others), json.dumps(fault.values),
        fault.since, fault.begins, fault.again,
    )  # fmt: skip


def _update(connection: sqlite3.Connection) -> int:
    columns = [column for column in _COLUMNS if column not in _KEY]
    old = ", ".join(f"finding.{column}" for column in columns)
    new = ", ".join(f"n.{column}" for column in columns)
    same = " AND ".join(f"n.{column} = finding.{column}" for column in _KEY)
    return connection.execute(
        f"UPDATE finding SET {', '.join(f'{column} = n.{column}' for column in columns)} FROM new_finding AS n"
        f" WHERE {same} AND ({old}) IS NOT ({new})"
    ).rowcount


def _insert(connection: sqlite3.Connection, now: int) -> int:
    listed = ", ".join(_COLUMNS)
    return connection.execute(
        f"INSERT INTO finding ({listed}, first_seen) SELECT {listed}, ? FROM new_finding AS n WHERE NOT EXISTS"
        " (SELECT 1 FROM finding AS f WHERE (f.rule, f.kind, f.subject_id, f.detail)"
        " = (n.rule, n.kind, n.subject_id, n.detail)) ORDER BY severity DESC, rule, subject_id",
        (now,),
    ).rowcount
