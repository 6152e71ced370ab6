"""Pulling: the snapshot that was published for us, believed only when everything holds; else the old one stays."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import ConsoleError, Refused, UsageError
from console.services.exchange.envelope import Expected, Letter, open_sealed
from console.services.exchange.keys import trusted
from console.services.exchange.places import fetched
from console.services.exchange.snapshot import unpacked
from console.services.lock import exclusive
from console.services.progress import Progress
from store.errors import StoreError
from store.records import Taken
from store.syncs import Syncs
from store.take import Exchanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.services.exchange.envelope import Opened
    from console.services.exchange.places import Place
    from console.services.requests.post import News
    from console.settings import Settings
    from store.database import Store
    from store.records import Gap

DAY = 86_400


@dataclass(frozen=True, slots=True)
class PullSummary:
    """What was taken.

    Whose (`tenant` '': the whole estate), published when and by whom, from where; `new` False: it was here already.
    `requests`: what came about them (None: nobody looked, or could, for which `gaps` has the reason).
    """

    tenant: str
    place: str
    sequence: int
    made_at: int
    key: str
    by: str
    new: bool
    changed: int
    cmks: int
    data_keys: int
    seconds: float
    requests: News | None = None
    gaps: tuple[Gap, ...] = ()


class Puller:
    """Takes snapshots into a store that nothing else fills. `clock` gives epoch seconds."""

    def __init__(self, settings: Settings, store: Store, place: Place, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._store = store
        self._place = place
        self._clock = clock
        self._record = Exchanged(store)
        self._runs = Syncs(store)

    def run(self, listen: Callable[[Progress], object] = lambda _: None) -> PullSummary:
        """Fetch, verify and take the snapshot of the scope's tenant, or without scope that of the whole estate.

        Raises:
            Refused: it does not hold, or this store is not for it; the key says why, and the store is as it was.
            NotFound: none was published.
            Busy: a sync or another pull is at work on this store.
        """
        begun, tenant = time.monotonic(), self._settings.scope.tenant if self._settings.scope else ""
        with exclusive(self._store.path):
            self._check(tenant)
            run_id = self._runs.begin(os.getpid(), int(self._clock()))
            try:
                listen(Progress("pull", 0, 2, 0))
                opened, before = self._opened(tenant)
                summary = self._taken(opened, before, listen)
                self._runs.finish(run_id, "done", 0, summary[0], "", opened.header.made_at)
            except (ConsoleError, StoreError, KeyboardInterrupt) as error:
                self._failed(run_id, error)
                raise
        header = opened.header
        return PullSummary(
            tenant, self._place.name(tenant), header.sequence, header.made_at, header.key, header.by,
            before != header.sequence, *summary, time.monotonic() - begun,
        )  # fmt: skip

    def _check(self, tenant: str) -> None:
        if not self._settings.exchange.trusted_keys:
            raise UsageError("exchange.no_trust")
        if self._record.synced():
            raise Refused("exchange.own_store", path=str(self._store.path))
        held = self._record.taken()
        if held and held.tenant != tenant:
            raise Refused("exchange.other_store", path=str(self._store.path))

    def _opened(self, tenant: str) -> tuple[Opened, int]:
        """The letter, and the sequence of the one that was taken before (0: none). The same once more is no fault."""
        held, settings = self._record.taken(), self._settings.exchange
        before = held.sequence if held else 0
        expected = Expected(
            Letter.SNAPSHOT, tenant, int(self._clock()), max(0, before - 1), settings.max_age_days * DAY
        )  # fmt: skip
        opened = open_sealed(fetched(self._place, tenant), expected, trusted(settings.trusted_keys))
        if held and opened.header.sequence == before and opened.header.body != held.digest:
            raise Refused("exchange.replayed")
        return opened, before

    def _taken(self, opened: Opened, before: int, listen: Callable[[Progress], object]) -> tuple[int, int, int]:
        """Rows changed, CMKs, data keys."""
        header = opened.header
        if header.sequence == before:
            counts = self._runs.overview(self._settings.scope).counts
            return 0, counts.cmks, counts.data_keys + counts.groups + counts.copies
        extract = unpacked(opened.body, header.tenant)
        sizes = len(extract.cmks), len(extract.data_keys)
        listen(Progress("merge", 1, 2, 0))
        now = int(self._clock())
        taken = Taken(header.tenant, header.sequence, header.made_at, now, header.key, header.body)
        return self._record.take(extract, taken, self._settings.keep_days), *sizes

    def _failed(self, run_id: int, error: BaseException) -> None:
        state = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        with suppress(StoreError):
            key = error.key if isinstance(error, (ConsoleError, StoreError)) else ""
            self._runs.finish(run_id, state, 0, 0, key, int(self._clock()))
