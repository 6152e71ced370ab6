"""Makes a private copy of the store as it was at a moment: former rows come back, later ones go.

Everything that reads a store then reads the past, with the same ids. Only what changed since is touched; counts,
words and what else follows from the rows are made again for that alone.
"""
# ruff: noqa: S608 - statements are put together from the column names of store.past

from __future__ import annotations

import json
import os
import sqlite3
from typing import TYPE_CHECKING

from store import staging
from store.badges import count_again
from store.cmk_merge import derive
from store.errors import translated
from store.figures import renew_figures
from store.index import add_data_key_words, drop_data_key_words, renew_cmk_words, words_of_cmks
from store.past import CMK, DATA_KEYS, LISTS, PLACES
from store.proofs import go_back
from store.words import word_starts
from store.wrapping import count_wrapped, newest, tell_generations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from store.database import Store


def replay(store: Store, path: Path, moment: int) -> None:
    """Write at `path`, which must be new and is for its owner alone, the store as it was at `moment` (epoch seconds).

    Raises StoreError (full, interrupted, busy); then there may be half a file, for the caller to remove.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Nobody else reads it yet, and nobody misses it when the machine stops.
        connection.execute("PRAGMA synchronous = OFF")
        store.reader().backup(connection)
        for setting in ("journal_mode = OFF", "cache_size = -65536"):
            connection.execute(f"PRAGMA {setting}")
        staging.create(connection)
        connection.execute("BEGIN")
        _go_back(connection, moment)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise translated(error, path) or error from error
    finally:
        connection.close()


def _go_back(connection: sqlite3.Connection, moment: int) -> None:
    """The rows first, then what follows from them, in the order of a merge."""
    for statement in _FIND.split(";\n"):
        connection.execute(statement, {"m": moment} if ":m" in statement else {})
    cmk_words = words_of_cmks(connection, "SELECT id FROM touched_cmk")
    drop_data_key_words(connection, _names_of(connection))
    _note(connection)
    _places(connection, moment)
    _cmks(connection, moment)
    _data_keys(connection, moment)
    derive(connection)
    for statement in _AFTER.split(";\n"):
        connection.execute(statement)
    _note(connection)
    renew_cmk_words(connection, cmk_words, words_of_cmks(connection, "SELECT id FROM touched_cmk"))
    add_data_key_words(connection, _names_of(connection))
    go_back(connection, moment)
    tell_generations(connection, newest(connection))
    _see_again(connection, moment)
    count_again(connection)
    renew_figures(connection)
    count_wrapped(connection)
    for statement in _AGES.split(";\n"):
        connection.execute(statement, {"m": moment})


_FIND = """
INSERT OR IGNORE INTO touched_cmk SELECT id FROM cmk WHERE valid_from > :m AND valid_from > 0;
INSERT OR IGNORE INTO touched_cmk SELECT id FROM former_cmk WHERE valid_until > :m AND valid_from <= :m;
INSERT OR IGNORE INTO tie (id) SELECT id FROM data_key WHERE valid_from > :m AND valid_from > 0;
INSERT OR IGNORE INTO tie (id) SELECT id FROM former_data_key WHERE valid_until > :m AND valid_from <= :m;
INSERT OR IGNORE INTO touched_place SELECT id FROM place WHERE valid_from > :m AND valid_from > 0;
INSERT OR IGNORE INTO touched_place SELECT parent_id FROM place WHERE valid_from > :m AND valid_from > 0
"""

_NOTE = """
INSERT OR IGNORE INTO counted_cmk SELECT d.cmk_id FROM tie CROSS JOIN data_key AS d ON d.id = tie.id
    WHERE d.cmk_id <> 0;
INSERT OR IGNORE INTO counted_cmk SELECT id FROM touched_cmk;
INSERT OR IGNORE INTO touched_place SELECT d.place_id FROM tie CROSS JOIN data_key AS d ON d.id = tie.id
    WHERE d.cmk_id = 0;
INSERT OR IGNORE INTO touched_place SELECT c.place_id FROM touched_cmk AS t CROSS JOIN cmk AS c ON c.id = t.id
"""

_AFTER = """
UPDATE data_key SET elsewhere = ifnull(place_id <> 0 AND cmk_id <> 0
    AND place_id <> (SELECT c.place_id FROM cmk AS c WHERE c.id = cmk_id), 0)
WHERE id IN (SELECT id FROM tie) OR cmk_id IN (SELECT id FROM touched_cmk)
"""

# No fact is younger than the moment, nothing had been found or judged after it, and no sync had run.
_AGES = """
UPDATE slice SET read_at = :m WHERE read_at > :m;
UPDATE cmk SET metadata_at = min(metadata_at, :m), rotation_at = min(rotation_at, :m),
    materials_at = min(materials_at, :m), policy_at = min(policy_at, :m)
    WHERE max(metadata_at, rotation_at, materials_at, policy_at) > :m;
UPDATE data_key SET seen_at = :m WHERE seen_at > :m;
DELETE FROM sighting WHERE first_at > :m;
DELETE FROM gap WHERE since > :m;
DELETE FROM event WHERE at > :m;
DELETE FROM sync_run WHERE started_at > :m;
DELETE FROM acknowledgement WHERE at > :m;
DELETE FROM finding;
DELETE FROM judged;
DELETE FROM unjudged;
UPDATE record SET newest = min(newest, :m)
"""


def _note(connection: sqlite3.Connection) -> None:
    """What is to be counted again, as the rows stand now."""
    for statement in _NOTE.split(";\n"):
        connection.execute(statement)


# What a sync cannot see since a later day was in sight then.
_IN_SIGHT = """
UPDATE {table} SET stale = 0 WHERE stale AND NOT EXISTS (SELECT 1 FROM gap AS g WHERE g.since <= ?
    AND g.account_id = {table}.account_id AND g.region IN ('', {table}.region) AND g.what IN ('', {what}))
"""


def _see_again(connection: sqlite3.Connection, moment: int) -> None:
    cmks = connection.execute(_IN_SIGHT.format(table="cmk", what="'cmk'") + "RETURNING place_id", (moment,)).fetchall()
    keys = connection.execute(
        _IN_SIGHT.format(table="data_key", what="data_key.kind") + "RETURNING cmk_id, place_id", (moment,)
    ).fetchall()
    places = {row[0] for row in cmks} | {place for cmk, place in keys if not cmk}
    connection.executemany("INSERT OR IGNORE INTO touched_place VALUES (?)", ((place,) for place in places))
    under = {cmk for cmk, _ in keys if cmk}
    connection.executemany("INSERT OR IGNORE INTO counted_cmk VALUES (?)", ((cmk,) for cmk in under))


def _names_of(connection: sqlite3.Connection) -> list[tuple[int, str, str]]:
    return connection.execute(
        "SELECT d.id, d.name, d.resource_id FROM tie CROSS JOIN data_key AS d ON d.id = tie.id"
    ).fetchall()


def _places(connection: sqlite3.Connection, moment: int) -> None:
    later = connection.execute(
        "DELETE FROM place WHERE valid_from > ? AND valid_from > 0 RETURNING id, level, name", (moment,)
    ).fetchall()
    _place_words(connection, "DELETE FROM word WHERE kind = ? AND word = ? AND id = ?", later)
    listed = ", ".join(PLACES)
    back = connection.execute(
        f"INSERT INTO place (id, {listed}, valid_from) SELECT id, {listed}, valid_from FROM former_place"
        " WHERE valid_from <= :m AND valid_until > :m RETURNING id, level, name",
        {"m": moment},
    ).fetchall()
    _place_words(connection, "INSERT OR IGNORE INTO word VALUES (?, ?, ?)", back)
    connection.executemany("INSERT OR IGNORE INTO touched_place VALUES (?)", ((id_,) for id_, *_ in back))


def _place_words(connection: sqlite3.Connection, sql: str, rows: Iterable[tuple[int, int, str]]) -> None:
    connection.executemany(sql, ((level, word, id_) for id_, level, name in rows for word in word_starts(name)))


_READ = """CASE WHEN {known} THEN :m ELSE 0 END"""


def _cmks(connection: sqlite3.Connection, moment: int) -> None:
    for table in ("alias", "tag", "material"):
        connection.execute(f"DELETE FROM {table} WHERE cmk_id IN (SELECT id FROM touched_cmk)")
    connection.execute("DELETE FROM cmk WHERE id IN (SELECT id FROM touched_cmk)")
    listed = ", ".join(f"f.{column}" for column in CMK)
    ages = ", ".join(
        _READ.format(known=known)
        for known in ("f.state <> ''", "f.rotation_enabled IS NOT NULL", "f.material <> '[]'", "true")
    )
    connection.execute(
        f"INSERT INTO cmk (id, {', '.join(CMK)}, name, sort, metadata_at, rotation_at, materials_at, policy_at,"
        f" valid_from) SELECT f.id, {listed}, '', '', {ages}, f.valid_from FROM former_cmk AS f"
        " WHERE f.valid_from <= :m AND f.valid_until > :m",
        {"m": moment},
    )
    # A version that says nothing of its policy has that of the next one that does, at last that of today.
    connection.execute(
        "INSERT OR REPLACE INTO policy SELECT id, policy FROM (SELECT f.id, f.policy, min(f.valid_until)"
        " FROM touched_cmk AS t CROSS JOIN former_cmk AS f ON f.id = t.id"
        " WHERE f.valid_until > ? AND f.policy IS NOT NULL GROUP BY f.id)",
        (moment,),
    )
    connection.execute("DELETE FROM policy WHERE policy = '' OR cmk_id NOT IN (SELECT id FROM cmk)")
    _lists(connection, moment)


def _lists(connection: sqlite3.Connection, moment: int) -> None:
    """Read by Python: SQLite's own JSON functions end a text at a null."""
    for table, columns in LISTS.items():
        rows = connection.execute(
            f"SELECT id, {table} FROM former_cmk WHERE valid_from <= :m AND valid_until > :m", {"m": moment}
        ).fetchall()
        marks = ", ".join("?" * (len(columns) + 1))
        connection.executemany(
            f"INSERT INTO {table} (cmk_id, {', '.join(columns)}) VALUES ({marks})",
            ((id_, *row) for id_, listed in rows for row in json.loads(listed)),
        )


def _data_keys(connection: sqlite3.Connection, moment: int) -> None:
    connection.execute("DELETE FROM data_key WHERE id IN (SELECT id FROM tie)")
    listed = ", ".join(DATA_KEYS)
    connection.execute(
        f"INSERT INTO data_key (id, {listed}, seen_at, sort, valid_from)"
        f" SELECT id, {listed}, :m, data_key_sort(granularity, name, resource_id), valid_from FROM former_data_key"
        " WHERE valid_from <= :m AND valid_until > :m",
        {"m": moment},
    )
