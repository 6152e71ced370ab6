"""Wishes to see the numbers of the estate at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services
    from console.services.pulse import Pulse
    from store.records import NodeRef


@dataclass(frozen=True, slots=True)
class ShowPulse(Command):
    """Findings by severity, CMKs by state and rotation, data keys by age, kind and status, the health of the sync.

    `ref` stands for `path` where the node is known already.
    """

    name: ClassVar[str] = "pulse"
    path: str = option("", positional=True)
    ref: NodeRef | None = None

    def run(self, services: Services, listen: Callable[[Any], None]) -> Pulse:
        from console.services.pulse import take_pulse

        within = self.ref if self.ref is not None else services.catalog.branch(self.path)
        return take_pulse(services.store, services.settings, services.catalog, within)
