"""Signatures by a key that never leaves KMS: GetPublicKey and Sign, with an ECC_NIST_EDWARDS25519 key."""

from __future__ import annotations

from typing import Any

from console.aws.refusals import AwsRefusal
from console.aws.session import ask
from console.errors import ConsoleError

SPEC, ALGORITHM = "ECC_NIST_EDWARDS25519", "ED25519_SHA_512"
_PREFIX = bytes.fromhex("302a300506032b6570032100")
"""What DER puts before the 32 bytes of an Ed25519 key (RFC 8410)."""


def public_key(client: Any, arn: str) -> bytes:
    """The 32 bytes of its public half.

    Raises:
        ConsoleError: KMS refuses, or it is a key of another kind.
    """
    told = _asked(client, "get_public_key", arn)
    der = bytes(told["PublicKey"])
    if told.get("KeySpec") != SPEC or not der.startswith(_PREFIX):
        raise ConsoleError("exchange.kms_spec", arn=arn, spec=str(told.get("KeySpec")), wanted=SPEC)
    return der.removeprefix(_PREFIX)


def sign(client: Any, arn: str, message: bytes) -> bytes:
    """A plain Ed25519 signature over a message of at most 4,096 bytes. Raises ConsoleError."""
    told = _asked(client, "sign", arn, Message=message, MessageType="RAW", SigningAlgorithm=ALGORITHM)
    return bytes(told["Signature"])


def _asked(client: Any, method: str, arn: str, **parameters: Any) -> dict[str, Any]:
    try:
        return ask(client, method, KeyId=arn, **parameters)
    except AwsRefusal as refusal:
        raise ConsoleError("exchange.kms_refused", arn=arn, detail=f"{refusal.code} {refusal.message}") from refusal
