"""What one part of a sync brings home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.harvest import CmkFacts, DataKeyFacts, PrefixRead
    from store.records import Gap, Slice
    from store.traces import GrantsRead


@dataclass(frozen=True, slots=True)
class Reading:
    """CMKs with their grants, holders of data keys, objects of prefixes, which slices are whole, and which are not."""

    cmks: tuple[CmkFacts, ...] = ()
    data_keys: tuple[DataKeyFacts, ...] = ()
    complete: frozenset[Slice] = frozenset()
    gaps: tuple[Gap, ...] = ()
    grants: tuple[GrantsRead, ...] = ()
    prefixes: tuple[PrefixRead, ...] = ()
