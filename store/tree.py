"""The hierarchy as a screen walks it: windows of children, positions and paths, each in well under a millisecond."""
# ruff: noqa: S608 - statements are put together once, from the column lists of store.nodes

from __future__ import annotations

from typing import TYPE_CHECKING

from store.below import ordered, standing
from store.filters import Filter
from store.nodes import (
    CMK_COLUMNS,
    DATA_KEY_COLUMNS,
    OTHER_CMK,
    PLACE_COLUMNS,
    Row,
    cmk_node,
    data_key_node,
    path_text,
    place_node,
    place_ref,
)
from store.paths import ancestors, names, resolve
from store.records import ROOT, UNASSIGNED, Kind, Node, NodeRef
from store.sight import Sight

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from store.database import Store
    from store.records import Scope

_PLACE = f"SELECT {PLACE_COLUMNS} FROM place WHERE id = ?"
_CMK = f"SELECT {CMK_COLUMNS} FROM cmk WHERE id = ?"
_DATA_KEY = f"SELECT {DATA_KEY_COLUMNS} FROM data_key WHERE id = ?"
_PLACES = f"SELECT {PLACE_COLUMNS} FROM place WHERE parent_id = ? ORDER BY sort, id LIMIT ? OFFSET ?"
_CMKS = f"SELECT {CMK_COLUMNS} FROM cmk WHERE place_id = ? ORDER BY sort, id LIMIT ? OFFSET ?"
_LOOSE = f"SELECT {DATA_KEY_COLUMNS} FROM data_key WHERE cmk_id = 0 AND place_id = ? ORDER BY sort, id LIMIT ? OFFSET ?"
_DATA_KEYS = f"SELECT {DATA_KEY_COLUMNS} FROM data_key WHERE cmk_id = ? ORDER BY sort, id LIMIT ? OFFSET ?"

# How many stand before a row among its siblings: the index alone answers.
_BEFORE = "SELECT count(*) FROM {table} WHERE {group} AND (sort, id) < (SELECT sort, id FROM {table} WHERE id = ?)"
_BEFORE_PLACE = _BEFORE.format(table="place", group="parent_id = ?")
_BEFORE_CMK = _BEFORE.format(table="cmk", group="place_id = ?")
_BEFORE_LOOSE = _BEFORE.format(table="data_key", group="cmk_id = 0 AND place_id = ?")
_BEFORE_DATA_KEY = _BEFORE.format(table="data_key", group="cmk_id = ?")


class Tree:
    """Tenants, applications, environments, CMKs and data keys, as far as the scope lets them be seen.

    Children stand in this order: places by name, CMKs by name, then data keys under no CMK of ours. All methods
    raise StoreError. A ref that is gone or out of sight counts 0 children and is None.
    """

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._sight = Sight(store, scope)

    def count(self, ref: NodeRef) -> int:
        """How many direct children."""
        with self._store.snapshot() as reader:
            if ref == ROOT:
                return sum(total for total, _ in self._segments(reader, ref))
            node = self._node(reader, ref)
            return node.children if node else 0

    def children(self, ref: NodeRef, offset: int, limit: int) -> list[Node]:
        """The children from position `offset` on, at most `limit`."""
        found: list[Node] = []
        with self._store.snapshot() as reader:
            for total, page in self._segments(reader, ref):
                if offset < total and len(found) < limit:
                    found += page(offset, min(limit - len(found), total - offset))
                offset = max(0, offset - total)
        return found

    def node(self, ref: NodeRef) -> Node | None:
        """The line of one node."""
        with self._store.snapshot() as reader:
            return self._node(reader, ref)

    def parent(self, ref: NodeRef) -> NodeRef | None:
        """The node that it stands under; ROOT for a tenant; None for ROOT itself and what is not there."""
        if ref == ROOT:
            return None
        with self._store.snapshot() as reader:
            if self._node(reader, ref) is None:
                return None
            above = ancestors(reader, ref, self._sight)
            return above[-1] if above else ROOT

    def index(self, ref: NodeRef) -> int | None:
        """The position among its siblings, from 0."""
        with self._store.snapshot() as reader:
            return self._index(reader, ref)

    def ancestors(self, ref: NodeRef) -> tuple[NodeRef, ...]:
        """From the tenant down, without the node itself."""
        with self._store.snapshot() as reader:
            return ancestors(reader, ref, self._sight) if self._node(reader, ref) else ()

    def path(self, ref: NodeRef) -> tuple[str, ...]:
        """Names from the tenant down to the node itself; `resolve` takes them back where they are unique."""
        with self._store.snapshot() as reader:
            above = ancestors(reader, ref, self._sight)
            nodes = (self._node(reader, each) for each in (*above, ref))
            return tuple(node.name for node in nodes if node)

    def resolve(self, path: Sequence[str]) -> NodeRef | None:
        """The node that these names lead to, one a level: names (also in other case, when that names one only),
        below a place key ids, ARNs and aliases, below a CMK resource ids. () is ROOT.
        """
        with self._store.snapshot() as reader:
            ref = ROOT
            for name in path:
                below = resolve(reader, ref, name, self._sight)
                if below is None or self._node(reader, below) is None:
                    return None
                ref = below
            return ref

    def branches(self) -> Iterator[tuple[NodeRef, NodeRef, int, int]]:
        """Every node with children, in the order of the tree: (ref, parent, index among siblings, children).

        Meant for a worker: it reads a tenant at a time and is done after some 90,000 items of a large estate.
        """
        for position, node in enumerate(self.children(ROOT, 0, self.count(ROOT))):
            yield from self._branch(node, ROOT, position)

    def filter(self, text: str, limit: int = 2000, within: NodeRef | None = None) -> list[NodeRef]:
        """Nodes whose name or id holds all the words; see store.filters for `col:value` and `!not`. `within` keeps
        to one branch.

        Reads the whole estate, so for a worker; `Store.interrupt` stops it (StoreInterrupted).
        """
        with self._store.snapshot() as reader:
            return Filter(text, within).find(reader, self._sight, limit)

    # -- one node ------------------------------------------------------------------------------------------------

    def _node(self, reader: sqlite3.Connection, ref: NodeRef) -> Node | None:
        if ref.kind is Kind.CMK:
            row = reader.execute(_CMK, (ref.id,)).fetchone()
            return cmk_node(row) if row and self._sight.covers(row[-2], row[-1]) else None
        if ref.kind is Kind.DATA_KEY:
            row = reader.execute(_DATA_KEY, (ref.id,)).fetchone()
            return self._data_key(reader, row) if row else None
        return self._place(reader, ref)

    def _place(self, reader: sqlite3.Connection, ref: NodeRef) -> Node | None:
        row = reader.execute(_PLACE, (ref.id,)).fetchone()
        if row is None or place_ref(row[1], row[0]) != ref or not self._sight.covers_place(row[1], row[11], row[12]):
            return None
        return self._place_node(reader, row)

    def _place_node(self, reader: sqlite3.Connection, row: Row) -> Node:
        tenant, application = self._sight.branch
        if application and row[0] == tenant:
            # Of the tenant only one application is in sight: its counts are the tenant's.
            below = reader.execute(_PLACE, (application,)).fetchone()
            counts, stale = below[3:7], below[10]
            row = (*row[:3], *counts, 1, 0, 0, stale, *row[11:])
        return place_node(row, self._sight)

    def _data_key(self, reader: sqlite3.Connection, row: Row) -> Node | None:
        elsewhere, cmk_id, place_id, tenant_id, application_id = row[6:11]
        if self._sight.whole:
            away = path_text(names(reader, place_id)) if elsewhere else ""
            return data_key_node(row, self._sight, away)
        cmk = reader.execute("SELECT tenant_id, application_id FROM cmk WHERE id = ?", (cmk_id,)).fetchone()
        below_visible = cmk is not None and self._sight.covers(*cmk)
        if not below_visible and not self._sight.covers(tenant_id, application_id):
            return None
        away = path_text(names(reader, place_id)) if elsewhere and below_visible else ""
        node = data_key_node(row, self._sight, away)
        return node if below_visible or not cmk_id else _stray(node)

    # -- windows -------------------------------------------------------------------------------------------------

    def _segments(self, reader: sqlite3.Connection, ref: NodeRef) -> list[tuple[int, Callable[[int, int], list[Node]]]]:
        """The kinds of children in their order: how many, and how to get a window of them."""
        if ref == ROOT:
            return self._roots(reader)
        node = self._node(reader, ref)
        if node is None or not node.children:
            return []
        if ref.kind is Kind.CMK:
            return [(node.children, lambda at, n: self._below_cmk(reader, ref.id, at, n))]
        return self._below_place(reader, ref)

    def _roots(self, reader: sqlite3.Connection) -> list[tuple[int, Callable[[int, int], list[Node]]]]:
        if not self._sight.whole:
            mine = self._node(reader, NodeRef(Kind.TENANT, self._sight.branch[0]))
            return [(1, lambda _at, _n: [mine])] if mine else []
        total = reader.execute("SELECT count(*) FROM place WHERE parent_id = 0").fetchone()[0]
        rest = self._node(reader, UNASSIGNED)
        segments = [(total, lambda at, n: self._places(reader, 0, at, n))]
        if rest and rest.children:
            segments.append((1, lambda _at, _n: [rest]))
        return segments

    def _below_place(
        self, reader: sqlite3.Connection, ref: NodeRef
    ) -> list[tuple[int, Callable[[int, int], list[Node]]]]:
        tenant, application = self._sight.branch
        if application and ref.id == tenant:
            mine = self._node(reader, NodeRef(Kind.APPLICATION, application))
            return [(1, lambda _at, _n: [mine])] if mine else []
        places, cmks, loose = reader.execute(
            "SELECT places, own_cmks, loose FROM place WHERE id = ?", (ref.id,)
        ).fetchone()
        strays = self._sight.strays(ref.id)
        return [
            (places, lambda at, n: self._places(reader, ref.id, at, n)),
            (cmks, lambda at, n: [cmk_node(row) for row in reader.execute(_CMKS, (ref.id, n, at))]),
            (loose, lambda at, n: self._data_keys(reader, _LOOSE, ref.id, at, n)),
            (len(strays), lambda at, n: [self._stray(reader, stray[0]) for stray in strays[at : at + n]]),
        ]

    def _places(self, reader: sqlite3.Connection, parent: int, offset: int, limit: int) -> list[Node]:
        return [place_node(row, self._sight) for row in reader.execute(_PLACES, (parent, limit, offset))]

    def _data_keys(self, reader: sqlite3.Connection, sql: str, group: int, offset: int, limit: int) -> list[Node]:
        rows = reader.execute(sql, (group, limit, offset)).fetchall()
        return [data_key_node(row, self._sight, path_text(names(reader, row[8])) if row[6] else "") for row in rows]

    def _below_cmk(self, reader: sqlite3.Connection, cmk_id: int, offset: int, limit: int) -> list[Node]:
        hidden = self._sight.hidden_below(cmk_id)
        if not hidden:
            return self._data_keys(reader, _DATA_KEYS, cmk_id, offset, limit)
        nodes = (self._node(reader, NodeRef(Kind.DATA_KEY, i)) for i in ordered(reader, cmk_id, hidden, offset, limit))
        return [node for node in nodes if node is not None]

    def _stray(self, reader: sqlite3.Connection, id_: int) -> Node:
        return _stray(data_key_node(reader.execute(_DATA_KEY, (id_,)).fetchone(), self._sight, ""))

    # -- positions -----------------------------------------------------------------------------------------------

    def _index(self, reader: sqlite3.Connection, ref: NodeRef) -> int | None:
        if ref == ROOT or self._node(reader, ref) is None:
            return None
        if ref.kind is Kind.CMK:
            place = reader.execute("SELECT place_id FROM cmk WHERE id = ?", (ref.id,)).fetchone()[0]
            return _before(reader, _BEFORE_CMK, place, ref.id) + _total(reader, "places", place)
        if ref.kind is Kind.DATA_KEY:
            return self._index_of_data_key(reader, ref)
        return self._index_of_place(reader, ref)

    def _index_of_place(self, reader: sqlite3.Connection, ref: NodeRef) -> int:
        if ref == UNASSIGNED:
            return int(reader.execute("SELECT count(*) FROM place WHERE parent_id = 0").fetchone()[0])
        if ref.id in self._sight.branch:
            return 0 if ref.kind is Kind.TENANT or self._sight.branch[1] else self._before_place(reader, ref)
        return self._before_place(reader, ref)

    def _before_place(self, reader: sqlite3.Connection, ref: NodeRef) -> int:
        parent = reader.execute("SELECT parent_id FROM place WHERE id = ?", (ref.id,)).fetchone()[0]
        return _before(reader, _BEFORE_PLACE, parent, ref.id)

    def _index_of_data_key(self, reader: sqlite3.Connection, ref: NodeRef) -> int:
        cmk, place = reader.execute("SELECT cmk_id, place_id FROM data_key WHERE id = ?", (ref.id,)).fetchone()
        strays = [stray[0] for stray in self._sight.strays(place)]
        if ref.id in strays:
            return _total(reader, "places + own_cmks + loose", place) + strays.index(ref.id)
        if cmk:
            before = _before(reader, _BEFORE_DATA_KEY, cmk, ref.id)
            hidden = self._sight.hidden_below(cmk)
            return standing(reader, cmk, hidden, ref.id, before) if hidden else before
        return _total(reader, "places + own_cmks", place) + _before(reader, _BEFORE_LOOSE, place, ref.id)

    # -- expand all ----------------------------------------------------------------------------------------------

    def _branch(self, node: Node, parent: NodeRef, position: int) -> Iterator[tuple[NodeRef, NodeRef, int, int]]:
        if not node.children:
            return
        yield node.ref, parent, position, node.children
        if node.ref.kind is Kind.CMK:
            return
        for index, child in enumerate(self._branching(node.ref)):
            yield from self._branch(child, node.ref, index)

    def _branching(self, ref: NodeRef) -> list[Node]:
        """The children that may have children: places and CMKs, which stand before all data keys."""
        with self._store.snapshot() as reader:
            segments = self._segments(reader, ref)
            return [node for total, page in segments[:2] for node in page(0, total)]


def _stray(node: Node) -> Node:
    return Node(
        node.ref, node.name, node.label, node.status, stale=node.stale, note=OTHER_CMK, verdict=node.verdict,
        verdict_at=node.verdict_at,
    )  # fmt: skip


def _before(reader: sqlite3.Connection, sql: str, group: int, id_: int) -> int:
    return int(reader.execute(sql, (group, id_)).fetchone()[0])


def _total(reader: sqlite3.Connection, columns: str, place: int) -> int:
    """Children of a place that stand before; place 0 has no places as children."""
    return int(reader.execute(f"SELECT {columns} FROM place WHERE id = ?", (place,)).fetchone()[0])
