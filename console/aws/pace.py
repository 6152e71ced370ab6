"""How fast we may ask: a token bucket per account, Region and operation, at AWS's own quotas."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

QUOTAS: dict[str, float] = {
    "ListKeys": 500,
    "DescribeKey": 2000,
    "GetKeyRotationStatus": 1000,
    "ListKeyRotations": 100,
    "GetKeyLastUsage": 5,
    "ListResourceTags": 2000,
    "ListAliases": 500,
    "ListGrants": 100,
    "GetKeyPolicy": 1000,
    "ListKeyPolicies": 100,
    "EnableKeyRotation": 15,
    "DisableKeyRotation": 5,
    "RotateKeyOnDemand": 5,
    "LookupEvents": 2,
    "GetResources": 15,
    "DescribeVolumes": 20,
    "DescribeSnapshots": 20,
    "DescribeInstances": 20,
    "AssumeRole": 100,
    "Decrypt": 2000,
    "GenerateDataKey": 1000,
    "CopyObject": 3500,
    "PutObject": 3500,
    "UploadPart": 3500,
    "GetObject": 5500,
    "UploadPartCopy": 3500,
    "HeadObject": 5500,
    "GetObjectAcl": 5500,
    "GetObjectTagging": 5500,
    "DeleteObject": 3500,
}
"""Requests a second that AWS grants by default per account and Region (KMS and CloudTrail: their quota pages;
EC2: the refill rate of its describe bucket; S3: what one prefix of a bucket bears, from its performance guide). KMS's
cryptographic requests share at least 5,500: the larger part is left to an account's applications.
"""

OTHERWISE = 100.0
"""Requests a second for what has no published quota (S3's bucket settings, GetCallerIdentity)."""

FLOOR = 1 / 32
RECOVERY = 0.05
"""A slowed bucket wins back this part of its quota a second."""

UNHURRIED = frozenset({"ListKeyRotations", "ListGrants"})
"""Operations that only consoles and auditors ask, so that asking a little too much slows nobody's data path. Their
quota is the narrowest of a sync, and can be raised for an account without our knowing: while AWS does not complain
we go faster, at the first complaint we go back to the quota for good."""

GROWTH = 0.15
MOST = 4.0
"""An unhurried operation gains this part of its quota a second, up to so many times the quota."""


class Stopped(Exception):
    """The sync was interrupted while this call waited for its turn."""


class Bucket:
    """One operation's tokens, at most a second's worth; who waits holds a reservation, so turns are fair."""

    def __init__(self, quota: float, now: float, *, grows: bool = False) -> None:
        self.quota = quota
        self.grows = grows
        self.rate = quota
        self._size = max(1.0, quota)
        self._tokens = self._size
        self._stamp = now
        self._slowed = float("-inf")

    def reserve(self, now: float) -> float:
        """Take one token; the seconds until it may be spent."""
        elapsed, self._stamp = now - self._stamp, now
        self.rate = self._regained(elapsed)
        self._tokens = min(self._size, self._tokens + self.rate * elapsed) - 1
        return max(0.0, -self._tokens / self.rate)

    def _regained(self, elapsed: float) -> float:
        if self.rate < self.quota:
            return min(self.quota, self.rate + self.quota * RECOVERY * elapsed)
        if self.grows and self._tokens < 0:  # somebody waits: an idle bucket proves nothing
            return min(self.quota * MOST, self.rate + self.quota * GROWTH * min(elapsed, 1.0))
        return self.rate

    def slow(self, now: float) -> None:
        """Halve the rate for everybody; a burst of complaints within a second counts once."""
        if now - self._slowed < 1:
            return
        self._slowed = now
        self.rate = self.quota if self.rate > self.quota else max(self.rate / 2, self.quota * FLOOR)
        self.grows = False
        self._tokens = min(self._tokens, 0.0)


class Pace:
    """Waits before each request, and counts it. Safe to share between threads.

    `quotas` overrides requests a second per operation name; `clock` and `sleep` are seconds, monotonic.
    """

    def __init__(
        self,
        quotas: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._given = dict(quotas or {})
        self._clock = clock
        self._stop = threading.Event()
        self._sleep = sleep or self._stop.wait
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str], Bucket] = {}
        self._calls: Counter[str] = Counter()
        self._throttled = 0

    def take(self, account: str, region: str, operation: str) -> None:
        """Return when the next request of this operation may be sent.

        Raises:
            Stopped: `stop` was called.
        """
        with self._lock:
            self._calls[operation] += 1
            wait = self._bucket(account, region, operation).reserve(self._clock())
        if wait:
            self._sleep(wait)
        if self._stop.is_set():
            raise Stopped(operation)

    def slow(self, account: str, region: str, operation: str) -> None:
        """AWS complained of this operation: everybody who asks it waits longer for a while."""
        with self._lock:
            self._throttled += 1
            self._bucket(account, region, operation).slow(self._clock())

    def stop(self) -> None:
        """Wake all who wait, and refuse further requests."""
        self._stop.set()

    @property
    def calls(self) -> int:
        """Requests sent so far, retries included."""
        return self._calls.total()

    @property
    def throttled(self) -> int:
        """Requests that AWS answered with *too fast*."""
        return self._throttled

    def tally(self) -> dict[str, int]:
        """Requests per operation, most asked first."""
        with self._lock:
            return dict(self._calls.most_common())

    def _bucket(self, account: str, region: str, operation: str) -> Bucket:
        key = (account, region, operation)
        if key not in self._buckets:
            quota = self._given.get(operation) or QUOTAS.get(operation, OTHERWISE)
            grows = operation in UNHURRIED and operation not in self._given
            self._buckets[key] = Bucket(quota, self._clock(), grows=grows)
        return self._buckets[key]
