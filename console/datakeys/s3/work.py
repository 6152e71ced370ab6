"""How much work a route is for a bucket: requests by the number of objects, which only S3 itself can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.aws import objects
from console.datakeys.estimates import GIB, KMS, NOTHING, Part, Range, Size, Work, counted, just
from console.datakeys.holders import Holder, Holding

if TYPE_CHECKING:
    from console.aws.session import Account
    from console.datakeys.estimates import Basis
    from console.datakeys.routes import Subject

MOST = 100_000
"""Versions that are counted beforehand: a hundred requests. Of a larger bucket the estimate says *or more*."""


def work(subject: Subject, route: str, size: Size | None, basis: Basis) -> Work:
    """Requests, and the storage of what is old as long as it is kept."""
    if route in ("bucket_default", "bucket_key"):
        return Work((Part("calls_s", just(2)),), (Part("writes_1000", just(1)),))
    history = route == "rewrite_versions"
    whole = size is None or size.whole
    number = counted(None if size is None else size.things + history * size.older, whole=whole)
    paced, writes = Part("objects_s", number), Part("writes_1000", number)
    if route == "update_encryption":
        return Work((paced,), (writes, Part(KMS, number)))
    billed = (
        writes, Part("reads_1000", number), Part(KMS, _keys(subject, number)),
        Part("object_gib_month", basis.kept(_doubled(size, history=history))),
    )  # fmt: skip
    if route == "batch":
        return Work((paced,), (Part("batch_jobs", just(1)), Part("batch_objects_million", number), *billed))
    return Work((paced,), billed)


def holding(subject: Subject, size: Size | None) -> Holding:
    """Where versions are kept: those behind the current ones, and the current ones themselves once rewritten."""
    if size is None or not size.keeps:
        return Holding(known=size is not None)
    number = size.older + size.things
    held = Holder("versions", subject.resource_id, detail=f"{number}{'' if size.whole else '+'}")
    return Holding(number, (held,) if number else ())


def _doubled(size: Size | None, *, history: bool) -> Range | None:
    """GiB that stand twice until the old is gone: where versions are kept, else nothing is old."""
    if size is None:
        return None
    if not size.keeps:
        return NOTHING
    return counted((size.bytes + history * size.older_bytes) / GIB, whole=size.whole)


def _keys(subject: Subject, number: Range | None) -> Range | None:
    """A Decrypt and a GenerateDataKey for each object; with a Bucket Key far fewer, nobody says how many."""
    if number is None:
        return None
    twice = number + number
    return Range(NOTHING.low, twice.high) if dict(subject.detail).get("bucket_key") == "true" else twice


def measured(account: Account, subject: Subject) -> Size:
    """What is in the bucket now, versions too, as far as MOST goes.

    Raises:
        AwsRefusal: the bucket cannot be listed.
    """
    bucket = objects.Bucket(account.client("s3", subject.region), subject.resource_id, subject.account_id)
    things = size = older = older_size = 0
    keeps = False
    for history in objects.histories(bucket):
        keeps = keeps or any(one["VersionId"] != "null" for one in history.versions)
        for one in history.versions:
            if one.get("IsLatest"):
                things, size = things + 1, size + one["Size"]
            else:
                older, older_size = older + 1, older_size + one["Size"]
        if things + older >= MOST:
            return Size(things, size, older, older_size, keeps, whole=False)
    return Size(things, size, older, older_size, keeps)
