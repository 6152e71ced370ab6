"""Real encryption under a key's materials: AES-256-GCM, bound to the key, the material and the encryption context."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from struct import pack
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.sandbox.kms.keys import Material

VERSION = b"\x01"
ID_END, MATERIAL_END, NONCE_END = 17, 49, 61
TAG = 16
MULTI_REGION = "mrk-"
# The version byte also says which shape the key's id has.
MULTI_REGION_VERSION = b"\x02"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ciphertext blob taken apart: version byte, key id (16), material id (32), nonce (12), ciphertext and tag."""

    header: bytes
    nonce: bytes
    body: bytes

    @property
    def key_id(self) -> str:
        plain = uuid.UUID(bytes=self.header[1:ID_END])
        return f"{MULTI_REGION}{plain.hex}" if self.header[:1] == MULTI_REGION_VERSION else str(plain)

    @property
    def material_id(self) -> str:
        return self.header[ID_END:].hex()


def seal(key_id: str, material: Material, plaintext: bytes, context: Mapping[str, str]) -> bytes:
    """A blob that names its key and material, and opens under the same context only."""
    version = MULTI_REGION_VERSION if key_id.startswith(MULTI_REGION) else VERSION
    number = uuid.UUID(key_id.removeprefix(MULTI_REGION)).bytes
    header = version + number + bytes.fromhex(material.id)
    nonce = os.urandom(NONCE_END - MATERIAL_END)
    return header + nonce + AESGCM(material.secret).encrypt(nonce, plaintext, header + bound(context))


def unseal(sealed: Sealed, material: Material, context: Mapping[str, str]) -> bytes:
    """The plaintext.

    Raises:
        AwsError: InvalidCiphertextException when a bit or the context is not what it was.
    """
    try:
        return AESGCM(material.secret).decrypt(sealed.nonce, sealed.body, sealed.header + bound(context))
    except InvalidTag as error:
        raise AwsError("InvalidCiphertextException") from error


def taken_apart(blob: bytes) -> Sealed:
    """The parts of a blob, nothing yet believed.

    Raises:
        AwsError: InvalidCiphertextException when it cannot be one of ours.
    """
    blob = bytes(blob)
    if len(blob) < NONCE_END + TAG or blob[:1] not in {VERSION, MULTI_REGION_VERSION}:
        raise AwsError("InvalidCiphertextException")
    return Sealed(blob[:MATERIAL_END], blob[MATERIAL_END:NONCE_END], blob[NONCE_END:])


def bound(context: Mapping[str, str]) -> bytes:
    """An encryption context as bytes that no other context has, whatever the order of its pairs."""
    texts = [part.encode("utf-8", "surrogatepass") for pair in sorted(context.items()) for part in pair]
    return b"".join(pack(">I", len(text)) + text for text in texts)
