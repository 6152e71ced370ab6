"""What is there? The tree left, everything about the chosen node right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal

from console.commands.inventory import BrowseTree, GetOverview
from console.text import inert
from console.text.paths import join_path
from screens.data_screen import DataScreen
from screens.panel import Panel, Tabs
from screens.sift import understood
from screens.views import BY_NAME
from screens.widgets.lines import Lines
from screens.widgets.painted import OneLine, Piece
from screens.widgets.virtual_tree import VirtualTree
from store.records import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from screens.widgets.virtual_table import VirtualTable
    from store.answers import Fact, Sheet
    from store.records import NodeRef

PAUSE = 0.05
"""Seconds that the cursor rests before its node is read: a held key paints lines, not sheets."""

WIDE = 150
"""Above this many columns the panel has the larger half."""

NARROW = 72
"""Below this many columns tree and panel take turns."""


class PathLine(OneLine):
    """Where the cursor stands, from the tenant down."""

    def __init__(self) -> None:
        super().__init__()
        self._path: tuple[str, ...] = ()

    def show(self, path: tuple[str, ...]) -> None:
        self._path = path
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        return [(" " + " / ".join(inert(name) for name in self._path), "head")], ()


class Explorer(DataScreen):
    """Browses tenant → application → environment → CMK → data key."""

    hints = "hints.explorer"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "other_side", "Other side", show=False, id="explorer.other_side"),
        *(Binding(str(n), f"tab({n})", f"Tab {n}", show=False, id=f"explorer.tab{n}") for n in range(1, 10)),
        Binding("comma", "turn(-1)", "Previous tab", show=False, id="explorer.previous_tab"),
        Binding("full_stop", "turn(1)", "Next tab", show=False, id="explorer.next_tab"),
        Binding("exclamation_mark", "problems", "Only problems", show=False, id="explorer.problems"),
        Binding("d", "describe", "Describe", show=False, id="explorer.describe"),
        Binding("left_square_bracket", "past(-1)", "Back", show=False, id="explorer.back"),
        Binding("right_square_bracket", "past(1)", "Forward", show=False, id="explorer.forward"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._resting: Timer | None = None
        self._been: list[NodeRef] = []
        self._now = -1
        self._in_table = False
        self._words = ""
        self._within: NodeRef | None = None
        self._problems = False

    def body(self) -> ComposeResult:
        text = self.console.desk.text
        self.tree_view = VirtualTree(self.ask(BrowseTree()), text, id="tree")
        self.path_line = PathLine()
        self.panel = Panel(text, self.ask)
        yield self.path_line
        with Horizontal():
            yield self.tree_view
            yield self.panel

    def ready(self) -> None:
        self.set_focus(self.tree_view)
        self.call_after_refresh(self._read)
        self.call_after_refresh(self._badge)

    def _badge(self) -> None:
        """The lines learn their findings after the first frame: a start does not wait for them."""
        from console.commands.findings import CountFindings

        self.tree_view.badge(lambda refs: self.ask(CountFindings(refs)) or {})

    def beat(self) -> None:
        overview = self.ask(GetOverview()) if self._words or self._problems else None
        # A filter reads the whole estate: not at every step of a sync that has not merged yet.
        again = overview is not None and overview.running is None
        self.tree_view.data_moved(self._matches() if again else None)
        self._read(again=True)

    # ---- the chosen node

    def on_lines_moved(self, event: Lines.Moved) -> None:
        if event.lines is not self.tree_view:
            return
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(PAUSE, self._read)

    def _read(self, *, again: bool = False) -> None:
        node = self.tree_view.node
        if node is None:
            self.panel.clear()
            self.path_line.show(())
            return
        self.panel.show(node.ref, again=again)
        if self.panel.sheet:
            self.path_line.show(self.panel.sheet.path)

    @property
    def sheet(self) -> Sheet | None:
        """The sheet of the node under the cursor, read now if the cursor is still moving."""
        node = self.tree_view.node
        if node is not None and (self.panel.sheet is None or self.panel.sheet.ref != node.ref):
            self._read()
        return self.panel.sheet

    @property
    def fact(self) -> Fact | None:
        """The fact that `w` explains: the one under the panel's cursor."""
        return self.panel.facts.fact if self.sheet and self.panel.facts.display else None

    def reveal(self, ref: NodeRef) -> None:
        """Go to a node, and remember where we came from."""
        self._remember()
        if self.tree_view.reveal(ref):
            self._remember()
        self.set_focus(self.tree_view)
        self._read()

    def _remember(self) -> None:
        node = self.tree_view.node
        if node is None or (self._been and self._now >= 0 and self._been[self._now] == node.ref):
            return
        self._been = [*self._been[: self._now + 1], node.ref]
        self._now = len(self._been) - 1

    def action_past(self, step: int) -> None:
        self._remember() if step < 0 and self._now == len(self._been) - 1 else None
        if 0 <= self._now + step < len(self._been):
            self._now += step
            self.tree_view.reveal(self._been[self._now])
            self._read()

    async def on_paste(self, event: events.Paste) -> None:
        """Whatever is pasted is looked for."""
        event.stop()
        if event.text.strip():
            await self.console.open_view(BY_NAME["search"], event.text.strip())

    # ---- the two sides

    def on_lines_opened(self, event: Lines.Opened) -> None:
        node = self.tree_view.node
        if event.lines is self.tree_view and node is not None and not node.children:
            self.action_describe()
        elif event.lines is self.panel.table and (row := self.panel.table.chosen):
            self._jump(row)

    def _jump(self, row: Any) -> None:
        self.reveal(_behind(row))

    def stands_on(self) -> NodeRef | None:
        """What the cursor is on: a row of the panel's table while that has the focus, else the tree's node."""
        table = self.panel.table
        if table.has_focus and table.chosen is not None:
            return _behind(table.chosen)
        return self.tree_view.node.ref if self.tree_view.node is not None else None

    def concerned(self) -> tuple[NodeRef, ...]:
        table = self.panel.table
        if table.has_focus and table.marked:
            return tuple(dict.fromkeys(_behind(row) for row in table.taken()))
        return super().concerned()

    def on_tabs_picked(self, event: Tabs.Picked) -> None:
        self.panel.pick(event.tab)

    def action_tab(self, number: int) -> None:
        node = self.tree_view.node
        self._read() if node and (self.panel.sheet is None or self.panel.sheet.ref != node.ref) else None
        names = self.panel._tabs.names  # noqa: SLF001 - the panel's own names
        if number <= len(names):
            self.panel.pick(names[number - 1])

    def action_turn(self, step: int) -> None:
        self.panel.turn(step)

    def action_other_side(self) -> None:
        if self.tree_view.has_focus:
            self.action_describe()
        else:
            self.to_tree()

    def action_describe(self) -> None:
        """To the facts; on a narrow screen they take the tree's place."""
        self._read()
        self.add_class("-facts")
        self.set_focus(self.panel.body)

    def to_tree(self) -> bool:
        """Back to the tree; False when we are there already."""
        if self.tree_view.has_focus:
            return False
        self.remove_class("-facts")
        self.set_focus(self.tree_view)
        return True

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < NARROW, "-narrow")
        self.set_class(event.size.width > WIDE, "-wide")

    # ---- filter

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The prompt takes the focus; what had it before is what it filters."""
        if isinstance(event.widget, Lines):
            self._in_table = event.widget is self.panel.table

    def filterable(self) -> Lines:
        return self.panel.table if self._in_table and self.panel.table.display else self.tree_view

    def exportable(self) -> VirtualTable | None:
        return self.panel.table if self.panel.table.display else None

    def filtered(self, text: str) -> None:
        if self.filterable() is self.panel.table:
            self.panel.table.sift(text)
        elif text.strip():
            self._words, self._within, self._problems = text, None, False
            self.tree_view.show_matches(self._matches())
        elif self.tree_view.filtered:
            self._show_all()
        self._read()

    def _matches(self) -> list[NodeRef]:
        if self._problems:
            from console.commands.findings import ListProblems

            listed: list[NodeRef] = self.ask(ListProblems()) or []
            return listed
        found: list[NodeRef] = self.ask(BrowseTree()).filter(
            understood(self._words, self.console.desk.text), within=self._within
        )
        return found

    def narrow(self, words: str, within: NodeRef | None) -> None:
        """Only what answers to this filter, in a branch or in all; esc shows the whole tree again."""
        self.set_focus(self.tree_view)
        self._words, self._within, self._problems = words, within, False
        self.tree_view.show_matches(self._matches())
        self._read()

    def action_problems(self) -> None:
        """Only what has open findings, with all above it; once more: everything."""
        if self._problems:
            self._show_all()
            return
        from console.commands.findings import ListProblems

        self._problems, self._words, self._within = True, "", None
        found = self._matches()
        text = self.console.desk.text
        if not found:
            self._problems = False
            self.console.tell(text.t("finding.no_problems"))
            return
        if len(found) == ListProblems().limit:
            self.console.tell(text.t("finding.cut", n=text.number(len(found))))
        self.set_focus(self.tree_view)
        self.tree_view.show_matches(found)
        self._read()

    def unfilter(self) -> bool:
        if self.filterable() is self.panel.table:
            return super().unfilter()
        if not self.tree_view.filtered:
            return False
        self._show_all()
        return True

    def _show_all(self) -> None:
        self._words, self._problems = "", False
        self.tree_view.show_all()

    def at(self) -> str:
        sheet = self.sheet
        return join_path(sheet.path[:3]) if sheet and sheet.ref.kind is not Kind.UNASSIGNED else ""


def _behind(row: Any) -> NodeRef:
    """The data key or CMK that a row of the panel's table is about."""
    from store.answers import DataKey
    from store.records import NodeRef

    return NodeRef(Kind.DATA_KEY, row.id) if isinstance(row, DataKey) else NodeRef(Kind.CMK, row.cmk_id)
