"""The proxy counts by botocore's names, and each fault reaches a client in its own protocol's shape."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tests.faults import faults
from tests.faults.proxy import each

ZONE = {"AvailabilityZone": "eu-west-1a"}


@pytest.fixture
def through(proxy):
    """boto3 clients that ask once and wait for half a second; `retries` more times where wanted."""

    def client(service, retries=0):
        settings = Config(read_timeout=0.5, retries={"total_max_attempts": 1 + retries, "mode": "standard"})
        return boto3.client(
            service,
            region_name="eu-west-1",
            endpoint_url=proxy.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=settings,
        )

    return client


def trouble(call, **params):
    """The error code of a call that is refused, or the name of what befell the connection."""
    with pytest.raises((ClientError, BotoCoreError, ResponseParserError)) as caught:
        call(**params)
    response = getattr(caught.value, "response", None)
    return response["Error"]["Code"] if response else type(caught.value).__name__


def test_calls_are_counted_by_their_names(proxy, through, tmp_path):
    """One name a call, in order, whatever the protocol: JSON, query, EC2, REST-XML with its queries and headers."""
    s3, where = through("s3"), {"Bucket": "geteld", "Key": "a"}
    s3.create_bucket(Bucket="geteld", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(**where, Body=b"1" * 100_000)
    s3.copy_object(**where, CopySource=where, MetadataDirective="REPLACE")
    s3.get_object_tagging(**where)
    s3.list_objects_v2(Bucket="geteld")
    s3.list_object_versions(Bucket="geteld")
    s3.get_bucket_encryption(Bucket="geteld")
    s3.head_object(**where)
    through("kms").create_key()
    through("sts").get_caller_identity()
    through("ec2").describe_volumes()
    through("secretsmanager").list_secrets()
    through("efs").describe_file_systems()
    assert proxy.calls == (
        *("s3.CreateBucket", "s3.PutObject", "s3.CopyObject", "s3.GetObjectTagging", "s3.ListObjectsV2"),
        *("s3.ListObjectVersions", "s3.GetBucketEncryption", "s3.HeadObject", "kms.CreateKey"),
        *("sts.GetCallerIdentity", "ec2.DescribeVolumes", "secretsmanager.ListSecrets", "efs.DescribeFileSystems"),
    )


@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        (faults.ACCESS_DENIED, ("UnauthorizedOperation", "AccessDeniedException", "AccessDenied", "AccessDenied")),
        (faults.THROTTLED, ("RequestLimitExceeded", "ThrottlingException", "SlowDown", "Throttling")),
        (faults.LIMIT_EXCEEDED, ("VolumeLimitExceeded", "LimitExceededException", "TooManyBuckets", "LimitExceeded")),
        (faults.NOT_FOUND, ("InvalidVolume.NotFound", "NotFoundException", "NoSuchKey", "NoSuchEntity")),
        (faults.EXPIRED, ("RequestExpired", "ExpiredTokenException", "ExpiredToken", "ExpiredToken")),
        (faults.SERVER_ERROR, ("InternalError", "KMSInternalException", "InternalError", "InternalFailure")),
        (faults.UNAVAILABLE, ("Unavailable", "KeyUnavailableException", "ServiceUnavailable", "ServiceUnavailable")),
        (faults.RESET_BEFORE, ("ConnectionClosedError",) * 4),
        (faults.RESET_AFTER, ("ConnectionClosedError",) * 4),
        (faults.STALLED, ("ReadTimeoutError",) * 4),
    ],
    ids=str,
)
def test_a_fault_speaks_the_language_of_the_service(proxy, through, fault, codes):
    """EC2, KMS, S3 and STS each have their own word for the same trouble."""
    proxy.fail(fault, times=None)
    assert trouble(through("ec2").create_volume, Size=1, **ZONE) == codes[0]
    assert trouble(through("kms").create_key) == codes[1]
    assert trouble(through("s3").get_object, Bucket="b", Key="a") == codes[2]
    assert trouble(through("sts").get_caller_identity) == codes[3]


@pytest.mark.parametrize("fault", faults.LOSSES, ids=str)
def test_a_lost_answer_leaves_its_effect(aws, proxy, through, fault):
    """The volume is there, and nobody was told."""
    before = len(aws.client("ec2").describe_volumes()["Volumes"])
    proxy.fail(fault)
    trouble(through("ec2").create_volume, Size=1, **ZONE)
    assert len(aws.client("ec2").describe_volumes()["Volumes"]) == before + 1


@pytest.mark.parametrize("fault", [*faults.REFUSALS, faults.RESET_BEFORE, faults.STALLED], ids=str)
def test_a_refused_call_has_no_effect(aws, proxy, through, fault):
    """What was answered by the proxy never reached AWS."""
    before = len(aws.client("ec2").describe_volumes()["Volumes"])
    proxy.fail(fault)
    trouble(through("ec2").create_volume, Size=1, **ZONE)
    assert len(aws.client("ec2").describe_volumes()["Volumes"]) == before


def test_a_cut_answer_without_a_body_is_lost_too(proxy, through):
    """Half a status line is no answer."""
    s3 = through("s3")
    s3.create_bucket(Bucket="kort", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="kort", Key="a", Body=b"1")
    proxy.fail(faults.TRUNCATED, of="s3.DeleteObject")
    assert trouble(s3.delete_object, Bucket="kort", Key="a") == "ConnectionClosedError"


def test_the_nth_call_of_one_operation(proxy, through):
    """Only the second CreateKey fails, whatever else is called between."""
    proxy.fail(faults.LIMIT_EXCEEDED, at=2, of="kms.CreateKey")
    kms = through("kms")
    kms.create_key()
    kms.list_keys()
    assert trouble(kms.create_key) == "LimitExceededException"
    kms.create_key()


def test_botocores_own_repeats_are_counted(proxy, through):
    """A throttled call that is repeated shows twice, and passes."""
    proxy.fail(faults.THROTTLED)
    through("kms", retries=2).list_keys()
    assert proxy.calls == ("kms.ListKeys", "kms.ListKeys")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_the_world_changes_in_the_middle(aws, proxy, through, after):
    """A key is disabled just before a call takes effect, or just after it did."""
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    proxy.fail(faults.meanwhile(lambda: kms.disable_key(KeyId=key), after=after), of="kms.Encrypt")
    encrypt = through("kms").encrypt
    if after:
        encrypt(KeyId=key, Plaintext=b"1")
    assert trouble(encrypt, KeyId=key, Plaintext=b"1") == "DisabledException"


def test_every_call_meets_every_fault_that_it_can_meet():
    """The sweep leaves out what cannot be: nothing exists already for a call that only reads."""
    cases = list(each(("ec2.DescribeVolumes", "ec2.CreateVolume")))
    assert len(cases) == 2 * len(faults.ALL) - 2
    assert str(cases[-1]) == "2 ec2.CreateVolume truncated"
