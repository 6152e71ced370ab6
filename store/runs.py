"""Guided work on record: who claims a run may write on it, as long as nobody claimed it later.

Every write is one durable transaction that first looks whether the lease still holds; what it says is on disk
before the effect that it announces.
"""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

import json
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from store.holders import holder, surely_gone
from store.run_records import (
    ENDED,
    Halt,
    Lease,
    LeaseBusy,
    LeaseLost,
    NoRun,
    Run,
    RunStatus,
    RunStep,
    Sentence,
    StepStatus,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from store.database import Store
    from store.records import Scope
    from store.run_records import Json, NewRun

LEASE_SECONDS = 180
"""Longer than the slowest single request to AWS with all its retries; `renew` and every write begin it anew."""

_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 10

TABLES = """
CREATE TABLE run (
    id TEXT PRIMARY KEY, workflow TEXT NOT NULL, version INTEGER NOT NULL, subject TEXT NOT NULL,
    facts TEXT NOT NULL, tenant TEXT NOT NULL, application TEXT NOT NULL, parent TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL, halt TEXT NOT NULL DEFAULT '', step TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '', reason_values TEXT NOT NULL DEFAULT '{}',
    abandoning INTEGER NOT NULL DEFAULT 0, started_by TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, finished_at INTEGER,
    owner TEXT NOT NULL DEFAULT '', token INTEGER NOT NULL DEFAULT 0, lease_until INTEGER NOT NULL DEFAULT 0,
    stop INTEGER NOT NULL DEFAULT 0             -- somebody asked whoever holds it to stop
) WITHOUT ROWID;
CREATE INDEX run_order ON run (finished_at, updated_at);
CREATE INDEX run_parent ON run (parent) WHERE parent <> '';
CREATE TABLE run_step (
    run_id TEXT NOT NULL, step TEXT NOT NULL, lane TEXT NOT NULL, status TEXT NOT NULL,
    answer TEXT, answered_by TEXT NOT NULL DEFAULT '', by_hand INTEGER NOT NULL DEFAULT 0,
    output TEXT, cursor TEXT, done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '', error_values TEXT NOT NULL DEFAULT '{}', attempts INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER, finished_at INTEGER, PRIMARY KEY (run_id, step)
) WITHOUT ROWID;
"""

_RUN = (
    "id, workflow, version, subject, facts, tenant, application, parent, status, halt, step, reason, reason_values,"
    " abandoning, started_by, created_at, updated_at, finished_at, owner, lease_until"
)
_STEP = (
    "run_id, step, lane, status, answer, answered_by, by_hand, output, cursor, done, total, error, error_values,"
    " attempts, started_at, finished_at"
)
_UPSERT = f"INSERT OR REPLACE INTO run_step ({_STEP}) VALUES ({', '.join('?' * len(_STEP.split(',')))})"
_FIRST = "finished_at IS NULL DESC, updated_at DESC, id"


class RunRepository:
    """Reads in scope; writes under a lease. Raises StoreError. `now` gives epoch seconds."""

    def __init__(self, store: Store, scope: Scope | None = None, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._scope = scope
        self._now = now

    # -- reading, in scope ---------------------------------------------------------------------------------------

    def find(self, name: str) -> Run:
        """The run with this id, or whose id alone begins so.

        Raises:
            NoRun: none in sight, or several.
        """
        seen, values = self._seen()
        with self._store.snapshot() as reader:
            rows = reader.execute(
                f"SELECT {_RUN} FROM run WHERE id >= :name AND id < :end AND {seen} ORDER BY id LIMIT 9",
                values | {"name": name, "end": name + "\x7f"},
            ).fetchall()
        exact = [row for row in rows if row[0] == name] or rows
        if not name or len(exact) != 1:
            raise NoRun(name, tuple(row[0] for row in exact) if name else ())
        return _run(exact[0], self._now())

    def list(
        self, *, ended: bool = True, parent: str | None = None, limit: int | None = None, offset: int = 0
    ) -> list[Run]:
        """Unfinished ones first, the latest first; with `parent` only the runs that this one began."""
        seen, values = self._where(ended=ended, parent=parent)
        values |= {"limit": -1 if limit is None else limit, "offset": offset}
        sql = f"SELECT {_RUN} FROM run WHERE {seen} ORDER BY {_FIRST} LIMIT :limit OFFSET :offset"
        with self._store.snapshot() as reader:
            return [_run(row, self._now()) for row in reader.execute(sql, values)]

    def count(self, *, ended: bool = True, parent: str | None = None) -> int:
        """How many `list` would give."""
        seen, values = self._where(ended=ended, parent=parent)
        with self._store.snapshot() as reader:
            return int(reader.execute(f"SELECT count(*) FROM run WHERE {seen}", values).fetchone()[0])

    def steps(self, run_id: str) -> dict[str, RunStep]:
        """What is on record of each step of a run in sight, by its name."""
        self.find(run_id)
        with self._store.snapshot() as reader:
            return _steps(reader, run_id)

    def outputs(self, run_id: str) -> dict[str, Json]:
        """The outputs of finished steps, by name; a skipped one's is empty."""
        return {name: step.output for name, step in self.steps(run_id).items() if step.output is not None}

    def covers(self, tenant: str, application: str) -> bool:
        """Whether a run about that would be in sight."""
        scope = self._scope
        return scope is None or (tenant == scope.tenant and scope.application in ("", application))

    def _where(self, *, ended: bool, parent: str | None) -> tuple[str, dict[str, Any]]:
        seen, values = self._seen()
        if not ended:
            seen += " AND finished_at IS NULL"
        if parent is not None:
            seen, values = f"{seen} AND parent = :parent", values | {"parent": parent}
        return seen, values

    def _seen(self) -> tuple[str, dict[str, Any]]:
        if self._scope is None:
            return "1", {}
        seen = "tenant = :tenant AND :application IN ('', application)"
        return seen, {"tenant": self._scope.tenant, "application": self._scope.application}

    # -- beginning, claiming, letting go -------------------------------------------------------------------------

    def create(self, wish: NewRun, started_by: str, lanes: dict[str, str] | None = None) -> str:
        """A new run, ready to go; its id. `lanes` are those of the steps that were answered beforehand."""
        run_id, now = _new_id(), int(self._now())
        values = (run_id, wish.workflow, wish.version, wish.subject, _json(wish.facts), wish.tenant, wish.application,
                  wish.parent, RunStatus.READY, started_by, now, now)  # fmt: skip
        with self._store.atomic(durable=True) as connection:
            connection.execute(
                "INSERT INTO run (id, workflow, version, subject, facts, tenant, application, parent, status,"
                " started_by, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            for step, answer in wish.answers.items():
                lane = (lanes or {}).get(step, "")
                _put(connection, RunStep(run_id, step, lane, answer=answer, answered_by=started_by))
        return run_id

    def claim(self, run_id: str, owner: str = "") -> Lease:
        """The right to write on a run in sight. A lease that ran out, or whose process is gone, is taken over.

        Raises:
            LeaseBusy: another process holds it.
            NoRun: there is none in sight.
        """
        self.find(run_id)
        owner, now = owner or holder(), int(self._now())
        with self._store.atomic(durable=True) as connection:
            held, until, token = connection.execute(
                "SELECT owner, lease_until, token FROM run WHERE id = ?", (run_id,)
            ).fetchone()
            if held and held != owner and until > now and not surely_gone(held):
                raise LeaseBusy(held, until)
            connection.execute(
                "UPDATE run SET owner = ?, token = ?, lease_until = ?, stop = 0 WHERE id = ?",
                (owner, token + 1, now + LEASE_SECONDS, run_id),
            )
        return Lease(run_id, owner, token + 1)

    def renew(self, lease: Lease) -> bool:
        """Begin the lease anew; whether somebody asked to stop.

        Raises:
            LeaseLost: another process has claimed the run.
        """
        with self._store.atomic(durable=True) as connection:
            return self._renewed(connection, lease)

    def asked_to_stop(self, lease: Lease) -> bool:
        """The same without beginning it anew: only a look.

        Raises:
            LeaseLost: another process has claimed the run.
        """
        with self._store.snapshot() as reader:
            row = reader.execute("SELECT stop, token FROM run WHERE id = ?", (lease.run_id,)).fetchone()
        if row is None or row[1] != lease.token:
            raise LeaseLost(lease.run_id)
        return bool(row[0])

    def release(self, lease: Lease) -> None:
        """Let go, if it is still ours."""
        with self._store.atomic(durable=True) as connection:
            connection.execute(
                "UPDATE run SET owner = '', lease_until = 0 WHERE id = ? AND token = ?", (lease.run_id, lease.token)
            )

    def ask_to_stop(self, run_id: str) -> None:
        """Whoever holds a run in sight stops at its next checkpoint."""
        self.find(run_id)
        with self._store.atomic(durable=True) as connection:
            connection.execute("UPDATE run SET stop = 1 WHERE id = ?", (run_id,))

    # -- writing, under a lease ----------------------------------------------------------------------------------

    def write(self, lease: Lease, run: Run | None = None, step: RunStep | None = None) -> bool:
        """A run's and a step's new state, in one transaction; whether somebody asked to stop. The only way to write.

        Raises:
            LeaseLost: another process has claimed the run; nothing was written.
            TypeError: something in it is not JSON.
        """
        with self._store.atomic(durable=True) as connection:
            stop = self._renewed(connection, lease)
            if run is not None:
                self._set(connection, run)
            if step is not None:
                _put(connection, step)
        return stop

    def _renewed(self, connection: sqlite3.Connection, lease: Lease) -> bool:
        now = int(self._now())
        row = connection.execute(
            "UPDATE run SET lease_until = ?, updated_at = ? WHERE id = ? AND token = ? AND owner = ? RETURNING stop",
            (now + LEASE_SECONDS, now, lease.run_id, lease.token, lease.owner),
        ).fetchone()
        if row is None:
            raise LeaseLost(lease.run_id)
        return bool(row[0])

    def _set(self, connection: sqlite3.Connection, run: Run) -> None:
        finished = int(self._now()) if run.status in ENDED else None
        connection.execute(
            "UPDATE run SET facts = ?, status = ?, halt = ?, step = ?, reason = ?, reason_values = ?, abandoning = ?,"
            " finished_at = ? WHERE id = ?",
            (_json(run.facts), run.status, run.halt, run.step, run.reason.key, _json(run.reason.values),
             run.abandoning, finished, run.id),
        )  # fmt: skip


def _new_id() -> str:
    """Fifty bits of chance, easy to type: AWS resources carry it, so it is unique beyond this store."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_ID_LENGTH))


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _or_null(value: Json | None) -> str | None:
    return None if value is None else _json(value)


def _loaded(text: str | None) -> Json | None:
    return None if text is None else dict(json.loads(text))


def _put(connection: sqlite3.Connection, s: RunStep) -> None:
    connection.execute(
        _UPSERT,
        (s.run_id, s.step, s.lane, s.status, _or_null(s.answer), s.answered_by, s.by_hand, _or_null(s.output),
         _or_null(s.cursor), s.done, s.total, s.error.key, _json(s.error.values), s.attempts, s.started_at,
         s.finished_at),
    )  # fmt: skip


def _steps(reader: sqlite3.Connection, run_id: str) -> dict[str, RunStep]:
    rows = reader.execute(f"SELECT {_STEP} FROM run_step WHERE run_id = ?", (run_id,))
    return {row[1]: _step(row) for row in rows}


def _step(row: tuple[Any, ...]) -> RunStep:
    (run_id, step, lane, status, answer, who, by_hand, output, cursor, done, total, error, values, *rest) = row
    return RunStep(
        run_id, step, lane, StepStatus(status), _loaded(answer), who, bool(by_hand), _loaded(output), _loaded(cursor),
        done, total, Sentence(error, _loaded(values) or {}), *rest,
    )  # fmt: skip


def _run(row: tuple[Any, ...], now: float) -> Run:
    (id_, workflow, version, subject, facts, tenant, application, parent, status, halt, step, reason, values,
     abandoning, who, created, updated, finished, owner, until) = row  # fmt: skip
    run = Run(
        id_, workflow, version, subject, _loaded(facts) or {}, tenant, application, parent, RunStatus(status),
        Halt(halt), step, Sentence(reason, _loaded(values) or {}), bool(abandoning), who, created, updated, finished,
        owner, until,
    )  # fmt: skip
    if run.status is RunStatus.RUNNING and (not owner or until <= now or surely_gone(owner)):
        return replace(run, status=RunStatus.INTERRUPTED)
    return run
