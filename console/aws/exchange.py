"""The bucket by which the central account and its tenants exchange letters. Two writers cannot both win.

Operations: GetObject, PutObject (If-None-Match, If-Match), ListObjectsV2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from console.aws.refusals import AwsRefusal, edge
from console.aws.session import ask, pages
from console.errors import Busy, ConsoleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
ABSENT = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True, slots=True)
class Held:
    """An object as it was read; `etag` is what `replace` must find still there."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing tells it; `at` in epoch seconds."""

    key: str
    size: int
    at: int
    etag: str


class Exchange:
    """One bucket. `client` makes the S3 client when it is first needed; keys stand below `prefix`.

    Raises of all: ConsoleError (exchange.denied, exchange.no_bucket, exchange.failed), AwsUnreachable and the like.
    """

    def __init__(self, client: Callable[[], Any], bucket: str, prefix: str = "") -> None:
        self._make = client
        self._bucket = bucket
        self._prefix = prefix

    @cached_property
    def _client(self) -> Any:
        return self._make()

    def place(self, key: str) -> str:
        """Where it stands, for a person to read."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def get(self, key: str, limit: int) -> Held | None:
        """The object, at most `limit` bytes and one of it; None where there is none (or it may not be known)."""
        try:
            told = self._ask("get_object", key)
        except AwsRefusal as refusal:
            if refusal.code in ABSENT:
                return None
            raise self._said(refusal, key) from refusal
        with edge("GetObject"):
            return Held(told["Body"].read(limit + 1), told["ETag"])

    def put_new(self, key: str, body: bytes) -> str:
        """Write what must not be there yet; its ETag.

        Raises:
            Busy: it is there.
        """
        return self._put(key, body, IfNoneMatch="*")

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Write over what was read with this ETag; the new one.

        Raises:
            Busy: somebody else did meanwhile.
        """
        return self._put(key, body, IfMatch=etag)

    def list(self, prefix: str) -> Iterator[Listed]:
        """The objects whose keys begin so, in the order of their keys."""
        try:
            whole = f"{self._prefix}{prefix}"
            for entry in pages(self._client, "list_objects_v2", "Contents", 1000, Bucket=self._bucket, Prefix=whole):
                yield self._listed(entry)
        except AwsRefusal as refusal:
            raise self._said(refusal, prefix) from refusal

    def _listed(self, entry: Mapping[str, Any]) -> Listed:
        at = int(entry["LastModified"].timestamp())
        return Listed(entry["Key"].removeprefix(self._prefix), int(entry["Size"]), at, entry["ETag"])

    def _put(self, key: str, body: bytes, **condition: str) -> str:
        try:
            told = self._ask("put_object", key, Body=body, ContentType="application/octet-stream", **condition)
        except AwsRefusal as refusal:
            if refusal.code in LOST or (refusal.code in ABSENT and "IfMatch" in condition):
                raise Busy("exchange.lost", place=self.place(key)) from refusal
            raise self._said(refusal, key) from refusal
        return str(told["ETag"])

    def _ask(self, method: str, key: str, **parameters: Any) -> dict[str, Any]:
        return ask(self._client, method, Bucket=self._bucket, Key=f"{self._prefix}{key}", **parameters)

    def _said(self, refusal: AwsRefusal, key: str) -> ConsoleError:
        if refusal.code == "NoSuchBucket":
            return ConsoleError("exchange.no_bucket", bucket=self._bucket)
        if refusal.denied:
            return ConsoleError("exchange.denied", place=self.place(key), detail=refusal.message)
        return ConsoleError("exchange.failed", place=self.place(key), detail=f"{refusal.code} {refusal.message}")
