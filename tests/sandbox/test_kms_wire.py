"""Requests judged by botocore's model, and answers that botocore itself reads."""

import json

import botocore.session
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st

from console.sandbox.errors import AwsError
from console.sandbox.kms import wire
from tests.sandbox.kms_room import REGION, Room, person, refused

MODEL = ServiceModel(Loader().load_service_model("kms", "service-2"), "kms")
SERIALIZER, PARSER = create_serializer("json"), create_parser("json")


@pytest.fixture
def room():
    return Room()


def over_the_wire(room, operation, **params):
    """The call as botocore would make it: serialised, answered as bytes, parsed."""
    shape = MODEL.operation_model(operation)
    sent = SERIALIZER.serialize_to_request(params, shape)
    body, status = sent["body"], 200
    try:
        answer = room.kms.call(person(), REGION, operation, wire.decode(operation, bytes(body)))
        reply = wire.encode(operation, answer)
    except AwsError as error:
        reply, status = wire.encode_error(error), error.status
    parsed = PARSER.parse({"body": reply, "headers": {}, "status_code": status}, shape.output_shape)
    parsed.pop("ResponseMetadata")
    return parsed


def told(answer):
    """Moments as the wire has them, to the millisecond."""
    if isinstance(answer, dict):
        return {key: told(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [told(one) for one in answer]
    return round(answer.timestamp(), 3) if hasattr(answer, "timestamp") else answer


def test_botocore_reads_every_answer(room):
    """What each operation answers in process is what botocore reads from the wire, member for member."""
    key = room.key(Tags=[{"TagKey": "a", "TagValue": "b"}])
    room.CreateAlias(AliasName="alias/x", TargetKeyId=key)
    room.EnableKeyRotation(KeyId=key)
    room.RotateKeyOnDemand(KeyId=key)
    room.Encrypt(KeyId=key, Plaintext=b"x")
    room.CreateGrant(
        KeyId=key,
        GranteePrincipal=person().arn,
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"Å": "b"}},
    )
    reads = {
        "DescribeKey": {},
        "GetKeyRotationStatus": {},
        "ListKeyRotations": {"IncludeKeyMaterial": "ALL_KEY_MATERIAL"},
        "ListGrants": {},
        "ListResourceTags": {},
        "GetKeyPolicy": {},
        "ListKeyPolicies": {},
        "GetKeyLastUsage": {},
        "ListAliases": {},
    }
    for operation, params in reads.items():
        assert told(over_the_wire(room, operation, KeyId=key, **params)) == told(
            getattr(room, operation)(KeyId=key, **params)
        )
    assert over_the_wire(room, "ListKeys") == room.ListKeys()


@settings(max_examples=30, deadline=None)
@given(
    plaintext=st.binary(min_size=1, max_size=64),
    context=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
)
def test_blobs_travel_whole(plaintext, context):
    """Plaintext, ciphertext and context survive JSON and base64 in both directions."""
    room = Room()
    key = room.key()
    blob = over_the_wire(room, "Encrypt", KeyId=key, Plaintext=plaintext, EncryptionContext=context)["CiphertextBlob"]
    assert over_the_wire(room, "Decrypt", CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == plaintext


def test_operations_without_answer_send_none(room):
    """Where AWS answers nothing, nothing is sent, and botocore reads an empty answer."""
    key = room.key()
    assert wire.encode("DisableKey", room.DisableKey(KeyId=key)) == b""
    assert over_the_wire(room, "EnableKey", KeyId=key) == {}


def test_errors_are_read_with_code_and_words(room):
    """A refusal on the wire is code and message to botocore; KMS spells `message` small."""
    read = over_the_wire(room, "DescribeKey", KeyId="alias/none")
    assert read["Error"]["Code"] == "NotFoundException"
    assert read["Error"]["Message"].endswith(":alias/none is not found.")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'"x"', b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body):
    """Broken bodies are a SerializationException, never a crash."""
    refused("SerializationException", wire.decode, "DescribeKey", body)


@pytest.mark.parametrize("blob", ["not base64!", 5, ["x"]])
def test_blobs_must_be_base64(blob):
    """A blob that is not base64 text is a SerializationException."""
    refused("SerializationException", wire.decode, "Decrypt", json.dumps({"CiphertextBlob": blob}).encode())


def test_an_empty_body_is_an_empty_request(room):
    """A request without body asks without parameters."""
    assert room.kms.call(person(), REGION, "ListKeys", wire.decode("ListKeys", b""))["Keys"] == []


@pytest.mark.parametrize("operation", ["ReplicateKey", "ConnectCustomKeyStore", "NoSuchThing", "", "createkey"])
def test_what_is_not_there_says_so(room, operation):
    """Operations of AWS that this KMS lacks, and words that are none, answer UnknownOperationException."""
    assert wire.decode(operation, b'{"KeyId": "x"}') == {"KeyId": "x"}
    refused("UnknownOperationException", room.kms.call, person(), REGION, operation, {})


@pytest.mark.parametrize(
    ("operation", "params", "said"),
    [
        ("DescribeKey", {}, "Value null at 'keyId' failed to satisfy constraint: Member must not be null"),
        (
            "DescribeKey",
            {"KeyId": ""},
            "Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            "ListKeys",
            {"Limit": 1001},
            "Value '1001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 1000",
        ),
        (
            "CreateAlias",
            {"AliasName": "alias/é", "TargetKeyId": "x"},
            "Value 'alias/é' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
        ),
        (
            "ListKeyRotations",
            {"KeyId": "x", "IncludeKeyMaterial": "ALL"},
            "Value 'ALL' at 'includeKeyMaterial' failed to satisfy constraint: Member must satisfy enum value set: [ALL_KEY_MATERIAL, ROTATIONS_ONLY]",
        ),
        (
            "Encrypt",
            {"KeyId": "x", "Plaintext": b"s" * 4097},
            "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
        ),
        ("TagResource", {"KeyId": "x", "Tags": [{"TagKey": "a", "TagValue": "b"}, {"TagKey": ""}]}, None),
    ],
)
def test_constraints_are_told_in_aws_s_words(room, operation, params, said):
    """Each broken constraint is named with value, member and rule; a secret value is not repeated."""
    heard = refused("ValidationException", getattr(room, operation), **params)
    if said:
        assert heard == f"1 validation error detected: {said}"
    else:
        assert heard == (
            "2 validation errors detected: Value '' at 'tags.2.member.tagKey' failed to satisfy constraint: Member must "
            "have length greater than or equal to 1; Value null at 'tags.2.member.tagValue' failed to satisfy "
            "constraint: Member must not be null"
        )


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("DescribeKey", {"KeyId": 5}),
        ("ListKeys", {"Limit": "many"}),
        ("ListKeys", {"Limit": True}),
        ("EnableKeyRotation", {"KeyId": "x", "RotationPeriodInDays": 90.5}),
        ("TagResource", {"KeyId": "x", "Tags": {}}),
        ("CreateKey", {"MultiRegion": "yes"}),
        ("Encrypt", {"KeyId": "x", "Plaintext": b"x", "EncryptionContext": []}),
        ("Encrypt", {"KeyId": "x", "Plaintext": b"x", "EncryptionContext": {"a": 1}}),
        ("Encrypt", {"KeyId": "x", "Plaintext": b"x", "EncryptionContext": {"a": None}}),
    ],
)
def test_wrong_types_do_not_come_in(room, operation, params):
    """A value of another type than the model's is a SerializationException."""
    refused("SerializationException", getattr(room, operation), **params)


def test_strangers_and_nulls_are_ignored(room):
    """Members that the model does not know are passed over, and null counts as absent."""
    assert room.ListKeys(NoSuchMember=1, Limit=None)["Keys"] == []


def test_every_operation_is_botocore_s_own():
    """Nothing is offered that botocore could not call."""
    from console.sandbox.kms.operations import OPERATIONS

    assert set(OPERATIONS) <= set(botocore.session.get_session().get_service_model("kms").operation_names)
