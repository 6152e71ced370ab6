"""The conditions of CopyObject that moto does not ask: on the source and on what stands at the destination."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from console.sandbox.message import Request

CHANGES = ("x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-server-side-encryption")
ILLEGAL = (
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
    "metadata, storage class, website redirect location or encryption attributes."
)


def check_copy(request: Request, source: Any, standing: Any, *, itself: bool) -> None:
    """Judge the conditions; `standing` is the object at the destination, or None.

    Raises:
        AwsError: PreconditionFailed (412), NoSuchKey (404) or InvalidRequest for a copy that changes nothing.
    """
    check_source(request, source)
    check_destination(request, standing)
    if itself and not _changes(request, source):
        raise AwsError("InvalidRequest", ILLEGAL)


def check_destination(request: Request, standing: Any) -> None:
    """Judge If-Match and If-None-Match by what stands at the destination.

    Raises:
        AwsError: PreconditionFailed (412), NoSuchKey (404) where nothing stands that could match.
    """
    headers = request.headers
    if "if-match" in headers:
        if standing is None:
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
        _require(_same(headers["if-match"], standing.etag), "If-Match")
    if headers.get("if-none-match") == "*":
        _require(standing is None, "If-None-Match")


def check_source(request: Request, source: Any) -> None:
    """Judge the four conditions on what is copied.

    Raises:
        AwsError: PreconditionFailed (412).
    """
    headers, prefix = request.headers, "x-amz-copy-source-"
    changed = source.last_modified.replace(microsecond=0, tzinfo=UTC)
    if f"{prefix}if-match" in headers:
        _require(_same(headers[f"{prefix}if-match"], source.etag), f"{prefix}If-Match")
    elif f"{prefix}if-unmodified-since" in headers:
        limit = parsedate_to_datetime(headers[f"{prefix}if-unmodified-since"])
        _require(changed <= limit, f"{prefix}If-Unmodified-Since")
    if f"{prefix}if-none-match" in headers:
        _require(not _same(headers[f"{prefix}if-none-match"], source.etag), f"{prefix}If-None-Match")
    elif f"{prefix}if-modified-since" in headers:
        limit = parsedate_to_datetime(headers[f"{prefix}if-modified-since"])
        _require(changed > limit, f"{prefix}If-Modified-Since")


def _changes(request: Request, source: Any) -> bool:
    replaced = request.headers.get("x-amz-metadata-directive") == "REPLACE"
    return replaced or source.encryption != "AES256" or any(h in request.headers for h in CHANGES)


def _same(wanted: str, etag: str) -> bool:
    return wanted.strip('"') == etag.strip('"')


def _require(held: bool, condition: str) -> None:
    if not held:
        raise AwsError(
            "PreconditionFailed", f"At least one of the pre-conditions you specified did not hold ({condition})", 412
        )
