"""Paragraphs that fold to their own width and are as high as they are long, for panes that scroll."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.text import inert
from screens.page import folded
from screens.widgets.painted import Painted, Piece

if TYPE_CHECKING:
    from textual.strip import Strip


class Story(Painted):
    """Lines of one look each; a long one goes on below itself. Empty, it takes no room."""

    def __init__(self, paragraphs: list[Piece] | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._paragraphs = paragraphs or []
        self._lines: list[Piece] = []
        self._folded_to = 0

    def show(self, paragraphs: list[Piece]) -> None:
        if paragraphs != self._paragraphs:
            self._paragraphs = paragraphs
            self._fold(self._folded_to)
            self.refresh(layout=True)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:  # noqa: ARG002 - Textual's shape
        """As many rows as the paragraphs take at this width."""
        self._fold(width)
        return len(self._lines)

    def _fold(self, width: int) -> None:
        self._folded_to = width
        room = max(10, width - 2)
        self._lines = [(f" {part}", look) for words, look in self._paragraphs for part in folded(inert(words), room)]

    def render_line(self, y: int) -> Strip:
        return self.strip(self._lines[y : y + 1], (), self.size.width)
