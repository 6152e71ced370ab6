"""Where files of events stand: a file, a folder and all below it, or a prefix of a bucket."""

from __future__ import annotations

import gzip
import io
import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from console.errors import NotFound, UsageError
from store.traces import TrailFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from console.aws.session import Aws

SUFFIXES = (".json", ".jsonl", ".ndjson")
DIGESTS = "CloudTrail-Digest"
"""CloudTrail's folder of signatures beside its logs; they hold no events."""

_GZIP = b"\x1f\x8b"
_BUFFER = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """One file: what it is called, how large, what tells it apart from a later one, and how to open it."""

    file: TrailFile
    open: Callable[[], BinaryIO]


class Counting(io.RawIOBase):
    """A stream that counts what is taken from it, for a progress bar."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # RawIOBase allows any buffer
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.taken += len(data)
        return len(data)


@contextmanager
def opened(source: Source) -> Iterator[tuple[io.TextIOBase, Counting]]:
    """The text of a file, unpacked where it is packed (whatever it is called), and how much was taken of it.

    Raises:
        OSError, EOFError, zlib.error, AwsRefusal, ConsoleError: when opened or while read.
    """
    with ExitStack() as stack:
        raw = stack.enter_context(source.open())
        counting = Counting(raw)
        plain = io.BufferedReader(counting, _BUFFER)
        packed = plain.peek(2)[:2] == _GZIP
        binary = gzip.GzipFile(fileobj=plain) if packed else plain
        yield io.TextIOWrapper(binary, encoding="utf-8", errors="replace"), counting


def local(path: Path) -> Iterator[Source]:
    """A file whatever its name, or the files of events below a folder, in order of their names.

    Raises:
        NotFound: nothing is there.
        UsageError: neither a file nor a folder, or not ours to read.
    """
    try:
        if path.is_file():
            yield _on_disk(path)
            return
        if not path.exists():
            raise NotFound("trail.missing", path=str(path))
        if not path.is_dir() or not os.access(path, os.R_OK | os.X_OK):
            raise UsageError("trail.not_readable", path=str(path))
    except OSError as error:
        raise UsageError("trail.not_readable", path=str(path)) from error
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if name != DIGESTS)
        for name in sorted(names):
            found = Path(folder, name)
            if name.removesuffix(".gz").endswith(SUFFIXES) and found.is_file():
                yield _on_disk(found)


def _on_disk(path: Path) -> Source:
    told = path.stat()
    name = os.fsdecode(os.fsencode(path.resolve()))
    return Source(TrailFile(name, told.st_size, str(told.st_mtime_ns)), lambda: path.open("rb"))


def in_bucket(url: str, connect: Callable[[], Aws]) -> Iterator[Source]:
    """The objects below `s3://BUCKET/PREFIX`, read with the central credentials.

    Raises:
        UsageError: no bucket is named.
        AwsRefusal, ConsoleError: the bucket cannot be listed.
    """
    from console.aws import s3

    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    if not bucket:
        raise UsageError("trail.no_bucket", path=url)
    aws = connect()
    client = aws.central.client("s3", aws.region)
    for key, size, mark in s3.objects(client, bucket, prefix):
        if DIGESTS not in key and key.removesuffix(".gz").endswith(SUFFIXES):
            name = f"s3://{bucket}/{key}"
            yield Source(TrailFile(name, size, mark), lambda key=key: s3.body(client, bucket, key))  # type: ignore[misc]
