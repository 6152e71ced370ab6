"""Asks why findings are let be, and until when; opens on *Cancel*, and takes no empty reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.commands.findings import end_of
from console.errors import UsageError
from console.reports.findings import sentence
from console.text import inert
from screens.page import PageTitle
from screens.widgets.lines import Lines
from screens.widgets.sentences import Sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.text import Text
    from screens.widgets.painted import Piece
    from store.faults import Finding

Answer = tuple[str, str]
"""A reason, and the last day as it was typed ('' for good)."""

SHOWN = 4
"""Findings that the dialog names; of more it says how many."""


class Buttons(Lines):
    """Cancel first, then what the dialog is for."""

    def __init__(self, cancel: str, act: str) -> None:
        super().__init__(id="buttons")
        self._labels = (cancel, act)
        self.styles.height = len(self._labels)

    def length(self) -> int:
        return len(self._labels)

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        return [(f" {self._labels[index]}", "strong")], ()


class About(Sentences):
    """What it is about, within the dialog's own width."""

    def width(self) -> int:
        return min(96, self.app.size.width * 9 // 10) - 4

    def room(self) -> int:
        return max(2, self.app.size.height - 12)


class AcknowledgeDialog(ModalScreen[Answer | None]):
    """For one finding or several marked ones; `withdraws` takes acknowledgements back, which has no end."""

    DEFAULT_CSS = """
    AcknowledgeDialog { align: center middle; background: $background 60%; }
    AcknowledgeDialog > Vertical {
        width: 90%; max-width: 96; height: auto; background: $background; border: round $guide;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", show=False, id="acknowledge.leave"),
        Binding("tab", "app.focus_next", "Next", show=False, id="acknowledge.next"),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False, id="acknowledge.previous"),
    ]

    def __init__(self, text: Text, findings: Sequence[Finding], *, withdraws: bool) -> None:
        super().__init__()
        self._text, self._findings, self._withdraws = text, findings, withdraws

    def compose(self) -> ComposeResult:
        text = self._text
        kind = "withdraw" if self._withdraws else "acknowledge"
        self.about = About()
        self.reason = Input(placeholder=text.t("finding.dialog.reason"), id="reason")
        self.until = Input(placeholder=text.t("finding.dialog.until"), id="until")
        self.buttons = Buttons(text.t("finding.dialog.cancel"), text.t(f"finding.dialog.{kind}"))
        with Vertical():
            yield PageTitle(text.n(f"finding.action.{kind}", len(self._findings)))
            yield self.about
            yield self.reason
            if not self._withdraws:
                yield self.until
            yield self.buttons

    def on_mount(self) -> None:
        for box in self.query(Input):
            box.cursor_blink = False
        self.set_focus(self.buttons)
        self._say()

    def _say(self, wrong: str = "") -> None:
        text = self._text
        said = [(f"{each.name or each.label}: {sentence(each, text)}", "") for each in self._findings[:SHOWN]]
        if len(self._findings) > SHOWN:
            said.append((text.t("finding.dialog.more", n=len(self._findings) - SHOWN), "dim"))
        said.append((wrong or text.t("finding.dialog.record"), "bad" if wrong else "dim"))
        self.about.show([(inert(words), look) for words, look in said])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        if self.buttons.cursor == 0:
            self.dismiss(None)
        else:
            self._act()

    def _act(self) -> None:
        reason, until = self.reason.value.strip(), "" if self._withdraws else self.until.value.strip()
        if not reason:
            self._say(self._text.t("finding.dialog.no_reason"))
            self.set_focus(self.reason)
            return
        try:
            end_of(until)
        except UsageError as error:
            self._say(self._text.t(error.key, **error.values))
            self.set_focus(self.until)
        else:
            self.dismiss((reason, until))

    def action_leave(self) -> None:
        self.dismiss(None)
