"""What a run did to each object of a prefix, on disk before and after: a kill leaves open what was under way."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from console.datakeys.notes import Notes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Change:
    """One object: ETag and version of the old message, the key where it was kept ('' : as a version), its mark and
    CMK, the mark of the new one; then the new ETag and version, '' as long as they are not known or there is none.
    """

    key: str
    etag: str
    version: str
    kept: str
    was: str
    cmk: str
    mark: str
    now: str = ""
    made: str = ""

    def landed(self, etag: str, version: str) -> Change:
        """The same once it has happened. Where the old one is kept under a key of its own, versions mean nothing."""
        return replace(self, now=etag, made="" if self.kept else version)


@dataclass(frozen=True, slots=True)
class Past:
    """What a run did behind the key up to which all was settled: other keys that are settled, and changes begun."""

    settled: frozenset[str]
    begun: tuple[Change, ...]


class Journal:
    """Events of one run, in whatever order its threads write them."""

    def __init__(self, path: Path) -> None:
        self.notes = Notes(path)

    def about(self, change: Change) -> None:
        """On disk when this returns: from here on the object may change."""
        self.notes.write(event="about", **asdict(change))
        self.notes.kept()

    def done(self, change: Change) -> None:
        self.notes.write(event="done", **asdict(change))

    def skip(self, key: str, reason: str) -> None:
        self.notes.write(event="skip", key=key, reason=reason)

    def changes(self) -> Iterator[Change]:
        """Every object that has a new message."""
        for line in self.notes.lines():
            if line.pop("event", "") == "done":
                yield Change(**line)

    def reasons(self) -> Iterator[str]:
        """Why each of the others has none."""
        return (line["reason"] for line in self.notes.lines() if line.get("event") == "skip")

    def past(self, after: str) -> Past:
        """As far as it came beyond the key `after`."""
        settled: set[str] = set()
        begun: dict[str, Change] = {}
        for line in self.notes.lines():
            event = line.pop("event", "")
            if event == "about":
                begun[line["key"]] = Change(**line)
            elif event:
                begun.pop(line["key"], None)
                if line["key"] > after:
                    settled.add(line["key"])
        return Past(frozenset(settled), tuple(begun.values()))
