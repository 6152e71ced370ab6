"""Readers see a whole state at every moment, and so does whoever opens the store after a kill."""

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from store.database import Store
from store.merge import merge
from store.records import ROOT
from store.tree import Tree
from tests.store.facts import OTHER, PROD, cmk, dump, harvest, volume

HERE = Path(__file__).parents[2]


def states():
    """Two estates that share nothing but their size, so that a mixture of them shows."""
    return [
        harvest([cmk(n, place) for n in range(1, 6)], [volume(n, 1 + n % 5, place, name=name) for n in range(300)])
        for place, name in ((PROD, "oud"), (OTHER, "nieuw"))
    ]


def seen(tree):
    """What one reading of some nodes shows: counts at the top, names at the bottom."""
    with tree._store.snapshot():
        tops = [(node.name, node.counts.data_keys) for node in tree.children(ROOT, 0, 9)]
        bottom = {node.name for ref, *_ in tree.branches() for node in tree.children(ref, 0, 400)}
    return tops, bottom & {"oud", "nieuw"}


def test_readers_see_the_old_or_the_new_state(store, path):
    """While another thread merges one estate over the other, no reading mixes them, and none has to wait long."""
    first, second = states()
    merge(store, first, 1)
    done = threading.Event()

    def write():
        for turn in range(6):
            merge(store, (second, first)[turn % 2], turn)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    tree = Tree(Store.open(path))
    found = set()
    while not done.is_set():
        tops, bottom = seen(tree)
        found.add((tuple(tops), tuple(bottom)))
    thread.join()
    assert found <= {
        ((("Agentschap A", 300),), ("oud",)),
        ((("Agentschap B", 300),), ("nieuw",)),
    }


def test_a_window_is_of_one_moment(store, path):
    """What is read inside one snapshot does not move with a merge that ends meanwhile; the next reading does."""
    first, second = states()
    merge(store, first, 1)
    reading = Store.open(path)
    tree = Tree(reading)
    with reading.snapshot():
        before = tree.children(ROOT, 0, 9)
        merge(store, second, 2)
        assert tree.children(ROOT, 0, 9) == before
    assert [node.name for node in tree.children(ROOT, 0, 9)] == ["Agentschap B"]


MERGE_FOR_EVER = """
import pathlib, sys
from store.database import Store
from store.merge import merge
from tests.store.test_whole import states
store = Store.open(pathlib.Path(sys.argv[1]), write=True)
both = states()
print("ready", flush=True)
for turn in range(1, 10_000):
    merge(store, both[turn % 2], turn)
"""


@pytest.mark.parametrize("seed", range(5))
def test_a_kill_leaves_the_old_or_the_new_state(path, seed):
    """SIGKILL at a random moment of a merge: the store opens, holds one estate whole, and takes the next merge."""
    store = Store.open(path, write=True)
    first, second = states()
    merge(store, first, 1)
    child = subprocess.Popen(
        [sys.executable, "-c", MERGE_FOR_EVER, str(path)], cwd=HERE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    after = random.Random(seed).uniform(0.0, 0.3)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(after)
    child.send_signal(signal.SIGKILL)
    child.wait()
    opened = Store.open(path, write=True)
    assert opened.reader().execute("PRAGMA integrity_check").fetchone() == ("ok",)
    tops, bottom = seen(Tree(opened))
    assert (tops, bottom) in [([("Agentschap A", 300)], {"oud"}), ([("Agentschap B", 300)], {"nieuw"})]
    merge(opened, second, 9)
    assert seen(Tree(opened))[1] == {"nieuw"}


def test_a_second_writer_waits_its_turn(store, path):
    """Two that merge at once: both go in, one after the other."""
    first, _ = states()
    merge(store, first, 1)
    errors = []

    def write(number):
        other = Store.open(path, write=True)
        try:
            merge(other, harvest([cmk(number)], complete=frozenset()), 2)
        except Exception as error:  # noqa: BLE001 - told to the test below
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in (50, 51)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(dump(store)["cmk"]) == 7
