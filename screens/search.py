"""Where is it? Matches of every kind while typing; enter goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.widgets import Input

from console.commands.inventory import Search
from screens import columns
from screens.data_screen import DataScreen
from screens.widgets.virtual_table import Held, VirtualTable

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from screens.widgets.lines import Lines
    from store.records import NodeRef

SHOWN = 60
"""Matches asked for: a screenful; whoever wants others types another letter."""


class SearchScreen(DataScreen):
    """Answers each key at once: a search is one range of an index."""

    hints = "hints.search"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "into(1)", "Down", show=False, id="search.down"),
        Binding("up", "into(-1)", "Up", show=False, id="search.up"),
    ]

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._start = text

    def body(self) -> ComposeResult:
        self.box = Input(self._start, placeholder=self.console.desk.text.t("search.placeholder"), id="what")
        self.box.cursor_blink = False
        self.found = VirtualTable(id="found")
        yield self.box
        yield self.found

    def ready(self) -> None:
        self.set_focus(self.box)  # now: the next key may be waiting already
        self._search(self._start)

    def beat(self) -> None:
        self._search(self.box.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self.box:
            event.stop()
            self._search(event.value)
            self.found.go(0)

    def _search(self, text: str) -> None:
        hits = self.ask(Search(text, SHOWN)) if text.strip() else []
        self.found.fill(Held(hits or []), columns.hits(self.console.desk.text))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self.box:
            event.stop()
            self._go()

    def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        self._go()

    def _go(self) -> None:
        if (hit := self.found.chosen) is not None:
            self.console.go_to(hit.ref)

    def action_into(self, step: int) -> None:
        """Arrows walk the matches while the box keeps the typing."""
        self.found.action_move(step)

    def filterable(self) -> VirtualTable:
        return self.found

    def filtered(self, text: str) -> None:
        self.found.sift(text)

    def stands_on(self) -> NodeRef | None:
        hit = self.found.chosen
        return hit.ref if hit is not None else None
