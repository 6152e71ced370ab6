"""One line to type in: `/` filters while typing, `:` gives a command, esc leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.binding import BindingType

    from console.text import Text


class Prompt(Input):
    """Hidden until asked for; it says what was typed and hands back the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False, id="prompt.leave", priority=True),
        Binding("tab", "complete", "Complete", show=False, id="prompt.complete", priority=True),
    ]

    class Typed(Message):
        """The text so far; `done` once enter was pressed, `left` when it was abandoned."""

        def __init__(self, kind: str, text: str, *, done: bool = False, left: bool = False) -> None:
            super().__init__()
            self.kind, self.text, self.done, self.left = kind, text, done, left

    def __init__(self, text: Text) -> None:
        super().__init__(placeholder="", select_on_focus=False)
        self.cursor_blink = False
        self._text = text
        self.kind = ""
        self._completions: Callable[[str], Sequence[str]] = lambda _: ()

    def open(self, kind: str, start: str = "", completions: Callable[[str], Sequence[str]] | None = None) -> None:
        """Show it for `filter` or `command`."""
        self.kind = kind
        self._completions = completions or (lambda _: ())
        self.placeholder = self._text.t(f"prompt.{kind}")
        self.value = start
        self.cursor_position = len(start)
        self.add_class("-shown")
        self.screen.set_focus(self)  # now: the next key may be waiting already

    def close(self) -> None:
        self.kind = ""
        self.remove_class("-shown")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.kind:
            self.post_message(self.Typed(self.kind, self.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        kind, text = self.kind, self.value
        self.close()
        self.post_message(self.Typed(kind, text, done=True))

    def action_leave(self) -> None:
        kind = self.kind
        self.close()
        self.post_message(self.Typed(kind, "", left=True))

    def action_complete(self) -> None:
        found = [word for word in self._completions(self.value) if word.startswith(self.value)]
        if found:
            self.value = found[0]
            self.cursor_position = len(self.value)

    def on_blur(self, event: events.Blur) -> None:  # noqa: ARG002 - leaving by mouse is leaving
        if self.kind:
            self.close()
