"""A word to press: enter, space or a click."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding
from textual.message import Message

from screens.widgets.painted import Painted

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType
    from textual.strip import Strip


class Knob(Painted, can_focus=True):
    """One word in brackets; it says when it was pressed."""

    DEFAULT_CSS = "Knob { margin: 0 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "press", "Press", show=False, id="knob.press")]

    class Pressed(Message):
        def __init__(self, knob: Knob) -> None:
            super().__init__()
            self.knob = knob

        @property
        def control(self) -> Knob:
            return self.knob

    def __init__(self, word: str, *, id: str, look: str = "accent") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._word = f"[ {word} ]"
        self._look = look

    def get_content_width(self, container: object, viewport: object) -> int:  # noqa: ARG002 - Textual's shape
        return cell_len(self._word)

    def action_press(self) -> None:
        self.post_message(self.Pressed(self))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_press()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - it has one line
        over = self.look("cursor") if self.has_focus else None
        return self.strip([(self._word, self._look)], (), self.size.width, over)
