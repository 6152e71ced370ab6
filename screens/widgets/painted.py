"""Painting a line from pieces: named styles, the right-hand pieces at the edge, the rest cut where they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

Piece = tuple[str, str]
"""Text that is already harmless, and the name of its style; '' is the plain one."""

STYLES = ("dim", "strong", "accent", "good", "warn", "bad", "guide", "head", "cursor", "thumb", "track", "chosen")


class Painted(Widget):
    """A widget that draws its own lines; `look` gives a named style from the style sheet."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lines--{name}" for name in STYLES}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._looks: dict[str, Style] = {}

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._looks.clear()

    def look(self, name: str) -> Style:
        """The style called `name`, from `.lines--NAME`; kept until the style sheet or theme changes."""
        style = self._looks.get(name)
        if style is None:
            style = self.get_component_rich_style(f"lines--{name}", partial=True) if name else self.rich_style
            self._looks[name] = style
        return style

    def strip(
        self, left: Sequence[Piece], right: Sequence[Piece] = (), width: int = 0, over: Style | None = None
    ) -> Strip:
        """One line of `width` cells: right pieces at the edge, left ones cut, with an ellipsis, where they meet."""
        base = self.look("")
        room = width - sum(cell_len(text) for text, _ in right)
        cells = []
        for text, name in left:
            size = cell_len(text)
            shown = text if size <= room else set_cell_size(text, room - 1) + "…" if room > 0 else ""
            room -= size
            cells.append(self._segment(shown, name, base, over))
            if room <= 0:
                break
        if room > 0:
            cells.append(self._segment(" " * room, "", base, over))
        cells += [self._segment(text, name, base, over) for text, name in right]
        return Strip(cells).adjust_cell_length(width, base)

    def _segment(self, text: str, name: str, base: Style, over: Style | None) -> Segment:
        style = base + self.look(name) if name else base
        return Segment(text, style + over if over else style)


class OneLine(Painted):
    """A widget of one line: `pieces` says what stands left and right."""

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        if y:
            return Strip.blank(self.size.width, self.look(""))
        left, right = self.pieces(self.size.width)
        return self.strip(left, right, self.size.width)
