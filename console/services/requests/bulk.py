"""Many wishes in one file: a table with a line each, all of which must hold before any is submitted."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from store.request_records import Wanted

COLUMNS = (
    "tenant", "application", "environment", "accounts", "region", "services", "client_side", "contacts", "data_class",
    "reason",
)  # fmt: skip
DUTCH = {
    "afnemer": "tenant", "toepassing": "application", "omgeving": "environment", "regio": "region",
    "diensten": "services", "clientzijde": "client_side", "contacten": "contacts", "informatieklasse": "data_class",
    "reden": "reason",
}  # fmt: skip
MOST, LARGEST = 2_000, 2**20
"""Lines and bytes of a file."""

_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
_FORMULA = ("'=", "'+", "'-", "'@")
YES = frozenset({"yes", "ja", "true", "1", "x", "y", "j"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: its number as an editor counts, and its cells by column; '' where it is silent."""

    number: int
    cells: dict[str, str]


def read(path: str) -> list[Line]:
    """The lines of a CSV file with a heading; commas or semicolons, as spreadsheets here write them.

    Raises:
        UsageError: it cannot be read, is too large, or has a column that nobody knows.
    """
    try:
        with Path(path).expanduser().open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError("request.file_unreadable", path=path, detail=error.strerror or "") from error
    except UnicodeDecodeError as error:
        raise UsageError("request.file_unreadable", path=path, detail="UTF-8") from error
    if len(data) > LARGEST:
        raise UsageError("request.file_large", path=path, limit=LARGEST // 1024)
    return lines(text, path)


def lines(text: str, path: str = "-") -> list[Line]:
    """The same of a text. Raises UsageError."""
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(keepends=True), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        rows = list(_numbered(reader))
    except csv.Error as error:
        raise UsageError("request.file_unreadable", path=path, detail=str(error)) from error
    names = [_column(cell, path) for cell in rows[0][1]] if rows else []
    if not {"application", "environment"} <= set(names):
        raise UsageError("request.file_columns", path=path, columns=", ".join(COLUMNS))
    found = [Line(number, _cells(names, row)) for number, row in rows[1:] if any(cell.strip() for cell in row)]
    if not found or len(found) > MOST:
        raise UsageError("request.file_lines", path=path, most=MOST)
    return found


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line that it begins on, for a cell may hold several."""
    begins = 1
    for row in reader:
        yield begins, row
        begins = reader.line_num + 1


def _column(cell: str, path: str) -> str:
    name = cell.strip().casefold().replace(" ", "_").replace("-", "_")
    name = DUTCH.get(name, name)
    if name not in COLUMNS:
        raise UsageError("request.file_column", path=path, column=cell[:80], columns=", ".join(COLUMNS))
    return name


def _cells(names: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    cells = (cell.strip() for cell in row)
    return {name: cell[1:] if cell.startswith(_FORMULA) else cell for name, cell in zip(names, cells, strict=False)}


def id_of(wanted: Wanted, salt: str) -> str:
    """An id that is always the same for this wish: a second try after a broken connection asks for nothing twice."""
    digest = hashlib.sha256(f"{salt}\0{wanted!r}".encode("utf-8", "replace")).digest()
    number = int.from_bytes(digest[:8])
    letters = []
    for _ in range(10):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return "".join(letters)
