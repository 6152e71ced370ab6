"""Which keys, and what the words mean; both are filtered as you type."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.widgets import Input

from screens.data_screen import DataScreen
from screens.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.text import Text
    from screens.widgets.painted import Piece

KEYS = (
    ("↑ ↓  k j", "move"), ("pgup pgdn", "page"), ("home end  g G", "edge"), ("→ ←  l h", "fold"), ("enter", "open"),
    ("*", "unfold_all"), ("J", "owner"), ("tab", "other_side"), ("1–5  , .", "tabs"), ("d", "describe"),
    ("/", "filter"), ("ctrl+f  F", "search"), (":", "command"), ("ctrl+p", "palette"), ("esc", "back"),
    ("[ ]", "past"), ("-", "last"), ("w", "why"), ("y", "raw"), ("c", "copy"), ("C", "copy_menu"),
    ("r", "rotations"), ("f  :findings", "findings"), ("!", "problems"), ("s v a w", "findings_keys"),
    ("u", "used_by"), (":history", "history"), (":diff", "diff"), (":asof", "asof"),
    (":pulse", "pulse"), (":audit", "audit"), ("t", "card"), ("a", "act"),
    ("tab l c ctrl+s", "card_keys"),
    ("tab b home", "calendar_keys"), ("ctrl+shift+v", "paste"), ("space", "mark"), ("shift+← →", "sort"), ("O", "turn"),
    ("A  :requests", "requests"), ("a n R", "request_keys"), ("W  :runs", "runs"), ("n s o X", "run_keys"),
    ("ctrl+s  :export", "export"), ("ctrl+r  R", "sync"), ("@", "log"), ("?  F1", "help"), ("ctrl+z", "suspend"),
    ("q  :q  ctrl+q", "quit"),
)  # fmt: skip
"""Every key, and the name of its text `help.key.NAME`."""

TERMS = ("cmk", "hbk", "dk", "hbk_rotation", "rewrap", "dk_rotation", "tenant", "application", "environment",
         "group", "copy", "grant", "gap", "stale", "unassigned", "elsewhere", "key_material", "alias")  # fmt: skip
"""Every term of the glossary, and the name of its texts `term.NAME` and `glossary.NAME`."""


class HelpLines(Lines):
    """Two columns: a key or term, and what it does or means."""

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._all = [
            *((key, text.t(f"help.key.{name}"), "accent") for key, name in KEYS),
            ("", "", ""),
            *((text.t(f"term.{name}"), text.t(f"glossary.{name}"), "strong") for name in TERMS),
        ]
        self._shown = self._all

    def sift(self, words: str) -> None:
        wanted = words.casefold().split()
        self._shown = [row for row in self._all if all(word in f"{row[0]} {row[1]}".casefold() for word in wanted)]
        self.changed()

    def length(self) -> int:
        return len(self._shown)

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        name, meaning, look = self._shown[index]
        return [(f" {name:22} ", look), (meaning, "")], ()


class HelpScreen(DataScreen):
    """Keys and glossary."""

    hints = "hints.help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "into(1)", "Down", show=False, id="help.down"),
        Binding("up", "into(-1)", "Up", show=False, id="help.up"),
        Binding("pagedown", "leaf(1)", "Page down", show=False, id="help.pagedown"),
        Binding("pageup", "leaf(-1)", "Page up", show=False, id="help.pageup"),
    ]

    def body(self) -> ComposeResult:
        text = self.console.desk.text
        self.box = Input(placeholder=text.t("help.placeholder"), id="what")
        self.box.cursor_blink = False
        self.lines = HelpLines(text)
        yield self.box
        yield self.lines

    def ready(self) -> None:
        self.set_focus(self.box)

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self.box:
            event.stop()
            self.lines.sift(event.value)

    def action_into(self, step: int) -> None:
        self.lines.action_move(step)

    def action_leaf(self, step: int) -> None:
        self.lines.action_page(step)
