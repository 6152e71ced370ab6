"""Wishes about the embedded AWS: keep one up, end it, ask after it, move its clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from console.commands.command import Command, option
from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Services

ACTIONS = ("up", "down", "status", "advance")


@dataclass(frozen=True, slots=True)
class Sandbox(Command):
    """A sandbox that outlives one command."""

    name: ClassVar[str] = "sandbox"
    action: str = option("", positional=True, choices=ACTIONS)
    days: int = option(0, positional=True)
    port: int = option(0, metavar="N")
    latency: float = option(0.0, metavar="MS")
    keys: int = option(0, metavar="N")

    def run(self, services: Services, listen: Callable[[Any], None]) -> Any:
        control = services.sandbox
        if self.action == "up":
            return control.up(port=self.port, latency_ms=self.latency, keys=self.keys)
        if self.action == "down":
            return control.down()
        if self.action == "status":
            return control.status()
        if self.days < 1:
            raise UsageError("usage.advance")
        return control.advance(self.days)


@dataclass(frozen=True, slots=True)
class SandboxState:
    """How the sandbox is: `state` up, down or absent; `moment` its clock (epoch seconds); `environment` the
    variables that make any AWS client speak to it as the central account's administrator.
    """

    state: str
    endpoint: str = ""
    folder: str = ""
    moment: int | None = None
    environment: tuple[tuple[str, str], ...] = ()
