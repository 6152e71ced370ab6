"""Takes a published extract into a store that holds nothing else: whole or not at all, ids of what stays kept."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

from typing import TYPE_CHECKING

from store import past
from store.cases import NOWHERE, Fault, Spot
from store.errors import StoreError
from store.faults import Severity
from store.gaps import PUT, row_of
from store.harvest import Harvest
from store.judgement import choose, settle
from store.merge import lay_out, merge_laid_out
from store.nodes import place_ref
from store.proofs import take_verdicts
from store.records import Kind, NodeRef, Slice, Taken
from store.staging import clear

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from store.database import Store
    from store.published import Extract, FindingTold, Subject

TABLES = """
CREATE TABLE taken (        -- the snapshot that this store holds; at most one row
    tenant TEXT NOT NULL, sequence INTEGER NOT NULL, made_at INTEGER NOT NULL, taken_at INTEGER NOT NULL,
    key TEXT NOT NULL, digest TEXT NOT NULL
);
CREATE TABLE issued (       -- the last snapshot that this store published for each tenant
    tenant TEXT PRIMARY KEY, sequence INTEGER NOT NULL, made_at INTEGER NOT NULL, digest TEXT NOT NULL
) WITHOUT ROWID
"""
TAKEN = "SELECT tenant, sequence, made_at, taken_at, key, digest FROM taken"
_SIGHTING = (
    "INSERT OR REPLACE INTO sighting (resource_id, kind, region, cmk_arn, source, granularity, account_id, arn, name,"
    " first_at, last_at, operation, material_id, material_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Exchanged:
    """What went out of a store and what came in. Raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def taken(self) -> Taken | None:
        """The snapshot that this store holds; None where a sync fills it, or nothing has yet."""
        with self._store.snapshot() as reader:
            row = reader.execute(TAKEN).fetchone()
            return Taken(*row) if row else None

    def synced(self) -> bool:
        """Whether the store holds what no snapshot brought."""
        with self._store.snapshot() as reader:
            held = reader.execute("SELECT EXISTS (SELECT 1 FROM cmk) OR EXISTS (SELECT 1 FROM account)").fetchone()[0]
            return bool(held) and reader.execute(TAKEN).fetchone() is None

    def last_issued(self, tenant: str) -> int:
        """The sequence of the last snapshot published from here for a tenant ('': for the whole estate); 0: none."""
        with self._store.snapshot() as reader:
            row = reader.execute("SELECT sequence FROM issued WHERE tenant = ?", (tenant,)).fetchone()
            return row[0] if row else 0

    def note_issued(self, tenant: str, sequence: int, made_at: int, digest: str) -> None:
        with self._store.atomic() as connection:
            connection.execute("INSERT OR REPLACE INTO issued VALUES (?, ?, ?, ?)", (tenant, sequence, made_at, digest))

    def take(self, extract: Extract, taken: Taken, keep_days: int = 0) -> int:
        """Make the store hold this extract and nothing else, and what was before `keep_days` long; rows changed. What
        runs of this store's own have proven stays besides.

        Raises:
            StoreError: then the store is as it was; `exchange.replayed` where another process took a newer one.
        """
        lay_out(self._store, self._harvest(extract))
        with self._store.atomic() as connection:
            self._check(connection, taken)
            connection.execute("DELETE FROM sighting")
            connection.executemany(_SIGHTING, map(_row, extract.sightings))
            changed = merge_laid_out(connection, self._harvest(extract), taken.made_at, keep_days)
            changed += take_verdicts(connection, extract.verdicts)
            _replace(connection, extract)
            _judge(connection, extract, taken)
            _note(connection, taken)
        clear(self._store.writer())
        past.clear(self._store.writer())
        return changed

    def _check(self, connection: sqlite3.Connection, taken: Taken) -> None:
        row = connection.execute(TAKEN).fetchone()
        if row and (row[0] != taken.tenant or row[1] >= taken.sequence):
            raise StoreError("exchange.overtaken", self._store.path)

    def _harvest(self, extract: Extract) -> Harvest:
        """All accounts, known and new, read whole: what is not in the extract is gone. Its own gaps come after."""
        with self._store.snapshot() as reader:
            known = {account for (account,) in reader.execute("SELECT account_id FROM account")}
        accounts = known | {account.account_id for account in extract.accounts} | {""}
        accounts |= {key.account_id for key in extract.data_keys} | {cmk.account_id for cmk in extract.cmks}
        whole = frozenset(Slice(account, "", what) for account in accounts for what in ("", "cmk"))
        return Harvest(extract.accounts, extract.declared, extract.cmks, extract.data_keys, whole)


def _row(sighting: object) -> tuple[object, ...]:
    return tuple(getattr(sighting, name) for name in sighting.__slots__)  # type: ignore[attr-defined]


def _replace(connection: sqlite3.Connection, extract: Extract) -> None:
    """Ages, gaps and accounts are those of the extract alone."""
    for table in ("slice", "gap", "account"):
        connection.execute(f"DELETE FROM {table}")
    accounts = ((each.account_id, each.name, each.tenant) for each in extract.accounts)
    connection.executemany("INSERT OR REPLACE INTO account VALUES (?, ?, ?)", accounts)
    slices = ((each.account_id, each.region, each.what, each.read_at) for each in extract.slices)
    connection.executemany("INSERT OR REPLACE INTO slice VALUES (?, ?, ?, ?)", slices)
    connection.executemany(PUT, (row_of(gap, gap.since) for gap in extract.gaps))


def _note(connection: sqlite3.Connection, taken: Taken) -> None:
    connection.execute("DELETE FROM taken")
    row = (taken.tenant, taken.sequence, taken.made_at, taken.taken_at, taken.key, taken.digest)
    connection.execute("INSERT INTO taken VALUES (?, ?, ?, ?, ?, ?)", row)


# -- findings: as the publisher's rules saw them, for this store lacks what they looked at ---------------------------


def _judge(connection: sqlite3.Connection, extract: Extract, taken: Taken) -> None:
    terms = f"published {taken.digest}"
    full = choose(connection, terms, taken.made_at)
    there = _There(connection)
    faults = [fault for told in extract.findings for fault in there.faults(told)]
    settle(connection, faults, terms, taken.made_at, full=full)


class _There:
    """Where this store has what the extract names."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cmks: dict[str, int] = dict(connection.execute("SELECT arn, id FROM cmk"))
        rows = connection.execute("SELECT id, parent_id, level, name, tenant_id, application_id FROM place").fetchall()
        self._places = {(row[1], row[3]): (row[0], row[2], row[4], row[5]) for row in rows if row[2]}

    def faults(self, told: FindingTold) -> Iterator[Fault]:
        ref = self._ref(told.subject)
        if ref is None:
            return
        own, cmk = self._spot(told.own), self._cmks.get(told.cmk, 0)
        yield Fault(
            told.rule, Severity(told.severity), ref, own, self._spot(told.home) if told.home else own, cmk,
            str(cmk) if cmk and told.detail == told.cmk else told.detail, told.expected, told.found,
            self._spot(told.expected_path).place_id, self._spot(told.found_path).place_id,
            tuple(spot.place_id for path in told.others if (spot := self._spot(path)).place_id), told.values,
            told.first_seen if told.since is None else told.since, told.begins,
        )  # fmt: skip

    def _ref(self, subject: Subject) -> NodeRef | None:
        if subject.cmk:
            return NodeRef(Kind.CMK, self._cmks[subject.cmk]) if subject.cmk in self._cmks else None
        if not subject.resource:
            place = self._place(subject.path)
            return place_ref(place[1], place[0]) if place else NodeRef(Kind.UNASSIGNED, 0)
        find = "SELECT id FROM data_key WHERE (resource_id, account_id, region, kind) = (?, ?, ?, ?)"
        row = self._connection.execute(find, subject.resource).fetchone()
        return NodeRef(Kind.DATA_KEY, row[0]) if row else None

    def _place(self, path: tuple[str, ...]) -> tuple[int, int, int, int] | None:
        found: tuple[int, int, int, int] | None = None
        for name in path:
            found = self._places.get((found[0] if found else 0, name))
            if found is None:
                return None
        return found

    def _spot(self, path: tuple[str, ...]) -> Spot:
        place = self._place(path)
        return Spot(place[0], place[2], place[3]) if place else NOWHERE
