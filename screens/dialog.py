"""What a dialog with one box and two buttons is: it opens on Cancel, and what is not meant yet keeps it open."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from screens.form import TABS
from screens.page import PageTitle
from screens.widgets.knob import Knob
from screens.widgets.story import Story

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.text import Text
    from screens.widgets.painted import Piece

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """`word` is what is done, `look` that of its button. None when it was not meant, else what `answer` made of it."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > Vertical {
        width: 80%; max-width: 90; height: auto; max-height: 90%; background: $background; border: round $guide;
    }
    Dialog Input { margin: 1 2 0 2; }
    Dialog Horizontal { height: 1; margin: 1 0 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *TABS,
        Binding("escape", "leave", "Cancel", show=False, id="dialog.leave"),
    ]
    look = "accent"

    def __init__(self, text: Text, title: str, word: str) -> None:
        super().__init__()
        self.text, self._title, self._word = text, title, word
        self.box = Input(id="words")
        self.box.cursor_blink = False
        self._wrong = Story(id="wrong")

    def paragraphs(self) -> list[Piece]:
        """What it is about and what will happen."""
        raise NotImplementedError

    def answer(self, words: str) -> Answer | None:
        """What was meant by these words; None after `refuse`."""
        raise NotImplementedError

    def refuse(self, sentence: str) -> None:
        """Say why these words do not do, and let others be typed."""
        self._wrong.show([(sentence, "bad")])
        self.set_focus(self.box)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield PageTitle(self._title)
            yield Story([("", ""), *self.paragraphs()])
            yield self.box
            yield self._wrong
            with Horizontal():
                yield Knob(self.text.t("confirm.cancel"), id="cancel", look="strong")
                yield Knob(self._word, id="sure", look=self.look)

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#cancel"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.set_focus(self.query_one("#sure"))

    def on_knob_pressed(self, event: Knob.Pressed) -> None:
        event.stop()
        if event.knob.id == "cancel":
            self.dismiss(None)
        elif (answer := self.answer(self.box.value.strip())) is not None:
            self.dismiss(answer)

    def action_leave(self) -> None:
        self.dismiss(None)
