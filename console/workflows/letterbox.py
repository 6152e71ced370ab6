"""What the other side left in the exchange, read along with a refresh: what keeps us from it is a gap, no failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import ConsoleError
from store import gaps
from store.records import Gap, Slice
from store.run_records import Sentence

if TYPE_CHECKING:
    from console.services.requests.post import News
    from console.settings import Settings
    from console.workflows.requesting import Requesting

PARTIES = frozenset({"admin", "owner"})
"""Who reads requests and judgements at the exchange; others learn of them from a snapshot, if at all."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a look brought (None: there was none, or it failed), or why it failed, as a sentence and as a gap."""

    news: News | None = None
    trouble: Sentence | None = None
    gap: Gap | None = None


def meets(settings: Settings) -> bool:
    """Whether this session has another side to meet at a bucket."""
    return bool(settings.exchange.bucket) and settings.role in PARTIES and settings.moment is None


def collect(desk: Requesting) -> Collected:
    """Look at the exchange, and keep on record whether it could be read. Raises StoreError."""
    found = _looked(desk) if meets(desk.settings) else Collected()
    gaps.note(desk.store, _part(desk.settings), found.gap, int(desk.now()))
    return found


def _looked(desk: Requesting) -> Collected:
    settings = desk.settings
    try:
        return Collected(desk.fetch())
    except ConsoleError as error:
        code = str(getattr(error.__cause__, "code", type(error).__name__))  # AWS's own word where it was AWS
        tenant = settings.scope.tenant if settings.scope else ""
        gap = Gap(_part(settings), tenant, code, str(error.values.get("detail", "")), int(desk.now()))
        said = Sentence(error.key, {name: str(value) for name, value in error.values.items()})
        return Collected(None, said, gap)


def _part(settings: Settings) -> Slice:
    region = settings.exchange.region or next(iter(settings.regions), "")
    return Slice(settings.central_account, region, gaps.LETTERS)
