"""The hierarchy as a tree of any size: what is unfolded is remembered, what is visible is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from console.text import inert, short
from console.text.generations import generation_text
from console.text.verdicts import verdict_dated, verdict_word
from screens.tone import tone, verdict_tone
from screens.widgets.lines import Lines
from screens.widgets.outline import Matches, Outline
from store.faults import Severity
from store.records import Kind, Node, NodeRef, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.binding import BindingType

    from console.text import Text
    from screens.widgets.outline import Hierarchy, Line
    from screens.widgets.painted import Piece

ROOMY = 76
NARROW = 36
"""From this width on all counts are shown; below it the ones that tell most."""

KEPT = 4_000
"""Nodes of which the number of findings is remembered until the store changes."""

Badges = Mapping[NodeRef, Mapping[Severity, int]]
"""Open findings by severity, of the nodes that have any."""

LONG = ("arn:", "/")
"""How ids begin that fill a line by themselves: of what they call, the name goes first."""

QUIET = (Status.ENABLED, Status.ENCRYPTED)
"""States that go without their word on a line of the tree: the sign is enough where all is well."""


class VirtualTree(Lines):
    """Tenant → application → environment → CMK → data key, unfolded as far as somebody asked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "unfold", "Unfold", show=False, id="tree.unfold"),
        Binding("left,h", "fold", "Fold", show=False, id="tree.fold"),
        Binding("asterisk", "unfold_all", "Unfold all", show=False, id="tree.unfold_all"),
        Binding("J", "owner", "Owner", show=False, id="tree.owner"),
    ]

    def __init__(self, source: Hierarchy, text: Text, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.unfound = text.t("filter.nothing")
        self._whole = source
        self._text = text
        self._shown: Hierarchy = source
        self.outline = Outline(source)
        self.filtered = False
        self._found: Sequence[NodeRef] = ()
        self._badges: dict[NodeRef, Mapping[Severity, int]] = {}
        self._count: Callable[[tuple[NodeRef, ...]], Badges] | None = None

    def length(self) -> int:
        return len(self.outline)

    def instead(self) -> str:
        return self.unfound if self.filtered else ""

    @property
    def node(self) -> Node | None:
        """The node under the cursor."""
        line = self.outline.line(self.cursor)
        return line.node if line else None

    # ---- unfolding

    def action_unfold(self) -> None:
        """Unfold; on what is unfolded already, go to its first child."""
        if self.outline.open(self.cursor):
            self.refresh()
        elif (line := self.outline.line(self.cursor)) and line.unfolded:
            self.go(self.cursor + 1)

    def action_fold(self) -> None:
        """Fold; on what is folded already, go to its owner."""
        node = self.node
        if node is not None and self.outline.close(node.ref):
            self.changed()
        else:
            self.action_owner()

    def action_owner(self) -> None:
        node = self.node
        above = self._shown.ancestors(node.ref) if node else ()
        if above and (line := self.outline.position(above[-1])) is not None:
            self.go(line)

    def action_unfold_all(self) -> None:
        self._keep(self.outline.open_all)

    def action_open(self) -> None:
        line = self.outline.line(self.cursor)
        if line and line.node.children:
            self.action_fold() if line.unfolded else self.action_unfold()
        super().action_open()

    def clicked(self, event: events.Click) -> None:
        self.action_open()
        event.stop()

    # ---- badges

    def badge(self, count: Callable[[tuple[NodeRef, ...]], Badges]) -> None:
        """From now on each line says how many findings are open at and below it; `count` knows."""
        self._count = count
        self._badges.clear()
        self.refresh()

    def _badge(self, node: Node) -> Mapping[Severity, int]:
        """Those of this node; the first line that asks counts for all that are in sight and not known yet."""
        if node.ref not in self._badges and self._count is not None:
            lines = (self.outline.line(index) for index in range(self.top, min(self.top + self.rows, self.length())))
            refs = {node.ref, *(line.node.ref for line in lines if line)} - self._badges.keys()
            if len(self._badges) > KEPT:
                self._badges.clear()
            counted = self._count(tuple(refs))
            self._badges |= {ref: counted.get(ref, {}) for ref in refs}
        return self._badges.get(node.ref, {})

    # ---- what is shown

    def reveal(self, ref: NodeRef) -> bool:
        """Unfold down to `ref` and stand on it; leaves a filter that hides it."""
        line = self.outline.reveal(ref)
        if line is None and self.filtered:
            self.show_all()
            line = self.outline.reveal(ref)
        if line is None:
            return False
        self.refresh()
        self.go(line, keep=self.rows // 3)
        return True

    def show_matches(self, found: Sequence[NodeRef]) -> None:
        """Only these nodes, with all above them; everything unfolded."""
        self._found = found

        def cut() -> None:
            self._shown = Matches(self._whole, found)
            self.outline = Outline(self._shown)
            self.outline.open_all()

        self.filtered = True
        self._keep(cut)

    def show_all(self) -> None:
        def whole() -> None:
            self._shown = self._whole
            self.outline = Outline(self._whole)

        self.filtered = False
        self._keep(whole)

    def data_moved(self, found: Sequence[NodeRef] | None = None) -> None:
        """The store changed underneath: same unfolding, same node, same row of the screen. `found` is what the
        filter finds now.
        """
        self._found = self._found if found is None else found
        self._badges.clear()

        def again() -> None:
            if self.filtered:
                self._shown = Matches(self._whole, self._found)
            self.outline = self.outline.refreshed(self._shown)

        self._keep(again)

    def _keep(self, change: Callable[[], object]) -> None:
        node, row = self.node, self.cursor - self.top
        above = self.outline.above(self.cursor) if node else ()
        change()
        for ref in (*((node.ref,) if node else ()), *reversed(above)):
            line = self.outline.position(ref)
            if line is None and ref == (node.ref if node else None) and not self.filtered:
                line = self.outline.reveal(ref)
            if line is not None:
                self.go(line, keep=row)
                break
        else:
            self.changed()
        self.refresh()

    # ---- painting

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        line = self.outline.line(index)
        if line is None:
            return ((" ", ""),), ()
        return self._left(line), self._right(line.node, width)

    def _left(self, line: Line) -> list[Piece]:
        node = line.node
        guide = "".join("│ " if goes_on else "  " for goes_on in line.guides[1:])
        sign = ("▾ " if line.unfolded else "▸ ") if node.children else "· "
        pieces: list[Piece] = [(" " + ("  " if line.guides else "") + guide, "guide"), (sign, "guide")]
        if node.ref.kind is Kind.UNASSIGNED:
            pieces.append((self._text.t("tree.unassigned"), "warn"))
        elif node.ref.kind is Kind.CMK:
            pieces += [
                (f"CMK {short(node.label)}", "accent"),
                (f"  {inert(node.name)}" if node.name != node.label else "", ""),
            ]
        elif node.ref.kind is Kind.DATA_KEY:
            named = node.name and node.name != node.label
            first, then = (node.name, node.label) if named and node.label.startswith(LONG) else (node.label, node.name)
            pieces += [(inert(first), ""), (f"  {inert(then)}" if named else "", "dim")]
        else:
            pieces.append((inert(node.name), "strong" if node.ref.kind is Kind.TENANT else ""))
        return pieces

    def _right(self, node: Node, width: int) -> list[Piece]:
        pieces: list[Piece] = []
        if badge := self._badge(node):
            look = "bad" if max(badge) >= Severity.HIGH else "warn"
            pieces.append((f" ! {self._text.number(sum(badge.values()))} ", look))
        elif node.elsewhere:
            pieces.append((" ! ", "bad"))
        if node.stale:
            pieces.append((" … ", "dim"))
        if node.generation.first and width >= NARROW:
            pieces.append((f" {generation_text(node.generation)} ", "" if node.generation.exact else "dim"))
        if node.verdict and width >= NARROW:
            said = verdict_dated(node.verdict, node.verdict_at, self._text) if width >= ROOMY else ""
            pieces.append((f" {said or verdict_word(node.verdict, self._text)} ", verdict_tone(node.verdict)))
        if node.ref.kind is not Kind.DATA_KEY:
            pieces.append((f" {self.counted(node, width)} ", "dim"))
        if node.status is not Status.NONE:
            word = self._text.status(node.status)
            shown = word[:1] if node.status in QUIET or width < 44 else word
            pieces.append((f" {shown} ", tone(node.status)))
        return pieces

    def counted(self, node: Node, width: int) -> str:
        """`3 CMK  8 DK`; on narrow screens only the first that is not none."""
        names = ("cmks", "data_keys", "groups", "copies")
        counts = [(name, n) for name, n in zip(names, astuple(node.counts), strict=True) if n]
        high = node.ref.kind in (Kind.TENANT, Kind.APPLICATION, Kind.UNASSIGNED)
        shown = counts if width >= ROOMY else counts[:1] if high else [c for c in counts if c[0] != "cmks"][:2]
        return "  ".join(self._text.n(f"count.{name}", n) for name, n in shown)
