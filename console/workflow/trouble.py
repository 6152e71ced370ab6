"""What can come between a step and its effect, and what the engine makes of it: wait, pause, or ask a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from console.errors import ConsoleError
from store.run_records import Halt, Sentence

if TYPE_CHECKING:
    from console.workflow.model import Lane


class Nature(StrEnum):
    """PASSING: tried again, then paused. CREDENTIALS: paused at once. LASTING: failed, for a person to look at."""

    PASSING = "passing"
    CREDENTIALS = "credentials"
    LASTING = "lasting"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One sentence on what went wrong, and its nature."""

    nature: Nature
    sentence: Sentence

    @property
    def halt(self) -> Halt:
        return {Nature.PASSING: Halt.AWS, Nature.CREDENTIALS: Halt.CREDENTIALS, Nature.LASTING: Halt.ERROR}[self.nature]


class NotYet(ConsoleError):
    """A step's effect is not ready, though nothing is wrong: tried again, and paused when that takes too long."""


class Stopped(Exception):
    """Somebody asked this run to stop; raised at a checkpoint, out of the step."""


class Lanes(Protocol):
    """Where this desk can act, and with which accounts; what stands behind them is none of the engine's business.

    `refusals` are the exceptions that a step may let out besides ConsoleError.
    """

    @property
    def here(self) -> frozenset[Lane]: ...
    @property
    def refusals(self) -> tuple[type[Exception], ...]: ...
    def account(self, lane: Lane, account_id: str) -> Any:
        """The account to act in, in this lane; of the tenant's accounts the named one.

        Raises:
            ConsoleError: this desk has no way into it.
        """

    def trouble(self, error: Exception, passing: frozenset[str]) -> Trouble:
        """What a refusal or a ConsoleError is; `passing` are error codes that mean *not yet* for this step."""
