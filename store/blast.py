"""The holders of data keys under one CMK, counted by form and place and read by window."""
# ruff: noqa: S608 - statements are put together once, from constants of this module

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from store.effects import Form, Holder, Tally
from store.paths import names
from store.records import Source, Status
from store.sight import HIDDEN, UNNAMED, Sight

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from store.database import Store
    from store.nodes import Row
    from store.records import Scope

# Details are a JSON list of pairs: inside a string a quote is always escaped, so that nothing that a tenant writes
# can look like one of these.
_TRAIT = """CASE
    WHEN d.granularity = 'volume' AND instr(d.detail, '["instance", "') THEN 'attached'
    WHEN d.granularity = 'volume' AND instr(d.detail, '["state", "in-use"]') THEN 'attached'
    WHEN d.granularity = 'volume' AND instr(d.detail, '["state", "available"]') THEN 'detached'
    WHEN d.granularity = 'bucket' AND instr(d.detail, '["bucket_key", "true"]') THEN 'bucket_key'
    WHEN d.granularity = 'bucket' AND instr(d.detail, '["bucket_key", "false"]') THEN 'no_bucket_key'
    ELSE '' END"""

# Of what somebody out of sight has, only that it is there and what kind it is are shown, as in the tree.
_SEEN_TRAIT = f"CASE WHEN {HIDDEN} THEN '' ELSE {_TRAIT} END"

_TALLY = f"""
SELECT d.kind, d.granularity, {_SEEN_TRAIT} AS trait, CASE WHEN {HIDDEN} THEN 0 ELSE d.place_id END AS place,
    {HIDDEN} AS hidden, count(*), sum(d.stale)
FROM data_key AS d WHERE d.cmk_id = :cmk GROUP BY 1, 2, 3, 4, 5
"""
_IDS = f"""
SELECT d.kind, d.granularity, {_SEEN_TRAIT}, d.id FROM data_key AS d WHERE d.cmk_id = :cmk ORDER BY d.sort, d.id
"""
_HOLDERS = f"""
SELECT d.id, d.kind, d.granularity, {_SEEN_TRAIT}, d.resource_id, d.name, d.account_id, d.region, d.place_id, {HIDDEN},
    d.status, d.source, d.created_at,
    max(d.seen_at, ifnull((SELECT max(s.read_at) FROM slice AS s WHERE s.account_id = d.account_id
        AND s.region IN ('', d.region) AND s.what IN ('', d.kind)), 0)), d.stale
FROM json_each(:ids) AS asked CROSS JOIN data_key AS d ON d.id = asked.value
WHERE d.cmk_id = :cmk ORDER BY asked.key
"""


class Blasts:
    """Reads what stands under a CMK, as far as the scope lets it be seen. Raises StoreError."""

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._sight = Sight(store, scope)

    def tallies(self, cmk_id: int) -> list[Tally]:
        """How many of each form in each place; [] for a CMK that is gone or out of sight."""
        with self._store.snapshot() as reader:
            if not self._covers(reader, cmk_id):
                return []
            rows = reader.execute(_TALLY, self._values(cmk_id)).fetchall()
            return [_tally(reader, row) for row in rows]

    def ids(self, cmk_id: int) -> dict[Form, list[int]]:
        """The holders of each form, in the order of the tree: read once, so that every window of them is instant."""
        found: dict[Form, list[int]] = {}
        with self._store.snapshot() as reader:
            if self._covers(reader, cmk_id):
                for *form, id_ in reader.execute(_IDS, self._values(cmk_id)):
                    found.setdefault(Form(*form), []).append(id_)
        return found

    def holders(self, cmk_id: int, ids: Sequence[int]) -> list[Holder]:
        """Those of these ids that still stand under the CMK, in the given order."""
        with self._store.snapshot() as reader:
            if not self._covers(reader, cmk_id):
                return []
            rows = reader.execute(_HOLDERS, self._values(cmk_id) | {"ids": json.dumps(list(ids))}).fetchall()
            paths = {place: names(reader, place) for place in {row[8] for row in rows}}
            return [_holder(row, paths[row[8]]) for row in rows]

    def _covers(self, reader: sqlite3.Connection, cmk_id: int) -> bool:
        row = reader.execute("SELECT tenant_id, application_id FROM cmk WHERE id = ?", (cmk_id,)).fetchone()
        return row is not None and self._sight.covers(*row)

    def _values(self, cmk_id: int) -> dict[str, int]:
        return self._sight.values | {"cmk": cmk_id}


def _tally(reader: sqlite3.Connection, row: Row) -> Tally:
    kind, granularity, trait, place, hidden, count, stale = row
    return Tally(Form(kind, granularity, trait), place, names(reader, place), bool(hidden), count, stale)


def _holder(row: Row, path: tuple[str, ...]) -> Holder:
    id_, kind, granularity, trait, resource, name, account, region, _, hidden, status, source, created, seen, stale = (
        row
    )
    if hidden:
        resource, name, account = UNNAMED, "", ""
    return Holder(
        id_, Form(kind, granularity, trait), resource, name, account, region,
        () if hidden else path, bool(hidden), Status(status), Source(source), created, seen, bool(stale),
    )  # fmt: skip
