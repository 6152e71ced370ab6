"""Lists in pages: Limit with AWS's defaults and maxima, markers that only the list that gave them understands."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, TypeVar

from console.sandbox.errors import AwsError
from console.sandbox.kms import model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from console.sandbox.kms.keys import Ask

Row = TypeVar("Row")

# Operation to (default, maximum) of Limit.
LIMITS = {
    "ListKeys": (100, 1000),
    "ListKeyRotations": (100, 1000),
    "ListKeyPolicies": (100, 1000),
    "ListAliases": (50, 100),
    "ListGrants": (50, 100),
    "ListRetirableGrants": (50, 100),
    "ListResourceTags": (50, 50),
}


def page(
    ask: Ask, rows: Sequence[Row], name: str, key: Callable[[Row], str], told: Callable[[Row], Any]
) -> dict[str, Any]:
    """The answer with the rows after the marker, under `name`; `rows` are sorted by `key`.

    Raises:
        AwsError: InvalidMarkerException, or ValidationException for a Limit above this list's maximum.
    """
    default, most = LIMITS[ask.operation]
    size = ask.params.get("Limit", default)
    if size > most:
        raise model.invalid(size, "limit", f"Member must have value less than or equal to {most}")
    start = bisect_right(rows, _read(ask), key=key) if "Marker" in ask.params else 0
    shown = rows[start : start + size]
    answer: dict[str, Any] = {name: [told(row) for row in shown], "Truncated": start + size < len(rows)}
    if answer["Truncated"]:
        answer["NextMarker"] = _written(ask.operation, key(shown[-1]))
    return answer


def _written(operation: str, last: str) -> str:
    return base64.urlsafe_b64encode(f"{operation}\n{last}".encode()).decode()


def _read(ask: Ask) -> str:
    marker = ask.params["Marker"]
    try:
        operation, _, last = base64.b64decode(marker, altchars=b"-_", validate=True).decode().partition("\n")
    except (binascii.Error, ValueError) as error:
        raise AwsError("InvalidMarkerException", f"Could not deserialize marker '{marker}'") from error
    if operation != ask.operation:
        raise AwsError("InvalidMarkerException", f"Could not deserialize marker '{marker}'")
    return last
