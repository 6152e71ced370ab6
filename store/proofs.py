"""Takes a verdict to where it is looked for: the row of the data key, its age and the counts, and what happened.

A verdict may come before its holder does: a sync finds the new volume later. And a holder may go and come again. So
the verdicts are the truth, and what is written here follows from them, whichever came first.
"""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from store.badges import count_again
from store.figures import renew_figures
from store.happenings import COLUMNS as EVENT
from store.judgement import note_unjudged
from store.verdicts import WITHDRAWN, numbers
from store.wrapping import count_wrapped, tell

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from store.published import VerdictTold

_HELD_BY = (
    "{key}.resource_id = v.{side} AND {key}.account_id = v.account_id AND {key}.region = v.region"
    " AND {key}.kind = v.kind"
)
_WAS = _HELD_BY.format(key="w", side="was")

# `verdict` is the newest on what a holder holds, '' for none; `proven_at` when last a new data key was proven. Without
# proof, what took the place of another is as old as that was when it was judged: `held_since`. `made_at` is the one
# date by which it ages.
COLUMNS = """
ALTER TABLE data_key ADD COLUMN verdict TEXT NOT NULL DEFAULT '';
ALTER TABLE data_key ADD COLUMN verdict_at INTEGER;
ALTER TABLE data_key ADD COLUMN proven_at INTEGER;
ALTER TABLE data_key ADD COLUMN held_since INTEGER;
ALTER TABLE data_key ADD COLUMN made_at INTEGER GENERATED ALWAYS AS (CASE
    WHEN proven_at IS NOT NULL THEN max(proven_at, ifnull(created_at, proven_at))
    WHEN held_since IS NOT NULL THEN min(held_since, ifnull(created_at, held_since))
    ELSE created_at END) VIRTUAL;
CREATE INDEX data_key_verdict ON data_key (verdict) WHERE verdict <> ''
"""
AGES = f"""
ALTER TABLE verdict ADD COLUMN was_made INTEGER;
UPDATE verdict AS v SET was_made = (SELECT w.made_at FROM data_key AS w WHERE {_WAS})
"""

_WHERE = (
    "iif(k.id IS NULL OR d.tenant_id <> 0 AND (d.tenant_id, d.application_id) <> (k.tenant_id, k.application_id),"
    " d.{0}_id, k.{0}_id)"
)
_OWNER = "coalesce(d.tenant_id, t.id, 0), coalesce(d.application_id, a.id, 0)"
_OF_KEY = (
    "FROM verdict AS v WHERE v.resource_id = data_key.resource_id AND v.account_id = data_key.account_id"
    f" AND v.region = data_key.region AND v.kind = data_key.kind AND NOT {WITHDRAWN.format(verdict='v')}"
)
_MARK = f"""
UPDATE data_key SET
    verdict = ifnull((SELECT v.verdict {_OF_KEY} ORDER BY v.at DESC, v.run_id DESC LIMIT 1), ''),
    verdict_at = (SELECT v.at {_OF_KEY} ORDER BY v.at DESC, v.run_id DESC LIMIT 1),
    proven_at = (SELECT max(v.at) {_OF_KEY} AND v.verdict = 'proven'),
    held_since = (SELECT min(v.was_made) {_OF_KEY} AND v.was <> v.resource_id AND v.verdict <> 'proven')
WHERE id IN (SELECT id FROM marked)
"""
# In what happened a verdict stands once, at its holder, or at what held the data before while no sync has found that
# one; what else is known of the two has a twin (5), for its own history and for that of another CMK. Under somebody
# else's CMK it is told where the data key belongs, and there alone: whose the CMK is has no part in it.
_EVENT = f"""
INSERT INTO event ({", ".join(EVENT)})
SELECT v.at, v.verdict, 5, ifnull(d.id, 0), ifnull(d.cmk_id, 0), ifnull(nullif(d.name, ''), v.resource_id),
    v.resource_id, v.run_id, iif(v.was = v.resource_id, '', v.was), verdict_told(v.reason, v.facts), 'evidence',
    coalesce({_WHERE.format("place")}, a.id, t.id, 0), coalesce({_WHERE.format("tenant")}, t.id, 0),
    coalesce({_WHERE.format("application")}, a.id, 0), {", ".join(3 * (_OWNER,))}
FROM verdict AS v LEFT JOIN data_key AS d ON d.id = coalesce(
        (SELECT n.id FROM data_key AS n WHERE {_HELD_BY.format(key="n", side="resource_id")}),
        (SELECT w.id FROM data_key AS w WHERE {_WAS}))
    LEFT JOIN cmk AS k ON k.id = d.cmk_id
    LEFT JOIN place AS t ON t.parent_id = 0 AND t.name = v.tenant AND v.tenant <> ''
    LEFT JOIN place AS a ON a.parent_id = t.id AND a.name = v.application AND v.application <> ''
WHERE v.run_id = ? AND v.resource_id = ?
"""
_SHARED = ", ".join(column for column in EVENT if column not in ("subject_id", "cmk_id"))
_TOO = f"""
INSERT INTO event ({_SHARED}, subject_id, cmk_id, twin)
SELECT {", ".join(f"e.{column}" for column in _SHARED.split(", "))}, d.id, iif(d.cmk_id = e.cmk_id, 0, d.cmk_id), 5
FROM verdict AS v CROSS JOIN data_key AS d ON {_HELD_BY} CROSS JOIN event AS e
    ON e.at = v.at AND e.twin = 0 AND e.what = v.verdict AND e.detail = v.run_id AND e.label = v.resource_id
WHERE {{which}} AND NOT EXISTS (SELECT 1 FROM event AS o WHERE o.kind = 5 AND o.subject_id = d.id AND o.twin IN (0, 5)
    AND o.what = v.verdict AND o.detail = v.run_id AND o.label = v.resource_id)
"""
_COUNTED = """
INSERT OR IGNORE INTO counted_cmk SELECT d.cmk_id FROM marked CROSS JOIN data_key AS d USING (id) WHERE d.cmk_id <> 0;
INSERT OR IGNORE INTO touched_place SELECT d.place_id FROM marked CROSS JOIN data_key AS d USING (id)
    WHERE d.cmk_id = 0
"""


def add_columns(connection: sqlite3.Connection) -> None:
    """What a data key's row tells of verdicts, where it does not yet."""
    if connection.execute("SELECT 1 FROM pragma_table_xinfo('data_key') WHERE name = 'made_at'").fetchone() is None:
        for statement in COLUMNS.split(";\n"):
            connection.execute(statement)


def follow(connection: sqlite3.Connection, verdicts: Iterable[tuple[str, str]]) -> None:
    """After these verdicts came (run ids with resource ids), outside of a merge: their data keys say so and are as
    old as that, the counts above them too, and what the rules say of them is asked anew.
    """
    _clear(connection)
    connection.create_function("verdict_told", 2, told, deterministic=True)
    for verdict in verdicts:
        connection.execute(_MARKED, verdict)
        connection.execute(_EVENT, verdict)
        _tell_too(connection, "v.run_id = ? AND v.resource_id = ?", verdict)
    _settle(connection)


def withdraw(connection: sqlite3.Connection, run_id: str) -> None:
    """A run goes back: its data keys say, and are as old as, what holds without its verdicts. What happened stays."""
    _clear(connection)
    for verdict in connection.execute("SELECT run_id, resource_id FROM verdict WHERE run_id = ?", (run_id,)).fetchall():
        connection.execute(_MARKED, verdict)
    _settle(connection)


def _clear(connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY)")
        connection.execute(f"DELETE FROM temp.{table}")


def _settle(connection: sqlite3.Connection) -> None:
    """What was marked, and all that is counted and judged of it."""
    mark(connection)
    tell(connection, "SELECT id FROM marked")
    count_again(connection)
    renew_figures(connection)
    count_wrapped(connection)
    note_unjudged(connection)
    for table in _TABLES:
        connection.execute(f"DROP TABLE temp.{table}")


def take_verdicts(connection: sqlite3.Connection, verdicts: Iterable[VerdictTold]) -> int:
    """Those of another console, beside our own, with all that follows from them; how many are new here."""
    came = [
        (one.run_id, one.resource_id) for one in verdicts if connection.execute(_TAKEN, _taken(one)).rowcount
    ]  # fmt: skip
    if came:
        follow(connection, came)
    return len(came)


def _taken(one: VerdictTold) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__} | {"facts": json.dumps(dict(one.facts))}


_TOLD = (
    "run_id", "kind", "resource_id", "account_id", "region", "was", "route", "verdict", "reason", "cmk", "at", "tenant",
    "application", "facts", "was_made",
)  # fmt: skip
_TAKEN = f"""
INSERT OR IGNORE INTO verdict (by_whom, {", ".join(_TOLD)}) VALUES ('', {", ".join(f":{name}" for name in _TOLD)})
"""
_MARKED = f"""
INSERT OR IGNORE INTO marked SELECT d.id FROM verdict AS v CROSS JOIN data_key AS d
    ON {_HELD_BY.format(key="d", side="resource_id")} WHERE v.run_id = ? AND v.resource_id = ?
"""
_TABLES = ("marked", "counted_cmk", "touched_place", "touched_cmk")


def go_back(connection: sqlite3.Connection, moment: int) -> None:
    """In a replay: no verdict is younger than the moment; the rows say again what they said then."""
    later = "SELECT id FROM data_key WHERE verdict <> '' AND verdict_at > ?"
    connection.execute(f"INSERT OR IGNORE INTO marked {later}", (moment,))
    connection.execute("DELETE FROM verdict WHERE at > ?", (moment,))
    connection.execute(
        "UPDATE data_key SET verdict = '', verdict_at = NULL, proven_at = NULL, held_since = NULL"
        " WHERE id IN (SELECT id FROM marked)"
    )
    connection.execute("INSERT OR IGNORE INTO rewrapped SELECT id FROM marked")
    for statement in _COUNTED.split(";\n"):
        connection.execute(statement)
    connection.execute("DELETE FROM marked")
    connection.execute(
        "INSERT OR IGNORE INTO marked SELECT d.id FROM verdict AS v CROSS JOIN data_key AS d"
        f" ON {_HELD_BY.format(key='d', side='resource_id')}"
    )
    mark(connection)


def mark(connection: sqlite3.Connection) -> None:
    """Let the rows of temp.marked say what their verdicts do; notes what is to be counted again."""
    connection.execute(_MARK)
    for statement in _COUNTED.split(";\n"):
        connection.execute(statement)


def told(reason: str, facts: str) -> str:
    """Why, and the numbers of the evidence that fill the sentence, as an event keeps it."""
    return json.dumps([reason, numbers(json.loads(facts))])


def _tell_too(connection: sqlite3.Connection, which: str, values: tuple[object, ...]) -> None:
    for side in ("resource_id", "was"):
        connection.execute(_TOO.format(key="d", side=side, which=which), values)


def mark_new(connection: sqlite3.Connection, last: int) -> None:
    """In a merge: the same of the rows that it brought, those above `last`, and what happened to them before."""
    connection.execute("DELETE FROM marked")
    connection.execute(
        "INSERT OR IGNORE INTO marked SELECT d.id FROM verdict AS v CROSS JOIN data_key AS d"
        f" ON {_HELD_BY.format(key='d', side='resource_id')} WHERE d.id > ?",
        (last,),
    )
    mark(connection)
    _tell_too(connection, "d.id > ?", (last,))
