"""Objects under prefixes as a sync read them: one that is unchanged need not be read by the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.harvest import ObjectRead

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from store.database import Store
    from store.harvest import PrefixRead

TABLE = """
CREATE TABLE object_read (
    place TEXT NOT NULL, key TEXT NOT NULL, mark TEXT NOT NULL, told TEXT NOT NULL, PRIMARY KEY (place, key)
) WITHOUT ROWID
"""


def read_before(store: Store, place: str) -> dict[str, ObjectRead]:
    """What is known of the objects of a prefix, by key. Raises StoreError."""
    with store.snapshot() as reader:
        rows = reader.execute("SELECT key, mark, told FROM object_read WHERE place = ?", (place,))
        return {row[0]: ObjectRead(*row) for row in rows}


def note_read(connection: sqlite3.Connection, prefixes: Iterable[PrefixRead]) -> None:
    """What a sync read, and what it found gone."""
    for one in prefixes:
        connection.executemany(
            "INSERT OR REPLACE INTO object_read VALUES (?, ?, ?, ?)",
            ((one.place, read.key, read.mark, read.told) for read in one.read),
        )
        connection.executemany(
            "DELETE FROM object_read WHERE place = ? AND key = ?", ((one.place, key) for key in one.gone)
        )
