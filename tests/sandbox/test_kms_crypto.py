"""Encryption in earnest: what opens, what does not, and how each refusal is worded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.kms_room import REGION, TENANT, Room, person, refused

CONTEXT = {"aws:ebs:id": "vol-0894", "b": "2"}
contexts = st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=4)


@pytest.fixture(scope="module")
def room():
    return Room()


@settings(max_examples=60, deadline=None)
@given(plaintext=st.binary(min_size=1, max_size=200), context=contexts, turns=st.integers(0, 5))
def test_every_generation_opens(room, plaintext, context, turns):
    """Whatever was encrypted opens after any number of rotations, and names the material that sealed it."""
    key = room.key()
    material = room.DescribeKey(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    blob = room.Encrypt(KeyId=key, Plaintext=plaintext, EncryptionContext=context)["CiphertextBlob"]
    for _ in range(turns):
        room.RotateKeyOnDemand(KeyId=key)
    opened = room.Decrypt(CiphertextBlob=blob, EncryptionContext=context)
    assert (opened["Plaintext"], opened["KeyId"], opened["KeyMaterialId"]) == (plaintext, key, material)


@settings(max_examples=60, deadline=None)
@given(one=contexts, two=contexts)
def test_only_its_own_context_opens(room, one, two):
    """A blob opens under an equal context, and under no other, however similar the bytes."""
    key = room.key()
    blob = room.Encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=one)["CiphertextBlob"]
    if one == two:
        assert room.Decrypt(CiphertextBlob=blob, EncryptionContext=two)["Plaintext"] == b"x"
    else:
        refused("InvalidCiphertextException", room.Decrypt, CiphertextBlob=blob, EncryptionContext=two)


def test_the_order_of_pairs_does_not_matter(room):
    """Contexts are sets of pairs."""
    key = room.key()
    blob = room.Encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    turned = dict(reversed(CONTEXT.items()))
    assert room.Decrypt(CiphertextBlob=blob, EncryptionContext=turned)["Plaintext"] == b"x"


def test_every_bit_counts(room):
    """Changing any byte of a blob makes it unreadable; nothing of it is believed, not even the key's name."""
    key = room.key()
    blob = room.Encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        code = "AccessDeniedException" if 1 <= place < 17 else "InvalidCiphertextException"
        refused(code, room.Decrypt, CiphertextBlob=bytes(changed))


@pytest.mark.parametrize("blob", [b"x", b"\x01" * 40, b"\x07" * 200])
def test_what_is_no_blob_is_refused(room, blob):
    """Bytes that KMS never made are an invalid ciphertext, with no words."""
    assert refused("InvalidCiphertextException", room.Decrypt, CiphertextBlob=blob) == ""


def test_the_wrong_key_is_named_as_such(room):
    """Naming another key than the blob's is an IncorrectKeyException."""
    key, other = room.key(), room.key()
    blob = room.Encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    said = refused("IncorrectKeyException", room.Decrypt, CiphertextBlob=blob, KeyId=other)
    assert said == "The key ID in the request does not identify a CMK that can perform this operation."


def test_states_stop_every_use(room):
    """A disabled key and one that waits for deletion refuse each use in AWS's words, and open again afterwards."""
    key = room.key()
    blob = room.Encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    uses = [
        lambda: room.Encrypt(KeyId=key, Plaintext=b"x"),
        lambda: room.Decrypt(CiphertextBlob=blob),
        lambda: room.ReEncrypt(CiphertextBlob=blob, DestinationKeyId=key),
        lambda: room.GenerateDataKey(KeyId=key, KeySpec="AES_256"),
        lambda: room.GenerateDataKeyWithoutPlaintext(KeyId=key, NumberOfBytes=64),
    ]
    room.DisableKey(KeyId=key)
    assert {refused("DisabledException", use) for use in uses} == {f"{key} is disabled."}
    room.ScheduleKeyDeletion(KeyId=key)
    assert {refused("KMSInvalidStateException", use) for use in uses} == {f"{key} is pending deletion."}
    room.CancelKeyDeletion(KeyId=key)
    room.EnableKey(KeyId=key)
    assert room.Decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.parametrize(
    ("wish", "size"), [({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 64}, 64)]
)
def test_a_data_key_and_its_wrapped_copy_agree(room, wish, size):
    """The wrapped copy opens to the plaintext, which has the size asked for and is never the same twice."""
    key = room.key()
    made = room.GenerateDataKey(KeyId=key, EncryptionContext=CONTEXT, **wish)
    opened = room.Decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == made["Plaintext"]
    assert len(made["Plaintext"]) == size
    assert opened["KeyMaterialId"] == made["KeyMaterialId"]
    assert room.GenerateDataKey(KeyId=key, **wish)["Plaintext"] != made["Plaintext"]


def test_without_plaintext_means_without(room):
    """GenerateDataKeyWithoutPlaintext tells no plaintext, and its copy opens to as many bytes as were asked."""
    key = room.key()
    made = room.kms.data_key(person(), REGION, key, CONTEXT)
    assert set(made) == {"CiphertextBlob", "KeyId", "KeyMaterialId"}
    assert len(room.Decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)["Plaintext"]) == 64


@pytest.mark.parametrize("wish", [{}, {"KeySpec": "AES_256", "NumberOfBytes": 32}])
def test_the_size_is_said_once(room, wish):
    """A data key needs its size by spec or by number, not both and not neither."""
    said = refused("ValidationException", room.GenerateDataKey, KeyId=room.key(), **wish)
    assert said == "Please specify either number of bytes or key spec."


def test_re_encrypt_moves_the_secret(room):
    """ReEncrypt names both keys and both materials; the new blob opens under the new context to the same bytes."""
    old, new = room.key(), room.key()
    blob = room.Encrypt(KeyId=old, Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    moved = room.ReEncrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=new,
        DestinationEncryptionContext={"to": "there"},
    )
    current = {one: room.DescribeKey(KeyId=one)["KeyMetadata"]["CurrentKeyMaterialId"] for one in (old, new)}
    assert (moved["SourceKeyId"], moved["KeyId"]) == (old, new)
    assert (moved["SourceKeyMaterialId"], moved["DestinationKeyMaterialId"]) == (current[old], current[new])
    opened = room.Decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"to": "there"})
    assert opened["Plaintext"] == b"x"


def test_re_encrypt_under_the_same_key_takes_the_newest_material(room):
    """After a rotation, re-encrypting under the same key moves the wrap from the old material to the new one."""
    key = room.key()
    blob = room.Encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    room.RotateKeyOnDemand(KeyId=key)
    moved = room.ReEncrypt(CiphertextBlob=blob, DestinationKeyId=key)
    assert moved["SourceKeyMaterialId"] != moved["DestinationKeyMaterialId"]
    assert moved["DestinationKeyMaterialId"] == room.materials(key)[-1]["KeyMaterialId"]


def test_aliases_serve_for_ids(room):
    """Uses take an alias name or its ARN, and answer the key's own ARN."""
    key = room.key()
    room.CreateAlias(AliasName="alias/in-use", TargetKeyId=key)
    for ref in ("alias/in-use", f"{key.rpartition(':')[0]}:alias/in-use", key, key[-36:]):
        assert room.Encrypt(KeyId=ref, Plaintext=b"x")["KeyId"] == key


def test_a_dry_run_tells_and_does_nothing(room):
    """DryRun on a use that would succeed says so by its error, leaves no trace of a use, and still judges."""
    key = room.key()
    said = refused("DryRunOperationException", room.Encrypt, KeyId=key, Plaintext=b"x", DryRun=True)
    assert said == "The request would have succeeded, but the DryRun parameter is set."
    assert room.GetKeyLastUsage(KeyId=key)["KeyLastUsage"] == {}
    room.DisableKey(KeyId=key)
    refused("DisabledException", room.Encrypt, KeyId=key, Plaintext=b"x", DryRun=True)


def test_a_dry_run_needs_no_ciphertext_when_it_says_so(room):
    """IGNORE_CIPHERTEXT asks for permission alone; without it the ciphertext is missed, and without DryRun refused."""
    key = room.key()
    ignore = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    refused("DryRunOperationException", room.Decrypt, KeyId=key, **ignore)
    refused("DryRunOperationException", room.ReEncrypt, SourceKeyId=key, DestinationKeyId=key, **ignore)
    refused("AccessDeniedException", room.Decrypt, by=person(TENANT), KeyId=key, **ignore)
    said = refused("ValidationException", room.Decrypt, KeyId=key, DryRun=True)
    assert "'ciphertextBlob' failed to satisfy constraint: Member must not be null" in said
    refused("ValidationException", room.Decrypt, KeyId=key, DryRunModifiers=["IGNORE_CIPHERTEXT"])


def test_other_kinds_of_key_do_not_wrap(room):
    """A key for signing or for MACs cannot make a data key."""
    for kind in (
        {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
        {"KeySpec": "HMAC_512", "KeyUsage": "GENERATE_VERIFY_MAC"},
    ):
        refused("InvalidKeyUsageException", room.GenerateDataKey, KeyId=room.key(**kind), KeySpec="AES_256")


def test_multi_region_keys_seal_and_open(room):
    """A multi-Region key has the id of its kind and opens its own blobs."""
    made = room.CreateKey(MultiRegion=True)["KeyMetadata"]
    assert made["KeyId"].startswith("mrk-")
    assert made["MultiRegionConfiguration"]["PrimaryKey"] == {"Arn": made["Arn"], "Region": REGION}
    blob = room.Encrypt(KeyId=made["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert room.Decrypt(CiphertextBlob=blob)["KeyId"] == made["Arn"]


def test_random_is_as_long_as_asked(room):
    """GenerateRandom gives as many bytes as asked, other ones each time."""
    one, two = (room.GenerateRandom(NumberOfBytes=1024)["Plaintext"] for _ in range(2))
    assert len(one) == len(two) == 1024
    assert one != two
    refused("ValidationException", room.GenerateRandom)


def test_a_material_of_another_key_opens_nothing(room):
    """A blob whose key id was exchanged for another real key's is refused, not opened with that key."""
    key, other = room.key(), room.key()
    blob = room.Encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    alien = room.Encrypt(KeyId=other, Plaintext=b"x")["CiphertextBlob"]
    refused("InvalidCiphertextException", room.Decrypt, CiphertextBlob=alien[:17] + blob[17:])
