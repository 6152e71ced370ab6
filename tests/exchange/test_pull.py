"""From an administrator's store to an owner's, by file: the same sight of what is theirs, and nothing else."""

import json
import zlib
from dataclasses import replace

import pytest

from console.services.catalog import Catalog
from console.services.exchange.envelope import Letter, seal
from console.services.exchange.keys import signer_of
from console.services.exchange.snapshot import packed
from console.services.findings.judge import judge
from console.settings import Settings
from store.database import Store
from store.extract import extract
from store.history import History
from store.merge import merge
from store.records import Gap, Kind, Scope, Slice
from store.syncs import Syncs
from store.verdicts import Verdict, Verdicts
from tests.estates import DAY, NOW, OTHER, REGION, TENANT, example, policy
from tests.exchange.letters import A, B
from tests.exchange.sights import crossed, findings, rows, sheets, taken
from tests.verdicts import keep, verdict_on


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


def test_policies_are_not_published(two):
    """Nobody but the administrators sees a key policy, the support desk included."""
    assert policy() in {found.policy for found in example().cmks}
    for tenant in (A, ""):
        assert b"Statement" not in packed(extract(two.store, tenant, NOW))
        assert all(
            json.loads(line)[1].get("policy") is None for line in packed(extract(two.store, tenant, NOW)).splitlines()
        )
