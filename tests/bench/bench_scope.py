"""What a scope costs: each question of a screen as an administrator asks it, and within a scope; ratios of one run.

`python tests/bench/bench_scope.py FILE` (made by synthetic.py, judged by bench_findings.py). `whole` is an
administrator's answer about everything, `branch` about the owner's own branch, beside the owner's own answer. The
goal is at most twice the dearer of those two for who sees one tenant or one application, and a first look counts.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT_FOLDER = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT_FOLDER), str(ROOT_FOLDER / "tests" / "bench")]

import synthetic  # noqa: E402 - needs the path above
from bench_store import timed  # noqa: E402 - as above

import console.settings  # noqa: E402 - as above
from console.assembly import assemble  # noqa: E402 - as above
from console.commands.blast import ShowBlast  # noqa: E402 - as above
from console.commands.cards import MakeCard, ShowThing  # noqa: E402 - as above
from console.commands.cost import ShowCost  # noqa: E402 - as above
from console.commands.findings import ListFindings  # noqa: E402 - as above
from console.commands.history import ListEvents  # noqa: E402 - as above
from console.commands.inventory import BrowseTree, Inspect, Search  # noqa: E402 - as above
from console.commands.pulse import ShowPulse  # noqa: E402 - as above
from console.commands.rotations import ListRotations, ShowCalendar  # noqa: E402 - as above
from console.settings import load  # noqa: E402 - as above
from console.text.paths import join_path, split_path  # noqa: E402 - as above
from store.records import ROOT, UNASSIGNED, Kind  # noqa: E402 - as above

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.assembly import Desk

ROUNDS = 15
GOAL = 2.0
FLOOR = 1.0
"""Milliseconds below which a ratio says nothing about what a person feels."""


def questions(desk: Desk, path: str) -> dict[str, Callable[[], object]]:
    """Each screen's question within `path`, '' for all in sight."""
    run = desk.dispatch.run
    tree = run(BrowseTree())
    top = tree.branch(path) or ROOT
    below = [node.ref for node in tree.children(top, 0, 60) if node.ref != UNASSIGNED]
    cmk = key = top
    while cmk.kind is not Kind.CMK:
        cmk = next(n.ref for n in tree.children(cmk, 0, 50) if n.ref != UNASSIGNED and n.children)
    key = tree.children(cmk, 0, 1)[0].ref
    label = tree.node(key).label

    def rows(command: Any) -> Callable[[], object]:
        def ask() -> object:
            found = run(command)
            return found.count(), found.window(0, 60)

        return ask

    return {
        "tree: window of the top": lambda: (tree.children(top, 0, 60), tree.count(top)),
        "tree: window of each of 60 below": lambda: [tree.children(ref, 0, 60) for ref in below],
        "tree: window under a CMK": lambda: tree.children(cmk, 0, 60),
        "filter: status:disabled": lambda: tree.filter("status:disabled"),
        "search: produc": lambda: run(Search("produc")),
        "search: web-1 productie": lambda: run(Search("web-1 productie")),
        "search: a piece of an id": lambda: run(Search(label[:9])),
        "show: an id": lambda: run(ShowThing(label)),
        "sheet of a CMK": lambda: run(Inspect(cmk)),
        "card of a data key": lambda: run(MakeCard(key)),
        "blast radius": lambda: run(ShowBlast(ref=cmk)),
        "findings": rows(ListFindings(path)),
        "pulse": lambda: run(ShowPulse(path)),
        "rotations": rows(ListRotations(path)),
        "rotations, due in 90 days": rows(ListRotations(path, due="90d")),
        "rotations, history": rows(ListRotations(path, history=True)),
        "calendar": lambda: run(ShowCalendar(path)),
        "cost": lambda: run(ShowCost(path)),
        "events": rows(ListEvents(path)),
        "events of 30 days": rows(ListEvents(path, since="30d")),
    }


def sat(store: Path, scope: str = "") -> tuple[Desk, float]:
    """A desk, and the milliseconds of its first look at its branch."""
    flags = {"store": str(store), "role": "owner", "scope": scope} if scope else {"store": str(store)}
    desk = assemble(load(flags, {}))
    before = time.perf_counter()
    desk.dispatch.run(BrowseTree()).children(ROOT, 0, 1)
    return desk, (time.perf_counter() - before) * 1000


def middle(call: Callable[[], object]) -> float:
    call()
    return statistics.median(timed([call] * ROUNDS))


def main() -> int:
    store = Path(sys.argv[1])
    synthetic_now = synthetic.Shape().today
    console.settings.time = type("Then", (), {"time": staticmethod(lambda: synthetic_now)})  # type: ignore[attr-defined]
    admin, first = sat(store)
    tree = admin.dispatch.run(BrowseTree())
    tenants = [node.name for node in tree.children(ROOT, 200, 5)]
    whole = {name: middle(call) for name, call in questions(admin, "").items()}
    over = 0
    for path in (tenants[0], f"{tenants[0]}/{_application(tree, tenants[0])}"):
        owner, opened = sat(store, path)
        print(f"\n{path}: first look {opened:.1f} ms, unscoped {first:.1f} ms")
        print(f"{'ms':36} {'whole':>9} {'branch':>9} {'scoped':>9} {'to whole':>9} {'to branch':>9}")
        branch, own = questions(admin, path), questions(owner, "")
        for name, call in own.items():
            beside, mine = middle(branch[name]), middle(call)
            ratios = mine / whole[name], mine / beside
            bad = min(ratios) > GOAL and mine > FLOOR
            over += bad
            print(
                f"{name:36} {whole[name]:9.2f} {beside:9.2f} {mine:9.2f} {ratios[0]:8.2f}× {ratios[1]:8.2f}×"
                f"{'  OVER' if bad else ''}"
            )
        owner.close()
    admin.close()
    return int(over > 0)


def _application(tree: Any, tenant: str) -> str:
    ref = tree.branch(join_path(split_path(tenant)))
    return str(tree.children(ref, 0, 1)[0].name)


if __name__ == "__main__":
    sys.exit(main())
