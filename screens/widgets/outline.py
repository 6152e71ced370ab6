"""Which line shows which node: a sparse tree of what is unfolded, over a hierarchy that is asked in windows."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from store.records import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from store.records import Node, NodeRef

WINDOW = 64
"""Children asked for at once."""

KEPT = 256
"""Windows kept; 16,000 nodes."""


class Hierarchy(Protocol):
    """What the outline asks; each answer is quick at any size."""

    def count(self, ref: NodeRef) -> int: ...
    def children(self, ref: NodeRef, offset: int, limit: int) -> list[Node]: ...
    def index(self, ref: NodeRef) -> int | None: ...
    def ancestors(self, ref: NodeRef) -> tuple[NodeRef, ...]: ...
    def branches(self) -> Iterator[tuple[NodeRef, NodeRef, int, int]]: ...


class Branch:
    """One unfolded node: how many children, which of them are unfolded too, and how many lines that makes."""

    __slots__ = ("at", "index", "kids", "order", "ref", "size", "starts", "up")

    def __init__(self, ref: NodeRef, up: Branch | None, index: int, size: int) -> None:
        self.ref, self.up, self.index, self.size = ref, up, index, size
        self.kids: dict[int, Branch] | None = None
        self.order: list[int] | None = None  # indexes of unfolded children, sorted
        self.starts: list[int] | None = None  # the line of each of those, within this branch
        self.at = size  # lines below this branch, itself not counted

    def settle(self) -> None:
        """Recount after a child was folded, unfolded or changed its length."""
        self.order = sorted(self.kids) if self.kids else None
        self.starts = None
        extra = 0
        if self.kids and self.order:
            starts = []
            for index in self.order:
                starts.append(index + extra)
                extra += self.kids[index].at
            self.starts = starts
        self.at = self.size + extra


@dataclass(frozen=True, slots=True)
class Line:
    """What stands on a line: the node, how deep, and per level whether a guide goes on below it."""

    node: Node
    depth: int
    guides: tuple[bool, ...]
    last: bool
    unfolded: bool


class Outline:
    """The visible lines of a hierarchy; each look-up costs a few bisections, however many lines there are."""

    def __init__(self, source: Hierarchy) -> None:
        self._source = source
        self._pages: OrderedDict[tuple[NodeRef, int], list[Node]] = OrderedDict()
        self._open: dict[NodeRef, Branch] = {}
        self.root = Branch(ROOT, None, 0, source.count(ROOT))

    def __len__(self) -> int:
        return self.root.at

    def line(self, position: int) -> Line | None:
        """The line at `position`; None below the last one, or when the node has just gone."""
        branch, index = self._locate(position)
        node = self._child(branch, index)
        if node is None:
            return None
        unfolded = bool(branch.kids and index in branch.kids)
        guides = []
        up: Branch | None = branch
        while up is not None and up.up is not None:
            guides.append(up.index < up.up.size - 1)
            up = up.up
        return Line(node, len(guides), tuple(reversed(guides)), index == branch.size - 1, unfolded)

    def above(self, position: int) -> tuple[NodeRef, ...]:
        """What the node on this line stands under, from the top, as this outline knows it: it may have gone since."""
        branch: Branch | None = self._locate(position)[0]
        refs = []
        while branch is not None and branch.up is not None:
            refs.append(branch.ref)
            branch = branch.up
        return tuple(reversed(refs))

    def _locate(self, position: int) -> tuple[Branch, int]:
        branch, offset = self.root, position
        while branch.starts and branch.order and branch.kids:
            at = bisect_right(branch.starts, offset) - 1
            if at < 0:
                break
            index = branch.order[at]
            within = offset - branch.starts[at]
            kid = branch.kids[index]
            if within == 0:
                return branch, index
            if within > kid.at:
                return branch, index + within - kid.at
            branch, offset = kid, within - 1
        return branch, offset

    def _child(self, branch: Branch, index: int) -> Node | None:
        key = (branch.ref, index // WINDOW)
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = self._source.children(branch.ref, key[1] * WINDOW, WINDOW)
            if len(self._pages) > KEPT:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(key)
        within = index % WINDOW
        return page[within] if within < len(page) else None

    def is_open(self, ref: NodeRef) -> bool:
        return ref in self._open

    def position(self, ref: NodeRef) -> int | None:
        """The line of `ref`, if everything above it is unfolded."""
        index = self._source.index(ref)
        if index is None:
            return None
        above = self._source.ancestors(ref)
        branch = self._open.get(above[-1]) if above else self.root
        return None if branch is None else self._line_of(branch, index)

    @staticmethod
    def _line_of(branch: Branch, index: int) -> int:
        total = 0
        here: Branch | None = branch
        while here is not None:
            at = bisect_right(here.order, index - 1) if here.order else 0
            line = index + sum(here.kids[i].at for i in here.order[:at]) if here.order and here.kids else index
            total += line
            if here.up is None:
                return total
            total += 1
            index, here = here.index, here.up
        return total

    def open(self, position: int) -> bool:
        """Unfold the node on this line; False when it has nothing below it or is unfolded already."""
        branch, index = self._locate(position)
        node = self._child(branch, index)
        if node is None or not node.children or (branch.kids and index in branch.kids):
            return False
        self._attach(branch, index, node.ref, self._source.count(node.ref))
        self._resettle(branch)
        return True

    def _attach(self, branch: Branch, index: int, ref: NodeRef, size: int) -> Branch:
        kid = Branch(ref, branch, index, size)
        if branch.kids is None:
            branch.kids = {}
        branch.kids[index] = kid
        self._open[ref] = kid
        return kid

    @staticmethod
    def _resettle(branch: Branch | None) -> None:
        while branch is not None:
            branch.settle()
            branch = branch.up

    def close(self, ref: NodeRef) -> bool:
        """Fold the node, and forget what was unfolded below it."""
        kid = self._open.get(ref)
        if kid is None or kid.up is None or not kid.up.kids:
            return False
        self._forget(kid)
        del kid.up.kids[kid.index]
        self._resettle(kid.up)
        return True

    def _forget(self, branch: Branch) -> None:
        self._open.pop(branch.ref, None)
        for kid in (branch.kids or {}).values():
            self._forget(kid)

    def reveal(self, ref: NodeRef) -> int | None:
        """Unfold all above `ref`; its line, or None when it is not there."""
        for above in self._source.ancestors(ref):
            if above not in self._open:
                line = self.position(above)
                if line is None or not self.open(line):
                    return None
        return self.position(ref)

    def open_all(self, branches: Iterable[tuple[NodeRef, NodeRef, int, int]] | None = None) -> None:
        """Unfold everything, from a preorder of (node, parent, index, children)."""
        self._open = {}
        self.root = Branch(ROOT, None, 0, self._source.count(ROOT))
        made = []
        for ref, parent, index, size in branches if branches is not None else self._source.branches():
            up = self.root if parent == ROOT else self._open.get(parent)
            if up is not None:
                made.append(self._attach(up, index, ref, size))
        for branch in reversed(made):
            branch.settle()
        self.root.settle()

    def refreshed(self, source: Hierarchy | None = None) -> Outline:
        """The same view after the data moved: what was unfolded stays so, where it still exists."""
        fresh = Outline(source or self._source)
        for branch in self._preorder(self.root):
            if branch.up is None:
                continue
            up = fresh.root if branch.up.up is None else fresh._open.get(branch.up.ref)
            index = fresh._source.index(branch.ref)
            size = fresh._source.count(branch.ref) if index is not None else 0
            if up is not None and index is not None and size:
                fresh._attach(up, index, branch.ref, size)
        for branch in reversed(list(fresh._open.values())):
            branch.settle()
        fresh.root.settle()
        return fresh

    def _preorder(self, branch: Branch) -> Iterator[Branch]:
        yield branch
        for kid in (branch.kids or {}).values():
            yield from self._preorder(kid)


class Matches:
    """A hierarchy cut down to some nodes and all above them; a match keeps everything below it."""

    def __init__(self, whole: Hierarchy, found: Iterable[NodeRef]) -> None:
        self._whole = whole
        self._below: dict[NodeRef, dict[NodeRef, int]] = {}
        self._order: dict[NodeRef, list[NodeRef]] = {}
        for ref in found:
            chain = (ROOT, *whole.ancestors(ref), ref)
            for up, down in itertools.pairwise(chain):
                self._below.setdefault(up, {})[down] = -1

    def count(self, ref: NodeRef) -> int:
        return len(self._sorted(ref)) if ref in self._below or ref == ROOT else self._whole.count(ref)

    def _sorted(self, ref: NodeRef) -> list[NodeRef]:
        if ref not in self._order:
            kids = {kid: self._whole.index(kid) for kid in self._below.get(ref, ())}
            there = {kid: at for kid, at in kids.items() if at is not None}
            self._order[ref] = sorted(there, key=there.__getitem__)
        return self._order[ref]

    def children(self, ref: NodeRef, offset: int, limit: int) -> list[Node]:
        if ref not in self._below and ref != ROOT:
            return self._whole.children(ref, offset, limit)
        found = []
        for kid in self._sorted(ref)[offset : offset + limit]:
            at = self._whole.index(kid)
            found += self._whole.children(ref, at, 1) if at is not None else []
        return found

    def index(self, ref: NodeRef) -> int | None:
        above = self._whole.ancestors(ref)
        up = above[-1] if above else ROOT
        if up not in self._below:
            return self._whole.index(ref)
        kids = self._sorted(up)
        return kids.index(ref) if ref in kids else None

    def ancestors(self, ref: NodeRef) -> tuple[NodeRef, ...]:
        return self._whole.ancestors(ref)

    def branches(self) -> Iterator[tuple[NodeRef, NodeRef, int, int]]:
        return self._walk(ROOT)

    def _walk(self, ref: NodeRef) -> Iterator[tuple[NodeRef, NodeRef, int, int]]:
        for at, kid in enumerate(self._sorted(ref)):
            if kid in self._below:
                yield kid, ref, at, self.count(kid)
                yield from self._walk(kid)
