"""A new body for an object, in one request or in parts: what is held of it in memory is no more than a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import objects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PART = 8 * 1024 * 1024
MOST_PARTS = 9_000


class Upload:
    """Written to piece by piece; nothing stands at the key before `finish`. `told` is what the object is to be like,
    `size` about how many bytes will come; `begun` hears the id of an upload in parts.
    """

    def __init__(
        self, bucket: objects.Bucket, key: str, told: Mapping[str, Any], size: int, begun: Callable[[str], Any]
    ) -> None:
        self._bucket, self._key, self._told, self._begun = bucket, key, told, begun
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
        return self._bucket.ask(
            "complete_multipart_upload", Key=self._key, UploadId=self._id, MultipartUpload=parts, IfMatch=etag
        )

    def abort(self) -> None:
        """No part stays behind; of an upload that was finished there is nothing to abort."""
        if self._id:
            objects.abort(self._bucket, self._key, self._id)

    def _send(self, data: bytes) -> None:
        if not self._id:
            asked = self._bucket.ask("create_multipart_upload", Key=self._key, **self._told)
            self._id = asked["UploadId"]
            self._begun(self._id)
        where = {"Key": self._key, "UploadId": self._id, "PartNumber": len(self._parts) + 1}
        part = self._bucket.ask("upload_part", **where, Body=data)
        sums = {name: value for name, value in part.items() if name.startswith("Checksum") and name != "ChecksumType"}
        self._parts.append({"PartNumber": where["PartNumber"], "ETag": part["ETag"], **sums})
