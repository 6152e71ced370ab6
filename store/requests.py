"""Requests for CMKs on record: the wish once, and its moves in their order, none of which is ever rewritten."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from store.request_records import AFTER, CLOSED, Act, Move, NoRequest, Request, RequestMoved, Wanted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from store.database import Store
    from store.records import Scope

TABLES = """
CREATE TABLE request (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, application TEXT NOT NULL, environment TEXT NOT NULL,
    wanted TEXT NOT NULL, stand TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0,
    made_at INTEGER NOT NULL, changed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX request_order ON request (changed_at);
CREATE TABLE request_move (     -- one row a move: two who move at once cannot both be the nth
    request_id TEXT NOT NULL, n INTEGER NOT NULL, act TEXT NOT NULL, by_whom TEXT NOT NULL, at INTEGER NOT NULL,
    said TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (request_id, n)
) WITHOUT ROWID;
CREATE TABLE letter_read (      -- letters of the exchange that were read, as they then lay there
    place TEXT PRIMARY KEY, mark TEXT NOT NULL
) WITHOUT ROWID
"""

_COLUMNS = "id, wanted, sent"
_SEEN = "(:tenant = '' OR (tenant = :tenant AND :application IN ('', application)))"
_OPEN = ", ".join(f"'{stand.value}'" for stand in sorted(CLOSED))


class Requests:
    """Reads and writes in scope. Raises StoreError; NoRequest where one is named that is not in sight."""

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._scope = scope
        self._values = {"tenant": scope.tenant if scope else "", "application": scope.application if scope else ""}

    # -- reading -------------------------------------------------------------------------------------------------

    def find(self, name: str) -> Request:
        """The request with this id, or whose id alone begins so."""
        where = f"WHERE id >= :name AND id < :end AND {_SEEN} ORDER BY id LIMIT 9"
        found = self._read(where, {"name": name, "end": name + "\x7f"})
        exact = [request for request in found if request.id == name] or found
        if not name or len(exact) != 1:
            raise NoRequest(name, tuple(request.id for request in exact) if name else ())
        return exact[0]

    def get(self, request_id: str) -> Request | None:
        """The one with exactly this id, if it is in sight."""
        found = self._read(f"WHERE id = :id AND {_SEEN}", {"id": request_id})
        return found[0] if found else None

    def all(self, *, closed: bool = True, limit: int = -1) -> list[Request]:
        """Open ones first, what moved last before the rest."""
        where = f"WHERE {_SEEN}" + ("" if closed else f" AND stand NOT IN ({_OPEN})")
        order = f"ORDER BY stand IN ({_OPEN}), changed_at DESC, id LIMIT :limit"
        return self._read(f"{where} {order}", {"limit": limit})

    def of_place(self, path: tuple[str, str, str]) -> list[Request]:
        """Those for one tenant, application and environment, the latest first."""
        names = dict(zip(("t", "a", "e"), path, strict=True))
        where = f"WHERE tenant = :t AND application = :a AND environment = :e AND {_SEEN} ORDER BY changed_at DESC, id"
        return self._read(where, names)

    def covers(self, wanted: Wanted) -> bool:
        """Whether a request for that would be in sight."""
        scope = self._scope
        return scope is None or (wanted.tenant == scope.tenant and scope.application in ("", wanted.application))

    def _read(self, where: str, values: dict[str, Any]) -> list[Request]:
        with self._store.snapshot() as reader:
            rows = reader.execute(f"SELECT {_COLUMNS} FROM request {where}", self._values | values).fetchall()
            return [_request(reader, row) for row in rows]

    # -- writing -------------------------------------------------------------------------------------------------

    def add(self, requests: Iterable[Request]) -> None:
        """New ones, all or none; one that is here already stays as it is."""
        with self._store.atomic(durable=True) as connection:
            for request in requests:
                _insert(connection, request)

    def append(self, request_id: str, after: int, move: Move, *, sent: bool = False) -> Request:
        """The move that follows the first `after` ones.

        Raises:
            RequestMoved: there is another already.
        """
        with self._store.atomic(durable=True) as connection:
            held = self._held(connection, request_id)
            if len(held.moves) != after:
                raise RequestMoved(held)
            return _extended(connection, held, (move,), after + 1 if sent else held.sent)

    def adopt(self, told: Request) -> bool:
        """Make what is held the longer thread that was told, which the caller has judged; whether anything is new.

        Raises:
            RequestMoved: what is held is no beginning of it.
        """
        with self._store.atomic(durable=True) as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM request WHERE id = ?", (told.id,)).fetchone()
            if row is None:
                _insert(connection, told)
                return True
            held = _request(connection, row)
            if held.wanted != told.wanted or held.moves != told.moves[: len(held.moves)]:
                raise RequestMoved(held)
            if held.moves == told.moves and held.sent >= told.sent:
                return False
            _extended(connection, held, told.moves[len(held.moves) :], max(held.sent, told.sent))
            return held.moves != told.moves

    def note_sent(self, request_id: str, moves: int) -> None:
        with self._store.atomic() as connection:
            connection.execute("UPDATE request SET sent = max(sent, ?) WHERE id = ?", (moves, request_id))

    # -- letters -------------------------------------------------------------------------------------------------

    def letters(self) -> dict[str, str]:
        """Marks of the letters that were read, by place."""
        with self._store.snapshot() as reader:
            return dict(reader.execute("SELECT place, mark FROM letter_read"))

    def note_letter(self, place: str, mark: str) -> None:
        with self._store.atomic() as connection:
            connection.execute("INSERT OR REPLACE INTO letter_read VALUES (?, ?)", (place, mark))

    def _held(self, connection: sqlite3.Connection, request_id: str) -> Request:
        row = connection.execute(
            f"SELECT {_COLUMNS} FROM request WHERE id = :id AND {_SEEN}", self._values | {"id": request_id}
        ).fetchone()
        if row is None:
            raise NoRequest(request_id)
        return _request(connection, row)


def _insert(connection: sqlite3.Connection, request: Request) -> None:
    wanted = request.wanted
    row = (request.id, *wanted.path, json.dumps(asdict(wanted), ensure_ascii=False), request.stand, request.sent,
           request.made_at, request.changed_at)  # fmt: skip
    if connection.execute("INSERT OR IGNORE INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row).rowcount:
        _put(connection, request.id, 0, request.moves)


def _extended(connection: sqlite3.Connection, held: Request, moves: tuple[Move, ...], sent: int) -> Request:
    whole = Request(held.id, held.wanted, (*held.moves, *moves), sent)
    _put(connection, held.id, len(held.moves), moves)
    connection.execute(
        "UPDATE request SET stand = ?, sent = ?, changed_at = ? WHERE id = ?",
        (AFTER[whole.moves[-1].act], sent, whole.changed_at, held.id),
    )
    return whole


def _put(connection: sqlite3.Connection, request_id: str, start: int, moves: tuple[Move, ...]) -> None:
    connection.executemany(
        "INSERT INTO request_move VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (request_id, n, move.act, move.by, move.at, move.said, json.dumps(move.facts, ensure_ascii=False))
            for n, move in enumerate(moves, start + 1)
        ),
    )


def _request(reader: sqlite3.Connection, row: tuple[Any, ...]) -> Request:
    id_, wanted, sent = row
    moves = reader.execute(
        "SELECT act, by_whom, at, said, facts FROM request_move WHERE request_id = ? ORDER BY n", (id_,)
    )
    return Request(id_, _wanted(json.loads(wanted)), tuple(_move(move) for move in moves.fetchall()), sent)


def _wanted(told: dict[str, Any]) -> Wanted:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    return Wanted(**values)


def _move(row: tuple[Any, ...]) -> Move:
    act, by, at, said, facts = row
    return Move(Act(act), by, at, said, tuple((name, value) for name, value in json.loads(facts)))
