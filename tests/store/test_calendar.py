"""Sums of days, and the entries that they count."""

from collections import Counter

import pytest

from store.calendar import DAY, Ages, Calendar
from store.dates import Due
from store.harvest import KeyMaterial
from store.merge import merge
from store.records import Kind, NodeRef, Scope
from store.tree import Tree
from tests.store.facts import NOWHERE, OTHER, PROD, TEST, cmk, harvest, snapshot, volume

TODAY = 1000
NOW = TODAY * DAY + 600


def at(day):
    return day * DAY + 300


@pytest.fixture
def filled(store):
    """CMKs on several days, some on the same; rotations that were; data keys of several ages."""
    rotated = (KeyMaterial("m1", None, "", "NON_CURRENT"), KeyMaterial("m2", at(990), "ON_DEMAND", "CURRENT"))
    cmks = [
        cmk(1, rotation_next=at(1005), materials=rotated, created_at=at(980)),
        cmk(2, rotation_next=at(1005)),
        cmk(3, TEST, rotation_next=at(1005)),
        cmk(4, OTHER, rotation_next=at(1005)),
        cmk(5, OTHER, rotation_next=at(998)),
        cmk(6, OTHER, rotation_next=at(997), state="Disabled"),
        cmk(7, OTHER, rotation_next=at(1003), state="PendingDeletion"),
        cmk(8, NOWHERE, rotation_next=at(1001)),
        cmk(9, OTHER, rotation_next=at(999), rotation_started=at(999)),
        cmk(10, PROD, rotation_next=None, rotation_enabled=False),
    ]
    keys = [
        volume(1, 1, created_at=at(900)), volume(2, 1, created_at=at(910)), volume(3, 3, TEST, created_at=at(500)),
        volume(4, 4, OTHER, created_at=at(905), data_key_id="dek-1"),
        snapshot(5, 4, OTHER, created_at=at(906), data_key_id="dek-1"),
    ]  # fmt: skip
    merge(store, harvest(cmks, keys), NOW)
    return store


def calendar(store, scope=None, ages=None, now=NOW):
    return Calendar(store, scope, ages, now)


AGES = Ages(lambda environment, _: 100 if environment == "Productie" else None, 100, 100)


def test_a_day_counts_what_comes_what_is_late_and_what_was(filled):
    """Overdue is not what is paused, waits for deletion, or is being done."""
    days = calendar(filled).days(None, 900, 1100, (0, 0))
    assert {day: (d.come, d.late, d.paused, d.rotated, d.made) for day, d in days.items() if d.total} == {
        980: (0, 0, 0, 0, 1), 990: (0, 0, 0, 1, 0), 997: (0, 0, 1, 0, 0), 998: (0, 1, 0, 0, 0), 999: (1, 0, 0, 0, 0),
        1001: (1, 0, 0, 0, 0), 1005: (4, 0, 0, 0, 0),
    }  # fmt: skip
    assert calendar(filled).late(None) == (1, 0)


def test_the_sums_are_those_of_the_entries(filled):
    """Each day's numbers are what its list holds, of all, of a branch, of an owner's scope."""
    within = [None, *(Tree(filled).resolve(p) for p in (("Agentschap A",), ("Agentschap A", "X"), ("Agentschap B",)))]
    for scope in (None, Scope("Agentschap A"), Scope("Agentschap B", "Loket")):
        book = calendar(filled, scope, AGES)
        for ref in within:
            for day, sums in book.days(ref, 900, 1100, (0, 0)).items():
                listed = Counter(e.state for e in book.entries(book.codes(ref, day, day + 1, past=True)))
                assert sums.come == listed[Due.SCHEDULED] + listed[Due.IN_PROGRESS], (scope, ref, day)
                assert (sums.late, sums.aged, sums.aging) == (
                    listed[Due.OVERDUE], listed[Due.AGED], listed[Due.AGING],
                )  # fmt: skip
                assert sums.rotated + sums.made == listed[Due.DONE]


def test_data_keys_are_due_at_the_age_of_their_oldest(filled):
    """100 days in production: one CMK due on day 1000; a volume and its snapshot are one data key; T&I has no limit."""
    book = calendar(filled, ages=AGES)
    found = {(e.name, e.date // DAY): (e.number, e.state) for e in book.entries(book.codes(None, 900, 1100))
             if e.kind == "DATA_KEY_AGE"}  # fmt: skip
    assert found == {("sleutel-1", 1000): (1, Due.AGED), ("sleutel-4", 1005): (1, Due.AGING)}
    assert calendar(filled, ages=AGES, now=at(1020)).late(None)[1] == 2
    assert calendar(filled, ages=AGES, now=at(1020)).entries(book.codes(None, 1000, 1001))[0].number == 2


def test_clashes_are_counted_by_application_and_by_tenant(filled):
    """Three in one application that day, four of all: as many as the settings bear, and one fewer."""
    count = lambda *limits: calendar(filled).days(None, 1000, 1100, limits)[1005].clashes  # noqa: E731
    assert [count(3, 0), count(2, 0), count(2, 2), count(0, 2), count(0, 3)] == [0, 1, 2, 1, 0]


def test_the_order_is_late_then_by_date_then_without(filled):
    """What somebody has to look at comes first."""
    book = calendar(filled, ages=AGES)
    names = [e.name for e in book.entries(book.codes(None, None, None, undated=True))]
    assert names[:4] == ["sleutel-5", "sleutel-1", "sleutel-6", "sleutel-9"]
    assert names[-1] == "sleutel-10"
    assert len(names) == 12


def test_codes_show_nothing_out_of_sight(filled):
    """A number of an entry that somebody else may see gives nothing."""
    codes = calendar(filled).codes(None, None, None, undated=True)
    own = calendar(filled, Scope("Agentschap B"))
    assert {e.path[0] for e in own.entries(codes)} == {"Agentschap B"}
    assert own.days(NodeRef(Kind.TENANT, 999), 0, 2000, (1, 1)) == {}
