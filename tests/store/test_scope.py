"""A session with a scope sees its own branch; of the others not even a name."""

import json
from dataclasses import asdict

import pytest

from store import branch
from store.cmks import Cmks
from store.harvest import AccountFacts, Placement
from store.lookup import Lookup
from store.merge import merge
from store.records import ROOT, Gap, Kind, NodeRef, Scope
from store.rotations import Rotations
from store.syncs import Syncs
from store.tree import Tree
from tests.store.facts import NOWHERE, OTHER, OWNER, PROD, VOLUMES, bucket, cmk, harvest, outline, volume

MINE = Scope("Agentschap A")
SECRET = Placement("Geheim", "Spion", "Dossier")
SIBLING = Placement("Agentschap A", "Buur", "Productie")


@pytest.fixture
def shared(store):
    """Two tenants, whose data keys stand under each other's CMKs, and things that nobody placed."""
    cmks = [cmk(1), cmk(2, SECRET, description="Spionage"), cmk(3, NOWHERE), cmk(4, SIBLING)]
    keys = [
        volume(1, 1),
        volume(2, 1, place=SECRET, name="spion-schijf"),
        volume(3, 2, name="mijn-schijf"),
        volume(4, 2, place=SECRET, name="spion-ander"),
        bucket("vrij", place=PROD),
        bucket("nergens", place=NOWHERE),
        volume(5, 4, name="buur-schijf"),
    ]
    gaps = (Gap(VOLUMES, "Geheim", "AccessDenied"),)
    merge(store, harvest(cmks, keys, gaps=gaps, accounts=(AccountFacts(OWNER, "Geheim", "Geheim"),)), 100)
    return store


def test_the_tree_holds_the_own_branch_only(shared):
    """Own CMKs with all below; a data key of one's own under a foreign CMK stands loose in its place."""
    assert outline(shared, MINE) == {
        "Agentschap A": {
            "Buur": {"Productie": {"sleutel-4": {"buur-schijf": {}}}},
            "X": {"Productie": {"sleutel-1": {"web-1": {}, "–": {}}, "vrij": {}, "mijn-schijf": {}}},
        }
    }


def test_an_application_is_a_scope_too(shared):
    """Of the tenant only that application is there, and its counts are the tenant's; a sibling is as foreign."""
    scope = Scope("Agentschap A", "X")
    seen = outline(shared, scope)["Agentschap A"]
    assert set(seen) == {"X"}
    assert "buur-schijf" in seen["X"]["Productie"]
    tree = Tree(shared, scope)
    tenant, application = tree.resolve(["Agentschap A"]), tree.resolve(["Agentschap A", "X"])
    assert tree.node(tenant).counts == tree.node(application).counts
    assert (tree.count(tenant), tree.count(ROOT)) == (1, 1)


def every_word(shared, scope):
    """All text that any reading gives to somebody with this scope."""
    refs = [NodeRef(kind, n) for kind in Kind for n in range(12)]
    tree, cmks, lookup = Tree(shared, scope), Cmks(shared, scope), Lookup(shared, scope)
    rotations = Rotations(shared, scope)
    yield from (tree.node(ref) for ref in refs)
    yield from (tree.path(ref) for ref in refs)
    yield from (child for ref in [ROOT, *refs] for child in tree.children(ref, 0, 99))
    yield from (tree.node(ref) for ref, *_ in tree.branches())
    yield from (tree.node(ref) for text in ("spion", "s", "!zzz", "kind:cmk") for ref in tree.filter(text))
    yield from (cmks.get(n) for n in range(6))
    yield from (cmks.data_key(n) for n in range(12))
    yield from (key for n in range(6) for key in cmks.data_keys(n))
    yield from (cmks.place(ref) for ref in refs)
    yield from (found for n in range(6) for found in cmks.by_key(cmk(n).arn))
    for text in ("spion", "geheim", "dossier", "s", "schijf", "1", "sleutel", "spion-schijf", "Geheim/Spion"):
        yield from (*lookup.search(text), *lookup.resolve(text))
    yield from (*rotations.due(now=0), *rotations.history(), *(rotations.due(ref, now=0) for ref in refs))
    yield Syncs(shared).overview(scope)


def plain(thing):
    if isinstance(thing, (list, tuple)) and not hasattr(thing, "_fields"):
        return [plain(each) for each in thing]
    return asdict(thing) if hasattr(thing, "__dataclass_fields__") else thing


@pytest.mark.parametrize("scope", [MINE, Scope("Agentschap A", "X"), Scope("Bestaat niet")])
def test_no_reading_tells_a_foreign_name(shared, scope):
    """Trees, sheets, searches, filters, rotations, overview: none holds a name of the other tenant or its things."""
    told = json.dumps([plain(each) for each in every_word(shared, scope)], default=str).lower()
    assert [word for word in ("geheim", "spion", "dossier", "sleutel-2", "nergens", "sleutel-3") if word in told] == []


def test_the_whole_is_told_to_who_may_see_it(shared):
    """The same readings without a scope do tell them: the test above looks in the right places."""
    told = json.dumps([plain(each) for each in every_word(shared, None)], default=str).lower()
    assert [
        word for word in ("geheim", "spion", "dossier", "sleutel-2", "nergens", "sleutel-3") if word not in told
    ] == []


def test_positions_agree_within_a_scope(shared):
    """index, parent, node and count fit the children that the scope shows, also for strays."""
    for scope in (MINE, Scope("Agentschap A", "X")):
        tree = Tree(shared, scope)
        todo = [ROOT]
        while todo:
            ref = todo.pop()
            children = tree.children(ref, 0, 99)
            assert tree.count(ref) == len(children)
            assert [tree.index(child.ref) for child in children] == list(range(len(children)))
            assert [tree.parent(child.ref) for child in children] == [ref] * len(children)
            assert [tree.node(child.ref) for child in children] == children
            todo += [child.ref for child in children]


def test_search_finds_ones_own_under_a_foreign_cmk(shared):
    """It is found by its name and says that its CMK is out of sight, without a word about whose."""
    (hit,) = Lookup(shared, MINE).search("mijn-schijf")
    assert hit.path == ("Agentschap A", "X", "Productie")
    assert Tree(shared, MINE).node(hit.ref).note == "place.other_cmk"


def test_a_scope_that_nothing_bears_sees_nothing(shared):
    """A tenant that is not in the store: an empty tree and no matches."""
    assert outline(shared, Scope("Bestaat niet")) == {}
    assert Lookup(shared, Scope("Bestaat niet")).search("web") == []


def test_a_scope_follows_the_store(shared):
    """A tenant that comes later is seen from then on, by the same tree."""
    tree = Tree(shared, Scope(OTHER.tenant))
    assert tree.count(ROOT) == 0
    merge(shared, harvest([cmk(9, OTHER)], complete=frozenset()), 200)
    assert tree.count(ROOT) == 1


WORDS = ("ag", "agentschap", "spi", "x", "prod", "mijn", "vol-", "schijf", "buur", "agentschap-a", "sleutel", "n", "1")


@pytest.mark.parametrize("scope", [MINE, Scope("Agentschap A", "X"), Scope("Geheim"), Scope("Niemand")])
def test_names_held_in_memory_find_what_the_store_finds(shared, monkeypatch, scope):
    """One word and two, of things and of places above them: the same things, and never somebody else's."""
    texts = [*WORDS, *(f"{first} {second}" for first in WORDS for second in WORDS)]
    quick = {text: {hit.ref for hit in Lookup(shared, scope).search(text)} for text in texts}
    monkeypatch.setattr(branch, "MOST", -1)
    assert quick == {text: {hit.ref for hit in Lookup(shared, scope).search(text)} for text in texts}
    assert any(quick.values()) is (scope.tenant != "Niemand")


def test_names_held_in_memory_follow_the_store(shared):
    """What a sync brings is found at once, what it takes away is not."""
    lookup = Lookup(shared, MINE)
    assert {hit.name for hit in lookup.search("mijn")} == {"mijn-schijf"}
    merge(shared, harvest([cmk(1)], [volume(1, 1, name="nieuwe-schijf")]), 200)
    assert {hit.name for hit in lookup.search("nieuwe")} == {"nieuwe-schijf"}
    assert lookup.search("mijn") == []


def test_where_somebody_elses_data_key_stands_says_nothing_of_its_name(store):
    """Under a CMK in sight it comes last, by its row id, in the tree and on the sheet; its position fits."""
    foreign = [volume(n, 1, place=SECRET, name=name) for n, name in ((1, "aaa"), (2, "zzz"), (3, "mmm"), (4, "bbb"))]
    own = [volume(n, 1, name=name) for n, name in ((5, "b-own"), (6, "n-own"))]
    merge(store, harvest([cmk(1)], foreign + own), 100)
    ref = NodeRef(Kind.CMK, 1)
    whole, tree = Tree(store), Tree(store, MINE)
    names = [whole.node(node.ref).name for node in tree.children(ref, 0, 99)]
    assert names == ["b-own", "n-own", "aaa", "zzz", "mmm", "bbb"]
    assert [node.name for node in tree.children(ref, 0, 99)] == ["b-own", "n-own", "–", "–", "–", "–"]
    assert [tree.index(node.ref) for node in tree.children(ref, 0, 99)] == list(range(6))
    for offset in range(6):
        (node,) = tree.children(ref, offset, 1)
        assert tree.index(node.ref) == offset
    cmks = Cmks(store, MINE)
    assert [key.id for key in cmks.data_keys(1)] == [node.ref.id for node in tree.children(ref, 0, 99)]
    assert [key.id for key in cmks.data_keys(1, 1, 3)] == [node.ref.id for node in tree.children(ref, 1, 3)]
    assert [node.name for node in whole.children(ref, 0, 99)] == ["aaa", "b-own", "bbb", "mmm", "n-own", "zzz"]
