"""AWS is asked no faster than it allows, and slower for everybody once it complains."""

import threading

import pytest

from console.aws.pace import QUOTAS, Pace, Stopped

HERE = ("999988887777", "eu-west-1")


class Time:
    """A clock that moves only by sleeping."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def paced(**quotas):
    time = Time()
    return Pace(quotas, time, time.sleep), time


def test_a_thousand_calls_take_their_quota():
    """After one second's worth at once, requests leave at the quota's rate."""
    pace, time = paced(ListKeyRotations=100)
    for _ in range(1000):
        pace.take(*HERE, "ListKeyRotations")
    assert time.now == pytest.approx((1000 - 100) / 100)


def test_key_histories_come_faster_while_aws_does_not_complain():
    """ListKeyRotations has the narrowest quota, and an account's own may be wider: we find out."""
    pace, time = paced()
    for _ in range(2000):
        pace.take(*HERE, "ListKeyRotations")
    assert 8 < time.now < 13, "not twenty seconds"


def test_at_the_first_complaint_key_histories_keep_to_the_quota():
    """From then on it is AWS's hundred a second and never more."""
    pace, time = paced()
    for _ in range(1000):
        pace.take(*HERE, "ListKeyRotations")
    pace.slow(*HERE, "ListKeyRotations")
    begun = time.now
    for _ in range(1000):
        pace.take(*HERE, "ListKeyRotations")
    assert time.now - begun == pytest.approx(10.0, rel=0.01)


def test_a_quota_from_the_settings_is_kept():
    """Who writes down a quota knows it: no finding out."""
    pace, time = paced(ListKeyRotations=50)
    for _ in range(500):
        pace.take(*HERE, "ListKeyRotations")
    assert time.now == pytest.approx((500 - 50) / 50)


def test_operations_accounts_and_regions_do_not_wait_for_each_other():
    """Each has a bucket of its own, as AWS counts them."""
    pace, time = paced(ListKeyRotations=1, DescribeKey=1)
    pace.take(*HERE, "ListKeyRotations")
    pace.take(*HERE, "DescribeKey")
    pace.take("999988887777", "eu-central-1", "ListKeyRotations")
    pace.take("111122223333", "eu-west-1", "ListKeyRotations")
    assert time.now == 0


def test_a_complaint_halves_the_rate_and_the_quota_comes_back():
    """One throttled answer slows everybody who asks the same; time heals it."""
    pace, time = paced(DescribeKey=100)
    pace.take(*HERE, "DescribeKey")
    pace.slow(*HERE, "DescribeKey")
    begun = time.now
    for _ in range(50):
        pace.take(*HERE, "DescribeKey")
    assert 0.75 < time.now - begun < 1.0, "fifty at about fifty a second, recovering meanwhile"
    time.sleep(60)
    begun = time.now
    for _ in range(300):
        pace.take(*HERE, "DescribeKey")
    assert time.now - begun == pytest.approx(2.0), "a bucketful at once, the rest at the full rate"


def test_many_complaints_at_once_count_as_one():
    """Twenty threads that were throttled together do not bring the rate to nothing."""
    pace, time = paced(DescribeKey=100)
    for _ in range(20):
        pace.slow(*HERE, "DescribeKey")
    pace.take(*HERE, "DescribeKey")
    assert time.now < 0.05
    assert pace.throttled == 20


def test_every_call_is_counted_by_operation():
    """The tally is what the summary and the benchmark report."""
    pace, _ = paced()
    for operation in ("DescribeKey", "ListKeys", "DescribeKey"):
        pace.take(*HERE, operation)
    assert pace.calls == 3
    assert pace.tally() == {"DescribeKey": 2, "ListKeys": 1}


def test_stopping_wakes_those_who_wait():
    """An interrupted sync does not sit out the turns that its calls were waiting for."""
    pace = Pace({"LookupEvents": 0.001})
    pace.take(*HERE, "LookupEvents")
    refused = threading.Event()

    def wait():
        with pytest.raises(Stopped):
            pace.take(*HERE, "LookupEvents")
        refused.set()

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    pace.stop()
    assert refused.wait(5)


def test_scarce_operations_have_their_published_quota():
    """The two that would be throttled first are known by name."""
    assert QUOTAS["ListKeyRotations"] == 100
    assert QUOTAS["LookupEvents"] == 2
