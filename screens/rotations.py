"""What rotates when: the coming HBK dates of all or of a branch."""

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
    """Of which branch."""

    def __init__(self, text: Text, path: str) -> None:
        super().__init__()
        self._text, self._path = text, path

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        text = self._text
        branch = " / ".join(inert(name) for name in split_path(self._path)) or text.t("rotations.estate")
        return [(" ", ""), (text.t("rotations.coming"), "chosen"), (f"   {branch}", "head")], ()


class RotationsScreen(DataScreen):
    """Coming dates, overdue first; `tab` turns to what happened."""

    hints = "hints.rotations"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "turn", "Coming or past", show=False, id="rotations.turn"),
    ]

    def __init__(self, path: str = "", *, due: str = "") -> None:
        super().__init__()
        self._path = path
        self._due = due

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
        rows = self.ask(ListRotations(path=self._path, due=self._due))
        if rows is not None:
            self.table.fill(rows, columns.rotations(self.console.desk.text))

    async def action_turn(self) -> None:
        from screens.views import BY_WORD

        await self.console.action_back()
        await self.console.open_view(BY_WORD["history"], self._path)

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
        return RotationsScreen(self._path, due=self._due)
