"""S3's UpdateObjectEncryption: the same data key under another CMK, the object's bytes untouched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from console.sandbox import customer, objects
from console.sandbox.errors import AwsError
from console.sandbox.message import Request, Response

if TYPE_CHECKING:
    from console.sandbox.call import Call

ARN = re.compile(r"arn:aws[-a-z0-9]*:kms:[-a-z0-9]*:([0-9]{12}):key/.+")
# Worded as in botocore's model of UpdateObjectEncryption.
NO_TYPE = (
    "Requests that modify an object encryption configuration require a valid new encryption type. Valid values are "
    "SSEKMS. Modify the request to specify SSE-KMS for the updated encryption type, and then try again."
)
NO_ARN = (
    "Requests that modify an object's encryption type to SSE-KMS require a valid Amazon Web Services KMS key Amazon "
    "Resource Name (ARN). Confirm that you have a correctly formatted KMS key ARN in your request, and then try again."
)
NO_FLAG = (
    "The BucketKeyEnabled value isn't valid. Valid values are true or false. Modify the request to specify a valid "
    "value, and then try again."
)
UNENCRYPTED = (
    "The UpdateObjectEncryption operation doesn't supported unencrypted source objects. Only source objects encrypted "
    "with SSE-S3 or SSE-KMS are supported."
)
UNSUPPORTED = (
    "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or SSE-C. "
    "Only source objects encrypted with SSE-S3 or SSE-KMS are supported."
)
FOREIGN_KEY = (
    "The Amazon Web Services KMS key in the request must be owned by the same account as the bucket. Modify the "
    "request to specify a KMS key from the same account, and then try again."
)


def update(call: Call, request: Request, bucket: Any, found: Any) -> Response:
    """Wrap the object's data key under the wanted CMK; ETag, dates and bytes stay.

    Raises:
        AwsError: InvalidRequest or AccessDenied with S3's documented words, and KMS's refusals in S3's words.
    """
    arn, bucket_key = _wanted(request.body, bucket.account_id)
    _judge_source(found)
    service, region = call.by("s3"), bucket.region_name
    objects.in_s3_words(lambda: call.kms.use(service, region, arn, ("Encrypt", "GenerateDataKey")))
    found.wrap = _rewrapped(call, bucket, found, arn, bucket_key)
    found.encryption, found.kms_key_id = "aws:kms", arn
    found.bucket_key_enabled = str(bucket_key).lower()
    return Response(200)


def _wanted(body: bytes, owner: str) -> tuple[str, bool]:
    try:
        wish = ET.fromstring(body).find("{*}SSE-KMS")  # noqa: S314 - a local client's own request, on loopback
    except ET.ParseError as error:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed.") from error
    if wish is None:
        raise AwsError("InvalidRequest", NO_TYPE)
    arn, flag = wish.findtext("{*}KMSKeyArn", ""), wish.findtext("{*}BucketKeyEnabled", "false")
    named = ARN.fullmatch(arn)
    if named is None:
        raise AwsError("InvalidRequest", NO_ARN)
    if flag not in {"true", "false"}:
        raise AwsError("InvalidRequest", NO_FLAG)
    if named[1] != owner:
        raise AwsError("AccessDenied", FOREIGN_KEY, 403)
    return arn, flag == "true"


def _judge_source(found: Any) -> None:
    if customer.held(found):
        raise AwsError("InvalidRequest", UNSUPPORTED)
    if found.encryption is None:
        raise AwsError("InvalidRequest", UNENCRYPTED)
    if found.encryption not in {"AES256", "aws:kms"}:
        raise AwsError("InvalidRequest", UNSUPPORTED)
    if found.is_locked(governance_bypass=False):
        raise AwsError("AccessDenied", "Access Denied because object protected by object lock.", 403)


def _rewrapped(call: Call, bucket: Any, found: Any, arn: str, bucket_key: bool) -> objects.Wrap:
    if bucket_key:
        return objects.level_key(call, bucket, arn)
    context = {"aws:s3:arn": f"arn:aws:s3:::{bucket.name}/{found.name}"}
    old: objects.Wrap | None = getattr(found, "wrap", None)
    if old is None:  # S3's own key held the data key until now; what it held is S3's business
        params: dict[str, Any] = {"KeyId": arn, "Plaintext": bytes(32), "EncryptionContext": context}
        operation = "Encrypt"
    else:
        operation = "ReEncrypt"
        params = {
            "CiphertextBlob": old.blob,
            "SourceEncryptionContext": old.context,
            "DestinationKeyId": arn,
            "DestinationEncryptionContext": context,
        }
    done = objects.in_s3_words(lambda: call.kms.call(call.by("s3"), bucket.region_name, operation, params))
    return objects.Wrap(done["CiphertextBlob"], context)
