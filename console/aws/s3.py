"""Buckets as a scan reads them: ListBuckets, GetBucketEncryption, GetBucketTagging; and the logs in one, where an
import is asked to fetch them: ListObjectsV2, GetObject. All read-only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Self, cast

from console.aws.refusals import AwsRefusal, edge
from console.aws.session import ask, pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Encryption:
    """A bucket's default encryption.

    `algorithm` is AES256, aws:kms or aws:kms:dsse; `key` as the bucket names it, '' for AWS's own.
    """

    algorithm: str
    key: str = ""
    bucket_key: bool = False


AWS_DEFAULT = Encryption("AES256")
"""What a bucket without a rule of its own does, since January 2023: SSE-S3."""


def buckets(client: Any, region: str) -> list[Mapping[str, Any]]:
    """Name and CreationDate of the account's buckets in this Region, 1,000 a call."""
    found = pages(client, "list_buckets", "Buckets", 1000, BucketRegion=region)
    return [entry for entry in found if entry.get("BucketRegion", region) == region]


def encryption(client: Any, bucket: str) -> Encryption:
    """The bucket's default encryption.

    Raises:
        AwsRefusal: often by the bucket's own policy.
    """
    try:
        told = ask(client, "get_bucket_encryption", Bucket=bucket)
    except AwsRefusal as refusal:
        if refusal.code == "ServerSideEncryptionConfigurationNotFoundError":
            return AWS_DEFAULT
        raise
    rule = told["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    return Encryption(
        default.get("SSEAlgorithm", "AES256"),
        default.get("KMSMasterKeyID", ""),
        bool(rule.get("BucketKeyEnabled", False)),
    )


def bucket_tags(client: Any, bucket: str) -> dict[str, str]:
    """The tags of one bucket: the way for those who may not use tag:GetResources."""
    try:
        told = ask(client, "get_bucket_tagging", Bucket=bucket)
    except AwsRefusal as refusal:
        if refusal.code == "NoSuchTagSet":
            return {}
        raise
    return {tag["Key"]: tag["Value"] for tag in told.get("TagSet", ())}


def objects(client: Any, bucket: str, prefix: str) -> Iterator[tuple[str, int, str]]:
    """Key, size and ETag of the objects of a bucket whose keys begin so, 1,000 a call."""
    for entry in pages(client, "list_objects_v2", "Contents", 1000, Bucket=bucket, Prefix=prefix):
        yield entry["Key"], int(entry["Size"]), str(entry.get("ETag", "")).strip('"')


def body(client: Any, bucket: str, key: str) -> BinaryIO:
    """An object's bytes as a stream.

    Raises:
        AwsRefusal, ConsoleError: at once, or while it is read.
    """
    return cast("BinaryIO", Body(ask(client, "get_object", Bucket=bucket, Key=key)["Body"]))


class Body:
    """Botocore's stream, its errors made ours."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, size: int) -> bytes:
        with edge("GetObject"):
            data: bytes = self._stream.read(size)
        return data
