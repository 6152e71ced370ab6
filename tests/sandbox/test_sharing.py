"""One bucket for several accounts: its policy decides who reads, writes and lists what, and writes have conditions."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from console.sandbox.agencies import CAST
from console.sandbox.seeding import EXCHANGE
from console.text.paths import tenant_folder

A, WATER = CAST[0], CAST[1]


@pytest.fixture(scope="module")
def parties(tmp_path_factory):
    """The grown estate, in a sandbox whose bucket these tests may fill: administrator, Agentschap A, its neighbour."""
    from console.sandbox import process
    from tests.sandbox.conftest import Aws

    folder = tmp_path_factory.mktemp("sharing") / "sandbox"
    aws = Aws(process.start(folder, private=True))
    yield [aws.client("s3", profile) for profile in ("central", A.slug, WATER.slug)]
    process.stop(folder)


def code(call, **params):
    with pytest.raises(ClientError) as caught:
        call(Bucket=EXCHANGE, **params)
    return caught.value.response["Error"]["Code"]


def key(kind, agency, name="x"):
    return f"{kind}/{tenant_folder(agency.name)}/{name}"


def test_a_tenant_reads_its_own_folder_and_no_other(parties):
    """The policy that ships, filled in for two tenants."""
    admin, mine, other = parties
    admin.put_object(Bucket=EXCHANGE, Key=key("snapshots", A), Body=b"1", IfNoneMatch="*")
    assert mine.get_object(Bucket=EXCHANGE, Key=key("snapshots", A))["Body"].read() == b"1"
    assert code(other.get_object, Key=key("snapshots", A)) == "AccessDenied"
    assert code(other.get_object, Key=key("snapshots", A, "not-there")) == "AccessDenied"


def test_a_tenant_writes_requests_and_nothing_else(parties):
    """Neither its own snapshot or judgement, nor another's request; and it deletes nothing."""
    _, mine, other = parties
    mine.put_object(Bucket=EXCHANGE, Key=key("requests", A), Body=b"1", IfNoneMatch="*")
    for wrong in (key("snapshots", A, "y"), key("judgements", A), key("requests", WATER), "elsewhere"):
        assert code(mine.put_object, Key=wrong, Body=b"2", IfNoneMatch="*") == "AccessDenied"
    assert code(mine.delete_object, Key=key("requests", A)) == "AccessDenied"
    assert code(other.put_object, Key=key("requests", A), Body=b"2", IfNoneMatch="*") == "AccessDenied"


def test_a_tenant_lists_its_own_prefix_alone(parties):
    """Not the bucket, not a neighbour, not half a prefix."""
    _, mine, _ = parties
    own = f"requests/{tenant_folder(A.name)}/"
    mine.put_object(Bucket=EXCHANGE, Key=f"{own}listed", Body=b"1", IfNoneMatch="*")
    found = mine.list_objects_v2(Bucket=EXCHANGE, Prefix=own)["Contents"]
    assert f"{own}listed" in [entry["Key"] for entry in found]
    for prefix in ("", "requests/", f"requests/{tenant_folder(WATER.name)}/"):
        assert code(mine.list_objects_v2, Prefix=prefix) == "AccessDenied"


def test_a_tenant_touches_no_setting_of_the_bucket(parties):
    """Policy, versioning, encryption and the bucket itself are the owner's."""
    _, mine, _ = parties
    assert code(mine.get_bucket_policy) == "AccessDenied"
    assert code(mine.put_bucket_policy, Policy="{}") == "AccessDenied"
    assert code(mine.get_bucket_versioning) == "AccessDenied"
    assert code(mine.delete_bucket) == "AccessDenied"


def test_nobody_writes_without_a_condition(parties):
    """Not even the administrator: a denial holds for everybody."""
    admin, mine, _ = parties
    assert code(admin.put_object, Key=key("snapshots", A, "z"), Body=b"1") == "AccessDenied"
    assert code(mine.put_object, Key=key("requests", A, "z"), Body=b"1") == "AccessDenied"


def test_of_many_who_write_what_is_not_there_one_wins(parties):
    """If-None-Match: the others are told, and the winner's bytes stay."""
    admin, _, _ = parties
    where = key("judgements", A, "race")

    def write(number):
        try:
            return admin.put_object(Bucket=EXCHANGE, Key=where, Body=b"%d" % number, IfNoneMatch="*") and number
        except ClientError as error:
            return None if error.response["Error"]["Code"] == "PreconditionFailed" else -1

    with ThreadPoolExecutor(8) as pool:
        won = [number for number in pool.map(write, range(1, 17)) if number is not None]
    assert [admin.get_object(Bucket=EXCHANGE, Key=where)["Body"].read()] == [b"%d" % number for number in won]


def test_of_many_who_replace_what_they_read_one_wins(parties):
    """If-Match: whoever read the former state comes too late."""
    admin, _, _ = parties
    where = key("judgements", A, "replace")
    etag = admin.put_object(Bucket=EXCHANGE, Key=where, Body=b"0", IfNoneMatch="*")["ETag"]
    newer = admin.put_object(Bucket=EXCHANGE, Key=where, Body=b"1", IfMatch=etag)["ETag"]
    assert code(admin.put_object, Key=where, Body=b"2", IfMatch=etag) == "PreconditionFailed"
    assert admin.put_object(Bucket=EXCHANGE, Key=where, Body=b"2", IfMatch=newer)
    assert code(admin.put_object, Key=key("judgements", A, "none"), Body=b"2", IfMatch=etag) == "NoSuchKey"


def test_a_policy_that_locks_its_owner_out_can_be_mended(parties, aws):
    """The owner may always put another policy, as with AWS's root."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="dicht", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::dicht/*"]}
    s3.put_bucket_policy(Bucket="dicht", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    with pytest.raises(ClientError):
        s3.put_object(Bucket="dicht", Key="a", Body=b"1")
    s3.delete_bucket_policy(Bucket="dicht")
    assert s3.put_object(Bucket="dicht", Key="a", Body=b"1")
