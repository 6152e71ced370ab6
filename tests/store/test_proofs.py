"""What a verdict changes at once: the line of the data key, its age, the numbers; and what no verdict can change."""

from dataclasses import replace

import pytest

from store.calendar import DAY, Ages, Calendar
from store.cmks import Cmks
from store.database import Store
from store.figures import Figures
from store.merge import merge
from store.records import Kind, NodeRef, Scope
from store.replay import replay
from store.tree import Tree
from store.verdicts import Verdict
from tests.store.facts import OTHER, PROD, cmk, dump, harvest, snapshot, volume
from tests.verdicts import keep, verdict_on

THEN, LATER, NOW = 400 * DAY, 900 * DAY, 1000 * DAY
UNPROVEN = (Verdict.REWRAPPED, Verdict.UNCHANGED, Verdict.UNKNOWN)
OLD = {"created_at": THEN, "status": "encrypted"}


@pytest.fixture
def filled(store):
    """Two volumes of the same day under one CMK, and one that is somebody else's."""
    keys = [volume(1, 1, **OLD), volume(2, 1, **OLD), volume(3, 1, OTHER, **OLD)]
    merge(store, harvest([cmk(1)], keys), NOW)
    return store


def row(store, number, scope=None):
    """The data key with that number of its volume."""
    every = Cmks(store, scope).data_keys(1)
    return next(key for key in every if key.facts.resource_id == volume(number).resource_id)


def oldest(store):
    return Cmks(store).get(1).oldest_data_key


def test_the_line_of_a_data_key_and_its_row_say_the_newest_verdict(filled):
    """Of several the last one; of a data key that nobody judged, nothing."""
    keep(filled, verdict_on(volume(1), at=LATER), verdict_on(volume(1), Verdict.UNCHANGED, LATER + 5, "run-2"))
    lines = {node.label: (node.verdict, node.verdict_at) for node in Tree(filled).children(NodeRef(Kind.CMK, 1), 0, 9)}
    assert lines[volume(1).resource_id] == (Verdict.UNCHANGED, LATER + 5)
    assert lines[volume(2).resource_id] == (None, None)
    assert (row(filled, 1).verdict, row(filled, 1).verdict_at) == (Verdict.UNCHANGED, LATER + 5)


def test_a_data_key_is_as_old_as_its_last_proof(filled):
    """A later attempt that came to nothing does not take the proof away."""
    keep(filled, verdict_on(volume(1), at=LATER), verdict_on(volume(1), Verdict.REWRAPPED, LATER + 5, "run-2"))
    assert [row(filled, n).made_at for n in (1, 2)] == [LATER, THEN]
    assert oldest(filled) == THEN
    keep(filled, verdict_on(volume(2), at=LATER + 9), verdict_on(volume(3), at=LATER + 7))
    assert oldest(filled) == LATER


@pytest.mark.parametrize("verdict", UNPROVEN)
def test_nothing_but_proof_makes_a_data_key_younger(filled, verdict):
    """Whatever else was found, the data is under the data key of before."""
    keep(filled, *(verdict_on(volume(n), verdict, LATER, f"run-{n}") for n in (1, 2, 3)))
    assert {row(filled, n).made_at for n in (1, 2, 3)} == {THEN}
    assert oldest(filled) == THEN


@pytest.mark.parametrize("verdict", UNPROVEN)
def test_what_took_a_place_without_proof_is_as_old_as_what_it_replaced(filled, verdict):
    """A copy that holds the old data key looks new to AWS; what was proven is new, also with a new name."""
    new = volume(7, 1, created_at=LATER)
    keep(filled, verdict_on(new, verdict, LATER, was=volume(1).resource_id))
    merge(filled, harvest([cmk(1)], [volume(1, 1, **OLD), new]), NOW)
    assert row(filled, 7).made_at == THEN
    merge(filled, harvest([cmk(1)], [new]), NOW + 1)
    assert (row(filled, 7).made_at, oldest(filled)) == (THEN, THEN)
    keep(filled, verdict_on(new, at=LATER + 5, run_id="run-2"))
    assert (row(filled, 7).made_at, oldest(filled)) == (LATER + 5, LATER + 5)


def test_siblings_that_hold_the_old_data_key_stay_old(filled):
    """The volume was replaced and proven; its snapshot of before is a holder of the old data key until it goes."""
    copy, new = snapshot(5, 1, data_key_id="dek-1", **OLD), volume(7, 1, created_at=LATER, data_key_id="dek-2")
    held = volume(1, 1, data_key_id="dek-1", **OLD)
    merge(filled, harvest([cmk(1)], [held, copy]), NOW)
    keep(filled, verdict_on(new, at=LATER, was=held.resource_id))
    merge(filled, harvest([cmk(1)], [copy, new]), NOW + 1)
    assert oldest(filled) == THEN
    merge(filled, harvest([cmk(1)], [new]), NOW + 2)
    assert oldest(filled) == LATER


def test_a_verdict_waits_for_its_holder_and_comes_back_with_it(filled):
    """A new volume is found by the next sync only; one that a sync missed has its verdict again when it is back."""
    new = volume(7, 1, created_at=LATER)
    keep(filled, verdict_on(new, at=LATER, was=volume(1).resource_id))
    assert row(filled, 1).verdict is None
    for keys in ([new], [], [new]):
        merge(filled, harvest([cmk(1)], keys), NOW)
    assert (row(filled, 7).verdict, row(filled, 7).made_at) == (Verdict.PROVEN, LATER)


def test_a_sync_that_changes_a_data_key_keeps_what_was_proven_of_it(filled):
    """Another name, a newer date of AWS: the verdict stays, and the newest date counts."""
    keep(filled, verdict_on(volume(1), at=LATER))
    merge(filled, harvest([cmk(1)], [volume(1, 1, name="anders", created_at=LATER + 9)]), NOW)
    assert (row(filled, 1).verdict, row(filled, 1).made_at) == (Verdict.PROVEN, LATER + 9)


def test_calendar_and_numbers_count_the_same_age(filled):
    """The day that data keys will be too old moves, and so does the half-year that they are counted in."""
    ages = Ages(lambda *_: 100, 100, 100)

    def due():
        found = Calendar(filled, None, ages, NOW).days(None, 0, 2000, (0, 0))
        return sorted(day for day, told in found.items() if told.aging or told.aged)

    def halves():
        return [(each.year, each.half, each.number) for each in Figures(filled).numbers(None, NOW).ages]

    assert (due(), halves()) == ([500], [(1971, 1, 3)])
    keep(filled, *(verdict_on(volume(n), at=LATER, run_id=f"run-{n}") for n in (1, 2, 3)))
    assert (due(), halves()) == ([1000], [(1972, 1, 3)])


def test_of_somebody_else_no_verdict_is_told(filled):
    """Under one's own CMK stands another tenant's volume: that it was rotated is theirs to know."""
    keep(filled, verdict_on(volume(3, place=OTHER), at=LATER), verdict_on(volume(1), at=LATER, run_id="run-2"))
    scope = Scope("Agentschap A")
    told = [(node.name, node.verdict) for node in Tree(filled, scope).children(NodeRef(Kind.CMK, 1), 0, 9)]
    assert told == [("web-1", Verdict.PROVEN), ("web-2", None), ("–", None)]
    assert [key.verdict for key in Cmks(filled, scope).data_keys(1)] == [Verdict.PROVEN, None, None]
    for word in ("verdict:proven", "!verdict:proven"):
        assert row(filled, 3).id not in [
            ref.id for ref in Tree(filled, scope).filter(word) if ref.kind == Kind.DATA_KEY
        ]


def test_the_tree_finds_by_verdict(filled):
    """`verdict:proven` and what it is not."""
    keep(filled, verdict_on(volume(1), at=LATER), verdict_on(volume(2), Verdict.UNCHANGED, LATER, "run-2"))
    tree = Tree(filled)
    assert [tree.node(ref).name for ref in tree.filter("verdict:proven")] == ["web-1"]
    assert [tree.node(ref).name for ref in tree.filter("kind:ebs !verdict:proven")] == ["web-2", "web-3"]


def test_the_past_knows_no_verdict_that_was_not_given_yet(filled, tmp_path):
    """A moment before the first, between two, and after both: each has the line and the age that it had."""
    keep(filled, verdict_on(volume(1), at=NOW + 10), verdict_on(volume(1), Verdict.UNCHANGED, NOW + 20, "run-2"))
    merge(filled, harvest([cmk(1)], [volume(1, 1, name="anders", created_at=THEN)]), NOW + 30)
    told = []
    for moment in (NOW + 5, NOW + 15, NOW + 25, NOW + 35):
        replay(filled, tmp_path / f"{moment}.db", moment)
        past = Store.open(tmp_path / f"{moment}.db")
        key = row(past, 1)
        told.append((key.verdict, key.made_at, past.reader().execute("SELECT count(*) FROM verdict").fetchone()[0]))
        past.close()
    proof = NOW + 10
    assert told == [
        (None, THEN, 0), (Verdict.PROVEN, proof, 1), (Verdict.UNCHANGED, proof, 2), (Verdict.UNCHANGED, proof, 2),
    ]  # fmt: skip


def test_a_store_of_before_gets_its_verdicts_with_the_migration(filled, path):
    """What runs have proven so far is on the rows, in the ages and in the numbers, as if it always had been."""
    keep(filled, verdict_on(volume(1), at=LATER), verdict_on(volume(2), Verdict.REWRAPPED, LATER, "run-2"))
    rest = ("_sqlite_migrations", "data_key")  # whose columns may be in another order

    def state(store):
        rows = store.reader().execute("SELECT id, verdict, verdict_at, proven_at, made_at, generation FROM data_key")
        return rows.fetchall(), dump(store, without=rest)

    whole = state(filled)
    with filled.atomic() as connection:
        connection.execute("DROP INDEX data_key_verdict")
        for column in ("made_at", "verdict", "verdict_at", "proven_at", "held_since"):
            connection.execute(f"ALTER TABLE data_key DROP COLUMN {column}")
        connection.execute("ALTER TABLE verdict DROP COLUMN was_made")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'm021_proofs'")
        connection.execute("DELETE FROM event WHERE source = 'evidence'")
        connection.execute("PRAGMA user_version = 20")
    filled.close()
    again = Store.open(path, write=True)
    assert state(again) == whole
    again.close()


def test_the_same_verdict_twice_changes_nothing(filled):
    """A run that is resumed records again; neither row, number nor event is there a second time."""
    told = verdict_on(volume(1), at=LATER)
    keep(filled, told)
    before = dump(filled)
    keep(filled, replace(told, at=LATER + 9, verdict=Verdict.UNKNOWN))
    assert dump(filled) == before


def test_what_was_proven_is_wrapped_by_the_hbk_of_that_day(filled):
    """In the column of HBK generations the data key moves to the one that was current when it was made."""
    assert row(filled, 1).generation.first == 2
    merge(filled, harvest([cmk(1)], [volume(1, 1, created_at=20)]), NOW)
    assert row(filled, 1).generation.first == 1
    keep(filled, verdict_on(volume(1, place=PROD), at=LATER))
    assert row(filled, 1).generation.first == 2
