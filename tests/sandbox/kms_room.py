"""A KMS of one's own for a test, with a clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta

import pytest

from console.sandbox.callers import Caller
from console.sandbox.entropy import Entropy
from console.sandbox.errors import AwsError
from console.sandbox.kms import Kms
from console.sandbox.trail import Trail

REGION = "eu-west-1"
CENTRAL, TENANT, OTHER = "999988887777", "111122223333", "444455556666"
START = datetime(2026, 3, 14, 10, tzinfo=UTC)


class StillClock:
    """Time that only a test moves."""

    def __init__(self, moment=START):
        self.moment = moment

    def now(self):
        return self.moment

    def advance(self, **step):
        self.moment += timedelta(**step)


def person(account=CENTRAL, name="administrator", service=""):
    return Caller(account, f"arn:aws:iam::{account}:user/{name}", f"AIDA{name.upper()}", service)


def session(account, role, name="someone", service=""):
    return Caller(account, f"arn:aws:sts::{account}:assumed-role/{role}/{name}", f"AROA{role.upper()}:{name}", service)


class Room:
    """Calls by name: `room.DescribeKey(KeyId=…)`, as the central administrator unless `by` says otherwise."""

    def __init__(self, **wishes):
        self.clock, self.trail = StillClock(), Trail()
        self.kms = Kms(self.clock, self.trail, Entropy("room"), **wishes)

    def __getattr__(self, operation):
        if not operation[0].isupper():
            raise AttributeError(operation)

        def call(by=None, region=REGION, **params):
            return self.kms.call(by or person(), region, operation, params)

        return call

    def key(self, **wishes):
        """A new key's ARN."""
        return self.CreateKey(**wishes)["KeyMetadata"]["Arn"]

    def state(self, key):
        return self.DescribeKey(KeyId=key)["KeyMetadata"]["KeyState"]

    def materials(self, key):
        return self.ListKeyRotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]

    def turns(self, key):
        """(date, type) of every rotation that was."""
        return [(one["RotationDate"], one["RotationType"]) for one in self.ListKeyRotations(KeyId=key)["Rotations"]]

    def events(self, account=CENTRAL, name=None, region=REGION):
        return [one for one in self.trail.events[account, region] if name in {None, one["eventName"]}]


def refused(code, call, *args, **params):
    """The message of the refusal that must come."""
    with pytest.raises(AwsError) as caught:
        call(*args, **params)
    assert caught.value.code == code, caught.value
    assert caught.value.status == 400
    return caught.value.message


def tree_of(words):
    """Every string in a nest of dicts and lists."""
    if isinstance(words, dict):
        for key, value in words.items():
            yield key
            yield from tree_of(value)
    elif isinstance(words, (list, tuple)):
        for one in words:
            yield from tree_of(one)
    else:
        yield str(words)
