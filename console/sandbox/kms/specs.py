"""Which kinds of key AWS makes, what each may be used for and by which algorithms."""

from __future__ import annotations

from console.sandbox.errors import AwsError

ENCRYPT, SIGN, MAC = "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"
AGREE, ENCAPSULATE = "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"

# The member of KeyMetadata that lists the algorithms of a usage.
LISTED = {
    ENCRYPT: "EncryptionAlgorithms",
    SIGN: "SigningAlgorithms",
    MAC: "MacAlgorithms",
    AGREE: "KeyAgreementAlgorithms",
    ENCAPSULATE: "EncapsulationAlgorithms",
}
_HASHES = (256, 384, 512)
_OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
_RSASSA = tuple(f"RSASSA_{scheme}_SHA_{bits}" for scheme in ("PKCS1_V1_5", "PSS") for bits in _HASHES)
_MAC_BITS = (224, 256, 384, 512)


def _ecc(bits: int) -> dict[str, tuple[str, ...]]:
    return {SIGN: (f"ECDSA_SHA_{bits}",), AGREE: ("ECDH",)}


# Spec to usage to algorithms. SM2 exists in China Regions only.
SPECS: dict[str, dict[str, tuple[str, ...]]] = {
    "SYMMETRIC_DEFAULT": {ENCRYPT: ("SYMMETRIC_DEFAULT",)},
    **{f"RSA_{size}": {ENCRYPT: _OAEP, SIGN: _RSASSA} for size in (2048, 3072, 4096)},
    "ECC_NIST_P256": _ecc(256),
    "ECC_NIST_P384": _ecc(384),
    "ECC_NIST_P521": _ecc(512),
    "ECC_SECG_P256K1": {SIGN: ("ECDSA_SHA_256",)},
    "ECC_NIST_EDWARDS25519": {SIGN: ("ED25519_SHA_512", "ED25519_PH_SHA_512")},
    **{f"HMAC_{bits}": {MAC: (f"HMAC_SHA_{bits}",)} for bits in _MAC_BITS},
    **{f"ML_DSA_{level}": {SIGN: ("ML_DSA_SHAKE_256",)} for level in (44, 65, 87)},
    **{f"ML_KEM_{size}": {ENCAPSULATE: ("ML_KEM",)} for size in (512, 768, 1024)},
}


def agreed(spec: str, usage: str) -> None:
    """Judge a wished pair of spec and usage.

    Raises:
        AwsError: UnsupportedOperationException for a spec no Region here has, ValidationException for a bad pair.
    """
    if spec not in SPECS:
        raise AwsError("UnsupportedOperationException", f"KeySpec {spec} is not supported in this Region.")
    if usage not in SPECS[spec]:
        raise AwsError("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}")


def algorithms(spec: str, usage: str) -> dict[str, list[str]]:
    """The one member of KeyMetadata that lists a key's algorithms."""
    return {LISTED[usage]: list(SPECS[spec][usage])}
