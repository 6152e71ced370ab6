"""What is unfinished? Guided work in sight, with where it stands; enter opens it, n goes on with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from console.commands.runs import ListRuns
from console.errors import ConsoleError
from console.reports.runs import reason, run_status, title
from console.text import inert
from screens.acts import abandon, go_on, stop
from screens.data_screen import DataScreen
from screens.tone import run_tone
from screens.widgets.painted import OneLine, Piece
from screens.widgets.virtual_table import Column, Held, VirtualTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.text import Text
    from console.workflow.views import RunView
    from screens.widgets.lines import Lines

MOST = 500
"""Runs that are shown; the unfinished come first."""


class Heading(OneLine):
    """Unfinished work, or all of it."""

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text
        self._all = False
        self._empty = False

    def show(self, *, everything: bool, empty: bool) -> None:
        self._all, self._empty = everything, empty
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        looks = ("dim", "chosen") if self._all else ("chosen", "dim")
        words = ((self._text.t("runs.unfinished"), looks[0]), ("   ", ""), (self._text.t("runs.everything"), looks[1]))
        none = f"   {self._text.t('run.none')}" if self._empty else ""
        return [(" ", ""), *words, (none, "dim")], ()


class RunsScreen(DataScreen):
    """Unfinished work first; `tab` shows finished work too."""

    hints = "hints.runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "turn", "Unfinished or all", show=False, id="runs.turn"),
        Binding("n", "go_on", "Go on", show=False, id="runs.go_on"),
        Binding("s", "stop", "Stop", show=False, id="runs.stop"),
        Binding("o", "old", "Remove the old", show=False, id="runs.old"),
        Binding("X", "abandon", "Abandon", show=False, id="runs.abandon"),
    ]

    def __init__(self, *, everything: bool = False) -> None:
        super().__init__()
        self._all = everything

    def body(self) -> ComposeResult:
        self.heading = Heading(self.console.desk.text)
        self.table = VirtualTable(id="runs")
        yield self.heading
        yield self.table

    def ready(self) -> None:
        self.set_focus(self.table)
        self.run_worker(self._load(), exclusive=True)

    def beat(self) -> None:
        self.run_worker(self._load(), exclusive=True)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.beat()

    async def _load(self) -> None:
        try:
            rows = await asyncio.to_thread(self.console.desk.dispatch.run, ListRuns(all=self._all, limit=MOST))
        except ConsoleError as error:
            self.console.complain(error)
            return
        text = self.console.desk.text
        self.heading.show(everything=self._all, empty=not rows)
        self.table.fill(Held(rows), columns(text))

    def action_turn(self) -> None:
        self._all = not self._all
        self.beat()

    async def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        if (view := self.table.chosen) is not None:
            from screens.wizard import WizardScreen

            await self.console.over(WizardScreen(view.run_id))

    async def action_go_on(self) -> None:
        """Go on with the run under the cursor; one that asks something is opened instead."""
        view: RunView | None = self.table.chosen
        if view is None:
            return
        if view.answerable:
            from screens.wizard import WizardScreen

            await self.console.over(WizardScreen(view.run_id))
        else:
            go_on(self.console, view)

    def action_stop(self) -> None:
        if (view := self.table.chosen) is not None:
            stop(self.console, view)

    def action_abandon(self) -> None:
        if (view := self.table.chosen) is not None:
            abandon(self.console, view)

    async def action_old(self) -> None:
        """To what is old and waits, of all in sight: there it is removed, or all goes back."""
        from screens.retiring import choose_old

        try:
            await choose_old(self.console)
        except ConsoleError as error:
            self.console.complain(error)

    def filterable(self) -> VirtualTable:
        return self.table

    def filtered(self, text: str) -> None:
        self.table.sift(text)

    def again(self) -> RunsScreen:
        return RunsScreen(everything=self._all)


def columns(text: Text) -> tuple[Column, ...]:
    """How a run looks in a row."""

    def at(row: RunView) -> Piece:
        if row.current is None:
            return "", ""
        return text.t(row.current.title), ""

    return (
        Column("status", text.t("column.status"), 15, lambda r: (run_status(r, text), run_tone(r.run.status)),
               lambda r: r.run.status.value),
        Column("werk", text.t("column.run_what"), 0, lambda r: (inert(title(r, text)), ""), lambda r: title(r, text),
               share=2),
        Column("waarover", text.t("column.run_subject"), 0, lambda r: (inert(r.run.subject), "strong"),
               lambda r: r.run.subject.casefold(), share=2),
        Column("stap", text.t("column.run_step"), 0, at, lambda r: r.run.step, share=2),
        Column("waarom", text.t("column.run_why"), 0, lambda r: (reason(r, text), "dim"), lambda r: r.run.reason.key,
               wide_only=True, share=3),
        Column("gewijzigd", text.t("column.run_at"), 16, lambda r: (text.ago(r.run.updated_at), "dim"),
               lambda r: -r.run.updated_at, wide_only=True),
        Column("id", text.t("column.id"), 10, lambda r: (r.run.id, "dim"), lambda r: r.run.id, wide_only=True),
    )  # fmt: skip
