"""What happened when: dates that AWS tells, and what each merge found to be other than before."""

import json
from dataclasses import asdict

import pytest

from store.harvest import AccountFacts, Alias, KeyMaterial, Placement
from store.history import HIDDEN, History, Span
from store.merge import merge
from store.records import Kind, NodeRef, Scope, Slice, Source
from store.traces import GrantsRead, Resource, Sighting
from store.tree import Tree
from tests.store.facts import CENTRAL, OTHER, OWNER, PROD, REGION, TEST, arn, bucket, cmk, dump, harvest, key_id, volume

DATES = ("created", "followed", "automatic", "on_demand")


def alias(name):
    return Alias(name, f"arn:aws:kms:{REGION}:{CENTRAL}:{name}")


def told(store, *path, scope=None, dates=False):
    """What the list says, newest first: what, name, detail, old, new."""
    within = Tree(store, scope).resolve(path) if path else None
    events = History(store, scope).events(within)
    return [(e.what, e.name, e.detail, e.old, e.new) for e in events if dates or e.what not in DATES]


def test_a_first_merge_tells_only_the_dates_of_aws(store):
    """CMK creations and HBK rotations of years ago; nothing is new on the day that one begins to look."""
    third = KeyMaterial("m3", 80, "ON_DEMAND", "CURRENT")
    merge(store, harvest([cmk(1, materials=(*cmk(1).materials, third)), cmk(2, TEST)], [volume(1, 1)]), 100)
    events = History(store).events()
    assert [(e.at, e.what, e.name, e.old, e.new) for e in events] == [
        (80, "on_demand", "sleutel-1", "2", "3"),
        (50, "automatic", "sleutel-2", "1", "2"),
        (50, "automatic", "sleutel-1", "1", "2"),
        (10, "created", "sleutel-2", "", "sleutel-2"),
        (10, "created", "sleutel-1", "", "sleutel-1"),
    ]
    assert [e.path for e in events[:2]] == [("Agentschap A", "X", "Productie"), ("Agentschap A", "X", "T&I")]
    assert History(store).count() == 5


def test_every_facet_that_changes_is_told_with_old_and_new(store):
    """State, deletion date, rotation switch and period, description, place, policy, tags, aliases: each one row."""
    old = cmk(1, description="oud", policy='{"Statement": [{"Sid": "A"}, {"Sid": "B", "Action": "x"}]}',
              tags=(("afnemer", "Agentschap A"), ("weg", "x"), ("zelfde", "z")))  # fmt: skip
    new = cmk(1, TEST, state="PendingDeletion", deletion_at=900, rotation_enabled=False, rotation_period=90,
              description="nieuw", policy='{"Statement": [{"Sid": "B", "Action": "y"}, {"Sid": "C"}]}',
              tags=(("afnemer", "Agentschap B"), ("zelfde", "z"), ("bij", "y")),
              aliases=(alias("alias/nieuw"),))  # fmt: skip
    merge(store, harvest([old, cmk(2)]), 100)
    merge(store, harvest([new, cmk(2)]), 200)
    merge(store, harvest([new, cmk(2)]), 300)
    assert {(what, detail, before, after) for what, name, detail, before, after in told(store) if name == "nieuw"} == {
        ("state", "", "Enabled", "PendingDeletion"),
        ("deletion", "", "", "900"),
        ("rotation", "", "1", "0"),
        ("period", "", "365", "90"),
        ("description", "", "oud", "nieuw"),
        ("moved", "", "Agentschap A / X / Productie", "Agentschap A / X / T&I"),
        ("policy", "", "", "+C −A ~B"),
        ("tag", "afnemer", "Agentschap A", "Agentschap B"),
        ("tag", "weg", "x", ""),
        ("tag", "bij", "", "y"),
        ("alias", "alias/nieuw", "", "alias/nieuw"),
        ("alias", "alias/sleutel-1", "alias/sleutel-1", ""),
    }
    assert {e.at for e in History(store).events() if e.what not in DATES} == {200}


def test_a_data_key_comes_changes_and_goes(store):
    """New volume, other CMK, other lineage, encrypted no more, another name, gone; the source is that of the row."""
    two = [cmk(1), cmk(2)]
    merge(store, harvest(two, [volume(1, 1, data_key_id="dek-1"), volume(2, 1), volume(3, 1)]), 100)
    merge(store, harvest(two, [volume(1, 2, data_key_id="dek-2"), volume(2, 0, status="unencrypted", name="los"),
                               volume(4, 1, created_at=150)]), 200)  # fmt: skip
    assert sorted(told(store)) == [
        ("cmk", "los", "", "sleutel-1", ""),
        ("cmk", "web-1", "", "sleutel-1", "sleutel-2"),
        ("found", "web-4", "", "", "150"),
        ("gone", "web-3", "", "sleutel-1", ""),
        ("lineage", "web-1", "", "dek-1", "dek-2"),
        ("name", "los", "", "web-2", "los"),
        ("status", "los", "", "encrypted", "unencrypted"),
    ]
    assert {e.source for e in History(store).events() if e.subject.kind is Kind.DATA_KEY} == {Source.SCAN}


def test_a_cmk_that_takes_over_an_alias_replaces_the_one_that_had_it(store):
    """One row that names both, in the list of either; the new one also follows the elder of its environment."""
    merge(store, harvest([cmk(1, aliases=(alias("alias/prod"),), description="eerste")]), 100)
    merge(store, harvest([cmk(1, aliases=(), description="eerste"),
                          cmk(2, created_at=150, aliases=(alias("alias/prod"),), materials=())]), 200)  # fmt: skip
    replaced = ("replaced", "prod", "alias/prod", key_id(1), key_id(2))
    assert told(store) == [replaced]
    assert told(store, "Agentschap A", "X", "Productie", key_id(1)) == [replaced]
    assert told(store, "Agentschap A", "X", "Productie", key_id(2)) == [replaced]
    assert told(store, "Agentschap A") == [replaced]
    assert [(e.at, e.old, e.new) for e in History(store).events() if e.what == "followed"] == [(150, "eerste", "prod")]


def test_what_comes_into_sight_is_not_new(store):
    """An account that is read for the first time brings data keys that were there: they are no event."""
    fresh = Slice("222233334444", REGION, "ebs")
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 100)
    there = volume(2, 1, account_id=fresh.account_id)
    seen = harvest([cmk(1)], [volume(1, 1), there])
    merge(store, harvest(seen.cmks, seen.data_keys, complete=seen.complete | {fresh}), 200)
    assert told(store) == []
    late = volume(3, 1, account_id=fresh.account_id)
    merge(store, harvest(seen.cmks, (*seen.data_keys, late), complete=seen.complete | {fresh}), 300)
    assert [what for what, *_ in told(store)] == ["found"]


def test_a_sighting_is_news_only_if_it_began_since(store):
    """A grant of last year that is heard of today is no new data key; one of this hour is."""
    merge(store, harvest([cmk(1)]), 100)

    def seen(nr, at):
        thing = Resource("rds", "database", f"db-{nr}", OWNER)
        return Sighting(arn(1), thing, OWNER, REGION, at, "Decrypt", Source.GRANT)

    merge(store, harvest([cmk(1)], grants=(GrantsRead(arn(1), 200, (seen(1, 50), seen(2, 150))),)), 200)
    assert [(e.what, e.label, e.source) for e in History(store).events() if e.what == "found"] == [
        ("found", "db-2", Source.GRANT)
    ]


def test_places_come_and_go_under_their_name(store):
    """A new environment and one that is no more; the path of what happened in it is still told."""
    merge(store, harvest([cmk(1), cmk(2, TEST)]), 100)
    merge(store, harvest([cmk(1), cmk(3, OTHER, created_at=150, materials=())]), 200)
    assert sorted(told(store)) == [
        ("found", "Agentschap B", "", "", "Agentschap B"),
        ("found", "Loket", "", "", "Loket"),
        ("found", "Productie", "", "", "Productie"),
        ("gone", "T&I", "", "T&I", ""),
        ("gone", "sleutel-2", "", "sleutel-2", ""),
    ]
    gone = next(e for e in History(store).events() if e.name == "sleutel-2")
    assert gone.path == ("Agentschap A", "X", "T&I")


@pytest.mark.parametrize("offset", range(0, 14, 3))
def test_the_list_comes_in_windows(store, offset):
    """Any window of any branch is that part of its whole; count tells how long that is."""
    merge(store, harvest([cmk(n, PROD if n % 2 else OTHER) for n in range(1, 5)]), 100)
    merge(store, harvest([cmk(n, PROD if n % 2 else OTHER, state="Disabled") for n in range(1, 5)]), 200)
    history = History(store)
    for path in ((), ("Agentschap A",), ("Agentschap A", "X"), ("Agentschap B", "Loket", "Productie")):
        within = Tree(store).resolve(path)
        whole = history.events(within)
        assert len(whole) == history.count(within) == (12 if not path else 6)
        assert history.events(within, offset=offset, limit=3) == whole[offset : offset + 3]
    assert history.count(None, Span(since=100)) == 4
    assert history.count(None, Span(until=49)) == 4


def net(store, since, until, *path, scope=None):
    history = History(store, scope)
    within = Tree(store, scope).resolve(path) if path else None
    pairs = history.changes(within, Span(since, until), 1000)
    return [(last.what, last.name, last.detail, first.old, last.new) for first, last in history.change(pairs)]


def test_a_diff_tells_only_what_is_other_in_the_end(store):
    """A state that came back, a volume that came and went, and what a new CMK did afterwards, are left out."""
    merge(store, harvest([cmk(1), cmk(2)], [volume(1, 1)]), 100)
    off = cmk(1, state="Disabled")
    new = cmk(3, TEST, created_at=150, materials=(), state="Disabled")
    merge(store, harvest([off, cmk(2, state="Disabled"), new], [volume(1, 1), volume(2, 1)]), 200)
    merge(store, harvest([cmk(1), cmk(2, state="PendingDeletion"), cmk(3, TEST, created_at=150, materials=())],
                         [volume(1, 2)]), 300)  # fmt: skip
    assert net(store, 100, 300) == [
        ("state", "sleutel-2", "", "Enabled", "PendingDeletion"),
        ("cmk", "web-1", "", "sleutel-1", "sleutel-2"),
        ("found", "T&I", "", "", "T&I"),
        ("created", "sleutel-3", "", "", "sleutel-3"),
    ]
    assert net(store, 200, 300, "Agentschap A", "X", "Productie") == [
        ("state", "sleutel-1", "", "Disabled", "Enabled"),
        ("gone", "web-2", "", "sleutel-1", ""),
        ("state", "sleutel-2", "", "Disabled", "PendingDeletion"),
        ("cmk", "web-1", "", "sleutel-1", "sleutel-2"),
    ]
    assert net(store, 300, 400) == []


SECRET = Placement("Geheim", "Spion", "Dossier")
MINE = Scope("Agentschap A")


@pytest.fixture
def changed_hands(store):
    """CMK 1 was the other tenant's and is ours, CMK 2 went the other way; data keys changed CMKs likewise."""
    secret = {"description": "spionage", "tags": (("geheim", "spion"),), "policy": '{"Statement":[{"Sid":"Spion"}]}',
              "aliases": (alias("alias/spion"),)}  # fmt: skip
    ours = {"description": "ons", "tags": (("ons", "goed"),), "aliases": (alias("alias/ons"),)}
    accounts = (AccountFacts(OWNER, "Geheim", "Geheim"),)
    keys = [volume(1, 2), volume(2, 1, SECRET, name="spion-schijf"), volume(3, 1), bucket("mijn-emmer", 3)]
    whole = [cmk(1, SECRET, **secret), cmk(2, **ours), cmk(3, SECRET, **secret | {"aliases": ()})]
    merge(store, harvest(whole, keys, accounts=accounts), 100)
    merge(store, harvest([whole[0], whole[1], cmk(3, SECRET, state="Disabled", **secret | {"aliases": ()})], keys), 200)
    keys = [volume(1, 1), volume(2, 2, SECRET, name="spion-ander"), volume(3, 3, name="hernoemd")]
    swapped = [cmk(1, **ours | {"aliases": (alias("alias/ons-2"),)}), cmk(2, SECRET, **secret), cmk(3, **ours)]
    merge(store, harvest(swapped, keys), 300)
    return store


def every_word(store, scope):
    history, tree = History(store, scope), Tree(store, scope)
    refs = [None, *(NodeRef(kind, n) for kind in Kind for n in range(12))]
    for ref in refs:
        if ref is None or tree.node(ref) is not None:
            yield from history.events(ref)
            for span in (Span(0, 400), Span(100, 200), Span(200, 300)):
                yield from history.change(history.changes(ref, span, 999))


@pytest.mark.parametrize("scope", [MINE, Scope("Agentschap A", "X"), Scope("Bestaat niet")])
def test_the_past_of_others_stays_theirs(changed_hands, scope):
    """Of a CMK that was another tenant's, its former names, tags, aliases, states and statements are not told."""
    found = json.dumps([[asdict(e) for e in row] if isinstance(row, tuple) else asdict(row)
                        for row in every_word(changed_hands, scope)]).lower()  # fmt: skip
    assert [word for word in ("geheim", "spion", "dossier") if word in found] == []


def test_the_whole_of_the_past_is_told_to_who_may_see_it(changed_hands):
    """The same readings without a scope do tell it: the test above looks in the right places."""
    found = json.dumps([[asdict(e) for e in row] if isinstance(row, tuple) else asdict(row)
                        for row in every_word(changed_hands, None)]).lower()  # fmt: skip
    assert [word for word in ("geheim", "spion", "dossier", "ons-2") if word not in found] == []


def test_who_lost_a_cmk_still_sees_that_it_went(changed_hands):
    """Its row stands in both branches; each sees its own side of it."""
    (ours,) = [e for e in History(changed_hands, MINE).events() if e.what == "moved" and e.label == key_id(2)]
    assert (ours.old, ours.new) == ("Agentschap A / X / Productie", HIDDEN)
    (theirs,) = [
        e for e in History(changed_hands, Scope("Geheim")).events() if e.what == "moved" and e.label == key_id(2)
    ]
    assert (theirs.old, theirs.new) == (HIDDEN, "Geheim / Spion / Dossier")


@pytest.mark.parametrize(
    "text", ["[red]x[/]", "\x1b[31mrood", "=1+1", "'; DROP TABLE event; --", "nul\0byte", "\u202eom"]
)
def test_hostile_names_are_kept_as_they_are(store, text):
    """Any text that a tag, alias or name can hold comes back from the record the same."""
    merge(store, harvest([cmk(1, tags=())], [volume(1, 1)]), 100)
    merge(store, harvest([cmk(1, tags=((text, text),), description=text)], [volume(1, 1, name=text)]), 200)
    merge(store, harvest([cmk(1, tags=())], [volume(1, 1)]), 300)
    assert ("tag", "sleutel-1", text, "", text) in told(store)
    assert ("tag", "sleutel-1", text, text, "") in told(store)
    assert ("name", text, "", "web-1", text) in told(store)


def test_the_record_is_kept_as_long_as_the_settings_say(store):
    """Older versions and events go with a merge; the dates of CMKs that are there stay."""
    day = 86_400
    merge(store, harvest([cmk(1)]), 100)
    merge(store, harvest([cmk(1, state="Disabled")]), day)
    merge(store, harvest([cmk(1)]), 40 * day)
    merge(store, harvest([cmk(1)]), 50 * day, keep_days=30)
    assert [e.what for e in History(store).events()] == ["state", "automatic", "created"]
    assert History(store).record().since == 20 * day
    assert len(dump(store)["former_cmk"]) == 1


def test_a_clock_that_was_set_back_does_not_turn_time_round(store):
    """What changes then is dated at the newest merge there was."""
    merge(store, harvest([cmk(1)]), 1000)
    merge(store, harvest([cmk(1, state="Disabled")]), 500)
    merge(store, harvest([cmk(1, state="Enabled")]), 2000)
    assert [e.at for e in History(store).events() if e.what == "state"] == [2000, 1000]


def test_two_merges_in_one_second_tell_nothing_twice(store):
    """Places and CMKs that came or went with the first are not told again by the second."""
    merge(store, harvest([cmk(1), cmk(2, TEST)]), 100)
    for _ in range(3):
        merge(store, harvest([cmk(1), cmk(3, OTHER, created_at=150, materials=())]), 200)
    assert [what for what, *_ in told(store)].count("found") == 3
    assert [what for what, *_ in told(store)].count("gone") == 2
