"""Object Lock where moto lets everything pass: a retention can be made longer, and rarely shorter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from console.sandbox.message import Request

BYPASS = "x-amz-bypass-governance-retention"


def judge(request: Request, found: Any, now: datetime) -> None:
    """Let pass a PutObjectRetention that lengthens, and one that shortens governance with its bypass.

    Raises:
        AwsError: AccessDenied (403), MalformedXML.
    """
    if found is None or not found.lock_until or _moment(found.lock_until) <= now:
        return
    if found.lock_mode == "GOVERNANCE" and request.headers.get(BYPASS, "").lower() == "true":
        return
    try:
        wish = ET.fromstring(request.body)  # noqa: S314 - a local client's own request, on loopback
    except ET.ParseError as error:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed.") from error
    mode, until = wish.findtext("{*}Mode"), wish.findtext("{*}RetainUntilDate")
    weaker = mode != found.lock_mode and found.lock_mode == "COMPLIANCE"
    if weaker or not until or _moment(until) < _moment(found.lock_until):
        raise AwsError("AccessDenied", "Access Denied because object protected by object lock.", 403)


def _moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
