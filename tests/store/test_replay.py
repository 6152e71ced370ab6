"""A store as it was at a moment: the same rows, counts, words and ids as the store had then."""

import random
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from store.cmks import Cmks
from store.database import Store
from store.harvest import Alias, KeyMaterial
from store.history import History
from store.merge import merge
from store.records import Gap, Status
from store.replay import replay
from store.tree import Tree
from store.verdicts import Verdict
from tests.store.facts import (
    CENTRAL,
    CMKS,
    NOWHERE,
    OTHER,
    PROD,
    REGION,
    TEST,
    VOLUMES,
    bucket,
    cmk,
    harvest,
    outline,
    snapshot,
    volume,
)
from tests.verdicts import keep, verdict_on

DERIVED = (
    "place", "cmk", "alias", "tag", "material", "policy", "data_key", "word", "figure", "wrapped", "verdict",
)  # fmt: skip
UNKEPT = {"valid_from", "stale", "stale_below", "seen_at", "metadata_at", "rotation_at", "materials_at", "policy_at"}


def rows(store):
    """Every row of what a view reads, but for ages and what says when it became so."""
    reader = store.reader()
    found = {}
    for table in DERIVED:
        columns = [row[1] for row in reader.execute(f"PRAGMA table_info({table})") if row[1] not in UNKEPT]
        found[table] = sorted(map(repr, reader.execute(f"SELECT {', '.join(columns)} FROM {table}")))
    return found


def at(store, moment, folder):
    path = Path(folder) / f"at-{moment}.db"
    replay(store, path, moment)
    return Store.open(path)


def estate(chance):
    """Some CMKs and data keys, in states and places as chance wills."""
    places = (PROD, TEST, OTHER, NOWHERE)
    cmks = [
        cmk(n, chance.choice(places), state=chance.choice(("Enabled", "Disabled")), created_at=n,
            description=f"nr {n}", policy=chance.choice(("{}", "[]", None)),
            tags=chance.choice(((), (("a", "1"),), (("a", "2"), ("b", "nul\0"))) ),
            aliases=tuple(Alias(f"alias/k-{chance.randrange(6)}-{n}", f"arn:{n}") for _ in range(chance.randrange(2))),
            materials=tuple(KeyMaterial(f"m{m}", None if m == 1 else 50 * m, "" if m == 1 else "AUTOMATIC", "CURRENT")
                            for m in range(1, chance.randrange(1, 4))))
        for n in range(1, 8) if chance.random() < 0.8
    ]  # fmt: skip
    keys = [
        make(n, chance.randrange(0, 8), chance.choice(places), name=chance.choice(("web", "db 1", "")),
             created_at=chance.choice((None, 20 * n)), data_key_id=chance.choice(("", "dek-1", f"dek-{n}")))
        for n in range(1, 14) for make in (volume, snapshot) if chance.random() < 0.6
    ]  # fmt: skip
    keys += [
        bucket(f"emmer-{n}", chance.randrange(0, 8), chance.choice(places)) for n in range(4) if chance.random() < 0.7
    ]
    return harvest(cmks, keys)


@pytest.mark.parametrize("seed", range(8))
def test_any_moment_comes_back_whole(store, seed):
    """Eight syncs of a restless estate and what is proven meanwhile: replayed, each state has every row, badge, word,
    verdict and number that it had.
    """
    chance = random.Random(seed)
    states = {}
    for moment in range(100, 900, 100):
        merge(store, estate(chance), moment)
        for nr in range(chance.randrange(4)):
            holder, was = (make(chance.randrange(1, 14)) for make in (volume, chance.choice((volume, snapshot))))
            keep(store, verdict_on(holder, chance.choice(list(Verdict)), moment + nr, f"run-{moment}-{nr}",
                                   was=chance.choice((holder, was)).resource_id))  # fmt: skip
        states[moment] = rows(store), outline(store)
    with TemporaryDirectory() as folder:
        for moment, state in states.items():
            past = at(store, moment + 50, folder)
            assert past.reader().execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert (rows(past), outline(past)) == state, moment
            past.close()


def test_the_past_has_the_same_ids(store, tmp_path):
    """What a cursor stands on today is the same thing then; what came later is not there."""
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 100)
    merge(store, harvest([cmk(1, state="Disabled"), cmk(2)], [volume(1, 2)]), 200)
    past = at(store, 150, tmp_path)
    path = ("Agentschap A", "X", "Productie", "sleutel-1")
    ref = Tree(store).resolve(path)
    assert Tree(past).resolve(path) == ref
    assert Tree(past).node(ref).status is Status.ENABLED
    assert [key.facts.resource_id for key in Cmks(past).data_keys(ref.id)] == [volume(1).resource_id]
    assert Tree(past).resolve((*path[:3], "sleutel-2")) is None
    assert all(event.at <= 150 for event in History(past).events())


def test_the_copy_is_for_its_owner_alone_and_the_store_stays_as_it_is(store, tmp_path):
    """Mode 0600; not a row of the present is touched, and nothing that is there is overwritten."""
    merge(store, harvest([cmk(1)]), 100)
    merge(store, harvest([cmk(1, state="Disabled")]), 200)
    before = rows(store)
    at(store, 100, tmp_path).close()
    assert stat.S_IMODE((tmp_path / "at-100.db").stat().st_mode) == 0o600
    assert rows(store) == before
    with pytest.raises(FileExistsError):
        replay(store, tmp_path / "at-100.db", 100)


def test_what_went_out_of_sight_later_was_in_sight_then(store, tmp_path):
    """A volume that the last sync could not see again is not stale on a day when it was seen."""
    merge(store, harvest([cmk(1)], [volume(1, 1)]), 100)
    gap = Gap(VOLUMES, "Agentschap A", "AccessDenied")
    merge(store, harvest([cmk(1)], complete=frozenset({CMKS}), gaps=(gap,)), 200)
    assert Tree(store).node(Tree(store).resolve(("Agentschap A",))).stale
    then = Tree(at(store, 150, tmp_path))
    path = ("Agentschap A", "X", "Productie", "sleutel-1", "web-1")
    assert [then.node(then.resolve(path[:depth])).stale for depth in range(1, 6)] == [False] * 5
    since = Tree(at(store, 200, tmp_path))
    assert since.node(since.resolve(path)).stale


def test_the_lists_of_a_cmk_come_back(store, tmp_path):
    """Aliases, tags, HBKs and the policy are those of then."""
    old = cmk(1, tags=(("weg", "nul\0=1"),), policy='{"oud": 1}', aliases=(Alias("alias/oud", "arn:oud"),))
    merge(store, harvest([old]), 100)
    third = KeyMaterial("m3", 150, "ON_DEMAND", "CURRENT")
    merge(store, harvest([cmk(1, materials=(*cmk(1).materials, third), policy='{"oud": 1}')]), 200)
    merge(store, harvest([cmk(1, policy='{"nieuw": 1}')]), 300)
    merge(store, harvest([]), 400)
    then = Cmks(at(store, 100, tmp_path)).by_key(old.key_id)[0]
    assert (then.tags, then.aliases, then.facts.policy) == (old.tags, old.aliases, old.policy)
    assert [m.material_id for m in then.materials] == ["m1", "m2"]
    later = Cmks(at(store, 200, tmp_path)).by_key(old.key_id)[0]
    assert [m.material_id for m in later.materials] == ["m1", "m2", "m3"]
    assert (later.facts.policy, later.facts.region, later.facts.account_id) == ('{"oud": 1}', REGION, CENTRAL)
    assert Cmks(at(store, 300, tmp_path)).by_key(old.key_id)[0].facts.policy == '{"nieuw": 1}'
    assert Cmks(at(store, 400, tmp_path)).by_key(old.key_id) == []
