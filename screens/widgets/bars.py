"""Labelled numbers with a bar beside each, in sections; a cursor walks over the numbers alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from console.text import inert
from screens.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from screens.widgets.painted import Piece

EIGHTHS = " ▏▎▍▌▋▊▉"
"""What stands for so many eighths of a cell; readable without any colour."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One line: a heading (`value` is what it counts), a sentence, or a number with its share of the largest.

    `share` is between 0 and 1, None for a line without a bar. `key` is what the line stands for: None for lines
    that the cursor leaves out.
    """

    label: str = ""
    value: str = ""
    share: float | None = None
    look: str = ""
    key: Any = None


def bar(share: float, width: int) -> str:
    """A bar of `share` of `width` cells, in eighths; what is not nothing is at least one eighth."""
    eighths = max(1, round(share * width * 8)) if share > 0 else 0
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


class Bars(Lines):
    """Bars below one another; those that follow a heading share a width for their labels."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._bars: tuple[Bar, ...] = ()
        self._rooms: list[tuple[int, int]] = []

    def show(self, bars: Sequence[Bar]) -> None:
        """These lines; the cursor stays on the same key, or else on the first."""
        key = self.key
        self._bars = tuple(bars)
        self._rooms = _rooms(self._bars)
        keys = [b.key for b in bars]
        at = keys.index(key) if key is not None and key in keys else 0
        self.changed()
        self.go(at)

    @property
    def key(self) -> Any:
        """What the line under the cursor stands for; None when there is nothing."""
        return self._bars[self.cursor].key if self.cursor < len(self._bars) else None

    def length(self) -> int:
        return len(self._bars)

    # ---- moving

    def _near(self, index: int, step: int) -> int:
        """The number nearest to line `index`, looking in the direction of `step` first."""
        onward = range(index, len(self._bars) if step > 0 else -1, step)
        back = range(index, -1 if step > 0 else len(self._bars), -step)
        return next((at for at in (*onward, *back) if self._bars[at].key is not None), 0)

    def go(self, index: int, *, keep: int | None = None) -> None:
        if not self._bars:
            return
        index = max(0, min(index, self.length() - 1))
        super().go(self._near(index, 1 if index >= self.cursor else -1), keep=keep)
        if self.top and self.cursor <= self._near(0, 1):
            # The heading above the first number belongs to it.
            self.top = 0
            self.refresh()

    def clicked(self, event: events.Click) -> None:
        if self.key is not None:
            super().clicked(event)

    # ---- painting

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        line = self._bars[index]
        if line.key is None:
            return [(f" {inert(line.label)}", line.look)], [(f"{line.value} ", "dim")] if line.value else ()
        labels, values = self._rooms[index]
        room = min(labels, max(8, width - 12))
        left: list[Piece] = [(f"  {set_cell_size(line.label, room)} ", "")]
        if line.share is None:
            return [*left, (inert(line.value), line.look)], ()
        free = width - room - values - 6
        left.append((bar(line.share, free) if free > 2 else "", line.look or "accent"))
        return left, [(f" {line.value} ", line.look if line.look in {"bad", "warn"} and line.share else "")]


def _rooms(bars: Sequence[Bar]) -> list[tuple[int, int]]:
    """For each line the widths of labels and of numbers below its heading."""
    found: list[tuple[int, int]] = []
    for is_counted, run in groupby(bars, lambda b: b.key is not None):
        lines = list(run)
        labels = max(cell_len(line.label) for line in lines) if is_counted else 0
        values = max((cell_len(line.value) for line in lines if line.share is not None), default=0)
        found += [(labels, values)] * len(lines)
    return found
