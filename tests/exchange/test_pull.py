"""From an administrator's store to an owner's, by file: the same sight of what is theirs, and nothing else."""

import json
import os
import select
import signal
import zlib
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.errors import ConsoleError, NotFound, Refused, UsageError
from console.services.catalog import Catalog
from console.services.exchange.envelope import Letter, seal
from console.services.exchange.keys import make_key, signer_of, written
from console.services.exchange.snapshot import packed, unpacked
from console.services.findings.judge import judge
from console.services.sync import Sync
from console.settings import Settings
from store.database import Store
from store.errors import StoreError
from store.extract import extract
from store.findings import Findings, Wanted
from store.history import History
from store.merge import merge
from store.records import Gap, Kind, Scope, Slice, Taken
from store.syncs import Syncs
from store.take import Exchanged
from store.verdicts import Verdict, Verdicts
from tests.estates import DAY, NOW, OTHER, REGION, TENANT, bucket, cmk, example, policy, volume
from tests.exchange.letters import A, B, parties
from tests.verdicts import keep, verdict_on


def rows(store, scope):
    """Everything that the tree tells of every node in sight."""
    told = []
    for row in Catalog(store, Settings(scope=scope)).rows("", 0):
        node = row.node
        told.append((row.depth, row.path, replace(node, ref=replace(node.ref, id=0))))
    return told


def sheets(store, scope):
    """The facts of every CMK and data key in sight."""
    catalog = Catalog(store, Settings(scope=scope), lambda: NOW)
    told = []
    for row in catalog.rows("", 0):
        told += [
            fact for _, facts in catalog.sheet(row.node.ref).sections for fact in facts if "policy" not in fact.label
        ]
    return told


def findings(store, scope):
    return [
        replace(found, id=0, ref=replace(found.ref, id=0))
        for found in Findings(store, scope, lambda: NOW).window(Wanted())
    ]


def crossed():
    """The example with a volume of each tenant under the other's CMK, a hidden bucket, and a stale part."""
    whole = example()
    mine, theirs = whole.cmks[0], whole.cmks[4]
    return replace(
        whole,
        data_keys=(
            *whole.data_keys,
            volume(200, mine, B, "Loket", "Productie", account=OTHER, name="geheim van B"),
            bucket("bureau-b-archief", mine, B, "Loket", "Productie", account=OTHER),
            volume(201, theirs, A, "X", "Productie"),
        ),
        cmks=(replace(mine, policy=policy(OTHER)), *whole.cmks[1:]),
        gaps=(*whole.gaps, Gap(Slice(TENANT, REGION, "rds"), A, "AccessDenied", "role/beheerder may not", NOW)),
    )


@pytest.fixture
def mixed(tmp_path):
    made = parties(tmp_path, crossed())
    yield made
    made.store.close()


def taken(two, tenant=A):
    return Store.open(two.settings(tenant).store)


def test_the_owner_sees_what_a_session_in_that_scope_would_see(mixed):
    """Tree, notes, counts and generations are those of the administrator's own store under the owner's scope."""
    mixed.publish()
    assert mixed.pull().new
    told = rows(taken(mixed), Scope(A))
    # What has no name stands elsewhere among its neighbours: there its own name orders it.
    assert sorted(map(repr, told)) == sorted(map(repr, rows(mixed.store, Scope(A))))
    assert [row[2].note for row in told].count("place.other_tenant") == 2
    assert [row[2].note for row in told].count("place.other_cmk") == 1


def test_findings_come_along_as_the_publisher_judged_them(mixed):
    """Rule, path, values and dates are the same, though the owner's console could not have judged."""
    mixed.publish(A)
    mixed.pull()
    told = findings(taken(mixed), Scope(A))
    assert told == findings(mixed.store, Scope(A))
    assert {found.rule for found in told} >= {"dk_other_tenant", "sync_gap"}


def test_tags_aliases_and_every_hbk_come_along(two):
    """What AWS would deny the tenant: rotation history, tags and alias."""
    two.publish(A)
    two.pull()
    assert sheets(taken(two), Scope(A)) == sheets(two.store, Scope(A))


PROVEN = {
    "reason": "verdict.s3.new", "by": "mia@beheer",
    "facts": {"written_since": 7, "sampled": 2, "account": OTHER, "still_held": {"number": 1, "ids": ["snap-1"]}},
}  # fmt: skip


@pytest.fixture
def proven(mixed):
    """One of the tenant's own that was proven, one that was only re-wrapped; and one of somebody else under its CMK."""
    own, other, *_ = crossed().data_keys
    away = next(key for key in crossed().data_keys if key.name == "geheim van B")
    keep(
        mixed.store,
        verdict_on(own, at=NOW - DAY, **PROVEN),
        verdict_on(other, "rewrapped", NOW - 2 * DAY, "run-2", reason="verdict.ebs.same"),
        verdict_on(away, at=NOW - DAY, run_id="run-3", reason="verdict.ebs.new"),
    )
    mixed.publish()
    return mixed


def proofs(store, scope):
    """What the screens of such a session say of verdicts: rows with their ages, and history."""
    catalog = Catalog(store, Settings(scope=scope))
    keys = [catalog.cmks.data_key(row.node.ref.id) for row in catalog.rows("", 0) if row.node.ref.kind is Kind.DATA_KEY]
    history = [event for event in History(store, scope).events() if event.what in list(Verdict)]
    return (
        sorted((k.facts.resource_id, str(k.verdict), k.verdict_at, k.made_at) for k in keys if k.path),
        sorted((event.at, event.what, event.label, event.new, event.detail, event.path) for event in history),
    )


def test_verdicts_come_along_to_the_owner_with_ages_and_history(proven):
    """Row, age and history are those of the administrator's store under the owner's scope, once and for good."""
    for at in (NOW, NOW + 60):
        proven.publish(A, at=at)
        proven.pull(at=at)
    keys, history = proofs(taken(proven), Scope(A))
    assert (keys, history) == proofs(proven.store, Scope(A))
    assert ("proven", NOW - DAY, NOW - DAY) in [key[1:] for key in keys]
    assert ("rewrapped", NOW - 2 * DAY, NOW - 400 * DAY) in [key[1:] for key in keys]
    assert len(history) == 2


def test_who_proved_it_and_the_lists_of_the_evidence_stay_home(proven):
    """The owner reads the verdict with the numbers of its reason: no person, no list, no account of another."""
    proven.pull()
    (one, _) = Verdicts(taken(proven), Scope(A)).newest()
    assert (one.verdict, one.by, one.facts) == ("proven", "", {"written_since": 7, "sampled": 2, "account": "*" * 12})
    assert {each.tenant for each in Verdicts(taken(proven)).newest()} == {A}
    body = zlib.decompress(proven.letter().read_bytes().split(b"\n", 3)[3])
    for marker in (b"mia@beheer", b"run-3", b"snap-1", OTHER.encode()):
        assert marker not in body


def test_the_support_desk_gets_every_verdict(proven):
    """The whole estate's, without who ran it."""
    proven.pull("")
    found = Verdicts(taken(proven, "")).newest()
    assert {one.run_id for one in found} == {"run-1", "run-2", "run-3"}
    assert {one.by for one in found} == {""}


def test_what_an_owner_has_proven_stays_when_a_snapshot_comes(mixed):
    """The publisher knows nothing of it: the row, the age and the history are still there after the next pull."""
    mixed.publish(A)
    mixed.pull()
    mine = Store.open(mixed.settings(A).store, write=True)
    keep(mine, verdict_on(crossed().data_keys[0], at=NOW + 5))
    before = proofs(mine, Scope(A))
    assert len(before[1]) == 1
    mine.close()
    mixed.publish(A, at=NOW + 60)
    mixed.pull(at=NOW + 60)
    assert proofs(taken(mixed), Scope(A)) == before


def test_only_a_snapshot_with_verdicts_needs_a_newer_console(mixed):
    """Its format is 2; one that an older console can read stays of format 1."""
    mixed.publish(A)
    assert mixed.letter().read_bytes().startswith(b"kms-console sealed 1\n")
    keep(mixed.store, verdict_on(crossed().data_keys[0], at=NOW, **PROVEN))
    mixed.publish(A, at=NOW + 60)
    assert mixed.letter().read_bytes().startswith(b"kms-console sealed 2\n")
    assert mixed.pull(at=NOW + 60).new


def test_the_support_desk_gets_the_whole(mixed):
    """Without scope the whole estate is taken, unplaced keys included."""
    mixed.publish()
    mixed.pull("")
    assert rows(taken(mixed, ""), None) == rows(mixed.store, None)


def test_nothing_of_another_tenant_is_in_a_tenants_snapshot(mixed):
    """Not a name, an account, a bucket, a key policy nor a message of AWS, in the unpacked bytes."""
    mixed.publish(A)
    letter = mixed.letter().read_bytes()
    body = zlib.decompress(letter.split(b"\n", 3)[3])
    for marker in (B, "Bureau", "Loket", OTHER, "bureau-b", "geheim", "role/beheerder", "Statement", "kms:*"):
        assert marker.encode() not in letter
        assert marker.encode() not in body
    assert A.encode() in body


def test_a_snapshot_is_the_same_bytes_every_time(mixed, tmp_path):
    """The same store at the same moment: byte for byte the same letter, also after it was taken elsewhere once."""
    first, second = tmp_path / "a.kms-snapshot", tmp_path / "b.kms-snapshot"
    for tenant in (A, ""):
        body = [packed(extract(mixed.store, tenant, NOW)) for _ in range(2)]
        assert body[0] == body[1]
        signer = signer_of(str(mixed.home / "signing.pem"))
        for path in (first, second):
            path.write_bytes(seal(Letter.SNAPSHOT, tenant, body[0], signer, sequence=7, made_at=NOW, by="an"))
        assert first.read_bytes() == second.read_bytes()


def test_a_newer_snapshot_changes_only_what_changed(two):
    """Ids of what stays do not move, what is gone goes, and the same one again changes nothing."""
    two.publish(A)
    two.pull()
    store = taken(two)
    before = {row.path: row.node.ref for row in Catalog(store, Settings(scope=Scope(A))).rows("", 0)}
    whole = example()
    merge(two.store, replace(whole, data_keys=whole.data_keys[1:]), NOW + DAY)
    judge(two.store, Settings(), NOW + DAY)
    two.publish(A, at=NOW + DAY)
    summary = two.pull(at=NOW + DAY)
    after = {row.path: row.node.ref for row in Catalog(store, Settings(scope=Scope(A))).rows("", 0)}
    assert summary.changed == 1
    assert len(before) == len(after) + 1
    assert after.items() <= before.items()
    assert not two.pull(at=NOW + DAY).new


def test_what_was_stale_stays_stale(two):
    """A part that the publisher could not see any more says so at the owner's too."""
    whole = example()
    gone = Slice(TENANT, REGION, "ebs")
    left = tuple(key for key in whole.data_keys if key.kind != "ebs")
    gap = Gap(gone, A, "AccessDenied", "", NOW + DAY, shut=True)
    merge(two.store, replace(whole, data_keys=left, complete=whole.complete - {gone}, gaps=(gap,)), NOW + DAY)
    two.publish(A, at=NOW + DAY)
    two.pull(at=NOW + DAY)
    told = rows(taken(two), Scope(A))
    assert told == rows(two.store, Scope(A))
    assert sum(node.stale for *_, node in told) > 1
    assert Syncs(taken(two)).gaps(Scope(A)) == [gap]


def test_the_banner_learns_when_it_was_published(two):
    """The store says whose snapshot it holds and how old it is."""
    two.publish(A)
    two.pull(at=NOW + 3 * DAY)
    seen = Syncs(taken(two)).overview(Scope(A))
    assert (seen.taken.tenant, seen.taken.made_at, seen.taken.taken_at) == (A, NOW, NOW + 3 * DAY)
    assert seen.last_sync.finished_at == NOW


# -- refusals: each with its reason, and the old one stays ------------------------------------------------------------


def refused(two, key, **how):
    before = rows(taken(two), Scope(A)) if two.settings().store.exists() else None
    with pytest.raises(ConsoleError) as caught:
        two.pull(**how)
    assert caught.value.key == key
    if before is not None:
        assert rows(taken(two), Scope(A)) == before


def test_an_older_one_is_refused(two):
    """Somebody who puts yesterday's back gets nowhere."""
    two.publish(A)
    yesterday = two.letter().read_bytes()
    two.publish(A, at=NOW + DAY)
    two.pull(at=NOW + DAY)
    two.letter().write_bytes(yesterday)
    refused(two, "exchange.older", at=NOW + DAY)


def test_another_one_of_the_same_number_is_refused(two):
    """One number is one snapshot."""
    two.publish(A)
    two.pull()
    signer = signer_of(str(two.home / "signing.pem"))
    body = packed(replace(extract(two.store, A, NOW), data_keys=()))
    two.letter().write_bytes(seal(Letter.SNAPSHOT, A, body, signer, sequence=NOW, made_at=NOW))
    refused(two, "exchange.replayed")


def test_another_tenants_is_refused(two):
    """B's snapshot at A's place, truly signed."""
    two.publish()
    two.pull()
    two.letter().write_bytes(two.letter(B).read_bytes())
    refused(two, "exchange.other_tenant")


def test_a_cut_off_one_is_refused(two):
    """Half a file."""
    two.publish(A)
    two.pull()
    two.publish(A, at=NOW + 1)
    whole = two.letter().read_bytes()
    two.letter().write_bytes(whole[: len(whole) // 2])
    refused(two, "exchange.truncated", at=NOW + 1)


def test_an_unknown_key_is_refused(two, tmp_path):
    """Signed by a key that is not pinned."""
    two.publish(A)
    two.key = make_key(tmp_path / "other.pem")
    refused(two, "exchange.unknown_key")


def test_one_that_is_too_old_is_refused(two):
    """The age that the settings allow."""
    two.publish(A)
    refused(two, "exchange.too_old", at=NOW + 31 * DAY)
    assert two.pull(at=NOW + 31 * DAY, max_age_days=0).new


def signed(two, body):
    signer = signer_of(str(two.home / "signing.pem"))
    two.letter().write_bytes(seal(Letter.SNAPSHOT, A, body, signer, sequence=NOW + 9, made_at=NOW))


HEAD = b'["estate",{"tenant":"Agentschap A"}]\n'
VERDICT = (
    b'["verdict",{"run_id":"r","kind":"ebs","resource_id":"v","account_id":"1","region":"r","was":"v","route":"p",'
    b'"verdict":"%s","reason":"%s","cmk":"c","at":1,"tenant":"Agentschap A","facts":%s}]\n'
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'["estate",{"tenant":"Bureau B"}]\n',
        HEAD + b'["cmk",{"arn":1}]\n',
        HEAD + b'["nonsense",{}]\n',
        HEAD + b'["account",{"account_id":"1","extra":"x"}]\n',
        HEAD + b'["slice",{"account_id":"1","region":"r","what":"cmk","read_at":1e400}]\n',
        HEAD + b'["slice",{"account_id":"1","region":"r","what":"cmk","read_at":99999999999999999999}]\n',
        HEAD + b'["slice",{"account_id":"1","region":"r","what":"../../x y","read_at":1}]\n',
        HEAD + b'["finding",{"rule":"made_up","severity":3,"subject":{}}]\n',
        HEAD + b'["finding",{"rule":"dk_shared","severity":99,"subject":{}}]\n',
        HEAD + b'["account",{"account_id":"' + b"9" * 70_000 + b'"}]\n',
        HEAD + b"[" * 100_000 + b"\n",
        HEAD + b'{"cmk":1}\n',
        HEAD + b"\xff\xfe\n",
        HEAD + b'["account",{"account_id":NaN}]\n',
        HEAD + b'["account",{"account_id":"\\ud800"}]\n',
        HEAD + b'["finding",{"rule":"dk_shared","severity":3,"subject":{},"values":[["key","x"]]}]\n',
        HEAD + b'["finding",{"rule":"dk_shared","severity":3,"subject":{}}]\n',
        HEAD + b'["slice",{"account_id":"1","region":"r","what":"cmk","read_at":9007199254740992}]\n',
        HEAD + b'["cmk",{"key_id":"1","arn":"a","account_id":"1","region":"r","placement":{},"policy":"x"}]\n',
        HEAD + VERDICT % (b"rotated", b"verdict.ebs.new", b"[]"),
        HEAD + VERDICT % (b"proven", b"cli.region", b"[]"),
        HEAD + VERDICT % (b"proven", b"verdict.s3.new", b"[]"),
        HEAD + VERDICT % (b"proven", b"verdict.ebs.new", b'[["still_held",{"number":1}]]'),
    ],
)
def test_a_signed_body_of_another_shape_is_refused(two, body):
    """A signature does not make a value what it must be."""
    two.publish(A)
    two.pull()
    signed(two, body)
    refused(two, "exchange.malformed")


def test_every_line_twice_is_once(mixed):
    """A body that repeats itself is taken as if it did not."""
    mixed.publish(A)
    head, *lines = packed(extract(mixed.store, A, NOW)).splitlines(keepends=True)
    signed(mixed, head + b"".join(lines) + b"".join(lines))
    mixed.pull()
    assert findings(taken(mixed), Scope(A)) == findings(mixed.store, Scope(A))


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mangled_body_is_refused_or_means_something(mixed, data):
    """Whatever one value is replaced by, the answer is an extract or a refusal, never anything else."""
    lines = packed(extract(mixed.store, A, NOW)).splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    word, told = json.loads(lines[at])
    name = data.draw(st.sampled_from([*told, "extra"]))
    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    told[name] = data.draw(st.recursive(leaf, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
    lines[at] = json.dumps([word, told]).encode()
    with suppress(Refused):  # any other error fails
        read = unpacked(b"\n".join(lines) + b"\n", A)
        assert unpacked(packed(read), A) == read


def test_hostile_words_stay_words(two):
    """A tag or a bucket may be called anything; it comes out as the text that it is."""
    nasty = "\x1b[2J[@click=app.quit]x[/] ../../etc {now} =1+1"
    whole = example()
    hostile = replace(whole.cmks[0], tags=(*whole.cmks[0].tags, (nasty, nasty)), description=nasty)
    merge(two.store, replace(whole, cmks=(hostile, *whole.cmks[1:])), NOW)
    two.publish(A)
    two.pull()
    assert sheets(taken(two), Scope(A)) == sheets(two.store, Scope(A))


def test_a_tenants_name_is_never_a_path(tmp_path):
    """Dots and slashes in a name do not lead out of the folder, and two names never share a file."""
    whole = example()
    names = ("../../../etc/x", "..", "A/B", "a-b", "宽")
    extra = tuple(cmk(70 + at, name, "App", "Productie") for at, name in enumerate(names))
    made = parties(tmp_path, replace(whole, cmks=(*whole.cmks, *extra)))
    places = {issue.place for issue in made.publish().issues}
    assert len(places) == len(names) + 3
    assert {file.parent for file in map(type(made.home), places)} == {made.folder}
    made.store.close()


def test_of_two_pulls_the_newer_one_stays(two):
    """A slow process that fetched an older snapshot does not write it over a newer one."""
    two.publish(A)
    two.pull()
    store = Store.open(two.settings().store, write=True)
    before = rows(store, Scope(A))
    late = Taken(A, NOW - 1, NOW - 1, NOW, "k", "d")
    with pytest.raises(StoreError) as caught:
        Exchanged(store).take(replace(extract(two.store, A, NOW), data_keys=()), late)
    assert caught.value.key == "exchange.overtaken"
    assert rows(store, Scope(A)) == before
    store.close()


def test_a_pull_that_is_killed_leaves_the_old_or_the_new(two):
    """SIGKILL at any moment: the store holds one snapshot whole, and the next pull completes it."""
    two.publish(A)
    two.pull()
    old = rows(taken(two), Scope(A))
    extra = tuple(volume(n, example().cmks[0], A, "X", "Productie") for n in range(300, 700))
    merge(two.store, replace(example(), data_keys=(*example().data_keys, *extra)), NOW + 1)
    two.publish(A, at=NOW + 1)
    new = rows(two.store, Scope(A))
    seen = set()
    for wait in (0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.3):
        ended, ending = os.pipe()
        child = os.fork()
        if not child:
            two.pull(at=NOW + 1)
            os._exit(0)
        os.close(ending)
        select.select([ended], [], [], wait)  # the pipe ends with the child
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ended)
        found = rows(taken(two), Scope(A))
        assert found in (old, new)
        seen.add(found == new)
    two.pull(at=NOW + 1)
    assert rows(taken(two), Scope(A)) == new
    assert False in seen


# -- stores that are for something else -------------------------------------------------------------------------------


def test_a_synced_store_takes_no_snapshot(two):
    """What a sync knows is not mixed with what somebody else says."""
    two.publish(A)
    store = Store.open(two.settings().store, write=True)
    merge(store, example(), NOW)
    store.close()
    refused(two, "exchange.own_store")


def test_a_store_with_a_snapshot_is_neither_synced_nor_published(two):
    """And the other way round: the sentence says which verb refreshes it."""
    two.publish(A)
    two.pull()
    store = Store.open(two.settings().store, write=True)
    with pytest.raises(Refused) as caught:
        Sync(replace(two.settings(), regions=("eu-west-1",)), store, None, ()).run()
    assert caught.value.key == "exchange.sync_taken"
    two.store.close()
    two.store = store
    with pytest.raises(NotFound) as caught:
        two.publish(A)
    assert caught.value.key == "exchange.nothing"


def test_one_store_holds_one_tenant(two):
    """Another scope wants another store."""
    two.publish()
    two.pull()
    other = replace(two.settings(B), store=two.settings(A).store)
    two.settings = lambda *_, **__: other
    with pytest.raises(Refused) as caught:
        two.pull(B)
    assert caught.value.key == "exchange.other_store"


def test_nothing_is_taken_without_a_trusted_key(two):
    """No pin, no trust."""
    two.publish(A)
    with pytest.raises(UsageError):
        two.pull(trusted_keys=())


# -- the key that signs ----------------------------------------------------------------------------------------------


def test_the_signing_key_is_its_owners_alone(tmp_path):
    """0600, never written over, never used when others may read it."""
    path = tmp_path / "deep" / "key.pem"
    public = make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public.startswith("ed25519:")
    assert public not in path.read_text()
    with pytest.raises(ConsoleError) as caught:
        make_key(path)
    assert caught.value.key == "exchange.key_exists"
    path.chmod(0o644)
    with pytest.raises(ConsoleError) as caught:
        signer_of(str(path))
    assert caught.value.key == "exchange.key_open"


def test_a_trusted_key_that_is_none_is_told(two):
    """A slip in the settings is a sentence, not a refusal of everything."""
    two.publish(A)
    for wrong in ("ed25519:", "rsa:AAAA", "nonsense", written(b"x" * 31)):
        with pytest.raises(UsageError):
            two.pull(trusted_keys=(wrong,))


def test_policies_are_not_published(two):
    """Nobody but the administrators sees a key policy, the support desk included."""
    assert policy() in {found.policy for found in example().cmks}
    for tenant in (A, ""):
        assert b"Statement" not in packed(extract(two.store, tenant, NOW))
        assert all(
            json.loads(line)[1].get("policy") is None for line in packed(extract(two.store, tenant, NOW)).splitlines()
        )
