"""Sentences that fold to the width, above the rows that they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.text import inert
from screens.page import folded
from screens.widgets.painted import Painted, Piece

if TYPE_CHECKING:
    from textual.strip import Strip

ROWS = 8
"""Lines that sentences always leave: banner, a line of choices, hints, the table's head and some of its rows."""


class Sentences(Painted):
    """Sentences of one look each, folded to the width; as high as they are long, as far as the rows leave room."""

    DEFAULT_CSS = "Sentences { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._whole: list[Piece] = []
        self._lines: list[Piece] = []

    def show(self, sentences: list[Piece]) -> None:
        self._whole = sentences
        self._fold()

    def on_resize(self) -> None:
        self._fold()

    def width(self) -> int:
        """Cells to fold to; known before the first layout."""
        return max(20, self.app.size.width - 2)

    def room(self) -> int:
        """Lines that it may take."""
        return max(2, self.app.size.height - ROWS)

    def _fold(self) -> None:
        width, room = self.width(), self.room()
        lines = [(f" {part}", look) for words, look in self._whole for part in folded(inert(words), width)]
        self._lines = lines if len(lines) <= room else [*lines[: room - 1], (" …", "dim")]
        self.styles.height = max(1, len(self._lines))
        self.refresh(layout=True)

    def render_line(self, y: int) -> Strip:
        return self.strip(self._lines[y : y + 1], (), self.size.width)
