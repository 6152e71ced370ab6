"""What CMKs cost, counted in keys and rotations: the prices are not the store's. Anyone may import this."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.records import NodeRef

HORIZONS = (12, 36)
"""Months ahead that are counted beside the present."""


@dataclass(frozen=True, slots=True)
class Bill:
    """So many CMKs that are paid for, and so many of their rotations, now and at each of the HORIZONS.

    Of one CMK only its first rotations are billed. `free`: waiting for deletion, or AWS's own. `unread`: CMKs among
    `keys` whose HBKs nobody could read: their past rotations are not in here. `undated`: CMKs among `keys` that rotate
    at a date that nobody knows, or of which nobody could ask whether they rotate: coming ones are not in here.
    """

    keys: int = 0
    free: int = 0
    rotations: int = 0
    rotations_ahead: tuple[int, ...] = (0,) * len(HORIZONS)
    unread: int = 0
    undated: int = 0

    def __add__(self, other: Bill) -> Bill:
        ahead = tuple(a + b for a, b in zip(self.rotations_ahead, other.rotations_ahead, strict=True))
        return replace(
            self, keys=self.keys + other.keys, free=self.free + other.free,
            rotations=self.rotations + other.rotations, rotations_ahead=ahead,
            unread=self.unread + other.unread, undated=self.undated + other.undated,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BillLine:
    """One node below the one that was asked for. `name` is raw tenant-controlled text, '' of what has no place;
    `label` is a CMK's id.
    """

    ref: NodeRef
    name: str
    label: str
    bill: Bill
