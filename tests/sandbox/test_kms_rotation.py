"""HBK rotation: the rules of AWS, one promise each, with the clock moved by hand."""

import pickle
from datetime import timedelta

import pytest

from tests.sandbox.kms_room import CENTRAL, REGION, START, Room, refused

AUTO, DEMAND = "AUTOMATIC", "ON_DEMAND"


def day(number):
    return START + timedelta(days=number)


@pytest.fixture
def room():
    return Room()


def test_schedule_counts_from_enabling(room):
    """A key that was enabled for rotation on its 100th day turns a year after that day, not after its birthday."""
    key = room.key()
    room.clock.advance(days=100)
    room.EnableKeyRotation(KeyId=key)
    assert room.GetKeyRotationStatus(KeyId=key)["NextRotationDate"] == day(465)
    room.clock.advance(days=364, hours=23)
    assert room.turns(key) == []
    room.clock.advance(hours=1)
    assert room.turns(key) == [(day(465), AUTO)]
    assert room.GetKeyRotationStatus(KeyId=key)["NextRotationDate"] == day(830)


def test_years_at_once_turn_one_by_one(room):
    """When the clock leaps three years, three rotations happened, each dated at its own moment."""
    key = room.key()
    room.EnableKeyRotation(KeyId=key)
    room.clock.advance(days=1100)
    room.kms.tick()
    assert room.turns(key) == [(day(365), AUTO), (day(730), AUTO), (day(1095), AUTO)]


def test_keys_turn_in_the_order_of_their_dates(room):
    """Rotations of several keys are told to the trail in the order in which they fell due."""
    slow, fast = room.key(), room.key()
    room.EnableKeyRotation(KeyId=slow, RotationPeriodInDays=200)
    room.EnableKeyRotation(KeyId=fast, RotationPeriodInDays=90)
    room.clock.advance(days=200)
    room.kms.tick()
    turned = [event["serviceEventDetails"]["keyId"] for event in room.events(name="RotateKey")]
    assert turned == [fast[-36:], fast[-36:], slow[-36:]]


def test_status_when_off_is_silent(room):
    """With automatic rotation off, neither a date nor a period is told."""
    key = room.key()
    assert room.GetKeyRotationStatus(KeyId=key) == {"KeyRotationEnabled": False, "KeyId": key[-36:]}
    room.EnableKeyRotation(KeyId=key)
    room.DisableKeyRotation(KeyId=key)
    assert room.GetKeyRotationStatus(KeyId=key) == {"KeyRotationEnabled": False, "KeyId": key[-36:]}
    room.clock.advance(days=800)
    assert room.turns(key) == []


@pytest.mark.parametrize("period", [90, 365, 2560])
def test_period_is_kept(room, period):
    """The period asked for is the one told, and the one that passes between rotations."""
    key = room.key()
    room.EnableKeyRotation(KeyId=key, RotationPeriodInDays=period)
    assert room.GetKeyRotationStatus(KeyId=key)["RotationPeriodInDays"] == period
    room.clock.advance(days=2 * period)
    assert room.turns(key) == [(day(period), AUTO), (day(2 * period), AUTO)]


@pytest.mark.parametrize("period", [89, 2561])
def test_period_out_of_range_is_refused(room, period):
    """Fewer than 90 days or more than 2560 is a validation error that names the bound."""
    said = refused("ValidationException", room.EnableKeyRotation, KeyId=room.key(), RotationPeriodInDays=period)
    assert f"Value '{period}' at 'rotationPeriodInDays'" in said


def test_changing_the_period_moves_the_date(room):
    """A new period starts on the day it is asked for; the same period again changes nothing."""
    key = room.key()
    room.EnableKeyRotation(KeyId=key)
    room.clock.advance(days=100)
    room.EnableKeyRotation(KeyId=key)
    assert room.GetKeyRotationStatus(KeyId=key)["NextRotationDate"] == day(365)
    room.EnableKeyRotation(KeyId=key, RotationPeriodInDays=90)
    assert room.GetKeyRotationStatus(KeyId=key)["NextRotationDate"] == day(190)
    room.clock.advance(days=270)
    assert room.turns(key) == [(day(190), AUTO), (day(280), AUTO), (day(370), AUTO)]


def test_disabled_keys_wait_and_overdue_ones_turn_at_once(room):
    """A disabled key keeps its material past its date, and turns in the moment it is enabled again."""
    key = room.key()
    room.EnableKeyRotation(KeyId=key)
    room.clock.advance(days=300)
    room.DisableKey(KeyId=key)
    room.clock.advance(days=100)
    assert room.turns(key) == []
    assert room.GetKeyRotationStatus(KeyId=key)["NextRotationDate"] == day(365)
    room.EnableKey(KeyId=key)
    assert room.turns(key) == [(day(400), AUTO)]
    assert room.GetKeyRotationStatus(KeyId=key)["NextRotationDate"] == day(765)


def test_a_key_back_in_time_keeps_its_schedule(room):
    """A key that was disabled and enabled again before its date turns on that date."""
    key = room.key()
    room.EnableKeyRotation(KeyId=key)
    room.clock.advance(days=100)
    room.DisableKey(KeyId=key)
    room.clock.advance(days=100)
    room.EnableKey(KeyId=key)
    room.clock.advance(days=165)
    assert room.turns(key) == [(day(365), AUTO)]


def test_pending_deletion_reports_false_and_remembers(room):
    """A key that waits for deletion says its rotation is off; when it comes back, it is on again and overdue."""
    key = room.key()
    room.EnableKeyRotation(KeyId=key, RotationPeriodInDays=90)
    room.clock.advance(days=80)
    room.ScheduleKeyDeletion(KeyId=key, PendingWindowInDays=30)
    room.clock.advance(days=20)
    assert room.GetKeyRotationStatus(KeyId=key) == {"KeyRotationEnabled": False, "KeyId": key[-36:]}
    room.CancelKeyDeletion(KeyId=key)
    assert room.GetKeyRotationStatus(KeyId=key)["KeyRotationEnabled"] is True
    assert room.turns(key) == []
    room.EnableKey(KeyId=key)
    assert room.turns(key) == [(day(100), AUTO)]


def test_on_demand_leaves_the_schedule_alone(room):
    """Rotating on demand does not move the automatic date."""
    key = room.key()
    room.EnableKeyRotation(KeyId=key)
    room.clock.advance(days=360)
    room.RotateKeyOnDemand(KeyId=key)
    assert room.GetKeyRotationStatus(KeyId=key)["NextRotationDate"] == day(365)
    room.clock.advance(days=5)
    assert room.turns(key) == [(day(360), DEMAND), (day(365), AUTO)]


def test_three_in_a_row_make_four_materials(room):
    """Three rotations on demand, one after the other, leave four materials; the last is the current one."""
    key = room.key()
    for _ in range(3):
        assert room.RotateKeyOnDemand(KeyId=key) == {"KeyId": key[-36:]}
    states = [one["KeyMaterialState"] for one in room.materials(key)]
    assert states == ["NON_CURRENT"] * 3 + ["CURRENT"]
    current = room.DescribeKey(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    assert room.materials(key)[-1]["KeyMaterialId"] == current


def test_the_first_material_has_no_date(room):
    """What the key was born with carries neither date nor type, and is told only when all material is asked for."""
    key = room.key()
    room.RotateKeyOnDemand(KeyId=key)
    first, second = room.materials(key)
    assert "RotationDate" not in first
    assert "RotationType" not in first
    assert room.ListKeyRotations(KeyId=key)["Rotations"] == [second]


def test_an_on_demand_rotation_takes_its_time():
    """While it runs the start is told, a second one is refused and the old material stays current."""
    room = Room(spell=60)
    key = room.key()
    old = room.DescribeKey(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    room.RotateKeyOnDemand(KeyId=key)
    room.clock.advance(seconds=59)
    assert room.GetKeyRotationStatus(KeyId=key)["OnDemandRotationStartDate"] == START
    assert room.DescribeKey(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] == old
    refused("ConflictException", room.RotateKeyOnDemand, KeyId=key)
    room.clock.advance(seconds=1)
    assert "OnDemandRotationStartDate" not in room.GetKeyRotationStatus(KeyId=key)
    assert room.turns(key) == [(START + timedelta(seconds=60), DEMAND)]


def test_twenty_five_times_and_no_more(room):
    """The 26th rotation on demand of a key is refused; automatic ones do not count."""
    key = room.key()
    room.EnableKeyRotation(KeyId=key)
    room.clock.advance(days=365)
    for _ in range(25):
        room.RotateKeyOnDemand(KeyId=key)
    refused("LimitExceededException", room.RotateKeyOnDemand, KeyId=key)
    room.clock.advance(days=365)
    assert len(room.turns(key)) == 27


@pytest.mark.parametrize("operation", ["EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand"])
def test_a_disabled_key_cannot_be_set(room, operation):
    """Rotation of a disabled key can be neither switched nor started; deletion pending is another refusal."""
    key = room.key()
    room.DisableKey(KeyId=key)
    assert refused("DisabledException", getattr(room, operation), KeyId=key) == f"{key} is disabled."
    room.ScheduleKeyDeletion(KeyId=key)
    said = refused("KMSInvalidStateException", getattr(room, operation), KeyId=key)
    assert said == f"{key} is pending deletion."


@pytest.mark.parametrize(
    "kind",
    [
        {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
        {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    ],
)
@pytest.mark.parametrize(
    "operation",
    ["EnableKeyRotation", "DisableKeyRotation", "GetKeyRotationStatus", "RotateKeyOnDemand", "ListKeyRotations"],
)
def test_other_kinds_of_key_do_not_rotate(room, kind, operation):
    """Asymmetric and HMAC keys answer every rotation call with UnsupportedOperationException."""
    refused("UnsupportedOperationException", getattr(room, operation), KeyId=room.key(**kind))


def test_imported_keys_do_not_rotate_by_themselves(room):
    """A key whose material is imported says so: off, and not to be switched on."""
    key = room.key(Origin="EXTERNAL")
    refused("UnsupportedOperationException", room.EnableKeyRotation, KeyId=key)
    assert room.GetKeyRotationStatus(KeyId=key)["KeyRotationEnabled"] is False


def test_managed_keys_turn_every_year(room):
    """AWS's own key of a service turns yearly, and nobody may change that."""
    key = room.kms.managed(CENTRAL, REGION, "ebs")
    assert room.GetKeyRotationStatus(KeyId=key)["RotationPeriodInDays"] == 365
    refused("AccessDeniedException", room.DisableKeyRotation, KeyId=key)
    room.clock.advance(days=366)
    assert room.turns(key) == [(day(365), AUTO)]


def test_what_is_due_survives_pickling(room):
    """A rotation that was due when the state was put away happens when it is taken out again, with the same keys."""
    key = room.key()
    room.EnableKeyRotation(KeyId=key)
    blob = room.Encrypt(KeyId=key, Plaintext=b"word")["CiphertextBlob"]
    again = Room()
    again.kms, again.clock, again.trail = pickle.loads(pickle.dumps((room.kms, room.clock, room.trail)))
    again.clock.advance(days=366)
    assert again.turns(key) == [(day(365), AUTO)]
    assert again.Decrypt(CiphertextBlob=blob)["Plaintext"] == b"word"


def test_ids_repeat_with_the_seed():
    """The same calls on the same seed give the same key and material ids; the secrets differ."""
    one, two = Room(), Room()
    first, second = one.key(), two.key()
    assert first == second
    assert one.materials(first) == two.materials(second)
    blob = one.Encrypt(KeyId=first, Plaintext=b"word")["CiphertextBlob"]
    refused("InvalidCiphertextException", two.Decrypt, CiphertextBlob=blob)
