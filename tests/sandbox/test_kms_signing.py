"""Signatures and MACs: checked by a library that never met the KMS."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from tests.sandbox.kms_room import Room, refused

WORDS = b"measured at dawn"
CURVES = {"ECC_NIST_P256": hashes.SHA256(), "ECC_NIST_P384": hashes.SHA384(), "ECC_NIST_P521": hashes.SHA512()}


@pytest.fixture
def room():
    return Room()


def public(room, key):
    return serialization.load_der_public_key(room.GetPublicKey(KeyId=key)["PublicKey"])


@pytest.mark.parametrize("spec", CURVES)
def test_curves_sign_for_the_world(room, spec):
    """What an elliptic curve key signs, its public key confirms outside KMS, and KMS inside."""
    key = room.key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    algorithm = room.DescribeKey(KeyId=key)["KeyMetadata"]["SigningAlgorithms"][0]
    signed = room.Sign(KeyId=key, Message=WORDS, SigningAlgorithm=algorithm)
    public(room, key).verify(signed["Signature"], WORDS, ec.ECDSA(CURVES[spec]))
    wish = {"KeyId": key, "Signature": signed["Signature"], "SigningAlgorithm": algorithm}
    assert room.Verify(Message=WORDS, **wish)["SignatureValid"] is True
    refused("KMSInvalidSignatureException", room.Verify, Message=WORDS + b"!", **wish)


@pytest.mark.parametrize(
    ("algorithm", "pad"),
    [
        ("RSASSA_PKCS1_V1_5_SHA_256", padding.PKCS1v15()),
        ("RSASSA_PSS_SHA_256", padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)),
    ],
)
def test_rsa_signs_messages_and_digests_alike(room, algorithm, pad):
    """A digest handed in signs as the message would; a digest of another size is refused."""
    key = room.key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    wish = {"KeyId": key, "SigningAlgorithm": algorithm}
    signed = room.Sign(Message=hashlib.sha256(WORDS).digest(), MessageType="DIGEST", **wish)["Signature"]
    public(room, key).verify(signed, WORDS, pad, hashes.SHA256())
    assert room.Verify(Message=WORDS, Signature=signed, **wish)["SignatureValid"] is True
    refused("ValidationException", room.Sign, Message=b"short", MessageType="DIGEST", **wish)


def test_edwards_signs_the_message_itself(room):
    """An Edwards key signs whole messages."""
    key = room.key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    signed = room.Sign(KeyId=key, Message=WORDS, SigningAlgorithm="ED25519_SHA_512")["Signature"]
    public(room, key).verify(signed, WORDS)


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_macs_hold(room, bits):
    """A MAC holds for its message alone, and is not another key's."""
    key, other = (room.key(KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC") for _ in range(2))
    wish = {"Message": WORDS, "MacAlgorithm": f"HMAC_SHA_{bits}"}
    mac = room.GenerateMac(KeyId=key, **wish)["Mac"]
    assert len(mac) == bits // 8
    assert room.VerifyMac(KeyId=key, Mac=mac, **wish)["MacValid"] is True
    refused("KMSInvalidMacException", room.VerifyMac, KeyId=other, Mac=mac, **wish)
    assert not hmac.compare_digest(mac, room.GenerateMac(KeyId=other, **wish)["Mac"])


def test_a_key_does_its_own_work_only(room):
    """Encryption keys do not sign, signing keys make no MACs, and neither signs by an algorithm it lacks."""
    key = room.key()
    signer = room.key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    mac = {"Message": WORDS, "MacAlgorithm": "HMAC_SHA_256"}
    refused("InvalidKeyUsageException", room.Sign, KeyId=key, Message=WORDS, SigningAlgorithm="ECDSA_SHA_256")
    refused("InvalidKeyUsageException", room.GenerateMac, KeyId=signer, **mac)
    refused("InvalidKeyUsageException", room.Sign, KeyId=signer, Message=WORDS, SigningAlgorithm="ECDSA_SHA_384")
    refused("UnsupportedOperationException", room.GetPublicKey, KeyId=key)


def test_the_public_key_stays(room):
    """A key has one public key, told the same each time, also of a key for encryption."""
    key = room.key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    first, second = room.GetPublicKey(KeyId=key), room.GetPublicKey(KeyId=key)
    assert first == second
    assert first["EncryptionAlgorithms"] == ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
