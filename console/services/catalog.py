"""What the cache says, for one session: the hierarchy, sheets of facts, matches and HBK dates, within its scope."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from console.errors import NotFound, UsageError
from console.services.picked import Picked
from console.text.paths import split_path
from store.records import ROOT, Kind
from store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from console.services.redaction import Redactor
    from console.settings import Settings
    from store.answers import DataKey, Hit, Rotation, Sheet
    from store.cmks import Cmks
    from store.database import Store
    from store.lookup import Lookup
    from store.narrow import Asked
    from store.records import Node, NodeRef, Overview
    from store.rotations import Rotations
    from store.sightings import Sightings
    from store.verdicts import Verdicts

DAY = 86400
WINDOW = 500


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One line of a printed hierarchy: how deep, which node, and the names from the tenant down to it."""

    depth: int
    node: Node
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataKeyRows:
    """The data keys under one CMK as windows; `count()` rows in all."""

    cmks: Cmks
    redactor: Redactor
    cmk_id: int
    size: int

    def count(self) -> int:
        return self.size

    def window(self, start: int, stop: int) -> list[DataKey]:
        return [self.redactor.data_key(key) for key in self.cmks.data_keys(self.cmk_id, start, stop - start)]

    def narrowed(self, asked: Asked, stop: Callable[[], bool]) -> Picked:
        """Those that answer to a filter, in an order. Raises StoreError."""
        return Picked(self.cmks.narrowed(self.cmk_id, asked, stop), self.those)

    def those(self, ids: Iterable[int]) -> list[DataKey]:
        return [self.redactor.data_key(key) for key in self.cmks.those(self.cmk_id, ids)]


@dataclass(frozen=True, slots=True)
class RotationRows:
    """HBK dates as windows: coming ones, or the past."""

    rotations: Rotations
    within: NodeRef | None
    until: int | None
    history: bool
    now: int | None = None  # what is overdue then

    def count(self) -> int:
        if self.history:
            return self.rotations.count_history(self.within)
        return self.rotations.count_due(self.within, self.until)

    def window(self, start: int, stop: int) -> list[Rotation]:
        if self.history:
            return self.rotations.history(self.within, start, stop - start)
        return self.rotations.due(self.within, self.until, start, stop - start, self.now)

    def all(self) -> Iterator[Rotation]:
        for start in range(0, self.count(), WINDOW):
            yield from self.window(start, start + WINDOW)


class Catalog(Tree):
    """The store's tree, bound to the session's scope, with the answers that need more than one table."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], float] = time.time) -> None:
        super().__init__(store, settings.scope)
        self._store = store
        self._settings = settings
        self._now = now

    @cached_property
    def cmks(self) -> Cmks:
        from store.cmks import Cmks

        return Cmks(self._store, self._settings.scope)

    @cached_property
    def sightings(self) -> Sightings:
        from store.sightings import Sightings

        return Sightings(self._store, self._settings.scope)

    @cached_property
    def verdicts(self) -> Verdicts:
        from store.verdicts import Verdicts

        return Verdicts(self._store, self._settings.scope)

    @cached_property
    def _lookup(self) -> Lookup:
        from store.lookup import Lookup

        return Lookup(self._store, self._settings.scope)

    def branch(self, path: str) -> NodeRef | None:
        """The node that a typed path names; None for ''.

        Raises:
            NotFound: nothing (in scope) stands there.
        """
        if not split_path(path):
            return None
        ref = self.resolve(split_path(path))
        if ref is None:
            raise NotFound("not_found.path", path=path)
        return ref

    def rows(self, path: str, depth: int) -> list[TreeRow]:
        """Every node at and below `path`, at most `depth` levels deep (0: all)."""
        top = self.branch(path)
        if top is None:
            return list(self._below(ROOT, (), 0, depth or 99))
        node = self.node(top)
        if node is None:
            raise NotFound("not_found.path", path=path)
        names = self.typed(top)
        return [TreeRow(0, node, names), *self._below(top, names, 1, depth or 99)]

    def typed(self, ref: NodeRef) -> tuple[str, ...]:
        """The path that leads back to this node: names of places, ids of CMKs and data keys."""
        nodes = [self.node(step) for step in (*self.ancestors(ref), ref)]
        return tuple(node.label if node.ref.kind in _BY_ID else node.name for node in nodes if node)

    def _below(self, ref: NodeRef, names: tuple[str, ...], level: int, depth: int) -> Iterator[TreeRow]:
        if level >= depth:
            return
        for start in range(0, self.count(ref), WINDOW):
            for node in self.children(ref, start, WINDOW):
                path = (*names, node.label if node.ref.kind in _BY_ID else node.name)
                yield TreeRow(level, node, path)
                if node.children:
                    yield from self._below(node.ref, path, level + 1, depth)

    def find(self, text: str) -> NodeRef:
        """The one node that `text` names.

        Raises:
            UsageError: nothing was given, or several things have that name (the sentence lists them).
            NotFound: nothing in the cache (and in scope) is called that.
        """
        if not text.strip():
            raise UsageError("usage.show")
        steps = split_path(text)
        if len(steps) > 1 and (there := self.resolve(steps)) is not None:
            return there
        hits = self._lookup.resolve(text.strip())
        if not hits:
            raise NotFound("not_found.thing", thing=text.strip()[:200])
        if len(hits) > 1:
            raise UsageError("usage.ambiguous", thing=text.strip()[:200], hits=_listed(hits))
        return hits[0].ref

    def named(self, text: str) -> list[NodeRef]:
        """Every node in sight that `text` (an id, ARN, alias or path) names exactly."""
        return [hit.ref for hit in self._lookup.resolve(text)]

    def search(self, text: str, limit: int) -> list[Hit]:
        if not text.strip():
            raise UsageError("usage.search")
        return self._lookup.search(text, limit)

    def sheet(self, ref: NodeRef) -> Sheet:
        from console.services.sheets import Sheets

        return self._redactor.sheet(Sheets(self, self.cmks, self._settings).sheet(ref))

    def data_keys(self, ref: NodeRef) -> DataKeyRows:
        if ref.kind is not Kind.CMK:
            return DataKeyRows(self.cmks, self._redactor, 0, 0)
        return DataKeyRows(self.cmks, self._redactor, ref.id, self.count(ref))

    def materials(self, ref: NodeRef) -> list[Rotation]:
        rows = self.rotations(ref, days=None, history=True)
        return list(reversed(list(rows.all())))

    def rotations(self, within: NodeRef | None, *, days: int | None, history: bool) -> RotationRows:
        until = None if days is None else int(self._now()) + days * DAY
        from store.rotations import Rotations

        return RotationRows(Rotations(self._store, self._settings.scope), within, until, history, int(self._now()))

    def overview(self) -> Overview:
        from store.syncs import Syncs

        told = Syncs(self._store).overview(self._settings.scope)
        return replace(told, gaps=self._redactor.gaps(told.gaps))

    @cached_property
    def _redactor(self) -> Redactor:
        from console.services.redaction import Redactor

        return Redactor(self._settings)


_BY_ID = (Kind.CMK, Kind.DATA_KEY)
"""What a typed path names by id: names of keys and resources need not be unique."""


def _listed(hits: list[Hit]) -> str:
    shown = [" / ".join((*hit.path, hit.label or hit.name)) for hit in hits[:5]]
    return ", ".join(shown) + (" …" if len(hits) > 5 else "")
