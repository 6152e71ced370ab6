"""Wishes about HBK dates: what rotates when, and what rotated when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.catalog import RotationRows
    from store.records import NodeRef


@dataclass(frozen=True, slots=True)
class ListRotations(Command):
    """Coming HBK dates (overdue first) or, with `history`, past ones (newest first) of a branch or of all.

    `due` limits coming dates to those within so many days (`90d`).
    """

    name: ClassVar[str] = "rotations"
    path: str = option("", positional=True)
    due: str = option("", metavar="90d")
    history: bool = option(default=False)
    ref: NodeRef | None = None

    def run(self, services: Services, listen: Callable[[Any], None]) -> RotationRows:
        within = self.ref if self.ref is not None else services.catalog.branch(self.path)
        return services.catalog.rotations(within, days=days_of(self.due), history=self.history)


def days_of(text: str) -> int | None:
    """`90d`, `12w` or `90` as days; None for ''."""
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,5})([dw]?)", text.strip())
    if not match:
        raise UsageError("usage.days", value=text)
    return int(match[1]) * (7 if match[2] == "w" else 1)
