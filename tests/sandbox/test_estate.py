"""The estate: the service document's example node for node, real life beside it, and nothing AWS could not hold."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from console.sandbox import process
from tests.sandbox.conftest import Aws

WRITTEN = "T+I"
"""T&I as a tag can hold it: AWS allows letters, numbers, spaces and _.:/=+-@."""
READER = "KmsConsoleRead"


@pytest.fixture(scope="session")
def keys(estate):
    """{alias without prefix: DescribeKey's facts and tags} of every CMK, unnamed ones by key id."""
    kms = estate.client("kms")
    arns = [one["KeyArn"] for page in kms.get_paginator("list_keys").paginate() for one in page["Keys"]]
    names = {}
    for page in kms.get_paginator("list_aliases").paginate():
        for one in page["Aliases"]:
            names.setdefault(one["TargetKeyId"], []).append(one["AliasName"].removeprefix("alias/"))
    found = {}
    for arn in arns:
        facts = kms.describe_key(KeyId=arn)["KeyMetadata"]
        facts["Tags"] = {t["TagKey"]: t["TagValue"] for t in kms.list_resource_tags(KeyId=arn)["Tags"]}
        facts["Aliases"] = names.get(facts["KeyId"], [])
        found[facts["Description"]] = facts
    return found


@pytest.fixture(scope="session")
def holders(estate):
    """Every tenant volume, snapshot and bucket, read through the role, by (tenant, application, environment)."""
    import tomllib

    found = {}
    tenants = tomllib.loads((estate.running.folder / "config.toml").read_text())["tenants"]
    for account in (one["accounts"][0] for one in tenants if one["name"] != "Fonds Havenbeheer"):
        estate.assume(f"read-{account}", f"arn:aws:iam::{account}:role/{READER}")
        ec2, s3 = (estate.client(service, f"read-{account}") for service in ("ec2", "s3"))
        for kind, listed in (
            ("volume", ec2.describe_volumes()["Volumes"]),
            ("snapshot", ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]),
        ):
            for one in listed:
                found.setdefault(_place(one.get("Tags", [])), []).append({"kind": kind, **one})
        for one in s3.list_buckets()["Buckets"]:
            tags = s3.get_bucket_tagging(Bucket=one["Name"])["TagSet"]
            rule = s3.get_bucket_encryption(Bucket=one["Name"])["ServerSideEncryptionConfiguration"]["Rules"][0]
            default = rule["ApplyServerSideEncryptionByDefault"]
            facts = {"kind": "bucket", "KmsKeyId": default.get("KMSMasterKeyID"), **one, **rule}
            found.setdefault(_place(tags), []).append(facts)
    return found


def _place(tags):
    held = {one["Key"]: one["Value"] for one in tags}
    return tuple(held.get(name) for name in ("afnemer", "toepassing", "omgeving"))


def name_of(one):
    return next((t["Value"] for t in one.get("Tags", []) if t["Key"] == "Name"), "")


def test_the_example_has_its_four_cmks_and_no_others(keys):
    """X with three environments, Y with one, each under a CMK and alias of its own; Z has none."""
    mine = [key for key in keys.values() if key["Tags"].get("afnemer") == "Agentschap A"]
    assert {(key["Tags"]["toepassing"], key["Tags"]["omgeving"]): key["Aliases"] for key in mine} == {
        ("X", "Productie"): ["agentschap-a/x/prod"],
        ("X", WRITTEN): ["agentschap-a/x/ti"],
        ("X", "Dev"): ["agentschap-a/x/dev"],
        ("Y", "Productie"): ["agentschap-a/y/prod"],
    }


@pytest.mark.parametrize("environment", ["Productie", WRITTEN])
def test_the_examples_environment_holds_two_machines_and_four_buckets(keys, holders, environment):
    """Two instances with two volumes each and four buckets, all under the environment's one CMK."""
    held = holders["Agentschap A", "X", environment]
    cmk = keys[f"Agentschap A / X / {environment.replace('+', '&')}"]["Arn"]
    volumes = [one for one in held if one["kind"] == "volume"]
    attached = Counter(one["Attachments"][0]["InstanceId"] for one in volumes)
    assert sorted(attached.values()) == [2, 2]
    assert sorted(map(name_of, volumes)) == ["web-1-data", "web-1-root", "web-2-data", "web-2-root"]
    assert Counter(one["kind"] for one in held) == {"volume": 4, "bucket": 4}
    assert {one["KmsKeyId"] for one in held} == {cmk}


def test_the_example_holds_nothing_else(holders):
    """Dev and Y have a CMK and no resources; nothing of A is misplaced."""
    assert [place[1:] for place in holders if place[0] == "Agentschap A"] == [("X", "Productie"), ("X", WRITTEN)]


def test_the_settings_declare_the_example_with_z(estate):
    """config.toml names tenants, accounts, roles and what is declared, Z without environments."""
    import tomllib

    config = tomllib.loads((estate.running.folder / "config.toml").read_text())
    assert config["aws"]["endpoint_url"] == estate.url
    example = config["tenants"][0]
    assert example["name"] == "Agentschap A"
    assert example["applications"] == {"X": ["Productie", "T&I", "Dev"], "Y": ["Productie"], "Z": []}


def test_it_is_as_large_as_promised(keys, holders):
    """About forty to sixty CMKs and a few hundred holders of data keys."""
    assert 40 <= len(keys) <= 60
    assert 200 <= sum(map(len, holders.values())) <= 500


def test_keys_are_up_to_nine_years_old_with_a_rotation_for_every_year(estate, keys):
    """A key that was never touched has one automatic rotation per year of age, each on its birthday."""
    kms = estate.client("kms")
    key = keys["Agentschap Wegen en Water / Sluisbeheer / Productie"]
    dates = sorted(one["RotationDate"] for one in kms.list_key_rotations(KeyId=key["Arn"])["Rotations"])
    age = (datetime.now(UTC) - key["CreationDate"]).days
    assert age > 8 * 365
    assert len(dates) == age // 365
    assert {round((after - before) / timedelta(days=365), 3) for before, after in pairwise(dates)} == {1.0}
    status = kms.get_key_rotation_status(KeyId=key["Arn"])
    assert 0 < (status["NextRotationDate"] - datetime.now(UTC)).days < 365


def test_a_disabled_key_is_past_its_rotation_date(estate, keys):
    """It rotates at once when somebody enables it."""
    kms, key = estate.client("kms"), keys["Kennisbank Noord / Catalogus / T&I"]
    assert key["KeyState"] == "Disabled"
    last = max(one["RotationDate"] for one in kms.list_key_rotations(KeyId=key["Arn"])["Rotations"])
    assert (datetime.now(UTC) - last).days > 365


def test_a_key_is_pending_deletion(keys):
    """With its date ahead."""
    key = keys["Agentschap Zorgpunt / Premies / Dev"]
    assert key["KeyState"] == "PendingDeletion"
    assert 0 < (key["DeletionDate"] - datetime.now(UTC)).days < 30


def test_a_key_was_rotated_on_demand_without_moving_its_schedule(estate, keys):
    """The on-demand rotation stands among the yearly ones."""
    kms, key = estate.client("kms"), keys["Agentschap Leerwegen / Attesten / Productie"]
    types = Counter(one["RotationType"] for one in kms.list_key_rotations(KeyId=key["Arn"])["Rotations"])
    assert types == {"AUTOMATIC": 3, "ON_DEMAND": 1}


def test_a_keys_rotation_is_switched_off(estate, keys):
    """It keeps the materials of the years before."""
    kms, key = estate.client("kms"), keys["Dienst Archief en Erfgoed / Leeszaal / T&I"]
    assert not kms.get_key_rotation_status(KeyId=key["Arn"])["KeyRotationEnabled"]
    assert kms.list_key_rotations(KeyId=key["Arn"])["Rotations"]


def test_an_environment_has_resources_but_no_cmk(keys, holders):
    """Its volume is under aws/ebs, its bucket under S3's own key."""
    held = holders["Agentschap Zorgpunt", "Zorgkaart", "Opleiding"]
    assert "Agentschap Zorgpunt / Zorgkaart / Opleiding" not in keys
    arns = {key["Arn"] for key in keys.values()}
    assert held
    assert not {one["KmsKeyId"] for one in held} & arns


def test_one_cmk_serves_two_environments(keys, holders):
    """Acceptance lives under the test key, and its alias leads there."""
    cmk = keys["Agentschap Platteland / Subsidie / Test"]
    for environment in ("Test", "Acceptatie"):
        held = holders["Agentschap Platteland", "Subsidie", environment]
        assert {one["KmsKeyId"] for one in held} == {cmk["Arn"]}
    assert sorted(cmk["Aliases"]) == [
        "agentschap-platteland/subsidie/acceptatie",
        "agentschap-platteland/subsidie/test",
    ]


def test_a_test_volume_is_under_productions_cmk(keys, holders):
    """The stray copy of the catalogue."""
    stray = [one for one in holders["Kennisbank Noord", "Catalogus", WRITTEN] if name_of(one) == "catalogus-ti-kopie"]
    assert stray[0]["KmsKeyId"] == keys["Kennisbank Noord / Catalogus / Productie"]["Arn"]


def test_an_alias_points_elsewhere(keys):
    """Production's alias leads to the test key."""
    assert keys["Dienst Archief en Erfgoed / Leeszaal / Productie"]["Aliases"] == []
    assert "dienst-archief-en-erfgoed/leeszaal/prod" in keys["Dienst Archief en Erfgoed / Leeszaal / T&I"]["Aliases"]


def test_a_key_has_neither_tags_nor_alias(keys):
    """Somebody made it by hand."""
    assert [k["Description"] for k in keys.values() if not (k["Tags"] or k["Aliases"])] == [
        "tijdelijk, nog te bekijken"
    ]


def test_a_tenant_refuses_to_be_read(estate, refused):
    """Its role trusts its own account only."""
    arn = f"arn:aws:iam::777788889999:role/{READER}"
    assert refused(estate.client("sts").assume_role, RoleArn=arn, RoleSessionName="lezen") == "AccessDenied"


def test_a_lineage_shares_its_data_key(keys, holders):
    """Snapshot, restore and its snapshot share one; the copy under another CMK has its own."""
    held = [
        one for one in holders["Agentschap Wegen en Water", "Sluisbeheer", "Productie"] if one["kind"] == "snapshot"
    ]
    before, after = (
        next(one["DataEncryptionKeyId"] for one in held if one["Description"] == text)
        for text in ("voor de migratie", "na de migratie")
    )
    assert before == after
    copies = [one for place, all_ in holders.items() for one in all_ if one.get("VolumeId") == "vol-ffffffff"]
    assert copies[0]["DataEncryptionKeyId"] != before
    assert copies[0]["KmsKeyId"] == keys["Agentschap Wegen en Water / Sluisbeheer / T&I"]["Arn"]


def test_buckets_come_with_and_without_bucket_key(holders):
    """Both kinds of wrapping are there, and S3's own encryption."""
    buckets = [one for held in holders.values() for one in held if one["kind"] == "bucket"]
    kinds = {(one["KmsKeyId"] is not None, one["BucketKeyEnabled"]) for one in buckets}
    assert kinds == {(True, True), (True, False), (False, False)}


def test_hostile_names_stand_as_they_were_given(holders):
    """EC2 keeps markup, control characters and wide text in its Name tags."""
    names = {name_of(one) for one in holders["Proeftuin", "Proef", "Dev"]}
    assert {"[red]Kaas[/]", "[@click=app.quit]stop[/]"} <= names


def test_no_state_is_there_that_aws_could_not_have(estate, keys, holders):
    """Every alias has its key, every date its order, every snapshot is done, every policy is JSON."""
    kms = estate.client("kms")
    now = datetime.now(UTC)
    ids = {key["KeyId"] for key in keys.values()}
    for page in kms.get_paginator("list_aliases").paginate():
        assert {one["TargetKeyId"] for one in page["Aliases"] if "TargetKeyId" in one} <= ids
    for key in keys.values():
        assert key["CreationDate"] < now
        assert json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"])["Statement"]
    for held in holders.values():
        for one in held:
            assert one.get("CreateTime", one.get("StartTime", one.get("CreationDate"))) < now
            assert one.get("State", "completed") in {"completed", "in-use", "available"}


def test_ids_are_the_same_on_every_start(estate, keys, tmp_path):
    """Another sandbox has the same keys, volumes and access keys."""
    folder = tmp_path / "again"
    again = Aws(process.start(folder, private=True))
    try:
        assert again.keys == {name: estate.keys[name] for name in again.keys}
        listed = again.client("kms").list_keys(Limit=1000)["Keys"]
        assert {one["KeyId"] for one in listed} == {key["KeyId"] for key in keys.values()}
        for profile in ("agentschap-a", "proeftuin"):
            mine, theirs = (
                [one["VolumeId"] for one in aws.client("ec2", profile).describe_volumes()["Volumes"]]
                for aws in (estate, again)
            )
            assert mine == theirs
    finally:
        process.stop(folder)
