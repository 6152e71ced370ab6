"""What can be wrong with the store's file, in words that a front end can turn into a sentence."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class StoreError(Exception):
    """`key` is a text key, `path` the file it is about, `detail` what SQLite or the system said.

    Keys: store.missing, store.newer, store.corrupt, store.foreign, store.readonly, store.full, store.busy,
    store.interrupted.
    """

    def __init__(self, key: str, path: Path, detail: str = "") -> None:
        super().__init__(f"{key}: {path}: {detail}")
        self.key = key
        self.path = path
        self.detail = detail


class StoreInterrupted(StoreError):
    """A query was stopped by `Store.interrupt`: its answer is no longer wanted."""


# Primary result codes (the low byte of SQLite's extended ones). An I/O error is, for the one who reads the
# message, a disk that takes no more: a quota (EFBIG, EDQUOT) reports itself that way.
_KEYS = {
    sqlite3.SQLITE_BUSY: "store.busy",
    sqlite3.SQLITE_LOCKED: "store.busy",
    sqlite3.SQLITE_READONLY: "store.readonly",
    sqlite3.SQLITE_CANTOPEN: "store.readonly",
    sqlite3.SQLITE_PERM: "store.readonly",
    sqlite3.SQLITE_FULL: "store.full",
    sqlite3.SQLITE_IOERR: "store.full",
    sqlite3.SQLITE_CORRUPT: "store.corrupt",
    sqlite3.SQLITE_NOTADB: "store.foreign",
}


def translated(error: sqlite3.Error, path: Path) -> StoreError | None:
    """The StoreError that says the same, or None for a mistake of our own (bad SQL, broken constraint)."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return StoreInterrupted("store.interrupted", path, str(error))
    key = _KEYS.get(code)
    return StoreError(key, path, str(error)) if key else None


def system_key(error: OSError) -> str:
    """The text key for what the system says of a file that could not be written."""
    import errno

    return "store.full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "store.readonly"
