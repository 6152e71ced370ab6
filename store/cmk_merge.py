"""Merges the CMKs of a staged harvest: what changed, what is new, what is gone, what could not be seen."""
# ruff: noqa: S608 - the statements are put together from the column names of store.staging

from __future__ import annotations

from typing import TYPE_CHECKING

from store.index import renew_cmk_words, words_of_cmks
from store.past import remember_cmks, remember_data_keys
from store.staging import METADATA, PLACE, ROTATION

if TYPE_CHECKING:
    import sqlite3

_FACTS = (*PLACE, *METADATA, *ROTATION)
_LISTS = {
    "material": ("material_id", ("date", "rotation_type", "state")),
    "alias": ("name", ("arn", "created_at", "updated_at")),
    "tag": ("key", ("value",)),
}
"""A CMK's lists: table, its key beside cmk_id, the columns that can change."""

_AGES = ("metadata_at", "rotation_at", "materials_at", "policy_at")


def merge_cmks(connection: sqlite3.Connection, valid_from: int) -> int:
    """Merge temp.new_cmk and its lists; leaves the ids of changed ones in temp.touched_cmk. Rows changed.

    What is new is valid from the moment `valid_from` on; what was there is remembered as it was.
    """
    _prepare(connection)
    _find_changed(connection)
    _find_gone(connection)
    remember_cmks(connection, "SELECT id FROM touched_cmk UNION ALL SELECT id FROM gone")
    before = words_of_cmks(connection, "SELECT id FROM touched_cmk UNION ALL SELECT id FROM gone")
    _note_places(connection)
    gone = _remove(connection)
    _write(connection, valid_from)
    stale = _mark_stale(connection)
    derive(connection)
    _note_places(connection)
    renew_cmk_words(connection, before, words_of_cmks(connection, "SELECT id FROM touched_cmk"))
    changed: int = connection.execute("SELECT count(*) FROM touched_cmk").fetchone()[0]
    return changed + gone + stale


def _prepare(connection: sqlite3.Connection) -> None:
    """Tell known from new, and fill in from the store what was not read this time."""
    connection.execute(
        "UPDATE new_cmk SET cmk_id = (SELECT id FROM cmk WHERE cmk.arn = new_cmk.arn),"
        " (place_id, tenant_id, application_id) ="
        " (SELECT p.place_id, p.tenant_id, p.application_id FROM new_place AS p WHERE p.nr = placing)"
    )
    for columns, unread in (
        (PLACE, "keep_place"),
        ((*METADATA, "stale"), "metadata_at = 0"),
        (ROTATION, "rotation_at = 0"),
    ):
        listed = ", ".join(columns)
        connection.execute(
            f"UPDATE new_cmk SET ({listed}) = (SELECT {listed} FROM cmk WHERE cmk.id = new_cmk.cmk_id)"
            f" WHERE cmk_id IS NOT NULL AND {unread}"
        )
    connection.execute(
        "UPDATE new_cmk SET stale = 1 WHERE metadata_at = 0 AND EXISTS (SELECT 1 FROM part WHERE gap"
        " AND what = 'cmk' AND part.account_id = new_cmk.account_id AND part.region IN ('', new_cmk.region))"
    )


def _find_changed(connection: sqlite3.Connection) -> None:
    old = ", ".join(f"c.{column}" for column in (*_FACTS, "stale"))
    new = ", ".join(f"n.{column}" for column in (*_FACTS, "stale"))
    connection.execute(
        "INSERT INTO touched_cmk SELECT c.id FROM new_cmk AS n JOIN cmk AS c ON c.id = n.cmk_id"
        f" WHERE ({old}) IS NOT ({new})"
    )
    connection.execute(
        "INSERT OR IGNORE INTO touched_cmk SELECT n.cmk_id FROM new_cmk AS n"
        " LEFT JOIN policy AS p ON p.cmk_id = n.cmk_id"
        " WHERE n.cmk_id IS NOT NULL AND n.policy IS NOT NULL AND n.policy IS NOT p.policy"
    )
    for table, (key, columns) in _LISTS.items():
        _find_changed_list(connection, table, key, columns)


def _find_changed_list(connection: sqlite3.Connection, table: str, key: str, columns: tuple[str, ...]) -> None:
    old = ", ".join(f"o.{column}" for column in columns)
    new = ", ".join(f"l.{column}" for column in columns)
    connection.execute(
        f"INSERT OR IGNORE INTO touched_cmk SELECT n.cmk_id FROM new_cmk AS n JOIN new_{table} AS l ON l.nr = n.nr"
        f" LEFT JOIN {table} AS o ON o.cmk_id = n.cmk_id AND o.{key} = l.{key}"
        f" WHERE n.cmk_id IS NOT NULL AND (o.cmk_id IS NULL OR ({old}) IS NOT ({new}))"
    )
    connection.execute(
        f"INSERT OR IGNORE INTO touched_cmk SELECT n.cmk_id FROM new_cmk AS n"
        f" JOIN {table} AS o ON o.cmk_id = n.cmk_id WHERE n.has_{table} AND NOT EXISTS"
        f" (SELECT 1 FROM new_{table} AS l WHERE l.nr = n.nr AND l.{key} = o.{key})"
    )


def _find_gone(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM gone")
    connection.execute(
        "INSERT OR IGNORE INTO gone SELECT c.id FROM part CROSS JOIN cmk AS c ON c.account_id = part.account_id"
        " AND part.region IN ('', c.region) WHERE part.what = 'cmk' AND NOT part.gap"
        " AND NOT EXISTS (SELECT 1 FROM new_cmk AS n WHERE n.arn = c.arn)"
        " AND NOT EXISTS (SELECT 1 FROM part AS g WHERE g.gap AND g.what = 'cmk'"
        " AND g.account_id = c.account_id AND g.region IN ('', c.region))"
    )


def _note_places(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO touched_place SELECT place_id FROM cmk"
        " WHERE id IN (SELECT id FROM touched_cmk UNION ALL SELECT id FROM gone)"
    )


def _remove(connection: sqlite3.Connection) -> int:
    for table in ("material", "alias", "tag", "policy"):
        connection.execute(f"DELETE FROM {table} WHERE cmk_id IN (SELECT id FROM gone)")
    connection.execute(
        "INSERT OR IGNORE INTO touched_place SELECT place_id FROM data_key WHERE cmk_id IN (SELECT id FROM gone)"
    )
    remember_data_keys(connection, "SELECT d.id FROM gone CROSS JOIN data_key AS d ON d.cmk_id = gone.id")
    # Their data keys stay, under no CMK of ours any more.
    connection.execute("UPDATE data_key SET cmk_id = 0, elsewhere = 0 WHERE cmk_id IN (SELECT id FROM gone)")
    return connection.execute("DELETE FROM cmk WHERE id IN (SELECT id FROM gone)").rowcount


def _write(connection: sqlite3.Connection, valid_from: int) -> None:
    columns = (*_FACTS, "stale")
    connection.execute(
        f"UPDATE cmk SET {', '.join(f'{column} = n.{column}' for column in columns)}"
        " FROM new_cmk AS n WHERE n.cmk_id = cmk.id AND cmk.id IN (SELECT id FROM touched_cmk)"
    )
    listed = ", ".join(("key_id", "arn", "account_id", "region", *columns, *_AGES))
    connection.execute(
        f"INSERT INTO cmk ({listed}, name, sort, valid_from)"
        f" SELECT {listed}, '', '', ? FROM new_cmk WHERE cmk_id IS NULL ORDER BY nr",
        (valid_from,),
    )
    connection.execute(
        "INSERT OR IGNORE INTO touched_cmk SELECT c.id FROM new_cmk AS n JOIN cmk AS c USING (arn)"
        " WHERE n.cmk_id IS NULL"
    )
    connection.execute(
        "UPDATE new_cmk SET cmk_id = (SELECT id FROM cmk WHERE cmk.arn = new_cmk.arn) WHERE cmk_id IS NULL"
    )
    _write_lists(connection)
    _write_ages(connection)


def _write_lists(connection: sqlite3.Connection) -> None:
    changed = "n.cmk_id IN (SELECT id FROM touched_cmk)"
    for table, (key, columns) in _LISTS.items():
        connection.execute(
            f"DELETE FROM {table} WHERE cmk_id IN (SELECT n.cmk_id FROM new_cmk AS n WHERE n.has_{table} AND {changed})"
        )
        connection.execute(
            f"INSERT INTO {table} (cmk_id, {key}, {', '.join(columns)})"
            f" SELECT n.cmk_id, l.{key}, {', '.join(f'l.{column}' for column in columns)}"
            f" FROM new_cmk AS n JOIN new_{table} AS l ON l.nr = n.nr WHERE n.has_{table} AND {changed}"
        )
    connection.execute(
        "INSERT OR REPLACE INTO policy SELECT n.cmk_id, n.policy FROM new_cmk AS n"
        f" WHERE n.policy IS NOT NULL AND {changed}"
    )


def _write_ages(connection: sqlite3.Connection) -> None:
    """When each facet was read. That of the metadata moves with the slice, so that 40,000 rows stay untouched."""
    for age in _AGES[1:]:
        connection.execute(
            f"UPDATE cmk SET {age} = n.{age} FROM new_cmk AS n"
            f" WHERE n.cmk_id = cmk.id AND n.{age} > 0 AND n.{age} <> cmk.{age}"
        )
    connection.execute(
        "UPDATE cmk SET metadata_at = n.metadata_at FROM new_cmk AS n WHERE n.cmk_id = cmk.id AND n.metadata_at > 0"
        " AND (cmk.id IN (SELECT id FROM touched_cmk) OR NOT EXISTS (SELECT 1 FROM part WHERE what = 'cmk'"
        " AND NOT gap AND part.account_id = cmk.account_id AND part.region IN ('', cmk.region)))"
    )


def _mark_stale(connection: sqlite3.Connection) -> int:
    rows = connection.execute(
        "UPDATE cmk SET stale = 1 WHERE NOT stale AND id NOT IN (SELECT cmk_id FROM new_cmk)"
        " AND EXISTS (SELECT 1 FROM part WHERE gap AND what = 'cmk' AND part.account_id = cmk.account_id"
        " AND part.region IN ('', cmk.region)) RETURNING place_id"
    ).fetchall()
    connection.executemany("INSERT OR IGNORE INTO touched_place VALUES (?)", set(rows))
    return len(rows)


def derive(connection: sqlite3.Connection) -> None:
    """What follows from the lists of the CMKs in temp.touched_cmk: name, HBK generations, rotations."""
    for statement in _DERIVED.split(";\n"):
        connection.execute(statement)


_DERIVED = """
UPDATE material SET at = CASE WHEN date IS NOT NULL THEN date WHEN state LIKE 'PENDING%' THEN NULL
    ELSE (SELECT created_at FROM cmk WHERE cmk.id = cmk_id) END
WHERE cmk_id IN (SELECT id FROM touched_cmk);
UPDATE material SET generation = (SELECT count(*) FROM material AS m
    WHERE m.cmk_id = material.cmk_id
        AND (m.at, m.rotation_type <> '', m.material_id)
            <= (material.at, material.rotation_type <> '', material.material_id))
WHERE cmk_id IN (SELECT id FROM touched_cmk);
UPDATE cmk SET
    name = coalesce(
        (SELECT CASE WHEN a.name LIKE 'alias/%' THEN substr(a.name, 7) ELSE a.name END
            FROM alias AS a WHERE a.cmk_id = cmk.id ORDER BY a.name LIMIT 1),
        nullif(description, ''), key_id),
    rotation_last = (SELECT max(date) FROM material AS m WHERE m.cmk_id = cmk.id AND rotation_type <> ''),
    rotation_last_type = ifnull((SELECT rotation_type FROM material AS m
        WHERE m.cmk_id = cmk.id AND rotation_type <> '' ORDER BY date DESC LIMIT 1), ''),
    on_demand_used = (SELECT count(*) FROM material AS m WHERE m.cmk_id = cmk.id AND rotation_type = 'ON_DEMAND')
WHERE id IN (SELECT id FROM touched_cmk);
UPDATE cmk SET sort = sort_key(name) WHERE id IN (SELECT id FROM touched_cmk)
"""
