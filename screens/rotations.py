"""What rotates when, and what rotated when: HBK dates of all or of a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from console.commands.rotations import ListRotations
from console.text import inert
from console.text.paths import split_path
from screens import columns
from screens.data_screen import DataScreen
from screens.widgets.painted import OneLine, Piece
from screens.widgets.virtual_table import VirtualTable
from store.records import Kind, NodeRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.text import Text
    from screens.widgets.lines import Lines


class Heading(OneLine):
    """Which of the two lists, of which branch."""

    def __init__(self, text: Text, path: str) -> None:
        super().__init__()
        self._text, self._path = text, path
        self.history = False

    def show(self, *, history: bool) -> None:
        self.history = history
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        text = self._text
        branch = " / ".join(inert(name) for name in split_path(self._path)) or text.t("rotations.estate")
        looks = ("dim", "chosen") if self.history else ("chosen", "dim")
        return [
            (" ", ""), (text.t("rotations.coming"), looks[0]), ("   ", ""), (text.t("rotations.past"), looks[1]),
            (f"   {branch}", "head"),
        ], ()  # fmt: skip


class RotationsScreen(DataScreen):
    """Coming dates, overdue first; `tab` turns to the past ones, newest first."""

    hints = "hints.rotations"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "turn", "Coming or past", show=False, id="rotations.turn"),
    ]

    def __init__(self, path: str = "", *, history: bool = False, due: str = "") -> None:
        super().__init__()
        self._path = path
        self._due = due
        self._history = history

    def body(self) -> ComposeResult:
        self.heading = Heading(self.console.desk.text, self._path)
        self.table = VirtualTable(id="dates")
        yield self.heading
        yield self.table

    def ready(self) -> None:
        self.set_focus(self.table)
        self._fill()

    def beat(self) -> None:
        self._fill()

    def _fill(self) -> None:
        rows = self.ask(ListRotations(path=self._path, history=self._history, due=self._due))
        if rows is not None:
            self.heading.show(history=self._history)
            self.table.fill(rows, columns.rotations(self.console.desk.text, history=self._history))

    def action_turn(self) -> None:
        self._history = not self._history
        self._fill()

    def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        if (row := self.table.chosen) is not None:
            self.console.go_to(NodeRef(Kind.CMK, row.cmk_id))

    def filterable(self) -> VirtualTable:
        return self.table

    def filtered(self, text: str) -> None:
        self.table.sift(text)

    def at(self) -> str:
        return self._path

    def stands_on(self) -> NodeRef | None:
        row = self.table.chosen
        return NodeRef(Kind.CMK, row.cmk_id) if row is not None else None

    def again(self) -> RotationsScreen:
        return RotationsScreen(self._path, history=self._history, due=self._due)
