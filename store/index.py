"""Keeps the words to search by in step with the names of CMKs and data keys that a merge changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.words import KIND_NUMBERS, cmk_words, data_key_words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

from store.records import Kind

_CMK = KIND_NUMBERS[Kind.CMK]
_DATA_KEY = KIND_NUMBERS[Kind.DATA_KEY]

Words = dict[int, set[str]]
"""The words of each row, by its id."""


def words_of_cmks(connection: sqlite3.Connection, ids: str) -> Words:
    """Words of the CMKs whose ids the query `ids` gives, as their rows stand now."""
    aliases: dict[int, list[str]] = {}
    for cmk_id, name in connection.execute(f"SELECT cmk_id, name FROM alias WHERE cmk_id IN ({ids})"):  # noqa: S608 - a constant of ours
        aliases.setdefault(cmk_id, []).append(name)
    rows = connection.execute(f"SELECT id, name, description FROM cmk WHERE id IN ({ids})")  # noqa: S608 - as above
    return {id_: cmk_words(name, text, tuple(aliases.get(id_, ()))) for id_, name, text in rows}


def renew_cmk_words(connection: sqlite3.Connection, before: Words, after: Words) -> None:
    """Write the difference between two states of the same CMKs' words."""
    gone = [(_CMK, word, id_) for id_, words in before.items() for word in words - after.get(id_, set())]
    new = [(_CMK, word, id_) for id_, words in after.items() for word in words - before.get(id_, set())]
    connection.executemany("DELETE FROM word WHERE kind = ? AND word = ? AND id = ?", gone)
    connection.executemany("INSERT OR IGNORE INTO word VALUES (?, ?, ?)", new)


def drop_data_key_words(connection: sqlite3.Connection, rows: Iterable[tuple[int, str, str]]) -> None:
    """Take out the words of data keys, given as (id, name, resource id) before they change."""
    connection.executemany("DELETE FROM word WHERE kind = ? AND word = ? AND id = ?", _data_key_rows(rows))


def add_data_key_words(connection: sqlite3.Connection, rows: Iterable[tuple[int, str, str]]) -> None:
    """Put in the words of data keys, given as (id, name, resource id)."""
    connection.executemany("INSERT OR IGNORE INTO word VALUES (?, ?, ?)", _data_key_rows(rows))


def _data_key_rows(rows: Iterable[tuple[int, str, str]]) -> Iterator[tuple[int, str, int]]:
    for id_, name, resource_id in rows:
        for word in data_key_words(name, resource_id):
            yield _DATA_KEY, word, id_
