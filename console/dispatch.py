"""The one dispatcher: every wish of a person, from a key or a verb, is judged here and then run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.errors import Refused, from_store
from console.policy import Session, Verdict, judge
from store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.commands.command import Command, Services


def silent(_: object) -> None:
    """A listener for those who do not want to hear of progress."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Judges and runs commands for one session."""

    session: Session
    services: Services

    def may(self, command: Command | type[Command]) -> Verdict:
        return judge(self.session, command.needs if isinstance(command, type) else command.wants())

    def run(self, command: Command, listen: Callable[[Any], None] = silent) -> Any:
        """The command's own result.

        Raises:
            Refused: the gate said no; the key says why.
            ConsoleError: the command could not do it.
        """
        verdict = self.may(command)
        if not verdict.allowed:
            raise Refused(verdict.reason, verb=command.name, role=self.session.role.value)
        try:
            return command.run(self.services, listen)
        except StoreError as error:
            raise from_store(error) from error
