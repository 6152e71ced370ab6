"""The audit: a table that is only added to, each line chained to the one before, and its head kept outside as well."""
# ruff: noqa: S608 - statements are put together from constants of this module

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.anchor import UNREADABLE, Anchor, Head
from store.journal import START, AuditLine, Flaw, Proof, canonical, chained, exported, line

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from store.database import Store
    from store.journal import Entry

GUARDS = ("audit_no_update", "audit_no_delete", "audit_next")

# Whatever is listed or filtered is taken out of the hashed line itself, so that nothing beside it can be changed.
# sqlite-utils' transform() makes a table anew without its triggers: this one must never go through it.
TABLES = """
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, line TEXT NOT NULL, hash TEXT NOT NULL,
    at TEXT AS (CASE WHEN json_valid(line) THEN json_extract(line, '$.at') END),
    scope TEXT AS (CASE WHEN json_valid(line) THEN json_extract(line, '$.scope') END),
    actor TEXT AS (CASE WHEN json_valid(line) THEN lower(json_extract(line, '$.user') || char(10) ||
        json_extract(line, '$.who')) END)
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_scope ON audit (scope, at);
CREATE INDEX audit_actor ON audit (actor, at);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_next BEFORE INSERT ON audit WHEN NEW.seq <> (SELECT ifnull(max(seq), 0) + 1 FROM audit)
    BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TABLE identity (place TEXT PRIMARY KEY, arn TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID
"""

_LISTED = "SELECT seq, CAST(line AS BLOB), CAST(hash AS BLOB) FROM audit"
"""As bytes: what somebody spoilt need not be text, and must still be shown and found."""

# People are few and lines are many: from each actor to the next in the index, so that the lines stay unread.
_ACTORS = """
WITH RECURSIVE known (actor) AS (
    SELECT min(actor) FROM audit UNION ALL
    SELECT (SELECT min(a.actor) FROM audit AS a WHERE a.actor > known.actor) FROM known WHERE actor IS NOT NULL
) SELECT actor FROM known WHERE instr(actor, :who)
"""

_PAGE = 1000

BREATH = 2000
"""Lines verified between two reports: a hundredth of a second."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: from a moment on (as lines write it, '' for all), of whom (a piece of user or identity)."""

    since: str = ""
    who: str = ""


class Audit:
    """The lines that a session may see, and the way to add one. `scope` is the session's branch as lines write it.

    Raises StoreError.
    """

    def __init__(self, store: Store, scope: str = "", now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._scope = scope
        self._now = now
        self._anchor = Anchor(store.path)

    def append(self, entry: Entry) -> AuditLine:
        """Add a line: on disk when this returns. Two processes at once make one chain."""
        with self._store.atomic() as connection:
            head = _head(connection)
            if head.count == 0:
                self._anchor.begin()
            seq, at = head.count + 1, _moment(self._now())
            text = canonical(seq, at, entry)
            added = AuditLine(seq, at, chained(head.hash, text.encode()), entry, text)
            connection.execute("INSERT INTO audit (seq, line, hash) VALUES (?, ?, ?)", (seq, text, added.hash))
        # Only now: a head of what was never committed would be a false alarm, one that lags is none.
        self._anchor.move(Head(seq, added.hash), self._hash_at)
        return added

    def count(self, wanted: Wanted | None = None) -> int:
        where, values = self._where(wanted)
        with self._store.snapshot() as reader:
            sql = f"SELECT count(*) FROM audit{where}" if where else "SELECT ifnull(max(seq), 0) FROM audit"
            return int(reader.execute(sql, values).fetchone()[0])

    def window(self, wanted: Wanted | None = None, offset: int = 0, limit: int = -1) -> list[AuditLine]:
        """Newest first. Without a filter the place of a row follows from its number: any window costs the same."""
        where, values = self._where(wanted)
        if where:  # first the numbers alone, out of an index: sorting whole lines would take a hundred times as long
            where = f" WHERE seq IN (SELECT seq FROM audit{where} ORDER BY seq DESC LIMIT :limit OFFSET :offset)"
        else:
            where = " WHERE seq <= (SELECT max(seq) FROM audit) - :offset"
        with self._store.snapshot() as reader:
            sql = f"{_LISTED}{where} ORDER BY seq DESC LIMIT :limit"
            rows = reader.execute(sql, values | {"limit": limit, "offset": offset}).fetchall()
            return [line(*_texts(row)) for row in rows]

    def stream(self) -> Iterator[str]:
        """Every line in sight as an export writes it, the oldest first, in bounded memory."""
        where, values = self._where(None)
        last = 0
        while True:
            with self._store.snapshot() as reader:
                sql = f"{_LISTED}{where} {'AND' if where else 'WHERE'} seq > :last ORDER BY seq LIMIT {_PAGE}"
                rows = reader.execute(sql, values | {"last": last}).fetchall()
            if not rows:
                return
            yield from (exported(text, hash_) for _, text, hash_ in map(_texts, rows))
            last = rows[-1][0]

    def prove(self, kept: str = "", listen: Callable[[int], object] = lambda _: None) -> Proof:
        """Recompute every hash; compare with the head beside the store, and with one `kept` elsewhere.

        `listen` hears, every BREATH lines, how many are done; what it raises ends the work.
        """
        # First the head, then the lines: between the two the chain may have grown, never the other way round.
        anchor = self._anchor.read()
        with self._store.snapshot() as reader:
            proof, at_anchor, at_kept = _walk(reader, anchor.count if anchor else 0, kept, listen)
            guards = {name for (name,) in reader.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        if anchor is None and proof.count and self._anchor.read() is not None:
            return self.prove(kept, listen)  # the first line of all came in between
        flaw, bad = proof.flaw, proof.line
        if flaw is Flaw.NONE:
            flaw, bad = _against(proof, anchor, at_anchor)
        if flaw is Flaw.NONE and kept and not at_kept:
            flaw = Flaw.NOT_THIS_CHAIN
        if flaw is Flaw.NONE and not guards.issuperset(GUARDS):
            flaw = Flaw.UNGUARDED
        return Proof(proof.count, proof.head, flaw, bad, max(0, anchor.count) if anchor else 0, at_kept or 0)

    def _hash_at(self, seq: int) -> str:
        with self._store.snapshot() as reader:
            row = reader.execute(f"{_LISTED} WHERE seq = ?", (seq,)).fetchone()
            return _texts(row)[2] if row else ""

    def _where(self, wanted: Wanted | None) -> tuple[str, dict[str, object]]:
        parts: list[str] = []
        values: dict[str, object] = {}
        if self._scope:
            parts.append("(scope = :scope OR scope > :scope || '/' AND scope < :scope || '0')")  # '0' follows '/'
            values["scope"] = self._scope
        if wanted and wanted.since:
            parts.append("at >= :since")
            values["since"] = wanted.since
        if wanted and wanted.who:
            parts.append(f"actor IN ({_ACTORS})")
            values["who"] = wanted.who.lower()
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), values


def _head(connection: sqlite3.Connection) -> Head:
    row = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(*row) if row else Head(0, START)


def _texts(row: tuple[int, bytes | None, bytes | None]) -> tuple[int, str, str]:
    seq, text, hash_ = row
    return seq, (text or b"").decode("utf-8", "replace"), (hash_ or b"").decode("utf-8", "replace")


def _walk(
    reader: sqlite3.Connection, anchored: int, kept: str, listen: Callable[[int], object]
) -> tuple[Proof, str, int | None]:
    """All lines in order up to the first bad one; the hash of line `anchored`, and which line has hash `kept`."""
    previous = at_anchor = START
    at_kept = 0 if kept == START else None
    count = 0
    for seq, text, hash_ in reader.execute(f"{_LISTED} ORDER BY seq"):
        if seq != count + 1:
            return Proof(count, previous, Flaw.GONE, count + 1), at_anchor, at_kept
        due = chained(previous, text or b"")
        if due.encode() != hash_ or not _numbered(text, seq):
            return Proof(count, previous, Flaw.EDITED, seq), at_anchor, at_kept
        previous, count = due, seq
        at_anchor = due if seq == anchored else at_anchor
        at_kept = seq if due == kept else at_kept
        if not seq % BREATH:
            listen(seq)
    return Proof(count, previous), at_anchor, at_kept


def _numbered(text: bytes, seq: int) -> bool:
    try:
        told = json.loads(text)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("seq") == seq


def _against(proof: Proof, anchor: Head | None, at_anchor: str) -> tuple[Flaw, int]:
    """The chain beside the head that was kept: it may have grown since, and be nothing else."""
    if anchor is None:
        return (Flaw.NO_ANCHOR, 0) if proof.count else (Flaw.NONE, 0)
    if anchor is UNREADABLE:
        return Flaw.BAD_ANCHOR, 0
    if anchor.count > proof.count:
        return Flaw.CUT, proof.count + 1
    return (Flaw.NONE, 0) if at_anchor == anchor.hash else (Flaw.REWRITTEN, anchor.count)


def _moment(now: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
