"""Times the findings at a million data keys: a whole round, a round after a sync, a screen's questions, badges.

`python tests/bench/bench_findings.py [FILE]` (made by synthetic.py; without FILE one is made, which takes a while).
FILE is judged in place. Reads are told in units of `SELECT 1`, rounds in units of the whole one.
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
from bench_store import line, timed  # noqa: E402

from console.services.findings.judge import judge  # noqa: E402
from console.services.findings.rows import count_open, rows_of  # noqa: E402
from console.services.history import events_of  # noqa: E402
from console.settings import load  # noqa: E402
from console.terms import AgePolicy, Terms  # noqa: E402
from console.text import Text  # noqa: E402
from screens import columns  # noqa: E402
from screens.history import event_columns  # noqa: E402
from screens.widgets.rows import asked_of  # noqa: E402
from store.database import Store  # noqa: E402
from store.findings import Findings, Wanted  # noqa: E402
from store.history import Span  # noqa: E402
from store.records import ROOT, UNASSIGNED, Kind, NodeRef, Scope  # noqa: E402
from store.tree import Tree  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.settings import Settings

ROUNDS = 200
LINES = 35
"""Lines of a tree that are in sight at once."""

WORDS = ("a", "agentschap", "!hoog web", "zzz")

TOUCHES = (1, 100, 2_000)
_TOUCH = "INSERT OR IGNORE INTO unjudged SELECT 'cmk', id FROM cmk ORDER BY (id * 7919) % 100003 LIMIT ?"
_BESIDE = "INSERT OR IGNORE INTO unjudged SELECT 'place', c.place_id FROM unjudged AS u JOIN cmk AS c ON c.id = u.id"


def spent(name: str, call: Callable[[], int], whole: float = 0.0) -> float:
    """One row: findings changed, wall and CPU seconds, and the CPU as a part of `whole`."""
    wall, cpu = time.perf_counter(), time.process_time()
    changed = call()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    part = f"{cpu / whole:9.3f}×" if whole else ""
    print(f"{name:44} {changed:9} {wall:9.2f} {cpu:9.2f} {part}")
    return cpu


def rounds(store: Store, settings: Settings) -> None:
    """Everything, nothing, and what a sync touched."""
    now = synthetic.Shape().today
    print(f"{'round':44} {'changed':>9} {'wall s':>9} {'CPU s':>9} {'whole = 1':>10}")
    with store.atomic() as connection:
        connection.execute("DELETE FROM judged")
        connection.execute("DELETE FROM finding")
    spent("whole, into an empty table", lambda: judge(store, settings, now))
    _all_due(store)
    whole = spent("whole, again", lambda: judge(store, settings, now))
    spent("nothing touched", lambda: judge(store, settings, now), whole)
    for number in TOUCHES:
        with store.atomic() as connection:
            connection.execute(_TOUCH, (number,))
            connection.execute(_BESIDE)
        spent(f"{number} CMKs touched, with their places", lambda: judge(store, settings, now), whole)
    aged = replace(settings, terms=Terms(age=AgePolicy(default_days=730)))
    spent("whole, with an age for every data key", lambda: judge(store, aged, now), whole)
    spent("whole, back again", lambda: judge(store, settings, now), whole)


def _all_due(store: Store) -> None:
    with store.atomic() as connection:
        connection.execute("UPDATE judged SET terms = ''")


def reads(path: Path, settings: Settings) -> None:
    """What a screen asks."""
    store = Store.open(path)
    bare = sqlite3.connect(path)
    unit = statistics.median(timed(lambda: bare.execute("SELECT 1").fetchone() for _ in range(5000)))
    tree, chance = Tree(store), random.Random(3)
    every = [node.ref for node in tree.children(ROOT, 0, 10_000) if node.ref != UNASSIGNED]
    total = rows_of(store, settings, Wanted(), None).count()
    print(f"\n{f'ms, {total} findings':44} {'p50':>9} {'p99':>9} {'worst':>9} {'SELECT 1':>10}")

    def first(wanted: Wanted, scoped: Settings = settings) -> object:
        rows = rows_of(store, scoped, wanted, None)
        return rows.count(), rows.window(0, 128)

    line("opening: all, count and first window", timed([lambda: first(Wanted())] * 20), unit)
    windows = [chance.randrange(max(1, total - 128)) for _ in range(40)]
    findings = Findings(store)
    line("a window of 128 anywhere", timed((lambda n=n: findings.window(Wanted(), n, 128)) for n in windows), unit)
    line("opening: a tenant", timed((lambda r=r: first(Wanted(r))) for r in every[:ROUNDS]), unit)
    name = (tree.node(every[7]) or tree.children(ROOT, 0, 1)[0]).name
    scoped = replace(settings, scope=Scope(name))
    line("opening: a scoped owner", timed([lambda: first(Wanted(), scoped)] * 40), unit)
    _tables(store, settings, unit)
    _badges(store, settings, tree, every, unit)


def _tables(store: Store, settings: Settings, unit: float) -> None:
    """A letter of a filter and an order, as a table asks them in its thread, of findings and of events."""
    text = Text("nl")
    lists = {
        "findings": (rows_of(store, settings, Wanted(), None), columns.findings(text, 200, noted=True)),
        "events": (events_of(store, settings, None, Span()), event_columns(text, 200)),
    }
    for name, (rows, cols) in lists.items():
        asked = {f"/{word}": asked_of(cols, word, None, down=False) for word in WORDS}
        asked |= {f"by {column.key}": asked_of(cols, "", nr, down=True) for nr, column in enumerate(cols)}
        for what, each in asked.items():
            line(f"{name} {what}", timed([lambda a=each, r=rows: r.narrowed(a, lambda: False).count()] * 5), unit)


def _badges(store: Store, settings: Settings, tree: Tree, tenants: list[NodeRef], unit: float) -> None:
    chance = random.Random(4)
    cmks = [NodeRef(Kind.CMK, chance.randrange(1, 40_000)) for _ in range(LINES)]
    homes = [tree.parent(ref) or ROOT for ref in cmks]
    shown = {
        "tenants": tenants[:LINES],
        "applications of two tenants": [n.ref for t in tenants[:2] for n in tree.children(t, 0, 20)][:LINES],
        "environments": [ref for ref in homes if ref.kind is Kind.ENVIRONMENT],
        "CMKs": cmks,
        "data keys": [NodeRef(Kind.DATA_KEY, chance.randrange(1, 1_000_000)) for _ in range(LINES)],
    }
    for kind, refs in shown.items():
        line(f"badges: {len(refs)} {kind}", timed([lambda r=refs: count_open(store, settings, tuple(r))] * 40), unit)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "estate.db"
        if len(sys.argv) < 2:
            synthetic.write(path, synthetic.Shape())
        settings = load({"store": str(path)}, {})
        store = Store.open(path, write=True)
        rounds(store, settings)
        store.close()
        reads(path, settings)


if __name__ == "__main__":
    main()
