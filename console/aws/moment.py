"""AWS's moments as the store keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def epoch(moment: datetime | None) -> int | None:
    """Whole seconds since 1970-01-01 UTC; botocore's datetimes are aware."""
    return int(moment.timestamp()) if moment else None
