"""The one dispatcher: every wish of a person, from a key or a verb, is judged here and then run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from console.errors import Refused, from_store
from console.policy import Session, Verdict, judge
from store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from console.commands.command import Command, Services


def silent(_: object) -> None:
    """A listener for those who do not want to hear of progress."""


class Change(Protocol):
    """A change under way, as the journal follows it."""

    def done(self, answer: Any) -> Any: ...


class Journal(Protocol):
    """Who writes the audit; `services.audit.Journal` is the one, loaded when there is something to write."""

    def refused(self, command: Command, reason: str) -> None: ...
    def change(self, command: Command, services: Services) -> AbstractContextManager[Change]: ...


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Judges and runs commands for one session."""

    session: Session
    services: Services
    journal: Journal

    def may(self, command: Command | type[Command]) -> Verdict:
        return judge(self.session, command.needs if isinstance(command, type) else command.wants())

    def run(self, command: Command, listen: Callable[[Any], None] = silent) -> Any:
        """The command's own result. What changes something, or is refused, stands in the audit.

        Raises:
            Refused: the gate said no; the key says why.
            ConsoleError: the command could not do it, or the audit could not be written before a change.
        """
        verdict = self.may(command)
        if not verdict.allowed:
            self.journal.refused(command, verdict.reason)
            raise Refused(verdict.reason, verb=command.name, role=self.session.role.value)
        try:
            if not command.changes():
                return command.run(self.services, listen)
            with self.journal.change(command, self.services) as change:
                return change.done(command.run(self.services, listen))
        except StoreError as error:
            raise from_store(error) from error
