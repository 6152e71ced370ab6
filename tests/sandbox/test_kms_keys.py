"""Keys, aliases and tags: their lives, their limits, and lists in pages."""

import pickle
from datetime import timedelta

import pytest

from tests.sandbox.kms_room import CENTRAL, REGION, START, TENANT, Room, person, refused


@pytest.fixture
def room():
    return Room()


def test_a_new_key_is_described_whole(room):
    """CreateKey and DescribeKey tell every member that applies to a symmetric key, and no other."""
    made = room.CreateKey(Description="for X")["KeyMetadata"]
    material = made.pop("CurrentKeyMaterialId")
    key_id = made.pop("KeyId")
    assert len(bytes.fromhex(material)) == 32
    assert made == {
        "AWSAccountId": CENTRAL,
        "Arn": f"arn:aws:kms:{REGION}:{CENTRAL}:key/{key_id}",
        "CreationDate": START,
        "Enabled": True,
        "Description": "for X",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    assert room.DescribeKey(KeyId=key_id)["KeyMetadata"] == {**made, "KeyId": key_id, "CurrentKeyMaterialId": material}


@pytest.mark.parametrize(
    ("spec", "usage", "listed", "algorithms"),
    [
        ("ECC_NIST_P256", "SIGN_VERIFY", "SigningAlgorithms", ["ECDSA_SHA_256"]),
        ("RSA_2048", "ENCRYPT_DECRYPT", "EncryptionAlgorithms", ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]),
        ("HMAC_384", "GENERATE_VERIFY_MAC", "MacAlgorithms", ["HMAC_SHA_384"]),
        ("ECC_NIST_P384", "KEY_AGREEMENT", "KeyAgreementAlgorithms", ["ECDH"]),
        ("ML_DSA_65", "SIGN_VERIFY", "SigningAlgorithms", ["ML_DSA_SHAKE_256"]),
    ],
)
def test_other_kinds_list_their_algorithms(room, spec, usage, listed, algorithms):
    """Each kind of key lists the algorithms of its usage, and has no key material id."""
    told = room.CreateKey(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
    assert told[listed] == algorithms
    assert "CurrentKeyMaterialId" not in told


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"KeySpec": "HMAC_256"}, "ValidationException"),
        ({"KeyUsage": "SIGN_VERIFY"}, "ValidationException"),
        ({"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException"),
        ({"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1"}, "CustomKeyStoreNotFoundException"),
        ({"Description": "x" * 8193}, "ValidationException"),
    ],
)
def test_keys_that_cannot_be(room, wish, code):
    """A wish that AWS would refuse makes no key."""
    refused(code, room.CreateKey, **wish)
    assert room.ListKeys()["Keys"] == []


def test_deletion_waits_and_then_takes_all(room):
    """A scheduled key is there until its date, and then gone with its aliases and from every list."""
    key = room.key()
    room.CreateAlias(AliasName="alias/doomed", TargetKeyId=key)
    told = room.ScheduleKeyDeletion(KeyId=key, PendingWindowInDays=7)
    end = START + timedelta(days=7)
    assert told == {"KeyId": key, "DeletionDate": end, "KeyState": "PendingDeletion", "PendingWindowInDays": 7}
    room.clock.advance(days=6, hours=23)
    assert room.DescribeKey(KeyId=key)["KeyMetadata"]["DeletionDate"] == end
    room.clock.advance(hours=1)
    assert refused("NotFoundException", room.DescribeKey, KeyId=key) == f"Key '{key}' does not exist"
    assert room.ListKeys()["Keys"] == room.ListAliases()["Aliases"] == []
    assert [event["eventType"] for event in room.events(name="DeleteKey")] == ["AwsServiceEvent"]


def test_a_cancelled_deletion_stays_cancelled(room):
    """A key that was taken back comes back disabled, and is still there after the date; only a new date counts."""
    key = room.key()
    room.ScheduleKeyDeletion(KeyId=key, PendingWindowInDays=7)
    assert room.CancelKeyDeletion(KeyId=key) == {"KeyId": key}
    assert room.state(key) == "Disabled"
    refused("KMSInvalidStateException", room.CancelKeyDeletion, KeyId=key)
    room.ScheduleKeyDeletion(KeyId=key)
    room.clock.advance(days=10)
    assert room.state(key) == "PendingDeletion"
    room.clock.advance(days=20)
    refused("NotFoundException", room.DescribeKey, KeyId=key)


@pytest.mark.parametrize("days", [6, 31])
def test_the_window_has_bounds(room, days):
    """Fewer than 7 or more than 30 days is a validation error."""
    refused("ValidationException", room.ScheduleKeyDeletion, KeyId=room.key(), PendingWindowInDays=days)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("EnableKey", {}),
        ("DisableKey", {}),
        ("ScheduleKeyDeletion", {}),
        ("UpdateKeyDescription", {"Description": "x"}),
        ("TagResource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("UntagResource", {"TagKeys": ["a"]}),
    ],
)
def test_a_key_that_waits_for_its_end_is_left_alone(room, operation, params):
    """While deletion is pending, changes are refused with AWS's words."""
    key = room.key()
    room.ScheduleKeyDeletion(KeyId=key)
    said = refused("KMSInvalidStateException", getattr(room, operation), KeyId=key, **params)
    assert said == f"{key} is pending deletion."


def test_an_imported_key_waits_for_its_material(room):
    """A key of EXTERNAL origin is pending import, cannot be used, and can be deleted."""
    key = room.key(Origin="EXTERNAL")
    assert room.state(key) == "PendingImport"
    said = refused("KMSInvalidStateException", room.Encrypt, KeyId=key, Plaintext=b"x")
    assert said == f"{key} is pending import."
    room.ScheduleKeyDeletion(KeyId=key)
    room.CancelKeyDeletion(KeyId=key)
    assert room.state(key) == "PendingImport"


def test_descriptions_change(room):
    """UpdateKeyDescription replaces the words."""
    key = room.key(Description="old")
    room.UpdateKeyDescription(KeyId=key, Description="new")
    assert room.DescribeKey(KeyId=key)["KeyMetadata"]["Description"] == "new"


def test_aliases_keep_their_dates(room):
    """An alias tells when it was made and when it was last pointed elsewhere."""
    one, two = room.key(), room.key()
    room.CreateAlias(AliasName="alias/x", TargetKeyId=one)
    room.clock.advance(days=3)
    room.UpdateAlias(AliasName="alias/x", TargetKeyId=two[-36:])
    assert room.ListAliases()["Aliases"] == [
        {
            "AliasName": "alias/x",
            "AliasArn": f"arn:aws:kms:{REGION}:{CENTRAL}:alias/x",
            "TargetKeyId": two[-36:],
            "CreationDate": START,
            "LastUpdatedDate": START + timedelta(days=3),
        }
    ]
    assert room.ListAliases(KeyId=one)["Aliases"] == []
    assert len(room.ListAliases(KeyId=two)["Aliases"]) == 1
    room.DeleteAlias(AliasName="alias/x")
    assert room.ListAliases()["Aliases"] == []
    refused("NotFoundException", room.DeleteAlias, AliasName="alias/x")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("x", "ValidationException"),
        ("alias/", "ValidationException"),
        ("alias/aws/mine", "NotAuthorizedException"),
        ("alias/met spatie", "ValidationException"),
        ("alias/" + "x" * 251, "ValidationException"),
        ("alias/taken", "AlreadyExistsException"),
    ],
)
def test_names_that_cannot_be(room, name, code):
    """Aliases have a prefix, an alphabet, a length, a reserved corner, and are unique."""
    key = room.key()
    room.CreateAlias(AliasName="alias/taken", TargetKeyId=key)
    refused(code, room.CreateAlias, AliasName=name, TargetKeyId=key)


def test_fifty_aliases_and_no_more(room):
    """The 51st alias of one key is refused."""
    key = room.key()
    for number in range(50):
        room.CreateAlias(AliasName=f"alias/{number}", TargetKeyId=key)
    refused("LimitExceededException", room.CreateAlias, AliasName="alias/more", TargetKeyId=key)


def test_an_alias_stays_with_its_kind(room):
    """An alias of an encryption key cannot be led to a signing key."""
    key, signer = room.key(), room.key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    room.CreateAlias(AliasName="alias/x", TargetKeyId=key)
    refused("ValidationException", room.UpdateAlias, AliasName="alias/x", TargetKeyId=signer)


def test_tags_replace_and_go(room):
    """A tag with a known key gets the new value; an untagged key loses it; the list is by key."""
    key = room.key(Tags=[{"TagKey": "b", "TagValue": "1"}, {"TagKey": "a", "TagValue": ""}])
    room.TagResource(KeyId=key, Tags=[{"TagKey": "b", "TagValue": "2"}])
    room.UntagResource(KeyId=key, TagKeys=["a", "unknown"])
    assert room.ListResourceTags(KeyId=key)["Tags"] == [{"TagKey": "b", "TagValue": "2"}]


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([("a", "1"), ("a", "2")], "TagException"),
        ([("aws:x", "1")], "TagException"),
        ([("a", "T&I")], "TagException"),
        ([("a", "[red]")], "TagException"),
        ([("a", "twee\nregels")], "TagException"),
        ([(f"k{n}", "v") for n in range(51)], "LimitExceededException"),
        ([("k" * 129, "v")], "ValidationException"),
        ([("k", "v" * 257)], "ValidationException"),
    ],
)
def test_tags_that_cannot_be(room, tags, code):
    """Doubled, reserved, oddly written, too many or too long tags are refused, and none of them stays."""
    key = room.key()
    wish = [{"TagKey": name, "TagValue": value} for name, value in tags]
    refused(code, room.TagResource, KeyId=key, Tags=wish)
    assert room.ListResourceTags(KeyId=key)["Tags"] == []


def test_tags_speak_every_script(room):
    """Letters of any script, spaces and AWS's marks are taken as they are."""
    value = "Afdeling Zuid-West_1.2:/=+@ مياه 水"
    key = room.key(Tags=[{"TagKey": "naam", "TagValue": value}])
    assert room.ListResourceTags(KeyId=key)["Tags"] == [{"TagKey": "naam", "TagValue": value}]


def every(call, name, **params):
    """All rows of a list and the size of each of its pages."""
    rows, sizes = [], []
    while True:
        page = call(**params)
        rows += page[name]
        sizes.append(len(page[name]))
        if not page["Truncated"]:
            assert "NextMarker" not in page
            return rows, sizes
        params["Marker"] = page["NextMarker"]


def test_lists_come_in_pages_of_their_own_size(room):
    """Without a Limit each list has AWS's page; together the pages hold everything once."""
    keys = [room.key() for _ in range(103)]
    for number in range(53):
        room.CreateAlias(AliasName=f"alias/{number}", TargetKeyId=keys[number])
    told, sizes = every(room.ListKeys, "Keys")
    assert sorted(one["KeyArn"] for one in told) == sorted(keys)
    assert sizes == [100, 3]
    names, sizes = every(room.ListAliases, "Aliases")
    assert {one["AliasName"] for one in names} == {f"alias/{number}" for number in range(53)}
    assert sizes == [50, 3]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_every_limit_tells_every_row_once(room, limit):
    """Whatever the Limit, no row is missed or doubled: keys, materials, grants and tags alike."""
    tags = [{"TagKey": str(number), "TagValue": ""} for number in range(4)]
    keys = [room.key(Tags=tags) for _ in range(4)]
    for number in range(4):
        room.RotateKeyOnDemand(KeyId=keys[0])
        room.CreateGrant(KeyId=keys[0], GranteePrincipal=person(TENANT, f"p{number}").arn, Operations=["Decrypt"])
    lists = {
        "ListKeys": ("Keys", {}),
        "ListKeyRotations": ("Rotations", {"KeyId": keys[0]}),
        "ListGrants": ("Grants", {"KeyId": keys[0]}),
        "ListResourceTags": ("Tags", {"KeyId": keys[0]}),
    }
    for operation, (name, params) in lists.items():
        rows, sizes = every(getattr(room, operation), name, Limit=limit, **params)
        assert rows == getattr(room, operation)(**params)[name]
        assert len(rows) == 4
        assert all(size == limit for size in sizes[:-1])


def test_a_page_begun_survives_a_deletion(room):
    """When the last key told goes away between two pages, the next page begins right after it."""
    arns = sorted(room.key() for _ in range(4))
    marker = room.ListKeys(Limit=2)["NextMarker"]
    room.ScheduleKeyDeletion(KeyId=arns[1], PendingWindowInDays=7)
    room.clock.advance(days=8)
    assert [one["KeyArn"] for one in room.ListKeys(Marker=marker)["Keys"]] == arns[2:]


@pytest.mark.parametrize(
    ("operation", "most"),
    [
        ("ListKeys", 1000),
        ("ListAliases", 100),
        ("ListGrants", 100),
        ("ListResourceTags", 50),
        ("ListKeyRotations", 1000),
    ],
)
def test_limits_have_limits(room, operation, most):
    """Each list takes AWS's maximum and refuses one more."""
    params = {} if operation in {"ListKeys", "ListAliases"} else {"KeyId": room.key()}
    assert getattr(room, operation)(Limit=most, **params)["Truncated"] is False
    said = refused("ValidationException", getattr(room, operation), Limit=most + 1, **params)
    assert f"Value '{most + 1}' at 'limit'" in said
    refused("ValidationException", getattr(room, operation), Limit=0, **params)


def test_markers_are_not_made_by_hand(room):
    """A made-up marker, and one of another list, are refused."""
    keys = [room.key() for _ in range(2)]
    refused("InvalidMarkerException", room.ListKeys, Marker="made up")
    marker = room.ListKeys(Limit=1)["NextMarker"]
    refused("InvalidMarkerException", room.ListResourceTags, KeyId=keys[0], Marker=marker)


def test_accounts_and_regions_are_apart(room):
    """Keys and aliases of one account and Region are not seen in another."""
    room.CreateAlias(AliasName="alias/x", TargetKeyId=room.key())
    assert room.ListKeys(by=person(TENANT))["Keys"] == room.ListKeys(region="eu-central-1")["Keys"] == []
    assert room.ListAliases(by=person(TENANT))["Aliases"] == []
    other = room.CreateKey(region="eu-central-1")["KeyMetadata"]["Arn"]
    room.CreateAlias(region="eu-central-1", AliasName="alias/x", TargetKeyId=other)
    assert other.split(":")[3] == "eu-central-1"


def test_everything_survives_pickling(room):
    """What was put away is taken out whole: keys, tags, aliases, grants, and ids that go on where they stopped."""
    key = room.key(Tags=[{"TagKey": "a", "TagValue": "b"}])
    room.CreateAlias(AliasName="alias/x", TargetKeyId=key)
    room.CreateGrant(KeyId=key, GranteePrincipal=person(TENANT).arn, Operations=["Decrypt"])
    again = Room()
    again.kms, again.clock, again.trail = pickle.loads(pickle.dumps((room.kms, room.clock, room.trail)))
    for operation in ("DescribeKey", "ListResourceTags", "ListGrants", "GetKeyPolicy"):
        assert getattr(again, operation)(KeyId=key) == getattr(room, operation)(KeyId=key)
    assert again.ListAliases() == room.ListAliases()
    assert again.key() == room.key()


def test_last_usage_tells_uses_that_succeeded(room):
    """Only a cryptographic operation that succeeded counts; its event is the one in the owner's trail."""
    key = room.key()
    assert room.GetKeyLastUsage(KeyId=key) == {
        "KeyId": key[-36:],
        "TrackingStartDate": START,
        "KeyCreationDate": START,
        "KeyLastUsage": {},
    }
    room.clock.advance(days=2)
    blob = room.Encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    refused("InvalidCiphertextException", room.Decrypt, CiphertextBlob=blob, EncryptionContext={"wrong": "one"})
    room.DescribeKey(KeyId=key)
    told = room.GetKeyLastUsage(KeyId=key)["KeyLastUsage"]
    assert (told["Operation"], told["Timestamp"]) == ("Encrypt", START + timedelta(days=2))
    assert told["CloudTrailEventId"] == room.events(name="Encrypt")[0]["eventID"]


def test_last_usage_of_an_old_key_is_unknown(room):
    """What an old key did before AWS began to keep record is not told: its tracking starts later than its life."""
    room.clock.advance(days=-1000)
    key = room.key()
    room.Encrypt(KeyId=key, Plaintext=b"x")
    room.clock.advance(days=1000)
    told = room.GetKeyLastUsage(KeyId=key)
    assert told["KeyLastUsage"] == {}
    assert told["KeyCreationDate"] < told["TrackingStartDate"]
    refused("NotFoundException", room.GetKeyLastUsage, KeyId="alias/x")
