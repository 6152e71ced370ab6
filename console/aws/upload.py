"""A new body for an object, in one request or in parts: what is held of it in memory is no more than a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from console.aws import objects

if TYPE_CHECKING:
    from collections.abc import Mapping

PART = 8 * 1024 * 1024
MOST_PARTS = 9_000
SUMMED = frozenset({"CRC32", "SHA1", "SHA256"})
"""Checksums that botocore makes by itself; for the others it needs a library that it does not bring."""


class Notes(Protocol):
    """Who remembers uploads in parts, so that one that a kill leaves behind is found."""

    def announce(self, bucket: objects.Bucket, key: str) -> None: ...
    def begun(self, key: str, upload: str) -> None: ...
    def over(self, key: str, upload: str) -> None: ...


class Upload:
    """Written to piece by piece; nothing stands at the key before `finish`. `told` is what the object is to be like,
    `size` about how many bytes will come.
    """

    def __init__(self, bucket: objects.Bucket, key: str, told: Mapping[str, Any], size: int, notes: Notes) -> None:
        self._bucket, self._key, self._notes = bucket, key, notes
        self._told = _summed(told)
        self._part = max(PART, size // MOST_PARTS)
        self._held = bytearray()
        self._parts: list[dict[str, Any]] = []
        self._id = ""

    def write(self, data: bytes) -> int:
        self._held += data
        while len(self._held) > self._part:
            self._send(bytes(self._held[: self._part]))
            del self._held[: self._part]
        return len(data)

    def finish(self, etag: str) -> dict[str, Any]:
        """It stands at the key, if what stands there still has this ETag; the answer with its ETag and VersionId.

        Raises:
            AwsRefusal: a code of CHANGED where it has not.
        """
        if not self._id:
            return self._bucket.ask("put_object", Key=self._key, Body=bytes(self._held), IfMatch=etag, **self._told)
        self._send(bytes(self._held))
        parts = {"Parts": self._parts}
        answer = self._bucket.ask(
            "complete_multipart_upload", Key=self._key, UploadId=self._id, MultipartUpload=parts, IfMatch=etag
        )
        self._over()
        return answer

    def abort(self) -> None:
        """No part stays behind; of an upload that was finished there is nothing to abort."""
        if self._id and objects.abort(self._bucket, self._key, self._id):
            self._over()

    def _over(self) -> None:
        self._notes.over(self._key, self._id)
        self._id = ""

    def _send(self, data: bytes) -> None:
        if not self._id:
            self._begin()
        where = {"Key": self._key, "UploadId": self._id, "PartNumber": len(self._parts) + 1}
        summed = {name: value for name, value in self._told.items() if name == "ChecksumAlgorithm"}
        part = self._bucket.ask("upload_part", **where, **summed, Body=data)
        sums = {name: value for name, value in part.items() if name.startswith("Checksum") and name != "ChecksumType"}
        self._parts.append({"PartNumber": where["PartNumber"], "ETag": part["ETag"], **sums})

    def _begin(self) -> None:
        self._notes.announce(self._bucket, self._key)
        whole = {"ChecksumType": "FULL_OBJECT"} if self._told.get("ChecksumAlgorithm", "").startswith("CRC") else {}
        asked = self._bucket.ask_once("create_multipart_upload", Key=self._key, **self._told, **whole)
        self._id = asked["UploadId"]
        self._notes.begun(self._key, self._id)


def _summed(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same with a checksum that can be made here."""
    wanted = told.get("ChecksumAlgorithm")
    return {**told, "ChecksumAlgorithm": wanted if wanted in SUMMED else "CRC32"}
