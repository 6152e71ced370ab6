"""One SQLite file, one connection per thread; whoever reads sees a whole state, whoever writes takes turns."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from store.errors import StoreError, system_key, translated

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

VERSION = 21
"""PRAGMA user_version of a store that has had every migration; a higher one belongs to a newer console."""

APPLICATION_ID = 0x6B6D7363
"""PRAGMA application_id ('kmsc'): tells our file from any other SQLite file."""

_BUSY_SECONDS = 10.0
_READ_CACHE_KIB = 4096  # no mmap: mapped pages would count as the console's own memory
_WRITE_CACHE_KIB = 65536


class Store:
    """The estate's file. Open it with `Store.open`; close it when done. Safe to share between threads."""

    def __init__(self, path: Path, *, write: bool) -> None:
        self.path = path
        self.write = write
        self._own = threading.local()
        self._lock = threading.Lock()
        self._connections: list[sqlite3.Connection] = []
        self._frozen = False

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> Store:
        """Open the store at `path`; with `write`, make it or bring its schema up to date first.

        Raises StoreError (missing, newer, corrupt, foreign, readonly, full, busy); never overwrites a file.
        """
        store = cls(path, write=write)
        try:
            store._prepare() if write else store._verify()
        except sqlite3.Error as error:
            store.close()
            raise translated(error, path) or error from error
        except OSError as error:
            store.close()
            raise StoreError(system_key(error), path, str(error)) from error
        except StoreError:
            store.close()
            raise
        return store

    def reader(self) -> sqlite3.Connection:
        """This thread's connection for reading; it cannot write. Rows are tuples, every statement its own."""
        connection: sqlite3.Connection | None = getattr(self._own, "reader", None)
        if connection is None:
            connection = self._own.reader = self._connect(read=True)
        return connection

    def writer(self) -> sqlite3.Connection:
        """This thread's connection for writing, for temporary tables; the store itself changes in `atomic`."""
        if not self.write:
            raise StoreError("store.readonly", self.path, "opened for reading")
        connection: sqlite3.Connection | None = getattr(self._own, "writer", None)
        if connection is None:
            connection = self._own.writer = self._connect(read=False)
        return connection

    def snapshot(self) -> Snapshot:
        """`with store.snapshot() as reader:` all queries inside see one and the same state. Nests."""
        return Snapshot(self)

    def atomic(self, *, durable: bool = False) -> Transaction:
        """`with store.atomic() as connection:` all of it is written, or nothing; `durable`: on disk when it ends,
        whatever happens to the power. Raises StoreError.
        """
        return Transaction(self, durable=durable)

    def pulse(self) -> int:
        """A number that moves when anything was committed to the store since this thread last asked."""
        try:
            return int(self.reader().execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error as error:
            raise translated(error, self.path) or error from error

    def interrupt(self) -> None:
        """Stop the running queries of every thread; they raise StoreInterrupted."""
        with self._lock:
            for connection in self._connections:
                connection.interrupt()

    def close(self) -> None:
        """Close every thread's connections."""
        with self._lock:
            connections, self._connections = self._connections, []
        for connection in connections:
            connection.close()
        self._own = threading.local()

    # -- opening -------------------------------------------------------------------------------------------------

    def _connect(self, *, read: bool) -> sqlite3.Connection:
        mode = "immutable=1" if self._frozen else "mode=rw"
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,  # interrupt and close come from other threads
            cached_statements=256,
        )
        with self._lock:
            self._connections.append(connection)
        connection.execute(f"PRAGMA cache_size = -{_READ_CACHE_KIB if read else _WRITE_CACHE_KIB}")
        connection.execute("PRAGMA query_only = 1" if read else "PRAGMA journal_size_limit = 67108864")
        return connection

    def _verify(self) -> None:
        """Look at the file without changing it; falls back to a frozen view on a disk that is read-only."""
        if not self.path.is_file() or self.path.stat().st_size == 0:
            raise StoreError("store.missing", self.path)
        self._frozen = not os.access(self.path.parent, os.W_OK) and not _has_log(self.path)
        connection = self.reader()
        if not _ours(connection, self.path):
            raise StoreError("store.missing", self.path, "no tables")
        if _version(connection) < VERSION:
            raise StoreError("store.missing", self.path, "schema of an older console; a sync brings it up to date")

    def _prepare(self) -> None:
        """Make the folder and file, privately; then the schema, one process at a time."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(self.path)
        if self.path.stat().st_mode & 0o077:
            self.path.chmod(0o600)
        connection = self.writer()
        _ours(connection, self.path)
        if _version(connection) < VERSION:
            _keep_log(connection)
            with self.atomic():
                self._migrate(connection)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        # Looked at again, now that the lock is ours: another process may have been quicker.
        if _ours(connection, self.path) and _version(connection) >= VERSION:
            return
        from store.migrations import migrate

        migrate(connection)


class Snapshot:
    """A read transaction; the inner ones of a nest do nothing."""

    __slots__ = ("_connection", "_outer", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> sqlite3.Connection:
        try:
            self._connection = self._store.reader()
            self._outer = self._connection.in_transaction
            if not self._outer:
                self._connection.execute("BEGIN")
        except sqlite3.Error as error:
            raise translated(error, self._store.path) or error from error
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._outer and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise translated(error, self._store.path) or error from error


class Transaction:
    """A write transaction that takes the lock at once, so that what it reads cannot change before it writes."""

    __slots__ = ("_connection", "_durable", "_store")

    def __init__(self, store: Store, *, durable: bool = False) -> None:
        self._store = store
        self._durable = durable

    def __enter__(self) -> sqlite3.Connection:
        try:
            self._connection = self._store.writer()
            if self._durable:
                self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise translated(error, self._store.path) or error from error
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failure = error
        if error is None:
            failure = self._commit()
        if failure is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        if isinstance(failure, sqlite3.Error):
            raise translated(failure, self._store.path) or failure from failure

    def _commit(self) -> sqlite3.Error | None:
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            return error
        return None


def _make(path: Path) -> None:
    """A private, empty file where there is none. One that is there is never opened: closing it again would let go
    of every lock that this process has on it (POSIX), and another process would take its log away from under us.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file holds a store of ours (True) or nothing yet (False); anything else is refused."""
    stamp = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if stamp == APPLICATION_ID:
        if (version := _version(connection)) > VERSION:
            raise StoreError("store.newer", path, f"{version} > {VERSION}")
        return True
    if stamp or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreError("store.foreign", path, f"application_id {stamp:#x}")
    return False


def _keep_log(connection: sqlite3.Connection) -> None:
    """Write-ahead logging: readers go on with the old state while a writer makes the new one."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait for a lock here, whatever the timeout.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
