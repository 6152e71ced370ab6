"""Grants and the central account's own trail show what a tenant who refuses us keeps under our CMKs."""

import gzip
import json
from dataclasses import replace

import pytest

from console.aws import session
from console.datakeys import KINDS
from console.services.doctor import Doctor
from console.services.grants import sightings
from console.services.sync import Sync
from console.services.trail_import import TrailImport
from store.cmks import Cmks
from store.lookup import Lookup
from store.records import Kind, Source
from store.sightings import Sightings
from tests.clouds import CENTRAL

VOLUME = "vol-0894a1b2c3d4e5f60"
TENANT = "111122223333"
HOST = f"arn:aws:sts::{TENANT}:assumed-role/aws:ec2-infrastructure/i-0a1b"


def grant(**changes):
    return {
        "KeyId": "arn:k",
        "GrantId": "g",
        "GranteePrincipal": HOST,
        "IssuingAccount": f"arn:aws:iam::{CENTRAL}:root",
        "Operations": ["Decrypt"],
        "Constraints": {"EncryptionContextSubset": {"aws:ebs:id": VOLUME}},
        **changes,
    }


def test_a_grant_names_its_resource_and_who_holds_it():
    """The grantee's account, not that of who issued it."""
    (told,) = sightings("arn:k", "eu-west-1", [grant()], 7)
    assert (told.resource.resource_id, told.account_id, told.at, told.source) == (VOLUME, TENANT, 7, Source.GRANT)


@pytest.mark.parametrize(
    ("changes", "account"),
    [
        ({"GranteePrincipal": "rds.amazonaws.com", "IssuingAccount": TENANT}, TENANT),
        ({"GranteePrincipal": None, "IssuingAccount": f"arn:aws:iam::{TENANT}:root"}, TENANT),
        ({"GranteePrincipal": None, "IssuingAccount": None}, ""),
        ({"Constraints": {"EncryptionContextEquals": {"aws:ebs:id": VOLUME}}}, TENANT),
    ],
)
def test_every_shape_of_a_grant_is_read(changes, account):
    """A service as grantee, an issuer as id or as root, a context that must be equal."""
    (told,) = sightings("arn:k", "eu-west-1", [grant(**changes)], 7)
    assert told.account_id == account


@pytest.mark.parametrize("constraints", [None, {}, {"SourceArn": "arn:x"}, {"EncryptionContextSubset": {"mine": "x"}}])
def test_a_grant_that_names_no_resource_tells_of_no_data_key(constraints):
    """A person's, or an application's own."""
    assert sightings("arn:k", "eu-west-1", [grant(Constraints=constraints)], 7) == ()


@pytest.mark.parametrize(
    ("service", "constraints", "kind", "resource"),
    [
        ("ebs", {"EncryptionContextSubset": {"aws:ebs:id": VOLUME}}, "ebs", VOLUME),
        ("rds", {"EncryptionContextSubset": {"aws:rds:db-id": "db-EXAMPLE5Q"}}, "rds", "db-EXAMPLE5Q"),
        ("aurora", {"EncryptionContextSubset": {"aws:rds:dbc-id": "cluster-X"}}, "aurora", "cluster-X"),
        (
            "dynamodb",
            {"EncryptionContextSubset": {"aws:dynamodb:tableName": "dossiers", "aws:dynamodb:subscriberId": TENANT}},
            "dynamodb",
            f"arn:aws:dynamodb:eu-west-1:{TENANT}:table/dossiers",
        ),
        ("efs", {"EncryptionContextEquals": {"aws:elasticfilesystem:filesystem:id": "fs-0a1b"}}, "efs", "fs-0a1b"),
        (
            "redshift",
            {"EncryptionContextSubset": {"aws:redshift:arn": f"arn:aws:redshift:eu-west-1:{TENANT}:cluster:magazijn"}},
            "redshift",
            f"arn:aws:redshift:eu-west-1:{TENANT}:cluster:magazijn",
        ),
        (
            "opensearch",
            {"EncryptionContextSubset": {"aws:es:whatever": f"arn:aws:es:eu-west-1:{TENANT}:domain/zoek"}},
            "opensearch",
            f"arn:aws:es:eu-west-1:{TENANT}:domain/zoek",
        ),
        (
            "opensearch",
            {"SourceArn": f"arn:aws:es:eu-west-1:{TENANT}:domain/zoek"},
            "opensearch",
            f"arn:aws:es:eu-west-1:{TENANT}:domain/zoek",
        ),
        ("efs", {"SourceArn": f"arn:aws:elasticfilesystem:eu-west-1:{TENANT}:file-system/fs-0a1b"}, "efs", "fs-0a1b"),
        ("ebs", {"SourceArn": f"arn:aws:ec2:eu-west-1:{TENANT}:volume/{VOLUME}"}, "ebs", VOLUME),
    ],
)
def test_every_service_that_works_with_grants_is_recognised(service, constraints, kind, resource):
    """EBS, RDS and Aurora, DynamoDB, EFS, Redshift and OpenSearch: by the context or by the ARN in the constraint."""
    (told,) = sightings("arn:k", "eu-west-1", [grant(Constraints=constraints)], 7)
    assert (told.resource.kind, told.resource.resource_id, told.account_id) == (kind, resource, TENANT), service


@pytest.mark.parametrize(
    "arn",
    ["", "arn:x", "arn:aws:es:eu-west-1:1:domain/a", f"arn:aws:es:eu-west-1:{TENANT}:domain/*", "arn:aws:iam::aws:role/x",
     f"arn:aws:rds:eu-west-1:{TENANT}:db:x", f"arn:aws:es:eu-west-1:{TENANT}:domain/" + "x" * 3000],
)  # fmt: skip
def test_an_arn_that_names_no_one_resource_is_left(arn):
    """A pattern, a role, a database by its name: nothing that a scan would call so."""
    assert sightings("arn:k", "eu-west-1", [grant(Constraints={"SourceArn": arn})], 7) == ()


# -- in the cloud


@pytest.fixture
def here(cloud):
    return cloud.real_region()


@pytest.fixture
def held(cloud, here):
    """Tenant A without a role for us, and its attached volume under our CMK: (tenant, account, CMK, volume)."""
    tenant = cloud.tenant("A", role=False)
    account = tenant.accounts[0]
    key = cloud.cmk(here, "A", "X", "Productie", alias="a")
    cloud.share(here, key["KeyId"], account)
    ec2 = cloud.client("ec2", here, account)
    (instance,) = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"]
    made = ec2.create_volume(Size=1, Encrypted=True, KmsKeyId=key["Arn"], AvailabilityZone=f"{here}a")["VolumeId"]
    ec2.attach_volume(VolumeId=made, InstanceId=instance["InstanceId"], Device="/dev/sdf")
    return tenant, account, key, made


def sync(cloud, store, settings, **changes):
    clock = changes.pop("clock", None)
    more = (clock,) if clock else ()
    return Sync(settings, store, cloud.aws(settings), KINDS, *more).run(**changes)


def found(store, resource):
    hits = [hit for hit in Lookup(store).resolve(resource) if hit.ref.kind is Kind.DATA_KEY]
    return [Cmks(store).data_key(hit.ref.id) for hit in hits]


def trail_of(cloud, here, folder):
    """The central account's events of this Region, as CloudTrail would deliver them."""
    pages = cloud.client("cloudtrail", here).get_paginator("lookup_events").paginate()
    events = [json.loads(entry["CloudTrailEvent"]) for page in pages for entry in page["Events"]]
    folder.mkdir(exist_ok=True)
    (folder / "log.json.gz").write_bytes(gzip.compress(json.dumps({"Records": events}).encode()))
    return folder


def test_a_tenant_who_refuses_us_is_seen_by_its_grants(cloud, here, store, tmp_path, held):
    """The volume stands under its CMK, where the CMK belongs; the refusal stays a gap and makes nothing stale."""
    tenant, account, key, volume = held
    told = sync(cloud, store, cloud.settings(tmp_path, here, tenants=[tenant]))
    assert any(gap.tenant == "A" for gap in told.gaps)
    (row,) = found(store, volume)
    assert (row.facts.source, row.facts.account_id, row.facts.key_ref) == (Source.GRANT, account, key["Arn"])
    assert (row.path, row.stale) == (("A", "X", "Productie"), False)
    sync(cloud, store, cloud.settings(tmp_path, here, tenants=[tenant]))
    assert [one.stale for one in found(store, volume)] == [False]


def test_its_trail_tells_the_hbk(cloud, here, store, tmp_path, held):
    """Scan, grant and CloudTrail are one data key; the best source is named, all of them are kept."""
    tenant, account, key, volume = held
    settings = cloud.settings(tmp_path, here, tenants=[tenant])
    sync(cloud, store, settings)
    (before,) = found(store, volume)
    cloud.client("kms", here).rotate_key_on_demand(KeyId=key["KeyId"])
    sync(cloud, store, settings)
    told = TrailImport(settings, store, lambda: None).run(str(trail_of(cloud, here, tmp_path / "trail")))
    assert told.useful >= 2
    (row,) = found(store, volume)
    assert (row.id, row.facts.source) == (before.id, Source.GRANT)
    assert (row.generation.first, row.generation.exact) == (1, True)
    assert {seen.source for seen in Sightings(store).of(row.id)} == {Source.GRANT, Source.CLOUDTRAIL}
    cloud._role(account)
    sync(cloud, store, settings)
    (after,) = found(store, volume)
    assert (after.id, after.facts.source, after.generation.first) == (before.id, Source.SCAN, 1)
    assert {seen.source for seen in Sightings(store).of(after.id)} == {Source.GRANT, Source.CLOUDTRAIL}


def test_grants_are_read_once_a_day(cloud, here, store, tmp_path, held):
    """One call a CMK is much for a large estate; a full sync asks anyway, and settings may say never."""
    settings = cloud.settings(tmp_path, here, tenants=[held[0]])

    def asked(**changes):
        cloud.forget()
        own = replace(settings, **changes.pop("settings", {}))
        sync(cloud, store, own, **changes)
        return cloud.asked(here).get("ListGrants", 0)

    import time

    later = time.time() + 90_000
    assert asked(settings={"grants": False}) == 0
    assert found(store, held[3]) == []
    assert asked() == 1
    assert asked() == 0
    assert asked(full=True) == 1
    assert asked(clock=lambda: later) == 1


def test_refused_grants_are_a_gap_and_cost_nothing_else(cloud, here, store, tmp_path, held, monkeypatch):
    """What was known stays, and the doctor says that a sync does without."""
    monkeypatch.setattr(session, "ATTEMPTS", 1)
    settings = cloud.settings(tmp_path, here, tenants=[held[0]])
    sync(cloud, store, settings)
    cloud.fault("ListGrants", here)
    told = sync(cloud, store, settings, full=True)
    assert "cmk.grants" in {gap.part.what for gap in told.gaps}
    assert len(found(store, held[3])) == 1
    checks = {check.target.split(" ")[0]: check.outcome for check in Doctor(settings, cloud.aws(settings), KINDS).run()}
    assert checks["kms:ListGrants"] == "warn"


def test_a_log_in_a_bucket_is_read_with_the_central_credentials(cloud, here, store, tmp_path, held):
    """`s3://bucket/prefix`, once: an object of which nothing changed is not fetched again."""
    tenant, _, _, volume = held
    settings = cloud.settings(tmp_path, here, tenants=[tenant], grants=False)
    sync(cloud, store, settings)
    s3 = cloud.client("s3", here)
    name = f"logs-{here}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": here})
    content = (trail_of(cloud, here, tmp_path / "trail") / "log.json.gz").read_bytes()
    s3.put_object(Bucket=name, Key="AWSLogs/a/log.json.gz", Body=content)
    s3.put_object(Bucket=name, Key="other/log.json.gz", Body=b"nothing")

    def bring():
        return TrailImport(settings, store, lambda: cloud.aws(settings)).run(f"s3://{name}/AWSLogs/")

    first = bring()
    assert (first.files, first.failed) == (1, 0)
    (row,) = found(store, volume)
    assert (row.facts.source, row.generation.exact) == (Source.CLOUDTRAIL, True)
    again = bring()
    assert (again.files, again.known, again.changed) == (0, 1, 0)
