"""S3 buckets as S3 makes them today: dated by the sandbox's clock, encrypted with SSE-S3 unless told otherwise."""

from __future__ import annotations

import copyreg
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.s3.models import S3Backend, s3_backends
from moto.s3.utils import _VersionedKeyStore

from console.sandbox import versions
from console.sandbox.call import CURRENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.sandbox.versions import Page

SSE_S3 = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}


class Storage(S3Backend):  # type: ignore[misc] # moto carries no types
    """moto's S3 with the default encryption that every bucket has, and versions that are kept as S3 keeps them."""

    copy_limit = 5 * 1024**3  # bytes that one CopyObject or UploadPartCopy may copy; the desk can lower it for tests

    def create_bucket(self, bucket_name: str, region_name: str, bucket_namespace: str | None = None) -> Any:
        bucket = super().create_bucket(bucket_name, region_name, bucket_namespace)
        bucket.creation_date = CURRENT.get().clock.now()
        bucket.encryption = SSE_S3
        bucket.level_keys, bucket.gone = {}, {}
        return bucket

    def put_object(self, bucket_name: str, key_name: str, value: bytes, *args: Any, **wishes: Any) -> Any:
        """Where versioning is suspended a write replaces the null version, never the older ones."""
        bucket = self.get_bucket(bucket_name)
        if bucket.versioning_status != "Suspended":
            return super().put_object(bucket_name, key_name, value, *args, **wishes)
        with _versioned(bucket):
            made = super().put_object(bucket_name, key_name, value, *args, **wishes)
        made._version_id, made._is_versioned = "null", False  # noqa: SLF001 - moto numbers every version
        standing = bucket.keys.getlist(key_name)
        bucket.keys.setlist(key_name, [one for one in standing if str(one.version_id) != "null" or one is made])
        return made

    def delete_object(
        self, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> Any:
        bucket = self.get_bucket(bucket_name)
        standing = bucket.keys.getlist(key_name, [])
        if version_id is not None:
            when = [one.last_modified for one in standing if str(one.version_id) == version_id]
            with _versioned(bucket):
                done = super().delete_object(bucket_name, key_name, version_id, bypass)
            if when:
                bucket.gone[key_name, version_id] = when[0]
            return done
        if bucket.versioning_status == "Suspended":
            return self._mark_null(bucket, key_name, standing)
        if bucket.is_versioned and not standing:
            return True, {}
        return super().delete_object(bucket_name, key_name, None, bypass)

    def _mark_null(self, bucket: Any, key_name: str, standing: list[Any]) -> Any:
        """A delete while suspended: a marker takes the place of the null version."""
        if not standing:
            return True, {}
        marker = self._set_delete_marker(bucket.name, key_name)
        marker._version_id = "null"  # noqa: SLF001 - moto gives every marker an id of its own
        kept = [one for one in standing if str(one.version_id) != "null"]
        bucket.keys.setlist(key_name, [*kept, marker])
        return True, {"version-id": "null", "delete-marker": "true"}

    def list_object_versions(
        self,
        bucket_name: str,
        delimiter: str | None = None,
        key_marker: str | None = None,
        max_keys: int | None = 1000,
        prefix: str = "",
        version_id_marker: str | None = None,
    ) -> Page:
        size = min(1000 if max_keys is None else max_keys, 1000)
        start = (key_marker, version_id_marker)
        return versions.page(self.get_bucket(bucket_name), prefix=prefix, delimiter=delimiter, start=start, size=size)

    def delete_bucket_encryption(self, bucket_name: str) -> None:
        self.get_bucket(bucket_name).encryption = SSE_S3


@contextmanager
def _versioned(bucket: Any) -> Iterator[None]:
    """A bucket whose versioning is suspended, seen by moto as one whose versions count; others as they are."""
    status = bucket.versioning_status
    try:
        bucket.versioning_status = "Enabled" if status == "Suspended" else status
        yield
    finally:
        bucket.versioning_status = status


def keep_versions() -> None:
    """Let a state hold all versions of an object: as a dict, moto's store shows a pickle only the newest."""
    copyreg.pickle(_VersionedKeyStore, _flat)


def _flat(store: Any) -> tuple[Any, tuple[list[tuple[str, list[Any]]]]]:
    return refilled, (list(store.iterlists()),)


def refilled(lists: list[tuple[str, list[Any]]]) -> Any:
    """Moto's store of the given versions, oldest first, by key."""
    store = _VersionedKeyStore()
    for name, versions_of in lists:
        store.setlist(name, versions_of)
    return store


def unjudged(bucket: Any, action: str, resource: str) -> Any:  # noqa: ARG001 - moto's own signature
    """Moto's look at a bucket policy, which knows no conditions: `console.sandbox.sharing` has judged already."""
    from moto.iam.access_control import PermissionResult

    return PermissionResult.NEUTRAL


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
