"""The table on screen as a CSV or JSON file: inert cells, no formulas, never over an existing file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from console.errors import ConsoleError, UsageError
from console.output import csv_text
from screens.columns import cells
from screens.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.widget import Widget


def export(table: Widget | None, path: str = "") -> Path:
    """Write the marked rows, or all, to `path` or the first free `kms-console-N.csv` here; `path.json` is JSON.

    Raises:
        UsageError: there is no table, or the file exists already.
        ConsoleError: it cannot be written.
    """
    if not isinstance(table, VirtualTable):
        raise UsageError("export.no_table")
    target = Path(path).expanduser() if path else _free()
    headers = [column.label for column in table.columns]
    rows = cells(table.columns, table.taken())
    text = _json(headers, rows) if target.suffix.casefold() == ".json" else csv_text(headers, rows)
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError("export.exists", path=str(target)) from error
    except OSError as error:
        raise ConsoleError("export.failed", path=str(target), detail=error.strerror or "") from error
    return target


def _json(headers: list[str], rows: list[tuple[str, ...]]) -> str:
    """A list of objects named as the columns are on screen."""
    return json.dumps([dict(zip(headers, row, strict=True)) for row in rows], indent=2, ensure_ascii=False) + "\n"


def _free() -> Path:
    number = 1
    while (path := Path(f"kms-console-{number}.csv")).exists():
        number += 1
    return path
