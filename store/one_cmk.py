"""Adds one CMK that was just made, so that trees show it without a whole sync. Everything else stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.harvest import Harvest, Placement
from store.merge import merge
from store.paths import names
from store.records import Source

if TYPE_CHECKING:
    from store.database import Store
    from store.harvest import CmkFacts

_FILLED = "SELECT EXISTS (SELECT 1 FROM account) OR EXISTS (SELECT 1 FROM cmk) OR EXISTS (SELECT 1 FROM taken)"


def add_cmk(store: Store, facts: CmkFacts, now: int) -> int:
    """Rows changed. A store that nothing has filled yet stays empty: a sync or a snapshot begins it.

    Raises StoreError.
    """
    with store.snapshot() as reader:
        if not reader.execute(_FILLED).fetchone()[0]:
            return 0
        rows = reader.execute("SELECT id FROM place WHERE declared ORDER BY id").fetchall()
        paths = [(*names(reader, row[0]), "", "") for row in rows]
    declared = tuple(Placement(path[0], path[1], path[2], Source.DECLARED) for path in paths)
    return merge(store, Harvest(declared=declared, cmks=(facts,)), now)
