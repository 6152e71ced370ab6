"""Numbers at a glance: kept sums say the same as counting would, for every branch and every pair of eyes."""

import random
import sqlite3

import pytest

from store.database import VERSION, Store
from store.figures import DAY, Figures
from store.merge import merge
from store.numbers import Due, HalfYear, Holders
from store.records import ROOT, UNASSIGNED, Granularity, Kind, NodeRef, Scope, Status
from store.syncs import Syncs
from store.tree import Tree
from tests.store.facts import NOWHERE, OTHER, PROD, TEST, bucket, cmk, dump, harvest, snapshot, volume

NOW = 1_795_000_000
JUNE_2025, JULY_2025 = 1_751_000_000, 1_752_000_000


def numbers(store, within=None, scope=None):
    return Figures(store, scope).numbers(within, NOW)


def place(store, *names):
    return Tree(store).resolve(names)


def counted(found):
    """Data keys, groups and copies, as a badge counts them."""
    parts = ((Granularity.VOLUME,), (Granularity.BUCKET,), (Granularity.SNAPSHOT,))
    return [sum(h.number for h in found.holders if h.granularity in part) for part in parts]


def every_place(store, tree):
    rows = store.reader().execute("SELECT level, id FROM place WHERE id > 0").fetchall()
    kinds = (None, Kind.TENANT, Kind.APPLICATION, Kind.ENVIRONMENT)
    return [(ref, tree.node(ref)) for level, id_ in rows for ref in [NodeRef(kinds[level], id_)] if tree.node(ref)]


@pytest.fixture
def estate(store):
    """Two tenants, each other's data keys, what has no place, and every way to be encrypted or not."""
    cmks = [cmk(1), cmk(2, TEST, state="Disabled"), cmk(3, OTHER), cmk(4, NOWHERE)]
    keys = [
        volume(1, 1), volume(2, 1, place=TEST), volume(3, 3), volume(4, 2), volume(5), bucket("a", 1), bucket("b", 3),
        snapshot(6, 1), volume(7, place=NOWHERE), volume(8, place=OTHER, status=Status.AWS_MANAGED, key_ref="arn:x"),
    ]  # fmt: skip
    merge(store, harvest(cmks, keys), NOW)
    return store


def test_every_place_counts_what_the_tree_counts(estate):
    """The same data keys, groups and copies as the badges, for all, each place, and each scope."""
    for scope in (None, Scope("Agentschap A"), Scope("Agentschap A", "X"), Scope("Agentschap B")):
        tree = Tree(estate, scope)
        for ref, node in every_place(estate, tree):
            badge = [node.counts.data_keys, node.counts.groups, node.counts.copies]
            assert counted(numbers(estate, ref, scope)) == badge, (scope, node.name)
    whole = Syncs(estate).overview().counts
    assert counted(numbers(estate)) == [whole.data_keys, whole.groups, whole.copies]
    assert counted(numbers(estate, UNASSIGNED)) == [1, 0, 0]


def test_an_owner_without_a_path_gets_the_own_branch(estate):
    """No number of another tenant is in it; the tenant above an application counts as the application."""
    mine = Scope("Agentschap A", "X")
    assert numbers(estate, None, mine) == numbers(estate, place(estate, "Agentschap A", "X"), mine)
    assert numbers(estate, place(estate, "Agentschap A"), mine) == numbers(estate, None, mine)
    assert numbers(estate, None, Scope("Niemand")).cmks == ()


def test_cmks_are_counted_by_the_word_the_tree_shows(store):
    """A running rotation is a state of its own, while the CMK is enabled."""
    cmks = [cmk(1), cmk(2, rotation_started=5), cmk(3, state="Disabled", rotation_started=5), cmk(4, state="Odd")]
    merge(store, harvest(cmks), NOW)
    assert dict(numbers(store).cmks) == {
        Status.ENABLED: 1, Status.ROTATING: 1, Status.DISABLED: 1, Status.UNKNOWN: 1,
    }  # fmt: skip


def test_each_cmk_stands_once_among_the_coming_rotations(store):
    """By the calendar's own rule: what is paused, off, pending or cannot rotate does not come."""
    soon = [(-1, "overdue"), (0, "week"), (7, "week"), (8, "month"), (30, "month"), (90, "quarter"), (91, "later")]
    dated = [cmk(n, rotation_next=NOW + days * DAY) for n, (days, _) in enumerate(soon, 1)]
    rest = [
        cmk(11, rotation_next=NOW + DAY, state="Disabled"),
        cmk(12, rotation_next=None, rotation_enabled=False),
        cmk(13, rotation_next=None, state="PendingDeletion", rotation_enabled=False),
        cmk(14, rotation_next=None, key_spec="RSA_2048", rotation_enabled=None),
        cmk(15, rotation_next=None, origin="EXTERNAL", rotation_enabled=None),
        cmk(16, rotation_next=None, rotation_enabled=None, rotation_at=0),
    ]
    merge(store, harvest([*dated, *rest]), NOW)
    assert numbers(store).due == Due(
        overdue=1, week=2, month=2, quarter=1, later=1, paused=1, off=1, pending=1, never=2, unknown=1
    )


def test_a_data_key_is_as_old_as_its_oldest_holder(store):
    """A volume made from a snapshot shares its data key; what is not encrypted has none, what has no date says so."""
    keys = [
        snapshot(1, 1, created_at=JUNE_2025, data_key_id="dk-1"),
        volume(1, 1, created_at=JULY_2025, data_key_id="dk-1"),
        volume(2, 1, created_at=JULY_2025, data_key_id="dk-2"),
        volume(3, 1, created_at=JULY_2025),
        volume(4, 1, created_at=None),
        volume(5, created_at=JUNE_2025, status=Status.UNENCRYPTED),
        bucket("b", 1, created_at=JUNE_2025),
    ]
    merge(store, harvest([cmk(1)], keys), NOW)
    assert numbers(store).ages == (HalfYear(0, 0, 1), HalfYear(2025, 1, 1), HalfYear(2025, 2, 2))
    assert numbers(store, NodeRef(Kind.CMK, 1)).ages == numbers(store).ages


def test_what_is_known_and_what_is_not_are_numbers_apart(store):
    """Encrypted under whose key, unencrypted and unknown, per kind."""
    states = (Status.ENCRYPTED, Status.UNENCRYPTED, Status.AWS_MANAGED, Status.UNKNOWN)
    merge(store, harvest([], [volume(n, status=status) for n, status in enumerate(states)]), NOW)
    assert numbers(store).holders == tuple(
        Holders(Granularity.VOLUME, status, 1) for status in Status if status in states
    )


def test_kept_sums_follow_whatever_a_sync_changes(store):
    """Things come, move, turn stale and go, at random: the sums are what counting all again would give."""
    chance = random.Random(7)
    for _ in range(12):
        cmks = [cmk(n, chance.choice((PROD, TEST, OTHER, NOWHERE))) for n in range(1, 6) if chance.random() < 0.8]
        keys = [
            volume(n, chance.randrange(6), chance.choice((PROD, TEST, OTHER, NOWHERE)), status=chance.choice(
                (Status.ENCRYPTED, Status.UNENCRYPTED)), created_at=chance.choice((None, JUNE_2025, JULY_2025)))
            for n in range(1, 15) if chance.random() < 0.8
        ]  # fmt: skip
        merge(store, harvest(cmks, keys), NOW)
        kept = dump(store)["figure"]
        with store.atomic() as connection:
            connection.execute("DELETE FROM figure")
            from store.figures import renew_figures

            renew_figures(connection, "SELECT id FROM place")
        assert dump(store)["figure"] == kept


def test_a_store_of_an_older_console_gets_its_sums(estate, path):
    """The migration counts what is there: the numbers are those of a store that always had them."""
    before = dump(estate)["figure"]
    assert before
    whole = numbers(estate)
    estate.close()
    bare = sqlite3.connect(path)
    bare.executescript(
        "DROP TABLE figure; DROP INDEX cmk_figures; PRAGMA user_version = 1;"
        "DELETE FROM _sqlite_migrations WHERE name = 'm002_figures';"
    )
    bare.close()
    again = Store.open(path, write=True)
    assert again.reader().execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert dump(again)["figure"] == before
    assert numbers(again, ROOT) == whole


def test_the_health_of_the_sync_is_that_of_the_last_runs(store):
    """The last that succeeded, how many of the recent ones did not, and the one that runs does not count."""
    syncs = Syncs(store)
    assert syncs.health().done is None
    for at, state in enumerate(("failed", "done", "failed", "interrupted")):
        syncs.finish(syncs.begin(1, at * 10), state, 5, 1, "", at * 10 + 7)
    syncs.begin(1, 90)
    health = syncs.health()
    assert (health.done.finished_at, health.runs, health.failed) == (17, 4, 3)


def test_a_filter_of_a_branch_finds_what_the_branch_counts(estate):
    """Whatever the branch: as many resources as its numbers say, and none of another branch."""
    tree = Tree(estate)
    places = [UNASSIGNED, *(ref for ref, _ in every_place(estate, tree)), NodeRef(Kind.CMK, 1)]
    for ref in places:
        for kind in ("volume", "bucket", "snapshot"):
            found = tree.filter(f"kind:{kind}", within=ref)
            numbers_of = sum(h.number for h in numbers(estate, ref).holders if h.granularity == kind)
            assert len(found) == numbers_of, (ref, kind)
            assert all(ref in tree.ancestors(each) for each in found)
