"""The estate in numbers, as the store answers; anyone may import them.

Times are whole seconds since 1970-01-01 UTC. What a number leaves out is a number of its own: nothing is silently
not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.records import COPIES, GROUPS, Granularity, Status

if TYPE_CHECKING:
    from store.records import SyncRun

UNDATED = 0
"""The half-year of what has no known date."""


@dataclass(frozen=True, slots=True)
class Due:
    """CMKs by their coming HBK rotation, each counted once.

    `week` within 7 days, `month` from there to 30, `quarter` to 90, `later` after that. `paused` while the CMK is
    disabled, `pending` while it waits for deletion, `never` for a kind of CMK that does not rotate by itself,
    `unknown` where AWS gave no date or was not asked.
    """

    overdue: int = 0
    week: int = 0
    month: int = 0
    quarter: int = 0
    later: int = 0
    paused: int = 0
    off: int = 0
    pending: int = 0
    never: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Holders:
    """How many volumes, snapshots or buckets have this status."""

    granularity: Granularity
    status: Status
    number: int

    @property
    def is_data_key(self) -> bool:
        """Whether each of them has a data key of its own: a bucket holds many, a snapshot that of its volume, and what
        is not encrypted none.
        """
        return self.granularity not in GROUPS | COPIES and self.status is not Status.UNENCRYPTED


@dataclass(frozen=True, slots=True)
class HalfYear:
    """Data keys whose oldest known holder was made in this half of a year (`half` 1 or 2); year UNDATED: no date."""

    year: int
    half: int
    number: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """What lies under a node: CMKs by state and by coming rotation, data keys by age, holders by kind and status."""

    cmks: tuple[tuple[Status, int], ...] = ()
    due: Due = Due()
    ages: tuple[HalfYear, ...] = ()
    holders: tuple[Holders, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncHealth:
    """How the refreshing goes: the last run that came to its end, how many of the last `runs` failed, gaps now."""

    done: SyncRun | None = None
    newest: SyncRun | None = None
    runs: int = 0
    failed: int = 0
    gaps: int = 0
