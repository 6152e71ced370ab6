"""The only place where objects are built: settings in, a desk to work at out."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from console.dispatch import Dispatcher
from console.errors import ConsoleError, UsageError, from_store
from console.policy import Role, Session
from console.services.catalog import Catalog
from console.text import Text
from store.database import Store
from store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from console.aws.exchange import Exchange
    from console.aws.session import Account, Aws
    from console.commands.command import Command, SandboxControl, Services
    from console.services.audit import Change
    from console.services.children import Children
    from console.services.doctor import Check, Doctor
    from console.services.exchange.envelope import Signer
    from console.services.exchange.publish import Publisher
    from console.services.exchange.pull import Puller
    from console.services.sync import Sync
    from console.services.trail_import import TrailImport
    from console.settings import Settings
    from console.workflow.engine import Engine
    from console.workflow.model import Workflow
    from console.workflows.requesting import Requesting


LOW_PRIORITY = 15
"""The nice value of a sync beside a screen: at normal priority a key press would take three times as long."""


class LazyServices:
    """Makes each service when it is first asked for, so that a look at the cache never loads AWS."""

    def __init__(
        self,
        settings: Settings,
        sandbox: Callable[[], SandboxControl | None],
        front_door: tuple[str, ...],
        workflows: Callable[[], Mapping[str, Workflow]],
    ) -> None:
        self.settings = settings
        self._sandbox = sandbox
        self._front_door = front_door
        self._workflows = workflows
        self._child: subprocess.Popen[bytes] | None = None
        self._pasts: list[LazyServices] = []

    @cached_property
    def store(self) -> Store:
        return Store.open(self.settings.store)

    @cached_property
    def catalog(self) -> Catalog:
        return Catalog(self.store, self.settings, self.settings.now)

    def at(self, when: str) -> Services:
        """The services of a past; of the present for ''. Closed, and its copy removed, with these."""
        if not when.strip():
            return self
        past = LazyServices(self.look_back(when, judged=False), self._sandbox, self._front_door, self._workflows)
        self._pasts.append(past)
        return past

    def look_back(self, when: str, *, judged: bool) -> Settings:
        """Settings whose cache is that of a moment as people type it."""
        from console.moments import moment_of
        from console.services.looking_back import look_back

        return look_back(self.store, self.settings, moment_of(when, self.settings.now()), judged=judged)

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
        from console.datakeys import wanted
        from console.services.sync import Sync

        store = Store.open(self.settings.store, write=True)
        return Sync(self.settings, store, Aws(self.settings), wanted(self.settings.services))

    def trail(self) -> TrailImport:
        from console.services.trail_import import TrailImport

        def aws() -> Aws:
            from console.aws.session import Aws

            return Aws(self.settings)

        return TrailImport(self.settings, Store.open(self.settings.store, write=True), aws)

    def start_sync(self) -> None:
        """Begins `kms-console sync` beside us."""
        self._begin("sync")

    def _begin(self, verb: str) -> None:
        """A verb in a process of its own, at low priority; one at a time."""
        if self._child is not None and self._child.poll() is None:
            return
        Store.open(self.settings.store, write=True).close()
        quiet: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._child = subprocess.Popen([*self._front_door, verb, "-q"], start_new_session=True, **quiet)
        os.setpriority(os.PRIO_PROCESS, self._child.pid, LOW_PRIORITY)

    def guided(self, *, write: bool) -> Engine:
        """The engine of guided work; with `write` over a store of its own connections, made where there is none."""
        from console.services.person import who
        from console.workflow.engine import Engine
        from console.workflow.people import named
        from console.workflows.house import House
        from console.workflows.lanes import AwsLanes
        from store.runs import RunRepository

        store = Store.open(self.settings.store, write=True) if write else self.store
        runs = RunRepository(store, self.settings.scope)
        person = named(*who(store, self.settings))
        engine, requests = partial(self.guided, write=True), partial(self.requesting, write=True)
        house = House(store, self.settings, person, engine, requests) if write else None
        return Engine(runs, self._workflows(), AwsLanes(self.settings), person, house=house)

    @cached_property
    def children(self) -> Children:
        from console.services.children import Children

        return Children(self._front_door)

    def requesting(self, *, write: bool) -> Requesting:
        """Requests for CMKs; with `write` over a store of its own connections, made where there is none."""
        from console.workflows.requesting import Requesting

        store = Store.open(self.settings.store, write=True) if write else self.store
        person = partial(self._person, store)
        return Requesting(self.settings, store, person, self._exchange(), self._own_signer, self.settings.now)

    def _person(self, store: Store) -> str:
        """Who makes moves of a request: known by the credentials that go to the exchange, asked of AWS once."""
        from console.services.person import remember, who
        from console.workflow.people import named

        settings = replace(self.settings, profile=self.settings.exchange.profile or self.settings.profile)
        user, arn = who(store, settings)
        if not arn and settings.exchange.bucket:
            arn = self._account.identity(self._region())["Arn"]
            remember(store, settings, arn)
        return named(user, arn)

    def _own_signer(self) -> Signer | None:
        """The key of the settings; None where there is none."""
        from console.services.exchange.keys import is_kms, path_of

        told = self.settings.exchange.signing_key
        return self._signer() if is_kms(told) or path_of(told).exists() else None

    def start_run(self, run_id: str, *words: str) -> None:
        """Begins `kms-console runs WORDS` beside us; it outlives us, and says how it goes in the store."""
        from console.workflows.lanes import AwsLanes

        lanes = ",".join(sorted(AwsLanes(self.settings).here))
        environment = {"KMS_CONSOLE_LANES": lanes, "KMS_CONSOLE_LANG": self.settings.lang}
        if self.settings.exchange.profile:
            environment["KMS_CONSOLE_EXCHANGE_PROFILE"] = self.settings.exchange.profile
        self.children.begin(run_id, ("--write", "runs", *words, "-q"), environment)

    def start_pull(self) -> None:
        """Begins `kms-console pull` beside us."""
        self._begin("pull")

    def publisher(self, to: str) -> Publisher:
        from console.services.exchange.places import place_of
        from console.services.exchange.publish import Publisher

        place, signer = place_of(to, self._exchange()), self._signer()
        return Publisher(Store.open(self.settings.store, write=True), place, signer)

    def puller(self, source: str) -> Puller:
        from console.services.exchange.places import place_of
        from console.services.exchange.pull import Puller

        place = place_of(source, self._exchange())
        return Puller(self.settings, Store.open(self.settings.store, write=True), place)

    def exchange_checks(self) -> list[Check]:
        if not self.settings.exchange.any:
            return []
        from console.services.exchange.checks import Checks

        return Checks(self.settings, self._exchange(), self._signer).run()

    def _exchange(self) -> Exchange | None:
        told = self.settings.exchange
        if not told.bucket:
            return None
        from console.aws.exchange import Exchange

        return Exchange(lambda: self._account.client("s3", self._region()), told.bucket, told.prefix)

    def _signer(self) -> Signer:
        from console.services.exchange.keys import KmsSigner, is_kms, signer_of

        arn = self.settings.exchange.signing_key
        if not is_kms(arn):
            return signer_of(arn)
        return KmsSigner.of(self._account.client("kms", arn.split(":")[3]), arn)

    @cached_property
    def _account(self) -> Account:
        """Who goes to the exchange, with a profile of its own where the settings name one."""
        from console.aws.session import Aws

        told = self.settings.exchange
        return Aws(replace(self.settings, profile=told.profile or self.settings.profile)).central

    def _region(self) -> str:
        region = self.settings.exchange.region or next(iter(self.settings.regions), "")
        if not region:
            raise UsageError("settings.no_regions")
        return region

    def doctor(self) -> Doctor:
        from console.aws.session import Aws
        from console.datakeys import wanted
        from console.services.doctor import Doctor

        return Doctor(self.settings, Aws(self.settings), wanted(self.settings.services))

    @property
    def sandbox(self) -> SandboxControl:
        control = self._sandbox()
        if control is None:
            raise ConsoleError("sandbox.not_installed")
        return control

    def close(self) -> None:
        for past in self._pasts:
            past.close()
        if "store" in self.__dict__:
            self.store.close()
        if self.settings.moment is not None:
            from console.services.looking_back import forget

            forget(self.settings)


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
    at: Callable[[Settings], Desk]
    """A desk at a past, given its settings."""


def _every_workflow() -> Mapping[str, Workflow]:
    from console.workflows import WORKFLOWS

    return WORKFLOWS


def assemble(
    settings: Settings,
    sandbox: Callable[[], SandboxControl | None] = lambda: None,
    front_door: tuple[str, ...] = (sys.executable, "-m", "console"),
    workflows: Callable[[], Mapping[str, Workflow]] = _every_workflow,
) -> Desk:
    """A desk for these settings. `front_door` is the command line that begins a child with the same settings."""
    services = LazyServices(settings, sandbox, front_door, workflows)
    session = Session(Role(settings.role), settings.scope, settings.write, settings.moment is not None)
    # What is refused while somebody looks at the past is written down in the present.
    lasting = replace(settings, store=settings.present or settings.store)
    return Desk(
        settings,
        session,
        Text(settings.lang) if settings.moment is None else Text(settings.lang, settings.now),
        Dispatcher(session, services, LazyJournal(lasting, session)),
        pulse=services.pulse,
        close=services.close,
        at=lambda past: assemble(past, sandbox, front_door, workflows),
    )
