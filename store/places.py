"""Places come with the first thing placed in them or declared, and go with the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.past import leave_place
from store.words import sort_key, word_starts

if TYPE_CHECKING:
    import sqlite3

Names = dict[tuple[int, str], int]
"""Ids of places by (parent's id, name)."""

_EMPTY = """
level = :level AND NOT declared
    AND NOT EXISTS (SELECT 1 FROM place AS below WHERE below.parent_id = place.id)
    AND NOT EXISTS (SELECT 1 FROM cmk WHERE cmk.place_id = place.id)
    AND NOT EXISTS (SELECT 1 FROM data_key AS d WHERE d.place_id = place.id AND d.cmk_id = 0)
    AND NOT EXISTS (SELECT 1 FROM data_key AS d WHERE d.place_id = place.id AND d.elsewhere = 1)
"""


def settle_places(connection: sqlite3.Connection, valid_from: int = 0) -> int:
    """Find or make the place of every placing in temp.new_place; returns how many are new, valid from that moment."""
    known: Names = {(parent, name): place for place, parent, name in connection.execute(
        "SELECT id, parent_id, name FROM place WHERE id > 0"
    )}  # fmt: skip
    before = len(known)
    for nr, source, *names in connection.execute(
        "SELECT nr, source, tenant, application, environment FROM new_place ORDER BY nr"
    ).fetchall():
        path = _settle(connection, known, names, source, valid_from)
        connection.execute(
            "UPDATE new_place SET place_id = ?, tenant_id = ?, application_id = ? WHERE nr = ?",
            (path[-1] if path else 0, path[0] if path else 0, path[1] if len(path) > 1 else 0, nr),
        )
    connection.execute(_DECLARE)
    return len(known) - before


_DECLARE = """
UPDATE place SET declared = NOT declared
WHERE declared <> (id IN (SELECT place_id FROM new_place WHERE declared))
"""


def _settle(connection: sqlite3.Connection, known: Names, names: list[str], source: str, valid_from: int) -> list[int]:
    path: list[int] = []
    for level, name in enumerate(names, 1):
        if not name:
            break
        parent = path[-1] if path else 0
        place = known.get((parent, name))
        if place is None:
            place = known[parent, name] = _found(connection, path, level, name, source, valid_from)
        path.append(place)
    return path


def _found(connection: sqlite3.Connection, path: list[int], level: int, name: str, source: str, valid_from: int) -> int:
    parent = path[-1] if path else 0
    place = (
        connection.execute(
            "INSERT INTO place (parent_id, level, name, sort, source, tenant_id, application_id, valid_from)"
            " VALUES (?, ?, ?, ?, ?, 0, 0, ?)",
            (parent, level, name, sort_key(name), source, valid_from),
        ).lastrowid
        or 0
    )
    whole = [*path, place]
    connection.execute(
        "UPDATE place SET tenant_id = ?, application_id = ? WHERE id = ?",
        (whole[0], whole[1] if level > 1 else 0, place),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO word VALUES (?, ?, ?)", ((level, word, place) for word in word_starts(name))
    )
    connection.executemany("INSERT OR IGNORE INTO touched_place VALUES (?)", ((place,), (parent,)))
    return place


def leave_places(connection: sqlite3.Connection, now: int) -> int:
    """Remove the places that nothing declares or uses any more, from below; they were there until `now`. How many."""
    left = 0
    for level in (3, 2, 1):
        leave_place(connection, now, _EMPTY, level)
        rows = connection.execute(
            f"DELETE FROM place WHERE {_EMPTY} RETURNING id, parent_id, name",  # noqa: S608 - a constant
            {"level": level},
        ).fetchall()
        left += len(rows)
        for place, parent, name in rows:
            connection.executemany(
                "DELETE FROM word WHERE kind = ? AND word = ? AND id = ?",
                ((level, word, place) for word in word_starts(name)),
            )
            connection.execute("INSERT OR IGNORE INTO touched_place VALUES (?)", (parent,))
    return left
