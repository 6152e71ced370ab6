"""What rotates when, and what rotated when."""

import pytest

from store.harvest import KeyMaterial
from store.merge import merge
from store.records import Kind, NodeRef
from store.rotations import Rotations
from store.tree import Tree
from tests.store.facts import NOWHERE, OTHER, TEST, cmk, harvest, volume

NOW = 1500


@pytest.fixture
def rotations(store):
    """CMKs in every state that a date can be in."""
    no_date = {"rotation_next": None}
    cmks = [
        cmk(1, rotation_next=2000),
        cmk(2, rotation_next=1400),
        cmk(3, rotation_next=1450, state="Disabled"),
        cmk(4, rotation_enabled=False, **no_date),
        cmk(5, TEST, key_spec="RSA_2048", rotation_enabled=None, materials=(), **no_date),
        cmk(6, OTHER, state="PendingDeletion", rotation_enabled=False, **no_date),
        cmk(7, OTHER, origin="EXTERNAL", rotation_enabled=False, **no_date),
        cmk(8, NOWHERE, rotation_next=3000),
        cmk(9, OTHER, rotation_enabled=None, rotation_at=0, **no_date),
    ]
    merge(store, harvest(cmks, [volume(1, 1)]), 100)
    return Rotations(store)


def test_the_calendar_begins_with_what_is_overdue(rotations):
    """By date, overdue first; a CMK without a date comes last and says why."""
    assert [(line.name, line.note) for line in rotations.due(now=NOW)] == [
        ("sleutel-2", "rotation.overdue"),
        ("sleutel-3", "rotation.paused"),
        ("sleutel-1", ""),
        ("sleutel-8", ""),
        ("sleutel-4", "rotation.off"),
        ("sleutel-5", "rotation.not_applicable"),
        ("sleutel-6", "rotation.pending_deletion"),
        ("sleutel-7", "rotation.not_applicable"),
        ("sleutel-9", "rotation.unknown"),
    ]


def test_until_a_date_only_what_falls_before_it(rotations):
    """Dates up to and including that second; nothing without a date."""
    assert [line.name for line in rotations.due(until=2000, now=NOW)] == ["sleutel-2", "sleutel-3", "sleutel-1"]
    assert rotations.count_due(until=2000) == 3
    assert rotations.count_due() == 9


@pytest.mark.parametrize("offset", range(10))
def test_the_calendar_comes_in_windows(rotations, offset):
    """Any window is that part of the whole."""
    whole = rotations.due(now=NOW)
    assert rotations.due(offset=offset, limit=3, now=NOW) == whole[offset : offset + 3]
    history = rotations.history()
    assert rotations.history(offset=offset, limit=3) == history[offset : offset + 3]


def within(store, *path):
    return Tree(store).resolve(path)


def test_a_branch_has_a_calendar_of_its_own(store, rotations):
    """Of a tenant, an application, an environment, the unassigned, a CMK, or the CMK above a data key."""
    names = {
        path: {line.name for line in rotations.due(within(store, *path), now=NOW)}
        for path in (("Agentschap B",), ("Agentschap A", "X"), ("Agentschap A", "X", "T&I"), ("unassigned",),
                     ("Agentschap A", "X", "Productie", "sleutel-1"),
                     ("Agentschap A", "X", "Productie", "sleutel-1", "web-1"))
    }  # fmt: skip
    assert list(names.values()) == [
        {"sleutel-6", "sleutel-7", "sleutel-9"}, {f"sleutel-{n}" for n in range(1, 6)}, {"sleutel-5"}, {"sleutel-8"},
        {"sleutel-1"}, {"sleutel-1"},
    ]  # fmt: skip
    assert rotations.count_due(within(store, "Agentschap B")) == 3
    assert (
        rotations.count_history(within(store, "Agentschap A"))
        == len(rotations.history(within(store, "Agentschap A")))
        == 8
    )


def test_history_tells_every_hbk_newest_first(store):
    """The first HBK is the CMK's creation; a material that waits for its rotation is no history yet."""
    waiting = KeyMaterial("m9", None, "", "PENDING_ROTATION")
    third = KeyMaterial("m0", 80, "ON_DEMAND", "CURRENT")
    merge(store, harvest([cmk(1, materials=(*cmk(1).materials, third, waiting)), cmk(2, created_at=60)]), 100)
    rotations = Rotations(store)
    assert [(line.name, line.date, line.rotation_type, line.generation) for line in rotations.history()] == [
        ("sleutel-1", 80, "ON_DEMAND", 3),
        ("sleutel-2", 60, "CREATED", 2),
        ("sleutel-2", 50, "AUTOMATIC", 1),
        ("sleutel-1", 50, "AUTOMATIC", 2),
        ("sleutel-1", 10, "CREATED", 1),
    ]
    assert rotations.count_history() == 5
    found = Tree(store).resolve(["Agentschap A", "X", "Productie", "sleutel-1"])
    assert [(line.material_id, line.generation, line.rotation_type) for line in rotations.generations(found.id)] == [
        ("m1", 1, "CREATED"), ("m2", 2, "AUTOMATIC"), ("m0", 3, "ON_DEMAND"), ("m9", 0, "PENDING"),
    ]  # fmt: skip


def test_a_node_that_is_gone_has_no_dates(rotations):
    """An id that never was: an empty calendar and history."""
    for kind in (Kind.TENANT, Kind.APPLICATION, Kind.ENVIRONMENT, Kind.CMK, Kind.DATA_KEY):
        assert rotations.due(NodeRef(kind, 999), now=NOW) == []
        assert rotations.history(NodeRef(kind, 999)) == []
