"""What is wrong with the estate, as the store answers; anyone may import them.

Times are whole seconds since 1970-01-01 UTC; None means that the fact does not exist or is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.records import NodeRef, Source


class Severity(IntEnum):
    """How bad it is: from what is good to know, to what loses data or lets others read it."""

    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has seen a finding and lets it be, until a moment (None: for good); the reason is in their words."""

    who: str
    at: int
    reason: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one subject.

    `id` stays as long as the fault does. `rule` names the texts `finding.RULE`, `.why`, `.todo` and `.who`, whose
    blanks are `values`. `expected` and `found` are raw values (paths, ids, ISO dates) or ''; ('' also for what is
    not for these eyes). `since`: when it began as far as the facts tell, else when it was first seen. `source`, `at`
    and `stale` are those of the subject's facts. Names, paths and values are tenant-controlled text.
    """

    id: int
    rule: str
    severity: Severity
    ref: NodeRef
    name: str
    label: str
    path: tuple[str, ...]
    expected: str
    found: str
    values: tuple[tuple[str, str | int], ...]
    since: int | None
    first_seen: int
    source: Source
    at: int
    stale: bool
    ack: Acknowledgement | None = None
