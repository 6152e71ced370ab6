"""Wishes to look: the tree, a search, and what the screens ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.policy import Grant

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.catalog import Catalog, DataKeyRows, TreeRow
    from store.answers import Hit, Rotation, Sheet
    from store.records import NodeRef, Overview


@dataclass(frozen=True, slots=True)
class ShowTree(Command):
    """The hierarchy below a path, as rows from top to bottom."""

    name: ClassVar[str] = "tree"
    path: str = option("", positional=True)
    depth: int = option(0, metavar="N")
    asof: str = option("", metavar="2026-03-14")

    def run(self, services: Services, listen: Callable[[Any], None]) -> list[TreeRow]:
        return services.at(self.asof).catalog.rows(self.path, self.depth)


@dataclass(frozen=True, slots=True)
class Search(Command):
    """Matches of every kind; every word typed must match."""

    name: ClassVar[str] = "search"
    text: str = option("", positional=True)
    limit: int = option(50, metavar="N")

    def run(self, services: Services, listen: Callable[[Any], None]) -> list[Hit]:
        return services.catalog.search(self.text, self.limit)


@dataclass(frozen=True, slots=True)
class BrowseTree(Command):
    """The hierarchy as a view that answers windows; bound to the session's scope."""

    name: ClassVar[str] = "tree.browse"

    def run(self, services: Services, listen: Callable[[Any], None]) -> Catalog:
        return services.catalog


@dataclass(frozen=True, slots=True)
class Inspect(Command):
    """All facts of one node."""

    name: ClassVar[str] = "tree.inspect"
    ref: NodeRef = None  # type: ignore[assignment]

    def run(self, services: Services, listen: Callable[[Any], None]) -> Sheet:
        return services.catalog.sheet(self.ref)


@dataclass(frozen=True, slots=True)
class ShowRaw(Command):
    """What the store holds of one node, as JSON."""

    name: ClassVar[str] = "tree.raw"
    needs: ClassVar[Grant] = Grant.WHOLE
    ref: NodeRef = None  # type: ignore[assignment]

    def run(self, services: Services, listen: Callable[[Any], None]) -> str:
        return services.catalog.sheet(self.ref).raw


@dataclass(frozen=True, slots=True)
class ListDataKeys(Command):
    """The data keys under one CMK, as windows."""

    name: ClassVar[str] = "tree.data_keys"
    ref: NodeRef = None  # type: ignore[assignment]

    def run(self, services: Services, listen: Callable[[Any], None]) -> DataKeyRows:
        return services.catalog.data_keys(self.ref)


@dataclass(frozen=True, slots=True)
class ListMaterials(Command):
    """The HBK generations of one CMK, oldest first."""

    name: ClassVar[str] = "tree.materials"
    ref: NodeRef = None  # type: ignore[assignment]

    def run(self, services: Services, listen: Callable[[Any], None]) -> list[Rotation]:
        return services.catalog.materials(self.ref)


@dataclass(frozen=True, slots=True)
class GetOverview(Command):
    """Sizes, ages and gaps of the whole cache."""

    name: ClassVar[str] = "overview"

    def run(self, services: Services, listen: Callable[[Any], None]) -> Overview:
        return services.catalog.overview()
