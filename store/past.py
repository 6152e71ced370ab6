"""Keeps what a merge changes or takes away: the former row with its validity, so that any moment can be replayed.

A version is valid from the merge that brought it until the merge that ended it, in epoch seconds; 0 stands for the
first merge of all. Words, badges, ages of reading and what else follows from the rows are not kept: `store.replay`
makes them again.
"""
# ruff: noqa: S608 - statements are put together from the column names of store.staging

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from store.staging import DATA_KEY, METADATA, PLACE, ROTATION

if TYPE_CHECKING:
    import sqlite3

CMK = ("key_id", "arn", "account_id", "region", *PLACE, *METADATA, *ROTATION)
DATA_KEYS = ("kind", "resource_id", "account_id", "region", *DATA_KEY)
PLACES = ("parent_id", "level", "name", "sort", "source", "tenant_id", "application_id", "declared")
LISTS = {
    "alias": ("name", "arn", "created_at", "updated_at"),
    "tag": ("key", "value"),
    "material": ("material_id", "date", "rotation_type", "state"),
}
"""A CMK's lists, kept with it as JSON: an array of arrays, in the order of their first column."""

TABLES = f"""
CREATE TABLE record (       -- from when on any moment can be replayed, and the newest merge
    since INTEGER NOT NULL, newest INTEGER NOT NULL
);
ALTER TABLE place ADD COLUMN valid_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cmk ADD COLUMN valid_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE data_key ADD COLUMN valid_from INTEGER NOT NULL DEFAULT 0;
CREATE INDEX place_valid ON place (valid_from) WHERE valid_from > 0;
CREATE INDEX cmk_valid ON cmk (valid_from) WHERE valid_from > 0;
CREATE INDEX data_key_valid ON data_key (valid_from) WHERE valid_from > 0;
CREATE TABLE former_place (
    id INTEGER NOT NULL, {", ".join(PLACES)}, valid_from INTEGER NOT NULL, valid_until INTEGER NOT NULL,
    PRIMARY KEY (id, valid_from)
) WITHOUT ROWID;
CREATE TABLE former_cmk (
    id INTEGER NOT NULL, {", ".join(CMK)}, name, {", ".join(LISTS)},
    policy,                 -- NULL where the next version has the same one, '' where it was not known
    valid_from INTEGER NOT NULL, valid_until INTEGER NOT NULL, PRIMARY KEY (id, valid_from)
) WITHOUT ROWID;
CREATE TABLE former_data_key (
    id INTEGER NOT NULL, {", ".join(DATA_KEYS)}, valid_from INTEGER NOT NULL, valid_until INTEGER NOT NULL,
    PRIMARY KEY (id, valid_from)
) WITHOUT ROWID;
CREATE INDEX former_place_until ON former_place (valid_until);
CREATE INDEX former_cmk_until ON former_cmk (valid_until);
CREATE INDEX former_data_key_until ON former_data_key (valid_until)
"""
FORMER = ("former_place", "former_cmk", "former_data_key")

_WAS = f"""
CREATE TEMP TABLE was_cmk (
    id INTEGER PRIMARY KEY, {", ".join(CMK)}, name, {", ".join(LISTS)}, policy, valid_from INTEGER);
CREATE TEMP TABLE was_data_key (id INTEGER PRIMARY KEY, {", ".join(DATA_KEYS)}, valid_from INTEGER);
CREATE TEMP TABLE ended_cmk (id INTEGER PRIMARY KEY, same_policy INTEGER);
CREATE TEMP TABLE ended_data_key (id INTEGER PRIMARY KEY)
"""

_LISTED = "(SELECT json_group_array(json_array({columns})) FROM (SELECT * FROM {table} WHERE cmk_id = c.id ORDER BY 2))"
_LISTS = {table: _LISTED.format(columns=", ".join(columns), table=table) for table, columns in LISTS.items()}
_POLICY = "(SELECT policy FROM policy AS p WHERE p.cmk_id = c.id)"
_VERSION = f"c.id, {', '.join(f'c.{column}' for column in CMK)}, c.name, {', '.join(_LISTS.values())}, {_POLICY}"


class Stamp(NamedTuple):
    """When a merge is, and the one before it. `first`: nothing was known; `cmk`, `data_key`, `place`: last ids then."""

    now: int
    previous: int
    first: bool
    cmk: int
    data_key: int
    place: int

    @property
    def valid_from(self) -> int:
        return 0 if self.first else self.now


def begin(connection: sqlite3.Connection, now: int) -> Stamp:
    """Start keeping for a merge at `now`; a clock that was set back does not turn time round."""
    clear(connection)
    for statement in _WAS.split(";\n"):
        connection.execute(statement)
    last = [_last(connection, table) for table in ("cmk", "data_key", "place")]
    row = connection.execute("SELECT since, newest FROM record").fetchone()
    if row is None:
        connection.execute("INSERT INTO record VALUES (?, ?)", (now, now))
        return Stamp(now, now, True, *last)
    now = max(now, row[1])
    connection.execute("UPDATE record SET newest = ?", (now,))
    return Stamp(now, row[1], False, *last)


def clear(connection: sqlite3.Connection) -> None:
    """Drop the temporary tables of an earlier merge."""
    for statement in _WAS.split(";\n"):
        connection.execute("DROP TABLE IF EXISTS temp." + statement.split("(")[0].split()[-1])


def _last(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT ifnull(max(id), 0) FROM {table}").fetchone()[0])


def remember_cmks(connection: sqlite3.Connection, ids: str) -> None:
    """Before they are changed: the CMKs whose ids the query `ids` gives, with their lists."""
    connection.execute(
        f"INSERT OR IGNORE INTO was_cmk SELECT {_VERSION}, c.valid_from FROM cmk AS c WHERE id IN ({ids})"
    )


def remember_data_keys(connection: sqlite3.Connection, ids: str) -> None:
    """Before they are changed: the data keys whose ids the query `ids` gives."""
    connection.execute(
        f"INSERT OR IGNORE INTO was_data_key SELECT id, {', '.join(DATA_KEYS)}, valid_from FROM data_key"
        f" WHERE id IN ({ids})"
    )


def leave_place(connection: sqlite3.Connection, now: int, where: str, level: int) -> None:
    """Before they go: the places of that `level` for which the condition holds."""
    connection.execute(
        f"INSERT OR IGNORE INTO former_place SELECT id, {', '.join(PLACES)}, valid_from, :now FROM place WHERE {where}",
        {"now": now, "level": level},
    )


def keep(connection: sqlite3.Connection, stamp: Stamp) -> None:
    """Of what was remembered, keep the versions that ended; what came or changed is valid from this merge on.

    Leaves the ids of what really changed or went in temp.ended_cmk and temp.ended_data_key.
    """
    _end_cmks(connection)
    _end_data_keys(connection)
    if stamp.first:
        return
    listed = f"w.id, {', '.join(f'w.{column}' for column in CMK)}, w.name, {', '.join(f'w.{name}' for name in LISTS)}"
    connection.execute(
        f"INSERT OR IGNORE INTO former_cmk SELECT {listed}, CASE WHEN e.same_policy THEN NULL ELSE"
        " ifnull(w.policy, '') END, w.valid_from, :now FROM was_cmk AS w JOIN ended_cmk AS e USING (id)"
        " WHERE w.valid_from < :now",
        {"now": stamp.now},
    )
    connection.execute(
        f"INSERT OR IGNORE INTO former_data_key SELECT w.id, {', '.join(f'w.{column}' for column in DATA_KEYS)},"
        " w.valid_from, :now FROM was_data_key AS w JOIN ended_data_key AS e USING (id) WHERE w.valid_from < :now",
        {"now": stamp.now},
    )
    for table in ("cmk", "data_key"):
        connection.execute(
            f"UPDATE {table} SET valid_from = ? WHERE id IN (SELECT id FROM ended_{table})", (stamp.now,)
        )


def _end_cmks(connection: sqlite3.Connection) -> None:
    columns = (*CMK, *LISTS)
    old = ", ".join(f"w.{column}" for column in columns)
    new = ", ".join((*(f"c.{column}" for column in CMK), *_LISTS.values()))
    same_policy = f"(c.id IS NOT NULL AND w.policy IS {_POLICY})"
    connection.execute(
        f"INSERT INTO ended_cmk SELECT w.id, {same_policy} FROM was_cmk AS w LEFT JOIN cmk AS c USING (id)"
        f" WHERE c.id IS NULL OR NOT {same_policy} OR ({old}) IS NOT ({new})"
    )


def _end_data_keys(connection: sqlite3.Connection) -> None:
    old = ", ".join(f"w.{column}" for column in DATA_KEYS)
    new = ", ".join(f"d.{column}" for column in DATA_KEYS)
    connection.execute(
        "INSERT INTO ended_data_key SELECT w.id FROM was_data_key AS w LEFT JOIN data_key AS d USING (id)"
        f" WHERE d.id IS NULL OR ({old}) IS NOT ({new})"
    )


STEP = 20_000
"""Rows that a merge forgets of one table at most: a retention that was shortened is caught up with over some syncs."""


def forget(connection: sqlite3.Connection, before: int) -> int:
    """Forget versions that ended before that moment, a bounded number at a time; how many went."""
    gone = 0
    for table in FORMER:
        gone += connection.execute(
            f"DELETE FROM {table} WHERE (id, valid_from) IN"
            f" (SELECT id, valid_from FROM {table} WHERE valid_until < ? ORDER BY valid_until LIMIT ?)",
            (before, STEP),
        ).rowcount
    connection.execute("UPDATE record SET since = max(since, ?)", (before,))
    return gone
