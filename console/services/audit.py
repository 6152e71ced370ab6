"""Writes the audit for the dispatcher, and reads it for a session: windows, proof, export."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from console.errors import ConsoleError, ExitCode, UsageError, from_store
from console.services.disclosure import disclosed
from console.services.person import credentials, host, user
from console.services.progress import Progress
from console.text.paths import join_path
from store.audit import Audit, Wanted
from store.database import Store
from store.errors import StoreError
from store.identities import Identities
from store.journal import Act, Entry
from store.words import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from console.commands.command import Command, Services
    from console.policy import Session
    from console.settings import Settings
    from store.journal import AuditLine, Proof
    from store.records import Scope

DAY = 86_400
SUBJECT = 300
"""Characters kept of what a line is about."""

_UNWRITTEN = {"store.readonly", "store.full", "store.busy"}


@dataclass(frozen=True, slots=True)
class Journal:
    """The one who writes: for the session at work, into the store of these settings."""

    settings: Settings
    session: Session

    def refused(self, command: Command, reason: str) -> None:
        """Note that the gate said no. Where no store is, or it cannot be written, the refusal stands all the same."""
        if not self.settings.store.exists():
            return
        try:
            store = Store.open(self.settings.store, write=True)
        except StoreError:
            return
        try:
            told = {"result": reason, "exit": int(ExitCode.REFUSED), "run": command.run_of()}
            Audit(store).append(self.entry(store, command, Act.REFUSED, **told))
        except StoreError:
            pass
        finally:
            store.close()

    def change(self, command: Command, services: Services) -> Change:
        """`with journal.change(…) as change:` the intent is on record before, the result after."""
        return Change(self, command, _subject(command, services))

    def entry(self, store: Store, command: Command, act: Act, **told: Any) -> Entry:
        who, at = Identities(store).last(credentials(self.settings))
        return Entry(
            act, command.name, self.session.role.value, clean(user()), clean(host()), who, at,
            scope_path(self.session.scope), self.session.write, disclosed(command), **told,
        )  # fmt: skip


class Change:
    """One command that changes something, from intent to result. A kill in between leaves the intent."""

    def __init__(self, journal: Journal, command: Command, subject: str) -> None:
        self._journal = journal
        self._command = command
        self._subject = subject
        self._run = command.run_of()
        self._store: Store | None = None
        self._intent = 0

    def __enter__(self) -> Self:
        """Raises ConsoleError: the audit cannot be written, so nothing may be changed."""
        try:
            self._store = Store.open(self._journal.settings.store, write=True)
            self._intent = self._append(self._store, Act.INTENT).seq
        except StoreError as error:
            self._close()
            raise _stopped(error) from error
        return self

    def done(self, answer: Any) -> Any:
        """The command's answer, which may name the guided run that it began."""
        self._run = self._command.run_of(answer)
        return answer

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        result, code = _outcome(error)
        act = Act.DONE if error is None else Act.FAILED
        try:
            if self._store is not None:
                self._append(self._store, act, of=self._intent, result=result, exit=code)
        except StoreError as unwritten:
            if error is None:
                values = {"line": self._intent, "path": str(unwritten.path), "detail": unwritten.detail}
                raise ConsoleError("audit.unfinished", **values) from unwritten
        finally:
            self._close()

    def _append(self, store: Store, act: Act, **told: Any) -> AuditLine:
        told |= {"subject": self._subject, "run": self._run}
        return Audit(store).append(self._journal.entry(store, self._command, act, **told))

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()


def _outcome(error: BaseException | None) -> tuple[str, int]:
    """Text key and exit code. Never the values of a sentence: they hold what AWS or a person wrote."""
    if error is None:
        return "", int(ExitCode.DONE)
    if isinstance(error, StoreError):
        error = from_store(error)
    if isinstance(error, ConsoleError):
        return error.key, int(error.exit)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", int(ExitCode.INTERRUPTED)
    return "unexpected", int(ExitCode.FAILED)


def _stopped(error: StoreError) -> ConsoleError:
    told = from_store(error)
    if error.key not in _UNWRITTEN:
        return told
    return type(told)("audit.unwritten", path=str(error.path), detail=error.detail)


def _subject(command: Command, services: Services) -> str:
    """What it is about, as far as this session may see it; a subject that cannot be found stops nothing."""
    try:
        return clean(command.subject(services))[:SUBJECT]
    except (ConsoleError, StoreError):
        return ""


def scope_path(scope: Scope | None) -> str:
    """The branch as lines write it, '' for everything."""
    return "" if scope is None else clean(join_path(part for part in (scope.tenant, scope.application) if part))


# -- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AuditRows:
    """Lines, newest first, as windows; `limit` of them at most, 0 for all."""

    audit: Audit
    wanted: Wanted
    limit: int = 0

    def count(self) -> int:
        found = self.audit.count(self.wanted)
        return min(found, self.limit) if self.limit else found

    def window(self, start: int, stop: int) -> list[AuditLine]:
        return self.audit.window(self.wanted, start, max(0, stop - start))


@dataclass(frozen=True, slots=True)
class Export:
    """An export: its `lines`, still to be written where `path` is ''; `count` and `head` where they were written.

    `partly` when the session sees only its own branch: such an export has gaps and proves nothing by itself.
    """

    lines: Iterable[str]
    path: str = ""
    count: int = 0
    partly: bool = False


def rows_of(store: Store, settings: Settings, days: int | None, who: str, limit: int) -> AuditRows:
    """The lines of the last `days` (None: all) of a person whose name or identity holds `who`."""
    since = ""
    if days is not None:
        since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - days * DAY))
    return AuditRows(Audit(store, scope_path(settings.scope)), Wanted(since, clean(who)), limit)


def prove(store: Store, kept: str, listen: Callable[[Progress], object]) -> Proof:
    """Verify all of it, also what the session does not see: a chain is whole or it is not."""
    audit, begun = Audit(store), time.monotonic()
    total = audit.count()

    def report(done: int) -> None:
        listen(Progress("verify", done, total, 0, (time.monotonic() - begun) * (total - done) / done))

    return audit.prove(kept, report)


def export(store: Store, settings: Settings, file: str) -> Export:
    """Every line in sight as JSON lines, the oldest first; into a new `file` where one is named.

    Raises:
        UsageError: the file exists already.
        ConsoleError: it cannot be written.
    """
    lines = Audit(store, scope_path(settings.scope)).stream()
    partly = settings.scope is not None
    if not file:
        return Export(lines, partly=partly)
    path = Path(file).expanduser()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="\n") as target:
            return Export((), str(path), sum(1 for _ in _written(lines, target)), partly)
    except FileExistsError as error:
        raise UsageError("export.exists", path=str(path)) from error
    except OSError as error:
        raise ConsoleError("export.failed", path=str(path), detail=error.strerror or "") from error


def _written(lines: Iterable[str], target: Any) -> Iterator[str]:
    for each in lines:
        target.write(each + "\n")
        yield each
