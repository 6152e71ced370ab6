"""Objects as S3 keeps them: what a copy in place changes, versions and locks, archives, customers' keys, large copies."""

from zlib import crc32

import pytest

from console.sandbox import process

SECRET = b"k" * 32
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": SECRET}
FROM_CUSTOMER = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": SECRET}


@pytest.fixture(scope="module")
def s3(aws, huurder):
    return aws.client("s3", "huurder")


@pytest.fixture
def make(s3, request):
    """A bucket of the test's own; `versioned`, `locked`, or plain."""

    def make(*, versioned=False, locked=False):
        name = f"o-{crc32(request.node.name.encode())}"
        where = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=locked)
        if versioned:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    return make


def under(key, **params):
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, **params}


def facts(aws, bucket, name="a"):
    """What the sandbox knows of every version of an object, oldest first."""
    return [one for one in process.lineage(aws.running.folder)["objects"] if one["id"] == f"{bucket}/{name}"]


def copied(s3, bucket, **params):
    return s3.copy_object(Bucket=bucket, Key="a", CopySource={"Bucket": bucket, "Key": "a"}, **params)


@pytest.mark.parametrize("bucket_key", [False, True])
def test_a_copy_in_place_draws_a_data_key_and_a_re_wrap_does_not(aws, s3, make, key, other, bucket_key):
    """With Bucket Keys too every object has a data key of its own; only a rewrite replaces it."""
    bucket = make()
    s3.put_object(Bucket=bucket, Key="a", Body=b"inhoud", **under(key, BucketKeyEnabled=bucket_key))
    s3.put_object(Bucket=bucket, Key="b", Body=b"inhoud", **under(key, BucketKeyEnabled=bucket_key))
    [first] = facts(aws, bucket)
    wish = {"SSEKMS": {"KMSKeyArn": other, "BucketKeyEnabled": bucket_key}}
    s3.update_object_encryption(Bucket=bucket, Key="a", ObjectEncryption=wish)
    [wrapped] = facts(aws, bucket)
    copied(s3, bucket, **under(key, BucketKeyEnabled=bucket_key))
    [rotated] = facts(aws, bucket)
    [neighbour] = facts(aws, bucket, "b")
    assert (wrapped["data_key"], wrapped["cmk"]) == (first["data_key"], other)
    assert len({first["data_key"], rotated["data_key"], neighbour["data_key"]}) == 3
    assert (rotated["cmk"], rotated["digest"]) == (key, first["digest"])


def test_a_copy_in_place_forgets_class_acl_and_redirect_and_keeps_the_rest(s3, make, key):
    """Storage class falls to STANDARD and the ACL to private unless given again; metadata, tags, checksum stay."""
    bucket = make()
    owner = s3.get_bucket_acl(Bucket=bucket)["Owner"]
    told = {"ContentType": "text/plain", "CacheControl": "no-store", "Metadata": {"x": "y"}, "Tagging": "t=1"}
    lost = {"StorageClass": "STANDARD_IA", "ACL": "public-read", "WebsiteRedirectLocation": "/elders"}
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ChecksumAlgorithm="SHA256", **told, **lost)
    before = s3.head_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED")
    copied(s3, bucket, **under(key))
    after = s3.head_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED")
    for kept in ("ContentType", "CacheControl", "Metadata", "ChecksumSHA256", "ETag"):
        assert after[kept] == before[kept]
    assert s3.get_object_tagging(Bucket=bucket, Key="a")["TagSet"] == [{"Key": "t", "Value": "1"}]
    assert {"StorageClass", "WebsiteRedirectLocation"} & after.keys() == set()
    grants = s3.get_object_acl(Bucket=bucket, Key="a")["Grants"]
    assert [(one["Permission"], one["Grantee"].get("ID")) for one in grants] == [("FULL_CONTROL", owner["ID"])]


def test_a_copy_in_place_keeps_what_is_given_again(s3, make, key):
    """Class and ACL said in the copy are the copy's."""
    bucket = make()
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", StorageClass="STANDARD_IA", ACL="public-read")
    copied(s3, bucket, StorageClass="STANDARD_IA", ACL="public-read", **under(key))
    assert s3.head_object(Bucket=bucket, Key="a")["StorageClass"] == "STANDARD_IA"
    assert len(s3.get_object_acl(Bucket=bucket, Key="a")["Grants"]) == 2


def test_a_copy_of_an_object_of_parts_is_one_part(s3, make, key):
    """The ETag is the content's own afterwards."""
    bucket = make()
    whole = large(s3, bucket, b"x" * 100, key)
    assert whole.endswith('-1"')
    copied(s3, bucket, **under(key))
    assert "-" not in s3.head_object(Bucket=bucket, Key="a")["ETag"]


def large(s3, bucket, body, key, **params):
    """An object made of one part; its ETag."""
    upload = s3.create_multipart_upload(Bucket=bucket, Key="a", **under(key))["UploadId"]
    where = {"Bucket": bucket, "Key": "a", "UploadId": upload}
    part = s3.upload_part(PartNumber=1, Body=body, **where)
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    return s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where, **params)["ETag"]


@pytest.fixture
def small(aws):
    """S3's limits, a few bytes long: a copy of at most 10, parts of at least 4."""
    aws.desk("POST", "sizes", {"copy": 10, "part": 4})
    yield
    aws.desk("POST", "faults/off")


def test_what_is_too_large_for_one_copy_is_copied_in_parts(aws, s3, make, key, small, refused):
    """CopyObject refuses; UploadPartCopy takes it range by range, and the whole has one new data key."""
    bucket = make()
    s3.put_object(Bucket=bucket, Key="a", Body=b"0123456789abcdef", **under(key))
    [before] = facts(aws, bucket)
    assert refused(copied, s3=s3, bucket=bucket, **under(key)) == "InvalidRequest"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="a", **under(key))["UploadId"]
    where = {"Bucket": bucket, "Key": "a", "UploadId": upload}
    source = {"CopySource": {"Bucket": bucket, "Key": "a"}, "CopySourceIfMatch": before["etag"]}
    copy = s3.upload_part_copy
    assert refused(copy, PartNumber=1, CopySourceRange="bytes=0-15", **where, **source) == "InvalidRequest"
    assert refused(copy, PartNumber=1, CopySourceRange="bytes=9-16", **where, **source) == "InvalidRange"
    parts = [
        {
            "PartNumber": number,
            "ETag": copy(PartNumber=number, CopySourceRange=span, **where, **source)["CopyPartResult"]["ETag"],
        }
        for number, span in ((1, "bytes=0-7"), (2, "bytes=8-15"))
    ]
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, IfMatch=before["etag"], **where)
    [after] = facts(aws, bucket)
    assert (after["digest"], after["cmk"]) == (before["digest"], key)
    assert after["data_key"] != before["data_key"]


def test_a_source_that_changed_stops_the_copy_in_parts(s3, make, key, refused):
    """At the part, and at the end when only the destination changed."""
    bucket = make()
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"1", **under(key))["ETag"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="a", **under(key))["UploadId"]
    where = {"Bucket": bucket, "Key": "a", "UploadId": upload}
    source = {"CopySource": {"Bucket": bucket, "Key": "a"}, "CopySourceIfMatch": first}
    part = s3.upload_part_copy(PartNumber=1, **where, **source)["CopyPartResult"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"2", **under(key))
    assert refused(s3.upload_part_copy, PartNumber=2, **where, **source) == "PreconditionFailed"
    done = {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, "IfMatch": first}
    assert refused(s3.complete_multipart_upload, **where, **done) == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"2"


def test_a_key_disabled_in_the_middle_of_an_upload_is_felt(s3, kms, make, refused):
    """Parts and completion open the upload's data key."""
    mine, bucket = kms.create_key()["KeyMetadata"]["Arn"], make()
    upload = s3.create_multipart_upload(Bucket=bucket, Key="a", **under(mine))["UploadId"]
    kms.disable_key(KeyId=mine)
    where = {"Bucket": bucket, "Key": "a", "UploadId": upload}
    assert refused(s3.upload_part, PartNumber=1, Body=b"1", **where) == "KMS.DisabledException"


def test_every_version_has_its_own_data_key(aws, s3, make, key):
    """A copy in place makes a version beside the old one, which keeps what it had."""
    bucket = make(versioned=True)
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"1", **under(key))["VersionId"]
    copied(s3, bucket, **under(key))
    old, new = facts(aws, bucket)
    assert (old["version"], old["current"], new["current"]) == (first, False, True)
    assert old["data_key"] != new["data_key"]
    s3.delete_object(Bucket=bucket, Key="a", VersionId=first)
    assert [one["version"] for one in facts(aws, bucket)] == [new["version"]]


def test_versions_come_newest_first_page_by_page(s3, make):
    """Also when what a page ended on is deleted before the next is asked for."""
    bucket, seen, start = make(versioned=True), [], {}
    for name in ("a", "a", "a", "b", "b"):
        s3.put_object(Bucket=bucket, Key=name, Body=b"1")
    s3.delete_object(Bucket=bucket, Key="b")
    whole = s3.list_object_versions(Bucket=bucket)
    assert [one["IsLatest"] for one in whole["Versions"]] == [True, False, False, False, False]
    assert [(one["Key"], one["IsLatest"]) for one in whole["DeleteMarkers"]] == [("b", True)]
    while True:
        page = s3.list_object_versions(Bucket=bucket, MaxKeys=2, **start)
        listed = page.get("Versions", []) + page.get("DeleteMarkers", [])
        seen += [one["VersionId"] for one in listed]
        for one in listed:
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
        if not page["IsTruncated"]:
            break
        start = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    assert sorted(seen) == sorted(one["VersionId"] for one in whole["Versions"] + whole["DeleteMarkers"])
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)


def test_suspended_versioning_loses_no_version(s3, make):
    """A write replaces the null version, a delete marks it; what was versioned stays."""
    bucket = make(versioned=True)
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    for body in (b"2", b"3"):
        s3.put_object(Bucket=bucket, Key="a", Body=body)
    assert [one["VersionId"] for one in s3.list_object_versions(Bucket=bucket)["Versions"]] == ["null", first]
    s3.delete_object(Bucket=bucket, Key="a")
    listed = s3.list_object_versions(Bucket=bucket)
    assert [one["VersionId"] for one in listed["Versions"]] == [first]
    assert [one["VersionId"] for one in listed["DeleteMarkers"]] == ["null"]
    assert s3.get_object(Bucket=bucket, Key="a", VersionId=first)["Body"].read() == b"1"


def test_a_locked_version_stays_and_its_lock_only_grows(aws, s3, make, key, refused):
    """Compliance cannot be shortened or deleted through; governance can, with its bypass; a hold stops both."""
    bucket, now = make(locked=True), process.moment(aws.running.folder)
    until = now.replace(microsecond=0, year=now.year + 1)
    put = s3.put_object(Bucket=bucket, Key="a", Body=b"1", **under(key))["VersionId"]
    where = {"Bucket": bucket, "Key": "a", "VersionId": put}

    def keep(mode, moment, **params):
        s3.put_object_retention(Retention={"Mode": mode, "RetainUntilDate": moment}, **where, **params)

    keep("GOVERNANCE", until)
    assert refused(s3.delete_object, **where) == "AccessDenied"
    assert refused(keep, mode="GOVERNANCE", moment=until.replace(day=1, month=1)) == "AccessDenied"
    keep("COMPLIANCE", until, BypassGovernanceRetention=True)
    earlier = {"mode": "COMPLIANCE", "moment": until.replace(day=1, month=1), "BypassGovernanceRetention": True}
    assert refused(keep, **earlier) == "AccessDenied"
    assert refused(s3.delete_object, BypassGovernanceRetention=True, **where) == "AccessDenied"
    wish = {"SSEKMS": {"KMSKeyArn": key, "BucketKeyEnabled": False}}
    assert refused(s3.update_object_encryption, ObjectEncryption=wish, **where) == "AccessDenied"
    copied(s3, bucket, **under(key))
    assert len(facts(aws, bucket)) == 2
    s3.put_object_legal_hold(Bucket=bucket, Key="a", LegalHold={"Status": "ON"})
    newest = facts(aws, bucket)[-1]["version"]
    assert refused(s3.delete_object, Bucket=bucket, Key="a", VersionId=newest) == "AccessDenied"


def test_an_archived_version_is_restored_for_some_days(aws, s3, make, key, refused):
    """Neither read nor copied until then; the version that is named is the one restored; afterwards closed again."""
    bucket = make(versioned=True)
    old = s3.put_object(Bucket=bucket, Key="a", Body=b"oud", StorageClass="GLACIER", **under(key))["VersionId"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"nieuw", StorageClass="DEEP_ARCHIVE", **under(key))
    source = {"CopySource": {"Bucket": bucket, "Key": "a", "VersionId": old}}
    copy = {"Bucket": bucket, "Key": "b", "StorageClass": "GLACIER", **source, **under(key)}
    assert refused(s3.get_object, Bucket=bucket, Key="a", VersionId=old) == "InvalidObjectState"
    assert refused(s3.copy_object, **copy) == "ObjectNotInActiveTierError"
    s3.restore_object(Bucket=bucket, Key="a", VersionId=old, RestoreRequest={"Days": 3})
    s3.copy_object(**copy)
    assert s3.get_object(Bucket=bucket, Key="a", VersionId=old)["Body"].read() == b"oud"
    assert refused(s3.get_object, Bucket=bucket, Key="a") == "InvalidObjectState"
    assert s3.head_object(Bucket=bucket, Key="b")["StorageClass"] == "GLACIER"


def test_only_what_is_archived_can_be_restored(s3, make, refused):
    """S3 says so."""
    bucket = make()
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert refused(s3.restore_object, Bucket=bucket, Key="a", RestoreRequest={"Days": 3}) == "InvalidObjectState"


def test_a_customers_key_opens_only_what_it_closed(aws, s3, make, key, refused):
    """SSE-C: no key, no object; the wrong one is denied; a copy with it takes the object under the CMK."""
    bucket = make()
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", **CUSTOMER)
    assert facts(aws, bucket)[0]["encryption"] is None
    assert refused(s3.get_object, Bucket=bucket, Key="a") == "InvalidRequest"
    assert refused(s3.head_object, Bucket=bucket, Key="a") == "400"
    wrong = {**CUSTOMER, "SSECustomerKey": b"x" * 32}
    assert refused(s3.get_object, Bucket=bucket, Key="a", **wrong) == "AccessDenied"
    assert s3.get_object(Bucket=bucket, Key="a", **CUSTOMER)["SSECustomerAlgorithm"] == "AES256"
    assert refused(copied, s3=s3, bucket=bucket, **under(key)) == "InvalidRequest"
    wish = {"SSEKMS": {"KMSKeyArn": key, "BucketKeyEnabled": False}}
    assert refused(s3.update_object_encryption, Bucket=bucket, Key="a", ObjectEncryption=wish) == "InvalidRequest"
    copied(s3, bucket, **under(key), **FROM_CUSTOMER)
    assert s3.get_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == key


def test_a_read_asks_the_key_and_a_look_does_not(s3, kms, make, refused):
    """HEAD passes while the CMK is disabled, GET and copies do not."""
    mine, bucket = kms.create_key()["KeyMetadata"]["Arn"], make()
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", **under(mine))
    kms.disable_key(KeyId=mine)
    assert s3.head_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == mine
    assert refused(s3.get_object, Bucket=bucket, Key="a") == "KMS.DisabledException"
    assert refused(copied, s3=s3, bucket=bucket, ServerSideEncryption="AES256") == "KMS.DisabledException"


def test_objects_outlive_a_restart(tmp_path):
    """Down and up again: bytes, versions and data keys are what they were."""
    from tests.sandbox.conftest import Aws

    home = tmp_path / "sandbox"
    s3 = Aws(process.start(home, empty=True)).client("s3")
    try:
        s3.create_bucket(Bucket="blijft", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_versioning(Bucket="blijft", VersioningConfiguration={"Status": "Enabled"})
        for body in (b"1", b"2"):
            s3.put_object(Bucket="blijft", Key="a", Body=body, ServerSideEncryption="aws:kms")
        before = process.lineage(home)["objects"]
        process.stop(home)
        process.start(home)
        assert process.lineage(home)["objects"] == before
        assert len({one["data_key"] for one in before}) == 2
    finally:
        process.stop(home)
