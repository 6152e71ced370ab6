"""Times the store's reads at a million data keys against a bare `SELECT 1`, and its merge against an upsert.

`python tests/bench/bench_store.py [FILE]` (made by synthetic.py; without FILE one is made, which takes a while).
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

ROOT_FOLDER = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT_FOLDER), str(ROOT_FOLDER / "tests" / "bench")]

import synthetic  # noqa: E402 - needs the path above

from store.calendar import DAY, Ages, Calendar  # noqa: E402
from store.cmks import Cmks  # noqa: E402
from store.database import Store  # noqa: E402
from store.lookup import Lookup  # noqa: E402
from store.merge import merge  # noqa: E402
from store.records import ROOT, UNASSIGNED, Kind, NodeRef, Scope  # noqa: E402
from store.rotations import Rotations  # noqa: E402
from store.tree import Tree  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from store.harvest import DataKeyFacts

ROUNDS = 400


def timed(calls: Iterable[Callable[[], object]]) -> list[float]:
    """Milliseconds of each call."""
    took = []
    for call in calls:
        before = time.perf_counter()
        call()
        took.append((time.perf_counter() - before) * 1000)
    return took


def line(name: str, took: list[float], unit: float) -> None:
    """One row of the report: p50, p99, worst, and p50 in units of `SELECT 1`."""
    ordered = sorted(took)
    p99 = ordered[max(0, int(len(ordered) * 0.99) - 1)]
    middle = statistics.median(ordered)
    print(f"{name:44} {middle:9.3f} {p99:9.3f} {ordered[-1]:9.3f} {middle / unit:9.0f}×")


def reads(path: Path) -> None:
    """Every read that a screen makes, on random nodes."""
    store = Store.open(path)
    chance = random.Random(2)
    bare = sqlite3.connect(path)
    unit = statistics.median(timed(lambda: bare.execute("SELECT 1").fetchone() for _ in range(5000)))
    print(f"{'ms':44} {'p50':>9} {'p99':>9} {'worst':>9} {'SELECT 1':>10}")
    tree = Tree(store)
    line("pulse", timed(store.pulse for _ in range(ROUNDS)), unit)
    _tree_reads(store, tree, chance, unit)
    _searches(store, chance, unit)
    rotations = Rotations(store)
    line("due, 50 of the estate", timed(lambda: rotations.due(limit=50) for _ in range(20)), unit)
    line("history, 50 of the estate", timed(lambda: rotations.history(limit=50) for _ in range(20)), unit)
    line("history, 50 at 200,000", timed(lambda: rotations.history(None, 200_000, 50) for _ in range(20)), unit)
    line("count_history", timed(rotations.count_history for _ in range(20)), unit)
    _calendar(store, unit)
    cmks = Cmks(store)
    line("whole CMK", timed((lambda n=n: cmks.get(n)) for n in _some(store, chance, "cmk")), unit)
    line("known (sync)", timed([cmks.known]), unit)
    store.close()


def _calendar(store: Store, unit: float) -> None:
    """A year and a month of the estate, without and with ages of data keys, and a screenful of its list."""
    now = synthetic.Shape().today
    first = now // DAY
    limits = {"Productie": 730, "Dev": 1500}
    for words, ages in (("", None), (", ages", Ages(lambda place, _: limits.get(place), 730, 1500))):
        book = Calendar(store, None, ages, now)
        for name, days in (("year", 365), ("month", 30)):
            line(
                f"calendar, {name} of the estate{words}",
                timed([lambda b=book, d=days: b.days(None, first, first + d, (3, 10))] * 9),
                unit,
            )
        line(f"calendar, late of the estate{words}", timed([lambda b=book: b.late(None)] * 5), unit)
        line(f"calendar, order of all{words}", timed([lambda b=book: b.codes(None, None, None)] * 5), unit)
        codes = book.codes(None, first + 30, first + 60)[:128]
        line(f"calendar, 128 entries{words}", timed([lambda b=book, c=codes: b.entries(c)] * 9), unit)


def _some(store: Store, chance: random.Random, table: str) -> list[int]:
    top = store.reader().execute(f"SELECT max(id) FROM {table}").fetchone()[0]
    return [chance.randrange(1, top + 1) for _ in range(ROUNDS)]


def _tree_reads(store: Store, tree: Tree, chance: random.Random, unit: float) -> None:
    tenants = [node.ref for node in tree.children(ROOT, 0, 10_000) if node.ref != UNASSIGNED]
    cmks = [NodeRef(Kind.CMK, n) for n in _some(store, chance, "cmk")]
    keys = [NodeRef(Kind.DATA_KEY, n) for n in _some(store, chance, "data_key")]
    environments = [tree.parent(ref) or ROOT for ref in cmks]
    line("children of ROOT, 60", timed((lambda: tree.children(ROOT, 100, 60)) for _ in range(ROUNDS)), unit)
    line("children of a tenant", timed((lambda r=r: tree.children(r, 0, 60)) for r in tenants[:ROUNDS]), unit)
    line("children of an environment", timed((lambda r=r: tree.children(r, 0, 60)) for r in environments), unit)
    line("children of a CMK, 60", timed((lambda r=r: tree.children(r, 0, 60)) for r in cmks), unit)
    line("count", timed((lambda r=r: tree.count(r)) for r in cmks), unit)
    line("node of a data key", timed((lambda r=r: tree.node(r)) for r in keys), unit)
    line("index of a data key", timed((lambda r=r: tree.index(r)) for r in keys), unit)
    line("index of a CMK", timed((lambda r=r: tree.index(r)) for r in cmks), unit)
    line("index of a tenant", timed((lambda r=r: tree.index(r)) for r in tenants[:ROUNDS]), unit)
    line("ancestors of a data key", timed((lambda r=r: tree.ancestors(r)) for r in keys), unit)
    paths = [tree.path(ref) for ref in keys]
    line("resolve a path of five names", timed((lambda p=p: tree.resolve(p)) for p in paths), unit)
    line("branches, all", timed([lambda: sum(1 for _ in tree.branches())]), unit)
    scoped = Tree(store, Scope((tree.node(tenants[3]) or tree.children(ROOT, 0, 1)[0]).name))
    line("scoped: first look", timed([lambda: scoped.children(ROOT, 0, 1)]), unit)
    line("scoped: children", timed((lambda: scoped.children(tenants[3], 0, 60)) for _ in range(ROUNDS)), unit)
    for text in ("web-1", "zorg", "status:disabled", "kind:s3 subsidies", "vol-0a1f", "!status:encrypted"):
        line(f"filter {text}", timed([lambda t=text: tree.filter(t)] * 3), unit)


def _searches(store: Store, chance: random.Random, unit: float) -> None:
    """Each text as it is typed, a letter at a time."""
    lookup = Lookup(store)
    wholes = ["agentschap", "vergunningen", "web-1 /data", "productie", "nightly", "wegen en verkeer"]
    ids = [row[0] for n in _some(store, chance, "data_key")[:40] for row in _ask(store, "resource_id", "data_key", n)]
    ids += [row[0] for n in _some(store, chance, "cmk")[:40] for row in _ask(store, "key_id", "cmk", n)]
    for name, texts in (("names", wholes[:2] + wholes[3:5]), ("ids", ids), ("accounts", ["100000007919"] * 5)):
        typed = [text[:size] for text in texts for size in range(1, min(len(text), 12) + 1)]
        line(f"search while typing {name}", timed((lambda t=t: lookup.search(t)) for t in typed * 5), unit)
    several = ("web-1 productie", "zorg subsidies", "agentschap web", "zorg loket db-2 /data", "web nightly t&i", "db zzz",
               "app-2 /data dev toerisme", "wegen en verkeer", "productie web")  # fmt: skip
    for text in several:
        hits = len(lookup.search(text))
        line(f"search {text} ({hits} hits)", timed([lambda t=text: lookup.search(t)] * 5), unit)
    line("resolve an id", timed((lambda t=t: lookup.resolve(t)) for t in ids), unit)


def _ask(store: Store, column: str, table: str, id_: int) -> list[tuple[str]]:
    return store.reader().execute(f"SELECT {column} FROM {table} WHERE id = ?", (id_,)).fetchall()


_UPSERT = """
INSERT INTO flat VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (resource_id, account_id, region, kind) DO UPDATE
SET granularity = excluded.granularity, name = excluded.name, arn = excluded.arn, key_ref = excluded.key_ref,
    status = excluded.status, created_at = excluded.created_at, seen_at = excluded.seen_at
"""


def merges() -> None:
    """CPU of merging 100,000 data keys and 4,000 CMKs, beside an upsert of the same data keys into a flat table."""
    shape = synthetic.Shape(tenants=50)
    harvest = synthetic.harvest(shape)
    with tempfile.TemporaryDirectory() as folder:
        flat = sqlite3.connect(Path(folder) / "flat.db", isolation_level=None)
        flat.execute("PRAGMA journal_mode = WAL")
        flat.execute(
            "CREATE TABLE flat (resource_id, account_id, region, kind, granularity, name, arn, key_ref, status,"
            " created_at, seen_at, PRIMARY KEY (resource_id, account_id, region, kind))"
        )

        def upsert() -> int:
            flat.execute("BEGIN IMMEDIATE")
            done = flat.executemany(_UPSERT, map(_row, harvest.data_keys)).rowcount
            flat.execute("COMMIT")
            return done

        store = Store.open(Path(folder) / "store.db", write=True)
        some = tuple(replace(k, name=k.name + "!") if n % 100 == 0 else k for n, k in enumerate(harvest.data_keys))
        every = tuple(replace(k, name=k.name + "?") for k in harvest.data_keys)
        print(f"{'CPU seconds':44} {'rows changed':>12} {'seconds':>9} {'upsert = 1':>10}")
        unit = 0.0
        for name, call in (
            ("upsert of new rows", upsert),
            ("upsert of the same rows", upsert),
            ("merge, all new", lambda: merge(store, harvest, 1)),
            ("merge, nothing changed", lambda: merge(store, harvest, 2)),
            ("merge, 1 % changed", lambda: merge(store, replace(harvest, data_keys=some), 3)),
            ("merge, all changed", lambda: merge(store, replace(harvest, data_keys=every), 4)),
        ):
            before = time.process_time()
            changed = call()
            took = time.process_time() - before
            unit = took if call is upsert else unit
            print(f"{name:44} {changed:12} {took:9.2f} {took / unit:9.2f}×")
        store.close()


def _row(k: DataKeyFacts) -> tuple[object, ...]:
    return (
        k.resource_id, k.account_id, k.region, k.kind, k.granularity, k.name, k.arn, k.key_ref, k.status, k.created_at,
        k.seen_at,
    )  # fmt: skip


def main() -> None:
    if len(sys.argv) > 1:
        reads(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            synthetic.write(Path(folder) / "estate.db", synthetic.Shape())
            reads(Path(folder) / "estate.db")
    if "--reads" not in sys.argv:
        merges()


if __name__ == "__main__":
    main()
