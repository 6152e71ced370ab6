"""What CloudTrail is told of KMS, in whose trails, and what it is never told."""

import json
from datetime import timedelta

import pytest

from tests.sandbox.kms_room import CENTRAL, REGION, START, TENANT, Room, person, refused, session, tree_of

CONTEXT = {"aws:ebs:id": "vol-0894"}
SECRET = b"attack at dawn"


@pytest.fixture
def room():
    return Room()


def opened(room):
    """A key that the tenant may use."""
    lets = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    return room.key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [lets]}))


def test_a_service_s_data_key_is_told_as_ebs_s(room):
    """The event of a wrapped data key has the members of EBS's own, with context, size and material."""
    key = room.key()
    made = room.kms.data_key(session(CENTRAL, "web", service="ec2.amazonaws.com"), REGION, key, CONTEXT)
    event = room.events(name="GenerateDataKeyWithoutPlaintext")[0]
    assert event["eventVersion"] == "1.11"
    assert event["eventSource"] == "kms.amazonaws.com"
    assert event["eventTime"] == "2026-03-14T10:00:00Z"
    assert event["userIdentity"]["type"] == "AssumedRole"
    assert event["userIdentity"]["invokedBy"] == "ec2.amazonaws.com"
    assert event["requestParameters"] == {"keyId": key, "encryptionContext": CONTEXT, "numberOfBytes": 64}
    assert event["responseElements"] is None
    assert event["additionalEventData"] == {"keyMaterialId": made["KeyMaterialId"]}
    assert event["resources"] == [{"accountId": CENTRAL, "type": "AWS::KMS::Key", "ARN": key}]
    assert (event["readOnly"], event["managementEvent"], event["eventType"]) == (True, True, "AwsApiCall")
    assert (event["recipientAccountId"], event["awsRegion"], event["eventCategory"]) == (CENTRAL, REGION, "Management")


def test_decrypt_names_its_key_in_the_resources_alone(room):
    """A Decrypt without KeyId tells context and algorithm; key and old material stand elsewhere in the event."""
    key = room.key()
    old = room.DescribeKey(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    blob = room.Encrypt(KeyId=key, Plaintext=SECRET, EncryptionContext=CONTEXT)["CiphertextBlob"]
    room.RotateKeyOnDemand(KeyId=key)
    room.Decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)
    event = room.events(name="Decrypt")[0]
    assert event["requestParameters"] == {"encryptionContext": CONTEXT, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    assert event["resources"][0]["ARN"] == key
    assert event["additionalEventData"]["keyMaterialId"] == old


@pytest.mark.parametrize("kind", ["AUTOMATIC", "ON_DEMAND"])
def test_a_rotation_is_the_service_s_own_event(room, kind):
    """RotateKey is told as AwsServiceEvent, dated when the material turned, naming the old and the new one."""
    key = room.key()
    if kind == "AUTOMATIC":
        room.EnableKeyRotation(KeyId=key)
        room.clock.advance(days=400)
    else:
        room.RotateKeyOnDemand(KeyId=key)
    first, second = room.materials(key)
    event = room.events(name="RotateKey")[0]
    due = START + timedelta(days=365 if kind == "AUTOMATIC" else 0)
    assert event["eventTime"] == f"{due:%Y-%m-%dT%H:%M:%SZ}"
    assert event["eventType"] == "AwsServiceEvent"
    assert event["userIdentity"] == {"accountId": CENTRAL, "invokedBy": "AWS Internal"}
    assert event["requestParameters"] is None
    assert event["serviceEventDetails"] == {
        "rotationType": kind,
        "keyOrigin": "AWS_KMS",
        "previousKeyMaterialId": first["KeyMaterialId"],
        "currentKeyMaterialId": second["KeyMaterialId"],
        "keyId": key[-36:],
    }


def test_a_use_across_accounts_is_told_to_both(room):
    """Caller's and owner's copies share an id, differ in theirs, and the owner sees an account, not a person."""
    key = opened(room)
    caller = session(TENANT, "web", "i-1")
    room.Encrypt(by=caller, KeyId=key, Plaintext=SECRET)
    (theirs,), (ours,) = (room.events(account, "Encrypt") for account in (TENANT, CENTRAL))
    assert theirs["sharedEventID"] == ours["sharedEventID"]
    assert theirs["eventID"] != ours["eventID"]
    assert (theirs["recipientAccountId"], ours["recipientAccountId"]) == (TENANT, CENTRAL)
    assert theirs["userIdentity"]["arn"] == caller.arn
    assert ours["userIdentity"] == {"type": "AWSAccount", "principalId": caller.principal_id, "accountId": TENANT}
    assert room.GetKeyLastUsage(KeyId=key)["KeyLastUsage"]["CloudTrailEventId"] == ours["eventID"]


def test_a_denial_across_accounts_is_told_to_the_caller_alone(room):
    """The owner does not learn who was refused; other failures are told to both."""
    closed, disabled = room.key(), opened(room)
    room.DisableKey(KeyId=disabled)
    refused("AccessDeniedException", room.Encrypt, by=person(TENANT), KeyId=closed, Plaintext=SECRET)
    refused("DisabledException", room.Encrypt, by=person(TENANT), KeyId=disabled, Plaintext=SECRET)
    assert [event["errorCode"] for event in room.events(TENANT, "Encrypt")] == ["AccessDenied", "DisabledException"]
    assert [event["errorCode"] for event in room.events(CENTRAL, "Encrypt")] == ["DisabledException"]


def test_re_encrypt_tells_both_sides(room):
    """ReEncrypt's event has both contexts, both materials and both keys, source first."""
    old, new = room.key(), room.key()
    blob = room.Encrypt(KeyId=old, Plaintext=SECRET, EncryptionContext=CONTEXT)["CiphertextBlob"]
    moved = room.ReEncrypt(CiphertextBlob=blob, SourceEncryptionContext=CONTEXT, DestinationKeyId=new)
    event = room.events(name="ReEncrypt")[0]
    assert event["requestParameters"] == {"sourceEncryptionContext": CONTEXT, "destinationKeyId": new}
    assert event["additionalEventData"] == {
        "sourceKeyMaterialId": moved["SourceKeyMaterialId"],
        "destinationKeyMaterialId": moved["DestinationKeyMaterialId"],
    }
    assert [one["ARN"] for one in event["resources"]] == [old, new]


def test_a_grant_s_event_tells_constraints_and_id(room):
    """CreateGrant's event has what was wished and the id that came of it, but no token."""
    key = room.key()
    made = room.CreateGrant(
        KeyId=key,
        GranteePrincipal=person(TENANT).arn,
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": CONTEXT},
    )
    event = room.events(name="CreateGrant")[0]
    assert event["requestParameters"]["constraints"] == {"encryptionContextSubset": CONTEXT}
    assert event["responseElements"] == {"grantId": made["GrantId"], "keyId": key}
    assert made["GrantToken"] not in set(tree_of(event))


def test_a_new_key_is_told_with_its_metadata(room):
    """CreateKey's event has the answer's metadata in CloudTrail's spelling, moments as text."""
    key = room.key(Description="for X")
    told = room.events(name="CreateKey")[0]["responseElements"]["keyMetadata"]
    assert (told["arn"], told["description"], told["aWSAccountId"]) == (key, "for X", CENTRAL)
    assert told["creationDate"] == "Mar 14, 2026, 10:00:00 AM"


def test_every_change_is_told_and_no_look(room):
    """Each management change leaves one event that is not read-only; looking leaves none."""
    key = room.key()
    changes = {
        "EnableKeyRotation": {"KeyId": key},
        "TagResource": {"KeyId": key, "Tags": [{"TagKey": "a", "TagValue": "b"}]},
        "CreateAlias": {"AliasName": "alias/x", "TargetKeyId": key},
        "DisableKey": {"KeyId": key},
        "ScheduleKeyDeletion": {"KeyId": key},
    }
    for operation, params in changes.items():
        getattr(room, operation)(**params)
    for look in ("DescribeKey", "ListResourceTags", "GetKeyPolicy", "GetKeyRotationStatus"):
        getattr(room, look)(KeyId=key)
    told = room.events()
    assert [event["eventName"] for event in told] == ["CreateKey", *changes]
    assert not any(event["readOnly"] for event in told)
    assert len({event["eventID"] for event in told}) == len(told)
    assert all(event["resources"][0]["ARN"] == key for event in told)


def test_no_secret_is_ever_told(room):
    """Neither plaintext nor ciphertext stands in any event, in any spelling; events are plain JSON."""
    key = room.key()
    blob = room.Encrypt(KeyId=key, Plaintext=SECRET)["CiphertextBlob"]
    made = room.GenerateDataKey(KeyId=key, KeySpec="AES_256")
    room.Decrypt(CiphertextBlob=blob)
    room.ReEncrypt(CiphertextBlob=blob, DestinationKeyId=key)
    refused("InvalidCiphertextException", room.Decrypt, CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]))
    words = json.dumps(room.events())
    for secret in (SECRET, made["Plaintext"], blob, made["CiphertextBlob"]):
        assert secret.hex() not in words
        assert repr(secret)[2:-1] not in words
    assert not {"plaintext", "ciphertextBlob"} & set(tree_of(room.events()))


def test_the_host_of_a_volume_is_aws_itself(room):
    """EC2's own session, by which an attached volume is opened, is told as invoked by AWS Internal."""
    key = room.key()
    host = session(CENTRAL, "aws:ec2-infrastructure", "i-1", "ec2.amazonaws.com")
    room.GenerateDataKey(by=host, KeyId=key, KeySpec="AES_256")
    assert room.events(name="GenerateDataKey")[0]["userIdentity"]["invokedBy"] == "AWS Internal"
