"""What a step has in its hands while it acts: what is known, its accounts, its cursor and its client token."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from console.workflow.model import Known, Lane, Step
    from console.workflow.trouble import Lanes
    from store.run_records import Json, Sentence

MINUTE = 60.0


class Desk(Protocol):
    """The engine's side of a context: it keeps the cursor, and lets a step wait."""

    def save(self, cursor: Json, done: int, total: int) -> None: ...
    def wait(self, seconds: float) -> None: ...
    def now(self) -> float: ...


@dataclass(slots=True)
class Context:
    """A step at work. `answer` are its own answers, `output` its own output (for `undo`), `plan` what it said before.

    `cursor` is what it last saved, by this process or by one that was killed. `house` is what there is of our own
    beside AWS, as whoever assembled the engine handed it in (`console.workflows.house.House`).
    """

    known: Known
    step: Step
    answer: Json
    plan: Sentence
    cursor: Json
    output: Json
    _lanes: Lanes
    _desk: Desk
    house: Any = None

    @property
    def run_id(self) -> str:
        return self.known.run_id

    @property
    def facts(self) -> Json:
        return self.known.facts

    @property
    def outputs(self) -> dict[str, Json]:
        """Of the steps before this one, by name."""
        return self.known.outputs

    @property
    def answers(self) -> dict[str, Json]:
        return self.known.answers

    @property
    def token(self) -> str:
        """A client token, always the same for this step of this run: a UUID, as AWS's idempotent calls take it."""
        return self.token_for("")

    def token_for(self, part: str) -> str:
        """The same for one of several calls of this step."""
        digest = hashlib.sha256(f"{self.run_id}\0{self.step.name}\0{part}".encode()).digest()
        return str(UUID(bytes=digest[:16], version=4))

    def account(self, account_id: str = "", lane: Lane | None = None) -> Any:
        """The account to act in: of this step's lane, or of another that this desk has; `.client(service, region)`."""
        return self._lanes.account(lane or self.step.lane, account_id)

    def client(self, service: str, region: str, account_id: str = "") -> Any:
        """A client of this step's lane; call it through `console.aws.session.ask`."""
        return self.account(account_id).client(service, region)

    def save(self, cursor: Json, done: int = 0, total: int = 0) -> None:
        """Keep how far it is: progress, checkpoint and renewal of the lease in one.

        Raises:
            Stopped: somebody asked the run to stop; let it through.
            LeaseLost: another process has the run now; let it through.
        """
        self.cursor = cursor
        self._desk.save(cursor, done, total)

    def wait(self, seconds: float) -> None:
        """Let time pass, and stay stoppable. Raises as `save` does."""
        self._desk.wait(seconds)

    def now(self) -> float:
        """Epoch seconds, by the clock that the engine goes by."""
        return self._desk.now()
