"""What a scan of an account tells of its buckets."""

from dataclasses import replace

import pytest

from console.aws.refusals import AwsRefusal
from console.datakeys import KINDS
from console.datakeys.s3 import KIND
from store.harvest import Placement
from store.records import Granularity, Status


@pytest.fixture
def scene(cloud, here, tmp_path):
    return Scene(cloud, here, tmp_path)


class Scene:
    """A tenant's account in one Region, and a CMK of ours that it may use."""

    def __init__(self, cloud, region, folder):
        self.cloud, self.region = cloud, region
        self.tenant = cloud.tenant("A")
        self.account = self.tenant.accounts[0]
        self.s3 = cloud.client("s3", region, self.account)
        self.aws = cloud.aws(cloud.settings(folder, region, tenants=[self.tenant]))

    def key(self):
        made = self.cloud.cmk(self.region, "A", "X", "Productie")
        self.cloud.share(self.region, made["KeyId"], self.account)
        return made["Arn"]

    def bucket(self, word, algorithm="", key="", bucket_key=False, tags=(), region=""):
        region = region or self.region
        client = self.cloud.client("s3", region, self.account)
        name = f"{word}-{self.account}-{region}"
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
        if algorithm:
            default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
            rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
            client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        if tags:
            listed = [{"Key": tag, "Value": value} for tag, value in dict(tags).items()]
            client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed})
        return name

    def scan(self):
        (account,) = self.aws.accounts()
        told = list(KIND.discover(account, self.region, lambda tags: Placement("A", tags.get("toepassing", ""))))
        refusals = [part for part in told if isinstance(part, AwsRefusal)]
        return {fact.resource_id: fact for fact in told if fact not in refusals}, refusals


def test_a_bucket_is_a_group_of_data_keys_under_its_default_cmk(scene):
    """One bucket is never one data key; its default encryption names the CMK, and a Bucket Key shows."""
    key = scene.key()
    bucket = scene.bucket("data", "aws:kms", key, bucket_key=True, tags={"toepassing": "X"})
    told = scene.scan()[0][bucket]
    assert (told.kind, told.granularity, told.status) == ("s3", Granularity.BUCKET, Status.ENCRYPTED)
    assert (told.key_ref, told.data_key_id, told.arn) == (key, "", f"arn:aws:s3:::{bucket}")
    assert dict(told.detail) == {"encryption": "aws:kms", "bucket_key": "true"}
    assert told.placement.application == "X"


def test_a_bucket_key_that_is_off_shows(scene):
    """Without it each object asks KMS for a data key of its own."""
    bucket = scene.bucket("data", "aws:kms", scene.key())
    assert dict(scene.scan()[0][bucket].detail)["bucket_key"] == "false"


@pytest.mark.parametrize("algorithm", ["", "AES256", "aws:kms"])
def test_a_bucket_without_a_cmk_of_its_own_is_under_aws_keys(scene, algorithm):
    """No rule, SSE-S3, or SSE-KMS without a key: AWS's keys, not none."""
    bucket = scene.bucket("plain", algorithm)
    told = scene.scan()[0][bucket]
    assert (told.status, told.key_ref) == (Status.AWS_MANAGED, "")
    assert dict(told.detail)["encryption"] == (algorithm or "AES256")


def test_a_bare_key_id_is_the_account_s_own(scene):
    """S3 looks up what is no ARN in the bucket owner's account, so that is where it points."""
    own = scene.cloud.client("kms", scene.region, scene.account).create_key()["KeyMetadata"]
    bucket = scene.bucket("data", "aws:kms", own["KeyId"])
    told = scene.scan()[0][bucket]
    assert (told.status, told.key_ref) == (Status.FOREIGN, own["Arn"])


def test_an_alias_is_followed_to_its_key(scene):
    """A bucket may name its key by an alias of its own account."""
    kms = scene.cloud.client("kms", scene.region, scene.account)
    own = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/eigen", TargetKeyId=own["KeyId"])
    bucket = scene.bucket("data", "aws:kms", f"arn:aws:kms:{scene.region}:{scene.account}:alias/eigen")
    assert scene.scan()[0][bucket].key_ref == own["Arn"]


def test_buckets_of_another_region_are_another_slice(scene):
    """S3 lists all buckets of an account; a scan tells those of its Region."""
    here = scene.bucket("here")
    scene.bucket("there", region=scene.cloud.region())
    assert set(scene.scan()[0]) == {here}


def test_one_bucket_that_refuses_does_not_hide_the_others(scene):
    """Its refusal names it; the rest is told."""
    good, bad = scene.bucket("good"), scene.bucket("bad")
    scene.cloud.fault("GetBucketEncryption", scene.region, "AccessDenied", status=403, match=bad)
    facts, (refusal,) = scene.scan()
    assert set(facts) == {good}
    assert (refusal.code, refusal.message.partition(":")[0]) == ("AccessDenied", bad)


def test_tags_are_read_bucket_by_bucket_when_bulk_is_refused(scene):
    """tag:GetResources is a saving, not a condition."""
    bucket = scene.bucket("data", tags={"toepassing": "X"})
    bare = scene.bucket("bare")
    scene.cloud.fault("GetResources", scene.region)
    facts, refusals = scene.scan()
    assert refusals == []
    assert (facts[bucket].placement.application, facts[bare].placement.application) == ("X", "")


def test_an_account_without_buckets_is_empty(scene):
    """Nothing is something too: the slice is complete."""
    assert scene.scan() == ({}, [])


def test_every_file_with_a_kind_is_a_kind():
    """A new kind is one file; its names and probes are there for sync and doctor."""
    assert {"ebs", "s3", "secret"} <= {kind.name for kind in KINDS}
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(len(kind.labels) == 2 for kind in KINDS)
    assert [kind.name for kind in KINDS if not kind.probes] == ["file"]  # which asks nothing of AWS to be found


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_kind_has_its_words(lang):
    """What could not be seen, and each way of a rotation with its reasons, is never told by its key."""
    from console.datakeys.routes import Subject
    from console.text import Text

    text = Text(lang)
    for kind in KINDS:
        assert text.has(f"slice.{kind.name}")
        here, away = Subject(kind.name, kind.granularity.value, "r", "1", "r", cmk="a", intended="a"), {"intended": "b"}
        for subject in (here, replace(here, **away), replace(here, intended="")):
            for route in kind.rotation.routes(subject) if kind.rotation else ():
                parts = ("", ".why", *(() if route.refused else (".downtime", ".duration", ".cost")))
                assert [part for part in parts if not text.has(f"{route.key}{part}")] == [], route.key
                assert not route.refused or text.has(route.refused)
