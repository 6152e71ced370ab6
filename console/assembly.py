"""The only place where objects are built: settings in, a desk to work at out."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from console.dispatch import Dispatcher
from console.errors import ConsoleError, from_store
from console.policy import Role, Session
from console.services.catalog import Catalog
from console.text import Text
from store.database import Store
from store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.aws.session import Aws
    from console.commands.command import Command, SandboxControl, Services
    from console.services.audit import Change
    from console.services.doctor import Doctor
    from console.services.sync import Sync
    from console.services.trail_import import TrailImport
    from console.settings import Settings


LOW_PRIORITY = 15
"""The nice value of a sync beside a screen: at normal priority a key press would take three times as long."""


class LazyServices:
    """Makes each service when it is first asked for, so that a look at the cache never loads AWS."""

    def __init__(
        self, settings: Settings, sandbox: Callable[[], SandboxControl | None], front_door: tuple[str, ...]
    ) -> None:
        self.settings = settings
        self._sandbox = sandbox
        self._front_door = front_door
        self._child: subprocess.Popen[bytes] | None = None

    @cached_property
    def store(self) -> Store:
        return Store.open(self.settings.store)

    @cached_property
    def catalog(self) -> Catalog:
        return Catalog(self.store, self.settings)

    def pulse(self) -> int:
        """A number that moves when somebody has changed the store.

        Raises:
            ConsoleError: the store cannot be read.
        """
        try:
            return self.store.pulse()
        except StoreError as error:
            raise from_store(error) from error

    def sync(self) -> Sync:
        from console.aws.session import Aws
        from console.datakeys import KINDS
        from console.services.sync import Sync

        store = Store.open(self.settings.store, write=True)
        return Sync(self.settings, store, Aws(self.settings), KINDS)

    def trail(self) -> TrailImport:
        from console.services.trail_import import TrailImport

        def aws() -> Aws:
            from console.aws.session import Aws

            return Aws(self.settings)

        return TrailImport(self.settings, Store.open(self.settings.store, write=True), aws)

    def start_sync(self) -> None:
        """Begins `kms-console sync` beside us, at low priority; one at a time."""
        if self._child is not None and self._child.poll() is None:
            return
        Store.open(self.settings.store, write=True).close()
        quiet: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._child = subprocess.Popen([*self._front_door, "sync", "-q"], start_new_session=True, **quiet)
        os.setpriority(os.PRIO_PROCESS, self._child.pid, LOW_PRIORITY)

    def doctor(self) -> Doctor:
        from console.aws.session import Aws
        from console.datakeys import KINDS
        from console.services.doctor import Doctor

        return Doctor(self.settings, Aws(self.settings), KINDS)

    @property
    def sandbox(self) -> SandboxControl:
        control = self._sandbox()
        if control is None:
            raise ConsoleError("sandbox.not_installed")
        return control

    def close(self) -> None:
        if "store" in self.__dict__:
            self.store.close()


@dataclass(frozen=True, slots=True)
class LazyJournal:
    """The audit's writer, loaded with the first thing to write: looks are many and write nothing."""

    settings: Settings
    session: Session

    def refused(self, command: Command, reason: str) -> None:
        from console.services.audit import Journal

        Journal(self.settings, self.session).refused(command, reason)

    def change(self, command: Command, services: Services) -> Change:
        from console.services.audit import Journal

        return Journal(self.settings, self.session).change(command, services)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one session works: its settings, its words, its dispatcher and the store's heartbeat."""

    settings: Settings
    session: Session
    text: Text
    dispatch: Dispatcher
    pulse: Callable[[], int]
    close: Callable[[], None]


def assemble(
    settings: Settings,
    sandbox: Callable[[], SandboxControl | None] = lambda: None,
    front_door: tuple[str, ...] = (sys.executable, "-m", "console"),
) -> Desk:
    """A desk for these settings. `front_door` is the command line that begins a child with the same settings."""
    services = LazyServices(settings, sandbox, front_door)
    session = Session(Role(settings.role), settings.scope, settings.write)
    return Desk(
        settings,
        session,
        Text(settings.lang),
        Dispatcher(session, services, LazyJournal(settings, session)),
        pulse=services.pulse,
        close=services.close,
    )
