"""Merges the data keys of a staged harvest, and ties them to the CMKs that their resources name."""
# ruff: noqa: S608 - the statements are put together from the column names of store.staging

from __future__ import annotations

from typing import TYPE_CHECKING

from store.index import add_data_key_words, drop_data_key_words
from store.past import remember_data_keys
from store.staging import DATA_KEY

if TYPE_CHECKING:
    import sqlite3

_STAGED = (
    "granularity", "place_source", "place_reason", "name", "arn", "key_ref", "status", "data_key_id", "created_at",
    "source", "detail",
)  # fmt: skip
_PLACED = ("cmk_id", "place_id", "tenant_id", "application_id")

# A resource names its CMK by ARN, by key id or alias of its own account, or by the alias' ARN.
_CMK_OF = """coalesce(
    (SELECT c.id FROM cmk AS c WHERE c.arn = {ref}.key_ref),
    (SELECT c.id FROM cmk AS c WHERE c.key_id = {ref}.key_ref AND c.region = {ref}.region LIMIT 1),
    (SELECT a.cmk_id FROM alias AS a JOIN cmk AS c ON c.id = a.cmk_id
        WHERE instr({ref}.key_ref, 'alias/') AND a.name = substr({ref}.key_ref, instr({ref}.key_ref, 'alias/'))
        AND (a.arn = {ref}.key_ref OR (a.name = {ref}.key_ref AND c.account_id = {ref}.account_id
            AND c.region = {ref}.region)) LIMIT 1),
    0)"""

_SAME = "d.resource_id = n.resource_id AND d.account_id = n.account_id AND d.region = n.region AND d.kind = n.kind"
_ELSEWHERE = "r.cmk_id <> 0 AND p.place_id <> 0 AND p.place_id <> r.cmk_place"


def merge_data_keys(connection: sqlite3.Connection, valid_from: int) -> int:
    """Merge temp.new_data_key; leaves in temp.counted_cmk and temp.touched_place what to count again. Rows changed.

    What is new is valid from the moment `valid_from` on; what was there is remembered as it was.
    """
    connection.execute(f"UPDATE new_ref SET cmk_id = {_CMK_OF.format(ref='new_ref')} WHERE key_ref <> ''")
    connection.execute(
        "UPDATE new_ref SET cmk_place = (SELECT place_id FROM cmk WHERE cmk.id = cmk_id) WHERE cmk_id <> 0"
    )
    _find_changed(connection)
    changed = _write(connection) + _insert(connection, valid_from) + _remove(connection) + _mark_stale(connection)
    _note_seen(connection)
    return changed + _tie_again(connection)


def _find_changed(connection: sqlite3.Connection) -> None:
    sides = {column: f"n.{column}" for column in _STAGED} | {
        "cmk_id": "r.cmk_id", "place_id": "p.place_id", "tenant_id": "p.tenant_id",
        "application_id": "p.application_id",
    }  # fmt: skip
    old = ", ".join(f"d.{column}" for column in DATA_KEY)
    new = ", ".join(sides[column] for column in DATA_KEY)
    connection.execute(
        f"INSERT INTO changed SELECT NULL, d.id, n.resource_id, n.account_id, n.region, n.kind, r.cmk_id, p.place_id,"
        f" p.tenant_id, p.application_id, {_ELSEWHERE}"
        f" FROM new_data_key AS n CROSS JOIN new_place AS p ON p.nr = n.placing"
        f" CROSS JOIN new_ref AS r ON r.nr = n.ref LEFT JOIN data_key AS d ON {_SAME}"
        f" WHERE d.id IS NULL OR d.stale <> n.stale OR ({old}) IS NOT ({new})"
    )


def _write(connection: sqlite3.Connection) -> int:
    known = "SELECT id FROM changed WHERE id IS NOT NULL"
    remember_data_keys(connection, known)
    _note_counted(connection, known)
    drop_data_key_words(connection, _named(connection, known))
    connection.execute(
        f"UPDATE data_key SET {', '.join(f'{column} = n.{column}' for column in _STAGED)}, seen_at = n.seen_at,"
        f" {', '.join(f'{column} = c.{column}' for column in (*_PLACED, 'elsewhere'))}, stale = n.stale,"
        " sort = data_key_sort(n.granularity, n.name, n.resource_id)"
        " FROM changed AS c CROSS JOIN new_data_key AS n ON n.resource_id = c.resource_id"
        " AND n.account_id = c.account_id AND n.region = c.region AND n.kind = c.kind"
        " WHERE data_key.id = c.id"
    )
    _note_counted(connection, known)
    add_data_key_words(connection, _named(connection, known))
    return int(connection.execute("SELECT count(id) FROM changed").fetchone()[0])


def _insert(connection: sqlite3.Connection, valid_from: int) -> int:
    last = connection.execute("SELECT ifnull(max(id), 0) FROM data_key").fetchone()[0]
    listed = ("resource_id", "account_id", "region", "kind", *_STAGED, "seen_at", "stale")
    made = connection.execute(
        f"INSERT INTO data_key ({', '.join((*listed, *_PLACED, 'elsewhere', 'sort', 'valid_from'))})"
        f" SELECT {', '.join(f'n.{column}' for column in listed)},"
        f" {', '.join(f'c.{column}' for column in (*_PLACED, 'elsewhere'))},"
        " data_key_sort(n.granularity, n.name, n.resource_id), ?"
        " FROM changed AS c CROSS JOIN new_data_key AS n ON n.resource_id = c.resource_id"
        " AND n.account_id = c.account_id AND n.region = c.region AND n.kind = c.kind"
        " WHERE c.id IS NULL ORDER BY c.nr",
        (valid_from,),
    ).rowcount
    new = f"SELECT id FROM data_key WHERE id > {last}"
    _note_counted(connection, new)
    add_data_key_words(connection, _named(connection, new))
    return made


def _remove(connection: sqlite3.Connection) -> int:
    connection.execute("DELETE FROM gone")
    connection.execute(
        "INSERT OR IGNORE INTO gone SELECT d.id FROM part CROSS JOIN data_key AS d"
        " ON d.account_id = part.account_id AND part.region IN ('', d.region) AND part.what IN ('', d.kind)"
        f" WHERE NOT part.gap AND NOT EXISTS (SELECT 1 FROM new_data_key AS n WHERE {_SAME})"
        " AND NOT EXISTS (SELECT 1 FROM part AS g WHERE g.gap AND g.account_id = d.account_id"
        " AND g.region IN ('', d.region) AND g.what IN ('', d.kind))"
    )
    remember_data_keys(connection, "SELECT id FROM gone")
    _note_counted(connection, "SELECT id FROM gone")
    drop_data_key_words(connection, _named(connection, "SELECT id FROM gone"))
    return connection.execute("DELETE FROM data_key WHERE id IN (SELECT id FROM gone)").rowcount


def _mark_stale(connection: sqlite3.Connection) -> int:
    rows = connection.execute(
        "UPDATE data_key AS d SET stale = 1 WHERE NOT stale AND d.id IN (SELECT k.id FROM part CROSS JOIN data_key AS k"
        " ON k.account_id = part.account_id AND part.region IN ('', k.region) AND part.what IN ('', k.kind)"
        f" WHERE part.gap) AND NOT EXISTS (SELECT 1 FROM new_data_key AS n WHERE {_SAME}) RETURNING cmk_id, place_id"
    ).fetchall()
    connection.executemany("INSERT OR IGNORE INTO counted_cmk VALUES (?)", {(cmk,) for cmk, _ in rows})
    connection.executemany(
        "INSERT OR IGNORE INTO touched_place VALUES (?)", {(place,) for cmk, place in rows if not cmk}
    )
    return len(rows)


def _note_seen(connection: sqlite3.Connection) -> None:
    """Rows of slices read whole are as old as their slice; only those seen outside one carry their own date."""
    connection.execute(
        "UPDATE data_key AS d SET seen_at = n.seen_at FROM new_data_key AS n"
        f" WHERE {_SAME} AND n.seen_at > d.seen_at AND NOT EXISTS (SELECT 1 FROM part WHERE NOT part.gap"
        " AND part.account_id = n.account_id AND part.region IN ('', n.region) AND part.what IN ('', n.kind))"
    )


def _tie_again(connection: sqlite3.Connection) -> int:
    """Tie what the harvest did not bring to CMKs that came, or whose aliases moved; then say who is elsewhere."""
    connection.execute(
        f"INSERT OR IGNORE INTO tie SELECT d.id, {_CMK_OF.format(ref='d')} FROM data_key AS d"
        " WHERE d.cmk_id = 0 AND d.key_ref <> '' AND EXISTS (SELECT 1 FROM touched_cmk)"
    )
    connection.execute(
        f"INSERT OR IGNORE INTO tie SELECT d.id, {_CMK_OF.format(ref='d')} FROM data_key AS d"
        " WHERE instr(d.key_ref, 'alias/') > 0 AND EXISTS (SELECT 1 FROM touched_cmk)"
    )
    connection.execute("DELETE FROM tie WHERE cmk_id = (SELECT d.cmk_id FROM data_key AS d WHERE d.id = tie.id)")
    remember_data_keys(connection, "SELECT id FROM tie")
    _note_counted(connection, "SELECT id FROM tie")
    tied = connection.execute("UPDATE data_key SET cmk_id = tie.cmk_id FROM tie WHERE tie.id = data_key.id").rowcount
    _note_counted(connection, "SELECT id FROM tie")
    away = "place_id <> 0 AND cmk_id <> 0 AND place_id <> (SELECT c.place_id FROM cmk AS c WHERE c.id = cmk_id)"
    connection.execute(
        f"UPDATE data_key SET elsewhere = ({away}) WHERE elsewhere <> ({away})"
        " AND (id IN (SELECT id FROM tie) OR cmk_id IN (SELECT id FROM touched_cmk))"
    )
    return tied


def _note_counted(connection: sqlite3.Connection, ids: str) -> None:
    connection.execute(
        f"INSERT OR IGNORE INTO counted_cmk SELECT cmk_id FROM data_key WHERE id IN ({ids}) AND cmk_id <> 0"
    )
    connection.execute(
        f"INSERT OR IGNORE INTO touched_place SELECT place_id FROM data_key WHERE id IN ({ids}) AND cmk_id = 0"
    )


def _named(connection: sqlite3.Connection, ids: str) -> list[tuple[int, str, str]]:
    return connection.execute(f"SELECT id, name, resource_id FROM data_key WHERE id IN ({ids})").fetchall()
