"""Wishes to know what CMKs cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.cost import Cost
    from store.records import NodeRef


@dataclass(frozen=True, slots=True)
class ShowCost(Command):
    """A month's fees of a branch and of each node right below it, now and in 12 and 36 months.

    `ref` stands for `path` where the node is known already.
    """

    name: ClassVar[str] = "cost"
    path: str = option("", positional=True)
    ref: NodeRef | None = None

    def run(self, services: Services, listen: Callable[[Any], None]) -> Cost:
        from console.services.cost import cost_of

        within = self.ref if self.ref is not None else services.catalog.branch(self.path)
        return cost_of(services.store, services.settings, services.catalog, within)
