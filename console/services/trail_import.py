"""Reads CloudTrail into the store, from its log files or by LookupEvents: which resource uses which CMK, for whom,
under which HBK.

Memory is bounded by the resources seen, not by the events read. It can be broken off and begun again at any time:
what was read stays, files that were read whole are remembered, and an event read twice changes nothing.
"""

from __future__ import annotations

import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from console.aws.refusals import AwsRefusal
from console.errors import AwsUnreachable, ConsoleError
from console.services import trail_events, trail_live, trail_stream
from console.services.findings.judge import judge
from console.services.lock import exclusive
from console.services.placement import declared
from console.services.progress import BEAT, Progress
from console.services.trail_files import Source, in_bucket, local, opened
from console.services.trail_live import LIVE, Mark
from console.services.trail_stream import Barren, Stream, Unreadable
from store.harvest import AccountFacts, Harvest
from store.merge import merge
from store.sightings import Gathered, Sightings
from store.traces import TrailFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from console.aws.session import Aws
    from console.settings import Settings
    from store.database import Store

DAY = 86400
AT_ONCE = 20_000
"""Resources gathered before they are written."""

REMEMBERED = 100_000
"""Ids of useful events kept, to count the second copy of one as such."""

PAGES = 20
"""Answers of LookupEvents (two a second) between two writings."""

NAMED = 20
"""Unreadable files that the summary names."""

_LOOK = 2000  # events between two looks at the clock
_MIB = 1 << 20
FAILURES = (OSError, EOFError, zlib.error, Barren, AwsRefusal)
"""What ends the reading of one file and not the import."""


@dataclass(frozen=True, slots=True)
class TrailSummary:
    """What an import did.

    `files` were read now, `known` had been read before; `lookups` counts LookupEvents' answers of 50 events. Of the
    `events` in them `useful` told something; `skipped` counts the others by reason. `unreadable` are the files that
    could not be read to their end (their name and why; at most NAMED of the `failed`). `changed` rows in the store,
    `data_keys` known by their traces alone.
    """

    files: int
    known: int
    events: int
    useful: int
    skipped: tuple[tuple[str, int], ...]
    failed: int
    unreadable: tuple[tuple[str, str], ...]
    changed: int
    data_keys: int
    seconds: float
    lookups: int = 0


@dataclass(slots=True)
class Tally:
    """What has been counted so far."""

    files: int = 0
    known: int = 0
    useful: int = 0
    changed: int = 0
    failed: int = 0
    lookups: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    told: float = 0.0
    bytes: int = 0
    total: int = 0

    @property
    def events(self) -> int:
        return self.useful + self.skipped.total()


class TrailImport:
    """One import. `aws` is called for a bucket and LookupEvents only; `clock` gives the present in epoch seconds."""

    def __init__(
        self, settings: Settings, store: Store, aws: Callable[[], Aws], clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._store = store
        self._aws = aws
        self._clock = clock
        self._sightings = Sightings(store)
        self._gathered = Gathered()
        self._read: list[TrailFile] = []
        self._stands: dict[str, TrailFile] = {}
        self._heard: dict[str, None] = {}
        self._tally = Tally()

    def run(self, path: str, listen: Callable[[Progress], object] = lambda _: None) -> TrailSummary:
        """Read what is at `path`: a file, a folder, `s3://BUCKET/PREFIX`, or `cloudtrail:` for LookupEvents.

        Raises:
            Busy: a sync is at work on this store.
            NotFound, UsageError: there is nothing to read at `path`.
            AwsUnreachable, CredentialsMissing, CredentialsExpired: of a bucket or LookupEvents; what came before
                is kept.
            StoreError: the same.
            KeyboardInterrupt: the same.
        """
        begun, now, tally = time.monotonic(), int(self._clock()), self._tally
        with exclusive(self._store.path):
            if path.startswith(LIVE):
                self._ask(trail_live.regions(path, self._settings.regions), now, listen)
            else:
                self._files(path, now, listen)
            self._flush()
            listen(Progress("merge", 1, 1, 0))
            tally.changed += merge(self._store, self._nothing_else(), now, self._settings.keep_days)
            judge(self._store, self._settings, now)
            alone = Sightings(self._store, self._settings.scope).count_alone()
        skipped = tuple(sorted(tally.skipped.items(), key=lambda pair: (-pair[1], pair[0])))
        return TrailSummary(
            tally.files, tally.known, tally.events, tally.useful, skipped, tally.failed, tuple(tally.unreadable),
            tally.changed, alone, time.monotonic() - begun, tally.lookups,
        )  # fmt: skip

    def _files(self, path: str, now: int, listen: Callable[[Progress], object]) -> None:
        tally = self._tally
        tally.total = self._size(path)
        for source in self._sources(path):
            if self._sightings.knows(source.file):
                tally.known += 1
                tally.bytes += source.file.size
            else:
                self._file(source, now, listen)

    def _ask(self, regions: tuple[str, ...], now: int, listen: Callable[[Progress], object]) -> None:
        """One Region after the other; one that refuses keeps nobody from telling."""
        aws = self._aws()
        for region in regions:
            name = trail_live.name_in(aws, region)
            try:
                self._lookup(aws.central.client("cloudtrail", region), name, now, listen)
            except AwsRefusal as error:
                self._tally.failed += 1
                self._tally.unreadable.append((f"{LIVE}{region}", trail_live.reason(error)))
            except (ConsoleError, KeyboardInterrupt):
                self._flush()
                raise

    def _lookup(self, client: object, name: str, now: int, listen: Callable[[Progress], object]) -> None:
        """Every page, and after so many of them what they told together with how far that is."""
        for page in trail_live.pages(client, Mark.written(self._sightings.mark(name)), now):
            self._tally.lookups += bool(page.entries)
            for entry in page.entries:
                self._event(trail_stream.told(entry), now)
            self._stands[name] = TrailFile(name, 0, str(page.mark))
            if len(self._gathered) >= AT_ONCE or not self._tally.lookups % PAGES:
                self._flush()
            listen(Progress("lookup", round(100 * page.part), 100, 0))

    def _sources(self, path: str) -> Iterator[Source]:
        if not path.startswith("s3://"):
            yield from local(Path(path).expanduser())
            return
        try:
            yield from in_bucket(path, self._aws)
        except AwsRefusal as error:
            raise AwsUnreachable("aws.refused", code=error.code, detail=error.message) from error

    def _size(self, path: str) -> int:
        """Bytes to read, 0 where asking would cost calls."""
        return 0 if path.startswith("s3://") else sum(source.file.size for source in self._sources(path))

    def _file(self, source: Source, now: int, listen: Callable[[Progress], object]) -> None:
        before = self._tally.bytes
        try:
            with opened(source) as (text, counting):
                for number, event in enumerate(Stream(text).events()):
                    self._event(event, now)
                    if not number % _LOOK:
                        self._tally.bytes = before + counting.taken
                        self._pause(listen)
        except FAILURES as error:
            self._tally.failed += 1
            if len(self._tally.unreadable) < NAMED:
                self._tally.unreadable.append((source.file.name, reason(error)))
        else:
            self._tally.files += 1
            self._read.append(source.file)
        self._tally.bytes = before + source.file.size
        self._pause(listen)

    def _event(self, event: object, now: int) -> None:
        told = (
            trail_events.Skipped(event.reason)
            if isinstance(event, Unreadable)
            else trail_events.read(event)
        )  # fmt: skip
        if isinstance(told, trail_events.Skipped):
            self._tally.skipped[told.reason] += 1
        elif told[0].at > now + DAY and not self._settings.sandbox:  # the sandbox's clock may be moved ahead
            self._tally.skipped[trail_events.FUTURE] += 1
        elif self._again(event):
            self._tally.skipped[trail_events.DUPLICATE] += 1
        else:
            self._tally.useful += 1
            for sighting in told:
                self._gathered.add(sighting)

    def _again(self, event: object) -> bool:
        """Whether this is the second copy of an event: the caller's beside the owner's, or a file's in two places."""
        name = trail_events.identity(event) if isinstance(event, dict) else ""
        if not name:
            return False
        if name in self._heard:
            return True
        self._heard[name] = None
        if len(self._heard) > REMEMBERED:
            for old in list(self._heard)[: REMEMBERED // 2]:
                del self._heard[old]
        return False

    def _pause(self, listen: Callable[[Progress], object]) -> None:
        """Write when enough has come together; tell how far it is, at most twice a second."""
        if len(self._gathered) >= AT_ONCE or len(self._read) >= AT_ONCE:
            self._flush()
        now, tally = time.monotonic(), self._tally
        if now - tally.told >= BEAT:
            tally.told = now
            listen(Progress("trail", tally.bytes // _MIB, max(tally.total, tally.bytes) // _MIB, 0))

    def _flush(self) -> None:
        if len(self._gathered) or self._read or self._stands:
            self._tally.changed += self._sightings.add(self._gathered, [*self._read, *self._stands.values()])
            self._gathered, self._read, self._stands = Gathered(), [], {}

    def _nothing_else(self) -> Harvest:
        """A harvest in which only settings speak: whose account is whose, and what they declare."""
        settings = self._settings
        accounts = tuple(AccountFacts(one, "", told.name) for told in settings.tenants for one in told.accounts)
        return Harvest(accounts=accounts, declared=tuple(declared(settings.tenants)))


def reason(error: Exception) -> str:
    """A text key for why a file could not be read to its end."""
    if isinstance(error, EOFError):
        return "trail.file_cut"
    if isinstance(error, Barren):
        return "trail.file_barren"
    if isinstance(error, AwsRefusal):
        return "trail.file_refused"
    damaged = isinstance(error, zlib.error) or type(error).__name__ == "BadGzipFile"
    return "trail.file_damaged" if damaged else "trail.file_closed"
