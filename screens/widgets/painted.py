"""Painting a line from pieces: named styles, the right-hand pieces at the edge, the rest cut where they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

Piece = tuple[str, str]
"""Text that is already harmless, and the name of its style; '' is the plain one."""

LOOKS: dict[str, tuple[str, str, str]] = {
    "dim": ("quiet", "", ""),
    "strong": ("", "", "bold"),
    "accent": ("accent", "", ""),
    "good": ("success", "", ""),
    "warn": ("warning", "", ""),
    "bad": ("error", "", "bold"),
    "past": ("warning", "", "bold reverse"),
    "guide": ("guide", "", ""),
    "head": ("secondary", "", ""),
    "cursor": ("", "chosen", ""),
    "rest": ("", "panel", ""),
    "thumb": ("accent", "", ""),
    "track": ("panel", "", ""),
    "today": ("", "", "bold underline"),
    "chosen": ("accent", "", "bold underline"),
}
"""A look is a colour and a ground, both variables of the theme, and attributes. Not component classes: the style
sheet would resolve each of them for each widget, a quarter of the time of a start."""


class Painted(Widget):
    """A widget that draws its own lines; `look` gives a named style in the colours of the theme."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._looks: dict[str, Style] = {}

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._looks.clear()

    def look(self, name: str) -> Style:
        """The style called `name`, '' being the widget's own; kept until style sheet or theme change."""
        style = self._looks.get(name)
        if style is None:
            style = self._looks[name] = self._made(name) if name else self.rich_style
        return style

    def _made(self, name: str) -> Style:
        color, ground, attributes = LOOKS[name]
        colors = self.app.theme_variables
        made = Style(color=colors[color] if color else None, bgcolor=colors[ground] if ground else None)
        return made + Style.parse(attributes) if attributes else made

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
