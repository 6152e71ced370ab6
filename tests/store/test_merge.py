"""What a sync brings in becomes the store's state: only what differs is written, what stays keeps its id."""

from dataclasses import replace

import pytest

from store.cmks import Cmks
from store.harvest import AccountFacts, Alias, KeyMaterial, Placement
from store.merge import merge
from store.past import FORMER
from store.records import Gap, Kind, NodeRef, Slice, Status
from store.syncs import Syncs
from store.tree import Tree
from tests.store.facts import (
    CENTRAL,
    CMKS,
    NOWHERE,
    OTHER,
    OWNER,
    PROD,
    REGION,
    TEST,
    VOLUMES,
    arn,
    bucket,
    cmk,
    dump,
    harvest,
    key_id,
    outline,
    snapshot,
    volume,
)


def ids(store, table):
    key = "arn" if table == "cmk" else "resource_id"
    return dict(store.reader().execute(f"SELECT {key}, id FROM {table}").fetchall())


def one(store, number=1):
    (found,) = Cmks(store).by_key(key_id(number))
    return found


def test_a_first_harvest_becomes_the_tree(store):
    """Tenant, application, environment, CMK, data keys: each stands where its tags say."""
    merge(store, harvest([cmk(1), cmk(2, OTHER)], [volume(1, 1), bucket("docs-x", 1), snapshot(3, 1)]), 100)
    assert outline(store) == {
        "Agentschap A": {"X": {"Productie": {"sleutel-1": {"web-1": {}, "docs-x": {}, "web-3": {}}}}},
        "Agentschap B": {"Loket": {"Productie": {"sleutel-2": {}}}},
    }


def test_nothing_new_changes_nothing(store):
    """The same harvest again, later: no row counts as changed and no table differs but the age of the reading."""
    whole = harvest([cmk(1), cmk(2, NOWHERE)], [volume(1, 1), volume(2)], accounts=(AccountFacts(OWNER, "A", "A"),))
    assert merge(store, whole, 100) > 0
    before = dump(store, without=("slice", "record"))
    later = replace(
        whole,
        cmks=tuple(replace(c, metadata_at=200) for c in whole.cmks),
        data_keys=tuple(replace(d, seen_at=200) for d in whole.data_keys),
    )
    assert merge(store, later, 200) == 0
    assert dump(store, without=("slice", "record")) == before


def test_the_age_of_a_fact_moves_without_a_change(store):
    """What was read again and found the same is as old as the second reading."""
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 100)
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 500)
    assert one(store).facts.metadata_at == 500
    assert Cmks(store).data_keys(one(store).id)[0].facts.seen_at == 500


def test_one_change_is_one_row(store):
    """A disabled CMK and a renamed volume: two rows changed, all ids as they were."""
    merge(store, harvest([cmk(1), cmk(2)], [volume(1, 1), volume(2, 1)]), 100)
    before = ids(store, "cmk"), ids(store, "data_key")
    changed = merge(store, harvest([cmk(1, state="Disabled"), cmk(2)], [volume(1, 1, name="db"), volume(2, 1)]), 200)
    assert changed == 2
    assert (ids(store, "cmk"), ids(store, "data_key")) == before
    assert one(store).status is Status.DISABLED


def test_a_moved_cmk_takes_its_data_keys_along(store):
    """Other tags: the CMK stands elsewhere with the same id, its old place is gone, the badges have moved."""
    untagged = volume(1, 1, place=NOWHERE)
    merge(store, harvest([cmk(1)], [untagged]), 100)
    before = one(store).id
    merge(store, harvest([cmk(1, OTHER)], [untagged]), 200)
    assert outline(store) == {"Agentschap B": {"Loket": {"Productie": {"sleutel-1": {"web-1": {}}}}}}
    assert one(store).id == before
    tenant = Tree(store).resolve(["Agentschap B"])
    assert Tree(store).node(tenant).counts.data_keys == 1


def test_a_place_stays_while_something_needs_it(store):
    """An environment without CMK stays while a volume is placed there, and goes with the volume."""
    merge(store, harvest([cmk(1)], [volume(1, 1, place=TEST)]), 100)
    assert set(outline(store)["Agentschap A"]["X"]) == {"Productie", "T&I"}
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 200)
    assert set(outline(store)["Agentschap A"]["X"]) == {"Productie"}


def test_declared_places_stand_without_keys(store):
    """Settings name an application without environments: it is there, empty, until they no longer name it."""
    merge(store, harvest([cmk(1)], declared=(Placement("Agentschap A", "Z"),)), 100)
    tree = Tree(store)
    assert tree.node(tree.resolve(["Agentschap A", "Z"])).status is Status.EMPTY
    merge(store, harvest([cmk(1)]), 200)
    assert tree.resolve(["Agentschap A", "Z"]) is None


def test_what_is_gone_from_aws_is_gone(store):
    """A volume missing from a slice read whole is removed; a CMK likewise, and its volumes stand loose."""
    merge(store, harvest([cmk(1), cmk(2)], [volume(1, 1), volume(2, 2)]), 100)
    merge(store, harvest([cmk(1)], [volume(2, 2)]), 200)
    assert outline(store) == {"Agentschap A": {"X": {"Productie": {"sleutel-1": {}, "web-2": {}}}}}
    assert store.reader().execute("SELECT * FROM word WHERE word = 'web-1'").fetchall() == []


def test_a_part_that_was_not_read_stays(store):
    """A harvest without a slice says nothing about it: its rows stay, and are not stale."""
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 100)
    assert merge(store, harvest(complete=frozenset()), 200) == 0
    assert outline(store) == {"Agentschap A": {"X": {"Productie": {"sleutel-1": {"web-1": {}}}}}}


def refused(what=VOLUMES, since=0):
    return Gap(what, "Agentschap A", "AccessDenied", "not authorized to perform", since)


def test_a_gap_keeps_what_was_known_and_calls_it_stale(store):
    """A tenant that refuses: its rows stay, marked stale up to the tenant, until they are read again."""
    merge(store, harvest([cmk(1)], [volume(1, 1), bucket("docs", 1)]), 100)
    gone_dark = harvest([cmk(1)], gaps=(refused(),), complete=frozenset({CMKS}))
    assert merge(store, gone_dark, 200) == 1
    tree = Tree(store)
    path = ["Agentschap A", "X", "Productie", "sleutel-1"]
    stale = {name: tree.node(tree.resolve([*path, name])).stale for name in ("web-1", "docs")}
    assert stale == {"web-1": True, "docs": False}
    assert tree.node(tree.resolve(path[:1])).stale
    assert not tree.node(tree.resolve(path)).stale
    assert merge(store, gone_dark, 300) == 0
    assert merge(store, harvest([cmk(1)], [volume(1, 1), bucket("docs", 1)]), 400) == 1
    assert not tree.node(tree.resolve(path[:1])).stale


def test_a_refused_central_account_makes_cmks_stale(store):
    """DescribeKey fails for all: the CMKs stay, stale."""
    merge(store, harvest([cmk(1)]), 100)
    merge(store, harvest(complete=frozenset(), gaps=(refused(CMKS),)), 200)
    assert one(store).stale
    assert one(store).facts.metadata_at == 100


def test_a_gap_remembers_since_when(store):
    """Seen again it keeps its first date; filled it is gone."""
    syncs = Syncs(store)
    merge(store, harvest(gaps=(refused(),)), 100)
    merge(store, harvest(gaps=(refused(),)), 200)
    assert [(gap.since, gap.code) for gap in syncs.gaps()] == [(100, "AccessDenied")]
    merge(store, harvest(complete=frozenset({CMKS})), 300)
    assert len(syncs.gaps()) == 1
    merge(store, harvest(), 400)
    assert syncs.gaps() == []


def test_a_gap_outweighs_a_slice_said_to_be_whole(store):
    """When the same slice is in both, nothing of it is removed."""
    merge(store, harvest([], [volume(1)]), 100)
    merge(store, harvest([], gaps=(refused(),)), 200)
    assert Tree(store).resolve(["Agentschap A", "X", "Productie", "web-1"]) is not None


def test_a_slice_without_region_covers_all_of_them(store):
    """Buckets are listed for all Regions at once: '' as Region of a whole slice removes in any Region."""
    merge(store, harvest([], [bucket("oud"), bucket("nieuw", region="eu-central-1")]), 100)
    whole = frozenset({Slice(OWNER, "", "s3")})
    merge(store, harvest([], [bucket("nieuw", region="eu-central-1")], complete=whole), 200)
    assert set(ids(store, "data_key")) == {"nieuw"}


@pytest.mark.parametrize("facet", ["materials", "aliases", "tags", "policy"])
def test_a_list_that_was_not_read_stays(store, facet):
    """None says nothing: the store's own stays and nothing counts as changed."""
    merge(store, harvest([cmk(1)]), 100)
    before = getattr(one(store).facts, facet)
    assert merge(store, harvest([cmk(1, **{facet: None})]), 200) == 0
    assert getattr(one(store).facts, facet) == before


def test_metadata_that_was_not_read_stays(store):
    """Only the aliases were read this time: state, rotation and the ages of both are as before."""
    merge(store, harvest([cmk(1, state="Disabled")]), 100)
    unread = {"state": "", "rotation_enabled": None, "rotation_next": None, "created_at": None}
    partly = cmk(1, **unread, metadata_at=0, rotation_at=0, aliases=(Alias("alias/anders"),))
    assert merge(store, harvest([partly]), 200) == 1
    found = one(store)
    assert (found.facts.state, found.facts.rotation_next, found.facts.created_at) == ("Disabled", 1001, 10)
    assert [alias.name for alias in found.aliases] == ["alias/anders"]


def test_a_place_is_kept_when_tags_could_not_be_read(store):
    """Tags refused and no alias tells: the CMK stays where it was, not among the unassigned."""
    merge(store, harvest([cmk(1)]), 100)
    assert merge(store, harvest([cmk(1, NOWHERE, tags=None)]), 200) == 0
    assert one(store).path == ("Agentschap A", "X", "Productie")


def test_a_new_rotation_adds_a_generation(store):
    """The third HBK: generations in order, the last rotation and those on demand counted."""
    merge(store, harvest([cmk(1)]), 100)
    third = KeyMaterial("m0", 80, "ON_DEMAND", "CURRENT")
    merge(store, harvest([cmk(1, materials=(*cmk(1).materials, third))]), 200)
    found = one(store)
    assert [(m.material_id, m.date) for m in found.materials] == [("m1", 10), ("m2", 50), ("m0", 80)]
    assert (found.rotation_last, found.rotation_last_type, found.on_demand_used) == (80, "ON_DEMAND", 1)


def test_data_keys_find_their_cmk_however_it_is_named(store):
    """By ARN, by bare key id, by alias ARN, by the alias of their own account; a foreign key is none of ours."""
    alias = f"arn:aws:kms:{REGION}:{CENTRAL}:alias/sleutel-1"
    named = {"a": arn(1), "b": key_id(1), "c": alias, "d": "arn:aws:kms:eu-west-1:1:key/x", "e": "alias/sleutel-1"}
    buckets = [bucket(name, key_ref=ref) for name, ref in named.items()]
    central = bucket("f", key_ref="alias/sleutel-1", account_id=CENTRAL)
    merge(store, harvest([cmk(1)], [*buckets, central]), 100)
    assert [key.facts.resource_id for key in Cmks(store).data_keys(one(store).id)] == ["a", "b", "c", "f"]


def test_a_cmk_that_comes_later_takes_its_data_keys_in(store):
    """A tenant was read before the central account: its volumes stand loose, then under the CMK, with their ids."""
    merge(store, harvest([], [volume(1, 1)]), 100)
    before = ids(store, "data_key")
    merge(store, harvest([cmk(1)], complete=frozenset({CMKS})), 200)
    assert outline(store) == {"Agentschap A": {"X": {"Productie": {"sleutel-1": {"web-1": {}}}}}}
    assert ids(store, "data_key") == before


def test_an_alias_that_moves_takes_along_who_follows_it(store):
    """A bucket that names an alias stands under the CMK that the alias points to."""
    name = f"arn:aws:kms:{REGION}:{CENTRAL}:alias/wijzer"
    pointer = (Alias("alias/wijzer", name),)
    follower = bucket("docs", key_ref=name)
    merge(store, harvest([cmk(1, aliases=pointer), cmk(2)], [follower]), 100)
    merge(store, harvest([cmk(1, aliases=()), cmk(2, aliases=pointer)], complete=frozenset({CMKS})), 200)
    assert Cmks(store).data_keys(one(store, 2).id)[0].facts.resource_id == "docs"
    assert one(store, 1).counts.groups == 0


def test_a_data_key_says_when_its_tags_name_another_place(store):
    """A T&I volume under Productie's CMK stands under that CMK and names its own environment."""
    merge(store, harvest([cmk(1), cmk(2, TEST)], [volume(1, 1, place=TEST)]), 100)
    tree = Tree(store)
    node = tree.node(tree.resolve(["Agentschap A", "X", "Productie", "sleutel-1", "web-1"]))
    assert node.elsewhere == "Agentschap A / X / T&I"
    merge(store, harvest([cmk(1, TEST), cmk(2, TEST)], [volume(1, 1, place=TEST)]), 200)
    assert tree.node(node.ref).elsewhere == ""


def test_counts_keep_groups_and_copies_apart(store):
    """A bucket is never counted as a data key, nor is a snapshot; only volumes and snapshots tell an age."""
    keys = [volume(1, 1, created_at=40), bucket("docs", 1, created_at=5), snapshot(2, 1, created_at=30)]
    merge(store, harvest([cmk(1)], keys), 100)
    found = one(store)
    assert (found.counts.data_keys, found.counts.groups, found.counts.copies) == (1, 1, 1)
    assert found.oldest_data_key == 30


def test_ids_are_never_given_out_again(store):
    """A CMK that replaces a removed one is another node: what a screen remembers cannot become it."""
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 100)
    before = NodeRef(Kind.CMK, one(store, 1).id)
    merge(store, harvest([cmk(2)], [volume(2, 2)]), 200)
    assert Tree(store).node(before) is None


HOSTILE = [
    "[red]Kaas[/]", "[@click=app.quit]x[/]", "\x1b[31mrood\x1b[0m", "w" * 300, "表" * 300, "\u202eomgekeerd", "regel\neinde",
    "nul\x00byte", "half \ud83d paar", "'; DROP TABLE cmk; --", "%_\\", "  ", "İstanbul ẞ ﬃ",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_kept_as_they_are(store, text):
    """Any text that a tag, alias or bucket can hold goes in and comes out the same (half a surrogate pair as '?'),
    can be merged again without a change, and removed without a trace but what is on record."""
    place = Placement(text, text, text)
    keys = [volume(1, 1, place, name=text), bucket(text, 1, place)]
    whole = harvest([cmk(1, place, description=text, aliases=(), tags=((text, text),))], keys)
    merge(store, whole, 100)
    assert merge(store, whole, 200) == 0
    expected = text.encode("utf-8", "replace").decode()
    found = one(store)
    assert found.path == (expected,) * 3
    assert found.facts.description == expected
    assert found.tags == ((expected, expected),)
    assert {key.facts.name for key in Cmks(store).data_keys(found.id)} == {expected, ""}
    merge(store, harvest(), 300)
    bookkeeping = ("_sqlite_migrations", "sqlite_sequence", "slice", "record", "event", *FORMER)
    left = {t: rows for t, rows in dump(store, without=bookkeeping).items() if rows}
    assert set(left) == {"place"}
    assert len(left["place"]) == 1


def test_unplaced_things_say_why(store):
    """Without tags a CMK and a volume under no CMK stand under unassigned, each with its reason."""
    merge(store, harvest([cmk(1, NOWHERE)], [volume(1, place=NOWHERE), volume(2, 1, place=NOWHERE)]), 100)
    assert outline(store) == {"unassigned": {"sleutel-1": {"web-2": {}}, "web-1": {}}}
    tree = Tree(store)
    notes = {path[-1]: tree.node(tree.resolve(path)).note for path in (
        ["unassigned", "sleutel-1"], ["unassigned", "web-1"], ["unassigned", "sleutel-1", "web-2"])}  # fmt: skip
    assert notes == {"sleutel-1": "place.no_tags", "web-1": "place.no_tags", "web-2": ""}


def test_a_hole_in_the_placement_stops_it_there(store):
    """Tenant and environment without an application: placed at the tenant, with the reason."""
    merge(store, harvest([cmk(1, Placement("Agentschap A", "", "Productie", reason="place.no_application"))]), 100)
    assert outline(store) == {"Agentschap A": {"sleutel-1": {}}}
    assert PROD.application not in outline(store)["Agentschap A"]
