"""How much work a route is for a volume, by its size: AWS tells how large it is, never how much of it is in use."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from console.datakeys.estimates import KMS, Part, Range, Work, just

if TYPE_CHECKING:
    from console.datakeys.estimates import Basis
    from console.datakeys.routes import Subject

COPIES = {"move": 2, "transit": 3, "fresh": 2, "naive": 1, "same_copy": 2}
"""Snapshots by route, that of the proof among them; each may be all that is in use, for it may be the first."""

BY_HAND = {"fresh": 1}
"""Copies by a person, which take their time and leave nothing to pay for."""

CALLS = 4
"""Requests that EC2 makes of KMS for each thing that it makes: to wrap, to grant, to open (about as many)."""


def work(subject: Subject, route: str, basis: Basis) -> Work:
    """A volume: snapshots, a new volume beside the old one as long as that is kept, a stop and a start."""
    size = dict(subject.detail).get("size_gib", "")
    gib = Decimal(size) if size.isdigit() else None
    copies, attached = COPIES[route], "instance" in dict(subject.detail)
    snapshots = None if gib is None else _used(gib * copies, basis)
    volume = None if gib is None else just(gib)
    copied = None if gib is None else _used(gib * (copies + BY_HAND.get(route, 0)), basis).times(1024)
    return Work(
        (Part("copy_mib_s", copied), Part("waits_minute", just(copies + 1 + 2 * attached))),
        (
            Part("volume_gib_month", basis.kept(volume)),
            Part("snapshot_gib_month", basis.kept(snapshots)),
            Part(KMS, just(CALLS * (copies + 1))),
        ),
        (Part("used_percent", volume),),
    )


def _used(gib: Decimal, basis: Basis) -> Range:
    least, most = basis.rates.used_percent
    return Range(gib * least / 100, gib * most / 100)
