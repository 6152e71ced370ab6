"""Whole CMKs, data keys and places, for sheets that tell everything of one."""
# ruff: noqa: S608 - statements are put together once, from constants of this module

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from store.answers import Cmk, DataKey, KnownCmk, PlaceFacts
from store.below import ordered
from store.cells import DATA_KEYS
from store.gaps import gap_of
from store.harvest import AccountFacts, Alias, CmkFacts, DataKeyFacts, KeyMaterial, Placement
from store.narrowing import narrowed
from store.nodes import PLACE_COLUMNS as NODE_COLUMNS
from store.nodes import UNASSIGNED_NAME, Row, cmk_status, is_hidden, place_node, place_ref, told_verdict
from store.paths import names
from store.records import UNKNOWN_GENERATION, Counts, Gap, Generation, Granularity, NodeRef, Source, Status
from store.sight import UNNAMED, Sight
from store.staging import METADATA

if TYPE_CHECKING:
    import sqlite3
    from array import array
    from collections.abc import Callable, Iterable

    from store.database import Store
    from store.narrow import Asked
    from store.records import Scope

# A row of a slice that was read whole is as old as that reading.
_READ_AT = (
    "max({at}, ifnull((SELECT max(s.read_at) FROM slice AS s WHERE s.account_id = t.account_id"
    " AND s.region IN ('', t.region) AND s.what IN ('', {what})), 0))"
)
_CMK = f"""
SELECT t.id, t.key_id, t.arn, t.account_id, t.region, t.place_source, t.place_reason, t.state, t.description,
    t.created_at, t.deletion_at, t.key_spec, t.key_usage, t.origin, t.manager, t.multi_region, t.current_material,
    t.rotation_enabled, t.rotation_period, t.rotation_next, t.rotation_started,
    {_READ_AT.format(at="t.metadata_at", what="'cmk'")}, t.rotation_at, t.materials_at, t.policy_at,
    t.place_id, t.tenant_id, t.application_id, t.stale, t.data_keys, t.groups, t.copies, t.oldest_data_key,
    t.rotation_last, t.rotation_last_type, t.on_demand_used, (SELECT policy FROM policy WHERE cmk_id = t.id)
FROM cmk AS t
"""
_DATA_KEY = f"""
SELECT t.id, t.kind, t.granularity, t.resource_id, t.account_id, t.region, t.cmk_id, t.place_id, t.tenant_id,
    t.application_id, t.place_source, t.place_reason, t.name, t.arn, t.key_ref, t.status, t.data_key_id,
    t.created_at, t.source, {_READ_AT.format(at="t.seen_at", what="t.kind")}, t.detail, t.stale,
    c.name, c.place_id, c.tenant_id, c.application_id, t.generation, t.generation_to, t.generation_exact,
    ifnull((SELECT max(m.generation) FROM material AS m WHERE m.cmk_id = t.cmk_id), 0), t.made_at, t.verdict,
    t.verdict_at
FROM data_key AS t LEFT JOIN cmk AS c ON c.id = t.cmk_id
"""
_KNOWN = f"""
SELECT arn, current_material, {_READ_AT.format(at="metadata_at", what="'cmk'")}, rotation_at, materials_at,
    policy_at, state, ifnull((SELECT g.at FROM grants_read AS g WHERE g.cmk_arn = arn), 0)
FROM cmk AS t
"""


class Cmks:
    """Reads what a sheet needs; rows out of the scope's sight are None. Raises StoreError."""

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._sight = Sight(store, scope)

    def get(self, cmk_id: int) -> Cmk | None:
        """The whole CMK: materials oldest first, aliases and tags by name, the policy."""
        with self._store.snapshot() as reader:
            row = reader.execute(_CMK + "WHERE t.id = ?", (cmk_id,)).fetchone()
            return _cmk(reader, row, self._sight) if row and self._sight.covers(row[26], row[27]) else None

    def by_key(self, key: str) -> list[Cmk]:
        """The CMKs with this key id or ARN; a multi-Region key has one in each Region."""
        with self._store.snapshot() as reader:
            rows = reader.execute(_CMK + "WHERE t.key_id = ? OR t.arn = ? ORDER BY t.arn", (key, key)).fetchall()
            return [_cmk(reader, row, self._sight) for row in rows if self._sight.covers(row[26], row[27])]

    def of_place(self, place_id: int) -> list[Cmk]:
        """The CMKs that are placed right there, by name."""
        with self._store.snapshot() as reader:
            rows = reader.execute(_CMK + "WHERE t.place_id = ? ORDER BY t.sort, t.id", (place_id,)).fetchall()
            return [_cmk(reader, row, self._sight) for row in rows if self._sight.covers(row[26], row[27])]

    def known(self) -> dict[str, KnownCmk]:
        """By ARN, what a sync needs to know of every CMK; without regard to the scope."""
        with self._store.snapshot() as reader:
            return {row[0]: KnownCmk(*row[1:]) for row in reader.execute(_KNOWN)}

    def count_data_keys(self, cmk_id: int) -> int:
        """How many holders of data keys stand under a CMK."""
        cmk = self.get(cmk_id)
        return cmk.counts.data_keys + cmk.counts.groups + cmk.counts.copies if cmk else 0

    def data_keys(self, cmk_id: int, offset: int = 0, limit: int = -1) -> list[DataKey]:
        """Those under a CMK, in the order of the tree, from `offset` on; all with limit -1."""
        with self._store.snapshot() as reader:
            if hidden := self._sight.hidden_below(cmk_id):
                ids = ordered(reader, cmk_id, hidden, offset, limit)
                return [found for id_ in ids if (found := self.data_key(id_))]
            where = "WHERE t.cmk_id = ? ORDER BY t.sort, t.id LIMIT ? OFFSET ?"
            rows = reader.execute(_DATA_KEY + where, (cmk_id, limit, offset)).fetchall()
            return [found for row in rows if (found := self._data_key(reader, row))]

    def narrowed(self, cmk_id: int, asked: Asked, stop: Callable[[], bool]) -> array[int]:
        """The ids of the data keys under a CMK in sight that answer to `asked`, in its order. See store.narrowing."""
        with self._store.snapshot() as reader:
            return narrowed(reader, self._sight, DATA_KEYS, self._sight.values | {"cmk": cmk_id}, asked, stop)

    def those(self, cmk_id: int, ids: Iterable[int]) -> list[DataKey]:
        """The data keys with these ids, in their order, as far as they stand under this CMK."""
        with self._store.snapshot():
            found = (self.data_key(id_) for id_ in ids)
            return [key for key in found if key is not None and key.cmk_id == cmk_id]

    def data_key(self, data_key_id: int) -> DataKey | None:
        """One holder of a data key."""
        with self._store.snapshot() as reader:
            row = reader.execute(_DATA_KEY + "WHERE t.id = ?", (data_key_id,)).fetchone()
            return self._data_key(reader, row) if row else None

    def lineage(self, data_key_id: str) -> list[DataKey]:
        """All holders that are known to hold this very data key (DescribeSnapshots.DataEncryptionKeyId)."""
        with self._store.snapshot() as reader:
            where = "WHERE t.data_key_id = ? AND t.data_key_id <> '' ORDER BY t.sort, t.id"
            rows = reader.execute(_DATA_KEY + where, (data_key_id,)).fetchall()
            return [found for row in rows if (found := self._data_key(reader, row))]

    def place(self, ref: NodeRef) -> PlaceFacts | None:
        """A tenant, application, environment or UNASSIGNED."""
        with self._store.snapshot() as reader:
            row = reader.execute(
                f"SELECT {NODE_COLUMNS}, source, declared FROM place WHERE id = ?", (ref.id,)
            ).fetchone()
            if row is None or place_ref(row[1], row[0]) != ref:
                return None
            seen = self._sight.covers_place(row[1], row[11], row[12])
            return self._place(reader, row) if seen else None

    def _data_key(self, reader: sqlite3.Connection, row: Row) -> DataKey | None:
        below_visible = row[22] is not None and self._sight.covers(row[24], row[25])
        if not below_visible and not self._sight.covers(row[8], row[9]):
            return None
        hidden = is_hidden(self._sight, row[8], row[9])
        path = () if hidden else names(reader, row[7])
        facts = _data_key_facts(row, path, hidden=hidden, above=below_visible or not row[6])
        return DataKey(
            row[0], facts, row[6] if below_visible else 0,
            0 if hidden else row[7], path, bool(row[21]), row[22] if below_visible else "",
            names(reader, row[23]) if below_visible else (),
            Generation(row[26], row[27], bool(row[28]), row[29]) if below_visible else UNKNOWN_GENERATION,
            row[30], *told_verdict(*row[31:], hidden=hidden),
        )  # fmt: skip

    def _place(self, reader: sqlite3.Connection, row: Row) -> PlaceFacts:
        id_, level, _, _, _, _, _, places, own_cmks, loose, stale, tenant, *_ = row
        application = self._sight.branch[1] if id_ == tenant else 0
        if application:
            places, own_cmks, loose = 1, 0, 0
        node = place_node(_seen(reader, row, application), self._sight)
        accounts, gaps, read_at = _readings(reader, tenant) if level else ((), (), 0)
        last, coming, oldest = _dates(reader, application or id_, 2 if application else level)
        return PlaceFacts(
            node.ref, names(reader, id_) or (UNASSIGNED_NAME,), node.status, Source(row[14]), bool(row[15]),
            node.counts, places, own_cmks, loose, bool(stale), accounts if level == 1 else (), gaps,
            last, coming, oldest, read_at,
        )  # fmt: skip


def _seen(reader: sqlite3.Connection, row: Row, application: int) -> Row:
    """The tenant's row with the counts of its one visible application."""
    if not application:
        return row
    below = reader.execute(f"SELECT {NODE_COLUMNS} FROM place WHERE id = ?", (application,)).fetchone()
    return (*row[:3], *below[3:7], 1, 0, 0, below[10], *row[11:])


def _cmk(reader: sqlite3.Connection, row: Row, sight: Sight) -> Cmk:
    id_ = row[0]
    materials = tuple(KeyMaterial(*each) for each in reader.execute(_MATERIALS, (id_,)))
    aliases = tuple(Alias(*each) for each in reader.execute(_ALIASES, (id_,)))
    tags = tuple(reader.execute("SELECT key, value FROM tag WHERE cmk_id = ? ORDER BY key", (id_,)))
    path = names(reader, row[25])
    row = (*row[:36], sight.veil(row[36] or "") or None)
    return Cmk(
        id_, _cmk_facts(row, path, materials, aliases, tags), row[25], path, cmk_status(row[7], row[20]),
        Counts(0, *row[29:32]), row[32], bool(row[28]), materials, aliases, tags, *row[33:36],
    )  # fmt: skip


_MATERIALS = """
SELECT material_id, at, rotation_type, state FROM material WHERE cmk_id = ?
ORDER BY at IS NULL, at, material_id
"""
_ALIASES = "SELECT name, arn, created_at, updated_at FROM alias WHERE cmk_id = ? ORDER BY name"


def _cmk_facts(
    row: Row,
    path: tuple[str, ...],
    materials: tuple[KeyMaterial, ...],
    aliases: tuple[Alias, ...],
    tags: tuple[tuple[str, str], ...],
) -> CmkFacts:
    enabled = None if row[17] is None else bool(row[17])
    return CmkFacts(
        row[1], row[2], row[3], row[4], _placement(path, row[5], row[6]),
        **dict(zip(METADATA, row[7:17], strict=True)),
        rotation_enabled=enabled, rotation_period=row[18], rotation_next=row[19], rotation_started=row[20],
        materials=materials, aliases=aliases, tags=tags, policy=row[36],
        metadata_at=row[21], rotation_at=row[22], materials_at=row[23], policy_at=row[24],
    )  # fmt: skip


def _placement(path: tuple[str, ...], source: str, reason: str) -> Placement:
    tenant, application, environment = (*path, "", "", "")[:3]
    return Placement(tenant, application, environment, Source(source), reason)


def _data_key_facts(row: Row, path: tuple[str, ...], *, hidden: bool, above: bool) -> DataKeyFacts:
    """`hidden`: somebody else's, without a name, id or account; `above`: nobody else's CMK, so that it is named."""
    detail = () if hidden else tuple((str(key), str(value)) for key, value in json.loads(row[20]))
    resource, account, name, arn, data_key = (
        (UNNAMED, "", "", "", "") if hidden else (row[3], row[4], row[12], row[13], row[16])
    )
    return DataKeyFacts(
        row[1], Granularity(row[2]), resource, account, row[5], _placement(path, row[10], row[11]), name, arn,
        row[14] if above else "", Status(row[15]), data_key, row[17], Source(row[18]), row[19], detail,
    )  # fmt: skip


_Readings = tuple[tuple[AccountFacts, ...], tuple[Gap, ...], int]


def _readings(reader: sqlite3.Connection, tenant_id: int) -> _Readings:
    """The tenant's accounts, what could not be seen in them, and when the oldest part of them was read."""
    find = "SELECT account_id, name, tenant FROM account WHERE tenant = (SELECT name FROM place WHERE id = ?)"
    accounts = tuple(AccountFacts(*row) for row in reader.execute(find, (tenant_id,)))
    marks = ", ".join("?" * len(accounts))
    ids = [account.account_id for account in accounts]
    gaps = reader.execute(f"SELECT * FROM gap WHERE account_id IN ({marks})", ids)
    oldest = reader.execute(f"SELECT min(read_at) FROM slice WHERE account_id IN ({marks})", ids).fetchone()[0]
    return accounts, tuple(map(gap_of, gaps)), oldest or 0


_WITHIN = (
    "place_id = :id",
    "tenant_id = :id",
    "tenant_id = (SELECT tenant_id FROM place WHERE id = :id) AND application_id = :id",
    "place_id = :id",
)
"""The CMKs of a place by its level, each through an index."""


def _dates(reader: sqlite3.Connection, id_: int, level: int) -> tuple[int | None, int | None, int | None]:
    """Last and coming HBK rotation, oldest data key among the CMKs of a place."""
    row = reader.execute(
        f"SELECT max(rotation_last), min(rotation_next), min(oldest_data_key) FROM cmk WHERE {_WITHIN[level]}",
        {"id": id_},
    ).fetchone()
    return row[0], row[1], row[2]
