"""What a run did to each object of a prefix, on disk before and after: a kill leaves one act at most open."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """One object: ETag and version of the old message, the key where it was kept ('' : as a version), its mark and
    CMK, the mark of the new one; and the new ETag, '' as long as that is not known.
    """

    key: str
    etag: str
    version: str
    kept: str
    was: str
    cmk: str
    mark: str
    now: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """Where a run was: the last key that is settled, and what was begun behind it: a change, an upload's key and id."""

    after: str = ""
    begun: Change | None = None
    upload: tuple[str, str] | None = None


class Journal:
    """The file of one run, a line an event; readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, event: str, **told: Any) -> None:
        """On disk when this returns. A line that a kill cut short is ended first."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = json.dumps({"event": event, **told}, separators=(",", ":"))
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "rb+", buffering=0) as file:
            torn = file.seek(0, os.SEEK_END) and os.pread(handle, 1, file.tell() - 1) != b"\n"
            file.write(f"{chr(10) if torn else ''}{line}\n".encode())
            os.fsync(handle)

    def about(self, change: Change) -> None:
        self.add("about", **asdict(change))

    def done(self, change: Change, etag: str) -> None:
        self.add("done", **{**asdict(change), "now": etag})

    def lines(self) -> Iterator[dict[str, Any]]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue  # cut short, and so never counted

    def changes(self) -> Iterator[Change]:
        """Every object that has a new message."""
        for line in self.lines():
            if line.pop("event") == "done":
                yield Change(**line)

    def past(self) -> Past:
        """As far as it came."""
        past = Past()
        for line in self.lines():
            match line.pop("event"):
                case "done" | "skip":
                    past = Past(line["key"])
                case "upload":
                    past = Past(past.after, None, (line["key"], line["upload"]))
                case "about":
                    past = Past(past.after, Change(**line), past.upload)
        return past
