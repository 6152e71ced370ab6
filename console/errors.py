"""What can go wrong, as a text key with values and an exit code; never prose."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from store.errors import StoreError


class ExitCode(IntEnum):
    """How a command ends; a contract with scripts."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    BUSY = 5
    UNREACHABLE = 6
    PAUSED = 7
    INTERRUPTED = 130


class ConsoleError(Exception):
    """One sentence for a person: the text `key` filled with `values` says what happened and what to do next."""

    exit: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values


class UsageError(ConsoleError):
    exit = ExitCode.USAGE


class Refused(ConsoleError):
    exit = ExitCode.REFUSED


class NotFound(ConsoleError):
    exit = ExitCode.NOT_FOUND


class Busy(ConsoleError):
    exit = ExitCode.BUSY


class AwsUnreachable(ConsoleError):
    exit = ExitCode.UNREACHABLE


class CredentialsMissing(ConsoleError):
    exit = ExitCode.UNREACHABLE


class TooEarly(ConsoleError):
    """What was answered cannot be taken yet: it is asked again, and the answer is not kept until its time comes."""


class CredentialsExpired(ConsoleError):
    exit = ExitCode.UNREACHABLE


def from_store(error: StoreError) -> ConsoleError:
    """The store's complaint as the console's; the store itself knows no exit codes."""
    kind = Busy if error.key == "store.busy" else ConsoleError
    return kind(error.key, path=str(error.path), detail=error.detail)
