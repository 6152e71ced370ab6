"""A stream of text as the events in it, in bounded memory: CloudTrail's `{"Records": […]}` in one endless line, JSON
lines, an array, or what `aws cloudtrail lookup-events` prints.

The standard library decodes one JSON value at a time from any position of a buffer, at the speed of `json.loads`; so
nothing more is needed than a buffer that moves along.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 18
"""Characters read at a time."""

LONGEST = 1 << 22
"""Characters of one value, at most: CloudTrail cuts an event at 256 KB; more is not one of its events."""

BARREN = 1 << 26
"""Characters without a single readable value after which a file is given up: a bomb, or no JSON at all."""

TOO_LONG = "too_long"
BROKEN = "broken"
"""What stands where an event should be; the texts are `trail.skipped.NAME`."""

_GAP = re.compile(r"[\s,:\[\]}\ufeff]*")
_WRAPPER = re.compile(r'\{\s*"(?:Records|Events)"\s*:\s*\[')
_NEXT = re.compile(r'\n|\{\s*"event(?:Version|Source|Time|Name)"')
_WHOLE = 256
"""Characters that must be there before it is decided what begins: the longest wrapper, spaces included."""

_NEAR = 12
"""A value cut by the buffer's end fails at most so far before it, unless it is a string."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A stretch of the stream that is no event: TOO_LONG or BROKEN."""

    reason: str


class Reader(Protocol):
    """The part of a text stream that is used."""

    def read(self, size: int = -1, /) -> str: ...


class Barren(Exception):
    """There is nothing to read in this stream."""


class Stream:
    """The values in a text stream, one by one."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._decode = json.JSONDecoder().raw_decode
        self._buffer = ""
        self._at = 0
        self._ended = False
        self._barren = 0

    def events(self) -> Iterator[Any | Unreadable]:
        """Every event, and an Unreadable for what is none.

        Raises:
            Barren: so much came without any value that the rest is not worth reading.
            OSError, EOFError, zlib.error: as the source raises them; what came before has been told.
        """
        while self._begins():
            if match := _WRAPPER.match(self._buffer, self._at):
                self._at = match.end()
                continue
            value = self._value()
            if value is None or isinstance(value, (str, int, float)):
                continue  # a scalar between events: the token behind a page of them
            yield from _inside(value)

    def _begins(self) -> bool:
        """Go to where the next value begins; False at the end."""
        while True:
            match = _GAP.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._ended:
                return self._at < len(self._buffer)
            if len(self._buffer) - self._at >= _WHOLE:
                return True
            self._more()

    def _more(self) -> None:
        text = self._source.read(CHUNK)
        self._ended = not text
        self._buffer = self._buffer[self._at :] + text
        self._at = 0
        self._barren += len(text)
        if self._barren > BARREN:
            raise Barren

    def _value(self) -> Any:
        while True:
            try:
                value, self._at = self._decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos >= len(self._buffer) - _NEAR
                if self._ended or not cut:
                    return self._skip(BROKEN)
                if len(self._buffer) - self._at > LONGEST:
                    return self._skip(TOO_LONG)
                self._more()
            except (ValueError, RecursionError):  # a number of thousands of digits, brackets without end
                return self._skip(BROKEN)
            else:
                self._barren = 0
                return value

    def _skip(self, reason: str) -> Unreadable:
        """Go on at the next line or the next thing that begins as an event does."""
        self._at += 1
        while True:
            if match := _NEXT.search(self._buffer, self._at):
                self._at = match.start()
                return Unreadable(reason)
            # The end may hold the beginning of what is sought.
            self._at = max(self._at, len(self._buffer) - 32)
            if self._ended:
                self._at = len(self._buffer)
                return Unreadable(reason)
            self._more()


def _inside(value: Any) -> Iterator[Any | Unreadable]:
    """The events in a value: itself, or those it wraps."""
    for name in ("Records", "Events") if isinstance(value, dict) else ():
        if isinstance(value.get(name), list):
            yield from map(told, value[name])
            return
    yield told(value)


def told(value: Any) -> Any | Unreadable:
    """LookupEvents gives an event as text inside an entry."""
    text = value.get("CloudTrailEvent") if isinstance(value, dict) else None
    if not isinstance(text, str):
        return value
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return Unreadable(BROKEN)
