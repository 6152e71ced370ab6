"""AWS's request quotas, switched on: who is charged, for what, and when it is over."""

import pickle
import threading

import pytest

from console.sandbox.errors import AwsError
from console.sandbox.kms.quota import MESSAGE, SHARED, Throttle
from tests.sandbox.kms_room import CENTRAL, OTHER, REGION, TENANT, Room, person, refused


class Hand:
    """Seconds that a test moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def admitted(throttle, operation, asked, account=CENTRAL, region=REGION):
    """How many of so many calls at once are let through."""
    passed = 0
    for _ in range(asked):
        try:
            throttle.spend(account, region, operation)
        except AwsError as error:
            if (error.code, error.message, error.status) != ("ThrottlingException", MESSAGE, 400):
                raise
        else:
            passed += 1
    return passed


@pytest.mark.parametrize(
    ("operation", "rate"), [("ListKeyRotations", 100), ("CreateKey", 5), ("GetKeyLastUsage", 5), ("DescribeKey", 2000)]
)
def test_each_operation_has_its_rate(operation, rate):
    """A burst of a second's worth passes, no more; half a second later, half of that again."""
    hand = Hand()
    throttle = Throttle(now=hand)
    throttle.on()
    assert admitted(throttle, operation, rate + 10) == rate
    hand.now = 0.5
    assert admitted(throttle, operation, rate) == rate // 2


def test_uses_share_one_quota_that_depends_on_the_region():
    """Encrypt and Decrypt draw from one bucket, which is larger in AWS's large Regions."""
    throttle = Throttle(now=Hand())
    throttle.on(["Encrypt"])
    assert admitted(throttle, "Encrypt", 6000, region="eu-west-3") == 6000
    assert admitted(throttle, "Decrypt", 6000, region="eu-west-3") == 4000
    assert admitted(throttle, "Decrypt", 12000, region="eu-central-1") == 12000


def test_accounts_regions_and_operations_are_charged_apart():
    """One account's haste slows neither another account, nor another Region, nor another call."""
    throttle = Throttle({"CreateKey": 5, "CreateAlias": 5}, now=Hand())
    assert admitted(throttle, "CreateKey", 9) == 5
    assert admitted(throttle, "CreateKey", 9, account=TENANT) == 5
    assert admitted(throttle, "CreateKey", 9, region="eu-central-1") == 5
    assert admitted(throttle, "CreateAlias", 9) == 5
    assert admitted(throttle, "EnableKey", 99) == 99


def test_only_what_is_named_is_slowed_and_off_is_off():
    """Named operations are held to AWS's rate, others are not; switched off, nothing is."""
    room = Room()
    room.kms.throttle_on(["CreateKey"])
    for _ in range(5):
        room.key()
    assert refused("ThrottlingException", room.CreateKey) == MESSAGE
    assert len(room.ListKeys()["Keys"]) == 5
    room.kms.throttle_off()
    assert room.key()


def test_rates_of_one_s_own():
    """A test may set a rate that is not AWS's, also below one a second."""
    room = Room(throttle={"ListKeys": 0.001})
    room.ListKeys()
    refused("ThrottlingException", room.ListKeys)


def test_the_caller_pays_across_accounts():
    """A tenant who exhausts his quota on a central key leaves the centre its own."""
    room = Room()
    lets = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}}'
    key = room.key(Policy=lets)
    room.kms.throttle_on({"DescribeKey": 2})
    for _ in range(2):
        room.DescribeKey(by=person(TENANT), KeyId=key)
    refused("ThrottlingException", room.DescribeKey, by=person(TENANT), KeyId=key)
    assert room.DescribeKey(KeyId=key)
    assert room.DescribeKey(by=person(OTHER), KeyId=key)


def test_unknown_operations_have_no_quota():
    """Slowing something that KMS does not do is a mistake, and said so."""
    with pytest.raises(ValueError, match="NoSuchThing"):
        Throttle().on(["NoSuchThing"])


def test_quotas_survive_pickling():
    """A KMS that was held to its quotas still is when it is taken out again, with full buckets."""
    room = Room()
    room.kms.throttle_on()
    again = pickle.loads(pickle.dumps(room.kms))
    assert again._throttle.rates == room.kms._throttle.rates
    assert again._throttle.rates[SHARED] == 0.0


def test_threads_do_not_tread_on_each_other():
    """Eight threads that make, rotate and use keys at once lose nothing and double nothing."""
    room = Room()
    shared = room.key()
    blobs = []

    def work():
        for _ in range(20):
            key = room.key()
            room.CreateAlias(AliasName=f"alias/{key[-36:]}", TargetKeyId=key)
            blobs.append(room.Encrypt(KeyId=shared, Plaintext=key.encode())["CiphertextBlob"])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = {one["KeyArn"] for one in room.ListKeys(Limit=1000)["Keys"]}
    assert len(keys) == 161
    assert {room.Decrypt(CiphertextBlob=blob)["Plaintext"].decode() for blob in blobs} == keys - {shared}
    events = room.events()
    assert len({event["eventID"] for event in events}) == len(events) == 1 + 8 * 20 * 3 + 160
