"""S3 under KMS: which key, which context, who is refused, and what a copy or a re-wrap changes."""

import json
from zlib import crc32

import pytest

UNKNOWN = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def s3(aws, huurder):
    return aws.client("s3", "huurder")


@pytest.fixture
def bucket(s3, request):
    name = f"b-{crc32(request.node.name.encode())}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return name


def under(s3, bucket, key, *, bucket_key):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def contexts(aws, bucket):
    """(event name, aws:s3:arn) of every KMS call for the bucket, oldest first."""
    events = aws.client("cloudtrail", "huurder").lookup_events(MaxResults=50)["Events"]
    found = [json.loads(one["CloudTrailEvent"]) for one in reversed(events) if bucket in one["CloudTrailEvent"]]
    return [(one["eventName"], one["requestParameters"]["encryptionContext"]["aws:s3:arn"]) for one in found]


def test_every_bucket_encrypts_by_itself(s3, bucket):
    """Without a word SSE-S3 is on, as S3 has it today."""
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.put_object(Bucket=bucket, Key="a", Body=b"1")["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize("name", ["id", "alias", "arn"])
def test_the_key_is_answered_as_full_arn(s3, kms, bucket, key, name):
    """However the caller names the key, SSEKMSKeyId is its ARN, on write and on read."""
    if name == "alias":
        kms.create_alias(AliasName="alias/emmers", TargetKeyId=key)
    named = {"id": key.rpartition("/")[2], "alias": "alias/emmers", "arn": key}[name]
    put = s3.put_object(Bucket=bucket, Key="a", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=named)
    assert put["SSEKMSKeyId"] == s3.head_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == key


def test_a_buckets_default_key_is_used_for_its_objects(s3, bucket, key):
    """What was not said at the object is taken from the bucket, Bucket Key included."""
    under(s3, bucket, key, bucket_key=True)
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    head = s3.head_object(Bucket=bucket, Key="a")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"], head["BucketKeyEnabled"]) == ("aws:kms", key, True)


def test_aws_kms_without_a_key_means_the_managed_key(s3, kms, bucket):
    """S3 then uses the account's aws/s3."""
    put = s3.put_object(Bucket=bucket, Key="a", Body=b"1", ServerSideEncryption="aws:kms")
    assert put["SSEKMSKeyId"] == kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]


def test_without_a_bucket_key_every_object_has_its_own_data_key(aws, s3, bucket, key):
    """One GenerateDataKey per write and one Decrypt per read, each under the object's ARN."""
    under(s3, bucket, key, bucket_key=False)
    for name in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=name, Body=b"1")
    s3.get_object(Bucket=bucket, Key="a")
    arn = f"arn:aws:s3:::{bucket}/"
    expected = [("GenerateDataKey", f"{arn}a"), ("GenerateDataKey", f"{arn}b"), ("Decrypt", f"{arn}a")]
    assert contexts(aws, bucket) == expected


def test_a_bucket_key_is_drawn_once_for_many_objects(aws, s3, bucket, key):
    """KMS sees the bucket's ARN, once; reads by the same requester do not come back to it."""
    under(s3, bucket, key, bucket_key=True)
    for name in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=name, Body=b"1")
    s3.get_object(Bucket=bucket, Key="a")
    assert contexts(aws, bucket) == [("GenerateDataKey", f"arn:aws:s3:::{bucket}")]


def test_a_wrong_key_is_accepted_by_the_bucket_and_refused_at_the_write(s3, bucket, refused):
    """S3 does not validate the key of PutBucketEncryption."""
    under(s3, bucket, UNKNOWN, bucket_key=False)
    assert refused(s3.put_object, Bucket=bucket, Key="a", Body=b"1") == "KMS.NotFoundException"


def test_a_disabled_key_closes_its_objects(s3, kms, bucket, refused):
    """Neither writes nor reads pass while the CMK is disabled; all is well when it is enabled again."""
    mine = kms.create_key()["KeyMetadata"]["Arn"]
    under(s3, bucket, mine, bucket_key=False)
    s3.put_object(Bucket=bucket, Key="a", Body=b"inhoud")
    kms.disable_key(KeyId=mine)
    assert refused(s3.put_object, Bucket=bucket, Key="b", Body=b"1") == "KMS.DisabledException"
    assert refused(s3.get_object, Bucket=bucket, Key="a") == "KMS.DisabledException"
    kms.enable_key(KeyId=mine)
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"inhoud"


def test_a_key_of_another_account_needs_that_accounts_leave(aws, s3, bucket, refused):
    """Without a key-policy statement the central CMK is closed to the tenant."""
    foreign = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    wish = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": foreign}
    assert refused(s3.put_object, Bucket=bucket, Key="a", Body=b"1", **wish) == "AccessDenied"


def test_another_accounts_bucket_is_closed(aws, s3, bucket, refused):
    """Buckets belong to their account."""
    assert refused(aws.client("s3").list_objects_v2, Bucket=bucket) == "AccessDenied"


@pytest.fixture
def written(s3, bucket, key):
    """An object under the first key, and its ETag."""
    put = s3.put_object(
        Bucket=bucket, Key="a", Body=b"inhoud", ServerSideEncryption="aws:kms", SSEKMSKeyId=key, Metadata={"x": "y"}
    )
    return put["ETag"]


def copied(s3, bucket, key, **params):
    source = {"Bucket": bucket, "Key": "a"}
    wish = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, **params}
    return s3.copy_object(Bucket=bucket, Key="a", CopySource=source, **wish)


def test_a_copy_onto_itself_draws_a_new_data_key(aws, s3, bucket, written, key):
    """The rotation of S3: source opened, new data key drawn, content and metadata kept."""
    copied(s3, bucket, key, CopySourceIfMatch=written, IfMatch=written)
    found = s3.get_object(Bucket=bucket, Key="a")
    assert found["Body"].read() == b"inhoud"
    assert found["Metadata"] == {"x": "y"}
    names = [name for name, _ in contexts(aws, bucket)]
    assert names == ["GenerateDataKey", "Decrypt", "GenerateDataKey", "Decrypt"]


@pytest.mark.parametrize(
    "condition",
    [{"CopySourceIfMatch": '"0"'}, {"IfMatch": '"0"'}, {"IfNoneMatch": "*"}],
    ids=["source changed", "destination changed", "destination there"],
)
def test_a_copy_whose_condition_fails_changes_nothing(s3, bucket, written, other, key, refused, condition):
    """412, and the object stays under its first key."""
    assert refused(copied, s3=s3, bucket=bucket, key=other, **condition) == "PreconditionFailed"
    assert s3.head_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == key


def test_a_copy_onto_itself_that_changes_nothing_is_illegal(s3, bucket, refused):
    """S3 wants a reason to copy an object onto itself."""
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    source = {"Bucket": bucket, "Key": "a"}
    assert refused(s3.copy_object, Bucket=bucket, Key="a", CopySource=source) == "InvalidRequest"


def rewrap(s3, bucket, key, name="a"):
    wish = {"SSEKMS": {"KMSKeyArn": key, "BucketKeyEnabled": False}}
    return s3.update_object_encryption(Bucket=bucket, Key=name, ObjectEncryption=wish)


def test_update_object_encryption_re_wraps_and_leaves_the_object(aws, s3, bucket, written, other):
    """Other CMK, same bytes, same ETag and date; KMS sees a ReEncrypt and no new data key."""
    before = s3.head_object(Bucket=bucket, Key="a")
    rewrap(s3, bucket, other)
    after = s3.get_object(Bucket=bucket, Key="a")
    assert after["Body"].read() == b"inhoud"
    assert after["SSEKMSKeyId"] == other
    assert (after["ETag"], after["LastModified"]) == (before["ETag"], before["LastModified"])
    events = aws.client("cloudtrail", "huurder").lookup_events()["Events"]
    mine = [one["EventName"] for one in events if f"{bucket}/a" in one["CloudTrailEvent"]]
    assert mine == ["Decrypt", "ReEncrypt", "GenerateDataKey"]


def test_update_object_encryption_takes_sse_s3_to_kms(s3, bucket, other):
    """An object under S3's own key can be taken under a CMK without a copy."""
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    rewrap(s3, bucket, other)
    assert s3.get_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == other


def test_update_object_encryption_refuses_another_accounts_key(aws, s3, bucket, written, refused):
    """The central CMK cannot be the target from a tenant's bucket."""
    foreign = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    assert refused(rewrap, s3=s3, bucket=bucket, key=foreign) == "AccessDenied"


def test_update_object_encryption_wants_an_arn(s3, bucket, written, refused):
    """Neither id nor alias will do."""
    assert refused(rewrap, s3=s3, bucket=bucket, key="alias/emmers") == "InvalidRequest"


def test_update_object_encryption_of_nothing_is_not_found(s3, bucket, refused, other):
    """A key that is not there is said to be missing."""
    assert refused(rewrap, s3=s3, bucket=bucket, key=other, name="b") == "NoSuchKey"


def test_a_multipart_upload_is_under_its_key_from_the_start(aws, s3, bucket, key):
    """One data key at CreateMultipartUpload, opened for every part and at the end; the object names the CMK."""
    wish = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    upload = s3.create_multipart_upload(Bucket=bucket, Key="groot", **wish)["UploadId"]
    where = {"Bucket": bucket, "Key": "groot", "UploadId": upload}
    part = s3.upload_part(PartNumber=1, Body=b"deel", **where)
    s3.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, **where)
    found = s3.get_object(Bucket=bucket, Key="groot")
    assert (found["Body"].read(), found["SSEKMSKeyId"]) == (b"deel", key)
    assert [name for name, _ in contexts(aws, bucket)] == ["GenerateDataKey", "Decrypt", "Decrypt", "Decrypt"]
