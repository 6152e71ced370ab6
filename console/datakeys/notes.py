"""What is about to be done where a kill would leave something behind: a version on top of a history, an upload in
parts. Written before and after each such act, so that whoever goes on knows which of the new things are ours.

Lines are small and appended in one write each: many threads share the file, and a kill cuts at most the last line.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from console.aws import objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from console.aws.objects import Bucket

GRACE = 60
"""Seconds after a note within which an upload that it announced was begun: botocore gives a request up sooner."""


class Notes:
    """The notes of one run; the file is there from the first. Readable by their owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock, self._keeping = Lock(), Lock()
        self._handle = -1
        self._written = self._kept = 0

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def write(self, **told: Any) -> None:
        line = json.dumps(told, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            if self._handle < 0:
                self._handle = self._opened()
            os.write(self._handle, line)
            self._written += 1

    def kept(self) -> None:
        """All that was noted is on the disk when this returns; who waits here together shares one write to it."""
        upto = self._written
        with self._keeping:
            if self._kept < upto:
                now = self._written
                os.fsync(self._handle)
                self._kept = now

    def _opened(self) -> int:
        """For appending; a line that a kill cut short is ended, so that it spoils no other."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            os.write(handle, b"\n")
        return handle

    def lines(self) -> Iterator[dict[str, Any]]:
        return read(self.path)

    @contextmanager
    def upload(self, bucket: Bucket, key: str) -> Iterator[Callable[[str], None]]:
        """Around an upload in parts; what it gives must hear the upload's id."""
        begun = ""

        def heard(upload: str) -> None:
            nonlocal begun
            begun = upload
            self.begun(key, upload)

        self.announce(bucket, key)
        yield heard
        self.over(key, begun)

    def announce(self, bucket: Bucket, key: str) -> None:
        """An upload of this key is going to begin, beside those that there are."""
        known = [one["UploadId"] for one in objects.uploads(bucket, key)]
        self.write(key=key, parts=known, at=objects.clock(bucket))

    def begun(self, key: str, upload: str) -> None:
        """It has this id."""
        self.write(key=key, upload=upload)

    def over(self, key: str, upload: str) -> None:
        """It is whole, or gone."""
        self.write(key=key, over=upload)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole line; none where there is no file."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            with suppress(ValueError):  # cut short by a kill
                yield json.loads(line)


def swept(notes: Notes, bucket: Bucket) -> None:
    """Uploads that were begun and not ended are aborted, also one whose id nobody lived to note, or to hear of."""
    for key, told in _open(notes).items():
        lost = [one["UploadId"] for one in objects.uploads(bucket, key) if any(_ours(one, t) for t in told)]
        begun = {one["upload"] for one in told if "upload" in one}
        gone = [objects.abort(bucket, key, upload) for upload in {*begun, *lost}]
        if all(gone):
            notes.write(key=key, over=True)


def _open(notes: Notes) -> dict[str, list[dict[str, Any]]]:
    """By key the announcements that nothing ended, with the ids that were noted; one thread at a time has a key."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in notes.lines():
        if "parts" in line:
            found.setdefault(line["key"], []).append(line)
        elif "over" in line:
            others = [one for one in found.pop(line["key"], ()) if line["over"] not in (True, one.get("upload"))]
            found |= {line["key"]: others} if others else {}
        elif "upload" in line:
            found[line["key"]][-1]["upload"] = line["upload"]
    return found


def _ours(one: Any, told: dict[str, Any]) -> bool:
    """Not there before the note, and begun before the request that it announced was given up."""
    known = one["UploadId"] in told["parts"]
    return not known and bool(one["Initiated"].timestamp() <= told["at"] + GRACE)
