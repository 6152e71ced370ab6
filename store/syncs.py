"""The record of syncs: which ran, how far the running one is, and what the last ones could not see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from store.gaps import gap_of
from store.holders import alive
from store.nodes import PLACE_COLUMNS, place_node
from store.numbers import SyncHealth
from store.records import Counts, Gap, Overview, SyncRun, Taken, unseen
from store.sight import Sight

if TYPE_CHECKING:
    import sqlite3

    from store.database import Store
    from store.records import Scope

_COLUMNS = "id, state, started_at, finished_at, phase, done, total, calls, changed, pid, message"
_LAST = f"SELECT {_COLUMNS} FROM sync_run ORDER BY id DESC LIMIT 1"  # noqa: S608 - a constant
_LAST_DONE = f"SELECT {_COLUMNS} FROM sync_run WHERE state <> 'running' ORDER BY id DESC LIMIT 1"  # noqa: S608
_LAST_WHOLE = f"SELECT {_COLUMNS} FROM sync_run WHERE state = 'done' ORDER BY id DESC LIMIT 1"  # noqa: S608
_RECENT = "SELECT state FROM sync_run WHERE state <> 'running' ORDER BY id DESC LIMIT ?"
_KEPT_RUNS = 200


class Syncs:
    """Written by the sync, a row at a time; read by banners. Raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, pid: int, now: int) -> int:
        """Record that process `pid` starts a sync; runs whose process is gone are marked interrupted. Its id."""
        with self._store.atomic() as connection:
            for run, owner in connection.execute("SELECT id, pid FROM sync_run WHERE state = 'running'").fetchall():
                if owner == pid or not alive(owner):
                    connection.execute(
                        "UPDATE sync_run SET state = 'interrupted', finished_at = ? WHERE id = ?", (now, run)
                    )
            run_id = connection.execute(
                "INSERT INTO sync_run (state, started_at, pid) VALUES ('running', ?, ?)", (now, pid)
            ).lastrowid
            connection.execute("DELETE FROM sync_run WHERE id <= ?", ((run_id or 0) - _KEPT_RUNS,))
        return run_id or 0

    def progress(self, run_id: int, phase: str, done: int, total: int, calls: int) -> None:
        """How far it is: `done` of `total` calls of this phase, `calls` made in all."""
        with self._store.atomic() as connection:
            connection.execute(
                "UPDATE sync_run SET phase = ?, done = ?, total = ?, calls = ? WHERE id = ?",
                (phase, done, total, calls, run_id),
            )

    def finish(self, run_id: int, state: str, calls: int, changed: int, message: str, now: int) -> None:
        """How it ended: done, failed or interrupted, with a message for the one who reads it."""
        with self._store.atomic() as connection:
            connection.execute(
                "UPDATE sync_run SET state = ?, calls = ?, changed = ?, message = ?, finished_at = ? WHERE id = ?",
                (state, calls, changed, message, now, run_id),
            )

    def last(self) -> SyncRun | None:
        """The newest run, also a running one; one whose process is gone reads as interrupted."""
        with self._store.snapshot() as reader:
            return _run(reader, _LAST)

    def gaps(self, scope: Scope | None = None) -> list[Gap]:
        """What could not be seen, oldest first; with a scope only that tenant's."""
        with self._store.snapshot() as reader:
            rows = reader.execute("SELECT * FROM gap ORDER BY since, account_id, region, what").fetchall()
            return [gap_of(row) for row in rows if scope is None or row[3] == scope.tenant]

    def health(self, scope: Scope | None = None, recent: int = 20) -> SyncHealth:
        """How the last `recent` runs went, the running one left out; gaps as far as the scope sees them."""
        with self._store.snapshot() as reader:
            rows = reader.execute(_RECENT, (recent,)).fetchall()
            done = _run(reader, _LAST_WHOLE, scope)
            failed = sum(state != "done" for (state,) in rows)
            return SyncHealth(done, _run(reader, _LAST, scope), len(rows), failed, unseen(self.gaps(scope)))

    def overview(self, scope: Scope | None = None) -> Overview:
        """Sizes, ages and gaps, as far as the scope sees them."""
        with self._store.snapshot() as reader:
            tenants, counts = _sizes(reader, Sight(self._store, scope))
            newest = _run(reader, _LAST, scope)
            running = newest if newest and newest.state == "running" else None
            last = _run(reader, _LAST_DONE, scope) if running else newest
            return Overview(counts, tenants, last, running, tuple(self.gaps(scope)), _taken(reader))


def _run(reader: sqlite3.Connection, sql: str, scope: Scope | None = None) -> SyncRun | None:
    """A run; for a scope how far it is in hundredths and nothing of its size, which is that of everybody's estate."""
    row = reader.execute(sql).fetchone()
    run = SyncRun(*row) if row else None
    if run and scope is not None:
        share = 100 * run.done // run.total if run.total else 0
        run = replace(run, done=share, total=100 * bool(run.total), calls=0, changed=0)
    if run and run.state == "running" and not alive(run.pid):
        return replace(run, state="interrupted")
    return run


def _taken(reader: sqlite3.Connection) -> Taken | None:
    row = reader.execute("SELECT tenant, sequence, made_at, taken_at, key, digest FROM taken").fetchone()
    return Taken(*row) if row else None


def _sizes(reader: sqlite3.Connection, sight: Sight) -> tuple[int, Counts]:
    """Number of tenants, and what lies under them and under no place."""
    if sight.whole:
        row = reader.execute(
            "SELECT count(*) FILTER (WHERE level = 1), total(cmks), total(data_keys), total(groups), total(copies)"
            " FROM place WHERE parent_id IN (-1, 0)"
        ).fetchone()
        return row[0], Counts(*map(int, row[1:]))
    tenant, application = sight.branch
    row = reader.execute(
        f"SELECT {PLACE_COLUMNS} FROM place WHERE id = ?",  # noqa: S608 - a constant
        (application or tenant,),
    ).fetchone()
    return (1, place_node(row, sight).counts) if row else (0, Counts())
