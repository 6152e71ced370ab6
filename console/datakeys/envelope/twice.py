"""A new message opened again while it is made, so that nothing is put in place before it is known to hold the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import TYPE_CHECKING, Any

from console.datakeys.envelope.sealing import same

if TYPE_CHECKING:
    from console.datakeys.envelope.header import Header
    from console.datakeys.envelope.sealing import Sealer

AHEAD = 16
"""Pieces that the making may be ahead of the opening."""


class Listened:
    """What is read from a stream, and its closing left to whoever opened it."""

    closed = False

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        return data

    def close(self) -> None:
        """It is closed where it was opened."""


class _Opening:
    """Written to by one thread, read by another that opens it."""

    closed = False

    def __init__(self, target: Any) -> None:
        self._target = target
        self._queue: Queue[bytes] = Queue(AHEAD)
        self._held = bytearray()
        self._ended = False

    def write(self, data: bytes) -> None:
        if data:
            self._queue.put(data)
            self._target.write(data)

    def end(self) -> None:
        self._queue.put(b"")

    def read(self, size: int = -1) -> bytes:
        while not self._ended and (size < 0 or len(self._held) < size):
            self._more()
        taken = bytes(self._held if size < 0 else self._held[:size])
        del self._held[: len(taken)]
        return taken

    def close(self) -> None:
        """The writer ends it."""

    def digest(self, sealer: Sealer, key: str) -> bytes:
        try:
            return sealer.digest(self, key)  # type: ignore[arg-type] # it reads, which is all that is asked of it
        finally:
            while not self._ended:  # else the writer would wait for ever
                self._held.clear()
                self._more()

    def _more(self) -> None:
        piece = self._queue.get()
        self._held += piece
        self._ended = not piece


def sealed(making: Sealer, opening: Sealer, source: Any, target: Any, header: Header, key: str) -> bool:
    """The message of `source` sealed anew into `target`; whether what was sealed opens to the same plaintext.

    Raises:
        NotAMessageError: it cannot be opened, or something follows it.
        AwsRefusal, ConsoleError: KMS said no, or could not be asked.
    """
    both = _Opening(target)
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(both.digest, opening, key)
        try:
            before = making.rewrite(Listened(source), both, header, key)  # type: ignore[arg-type] # streams enough
        finally:
            both.end()
        return same(told.result(), before)
