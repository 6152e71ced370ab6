"""The table on screen as a CSV file: inert cells, no formulas, never over an existing file."""

from __future__ import annotations

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
    """Write the marked rows, or all, to `path` or the first free `kms-console-N.csv` here.

    Raises:
        UsageError: there is no table, or the file exists already.
        ConsoleError: it cannot be written.
    """
    if not isinstance(table, VirtualTable):
        raise UsageError("export.no_table")
    target = Path(path).expanduser() if path else _free()
    headers = [column.label for column in table.columns]
    text = csv_text(headers, cells(table.columns, table.taken()))
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError("export.exists", path=str(target)) from error
    except OSError as error:
        raise ConsoleError("export.failed", path=str(target), detail=error.strerror or "") from error
    return target


def _free() -> Path:
    number = 1
    while (path := Path(f"kms-console-{number}.csv")).exists():
        number += 1
    return path
