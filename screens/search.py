"""Where is it? Matches of every kind while typing, or what a pasted text is about; enter goes there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.widgets import Input

from console.commands.inventory import Search
from console.errors import ConsoleError
from screens import columns
from screens.data_screen import DataScreen
from screens.widgets.virtual_table import Held, VirtualTable

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.commands.cards import Shown
    from screens.card import CardScreen
    from screens.widgets.lines import Lines
    from screens.widgets.painted import Piece
    from store.records import NodeRef

SHOWN = 60
"""Matches asked for: a screenful; whoever wants others types another letter."""

LONG = 80
"""Characters from which on, or from two lines on, a paste is a text to read and not a word to search by."""


def is_text(pasted: str) -> bool:
    return len(pasted) > LONG or "\n" in pasted.strip()


class Box(Input):
    """Takes words; a pasted text is left to the screen."""

    def on_paste(self, event: events.Paste) -> None:
        if is_text(event.text):
            event.prevent_default()  # Input would keep its first line and stop the rest


class SearchScreen(DataScreen):
    """Answers each key at once: a search is one range of an index. A pasted text is read in a thread."""

    hints = "hints.search"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "into(1)", "Down", show=False, id="search.down"),
        Binding("up", "into(-1)", "Up", show=False, id="search.up"),
        Binding("ctrl+t", "app.card", "Card", show=False, id="search.card"),
    ]

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._start = "" if is_text(text) else text
        self._pasted = text if is_text(text) else ""
        self.shown: Shown | None = None

    def body(self) -> ComposeResult:
        self.box = Box(self._start, placeholder=self.console.desk.text.t("search.placeholder"), id="what")
        self.box.cursor_blink = False
        self.found = VirtualTable(id="found")
        yield self.box
        yield self.found

    def ready(self) -> None:
        self.set_focus(self.box)  # now: the next key may be waiting already
        if self._pasted:
            self._read(self._pasted)
        else:
            self._search(self._start)

    def beat(self) -> None:
        if self._pasted:
            self._read(self._pasted)
        else:
            self._search(self.box.value)

    # ---- a pasted text

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        if is_text(event.text):
            self._read(event.text)
        elif not self.box.has_focus and event.text.strip():
            self.set_focus(self.box)
            self.box.value = event.text.strip()

    def _read(self, text: str) -> None:
        self._pasted = text
        self.run_worker(self._reading(text), exclusive=True)

    async def _reading(self, text: str) -> None:
        from console.commands.cards import ReadPasted

        try:
            shown: Shown = await asyncio.to_thread(self.console.desk.dispatch.run, ReadPasted(text))
        except ConsoleError as error:
            self.console.complain(error)
            return
        if self._pasted == text:
            with self.prevent(Input.Changed):
                self.box.value = ""
            self.box.placeholder = self.console.desk.text.t("pasted.placeholder")
            self.found.fill(Held(shown.read.hits), columns.hits(self.console.desk.text))
            await self._tell(self._sentences(shown))
            self.set_focus(self.found)
            self.shown = shown

    async def _tell(self, sentences: list[Piece]) -> None:
        from screens.widgets.sentences import Sentences

        if not self.query(Sentences):
            await self.mount(Sentences(), before=self.found)
        self.query_one(Sentences).show(sentences)

    def _sentences(self, shown: Shown) -> list[Piece]:
        from console.reports.cards import advice_lines

        text, read = self.console.desk.text, shown.read
        said: list[Piece] = [(text.t("pasted.lines", lines=read.lines, hits=len(read.hits)), "strong")]
        said += [
            (text.t("pasted.unknown_too", form=text.t(f"pasted.form.{token.form}"), thing=token.text), "warn")
            for token in read.unknown[:3]
        ]
        for advice in shown.advice:
            first, *rest = advice_lines(advice, text)
            said += [(first, "bad"), *((line, "") for line in rest)]
        return said

    def _forget(self) -> None:
        """Back to typing."""
        self._pasted, self.shown = "", None
        self.query("Sentences").remove()

    def card_here(self) -> CardScreen | None:
        screen = super().card_here()
        if screen is not None and self.shown is not None:
            from screens.card import CardScreen

            return CardScreen(screen.ref, self.shown.read.troubles, self.shown.read.material)
        return screen

    # ---- typing

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self.box:
            event.stop()
            if self._pasted:
                self._forget()
            self._search(event.value)
            self.found.go(0)

    def _search(self, text: str) -> None:
        hits, words = self.ask(Search(text, SHOWN)) if text.strip() else [], self.console.desk.text
        self.found.fill(Held(hits or []), columns.hits(words), words.t("search.nothing") if text.strip() else "")

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

    def again(self) -> SearchScreen:
        return SearchScreen(self.box.value)
