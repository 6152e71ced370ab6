"""Buckets as a scan reads them: ListBuckets, GetBucketEncryption, GetBucketTagging; all read-only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.aws.refusals import AwsRefusal
from console.aws.session import ask, pages

if TYPE_CHECKING:
    from collections.abc import Mapping


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
