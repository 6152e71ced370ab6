"""Who signs and whom we trust: an Ed25519 key in a file of its own, or a key that never leaves AWS KMS."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.errors import ConsoleError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from console.services.exchange.envelope import Signer

_RAW = 32
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class FileSigner:
    """Signs with the key of a file."""

    key_id: str
    _key: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public half."""
        return _public(self._key)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A trusted Ed25519 key."""

    _key: Ed25519PublicKey

    def holds(self, message: bytes, signature: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def key_id(raw: bytes) -> str:
    """The short name of a public key: twelve hexadecimal digits of its SHA-256."""
    return hashlib.sha256(raw).hexdigest()[:12]


def written(raw: bytes) -> str:
    """A public key as settings hold it: `ed25519:` and 32 bytes in base64."""
    return "ed25519:" + base64.b64encode(raw).decode()


def trusted(written_keys: Iterable[str]) -> Mapping[str, PublicKey]:
    """Verifiers by key id.

    Raises:
        UsageError: one is not an Ed25519 public key as `written` writes them.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    found = {}
    for text in written_keys:
        kind, _, encoded = text.strip().partition(":")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise UsageError("exchange.trusted_malformed", value=text[:80]) from error
        if kind != "ed25519" or len(raw) != _RAW:
            raise UsageError("exchange.trusted_malformed", value=text[:80])
        found[key_id(raw)] = PublicKey(Ed25519PublicKey.from_public_bytes(raw))
    return found


def is_kms(signing_key: str) -> bool:
    """Whether the setting names a key in AWS KMS instead of a file."""
    return signing_key.startswith("arn:")


def default_path() -> Path:
    """Where a signing key is kept that the settings do not name."""
    import platformdirs

    return Path(platformdirs.user_config_dir("kms-console", appauthor=False)) / "signing-key.pem"


def path_of(signing_key: str) -> Path:
    return Path(signing_key).expanduser() if signing_key else default_path()


def file_signer(path: Path) -> FileSigner:
    """The key in that file.

    Raises:
        ConsoleError: there is none, others may read it, or it is no Ed25519 key.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise ConsoleError("exchange.key_open", path=str(path))
            key = _loaded(file.read(10_000), path)
    except FileNotFoundError as error:
        raise ConsoleError("exchange.no_key", path=str(path)) from error
    except OSError as error:
        raise ConsoleError("exchange.key_unreadable", path=str(path), detail=error.strerror or "") from error
    return FileSigner(key_id(_public(key)), key)


def public_key_of(path: Path) -> str:
    """The public half of the key in that file, as settings hold it. Raises ConsoleError."""
    return written(_public(file_signer(path)._key))  # noqa: SLF001 - this module's own


def make_key(path: Path) -> str:
    """A new key in a new file that only this user may read; its public half, as settings hold it.

    Raises:
        ConsoleError: there is a key already, or the file cannot be made.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE), "wb") as file:
            file.write(pem)
    except FileExistsError as error:
        raise ConsoleError("exchange.key_exists", path=str(path)) from error
    except OSError as error:
        raise ConsoleError("exchange.key_unwritable", path=str(path), detail=error.strerror or "") from error
    return written(_public(key))


def _loaded(pem: bytes, path: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise ConsoleError("exchange.key_malformed", path=str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConsoleError("exchange.key_malformed", path=str(path))
    return key


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class KmsSigner:
    """Signs with a key that never leaves KMS."""

    key_id: str
    _client: Any
    _arn: str

    @classmethod
    def of(cls, client: Any, arn: str) -> KmsSigner:
        """Raises ConsoleError: KMS refuses, or it is no Ed25519 key."""
        from console.aws.signing import public_key

        return cls(key_id(public_key(client, arn)), client, arn)

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public half."""
        from console.aws.signing import public_key

        return public_key(self._client, self._arn)

    def sign(self, message: bytes) -> bytes:
        from console.aws.signing import sign

        return sign(self._client, self._arn, message)


def signer_of(signing_key: str) -> Signer:
    """The signer of a key in a file. Raises ConsoleError."""
    return file_signer(path_of(signing_key))
