"""Verdicts in what happened: once in every list, with run and reason, and for nobody who may not see it."""

import json

import pytest

from console.reports.history import sides, what
from console.text import Text
from store.history import History, Span
from store.merge import merge
from store.records import Kind, NodeRef, Scope, Source
from store.tree import Tree
from store.verdicts import Verdict
from tests.store.facts import OTHER, cmk, dump, harvest, volume
from tests.verdicts import keep, verdict_on

NOW = 1000
ROTATED = {
    "reason": "verdict.s3.history",
    "facts": {"written_since": 12, "sampled": 3, "old_versions": 4, "results": "x"},
}


@pytest.fixture
def filled(store):
    """Two of one's own under a CMK, and one that is somebody else's; another CMK beside it."""
    keys = [volume(1, 1), volume(2, 1), volume(3, 1, OTHER)]
    merge(store, harvest([cmk(1), cmk(2)], keys), NOW)
    return store


def of(store, ref=None, scope=None, span=None):
    """What happened to data keys by verdicts."""
    every = History(store, scope).events(ref, span or Span())
    return [event for event in every if event.what in list(Verdict)]


def key(store, number):
    path = ("Agentschap A", "X", "Productie", "sleutel-1", volume(number).resource_id)
    return Tree(store).resolve(path) or Tree(store).resolve((*path[:3], "sleutel-2", path[4]))


def test_it_tells_what_was_proven_by_which_run_and_why(filled):
    """One line in the list of the estate, of the tenant, of the CMK and of the data key, in the reader's language."""
    keep(filled, verdict_on(volume(1), at=NOW + 5, **ROTATED))
    tenant, over = Tree(filled).resolve(("Agentschap A",)), NodeRef(Kind.CMK, 1)
    for within in (None, tenant, over, key(filled, 1)):
        (event,) = of(filled, within)
        assert (event.at, event.name, event.source, event.subject) == (
            NOW + 5,
            "web-1",
            Source.EVIDENCE,
            key(filled, 1),
        )
        assert event.path == ("Agentschap A", "X", "Productie")
    assert what(event, Text("nl")) == "DK geroteerd (bewezen)"
    said = sides(event, event.old, Text("nl"))
    assert said.startswith("Elk huidig object is na het begin opnieuw geschreven")
    assert "(12; 3 nagekeken). 4 oude versies" in said
    assert said.endswith(" · run run-1")
    assert of(filled, key(filled, 2)) == []


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_verdict_has_its_own_words(filled, verdict, lang):
    """What is no new data key is not called rotated."""
    keep(filled, verdict_on(volume(1), verdict, NOW + 5))
    (event,) = of(filled)
    said = what(event, Text(lang)).casefold()
    assert ("geroteerd" in said or "rotated" in said) is (verdict is Verdict.PROVEN)
    assert "." not in said


def test_the_old_and_the_new_holder_both_have_it_in_their_history(filled):
    """A new volume is found later and under another CMK: its own history and that CMK's tell it, the estate's once."""
    new = volume(7, 2)
    keep(filled, verdict_on(new, at=NOW + 5, was=volume(1).resource_id))
    (event,) = of(filled)
    assert (event.label, event.old, event.subject) == (new.resource_id, volume(1).resource_id, key(filled, 1))
    for moment in (NOW + 10, NOW + 20):
        merge(filled, harvest([cmk(1), cmk(2)], [volume(1, 1), new]), moment)
        assert len(of(filled)) == len(of(filled, Tree(filled).resolve(("Agentschap A",)))) == 1
        for ref in (key(filled, 1), key(filled, 7), NodeRef(Kind.CMK, 1), NodeRef(Kind.CMK, 2)):
            assert [told.label for told in of(filled, ref)] == [new.resource_id]


def test_a_comparison_tells_every_run_of_its_span(filled):
    """Two rotations of one data key are two lines; of one that came in the span, that it was proven stays."""
    keep(filled, verdict_on(volume(1), at=NOW + 5), verdict_on(volume(1), Verdict.UNCHANGED, NOW + 9, "run-2"))
    new = volume(7, 1)
    merge(filled, harvest([cmk(1), cmk(2)], [volume(1, 1), volume(2, 1), volume(3, 1, OTHER), new]), NOW + 10)
    keep(filled, verdict_on(new, at=NOW + 15, run_id="run-3"))
    history = History(filled)

    def told(since, until):
        pairs = history.change(history.changes(None, Span(since, until), 99))
        return sorted(last.detail for _, last in pairs if last.what in list(Verdict))

    assert told(NOW, NOW + 20) == ["run-1", "run-2", "run-3"]
    assert told(NOW + 5, NOW + 9) == ["run-2"]


def test_an_owner_sees_the_verdicts_of_their_own_and_no_word_of_another(filled):
    """Under one's CMK stands another's volume: whether that was rotated is theirs to know."""
    keep(filled, verdict_on(volume(2), at=NOW + 5))
    hidden = verdict_on(volume(8, place=OTHER), at=NOW + 6, run_id="run-2", was=volume(3).resource_id)
    keep(filled, hidden)
    merge(filled, harvest([cmk(1), cmk(2)], [volume(2, 1), volume(3, 1, OTHER), volume(8, 1, OTHER)]), NOW + 10)
    over, mine, theirs = NodeRef(Kind.CMK, 1), Scope("Agentschap A"), Scope("Agentschap B")
    for within in (None, over):
        assert [event.label for event in of(filled, within, mine)] == [volume(2).resource_id]
    assert [(event.label, event.old) for event in of(filled, scope=theirs)] == [(hidden.resource_id, hidden.was)]
    assert len(of(filled, over)) == 2
    assert of(filled, scope=Scope("Agentschap C")) == []


def test_of_what_no_sync_has_found_the_tenant_is_told_by_name(filled):
    """Neither holder stands in the store: it is still on record, in the branch that the run belonged to."""
    stranger = volume(9, place=OTHER)
    keep(filled, verdict_on(stranger, at=NOW + 5))
    assert [event.label for event in of(filled, scope=Scope("Agentschap B"))] == [stranger.resource_id]
    assert of(filled, scope=Scope("Agentschap A")) == []


def test_the_reason_stands_in_the_record_as_a_key(filled):
    """A store outlives its words: the sentence is made when it is read."""
    keep(filled, verdict_on(volume(1), at=NOW + 5, **ROTATED))
    (row,) = filled.reader().execute("SELECT new FROM event WHERE source = 'evidence'").fetchall()
    assert json.loads(row[0]) == ["verdict.s3.history", {"written_since": 12, "sampled": 3, "old_versions": 4}]
    assert "x" not in dump(filled)["event"][-1].split("verdict.s3.history")[1]
