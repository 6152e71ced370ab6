"""The sandbox's own time: it can be set back to seed nine years of history and moved ahead to see what comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Time that runs with the real one, at a distance that can be changed; never runs backwards once opened."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset

    def now(self) -> datetime:
        """The sandbox's present, aware, UTC."""
        return datetime.now(UTC) + self.offset

    def set(self, moment: datetime) -> None:
        self.offset = moment - datetime.now(UTC)

    def advance(self, step: timedelta) -> datetime:
        self.offset += step
        return self.now()
