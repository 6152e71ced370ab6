"""The list of objects that S3 makes for a job by its filter."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from console.sandbox import identity
from console.sandbox.buckets import bucket_named
from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from console.sandbox.callers import Caller


def made(caller: Caller, wish: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Key and version id ('' where the bucket keeps none) of every object that fits.

    Of a bucket with versions it names them all, the older ones too: what S3 does there is nowhere said, and who copies
    an older version puts it on top. So nobody learns here to rely on the kinder answer.

    Raises:
        AwsError: the role may not have lists made, or the bucket is another's.
    """
    generator = wish["ManifestGenerator"]["S3JobManifestGenerator"]
    bucket = bucket_named(generator["SourceBucket"].rpartition(":")[2])
    owner = generator.get("ExpectedBucketOwner", caller.account)
    if bucket is None or bucket.account_id != owner or not identity.allows(caller, "s3:PutInventoryConfiguration"):
        raise AwsError("AccessDenied", "Generating the manifest is forbidden: AccessDenied", 403)
    return list(_fitting(bucket, generator.get("Filter", {})))


def _fitting(bucket: Any, wanted: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in sorted(bucket.keys):
        for one in bucket.keys.getlist(name):
            if hasattr(one, "encryption") and _fits(one, wanted):
                yield name, str(one.version_id) if bucket.is_versioned else ""


def _fits(one: Any, wanted: Mapping[str, Any]) -> bool:
    when, names = one.last_modified.replace(tzinfo=UTC), wanted.get("KeyNameConstraint", {})
    return all((
        "CreatedAfter" not in wanted or when > wanted["CreatedAfter"],
        "CreatedBefore" not in wanted or when < wanted["CreatedBefore"],
        one.size > wanted.get("ObjectSizeGreaterThanBytes", -1),
        one.size < wanted.get("ObjectSizeLessThanBytes", one.size + 1),
        one.storage_class in wanted.get("MatchAnyStorageClass", (one.storage_class,)),
        any(_encrypted(one, kind) for kind in wanted.get("MatchAnyObjectEncryption", ({},))),
        any(one.name.startswith(part) for part in names.get("MatchAnyPrefix", ("",))),
        any(one.name.endswith(part) for part in names.get("MatchAnySuffix", ("",))),
        any(part in one.name for part in names.get("MatchAnySubstring", ("",))),
    ))  # fmt: skip


def _encrypted(one: Any, kind: Mapping[str, Any]) -> bool:
    """Whether an object is encrypted in this way; {} is any."""
    if not kind:
        return True
    told = "SSEC" if getattr(one, "customer_key", None) else KINDS.get(one.encryption or "", "NOTSSE")
    detail = kind.get(told)
    if detail is None:
        return False
    bucket_key = str(one.bucket_key_enabled).lower() == "true"
    alike = detail.get("KmsKeyArn", one.kms_key_id) == one.kms_key_id
    return bool(alike and detail.get("BucketKeyEnabled", bucket_key) == bucket_key)


KINDS = {"AES256": "SSES3", "aws:kms": "SSEKMS", "aws:kms:dsse": "DSSEKMS"}
