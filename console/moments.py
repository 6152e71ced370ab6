"""Moments as people type them: a day or so long ago, as epoch seconds in UTC."""

from __future__ import annotations

import calendar
import re
import time

from console.errors import UsageError

DAY = 86_400
_AGO = re.compile(r"(\d{1,5})([dw])")
_UNITS = {"d": 1, "w": 7}


def moment_of(text: str, now: int) -> int:
    """`2026-03-14` is the end of that day (now, where it is not over yet), `30d` or `4w` is so long before `now`.

    Raises:
        UsageError: neither, or it is still to come.
    """
    begun = began(text, now)
    if _AGO.fullmatch(text.strip().lower()):
        return begun
    return min(begun + DAY - 1, now)


def began(text: str, now: int) -> int:
    """The same, but the beginning of a day.

    Raises:
        UsageError: neither, or it is still to come.
    """
    typed = text.strip().lower()
    if ago := _AGO.fullmatch(typed):
        return now - int(ago[1]) * _UNITS[ago[2]] * DAY
    try:
        day = calendar.timegm(time.strptime(typed, "%Y-%m-%d"))
    except ValueError as error:
        raise UsageError("usage.moment", value=text) from error
    if day > now:
        raise UsageError("usage.moment_ahead", value=text)
    return day
