"""S3's archived classes: RestoreObject of any version, and the end of what was restored for some days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from moto.s3.utils import ARCHIVE_STORAGE_CLASSES

from console.sandbox.errors import AwsError
from console.sandbox.message import Request, Response

if TYPE_CHECKING:
    from datetime import datetime


def restore(request: Request, found: Any) -> Response:
    """Make an archived version readable for a number of days; 202 the first time, 200 when it only lasts longer.

    Raises:
        AwsError: InvalidObjectState for what is not archived, MalformedXML.
    """
    if found.storage_class not in ARCHIVE_STORAGE_CLASSES:
        raise AwsError("InvalidObjectState", "Restore is not allowed for the object's current storage class", 403)
    try:
        days = ET.fromstring(request.body).findtext("{*}Days")  # noqa: S314 - a local client's own request, on loopback
    except ET.ParseError as error:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed.") from error
    if not days or not days.isdigit() or int(days) < 1:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed.")
    known = found.expiry_date is not None
    found.restore(int(days))
    return Response(200 if known else 202)


def expire(found: Any, now: datetime) -> None:
    """Archived again, where the days are over."""
    until = found._expiry  # noqa: SLF001 - moto tells it as text alone
    if until is not None and until <= now.replace(tzinfo=None):
        found.set_expiry(None)
