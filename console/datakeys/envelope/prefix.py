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
    from collections.abc import Callable, Iterator, Mapping

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


def of(client: Any, path: str, owner: str, once: Any = None) -> Prefix:
    """`s3://bucket/prefix`, as a folder; the bucket must be the account's."""
    bucket, _, within = path.removeprefix(SCHEME).partition("/")
    return Prefix(objects.Bucket(client, bucket, owner, once), f"{within}/" if within else "")


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
    """The header of an object (Key, ETag, and size and class where they are known). Raises SkippedError."""
    size = entry.get("Size", entry.get("ContentLength", SPANS[-1]))
    if entry.get("StorageClass") in objects.ARCHIVED:
        raise SkippedError("archived")
    told = _header(lambda span: _beginning(place.bucket, entry, span), size) if size else None
    if told is None:
        raise SkippedError("no_message")
    return told


def _beginning(bucket: objects.Bucket, entry: Mapping[str, Any], span: int) -> bytes:
    version = {"VersionId": entry["VersionId"]} if entry.get("VersionId") else {}
    with skipping():
        asked = bucket.ask(
            "get_object", Key=entry["Key"], IfMatch=entry["ETag"], **version, Range=f"bytes=0-{span - 1}"
        )
        with closing(asked["Body"]) as stream:
            return Body(stream).read(span)


def _header(begin: Callable[[int], bytes], size: int) -> header.Header | None:
    for span in SPANS:
        data = begin(span)
        told = header.read(BytesIO(data))
        if told is not None or size <= span or not data.startswith(BEGINS):
            return told
    return None


class Message:
    """An object that is a message, being read: its header, what S3 tells of it (as HeadObject does), and its bytes."""

    def __init__(self, key: str, asked: Mapping[str, Any]) -> None:
        self.seen = {**asked, "Key": key}
        self._body = Body(asked["Body"])
        self._held = b""
        found = _header(self._begin, asked["ContentLength"])
        if found is None:
            raise SkippedError("no_message")
        self.header = found

    def _begin(self, span: int) -> bytes:
        self._held += self._body.read(span - len(self._held))
        return self._held

    def read(self, size: int) -> bytes:
        held, self._held = self._held[:size], self._held[size:]
        return held + self._body.read(size - len(held)) if len(held) < size else held


@contextmanager
def opened(place: Prefix, entry: Mapping[str, Any]) -> Iterator[Message]:
    """The message that is now at the key of an entry: one request where it is small. Raises SkippedError."""
    if not 0 < entry["Size"] <= SPANS[0]:
        message(place, entry)  # all of something large is asked for only if that is a message
    with skipping():
        asked = place.bucket.ask("get_object", Key=entry["Key"], ChecksumMode="ENABLED")
        with closing(asked["Body"]):
            yield Message(entry["Key"], asked)


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
