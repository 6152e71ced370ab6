"""Wishes to know what breaks if a CMK is disabled, deleted, rotated, replaced, or its policy changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.errors import UsageError
from store.effects import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.blast import BlastAnswer
    from store.records import NodeRef


@dataclass(frozen=True, slots=True)
class ShowBlast(Command):
    """What is under a CMK and when each part fails; without a scenario all of them, one after another.

    `ref` stands for `cmk` where the node is known already.
    """

    name: ClassVar[str] = "used-by"
    cmk: str = option("", positional=True)
    scenario: str = option("", metavar="disable|delete|rotate|replace|policy")
    ref: NodeRef | None = None

    def run(self, services: Services, listen: Callable[[Any], None]) -> list[BlastAnswer]:
        from console.services.blast import BlastRadius

        scenarios = (scenario_of(self.scenario),) if self.scenario else tuple(Scenario)
        ref = self.ref if self.ref is not None else services.catalog.find(self.cmk)
        return BlastRadius(services.store, services.settings).of(ref, scenarios)


def scenario_of(text: str) -> Scenario:
    """The scenario of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return Scenario(text.strip().lower())
    except ValueError as error:
        raise UsageError("blast.scenario", value=text, allowed=", ".join(Scenario)) from error
