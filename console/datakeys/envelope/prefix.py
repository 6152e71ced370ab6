"""Files in a bucket: which objects below a prefix are messages, told by the first bytes of each and nothing more."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.aws.refusals import AwsRefusal
from console.aws.s3 import Body
from console.datakeys.envelope import header
from console.datakeys.envelope.folder import SkippedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEME = "s3://"
WORK = ".kms-console-"
SPANS = (64 * 1024, 4 * 1024 * 1024)
"""Bytes that are asked for a header: nearly always the first suffice; of a long encryption context the second."""

BEGINS = (b"\x01\x80", b"\x02\x04", b"\x02\x05")
REASONS = (
    (objects.GONE, "gone"), (objects.CHANGED, "changed"), (objects.CLOSED, "archived"),
    (objects.DENIED | {"400", "InvalidRequest"}, "unreadable"),
)  # fmt: skip
"""By S3's codes; what is under a customer's own key is refused as a wrong request."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """`within` is what every key begins with, "" the whole bucket."""

    bucket: objects.Bucket
    within: str

    def work(self, run: str) -> str:
        """What the keys of a run's own objects begin with."""
        return f"{self.within}{WORK}{run}/"


def named(path: str) -> bool:
    """Whether the settings mean a bucket by it."""
    return path.startswith(SCHEME)


def of(client: Any, path: str, owner: str) -> Prefix:
    """`s3://bucket/prefix`, as a folder; the bucket must be the account's."""
    bucket, _, within = path.removeprefix(SCHEME).partition("/")
    return Prefix(objects.Bucket(client, bucket, owner), f"{within}/" if within else "")


def walk(place: Prefix, after: str = "", only: str = "") -> Iterator[Mapping[str, Any]]:
    """The current objects below the prefix in the order of their keys, but what runs put there; `only` is one of them.

    Raises:
        AwsRefusal, ConsoleError: the bucket cannot be listed.
    """
    for entry in objects.listed(place.bucket, after, f"{place.within}{only}"):
        if only and entry["Key"] != f"{place.within}{only}":
            return  # the one itself comes before all that are longer
        if f"/{WORK}" not in f"/{entry['Key']}" and not entry["Key"].endswith("/"):
            yield entry


def message(place: Prefix, entry: Mapping[str, Any]) -> header.Header:
    """The header of an object as it was listed or looked at. Raises SkippedError."""
    size = entry["Size"] if "Size" in entry else entry["ContentLength"]
    if entry.get("StorageClass") in objects.ARCHIVED:
        raise SkippedError("archived")
    told = _header(place.bucket, entry, size) if size else None
    if told is None:
        raise SkippedError("no_message")
    return told


def _header(bucket: objects.Bucket, entry: Mapping[str, Any], size: int) -> header.Header | None:
    for span in SPANS:
        with skipping(), body(bucket, entry, Range=f"bytes=0-{span - 1}") as stream:
            data = stream.read(span)
        told = header.read(BytesIO(data))
        if told is not None or size <= span or not data.startswith(BEGINS):
            return told
    return None


@contextmanager
def body(bucket: objects.Bucket, entry: Mapping[str, Any], **more: str) -> Iterator[Body]:
    """The bytes of just that object: of its ETag, and of its version where it has one. Raises AwsRefusal."""
    version = {"VersionId": entry["VersionId"]} if entry.get("VersionId") else {}
    asked = bucket.ask("get_object", Key=entry["Key"], IfMatch=entry["ETag"], **version, **more)
    with closing(asked["Body"]) as stream:
        yield Body(stream)


def look(place: Prefix, key: str, version: str = "") -> dict[str, Any]:
    """What HeadObject tells of a key, with the key."""
    return {**objects.look(place.bucket, key, version), "Key": key}


@contextmanager
def skipping() -> Iterator[None]:
    """What S3 refuses of one object is a reason to leave that object as it is. Raises SkippedError."""
    try:
        yield
    except AwsRefusal as refusal:
        for codes, reason in REASONS:
            if refusal.code in codes:
                raise SkippedError(reason) from refusal
        raise
