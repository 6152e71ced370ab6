"""What a calendar shows, as the store answers; anyone may import it.

Days are counted from 1970-01-01 UTC (epoch seconds // 86,400), moments are epoch seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Due(StrEnum):
    """How it stands with a date. The first five are of an HBK rotation to come; AT_ONCE: paused beyond its date, so
    that it comes as soon as the CMK is enabled. The next four have no date, and say why. DONE is a rotation that was.
    AGING and AGED are of data keys: within their age, or beyond it.
    """

    SCHEDULED = "scheduled"
    OVERDUE = "overdue"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    AT_ONCE = "at_once"
    OFF = "off"
    NONE = "none"  # waits for deletion
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    DONE = "done"
    AGING = "aging"
    AGED = "aged"


LATE = frozenset({Due.OVERDUE, Due.AGED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One date of one CMK, or the reason why it has none.

    `kind`: SCHEDULED (HBK rotation to come), DATA_KEY_AGE (its oldest data key passes `limit` days), or how a past
    HBK came: CREATED, AUTOMATIC, ON_DEMAND. `number`: data keys beyond the age by that day, or by now where it went
    by. `on_application` and `on_tenant`: HBK rotations on that day in the same application and the same tenant.
    `note` is the calendar's text key for what does not simply come. `read_at`: when the rotation status was read.
    """

    cmk_id: int
    arn: str
    key_id: str
    name: str
    path: tuple[str, ...]
    date: int | None
    kind: str
    state: Due
    generation: int = 0
    material_id: str = ""
    note: str = ""
    stale: bool = False
    oldest: int | None = None
    limit: int = 0
    number: int = 0
    on_demand_used: int = 0
    on_application: int = 0
    on_tenant: int = 0
    read_at: int = 0

    @property
    def id(self) -> tuple[int, str, int]:
        """What stays the same when the date moves."""
        return self.cmk_id, self.kind, self.generation


@dataclass(frozen=True, slots=True)
class Day:
    """What falls on one day: HBK rotations that `come`, are `late` or `paused`; CMKs whose data keys reach their age
    (`aging`) or did (`aged`); past rotations (`rotated`) and CMKs made (`made`).

    `clashes` counts applications and tenants with too many rotations that day, `frozen` dates in a window in which
    nothing may change.
    """

    day: int
    come: int = 0
    late: int = 0
    paused: int = 0
    aging: int = 0
    aged: int = 0
    rotated: int = 0
    made: int = 0
    clashes: int = 0
    frozen: int = 0

    @property
    def open(self) -> int:
        """Dates that somebody may still do something about."""
        return self.come + self.late + self.paused + self.aging + self.aged

    @property
    def total(self) -> int:
        return self.open + self.rotated + self.made

    @property
    def behind(self) -> int:
        """Dates that went by without what they were for."""
        return self.late + self.aged
