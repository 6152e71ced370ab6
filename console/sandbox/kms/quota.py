"""AWS's request quotas of KMS, to be switched on: the caller's account is charged, per Region and operation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from console.sandbox.errors import AwsError
from console.sandbox.kms.access import CRYPTOGRAPHY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MESSAGE = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
# Requests a second, as AWS grants them by default.
RATES: dict[str, float] = {
    "CancelKeyDeletion": 5, "CreateAlias": 5, "CreateGrant": 50, "CreateKey": 5, "DeleteAlias": 15, "DescribeKey": 2000,
    "DisableKey": 5, "DisableKeyRotation": 5, "EnableKey": 5, "EnableKeyRotation": 15, "GetKeyLastUsage": 5,
    "GetKeyPolicy": 1000, "GetKeyRotationStatus": 1000, "GetPublicKey": 2000, "ListAliases": 500, "ListGrants": 100,
    "ListKeyPolicies": 100, "ListKeyRotations": 100, "ListKeys": 500, "ListResourceTags": 2000,
    "ListRetirableGrants": 100, "PutKeyPolicy": 15, "RetireGrant": 30, "RevokeGrant": 30, "RotateKeyOnDemand": 5,
    "ScheduleKeyDeletion": 15, "TagResource": 10, "UntagResource": 5, "UpdateAlias": 5, "UpdateKeyDescription": 5,
}  # fmt: skip
SHARED = "symmetric cryptography"  # one quota for all of these together
SYMMETRIC_USES = (CRYPTOGRAPHY - {"Sign", "Verify"}) | {"GenerateRandom"}
SHARED_RATE = 10_000.0
LARGE = {
    **dict.fromkeys(("us-east-1", "us-west-2", "eu-west-1"), 100_000.0),
    **dict.fromkeys(("us-east-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1"), 20_000.0),
    **dict.fromkeys(("eu-central-1", "eu-west-2"), 20_000.0),
}


def _rates(operations: Iterable[str]) -> dict[str, float]:
    """AWS's own rates; 0 stands for the shared one, which depends on the Region."""
    named = {SHARED if one in SYMMETRIC_USES else one for one in operations}
    if unknown := named - RATES.keys() - {SHARED}:
        raise ValueError(", ".join(sorted(unknown)))
    return {name: RATES.get(name, 0.0) for name in named}


class Throttle:
    """Token buckets that hold a second's worth, filled by the real time, whatever the sandbox's clock says."""

    def __init__(self, rates: Mapping[str, float] | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self.rates = dict(rates or {})
        self.now = now
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}

    def on(self, operations: Iterable[str] | Mapping[str, float] | None = None) -> None:
        """Begin: every operation at AWS's quota, only those named, or those named at rates of one's own.

        Raises:
            ValueError: an operation without a quota.
        """
        if isinstance(operations, Mapping):
            self.rates = dict(operations)
        else:
            self.rates = _rates([*RATES, SHARED] if operations is None else operations)
        self._buckets.clear()

    def off(self) -> None:
        self.rates.clear()
        self._buckets.clear()

    def spend(self, account: str, region: str, operation: str) -> None:
        """Charge one call to the account.

        Raises:
            AwsError: ThrottlingException.
        """
        name = operation if operation in self.rates else SHARED if operation in SYMMETRIC_USES else operation
        rate = self.rates.get(name)
        if rate is None:
            return
        rate = rate or LARGE.get(region, SHARED_RATE)
        moment, place = self.now(), (account, region, name)
        full = max(rate, 1.0)
        left, since = self._buckets.get(place, (full, moment))
        left = min(full, left + (moment - since) * rate)
        if left < 1:
            self._buckets[place] = (left, moment)
            raise AwsError("ThrottlingException", MESSAGE)
        self._buckets[place] = (left - 1, moment)
