"""SSE-C: objects under a key that the customer sends along, of which S3 keeps nothing but a fingerprint."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "x-amz-server-side-encryption-customer-"
SOURCE = "x-amz-copy-source-server-side-encryption-customer-"
ALGORITHM = "SSE-C"  # as our own wish names it; no header does
MISSING = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
    "retrieve the object."
)


def sent(headers: Mapping[str, str], prefix: str = HEADER) -> str | None:
    """The fingerprint (MD5, base64) of the key that came along; None where none did.

    Raises:
        AwsError: InvalidArgument for a key or fingerprint that is not one.
    """
    if f"{prefix}algorithm" not in headers:
        return None
    try:
        key = base64.b64decode(headers.get(f"{prefix}key", ""), validate=True)
    except ValueError as error:
        raise AwsError("InvalidArgument", "The secret key was invalid for the specified algorithm.") from error
    told = base64.b64encode(hashlib.md5(key, usedforsecurity=False).digest()).decode()
    if len(key) != 32 or headers[f"{prefix}algorithm"] != "AES256":
        raise AwsError("InvalidArgument", "The secret key was invalid for the specified algorithm.")
    if headers.get(f"{prefix}key-md5", told) != told:
        raise AwsError(
            "InvalidArgument", "The calculated MD5 hash of the key did not match the hash that was provided."
        )
    return told


def held(found: Any) -> str | None:
    """The fingerprint of the key under which an object lies."""
    return getattr(found, "customer_key", None)


def judge(found: Any, headers: Mapping[str, str], prefix: str = HEADER) -> None:
    """Let pass whoever sent the object's own key, or none where there is none.

    Raises:
        AwsError: InvalidRequest (400) without the key, AccessDenied (403) with another.
    """
    key, own = sent(headers, prefix), held(found)
    if own is None and key is not None:
        raise AwsError("InvalidRequest", "The encryption parameters are not applicable to this object.")
    if own is not None and key is None:
        raise AwsError("InvalidRequest", MISSING)
    if own != key:
        raise AwsError("AccessDenied", "Access Denied", 403)


def told(found: Any) -> dict[str, str]:
    """What an answer about the object says of it."""
    own = held(found)
    return {f"{HEADER}algorithm": "AES256", f"{HEADER}key-MD5": own} if own else {}
