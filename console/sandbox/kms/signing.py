"""The uses of the other kinds of key: signatures by RSA and elliptic curves, and MACs."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from console.sandbox.errors import AwsError
from console.sandbox.kms import access, specs
from console.sandbox.kms.uses import rehearsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.sandbox.kms.keys import Ask, Key
    from console.sandbox.kms.vault import Vault

    Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

EXPONENT = 65537
HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
MAKERS: dict[str, Callable[[], Private]] = {
    "RSA_2048": lambda: rsa.generate_private_key(EXPONENT, 2048),
    "RSA_3072": lambda: rsa.generate_private_key(EXPONENT, 3072),
    "RSA_4096": lambda: rsa.generate_private_key(EXPONENT, 4096),
    "ECC_NIST_P256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ECC_NIST_P384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ECC_NIST_P521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ECC_SECG_P256K1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "ECC_NIST_EDWARDS25519": ed25519.Ed25519PrivateKey.generate,
}
PLAIN = "ED25519_SHA_512"  # the one Edwards algorithm that signs the message itself


def sign(vault: Vault, ask: Ask) -> dict[str, Any]:
    key, algorithm = _fit(vault, ask, specs.SIGN, "SigningAlgorithm")
    message, private = _message(ask, algorithm), _private(key)
    rehearsed(ask)
    if isinstance(private, rsa.RSAPrivateKey):
        signature = private.sign(message, _padding(algorithm), utils.Prehashed(_hash(algorithm)))
    elif isinstance(private, ec.EllipticCurvePrivateKey):
        signature = private.sign(message, ec.ECDSA(utils.Prehashed(_hash(algorithm))))
    else:
        signature = private.sign(message)
    return {"KeyId": key.arn, "Signature": signature, "SigningAlgorithm": algorithm}


def verify(vault: Vault, ask: Ask) -> dict[str, Any]:
    """Verify; a signature that does not hold is an error, not an answer."""
    key, algorithm = _fit(vault, ask, specs.SIGN, "SigningAlgorithm")
    message, public, signature = _message(ask, algorithm), _private(key).public_key(), ask.params["Signature"]
    rehearsed(ask)
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, message, _padding(algorithm), utils.Prehashed(_hash(algorithm)))
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, message, ec.ECDSA(utils.Prehashed(_hash(algorithm))))
        else:
            public.verify(signature, message)
    except InvalidSignature as error:
        raise AwsError("KMSInvalidSignatureException") from error
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm}


def public_key(vault: Vault, ask: Ask) -> dict[str, Any]:
    """GetPublicKey, as DER of X.509's SubjectPublicKeyInfo."""
    key = access.reach(vault, ask, ask.params["KeyId"])
    access.usable(key)
    if key.symmetric or key.usage == specs.MAC:
        raise AwsError("UnsupportedOperationException", f"{key.arn} has no public key.")
    der = _private(key).public_key()
    told = der.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {
        "KeyId": key.arn,
        "PublicKey": told,
        "KeySpec": key.spec,
        "KeyUsage": key.usage,
        **specs.algorithms(key.spec, key.usage),
    }


def make_mac(vault: Vault, ask: Ask) -> dict[str, Any]:
    """GenerateMac."""
    key, algorithm = _fit(vault, ask, specs.MAC, "MacAlgorithm")
    rehearsed(ask)
    return {"KeyId": key.arn, "Mac": _mac(key, algorithm, ask), "MacAlgorithm": algorithm}


def verify_mac(vault: Vault, ask: Ask) -> dict[str, Any]:
    """VerifyMac; a MAC that does not hold is an error, not an answer."""
    key, algorithm = _fit(vault, ask, specs.MAC, "MacAlgorithm")
    rehearsed(ask)
    if not hmac.compare_digest(_mac(key, algorithm, ask), bytes(ask.params["Mac"])):
        raise AwsError("KMSInvalidMacException")
    return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": algorithm}


def _fit(vault: Vault, ask: Ask, usage: str, member: str) -> tuple[Key, str]:
    """The key and the algorithm, when the one can do the other."""
    key = access.reach(vault, ask, ask.params["KeyId"])
    access.usable(key)
    algorithm = ask.params[member]
    if key.usage != usage:
        raise AwsError("InvalidKeyUsageException", f"{key.arn} key usage is {key.usage} which is not valid for this.")
    if algorithm not in specs.SPECS[key.spec][usage]:
        raise AwsError("InvalidKeyUsageException", f"Algorithm {algorithm} and key spec {key.spec} are incompatible.")
    return key, algorithm


def _mac(key: Key, algorithm: str, ask: Ask) -> bytes:
    return hmac.digest(key.current.secret, bytes(ask.params["Message"]), f"sha{algorithm.rpartition('_')[2]}")


def _private(key: Key) -> Private:
    """The private key, made when first needed: RSA takes its time, and most keys are only looked at."""
    if key.spec not in MAKERS:
        raise AwsError("UnsupportedOperationException", f"The sandbox does not compute with keys of spec {key.spec}.")
    if not key.private:
        made = MAKERS[key.spec]()
        key.private = made.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    loaded: Any = serialization.load_der_private_key(key.private, None)
    found: Private = loaded
    return found


def _message(ask: Ask, algorithm: str) -> bytes:
    """What is signed: the digest of the message, given or made; Edwards signs the message itself."""
    message, kind = bytes(ask.params["Message"]), ask.params.get("MessageType", "RAW")
    if algorithm == PLAIN or kind == "EXTERNAL_MU":
        if kind != "RAW":
            raise AwsError("ValidationException", f"MessageType {kind} is not valid for {algorithm}.")
        return message
    if algorithm.startswith("ED25519"):
        raise AwsError("UnsupportedOperationException", f"The sandbox does not sign with {algorithm}.")
    chosen = _hash(algorithm)
    if kind == "RAW":
        digest = hashes.Hash(chosen)
        digest.update(message)
        return digest.finalize()
    if len(message) != chosen.digest_size:
        raise AwsError("ValidationException", f"Digest is invalid length for algorithm {algorithm}.")
    return message


def _hash(algorithm: str) -> hashes.HashAlgorithm:
    return HASHES[algorithm.rpartition("_")[2]]


def _padding(algorithm: str) -> padding.AsymmetricPadding:
    if "PKCS1" in algorithm:
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(_hash(algorithm)), padding.PSS.DIGEST_LENGTH)
