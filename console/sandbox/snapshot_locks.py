"""LockSnapshot: a snapshot that nobody can delete until a date; in compliance mode nobody can lift that either."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.ec2.exceptions import EC2ClientError

from console.sandbox.call import CURRENT

MODES = ("governance", "compliance")
LONGEST_DAYS, LONGEST_COOL_OFF = 36_500, 72


@dataclass(slots=True)
class SnapshotLock:
    """The lock on one snapshot; without `mode` there is none. Moments are those of the sandbox's clock."""

    mode: str = ""
    created: datetime | None = None
    expires: datetime | None = None
    cool_until: datetime | None = None
    days: int = 0

    def holds(self) -> bool:
        return bool(self.mode and self.expires and _now() < self.expires)

    @property
    def state(self) -> str:
        if not self.holds():
            return "expired"
        cooling = self.mode == "compliance" and self.cool_until is not None and _now() < self.cool_until
        return "compliance-cooloff" if cooling else self.mode

    def set(self, mode: str, days: int | None, until: datetime | None, cool_off: int | None) -> None:
        """Lock it, or lock it otherwise.

        Raises:
            EC2ClientError: a mode or a length that there is not, or a compliance lock that would end sooner.
        """
        if mode not in MODES or (days is None) == (until is None) or (cool_off and mode != "compliance"):
            raise EC2ClientError("InvalidParameterCombination", "A mode, and either a duration or an expiration date.")
        if not (days is None or 1 <= days <= LONGEST_DAYS) or not 0 <= (cool_off or 0) <= LONGEST_COOL_OFF:
            raise EC2ClientError("InvalidParameterValue", "The duration or the cool-off period is out of range.")
        now = _now()
        expires = until or now + timedelta(days=days or 0)
        if self.state == "compliance" and (mode != self.mode or (self.expires and expires < self.expires)):
            raise EC2ClientError("OperationNotPermitted", "A compliance lock can only be extended.")
        self.mode, self.created, self.expires, self.days = mode, self.created or now, expires, (expires - now).days
        self.cool_until = now + timedelta(hours=cool_off) if cool_off else None

    def lift(self) -> None:
        """Raises EC2ClientError: it is a compliance lock that has cooled off."""
        if self.state == "compliance":
            raise EC2ClientError("OperationNotPermitted", "A snapshot locked in compliance mode cannot be unlocked.")
        self.mode, self.created, self.expires = "", None, None

    def told(self) -> dict[str, Any]:
        """As DescribeLockedSnapshots and LockSnapshot tell of it."""
        return {
            "LockState": self.state, "LockDuration": self.days, "LockCreatedOn": self.created,
            "LockDurationStartTime": self.created, "LockExpiresOn": self.expires,
            "CoolOffPeriodExpiresOn": self.cool_until,
        }  # fmt: skip


def _now() -> datetime:
    return CURRENT.get().clock.now()
