"""S3 buckets as S3 makes them today: dated by the sandbox's clock, encrypted with SSE-S3 unless told otherwise."""

from __future__ import annotations

from typing import Any

from moto.s3.models import S3Backend, s3_backends

from console.sandbox.call import CURRENT

SSE_S3 = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}


class Storage(S3Backend):  # type: ignore[misc] # moto carries no types
    """moto's S3 with the default encryption that every bucket has."""

    def create_bucket(self, bucket_name: str, region_name: str, bucket_namespace: str | None = None) -> Any:
        bucket = super().create_bucket(bucket_name, region_name, bucket_namespace)
        bucket.creation_date = CURRENT.get().clock.now()
        bucket.encryption = SSE_S3
        bucket.level_keys = {}
        return bucket

    def delete_bucket_encryption(self, bucket_name: str) -> None:
        self.get_bucket(bucket_name).encryption = SSE_S3


def bucket_named(name: str) -> Any:
    """The bucket wherever it lives, or None; whose it is the borrowed S3 judges."""
    if name not in s3_backends.bucket_accounts:
        return None
    partition, account = s3_backends.bucket_accounts[name]
    return s3_backends[account][partition].buckets.get(name)


def object_named(bucket: Any, key: str, version: str | None = None) -> Any:
    """The object (its current version when none is asked for) or None, also for a delete marker."""
    versions = bucket.keys.getlist(key, [])
    if version is not None:
        versions = [one for one in versions if str(one.version_id) == version]
    return versions[-1] if versions and hasattr(versions[-1], "encryption") else None
