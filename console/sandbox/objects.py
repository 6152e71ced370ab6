"""S3 objects under KMS: keys checked, data keys drawn and opened, copies conditional, UpdateObjectEncryption."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from moto.moto_api._internal import mock_random
from moto.s3.models import get_canned_acl
from moto.s3.utils import compute_checksum

from console.sandbox import archive, customer, locks, rewrap, uploads
from console.sandbox.buckets import Storage, bucket_named, object_named
from console.sandbox.conditions import check_copy
from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from console.sandbox.call import Call
    from console.sandbox.message import Request, Response

SSE = "x-amz-server-side-encryption"
KEY_ID = f"{SSE}-aws-kms-key-id"
BUCKET_KEY = f"{SSE}-bucket-key-enabled"
CONTEXT = f"{SSE}-context"
COPY_SOURCE = "x-amz-copy-source"
# S3 keeps a bucket-level key "for a limited time period" per requester and does not say how long.
LEVEL_KEY_LASTS = timedelta(minutes=5)
REDIRECT = "x-amz-website-redirect-location"
TOO_LARGE = "The specified copy source is larger than the maximum allowable size for a copy source: {limit}"
_PLAIN_PUT = {"x-id", "versionId"}
_PLAIN_GET = {"x-id", "versionId", "partNumber"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What encryption a new object is to have; `key` is a KMS key ARN, or None for SSE-S3 and SSE-C.

    `customer_key` is the fingerprint of a key that the customer sent along.
    """

    algorithm: str
    key: str | None = None
    bucket_key: bool = False
    context: Mapping[str, str] = field(default_factory=dict)
    customer_key: str | None = None

    def laid_on(self, request: Request) -> Request:
        """The request as the borrowed S3 understands it, which knows no SSE-C."""
        told = {name: value for name, value in request.headers.items() if name not in {KEY_ID, BUCKET_KEY}}
        told[SSE] = "AES256" if self.customer_key else self.algorithm
        if self.key:
            told[KEY_ID] = self.key
            told[BUCKET_KEY] = str(self.bucket_key).lower()
        return replace(request, headers=told)


@dataclass(frozen=True, slots=True)
class Wrap:
    """One wrapped data key with the encryption context that opens it."""

    blob: bytes
    context: dict[str, str]


def answer(call: Call, request: Request, forward: Callable[[Request], Response]) -> Response:
    """One S3 request; `forward` is the borrowed S3, which does all that is not about keys.

    Raises:
        AwsError: in S3's words: KMS.NotFoundException, KMS.DisabledException, AccessDenied, PreconditionFailed …
    """
    name, _, encoded = request.path.lstrip("/").partition("/")
    bucket, key = bucket_named(unquote(name)), unquote(encoded)
    if bucket is None or not key or bucket.account_id != call.caller.account:
        return forward(request)
    query = parse_qs(request.query, keep_blank_values=True)
    match request.method:
        case "PUT" if "encryption" in query:
            return rewrap.update(call, request, bucket, _present(bucket, key, query))
        case "PUT" if "retention" in query:
            locks.judge(request, object_named(bucket, key, query.get("versionId", [None])[0]), call.clock.now())
        case "PUT" if "uploadId" in query:
            return uploads.part(call, request, bucket, query["uploadId"][0], forward)
        case "PUT" if not set(query) - _PLAIN_PUT:
            return _put(call, request, bucket, key, forward)
        case "POST" if "restore" in query:
            return archive.restore(request, _present(bucket, key, query))
        case "POST" if "uploads" in query:
            return uploads.start(call, request, bucket, key, forward)
        case "POST" if "uploadId" in query:
            return uploads.finish(call, request, bucket, key, query["uploadId"][0], forward)
        case "GET" | "HEAD" if not {name for name in query if not name.startswith("response-")} - _PLAIN_GET:
            return _get(call, request, bucket, object_named(bucket, key, query.get("versionId", [None])[0]), forward)
    return forward(request)


def _get(call: Call, request: Request, bucket: Any, found: Any, forward: Callable[[Request], Response]) -> Response:
    if found is not None:
        customer.judge(found, request.headers)
        archive.expire(found, call.clock.now())
        if request.method == "GET":
            _open(call, bucket, found)
    done = forward(request)
    done.headers.update(customer.told(found) if done.status in {200, 206} else {})
    return done


def _put(call: Call, request: Request, bucket: Any, key: str, forward: Callable[[Request], Response]) -> Response:
    copied = COPY_SOURCE in request.headers
    source = open_source(call, request) if copied else None
    if source is not None:
        check_copy(request, source, object_named(bucket, key), itself=source.arn.startswith(f"{_arn(bucket, key)}/"))
        if source.size > Storage.copy_limit:
            raise AwsError("InvalidRequest", TOO_LARGE.format(limit=Storage.copy_limit))
    wish = wished(call, request, bucket)
    wrap = draw(call, bucket, key, wish)
    done = forward(_with_sum(wish.laid_on(request)) if copied else wish.laid_on(request))
    made = object_named(bucket, key)
    if done.status == 200 and made is not None:
        keep(made, wish, wrap)
        if not any(name == "x-amz-acl" or name.startswith("x-amz-grant-") for name in request.headers):
            made.set_acl(get_canned_acl("private"))
        if copied:
            _settle(made, request.headers)
        done.headers.update(customer.told(made))
    return done


def _with_sum(request: Request) -> Request:
    """The borrowed S3 asks a checksum of whoever locks an object; S3 asks none of a copy, which sends no body."""
    return replace(request, headers={**request.headers, "x-amz-sdk-checksum-algorithm": "CRC32"})


def _settle(made: Any, headers: Mapping[str, str]) -> None:
    """A copy is one part, with a checksum of the whole, and has its source's redirect only when told so again."""
    made.multipart = None
    if REDIRECT not in headers:
        made.metadata.pop(REDIRECT, None)
    if made.checksum_value and "-" in made.checksum_value:
        made.checksum_value = compute_checksum(made.value, algorithm=made.checksum_algorithm).decode()
        made.checksum_type, made.checksum_parts = "FULL_OBJECT", None


def _present(bucket: Any, key: str, query: dict[str, list[str]]) -> Any:
    found = object_named(bucket, key, query.get("versionId", [None])[0])
    if found is None:
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
    return found


def wished(call: Call, request: Request, bucket: Any) -> Wish:
    """Headers over the bucket's default, as S3 lays them; the key resolved to its ARN."""
    headers, rule = request.headers, bucket.encryption["Rule"]
    if fingerprint := customer.sent(headers):
        return Wish(customer.ALGORITHM, customer_key=fingerprint)
    default = rule["ApplyServerSideEncryptionByDefault"]
    algorithm = headers.get(SSE) or default["SSEAlgorithm"]
    named = headers.get(KEY_ID) or (None if SSE in headers else default.get("KMSMasterKeyID"))
    wanted = headers.get(BUCKET_KEY, rule.get("BucketKeyEnabled", "false"))
    if not algorithm.startswith("aws:kms"):
        return Wish(algorithm)
    key = named or call.kms.managed(call.caller.account, bucket.region_name, "s3")
    arn = in_s3_words(lambda: call.kms.use(call.by("s3"), bucket.region_name, key, ("GenerateDataKey",)))
    extra = json.loads(base64.b64decode(headers[CONTEXT])) if CONTEXT in headers else {}
    return Wish(algorithm, arn, bucket_key=str(wanted).lower() == "true" and algorithm == "aws:kms", context=extra)


def draw(call: Call, bucket: Any, key: str, wish: Wish) -> Wrap | None:
    """A data key for the object, or the bucket-level key where Bucket Keys are on."""
    if wish.key is None:
        return None
    if wish.bucket_key:
        return level_key(call, bucket, wish.key)
    return _drawn(call, bucket, wish.key, {**wish.context, "aws:s3:arn": _arn(bucket, key)})


def level_key(call: Call, bucket: Any, arn: str) -> Wrap:
    """This requester's bucket-level key under the CMK, drawn anew when its time is over."""
    held: tuple[Wrap, datetime] | None = bucket.level_keys.get((arn, call.caller.arn))
    if held is not None and call.clock.now() < held[1]:
        return held[0]
    wrap = _drawn(call, bucket, arn, {"aws:s3:arn": f"arn:aws:s3:::{bucket.name}"})
    bucket.level_keys[arn, call.caller.arn] = (wrap, call.clock.now() + LEVEL_KEY_LASTS)
    return wrap


def _drawn(call: Call, bucket: Any, arn: str, context: dict[str, str]) -> Wrap:
    made = in_s3_words(
        lambda: call.kms.data_key(call.by("s3"), bucket.region_name, arn, context, "GenerateDataKey", 32)
    )
    return Wrap(made["CiphertextBlob"], context)


def open_source(call: Call, request: Request) -> Any:
    """The object that is copied, once KMS let its data key be opened; None leaves the refusal to S3."""
    source = urlsplit(request.headers[COPY_SOURCE])
    name, _, key = unquote(source.path).lstrip("/").partition("/")
    bucket = bucket_named(name)
    if bucket is None or bucket.account_id != call.caller.account:
        return None
    found = object_named(bucket, key, parse_qs(source.query).get("versionId", [None])[0])
    if found is not None:
        customer.judge(found, request.headers, customer.SOURCE)
        archive.expire(found, call.clock.now())
        _open(call, bucket, found)
    return found


def _open(call: Call, bucket: Any, found: Any) -> None:
    wrap: Wrap | None = getattr(found, "wrap", None)
    if wrap is not None:
        unwrap(call, bucket, wrap, found.kms_key_id)


def unwrap(call: Call, bucket: Any, wrap: Wrap, key: str) -> None:
    """Have KMS open a wrapped data key, unless this requester's bucket-level key still does.

    Raises:
        AwsError: KMS's refusal in S3's words.
    """
    held = (key, call.caller.arn)
    known, until = bucket.level_keys.get(held, (None, None))
    if known == wrap and call.clock.now() < until:
        return
    params = {"CiphertextBlob": wrap.blob, "EncryptionContext": wrap.context, "KeyId": key}
    in_s3_words(lambda: call.kms.call(call.by("s3"), bucket.region_name, "Decrypt", params))
    if wrap.context.get("aws:s3:arn") == f"arn:aws:s3:::{bucket.name}":
        bucket.level_keys[held] = (wrap, call.clock.now() + LEVEL_KEY_LASTS)


def keep(made: Any, wish: Wish, wrap: Wrap | None) -> None:
    """Give a new object its wrapped data key, and the data key's own name, which is never used twice."""
    made.wrap, made.data_key = wrap, str(mock_random.uuid4())
    made.customer_key = wish.customer_key
    if wish.customer_key:
        made.encryption = made.kms_key_id = made.bucket_key_enabled = None


def _arn(bucket: Any, key: str) -> str:
    return f"arn:aws:s3:::{bucket.name}/{key}"


def in_s3_words(ask: Callable[[], Any]) -> Any:
    """Ask KMS and word its refusal as S3 passes it on."""
    try:
        return ask()
    except AwsError as error:
        if error.code == "AccessDeniedException":
            raise AwsError("AccessDenied", error.message, 403) from error
        raise AwsError(f"KMS.{error.code}", error.message, 400) from error
