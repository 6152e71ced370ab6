"""What every verb answers with, and how its values are written."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import TYPE_CHECKING, Any

from console.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Report:
    """`data` goes out as JSON; `headers` and `rows` as a table or CSV; `lines` instead of a table where set.

    `stream` is data that goes out as it comes, a line each, whatever form was asked for: it may be longer than memory.
    `file` is a text to be written to `target` instead ('-': stdout), over nothing but a file that begins as it does.
    `exit` is how the verb ends where it answered, but not what was asked: nothing found, or not clear which.
    """

    data: Any
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
    file: str = ""
    target: str = ""
    failed: bool = False
    exit: ExitCode = ExitCode.DONE
    stream: Iterable[str] | None = None


def iso(moment: int | None) -> str | None:
    return None if moment is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
