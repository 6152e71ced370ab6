"""What became of each object of a bucket: a file of its own beside the store, for a bucket may hold millions.

One line of JSON per object, in the order in which they were settled. The run's cursor says how much of the file
counts, so a kill between the two loses no line and writes none twice.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Outcome(StrEnum):
    """What became of an object. FOUND: it has a new data key already, written after the run began."""

    ROTATED = "rotated"
    FOUND = "found"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """One object (or version). `was` and `now` are version ids, '' without versioning; `reason` says why not, in a
    word; `detail` is AWS's code, or of what was rewritten its replication status. `size` in bytes.
    """

    key: str
    outcome: Outcome
    size: int = 0
    reason: str = ""
    detail: str = ""
    was: str = ""
    now: str = ""
    etag: str = ""

    @property
    def good(self) -> bool:
        """Whether the object has a new data key."""
        return self.outcome in (Outcome.ROTATED, Outcome.FOUND)


class Ledger:
    """The file of one run, for writing at its end. Readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def at(self, offset: int) -> Self:
        """Opened; what stands beyond `offset` bytes never counted, and goes."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(handle, offset)
        self._file = os.fdopen(handle, "r+b")
        self._file.seek(offset)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, result: Result) -> None:
        assert self._file is not None  # noqa: S101 - opened by `at`
        told = {name: value for name, value in asdict(result).items() if value}
        self._file.write(json.dumps(told, separators=(",", ":")).encode() + b"\n")

    def kept(self) -> int:
        """Everything is on disk; how many bytes count from now on."""
        assert self._file is not None  # noqa: S101 - opened by `at`
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()


def results(path: Path, offset: int = 0) -> Iterator[tuple[Result, int]]:
    """The lines from `offset` bytes on, each with the offset behind it; none where there is no file."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(offset)
        for line in iter(file.readline, b""):
            if not line.endswith(b"\n"):  # cut short by a kill, and never counted
                return
            told = json.loads(line)
            yield Result(**{**told, "outcome": Outcome(told["outcome"])}), file.tell()
