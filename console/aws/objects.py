"""Objects in a bucket as their rewriting sees them: looked at, listed, copied onto themselves under conditions.

All name the account that must own the bucket, so that a name that changed hands is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from console.aws.refusals import AwsRefusal
from console.aws.session import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

COPY_LIMIT = 5 * 1024**3
"""Bytes that one CopyObject or UploadPartCopy may copy."""

PART = 512 * 1024**2
MOST_PARTS = 10_000
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})
GONE = frozenset({"404", "NoSuchKey", "NoSuchVersion", "405"})
CHANGED = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict", "OperationAborted", *GONE})
CLOSED = frozenset({"InvalidObjectState", "ObjectNotInActiveTierError"})
DENIED = frozenset({"AccessDenied", "403"})

_SYSTEM = (
    "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires", "Metadata",
)  # fmt: skip
_AGAIN = ("WebsiteRedirectLocation", "ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
"""What a copy does not carry over by itself."""

_GRANT = {
    "FULL_CONTROL": "GrantFullControl", "READ": "GrantRead", "READ_ACP": "GrantReadACP", "WRITE_ACP": "GrantWriteACP",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and how to reach it. Who copies must look before a second try, and has a `client` that asks once and no
    more; whoever else needs such a one now and then has it in `once`.
    """

    client: Any
    name: str
    owner: str
    once: Any = None

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._asked(self.client, method, parameters)

    def ask_once(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What must not be done twice, for nobody would hear of the first."""
        return self._asked(self.once or self.client, method, parameters)

    def _asked(self, client: Any, method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return ask(client, method, Bucket=self.name, ExpectedBucketOwner=self.owner, **parameters)


def clock(bucket: Bucket) -> int:
    """S3's own time in epoch seconds, by which it dates what is written; 0 where it does not tell."""
    told = bucket.ask("head_bucket")["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    return int(parsedate_to_datetime(told).timestamp()) if told else 0


def look(bucket: Bucket, key: str, version: str = "") -> dict[str, Any]:
    """HeadObject with its checksum, of the current version unless one is named.

    Raises:
        AwsRefusal: `404` gone, `400` under a customer's own key (SSE-C), `403` not allowed.
    """
    named = {"VersionId": version} if version else {}
    return bucket.ask("head_object", Key=key, ChecksumMode="ENABLED", **named)


def listed(bucket: Bucket, after: str = "", prefix: str = "") -> Iterator[Mapping[str, Any]]:
    """The current objects in the order of their keys (Key, Size, LastModified, ETag, StorageClass), 1,000 a call."""
    start: dict[str, str] = {"StartAfter": after} if after else {}
    within: dict[str, str] = {"Prefix": prefix} if prefix else {}
    while True:
        page = bucket.ask("list_objects_v2", **start, **within)
        yield from page.get("Contents", ())
        if not page.get("IsTruncated"):
            return
        start = {"ContinuationToken": page["NextContinuationToken"]}


@dataclass(slots=True)
class History:
    """All versions of one key, the newest first, and its delete markers."""

    key: str
    versions: list[Mapping[str, Any]] = field(default_factory=list)
    markers: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def current(self) -> Mapping[str, Any] | None:
        """The version that is read without naming one; None: it was deleted."""
        return next((one for one in self.versions if one.get("IsLatest")), None)


def histories(bucket: Bucket, after: str = "") -> Iterator[History]:
    """Every key with its versions, in the order of the keys, 1,000 versions a call."""
    start: dict[str, str] = {"KeyMarker": after} if after else {}
    open_ones: dict[str, History] = {}
    while True:
        page = bucket.ask("list_object_versions", **start)
        for name, kind in (("Versions", "versions"), ("DeleteMarkers", "markers")):
            for one in page.get(name, ()):
                getattr(open_ones.setdefault(one["Key"], History(one["Key"])), kind).append(one)
        more = page.get("IsTruncated")
        last = page.get("NextKeyMarker", "") if more else None
        for key in sorted(open_ones):  # S3's order: by code point
            if key != last:
                yield open_ones.pop(key)
        if not more:
            return
        start = {"KeyMarker": page["NextKeyMarker"]}
        if page.get("NextVersionIdMarker"):
            start["VersionIdMarker"] = page["NextVersionIdMarker"]


def histories_of(bucket: Bucket, key: str) -> History:
    """One key with its versions as they are now."""
    found = History(key)
    start: dict[str, str] = {}
    while True:
        page = bucket.ask("list_object_versions", Prefix=key, **start)
        found.versions += [one for one in page.get("Versions", ()) if one["Key"] == key]
        found.markers += [one for one in page.get("DeleteMarkers", ()) if one["Key"] == key]
        if not page.get("IsTruncated") or page["NextKeyMarker"] > key:
            return found
        start = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}


LOCK = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")


def locks(bucket: Bucket) -> bool:
    """Whether objects of this bucket can be locked."""
    try:
        told = bucket.ask("get_object_lock_configuration")["ObjectLockConfiguration"]
    except AwsRefusal as refusal:
        if refusal.code == "ObjectLockConfigurationNotFoundError":
            return False
        raise
    return bool(told.get("ObjectLockEnabled") == "Enabled")


def lock_as(bucket: Bucket, key: str, version: str, wanted: Mapping[str, Any]) -> None:
    """Retention and legal hold of a version as HeadObject told them of another."""
    where = {"Key": key, "VersionId": version}
    if wanted.get("ObjectLockMode"):
        kept = {"Mode": wanted["ObjectLockMode"], "RetainUntilDate": wanted["ObjectLockRetainUntilDate"]}
        bucket.ask("put_object_retention", **where, Retention=kept)
    if wanted.get("ObjectLockLegalHoldStatus"):
        bucket.ask("put_object_legal_hold", **where, LegalHold={"Status": wanted["ObjectLockLegalHoldStatus"]})


def locked_alike(bucket: Bucket, key: str, seen: Mapping[str, Any], version: str, made: str) -> None:
    """A lock that somebody laid on `version` since it was seen is laid on what was `made` of it too: it changes no
    ETag, so no condition has noticed it.
    """
    now = look(bucket, key, version)
    if any(now.get(name) != seen.get(name) for name in LOCK):
        lock_as(bucket, key, made, now)


def acls(bucket: Bucket) -> bool:
    """Whether objects have ACLs that count: a bucket of before 2023 may have them."""
    try:
        rules = bucket.ask("get_bucket_ownership_controls")["OwnershipControls"]["Rules"]
    except AwsRefusal as refusal:
        if refusal.code == "OwnershipControlsNotFoundError":
            return True
        raise
    return bool(rules[0]["ObjectOwnership"] != "BucketOwnerEnforced")


def drop(bucket: Bucket, key: str, version: str) -> None:
    """One version for good; what is gone already is fine.

    Raises:
        AwsRefusal: AccessDenied, also where Object Lock holds it.
    """
    try:
        bucket.ask("delete_object", Key=key, VersionId=version)
    except AwsRefusal as refusal:
        if refusal.code not in GONE:
            raise


def acl_grants(bucket: Bucket, key: str, version: str) -> dict[str, str]:
    """What an object's ACL gives to others, as the headers that give it again; {} where it is its owner's alone."""
    named = {"VersionId": version} if version else {}
    told = bucket.ask("get_object_acl", Key=key, **named)
    owner = told.get("Owner", {}).get("ID", "")
    found: dict[str, list[str]] = {}
    for grant in told.get("Grants", ()):
        whom = grant.get("Grantee", {})
        named_as = f'id="{whom["ID"]}"' if "ID" in whom else f'uri="{whom.get("URI", "")}"'
        found.setdefault(_GRANT[grant["Permission"]], []).append(named_as)
    if found in ({}, {"GrantFullControl": [f'id="{owner}"']}):
        return {}
    return {header: ", ".join(whom) for header, whom in found.items()}


def kept(seen: Mapping[str, Any], cmk: str) -> dict[str, Any]:
    """What a copy must be told to be like its source: class, redirect, lock, checksum, Bucket Key; under this CMK."""
    told: dict[str, Any] = {name: seen[name] for name in _AGAIN if seen.get(name)}
    told["StorageClass"] = seen.get("StorageClass") or "STANDARD"
    double = seen.get("ServerSideEncryption") == "aws:kms:dsse"
    told |= {"ServerSideEncryption": "aws:kms:dsse" if double else "aws:kms", "SSEKMSKeyId": cmk}
    if not double:
        told["BucketKeyEnabled"] = bool(seen.get("BucketKeyEnabled"))
    checksum = next((name for name in seen if name.startswith("Checksum") and name != "ChecksumType"), "")
    return told | ({"ChecksumAlgorithm": checksum.removeprefix("Checksum")} if checksum else {})


def alike(seen: Mapping[str, Any]) -> dict[str, Any]:
    """The same with S3's own encryption as it was."""
    told = kept(seen, seen.get("SSEKMSKeyId", ""))
    if not seen.get("ServerSideEncryption", "").startswith("aws:kms"):
        del told["SSEKMSKeyId"], told["BucketKeyEnabled"]
        told["ServerSideEncryption"] = "AES256"
    return told


def carried(bucket: Bucket, key: str, seen: Mapping[str, Any]) -> dict[str, Any]:
    """What only a copy carries over by itself: metadata, content type and the like, tags."""
    version = {"VersionId": seen["VersionId"]} if seen.get("VersionId") else {}
    tags = bucket.ask("get_object_tagging", Key=key, **version)["TagSet"] if seen.get("TagCount", 1) else []
    like = {name: seen[name] for name in _SYSTEM if seen.get(name)}
    if tags:
        like["Tagging"] = urlencode([(tag["Key"], tag["Value"]) for tag in tags])
    return like


def copy(
    bucket: Bucket, key: str, seen: Mapping[str, Any], told: Mapping[str, Any], expect: Any, origin: str = ""
) -> dict[str, Any]:
    """The object onto itself (or from the key `origin`), if its source is still what was seen and the key still holds
    what `expect` says (`IfMatch` with an ETag, or `IfNoneMatch`); ETag, VersionId, SSEKMSKeyId of what came to be.

    Raises:
        AwsRefusal: a code of CHANGED where it is not, of CLOSED where it is archived.
    """
    answer = bucket.ask(
        "copy_object", Key=key, CopySource=_source(bucket, origin or key, seen), CopySourceIfMatch=seen["ETag"],
        MetadataDirective="COPY", TaggingDirective="COPY", ExpectedSourceBucketOwner=bucket.owner, **expect, **told,
    )  # fmt: skip
    return {**answer, "ETag": answer.get("CopyObjectResult", {}).get("ETag", "")}


def copy_in_parts(
    bucket: Bucket,
    key: str,
    seen: Mapping[str, Any],
    told: Mapping[str, Any],
    expect: Any,
    begun: Callable[[str], Any],
    origin: str = "",
) -> dict[str, Any]:
    """The same for what one copy cannot hold. `begun` hears the upload's id; a failure leaves no parts behind.

    Raises:
        AwsRefusal: as `copy`.
    """
    like = carried(bucket, origin or key, seen)
    if told.get("ChecksumAlgorithm", "").startswith("CRC"):
        like["ChecksumType"] = "FULL_OBJECT"  # as one copy has it; of other algorithms S3 can only sum parts
    upload = bucket.ask_once("create_multipart_upload", Key=key, **like, **told)["UploadId"]
    begun(upload)
    whole = False
    try:
        parts = []
        for number, span in enumerate(_spans(seen["ContentLength"]), 1):
            part = bucket.ask(
                "upload_part_copy", Key=key, UploadId=upload, PartNumber=number,
                CopySource=_source(bucket, origin or key, seen), CopySourceRange=f"bytes={span[0]}-{span[1]}",
                CopySourceIfMatch=seen["ETag"], ExpectedSourceBucketOwner=bucket.owner,
            )["CopyPartResult"]  # fmt: skip
            sums = {name: value for name, value in part.items() if name.startswith("Checksum")}
            parts.append({"PartNumber": number, "ETag": part["ETag"], **sums})
        answer = bucket.ask(
            "complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **expect
        )
        whole = True
    finally:
        if not whole:
            abort(bucket, key, upload)
    return answer


def uploads(bucket: Bucket, key: str) -> list[Mapping[str, Any]]:
    """The uploads in parts of this key that are not ended (UploadId, Initiated); S3 lists those of longer keys too."""
    found: list[Mapping[str, Any]] = []
    start: dict[str, str] = {}
    while True:
        page = bucket.ask("list_multipart_uploads", Prefix=key, **start)
        found += [one for one in page.get("Uploads", ()) if one["Key"] == key]
        if not page.get("IsTruncated") or page.get("NextKeyMarker", "") > key:
            return found
        start = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}


def abort(bucket: Bucket, key: str, upload: str) -> bool:
    """No more of this upload; whether it is gone. Not where AWS refuses or cannot be asked: a next try finds it."""
    from console.errors import ConsoleError

    try:
        bucket.ask("abort_multipart_upload", Key=key, UploadId=upload)
    except AwsRefusal as refusal:
        return refusal.code == "NoSuchUpload" or refusal.code in GONE
    except ConsoleError:
        return False
    return True


def _source(bucket: Bucket, key: str, seen: Mapping[str, Any]) -> dict[str, str]:
    version = {"VersionId": str(seen["VersionId"])} if seen.get("VersionId") else {}
    return {"Bucket": bucket.name, "Key": key, **version}


def _spans(size: int) -> Iterator[tuple[int, int]]:
    step = max(PART, -(-size // MOST_PARTS))
    return ((at, min(at + step, size) - 1) for at in range(0, size, step))
