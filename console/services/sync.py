"""Refresh the store from AWS: read everything first, merge it in one transaction, say what could not be seen."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from console.errors import ConsoleError, Refused, UsageError
from console.services.central import HOUR, Plan
from console.services.findings.judge import judge
from console.services.lock import exclusive
from console.services.person import remember
from console.services.progress import Meter, Progress
from console.services.sweep import Kind, Sweep
from store.cmks import Cmks
from store.errors import StoreError
from store.merge import merge
from store.objects import read_before
from store.syncs import Syncs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from console.aws.session import Aws
    from console.services.exchange.publish import PublishSummary
    from console.services.requests.post import News
    from console.settings import Settings
    from store.database import Store
    from store.harvest import Placement
    from store.records import Gap, Scope


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """What a sync did.

    `calls` to AWS (retries included), rows `changed` in the store, what it could not see, `seconds` it took, and how
    many CMKs and holders of data keys it saw. `requests`: what came about them (None: nobody looked, or could).
    """

    run_id: int
    calls: int
    changed: int
    gaps: tuple[Gap, ...]
    seconds: float
    cmks: int
    data_keys: int
    published: PublishSummary | None = None
    requests: News | None = None


class Sync:
    """One refresh. `clock` gives the present in epoch seconds; `kinds` are the data keys to look for."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        aws: Aws,
        kinds: Sequence[Kind],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._store = store
        self._aws = aws
        self._kinds = kinds
        self._clock = clock
        self._runs = Syncs(store)

    def run(
        self, *, full: bool = False, tenant: str = "", listen: Callable[[Progress], object] = lambda _: None
    ) -> SyncSummary:
        """Read AWS and merge. With `tenant`, its accounts only: everything else stays as it is. A session with a
        scope reads its own tenant's, and hears of nothing else.

        Raises:
            Busy: another sync is at work on this store.
        Refused: the store holds a published snapshot, which a sync would mix with what is ours to see.
            UsageError: an unknown tenant, or no Regions.
            CredentialsMissing, CredentialsExpired, AwsUnreachable: nothing was changed.
            StoreError: the merge could not be written; nothing was changed.
            KeyboardInterrupt: nothing was changed; the run is marked interrupted.
        """
        tenant = self._checked(tenant)
        with exclusive(self._store.path):
            begun, now, before = time.monotonic(), int(self._clock()), self._aws.pace.calls
            run_id = self._runs.begin(os.getpid(), now)
            meter = Meter(time.monotonic, lambda: self._aws.pace.calls - before)
            report = partial(self._report, run_id, meter, listen)
            with self._recorded(run_id, before) as outcome:
                plan = Plan(now, self._max_age, full, self._grants_age)
                harvest = self._sweep(plan, meter, report).harvest(tenant)
                remember(self._store, self._settings, self._aws.central.arn)
                meter.phase("merge")
                report()
                outcome.changed = merge(self._store, harvest, now, self._settings.keep_days)
                judge(self._store, self._settings, now)
            gaps = tuple(gap for gap in harvest.gaps if self._scope is None or gap.tenant == self._scope.tenant)
            sizes = len(harvest.cmks), sum(self._mine(key.placement) for key in harvest.data_keys)
            seconds = time.monotonic() - begun
            calls = self._aws.pace.calls - before
            return SyncSummary(run_id, calls, outcome.changed, gaps, seconds, *sizes)

    def _sweep(self, plan: Plan, meter: Meter, report: Callable[[], None]) -> Sweep:
        known = Cmks(self._store).known()
        before = partial(read_before, self._store)
        return Sweep(self._settings, self._aws, self._kinds, known, plan, meter, report, before)

    @property
    def _max_age(self) -> int:
        return self._settings.rotation_max_age_hours * HOUR

    @property
    def _grants_age(self) -> int | None:
        return self._settings.grants_max_age_hours * HOUR if self._settings.grants else None

    @property
    def _scope(self) -> Scope | None:
        return self._settings.scope

    def _mine(self, placement: Placement) -> bool:
        scope = self._scope
        return scope is None or (
            placement.tenant == scope.tenant and scope.application in ("", placement.application)
        )  # fmt: skip

    def _checked(self, tenant: str) -> str:
        """The tenant whose accounts are to be read; '' for everything."""
        if self._taken():
            raise Refused("exchange.sync_taken", path=str(self._store.path))
        if not self._settings.regions:
            raise UsageError("settings.no_regions")
        names = [told.name for told in self._settings.tenants if self._scope is None or told.name == self._scope.tenant]
        if tenant and tenant not in names:
            raise UsageError("usage.tenant", tenant=tenant, known=", ".join(names))
        return self._scope.tenant if self._scope else tenant

    def _taken(self) -> bool:
        from store.take import Exchanged

        return Exchanged(self._store).taken() is not None

    @contextmanager
    def _recorded(self, run_id: int, before: int) -> Iterator[Outcome]:
        """The run's row in the store says how it ended, whatever ends it."""
        outcome = Outcome()
        try:
            yield outcome
            outcome.state = "done"
        except KeyboardInterrupt:
            outcome.state = "interrupted"
            raise
        except (ConsoleError, StoreError) as error:
            outcome.message = error.key
            raise
        finally:
            calls = self._aws.pace.calls - before
            with suppress(StoreError) if outcome.state == "failed" else nullcontext():
                self._runs.finish(run_id, outcome.state, calls, outcome.changed, outcome.message, int(self._clock()))

    def _report(self, run_id: int, meter: Meter, listen: Callable[[Progress], object]) -> None:
        if progress := meter.due():
            self._runs.progress(run_id, progress.phase, progress.done, progress.total, progress.calls)
            listen(progress)


@dataclass(slots=True)
class Outcome:
    """How a run ends, until it has ended: failed."""

    state: str = "failed"
    changed: int = 0
    message: str = ""
