"""The uses of symmetric keys: data keys, Encrypt, Decrypt, ReEncrypt, and random bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.kms import access, crypto, specs
from console.sandbox.kms.keys import SYMMETRIC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.sandbox.kms.keys import Ask, Key, Material
    from console.sandbox.kms.vault import Vault

SIZES = {"AES_256": 32, "AES_128": 16}
IGNORE = "IGNORE_CIPHERTEXT"
REHEARSED = "The request would have succeeded, but the DryRun parameter is set."
FOREIGN = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, "
    "or you are not allowed to access."
)
WRONG_KEY = "The key ID in the request does not identify a CMK that can perform this operation."


def rehearsed(ask: Ask) -> None:
    """A dry run ends here, where the real call would begin to act.

    Raises:
        AwsError: DryRunOperationException, which means that it would have succeeded.
    """
    if ask.params.get("DryRun"):
        raise AwsError("DryRunOperationException", REHEARSED)


def encrypt(vault: Vault, ask: Ask) -> dict[str, Any]:
    params = ask.params
    context = params.get("EncryptionContext", {})
    key = symmetric(access.reach(vault, ask, params["KeyId"], context=context))
    _algorithm(params, "EncryptionAlgorithm")
    rehearsed(ask)
    blob = _sealed(ask, key, params["Plaintext"], context)
    return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": SYMMETRIC}


def data_key(vault: Vault, ask: Ask) -> dict[str, Any]:
    """GenerateDataKey: the plaintext is in this answer and nowhere else."""
    return _data_key(vault, ask, plain=True)


def wrapped_data_key(vault: Vault, ask: Ask) -> dict[str, Any]:
    """GenerateDataKeyWithoutPlaintext."""
    return _data_key(vault, ask, plain=False)


def _data_key(vault: Vault, ask: Ask, *, plain: bool) -> dict[str, Any]:
    params = ask.params
    context = params.get("EncryptionContext", {})
    key = symmetric(access.reach(vault, ask, params["KeyId"], context=context))
    if ("KeySpec" in params) == ("NumberOfBytes" in params):
        raise AwsError("ValidationException", "Please specify either number of bytes or key spec.")
    _no_recipient(params)
    rehearsed(ask)
    secret = os.urandom(params.get("NumberOfBytes") or SIZES[params["KeySpec"]])
    answer = {"CiphertextBlob": _sealed(ask, key, secret, context), "KeyId": key.arn}
    answer["KeyMaterialId"] = key.current.id
    return answer | ({"Plaintext": secret} if plain else {})


def decrypt(vault: Vault, ask: Ask) -> dict[str, Any]:
    params = ask.params
    context = params.get("EncryptionContext", {})
    _algorithm(params, "EncryptionAlgorithm")
    _no_recipient(params)
    if _ciphertext_ignored(ask, "KeyId"):
        symmetric(access.reach(vault, ask, params["KeyId"], context=context))
        rehearsed(ask)
    key, material, plaintext = _opened(vault, ask, params.get("KeyId"), "Decrypt", context)
    rehearsed(ask)
    return {
        "KeyId": key.arn,
        "Plaintext": plaintext,
        "EncryptionAlgorithm": SYMMETRIC,
        "KeyMaterialId": material.id,
    }


def re_encrypt(vault: Vault, ask: Ask) -> dict[str, Any]:
    """ReEncrypt: the plaintext moves from one key to the other without leaving KMS."""
    params = ask.params
    before, after = (params.get(f"{side}EncryptionContext", {}) for side in ("Source", "Destination"))
    for side in ("Source", "Destination"):
        _algorithm(params, f"{side}EncryptionAlgorithm")
    if _ciphertext_ignored(ask, "SourceKeyId"):
        symmetric(access.reach(vault, ask, params["SourceKeyId"], "ReEncryptFrom", before))
        symmetric(access.reach(vault, ask, params["DestinationKeyId"], "ReEncryptTo", after))
        rehearsed(ask)
    source, old, plaintext = _opened(vault, ask, params.get("SourceKeyId"), "ReEncryptFrom", before)
    target = symmetric(access.reach(vault, ask, params["DestinationKeyId"], "ReEncryptTo", after))
    rehearsed(ask)
    blob = _sealed(ask, target, plaintext, after)
    return {
        "CiphertextBlob": blob,
        "SourceKeyId": source.arn,
        "KeyId": target.arn,
        "SourceEncryptionAlgorithm": SYMMETRIC,
        "DestinationEncryptionAlgorithm": SYMMETRIC,
        "SourceKeyMaterialId": old.id,
        "DestinationKeyMaterialId": target.current.id,
    }


def random(vault: Vault, ask: Ask) -> dict[str, Any]:  # noqa: ARG001 - the operations' common shape
    """GenerateRandom."""
    _no_recipient(ask.params)
    if "CustomKeyStoreId" in ask.params:
        raise AwsError("CustomKeyStoreNotFoundException", "The custom key store does not exist.")
    if "NumberOfBytes" not in ask.params:
        raise AwsError("ValidationException", "Number of bytes is required.")
    return {"Plaintext": os.urandom(ask.params["NumberOfBytes"])}


def symmetric(key: Key) -> Key:
    """The key, when it is enabled and symmetric."""
    access.usable(key)
    if not key.symmetric:
        raise AwsError("InvalidKeyUsageException", f"{key.arn} key usage is {key.usage} which is not valid for this.")
    return key


def _algorithm(params: Mapping[str, Any], member: str) -> None:
    wished = params.get(member, SYMMETRIC)
    if wished not in specs.SPECS[SYMMETRIC][specs.ENCRYPT]:
        raise AwsError("InvalidKeyUsageException", f"{wished} is not valid for a key with spec {SYMMETRIC}.")


def _no_recipient(params: Mapping[str, Any]) -> None:
    """Nitro enclaves attest to hardware that is not here."""
    if "Recipient" in params:
        raise AwsError("ValidationException", "Recipient is not supported: the attestation cannot be verified.")


def _sealed(ask: Ask, key: Key, plaintext: bytes, context: Mapping[str, str]) -> bytes:
    ask.materials.append(key.current.id)
    return crypto.seal(key.id, key.current, bytes(plaintext), context)


def _ciphertext_ignored(ask: Ask, member: str) -> bool:
    """Whether only permissions are asked after; then the key must be named, else the ciphertext must be there."""
    params = ask.params
    modifiers = params.get("DryRunModifiers", ())
    if modifiers and not params.get("DryRun"):
        raise AwsError("ValidationException", "DryRunModifiers can only be specified when DryRun is true.")
    ignored = IGNORE in modifiers
    missing = member if ignored else "CiphertextBlob"
    if missing not in params:
        name = missing[0].lower() + missing[1:]
        text = f"Value null at '{name}' failed to satisfy constraint: Member must not be null"
        raise AwsError("ValidationException", f"1 validation error detected: {text}")
    return ignored


def _opened(
    vault: Vault, ask: Ask, named: str | None, action: str, context: Mapping[str, str]
) -> tuple[Key, Material, bytes]:
    """Key, material and plaintext of the call's ciphertext; `named` is the key that the caller expects."""
    sealed = crypto.taken_apart(ask.params["CiphertextBlob"])
    key = vault.regions.get((ask.region, sealed.key_id))
    if named is not None:
        wanted = symmetric(access.reach(vault, ask, named, action, context))
        if key is not wanted:
            raise AwsError("IncorrectKeyException", WRONG_KEY)
    elif key is None:
        raise AwsError("AccessDeniedException", FOREIGN)
    else:
        symmetric(access.reach(vault, ask, key.arn, action, context))
    assert key is not None  # noqa: S101 - for mypy: both branches left no other way
    material = key.material(sealed.material_id)
    if material is None:
        raise AwsError("InvalidCiphertextException")
    plaintext = crypto.unseal(sealed, material, context)
    ask.materials.append(material.id)
    return key, material, plaintext
