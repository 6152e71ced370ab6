"""A new version beneath which stands what it was copied from: told by the bytes and not by who wrote it.

What S3 Batch Operations wrote, and what a run wrote whose answer was lost, carries no mark. But whoever wrote it: where
both are the same, one of the two may go and nothing is lost.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.aws.refusals import AwsRefusal, edge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from console.datakeys.s3.rewriting import Task

LIKE = (
    "ContentLength", "ContentType", "Metadata", "ContentEncoding", "ContentLanguage", "ContentDisposition",
    "CacheControl", "Expires", "TagCount",
)  # fmt: skip
PIECE = 1024**2


def pairs(task: Task) -> Iterator[tuple[str, str, str]]:
    """Key, new version and the one beneath it, of every key whose newest version alone was written since the run began:
    what may be twins. A history with a delete marker is somebody's doing, and left alone.
    """
    for history in objects.histories(task.bucket):
        later = [task.later(one) for one in history.versions[:2]]
        if later == [True, False] and not history.markers:
            new, old = history.versions[:2]
            yield history.key, new["VersionId"], old["VersionId"]


def same(bucket: objects.Bucket, key: str, one: str, other: str) -> bool:
    """Whether two versions hold the same: metadata and checksum, or, where S3 has no checksum of both, every byte.

    Raises:
        AwsRefusal: one of them is gone or may not be read.
    """
    first, second = (_seen(bucket, key, version) for version in (one, other))
    if not first or not second or any(first.get(name) != second.get(name) for name in LIKE):
        return False
    sums = [name for name in first if name.startswith("Checksum") and name in second and name != "ChecksumType"]
    if sums and first.get("ChecksumType") == second.get("ChecksumType"):
        return all(first[name] == second[name] for name in sums)
    return _digest(bucket, key, one) == _digest(bucket, key, other)


def _seen(bucket: objects.Bucket, key: str, version: str) -> Mapping[str, Any]:
    """What HeadObject tells; {} under a customer's own key, which only they can look at."""
    try:
        return objects.look(bucket, key, version)
    except AwsRefusal as refusal:
        if refusal.code == "400":
            return {}
        raise


def _digest(bucket: objects.Bucket, key: str, version: str) -> bytes:
    told, digest = bucket.ask("get_object", Key=key, VersionId=version), hashlib.sha256()
    with edge("get_object"):
        for piece in told["Body"].iter_chunks(PIECE):
            digest.update(piece)
    return digest.digest()
