"""Are you sure? Opens on Cancel; the dangerous word works only after the name was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.text import inert
from screens.form import TABS
from screens.page import PageTitle
from screens.widgets.knob import Knob
from screens.widgets.story import Story

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.text import Text
    from screens.widgets.painted import Piece


class Confirm(ModalScreen[bool]):
    """True when it was meant. `word` is what is done, `name` what must be typed: an alias, a resource."""

    DEFAULT_CSS = """
    Confirm { align: center middle; background: $background 60%; }
    Confirm > Vertical {
        width: 80%; max-width: 90; height: auto; max-height: 90%; background: $background; border: round $error;
    }
    Confirm Input { margin: 1 2 0 2; }
    Confirm Horizontal { height: 1; margin: 1 0 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *TABS,
        Binding("escape", "leave", "Cancel", show=False, id="confirm.leave"),
    ]

    def __init__(self, text: Text, title: str, paragraphs: list[Piece], *, word: str, name: str) -> None:
        super().__init__()
        self._text, self._title, self._paragraphs = text, title, paragraphs
        self._word, self._expected = word, inert(name).strip()

    def compose(self) -> ComposeResult:
        text = self._text
        with Vertical():
            yield PageTitle(self._title)
            yield Story([("", ""), *self._paragraphs, ("", ""), (text.t("confirm.type", name=self._expected), "")])
            self.box = Input(id="name")
            self.box.cursor_blink = False
            yield self.box
            self.wrong = Story(id="confirm-wrong")
            yield self.wrong
            with Horizontal():
                yield Knob(text.t("confirm.cancel"), id="cancel", look="strong")
                yield Knob(self._word, id="sure", look="bad")

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#cancel"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.set_focus(self.query_one("#sure"))

    def on_knob_pressed(self, event: Knob.Pressed) -> None:
        event.stop()
        if event.knob.id == "cancel":
            self.dismiss(False)
        elif self.box.value.strip() == self._expected:
            self.dismiss(True)
        else:
            self.wrong.show([(self._text.t("confirm.other", name=self._expected), "bad")])
            self.set_focus(self.box)

    def action_leave(self) -> None:
        self.dismiss(False)
