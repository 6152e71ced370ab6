"""Search answers every prefix, every word and every id; resolving takes whatever is pasted."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import pasted
from store.database import Store
from store.harvest import AccountFacts, Alias, KeyMaterial, Placement
from store.lookup import Lookup
from store.merge import merge
from store.records import Kind, Scope
from store.words import fold, marks, search_words, sort_key, word_starts
from tests.store.facts import CENTRAL, NOWHERE, OTHER, OWNER, PROD, REGION, TEST, bucket, cmk, harvest, snapshot, volume


@pytest.fixture
def lookup(store):
    """A small estate to look things up in."""
    cmks = [
        cmk(1),
        cmk(2, TEST),
        cmk(3, OTHER, description="Sleutel van het Crèche-loket"),
        cmk(4, NOWHERE, aliases=()),
    ]
    keys = [
        volume(1, 1, name="web-1 /data"),
        volume(2, 2, place=TEST, name="web-2 /data"),
        volume(3, 3, place=OTHER, name="db-1"),
        bucket("agentschap-a-docs", 1),
        snapshot(7, 1, name="web-1 nightly", data_key_id="dek-0123"),
    ]
    merge(store, harvest(cmks, keys), 100)
    return Lookup(store)


def found(lookup, text, **more):
    return {hit.name for hit in lookup.search(text, **more)}


def test_every_prefix_finds(lookup):
    """From the first letter on, whatever is typed of a name finds it."""
    for size in range(1, len("agentschap-a-docs") + 1):
        assert "agentschap-a-docs" in found(lookup, "agentschap-a-docs"[:size])


def test_words_in_the_middle_of_a_name_count(lookup):
    """The start of any word in a name, an alias or a description; not the middle of a word."""
    assert found(lookup, "docs") == {"agentschap-a-docs"}
    assert found(lookup, "loket") == {"Loket", "sleutel-3"}
    assert found(lookup, "creche") == {"sleutel-3"}
    assert found(lookup, "oket") == set()


def test_all_words_must_match_here_or_above(lookup):
    """Words may name the thing and the places above it, in any order; one must be its own."""
    assert found(lookup, "web t&i") == {"web-2 /data"}
    assert found(lookup, "productie docs") == {"agentschap-a-docs"}
    assert found(lookup, "b sleutel") == {"sleutel-3"}
    assert found(lookup, "productie agentschap b") == {"Productie"}
    assert found(lookup, "web zzz") == set()


def test_ids_find_what_they_name(lookup):
    """The start of a key id, a volume id, a data key's own id, an account."""
    assert found(lookup, cmk(2).key_id[:9]) == {"sleutel-2"}
    assert found(lookup, volume(3).resource_id) == {"db-1"}
    assert found(lookup, "dek-01") == {"web-1 nightly"}
    assert found(lookup, OWNER[:5]) == {"web-1 /data", "web-2 /data", "db-1", "agentschap-a-docs", "web-1 nightly"}
    assert len(found(lookup, CENTRAL)) == 4
    assert found(lookup, cmk(1).arn) == {"sleutel-1"}


def test_each_kind_gets_its_share(store):
    """A word that begins hundreds of names still shows places, CMKs and data keys, and no more than asked for."""
    cmks = [cmk(n, Placement(f"zorg {n}"), aliases=(Alias(f"alias/zorg-{n}"),)) for n in range(60)]
    merge(store, harvest(cmks, [volume(n, 1, name=f"zorg-{n}") for n in range(60)]), 100)
    hits = Lookup(store).search("zorg", 30)
    assert len(hits) == 30
    assert {hit.ref.kind for hit in hits} == {Kind.TENANT, Kind.CMK, Kind.DATA_KEY}


def test_a_match_says_where_it_stands(lookup):
    """Name, short id, the names above it and the word that matched."""
    (hit,) = lookup.search("web-2")
    assert (hit.name, hit.label) == ("web-2 /data", volume(2).resource_id)
    assert hit.path == ("Agentschap A", "X", "T&I", "sleutel-2")
    assert hit.matched == "web-2 /data"


def test_a_changed_name_is_found_by_the_new_one_only(store, lookup):
    """After a merge that renames and removes, the old words find nothing."""
    merge(store, harvest([cmk(1, aliases=(Alias("alias/nieuw"),))], [volume(1, 1, name="cache-1")]), 200)
    assert found(lookup, "nieuw") == {"nieuw"}
    assert found(lookup, "cache") == {"cache-1"}
    for old in ("sleutel", "web", "docs", "loket", "t&i"):
        assert found(lookup, old) == set()


def resolved(lookup, text):
    return [hit.name for hit in lookup.resolve(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (cmk(1).arn, "sleutel-1"),
        (cmk(1).arn.replace("arn:aws:", "arn:aws-us-gov:"), "sleutel-1"),
        (cmk(1).key_id.upper(), "sleutel-1"),
        (f"arn:aws:kms:{REGION}:{CENTRAL}:alias/sleutel-2", "sleutel-2"),
        ("alias/sleutel-2", "sleutel-2"),
        ("sleutel-2", "sleutel-2"),
        (f'  "{volume(1).resource_id}", ', "web-1 /data"),
        (f"arn:aws:ec2:{REGION}:{OWNER}:volume/{volume(1).resource_id}", "web-1 /data"),
        (f"arn:aws:ec2:{REGION}::snapshot/{snapshot(7).resource_id}", "web-1 nightly"),
        ("arn:aws:s3:::agentschap-a-docs", "agentschap-a-docs"),
        ("arn:aws:s3:::agentschap-a-docs/een/pad.pdf", "agentschap-a-docs"),
        ("dek-0123", "web-1 nightly"),
        ("Agentschap A/X/Productie", "Productie"),
        ("agentschap a / x / t&i / sleutel-2 / web-2 /data", "web-2 /data"),
        ("unassigned/" + cmk(4).key_id, cmk(4).key_id),
    ],
)
def test_whatever_is_pasted_is_resolved(lookup, text, name):
    """Ids, ARNs of any partition, aliases, buckets, objects in them and paths name one thing."""
    assert resolved(lookup, text) == [name]


@pytest.mark.parametrize("text", ["", " ", "/", "arn:", "arn:aws:kms", "nergens", "Agentschap A/Y", "a\x00b", "%"])
def test_what_names_nothing_resolves_to_nothing(lookup, text):
    """Half an ARN, an unknown name or nothing at all: no match and no error."""
    assert resolved(lookup, text) == []


@given(st.text(max_size=60))
def test_no_text_breaks_the_words(text):
    """Whatever a name holds, each of its words is found by each of its own beginnings."""
    folded = fold(text)
    for word in word_starts(text):
        for size in (1, len(word)):
            assert marks((word[:size],), folded) == 1
    sort_key(text)
    search_words(text)


@pytest.mark.parametrize(("first", "then"), [("web-9", "web-10"), ("a", "B"), ("é", "f"), ("x007", "x8"), ("a", "aa")])
def test_names_sort_as_people_count(first, then):
    """Numbers by their size, letters without case and accents."""
    assert sort_key(first) < sort_key(then)


FIRST = KeyMaterial("ab" * 32, None, "", "CURRENT")


def test_an_hbk_and_an_account_lead_to_what_they_belong_to(store):
    """The id of an HBK names its CMK, an account its tenant."""
    merge(store, harvest([cmk(1, materials=(FIRST,))], [], accounts=(AccountFacts(OWNER, "a", "Agentschap A"),)), 100)
    lookup = Lookup(store)
    assert resolved(lookup, FIRST.material_id.upper()) == ["sleutel-1"]
    assert resolved(lookup, OWNER) == ["Agentschap A"]
    assert resolved(lookup, CENTRAL) == []


def test_a_store_of_an_older_console_finds_hbks_by_their_id(store, path):
    """The index that the search by HBK needs comes with the migration."""
    merge(store, harvest([cmk(1, materials=(FIRST,))], []), 100)
    store.close()
    bare = sqlite3.connect(path)
    bare.executescript(
        "DROP INDEX material_id; PRAGMA user_version = 3;"
        "DELETE FROM _sqlite_migrations WHERE name = 'm004_material_ids';"
    )
    bare.close()
    again = Store.open(path, write=True)
    assert again.reader().execute("SELECT 1 FROM sqlite_master WHERE name = 'material_id'").fetchone() == (1,)
    assert resolved(Lookup(again), FIRST.material_id) == ["sleutel-1"]
    again.close()


def test_a_name_that_several_things_have_gives_them_all(store):
    """In whatever case it is typed; who sees one branch is given what is there, and a part of a name is no name."""
    cmks = [cmk(1), cmk(2, TEST), cmk(3, OTHER)]
    keys = [volume(n, n, place=place, name="Sluis-1 data") for n, place in ((1, PROD), (2, TEST), (3, OTHER))]
    merge(store, harvest(cmks, [*keys, volume(4, 1, name="oude sluis-1 data")]), 100)
    whole = Lookup(store).resolve("sluis-1 DATA")
    assert [hit.name for hit in whole] == ["Sluis-1 data"] * 3
    assert len({hit.ref for hit in whole}) == 3
    assert len(Lookup(store, Scope(PROD.tenant)).resolve("sluis-1 data")) == 2
    assert Lookup(store).resolve("sluis-1") == []


def test_of_a_name_of_thousands_some_are_told(store, monkeypatch):
    """As many as anybody shows and one more; the ids and paths that are tried first stay exact."""
    monkeypatch.setattr(pasted, "MOST", 3)
    merge(store, harvest([cmk(1)], [volume(n, 1, name="web-1") for n in range(1, 9)]), 100)
    assert len(Lookup(store).resolve("web-1")) == 3
    assert len(Lookup(store).resolve(f"vol-{1:017x}")) == 1
