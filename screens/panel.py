"""The right half of the explorer: one node's facts, HBKs, data keys, policy and history, a tab each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.containers import Vertical
from textual.message import Message

from console.commands.inventory import Inspect, ListDataKeys, ListMaterials
from console.text import inert
from screens.tone import tone
from screens.widgets.facts import Facts
from screens.widgets.painted import OneLine, Piece
from screens.widgets.virtual_table import VirtualTable
from store.records import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult

    from console.text import Text
    from store.answers import Fact, Sheet
    from store.records import NodeRef

TABS = {
    Kind.CMK: ("overview", "hbk", "data_keys", "policy", "history", "cost"),
    Kind.DATA_KEY: ("overview", "detail"),
}
PLACE_TABS = ("overview", "calendar", "history", "cost")
"""What a tenant, application or environment shows."""

WORST = 3
"""Findings that the first tab tells; of more it says how many."""

OVERVIEW = ("section.overview", "section.data_keys", "section.sources", "section.tags")
"""Sections that the first tab shows."""


class Tabs(OneLine):
    """The names of the tabs, the chosen one marked; a click or its number chooses."""

    class Picked(Message):
        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text
        self.names: tuple[str, ...] = PLACE_TABS
        self.chosen = "overview"

    def show(self, names: tuple[str, ...], chosen: str) -> None:
        if (names, chosen) != (self.names, self.chosen):
            self.names, self.chosen = names, chosen
            self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        pieces: list[Piece] = [(" ", "")]
        for number, name in self._in_sight(width):
            pieces += [
                (f"{number} ", "guide"),
                (self._label(name), "chosen" if name == self.chosen else "dim"),
                ("  ", ""),
            ]
        return pieces, ()

    def _label(self, name: str) -> str:
        return self._text.t(f"tab.{name}")

    def _in_sight(self, width: int) -> list[tuple[int, str]]:
        """The tabs with their numbers; on a narrow panel from further on, so that the chosen one is seen."""
        numbered = list(enumerate(self.names, 1))
        at = self.names.index(self.chosen) + 1 if self.chosen in self.names else 1
        while numbered[0][0] < at and sum(4 + len(self._label(name)) for n, name in numbered if n <= at) > width:
            numbered = numbered[1:]
        return numbered

    def on_click(self, event: events.Click) -> None:
        end = 1
        for _, name in self._in_sight(self.size.width):
            end += 4 + len(self._label(name))
            if event.x < end:
                self.post_message(self.Picked(name))
                return


class Title(OneLine):
    """The node's state and name."""

    def __init__(self) -> None:
        super().__init__()
        self._left: list[Piece] = []

    def show(self, pieces: list[Piece]) -> None:
        self._left = pieces
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        return self._left, ()


class Panel(Vertical):
    """Shows a node by asking for its sheet and, per tab, for its rows."""

    DEFAULT_CSS = "Panel { width: 1fr; } Panel VirtualTable { display: none; }"

    def __init__(self, text: Text, ask: Callable[[Any], Any]) -> None:
        super().__init__()
        self._text = text
        self._ask = ask
        self.sheet: Sheet | None = None
        self.tab = "overview"
        self.facts = Facts(text, id="facts")
        self.table = VirtualTable(id="rows")
        self._title = Title()
        self._tabs = Tabs(text)

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._tabs
        yield self.facts
        yield self.table

    @property
    def body(self) -> Facts | VirtualTable:
        """The half that shows: facts or rows."""
        return self.table if self.table.display else self.facts

    def show(self, ref: NodeRef, *, again: bool = False) -> None:
        """This node; `again` when only its facts may have moved."""
        sheet = self._ask(Inspect(ref))
        if sheet is None:
            return
        other = self.sheet is None or self.sheet.ref != ref
        self.sheet = sheet
        names = TABS.get(ref.kind, PLACE_TABS)
        shown = self.tab if self.tab in names else "overview"
        self._tabs.show(names, shown)
        word = self._text.status(sheet.status)
        name = self._text.t("tree.unassigned") if ref.kind is Kind.UNASSIGNED else inert(sheet.name)
        self._title.show([(f" {word}  " if word else " ", tone(sheet.status)), (name, "strong")])
        self._fill(sheet, shown, again=again, other=other)

    def clear(self) -> None:
        """There is no node to show."""
        self.sheet = None
        self._title.show([])
        self.facts.show(())
        self.facts.display, self.table.display = True, False

    def pick(self, tab: str) -> None:
        if self.sheet and tab in TABS.get(self.sheet.ref.kind, PLACE_TABS):
            self.tab = tab
            self.show(self.sheet.ref)

    def turn(self, step: int) -> None:
        """The next tab to the side."""
        names = self._tabs.names
        self.pick(names[(names.index(self._tabs.chosen) + step) % len(names)])

    def _fill(self, sheet: Sheet, tab: str, *, again: bool, other: bool) -> None:
        from screens import columns

        text, ref = self._text, sheet.ref
        if tab in ("data_keys", "history", "calendar"):
            if tab == "data_keys":
                rows, cols = self._ask(ListDataKeys(ref)), columns.data_keys(text)
            else:
                rows, cols = self._dated(ref, past=tab == "history")
            if rows is not None:
                self.table.fill(rows, cols, other=other)
        else:
            self.facts.show(self._facts(sheet, tab), stay=again)
        had_focus = self.body.has_focus
        self.table.display = tab in ("data_keys", "history", "calendar")
        self.facts.display = not self.table.display
        if had_focus:
            self.screen.set_focus(self.body)

    def _dated(self, ref: NodeRef, *, past: bool) -> tuple[Any, Any]:
        """What happened, or the dates to come."""
        if past:
            from console.commands.history import ListEvents
            from screens.history import event_columns

            return self._ask(ListEvents(ref=ref)), event_columns(self._text, self.app.size.width * 3 // 5)
        from console.commands.rotations import ListRotations
        from screens import columns

        rows = self._ask(ListRotations(ref=ref))
        return rows, columns.dates(rows.agenda, self._text) if rows is not None else ()

    def _facts(self, sheet: Sheet, tab: str) -> list[Fact]:
        if tab == "cost":
            return self._cost(sheet.ref)
        wanted = OVERVIEW if tab == "overview" else (f"section.{tab}",)
        facts = [fact for name, facts in sheet.sections if name in wanted for fact in facts]
        if tab == "hbk":
            facts += self._generations(sheet.ref)
        return [*self._problems(sheet.ref), *facts] if tab == "overview" else facts

    def _problems(self, ref: NodeRef) -> list[Fact]:
        """The worst open findings at and below the node, in words."""
        from console.commands.findings import ListFindings

        rows = self._ask(ListFindings(ref=ref))
        total = rows.count() if rows is not None else 0
        if not total:
            return []
        from console.reports.findings import about

        return about(rows.window(0, WORST), total, self._text)

    def _cost(self, ref: NodeRef) -> list[Fact]:
        from console.commands.cost import ShowCost

        answer = self._ask(ShowCost(ref=ref))
        if answer is None:
            return []
        from console.reports.cost import facts

        return facts(answer, self._text)

    def _generations(self, ref: NodeRef) -> list[Fact]:
        """Every HBK, newest first."""
        from store.answers import Fact

        return [
            Fact("fact.generation", "hbk.generation", "textkey",
                 (("n", row.generation), ("when", self._text.when(row.date)),
                  ("how", self._text.t(f"rotation.type.{row.rotation_type.lower() or 'none'}"))), why="why.hbk")
            for row in reversed(self._ask(ListMaterials(ref)) or [])
        ]  # fmt: skip
