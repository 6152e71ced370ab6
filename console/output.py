"""Records to stdout as a table, JSON or CSV; notes, progress and errors to stderr. stdout is data only."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from console.errors import ConsoleError, UsageError
from console.text import inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_INVISIBLE = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def json_text(value: Any) -> str:
    """JSON for people and machines: two spaces, letters as they are, invisible and control characters escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode("utf-8", "backslashreplace").decode()


def csv_text(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """RFC 4180 CSV whose cells are inert and never a spreadsheet formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def csv_line(row: Sequence[object]) -> str:
    """One such row without its line break, for what is longer than memory."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([_cell(value) for value in row])
    return out.getvalue()


def _written(value: object) -> str:
    """Nothing is written as nothing: `None` is a word of ours, and no value."""
    return "" if value is None else inert(str(value))


def _cell(value: object) -> str:
    text = _written(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int | float) else text


def table_text(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns of text, each as wide as its widest cell (by screen columns); the last one runs free."""
    from rich.cells import cell_len

    shown = [tuple(map(_written, row)) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(headers, *shown, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join([line(headers), *(line(row) for row in shown)])


def say(text: str, stream: TextIO | None = None) -> None:
    """One note for a person, on stderr."""
    print(text, file=stream or sys.stderr, flush=True)


SIGNED = 200
"""Bytes at the start of a file that say whose it is."""


def deliver(text: str, target: str) -> None:
    """Write a file whole or not at all; '-' is stdout. What is there already is replaced only if it is one of ours.

    Raises:
        UsageError: another file has that name.
        ConsoleError: it cannot be written.
    """
    if target == "-":
        sys.stdout.buffer.write(text.encode())
        return
    path = Path(target).expanduser()
    try:
        if path.exists() and not _signed_alike(path, text.encode()):
            raise UsageError("output.foreign", path=str(path))
        part = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode())
        part.replace(path)
    except OSError as error:
        raise ConsoleError("output.failed", path=str(path), detail=error.strerror or "") from error


def _signed_alike(path: Path, data: bytes) -> bool:
    """Whether the file begins with the same two lines: its format, and who made it."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(SIGNED).split(b"\r\n")[:2] == data[:SIGNED].split(b"\r\n")[:2]


class ProgressLine:
    """One line on stderr that is written over: what, how far, time left. Silent where stderr is not a terminal."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._on = not quiet and self._stream.isatty()
        self._width = 0

    def show(self, text: str) -> None:
        if self._on:
            self._stream.write("\r" + text.ljust(self._width))
            self._stream.flush()
            self._width = len(text)

    def clear(self) -> None:
        if self._on and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0
