"""The audit's head outside its table: a file beside the store, so that lines cut off at the end are missed.

`STORE.audit` holds `{"count":N,"hash":"…"}`: how many lines there were and the hash of the last. It may lag behind the
table by lines that chain on it (a crash in between), and never leads. Whoever may write both files can forge both: what
helps against that is a head kept elsewhere.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.errors import StoreError, system_key
from store.journal import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Head:
    """How many lines, and the hash of the last."""

    count: int
    hash: str


UNREADABLE = Head(-1, "")


class Anchor:
    """The file beside the store at `store`."""

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(f"{store.name}.audit")
        self._lock = store.with_name(f"{store.name}.audit-lock")

    def read(self) -> Head | None:
        """What it says; None where it is missing, UNREADABLE where it says nothing that we could have written."""
        try:
            told = json.loads(self.path.read_bytes()[:500])
            head = Head(told["count"], told["hash"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return UNREADABLE
        counted = type(head.count) is int and head.count >= 0
        return head if counted and isinstance(head.hash, str) and _HASH.fullmatch(head.hash) else UNREADABLE

    def begin(self) -> None:
        """Before the first line: from now on a missing file is an alarm."""
        if self.read() is None:
            with self._held():
                self._write(Head(0, START))

    def move(self, to: Head, hash_at: Callable[[int], str]) -> None:
        """On to a newer head. One that the chain does not hold (`hash_at` a number) is evidence, and stays.

        Raises:
            StoreError: it cannot be written.
        """
        with self._held():
            now = self.read()
            if now is None or now is UNREADABLE or now.count >= to.count:
                return
            if now.hash == (hash_at(now.count) if now.count else START):
                self._write(to)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """One at a time, or a slower process would move it back."""
        try:
            handle = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(system_key(error), self._lock, str(error)) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, head: Head) -> None:
        """Whole or not at all, whatever is killed when."""
        new = self.path.with_name(f"{self.path.name}.new")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(json.dumps({"count": head.count, "hash": head.hash}, separators=(",", ":")) + "\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)
        except OSError as error:
            raise StoreError(system_key(error), self.path, str(error)) from error
