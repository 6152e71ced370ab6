"""Publishing: every tenant's branch, redacted for its eyes, as a signed snapshot where its console fetches it."""

from __future__ import annotations

import getpass
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import ConsoleError, NotFound, Refused, UsageError
from console.services.exchange.envelope import FIRST, FORMAT, Letter, header_of, seal
from console.services.exchange.snapshot import packed
from console.services.progress import Progress
from store.extract import extract, tenants
from store.take import Exchanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.services.exchange.envelope import Signer
    from console.services.exchange.places import Place
    from store.database import Store


@dataclass(frozen=True, slots=True)
class Issue:
    """One snapshot that went out; `tenant` '' is the whole estate, for the support desk. `size` in bytes."""

    tenant: str
    place: str
    sequence: int
    made_at: int
    key: str
    size: int
    cmks: int
    data_keys: int
    findings: int


@dataclass(frozen=True, slots=True)
class PublishSummary:
    """What was published, and the seconds it took."""

    issues: tuple[Issue, ...]
    seconds: float


class Publisher:
    """Publishes from a store that a sync fills. `clock` gives epoch seconds."""

    def __init__(
        self, store: Store, place: Place, signer: Signer, clock: Callable[[], float] = time.time, by: str = ""
    ) -> None:
        self._store = store
        self._place = place
        self._signer = signer
        self._clock = clock
        self._by = by or getpass.getuser()
        self._record = Exchanged(store)

    def run(self, tenant: str = "", listen: Callable[[Progress], object] = lambda _: None) -> PublishSummary:
        """A snapshot for this tenant, or for every tenant and one of the whole estate.

        Raises:
            UsageError: an unknown tenant.
            ConsoleError: nothing was synced yet, no signature, or the place refuses.
            Busy: somebody else published for a tenant at this very moment; those before it are out.
        """
        begun = time.monotonic()
        if not self._record.synced():
            raise NotFound("exchange.nothing")
        known = tenants(self._store)
        if tenant and tenant not in known:
            raise UsageError("usage.tenant", tenant=tenant, known=", ".join(known))
        wanted = [tenant] if tenant else [*known, ""]
        issues = []
        for done, each in enumerate(wanted):
            listen(Progress("publish", done, len(wanted), 0))
            issues.append(self._issue(each))
        return PublishSummary(tuple(issues), time.monotonic() - begun)

    def _issue(self, tenant: str) -> Issue:
        now = int(self._clock())
        branch = extract(self._store, tenant, now)
        if branch is None:
            raise ConsoleError("exchange.nothing")
        found = self._place.fetch(tenant)
        sequence = max(now, self._record.last_issued(tenant) + 1, _said(found.letter) + 1 if found else 0)
        body = packed(branch)
        letter = seal(Letter.SNAPSHOT, tenant, body, self._signer, sequence=sequence, made_at=now, by=self._by,
                      format=FORMAT if branch.verdicts else FIRST)  # fmt: skip
        self._place.leave(tenant, letter, found)
        header = header_of(letter)
        self._record.note_issued(tenant, sequence, now, header.body)
        sizes = len(branch.cmks), len(branch.data_keys), len(branch.findings)
        return Issue(tenant, self._place.name(tenant), sequence, now, header.key, len(letter), *sizes)


def _said(letter: bytes) -> int:
    """The sequence that the present letter claims; anything else that lies there counts for nothing."""
    try:
        return min(header_of(letter).sequence, 2**40)
    except Refused:
        return 0
