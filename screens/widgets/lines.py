"""The base of every list here: a cursor over any number of lines, of which only the visible ones are ever drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip

from screens.widgets.painted import Painted, Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

WHEEL = 3


class Lines(Painted, can_focus=True):
    """A cursor over `length()` lines; `draw` gives the left and right pieces of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="lines.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="lines.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="lines.pageup"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="lines.pagedown"),
        Binding("home,g", "edge(-1)", "First", show=False, id="lines.first"),
        Binding("end,G", "edge(1)", "Last", show=False, id="lines.last"),
        Binding("enter", "open", "Open", show=False, id="lines.open"),
    ]

    class Moved(Message):
        """The cursor stands on another line."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> Lines:
            return self.lines

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Lines.Moved) and message.lines is self.lines

    class Opened(Message):
        """Enter or a second click on the cursor's line."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> Lines:
            return self.lines

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        self.top = 0
        self.unfound = ""
        """What it says when a filter leaves nothing."""

    def length(self) -> int:
        raise NotImplementedError

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        raise NotImplementedError

    def header(self, width: int) -> Sequence[Piece] | None:  # noqa: ARG002 - for those that have one
        """A line that stays on top; None for none."""
        return None

    def instead(self) -> str:
        """What stands where the lines would, when there are none; '' for nothing."""
        return ""

    # ---- moving

    @property
    def rows(self) -> int:
        """Lines that fit, without the header."""
        return max(1, self.size.height - (self.header(self.size.width) is not None))

    def go(self, index: int, *, keep: int | None = None) -> None:
        """Put the cursor on `index`; `keep` is the screen row where it should stand, if it can."""
        index = max(0, min(index, self.length() - 1))
        moved, before, top = index != self.cursor, self.cursor, self.top
        self.cursor = index
        if keep is not None:
            self.top = index - keep
        self.top = min(max(self.top, index - self.rows + 1), index)
        self.top = max(0, min(self.top, self.length() - self.rows))
        if self.top != top or keep is not None:
            self.refresh()
        elif moved:
            self._repaint(before)
            self._repaint(index)
        if moved:
            self.post_message(self.Moved(self))

    def _repaint(self, index: int) -> None:
        y = index - self.top + (self.size.height - self.rows)
        self.refresh(Region(0, y, self.size.width, 1))

    def action_move(self, step: int) -> None:
        self.go(self.cursor + step)

    def action_page(self, step: int) -> None:
        self.go(self.cursor + step * max(1, self.rows - 1), keep=self.cursor - self.top)

    def action_edge(self, step: int) -> None:
        self.go(0 if step < 0 else self.length() - 1)

    def action_open(self) -> None:
        if self.length():
            self.post_message(self.Opened(self))

    def changed(self) -> None:
        """The lines are others now; the cursor stays where it can."""
        self.cursor = max(0, min(self.cursor, self.length() - 1))
        self.top = max(0, min(self.top, self.length() - self.rows))
        self.refresh()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.refresh()

    def on_resize(self) -> None:
        self.go(self.cursor, keep=min(self.cursor - self.top, self.rows - 1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -WHEEL)

    def _wheel(self, event: events.MouseEvent, step: int) -> None:
        event.stop()
        self.top = max(0, min(self.top + step, self.length() - self.rows))
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        at = self.top + event.y - (self.size.height - self.rows)
        if not self.top <= at < self.length():
            return
        if at == self.cursor:
            self.clicked(event)
        else:
            self.go(at)

    def clicked(self, event: events.Click) -> None:  # noqa: ARG002 - some want to know where
        """A click on the line that has the cursor already."""
        self.action_open()

    # ---- painting

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        head = self.header(width) if y == 0 else None
        if head is not None:
            return self.strip(head, (), width, self.look("head"))
        index = self.top + y - (self.size.height - self.rows)
        if not 0 <= index < self.length():
            said = "" if index else self.instead()
            return self.strip(((f"  {said}", "dim"),), width=width) if said else Strip.blank(width, self.look(""))
        left, right = self.draw(index, width - 1)
        over = self.look("cursor" if self.has_focus else "rest") if index == self.cursor else None
        strip = self.strip(left, right, width - 1, over)
        if over and self.has_focus:
            self.app.cursor_position = self.content_region.offset + Offset(0, y)
        return Strip([*strip, self._bar(y)], width)

    def _bar(self, y: int) -> Segment:
        """One cell of the scroll bar: where in the whole we are."""
        total, shown = self.length(), self.rows
        if total <= shown:
            return Segment(" ", self.look(""))
        row = y - (self.size.height - self.rows)
        size = max(1, round(shown * shown / total))
        start = round(self.top * (shown - size) / (total - shown))
        thumb = start <= row < start + size
        return Segment("┃" if thumb else "│", self.look("") + self.look("thumb" if thumb else "track"))
