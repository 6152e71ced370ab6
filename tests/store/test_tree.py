"""The tree's windows against a plain reading of the same facts, on estates that nobody would have thought of."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.database import Store
from store.harvest import Placement
from store.merge import merge
from store.records import COPIES, GROUPS, ROOT, UNASSIGNED, Granularity, Kind, NodeRef, Status
from store.tree import Tree
from tests.store.facts import NOWHERE, OTHER, PROD, TEST, bucket, cmk, harvest, volume

NAMES = ("A", "b", "web-10", "web-9", "Ä")
PLACES = st.builds(Placement, *[st.sampled_from(("", *NAMES[:3]))] * 3)
GRAINS = st.sampled_from(list(Granularity))


@st.composite
def estates(draw):
    """A harvest of a few CMKs and data keys, placed and tied at random."""
    places = draw(st.lists(PLACES, max_size=6))
    cmks = [cmk(nr, place) for nr, place in enumerate(places, 1)]
    keys = [
        volume(
            nr, draw(st.integers(0, len(cmks) + 1)), draw(PLACES), granularity=grain, name=draw(st.sampled_from(NAMES))
        )
        for nr, grain in enumerate(draw(st.lists(GRAINS, max_size=10)))
    ]
    return harvest(cmks, keys, declared=tuple(draw(st.lists(PLACES, max_size=2))))


def filled(folder, *harvests):
    store = Store.open(Path(folder) / "estate.db", write=True)
    for second, each in enumerate(harvests, 100):
        merge(store, each, second)
    return store


quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lines(tree, ref=ROOT, depth=0):
    """Every line of the tree, from top to bottom, with its depth."""
    for node in tree.children(ref, 0, 1000):
        yield depth, node
        yield from lines(tree, node.ref, depth + 1)


def path_of(place):
    levels = (place.tenant, place.application, place.environment)
    hole = levels.index("") if "" in levels else 3
    return levels[:hole]


def expected_paths(facts):
    """Where every CMK and data key must stand, by resource: the path of places, then of the CMK."""
    homes = {c.arn: path_of(c.placement) or ("unassigned",) for c in facts.cmks}
    names = {c.arn: c.aliases[0].name.removeprefix("alias/") for c in facts.cmks}
    stands = {(*homes[arn], names[arn]) for arn in homes}
    for key in facts.data_keys:
        under = (*homes[key.key_ref], names[key.key_ref]) if key.key_ref in homes else path_of(key.placement)
        stands.add((*(under or ("unassigned",)), key.resource_id))
    return stands


@quick
@given(estates())
def test_everything_stands_where_its_facts_say(facts):
    """Each CMK and data key appears exactly once, at the path that its tags and its CMK give."""
    with TemporaryDirectory() as folder:
        tree = Tree(filled(folder, facts))
        found = []
        for _, node in lines(tree):
            if node.ref.kind in {Kind.CMK, Kind.DATA_KEY}:
                found.append((*tree.path(node.ref)[:-1], node.label if node.ref.kind is Kind.DATA_KEY else node.name))
        assert len(found) == len(set(found))
        assert set(found) == expected_paths(facts)


@quick
@given(estates(), st.integers(0, 8), st.integers(1, 5))
def test_a_window_is_a_part_of_the_whole(facts, offset, limit):
    """children(offset, limit) is that slice of all children; count, index and parent agree with it."""
    with TemporaryDirectory() as folder:
        tree = Tree(filled(folder, facts))
        for ref in [ROOT, *(node.ref for _, node in lines(tree))]:
            whole = tree.children(ref, 0, 1000)
            assert tree.children(ref, offset, limit) == whole[offset : offset + limit]
            assert tree.count(ref) == len(whole)
            for position, node in enumerate(whole):
                assert (tree.index(node.ref), tree.parent(node.ref)) == (position, ref)
                assert tree.node(node.ref) == node
                assert tree.ancestors(node.ref) == (*tree.ancestors(ref), *([ref] if ref != ROOT else []))


@quick
@given(estates())
def test_counts_are_what_lies_below(facts):
    """A node's counts are the CMKs, data keys, groups and copies that one finds by walking down from it; what is not
    encrypted has no data key to count.
    """
    with TemporaryDirectory() as folder:
        store = filled(folder, facts)
        tree = Tree(store)
        rows = store.reader().execute("SELECT id, granularity, status = 'unencrypted' FROM data_key").fetchall()
        grains, bare = {id_: grain for id_, grain, _ in rows}, {id_ for id_, _, none in rows if none}
        for _, node in lines(tree):
            below = [each for _, each in lines(tree, node.ref)]
            held = [each.ref.id for each in below if each.ref.kind is Kind.DATA_KEY]
            kinds = [grains[id_] for id_ in held]
            assert node.counts.cmks == sum(each.ref.kind is Kind.CMK for each in below)
            assert node.counts.groups == sum(kind in GROUPS for kind in kinds)
            assert node.counts.copies == sum(kind in COPIES for kind in kinds)
            assert node.counts.data_keys == sum(grains[id_] not in GROUPS | COPIES and id_ not in bare for id_ in held)


def picture(store):
    """All that the tree shows and the search can find, without the store's own ids."""
    tree = Tree(store)
    shown = [(depth, replace(node, ref=ROOT)) for depth, node in lines(tree)]
    kinds = (None, Kind.TENANT, Kind.APPLICATION, Kind.ENVIRONMENT, Kind.CMK, Kind.DATA_KEY)
    words = store.reader().execute("SELECT kind, word, id FROM word").fetchall()
    return shown, sorted((word, tree.path(NodeRef(kinds[kind], id_))) for kind, word, id_ in words)


@quick
@given(estates(), estates())
def test_a_state_does_not_depend_on_what_was_there_before(first, second):
    """One estate after another shows the same tree, badges and words as the second alone."""
    with TemporaryDirectory() as folder, TemporaryDirectory() as other:
        assert picture(filled(folder, first, second)) == picture(filled(other, second))


@quick
@given(estates())
def test_expand_all_names_every_branch_in_order(facts):
    """branches() gives each node with children once, in the order of the tree, with its place among siblings."""
    with TemporaryDirectory() as folder:
        tree = Tree(filled(folder, facts))
        expected = [
            (node.ref, tree.parent(node.ref), tree.index(node.ref), node.children)
            for _, node in lines(tree)
            if node.children
        ]
        assert list(tree.branches()) == expected


def names(tree, *path):
    return [node.name for node in tree.children(tree.resolve(path), 0, 100)]


def test_children_stand_in_the_order_of_their_names(store):
    """Numbers by size, case and accents ignored; CMKs before loose data keys; volumes, buckets, snapshots."""
    tenants = ("École 1", "departement 10", "Departement 9", "agentschap")
    loose = [volume(1), bucket("aaa"), volume(2, name="app", granularity=Granularity.SNAPSHOT), volume(3, name="db")]
    merge(store, harvest([cmk(9), *(cmk(n, Placement(name)) for n, name in enumerate(tenants))], loose), 100)
    tree = Tree(store)
    assert names(tree) == ["agentschap", "Agentschap A", "Departement 9", "departement 10", "École 1"]
    assert names(tree, *path_of(PROD)) == ["sleutel-9", "db", "web-1", "aaa", "app"]


def test_a_place_says_what_is_missing(store):
    """An environment with data but no CMK, an application without environments: each its own word."""
    merge(store, harvest([cmk(1)], [volume(1, 1, place=TEST)], declared=(Placement("Agentschap A", "Z"),)), 100)
    tree = Tree(store)
    paths = (("Agentschap A",), ("Agentschap A", "X", "T&I"), ("Agentschap A", "Z"), path_of(PROD))
    found = [tree.node(tree.resolve(path)).status for path in paths]
    assert found == [Status.NONE, Status.NO_CMK, Status.EMPTY, Status.NONE]


def test_a_running_rotation_shows_as_its_own_state(store):
    """ROTATING while enabled; a disabled CMK stays disabled."""
    merge(store, harvest([cmk(1, rotation_started=90), cmk(2, rotation_started=90, state="Disabled")]), 100)
    tree = Tree(store)
    assert [node.status for node in tree.children(tree.resolve(path_of(PROD)), 0, 9)] == [
        Status.ROTATING,
        Status.DISABLED,
    ]


def test_a_path_is_found_by_names_ids_and_aliases(store):
    """Whatever stands at a level leads there: another case, a key id, an ARN, an alias, a resource id."""
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 100)
    tree = Tree(store)
    above = ["agentschap a", "x", "PRODUCTIE"]
    ways = ["sleutel-1", "alias/sleutel-1", cmk(1).key_id, cmk(1).arn, "SLEUTEL-1"]
    assert len({tree.resolve([*above, way]) for way in ways}) == 1
    leaf = volume(1).resource_id
    assert tree.resolve([*above, "sleutel-1", leaf]) == tree.resolve([*above, "sleutel-1", "WEB-1"])
    assert tree.resolve([*above, "sleutel-2"]) is None


def test_an_ambiguous_name_leads_nowhere(store):
    """Two tenants that differ in case: each by its own spelling, neither by a third."""
    merge(store, harvest([cmk(1, Placement("ovam")), cmk(2, Placement("OVAM"))]), 100)
    tree = Tree(store)
    assert tree.resolve(["ovam"]) != tree.resolve(["OVAM"])
    assert tree.resolve(["Ovam"]) is None


def test_a_node_that_is_gone_is_answered_calmly(store):
    """No children, no parent, no path, for ids that never were and kinds that do not fit."""
    tree = Tree(store)
    for ref in (NodeRef(Kind.CMK, 99), NodeRef(Kind.DATA_KEY, 99), NodeRef(Kind.TENANT, 99), NodeRef(Kind.TENANT, 0)):
        assert (tree.count(ref), tree.children(ref, 0, 5), tree.node(ref), tree.parent(ref), tree.index(ref)) == (
            0, [], None, None, None,
        )  # fmt: skip
        assert tree.ancestors(ref) == ()


def matches(store, text):
    tree = Tree(store)
    return {tree.node(ref).name for ref in tree.filter(text)}


def test_the_filter_takes_words_columns_and_their_opposites(store):
    """Words anywhere in names and ids, `col:value`, `!` before either; an empty filter matches nothing."""
    keys = [volume(1, 1), volume(2, 1, region="eu-central-1"), bucket("docs-100%", 2, status=Status.UNENCRYPTED)]
    merge(store, harvest([cmk(1), cmk(2, OTHER, state="Disabled"), cmk(3, NOWHERE)], keys), 100)
    assert matches(store, "eb-") == {"web-1", "web-2"}
    assert matches(store, "web !1 kind:volume") == {"web-2"}
    assert matches(store, "status:disabled") == {"sleutel-2"}
    assert matches(store, "status:no_cmk") == set()
    assert matches(store, "kind:cmk !status:disabled") == {"sleutel-1", "sleutel-3"}
    assert matches(store, "region:eu-c") == {"web-2"}
    assert matches(store, "kind:tenant agent") == {"Agentschap A", "Agentschap B"}
    assert matches(store, "account:1111 kind:s3") == {"docs-100%"}
    assert matches(store, "100%") == {"docs-100%"}
    assert matches(store, "00_") == set()
    assert matches(store, cmk(1).arn.rpartition("/")[2]) == {"sleutel-1"}
    assert Tree(store).filter("  ") == []


def test_the_filter_stops_at_its_limit(store):
    """A filter that matches much gives as many as asked for."""
    merge(store, harvest([cmk(1)], [volume(nr, 1) for nr in range(30)]), 100)
    assert len(Tree(store).filter("web", 7)) == 7


def test_the_rest_has_a_line_of_its_own(store):
    """Unassigned comes last, and only when there is something in it."""
    merge(store, harvest([cmk(1), cmk(2, NOWHERE)]), 100)
    assert [node.ref for node in Tree(store).children(ROOT, 0, 9)][-1] == UNASSIGNED
    merge(store, harvest([cmk(1), cmk(2)]), 200)
    assert UNASSIGNED not in [node.ref for node in Tree(store).children(ROOT, 0, 9)]


def test_a_line_carries_the_whole_id(store):
    """Of a CMK the key id, of a data key the resource id, also when it has no name of its own."""
    merge(store, harvest([cmk(1)], [volume(1, 1), bucket("docs", 1)]), 100)
    tree = Tree(store)
    (key,) = tree.children(tree.resolve(path_of(PROD)), 0, 9)
    below = [(node.name, node.label) for node in tree.children(key.ref, 0, 9)]
    assert (key.label, below) == (cmk(1).key_id, [("web-1", volume(1).resource_id), ("docs", "docs")])
