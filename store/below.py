"""The order of the data keys under a CMK: as the tree has it, and what is somebody else's last, by its row id.

By its name it would stand where the name says, and so tell what it begins with to somebody who may not see it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_NAMED = """
SELECT id FROM data_key WHERE cmk_id = ? AND id NOT IN (SELECT value FROM json_each(?))
ORDER BY sort, id LIMIT ? OFFSET ?
"""
_COUNT = "SELECT count(*) FROM data_key WHERE cmk_id = ?"


def ordered(
    reader: sqlite3.Connection, cmk_id: int, hidden: Sequence[int], offset: int, limit: int
) -> list[int]:  # fmt: skip
    """The ids from `offset` on, at most `limit` (-1: all); `hidden` are those of somebody else."""
    values = (cmk_id, json.dumps(list(hidden)), limit, offset)
    found = [row[0] for row in reader.execute(_NAMED, values)]
    named = reader.execute(_COUNT, (cmk_id,)).fetchone()[0] - len(hidden)
    end = None if limit < 0 else max(0, offset + limit - named)
    return found + list(hidden[max(0, offset - named) : end])


def standing(reader: sqlite3.Connection, cmk_id: int, hidden: Sequence[int], id_: int, before: int) -> int:
    """Where the one with this id stands; `before` is where it would by its name."""
    if id_ in hidden:
        return int(reader.execute(_COUNT, (cmk_id,)).fetchone()[0]) - len(hidden) + list(hidden).index(id_)
    above = """SELECT count(*) FROM data_key AS d CROSS JOIN data_key AS o ON o.id = ?
        WHERE d.id IN (SELECT value FROM json_each(?)) AND (d.sort, d.id) < (o.sort, o.id)"""
    return before - int(reader.execute(above, (id_, json.dumps(list(hidden)))).fetchone()[0])
