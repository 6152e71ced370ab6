"""Times the past at a million data keys, beside a bare `SELECT 1` and a copy of the file: replay, list and diff.

`python tests/bench/bench_history.py [FILE]` (made by synthetic.py; FILE is copied, and changed in the copy).
"""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT_FOLDER = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT_FOLDER), str(ROOT_FOLDER / "tests" / "bench")]

import synthetic  # noqa: E402 - needs the path above
from bench_store import line, timed  # noqa: E402 - as above

from store.database import Store  # noqa: E402 - as above
from store.harvest import Harvest  # noqa: E402 - as above
from store.history import History, Span  # noqa: E402 - as above
from store.merge import merge  # noqa: E402 - as above
from store.records import Kind, NodeRef  # noqa: E402 - as above
from store.replay import replay  # noqa: E402 - as above
from store.tree import Tree  # noqa: E402 - as above

DAY = 86_400
STEPS = 10
SHARE = 1000
"""Each step changes one in so many CMKs and data keys: in all 1 %."""


def change(store: Store, shape: synthetic.Shape) -> list[float]:
    """Ten syncs a day apart, each with other rows; seconds of each merge."""
    took = []
    for step in range(STEPS):
        few = itertools.islice(synthetic.facts(shape), step * 40, None, SHARE)
        every = list(few)
        cmks = tuple(replace(cmk, state="Disabled", tags=(*cmk.tags[:2], ("klasse", "4"))) for cmk, _ in every)
        keys = tuple(replace(key, name=key.name + " anders") for _, below in every for key in below)
        before = time.perf_counter()
        merge(store, Harvest(cmks=cmks, data_keys=keys), shape.today + (step + 1) * DAY)
        took.append(time.perf_counter() - before)
    return took


def main() -> None:
    shape = synthetic.Shape()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        path = Path(folder) / "estate.db"
        if len(sys.argv) > 1:
            shutil.copy(sys.argv[1], path)
        else:
            synthetic.write(path, shape)
        store = Store.open(path, write=True)
        print(f"{'ms':44} {'p50':>9} {'p99':>9} {'worst':>9} {'SELECT 1':>10}")
        bare = sqlite3.connect(path)
        unit = statistics.median(timed(lambda: bare.execute("SELECT 1").fetchone() for _ in range(5000)))
        line(f"merge of 1 in {SHARE}, ten times", [seconds * 1000 for seconds in change(store, shape)], unit)
        lists(store, shape, unit)
        copied = timed([lambda: shutil.copy(path, Path(folder) / "copy.db")])
        line("copy of the file", copied, unit)
        for step in (0, STEPS):
            moment = shape.today + step * DAY
            name = f"replayed, {STEPS - step} merges back"
            line(name, timed([lambda m=moment: replay(store, Path(folder) / f"{m}.db", m)]), unit)
        store.close()


def lists(store: Store, shape: synthetic.Shape, unit: float) -> None:
    """What the screens ask."""
    history, tree = History(store), Tree(store)
    tenant = NodeRef(Kind.TENANT, store.reader().execute("SELECT min(id) FROM place WHERE level = 1").fetchone()[0])
    cmk = next(node.ref for node in tree.children(tenant, 0, 1))
    span = Span(shape.today, shape.today + STEPS * DAY)
    rounds = range(50)
    line("list, 50 of the estate", timed((lambda: history.events(limit=50)) for _ in rounds), unit)
    line("list, 50 at 200,000", timed((lambda: history.events(offset=200_000, limit=50)) for _ in rounds), unit)
    line("list, count of the estate", timed(history.count for _ in rounds), unit)
    line("list, 50 of a tenant", timed((lambda: history.events(tenant, limit=50)) for _ in rounds), unit)
    line("list, count of a tenant", timed((lambda: history.count(tenant)) for _ in rounds), unit)
    line("list, 50 of an application", timed((lambda: history.events(cmk, limit=50)) for _ in rounds), unit)
    line("diff of the estate", timed((lambda: history.changes(None, span, 10_000)) for _ in range(3)), unit)
    line("diff of a tenant", timed((lambda: history.changes(tenant, span, 10_000)) for _ in rounds), unit)


if __name__ == "__main__":
    main()
