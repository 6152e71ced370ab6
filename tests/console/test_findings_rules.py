"""The rules one by one: each fault found once, what only looks like one left alone, and what changed judged anew."""

import json
import random
from dataclasses import replace

import pytest

from console.reports.findings import sentence
from console.services.findings.policies import read_policy
from console.terms import AgePolicy, Terms
from console.text import Text
from console.workflows.house import House
from store.findings import Findings, Wanted
from store.harvest import Alias, Placement
from store.records import Gap, Granularity, Kind, NodeRef, Slice, Source, Status
from store.tree import Tree
from tests.estates import CENTRAL, DAY, NOW, OTHER, REGION, TENANT, bucket, cmk, policy, volume
from tests.judging import CMKS, SUPPLIER, A, B, Room, healthy
from tests.verdicts import keep, verdict_on


@pytest.fixture
def room(tmp_path):
    made = Room(tmp_path / "estate.db")
    yield made
    made.store.close()


def named(key, *paths):
    """The same key with these aliases."""
    arn = f"arn:aws:kms:{REGION}:{CENTRAL}:"
    return replace(key, aliases=tuple(Alias(f"alias/{p}", f"{arn}alias/{p}", NOW, NOW) for p in paths))


def test_an_estate_without_faults_is_silent(room):
    """Two tenants as they should be: no finding at all."""
    room.merge(*healthy())
    assert room.found() == []


# ---- keys


ROTATING = {
    "disabled pauses": {"state": "Disabled", "rotation_enabled": True, "rotation_next": NOW - 90 * DAY},
    "pending deletion has none": {"state": "PendingDeletion", "rotation_enabled": False, "rotation_next": None},
    "imported material": {"origin": "EXTERNAL", "rotation_enabled": False, "rotation_next": None},
    "custom key store": {"origin": "AWS_CLOUDHSM", "rotation_enabled": False, "rotation_next": None},
    "asymmetric": {"key_spec": "RSA_2048", "rotation_enabled": False, "rotation_next": None},
    "HMAC": {"key_spec": "HMAC_256", "rotation_enabled": False, "rotation_next": None},
    "replica follows its primary": {"multi_region": "REPLICA", "rotation_enabled": False, "rotation_next": None},
    "of AWS": {"manager": "AWS", "rotation_enabled": False, "rotation_next": None},
    "could not be read": {"rotation_enabled": None, "rotation_next": None},
    "within the grace": {"rotation_next": NOW - DAY},
    "not looked at since": {"rotation_next": NOW - 90 * DAY, "rotation_at": NOW - 91 * DAY},
    "under way": {"rotation_next": NOW - 90 * DAY, "rotation_started": NOW - DAY},
}


@pytest.mark.parametrize("case", ROTATING)
def test_no_false_alarm_about_rotation(room, case):
    """A key that has no automatic rotation, or none now, is not reported as late or as switched off."""
    room.merge([cmk(1, A, "X", "Productie", **ROTATING[case])])
    assert room.rules() == []


def test_a_rotation_that_did_not_happen_is_overdue_since_its_date(room):
    """AWS rotates on the date; days later, and looked at since, it did not. No sandbox can be made to do that."""
    room.merge([cmk(1, A, "X", "Productie", rotation_next=NOW - 30 * DAY)])
    (found,) = room.found()
    assert (found.rule, found.since, dict(found.values)["days"]) == ("rotation_overdue", NOW - 30 * DAY, 30)


def test_rotation_switched_off_is_a_finding(room):
    """Of a key that could rotate and is enabled."""
    room.merge([cmk(1, A, "X", "Productie", rotation_enabled=False, rotation_next=None)])
    assert room.rules() == ["rotation_off"]


STATES = {
    "Disabled": "cmk_disabled",
    "PendingDeletion": "cmk_pending_deletion",
    "PendingReplicaDeletion": "cmk_pending_deletion",
    "PendingImport": "cmk_unavailable",
    "Unavailable": "cmk_unavailable",
}


@pytest.mark.parametrize("state", STATES)
def test_a_key_that_cannot_be_used_is_a_finding_only_with_data_under_it(room, state):
    """Imported material that expired, or a key store out of reach, cannot be had in the sandbox."""
    key = cmk(1, A, "X", "Productie", state=state, deletion_at=NOW + 9 * DAY)
    room.merge([key])
    assert room.rules() == []
    room.merge([key], [volume(1, key, A, "X", "Productie")])
    assert room.rules() == [STATES[state]]


def test_tags_that_could_not_be_read_are_no_missing_tags(room):
    """That is a gap of ours, not a fault of theirs."""
    room.merge([cmk(1, placement=Placement(reason="place.tags_unreadable"), tags=(), aliases=())])
    assert room.rules() == []


# ---- policies


def statement(principal, action="kms:Decrypt", effect="Allow", condition=None):
    told = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return told | ({"Condition": condition} if condition else {})


ROOT_OF_OURS = statement({"AWS": f"arn:aws:iam::{CENTRAL}:root"}, "kms:*")
EVERYONE = {"AWS": "*"}
POLICIES = {
    "as it should be": ([statement({"AWS": f"arn:aws:iam::{TENANT}:role/app"})], []),
    "an account that is not the tenant's": ([statement({"AWS": SUPPLIER})], ["policy_foreign_account"]),
    "the same, twice": ([statement({"AWS": SUPPLIER}), statement({"AWS": SUPPLIER})], ["policy_foreign_account"]),
    "everyone": ([statement(EVERYONE)], ["policy_anyone"]),
    "everyone of one account": (
        [statement(EVERYONE, condition={"StringEquals": {"kms:CallerAccount": TENANT}})], [],
    ),
    "everyone of a list with a stranger": (
        [statement(EVERYONE, condition={"StringEquals": {"aws:PrincipalAccount": [TENANT, SUPPLIER]}})],
        ["policy_foreign_account"],
    ),
    "a named stranger, narrowed to the tenant": (
        [statement({"AWS": SUPPLIER}, condition={"StringEquals": {"kms:CallerAccount": TENANT}})], [],
    ),
    "everyone by service alone": (
        [statement(EVERYONE, condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}})],
        ["policy_anyone"],
    ),
    "everyone of our organization": (
        [statement(EVERYONE, condition={"StringEquals": {"aws:PrincipalOrgID": "o-abc"}})], [],
    ),
    "everyone but somebody": (
        [{"Effect": "Allow", "NotPrincipal": {"AWS": SUPPLIER}, "Action": "kms:Decrypt", "Resource": "*"}],
        ["policy_anyone"],
    ),
    "a service": ([statement({"Service": "cloudtrail.amazonaws.com"})], []),
    "a stranger who is denied": ([statement({"AWS": SUPPLIER}, effect="Deny")], []),
    "nobody may change it": (
        [statement(EVERYONE, "kms:Put*", effect="Deny")], ["policy_no_administrator"],
    ),
    "no change but by a break-glass role": (
        [statement(EVERYONE, "kms:Put*", "Deny", {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"}})], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", POLICIES)
def test_who_a_policy_lets_in(room, case):
    """Each kind of statement beside the central account's own, and what is found of it."""
    statements, rules = POLICIES[case]
    text = json.dumps({"Version": "2012-10-17", "Statement": [ROOT_OF_OURS, *statements]})
    room.merge([cmk(1, A, "X", "Productie", policy=text)])
    assert room.rules() == rules


def test_a_policy_of_a_deleted_role_names_it(room):
    """IAM shows its id; the account itself may only look."""
    dead = "AROAEXAMPLE2DELETED7X"
    text = json.dumps({"Statement": [statement({"AWS": dead}, "kms:*"), statement({"AWS": CENTRAL}, "kms:Get*")]})
    room.merge([cmk(1, A, "X", "Productie", policy=text)])
    (found,) = room.found()
    assert (found.rule, dict(found.values)["dead"]) == ("policy_no_administrator", dead)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"Statement": 3}', '{"Statement": [null, 7, {"Effect": []}]}'])
def test_a_policy_that_makes_no_sense_breaks_nothing(text):
    """Whatever stands there, it is read without a crash."""
    assert read_policy(text).accounts == frozenset()


def test_an_account_with_data_under_the_key_is_told_once(room):
    """Another tenant's volume under the key is the finding; that the policy lets that account in belongs to it."""
    cmks, keys = healthy()
    guests = json.dumps({"Statement": [ROOT_OF_OURS, statement({"AWS": [TENANT, OTHER]})]})
    cmks[0] = replace(cmks[0], policy=guests)
    room.merge(cmks, [*keys, volume(9, cmks[0], B, "Loket", "Productie", account=OTHER)])
    assert room.rules() == ["dk_other_tenant"]


# ---- aliases


def test_an_alias_of_its_own_or_of_no_place_is_fine(room):
    """Short forms of the environment's name, and aliases that name nothing we know."""
    ti = named(cmk(2, A, "X", "T&I"), "agentschap-a/x/ti", "agentschap-a/x/t-i", "vrije-naam", "a/b/c/d")
    room.merge([cmk(1, A, "X", "Productie"), ti])
    assert room.rules() == []


def test_an_alias_of_another_environment_led_astray(room):
    """Production has a key, and its alias leads to another one."""
    ti = named(cmk(2, A, "X", "T&I"), "agentschap-a/x/ti", "agentschap-a/x/prod")
    room.merge([cmk(1, A, "X", "Productie"), ti])
    (found,) = room.found()
    assert (found.rule, found.expected, found.found) == ("alias_astray", f"{A} / X / T&I", f"{A} / X / Productie")


def test_a_key_placed_by_its_alias_is_not_judged_by_it(room):
    """There is nothing that the alias could contradict; that it has no tags is the finding."""
    by_alias = Placement(A, "X", "Productie", Source.INFERRED)
    room.merge([named(cmk(1, placement=by_alias, tags=()), "agentschap-a/x/dev")])
    assert room.rules() == ["cmk_untagged"]


# ---- data keys


def test_a_volume_that_is_only_tagged_less_is_not_elsewhere(room):
    """Tags without an environment place it at the application; its environment's CMK is no other place."""
    cmks, keys = healthy()
    room.merge(cmks, [*keys, volume(9, cmks[0], A, "X"), volume(10, cmks[0], A)])
    assert room.rules() == []


def test_snapshots_of_one_volume_share_its_key_as_they_should(room):
    """One volume with its weekly copies is one lineage, and no finding below the limit."""
    cmks, keys = healthy()
    line = [volume(9, cmks[0], A, "X", "Productie", data_key_id="dek-1")]
    line += [
        replace(line[0], granularity=Granularity.SNAPSHOT, resource_id=f"snap-{n:017x}", name="") for n in range(20)
    ]
    room.merge(cmks, [*keys, *line])
    assert room.rules() == []


def test_one_stray_with_its_snapshots_is_one_finding(room):
    """Holders of one data key are told together, by the volume."""
    cmks, keys = healthy()
    stray = volume(9, cmks[0], A, "X", "T&I", data_key_id="dek-1")
    copies = [replace(stray, granularity=Granularity.SNAPSHOT, resource_id=f"snap-{n:017x}") for n in range(3)]
    room.merge(cmks, [*keys, stray, *copies])
    (found,) = room.found()
    assert (found.rule, found.label) == ("dk_other_environment", stray.resource_id)
    assert dict(found.values)["number"] == 4


def test_a_key_of_an_account_that_was_not_read_is_not_gone(room):
    """Only where all keys of the account were read can one be missing; what was known gone stays so, unjudged anew."""
    cmks, keys = healthy()
    ghost = cmk(77, A, "X", "Productie")
    unread = [Gap(CMKS, "", "Throttling", "", NOW)]
    lost = [volume(9, ghost, A, "X", "Productie"), bucket("x-oud", ghost, A, "X", "Productie")]
    room.merge(cmks, [*keys, *lost], unread)
    assert room.rules() == ["sync_gap"]
    room.merge(cmks, [*keys, *lost])
    assert room.rules() == ["dk_cmk_gone", "dk_cmk_gone"]
    (of_volume,) = (each.id for each in room.found() if each.label.startswith("vol-"))
    room.merge(cmks, [*keys, *lost], unread)
    assert [(each.rule, each.id) for each in room.found()][:1] == [("dk_cmk_gone", of_volume)]
    assert room.rules() == ["dk_cmk_gone", "sync_gap"]  # the bucket may have another default key by now


def test_age_counts_by_environment_and_begins_without_a_sync(tmp_path):
    """The limit of the environment; what will be too old in a month is there in a month, unasked."""
    room = Room(tmp_path / "estate.db", terms=Terms(age=AgePolicy(environments=(("productie", 430),))))
    cmks, keys = healthy()
    room.merge(cmks, keys)
    assert room.rules() == []
    room.judge(NOW + 3600)
    later = Findings(room.store, None, lambda: NOW + 31 * DAY)
    assert {each.rule for each in later.window(Wanted())} == {"dk_too_old"}
    room.store.close()


OF_AGE = Terms(age=AgePolicy(environments=(("productie", 390),)))


@pytest.fixture
def aged(tmp_path):
    """Two volumes in production that are ten days older than they may be."""
    made = Room(tmp_path / "aged.db", terms=OF_AGE)
    cmks, keys = healthy()
    made.merge(cmks[:2], keys[:3])
    assert made.rules() == ["dk_too_old"]
    yield made
    made.store.close()


def test_only_a_proven_rotation_answers_for_the_age_of_a_data_key(aged):
    """One proven: the other is still too old. Both: none, until the proofs themselves are too old."""
    first, second = healthy()[1][:2]
    assert dict(aged.found()[0].values)["number"] == 2
    keep(aged.store, verdict_on(first, at=NOW))
    aged.judge()
    assert dict(aged.found()[0].values)["number"] == 1
    keep(aged.store, verdict_on(second, at=NOW + DAY))
    aged.judge()
    assert aged.rules() == []
    aged.judge(NOW + 310 * DAY)
    later = Findings(aged.store, None, lambda: NOW + 391 * DAY)
    assert [each.rule for each in later.window(Wanted())] == ["dk_too_old"]


@pytest.mark.parametrize("verdict", ["rewrapped", "unchanged", "unknown"])
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_what_is_no_new_data_key_answers_for_nothing_and_the_finding_says_so(aged, verdict, lang):
    """The finding stays, with when it was tried and that this is no new data key."""
    (before,) = aged.found()
    keep(aged.store, verdict_on(healthy()[1][0], verdict, NOW))
    aged.judge()
    (found,) = aged.found()
    assert (found.id, dict(found.values)["number"]) == (before.id, 2)
    text = Text(lang)
    assert sentence(found, text) == " ".join(
        (sentence(before, text), text.t(f"finding.dk_too_old.{verdict}", tried_at="2026-11-18"))
    )


def test_a_proven_rotation_is_judged_without_a_sync(aged):
    """What a run just proved is answered at once; where a snapshot brought the findings they stay the publisher's."""
    house = House(aged.store, aged.settings, "jan", lambda: None, lambda: None)
    keep(aged.store, *(verdict_on(key, at=NOW, run_id=f"run-{nr}") for nr, key in enumerate(healthy()[1][:2])))
    with aged.store.atomic() as connection:
        connection.execute("INSERT INTO taken VALUES ('', 1, 1, 1, '', '')")
    house.judge(NOW)
    assert aged.rules() == ["dk_too_old"]
    with aged.store.atomic() as connection:
        connection.execute("DELETE FROM taken")
    house.judge(NOW)
    assert aged.rules() == []


def test_unencrypted_data_in_an_environment_without_key_is_told_beside_it(room):
    """Two faults: no key was ever made, and this disk would not even have used one."""
    cmks, keys = healthy()
    bare = [
        volume(9, cmks[0], A, "X", "Dev", key_ref="arn:aws:kms:eu-west-1:111122223333:key/aws",
               status=Status.AWS_MANAGED),
        volume(10, cmks[0], A, "X", "Dev", key_ref="", status=Status.UNENCRYPTED),
    ]  # fmt: skip
    room.merge(cmks, [*keys, *bare])
    assert sorted(room.rules()) == ["dk_unencrypted", "environment_without_cmk"]


def test_a_gap_is_one_finding_per_account_and_goes_with_it(room):
    """However many parts could not be seen."""
    cmks, keys = healthy()
    gaps = [Gap(Slice(OTHER, REGION, kind), B, "AccessDenied", "no", NOW) for kind in ("ebs", "s3")]
    room.merge(cmks, keys, gaps)
    (found,) = room.found()
    assert (found.rule, found.path, dict(found.values)["number"]) == ("sync_gap", (B,), 2)
    room.merge(cmks, keys)
    assert room.found() == []


# ---- what changed


def changed(chance, cmks, keys):
    """One change of the kind that life brings: a state, tags, a policy, an alias, a disk that came, moved or went."""
    cmks, keys = list(cmks), list(keys)
    at = chance.randrange(len(cmks))
    kind = chance.randrange(9)
    place = chance.choice(
        [(A, "X", "Productie"), (A, "X", "T&I"), (A, "X", "Dev"), (A, "Y", "Dev"), (B, "Loket", "Productie")]
    )
    account = OTHER if place[0] == B else TENANT
    if kind == 0:
        cmks[at] = replace(cmks[at], state=chance.choice(["Enabled", "Disabled"]))
    elif kind == 1:
        cmks[at] = replace(cmks[at], placement=Placement(*place, source=Source.KMS))
    elif kind == 2:
        cmks[at] = replace(cmks[at], policy=policy(chance.choice([TENANT, OTHER, SUPPLIER])))
    elif kind == 3:
        cmks[at] = named(
            cmks[at], chance.choice(["agentschap-a/x/prod", "agentschap-a/x/dev", "bureau-b/loket/prod", "x"])
        )
    elif kind == 4:
        cmks[at] = replace(cmks[at], rotation_enabled=not cmks[at].rotation_enabled)
    elif kind == 5 and len(cmks) > 2:
        del cmks[at]
    elif kind == 6 and keys:
        del keys[chance.randrange(len(keys))]
    elif kind == 7:
        cmks.append(cmk(100 + chance.randrange(10**6), *place))
    else:
        line = chance.choice(["", "dek-1", "dek-2"])
        keys.append(volume(1000 + chance.randrange(10**6), cmks[at], *place, account=account, data_key_id=line))
    return cmks, keys


@pytest.mark.parametrize("seed", range(6))
def test_judging_what_changed_says_the_same_as_judging_everything(tmp_path, seed):
    """Forty random changes, a sync after each: the findings are those of a fresh store that holds the same."""
    chance = random.Random(seed)
    cmks, keys = healthy()
    cmks += [cmk(200 + n, "Dienst C", "Archief", f"Omgeving {n}") for n in range(150)]  # a change is a small part
    room = Room(tmp_path / "estate.db")
    room.merge(cmks, keys)
    for _ in range(40):
        for _ in range(chance.randrange(1, 4)):
            cmks, keys = changed(chance, cmks, keys)
        room.merge(cmks, keys)
        before = room.rows()
        with room.store.atomic() as connection:
            connection.execute("UPDATE judged SET terms = ''")  # everything is due
        assert room.judge() == 0, "a full round changed what the rounds over changes had found"
        assert room.rows() == before
    room.store.close()


def test_an_id_stays_as_long_as_its_fault(room):
    """The same fault keeps its number through syncs; one that went and comes again is a new one."""
    key = cmk(1, A, "X", "Productie", rotation_enabled=False)
    room.merge([key])
    (first,) = room.found()
    room.merge([replace(key, description="anders")])
    assert [each.id for each in room.found()] == [first.id]
    room.merge([replace(key, rotation_enabled=True)])
    room.merge([key])
    assert [each.id for each in room.found()] != [first.id]


def test_a_branch_holds_its_own(room):
    """Within a tenant, an application, an environment, a CMK and a data key."""
    cmks, keys = healthy()
    stray = volume(9, cmks[0], A, "X", "T&I")
    room.merge([*cmks, cmk(4, B, "Loket", "Dev", rotation_enabled=False, policy=policy(OTHER))], [*keys, stray])
    tree = Tree(room.store)
    assert [f.rule for f in room.found(within=tree.resolve([A]))] == ["dk_other_environment"]
    assert [f.rule for f in room.found(within=tree.resolve([A, "X", "T&I"]))] == ["dk_other_environment"]
    assert [f.rule for f in room.found(within=tree.resolve([B, "Loket", "Dev"]))] == ["rotation_off"]
    (found,) = room.found(within=tree.resolve([A]))
    assert [f.id for f in room.found(within=found.ref)] == [found.id]
    (cmk_id,) = room.store.reader().execute("SELECT cmk_id FROM data_key WHERE id = ?", (found.ref.id,)).fetchone()
    assert [f.id for f in room.found(within=NodeRef(Kind.CMK, cmk_id))] == [found.id]
