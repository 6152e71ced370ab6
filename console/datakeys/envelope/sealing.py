"""Messages opened and sealed anew by AWS's own library, in a stream, with our client and under no key but those named.

The library is an extra of this console (`kms-console[files]`) and is loaded here only. Its master keys suffice: the
keyrings of the Material Providers Library would bring a second client of AWS and a compiled verifier with them.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, BinaryIO

from console.aws.session import ask
from console.datakeys.envelope.header import COMMITTED
from console.errors import ConsoleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.datakeys.envelope.header import Header

FRAME = 64 * 1024
"""Bytes of a frame: four times as fast as the library's default of 4 KiB (`tests/bench/bench_files.py`); at 1 MiB its
copying eats the gain. Also how much is taken from a stream at a time: more than a frame is joined piece by piece.
"""

RESERVED = "aws-crypto-"
SIGNED, UNSIGNED = 0x0578, 0x0478


class Sealer:
    """Opens messages whose data key one of these CMKs wraps, and seals under one. `clients(arn)` gives KMS's client
    for a CMK, `beat()` is called often enough for whoever wants to show progress or to stop.
    """

    def __init__(self, clients: Callable[[str], Any], beat: Callable[[], None] = lambda: None) -> None:
        try:
            import aws_encryption_sdk as sdk
        except ImportError as error:
            raise ConsoleError("file.no_library") from error
        self._sdk = sdk
        self._clients = clients
        self._beat = beat
        policy = sdk.CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT  # what is old may be of before commitments
        self._client = sdk.EncryptionSDKClient(commitment_policy=policy, max_encrypted_data_keys=1)

    def rewrite(self, source: BinaryIO, target: BinaryIO, header: Header, key: str) -> bytes:
        """The same plaintext under a new data key of this CMK; the digest of the plaintext, for memory only.

        Raises:
            NotAMessageError: it cannot be opened, or something follows it.
            AwsRefusal, ConsoleError: KMS said no, or could not be asked.
        """
        digest = hashlib.sha256()
        suite = header.algorithm if header.algorithm in COMMITTED else (SIGNED if header.signed else UNSIGNED)
        context = {name: value for name, value in header.context if not name.startswith(RESERVED)}
        with self._edge(), self._opened(source, header.keys[0].key) as plain:
            sealed = self._client.stream(
                mode="e", source=_Listening(plain, digest), key_provider=self._master(key), frame_length=FRAME,
                line_length=FRAME, encryption_context=context, algorithm=self._sdk.Algorithm.get_by_id(suite),
            )  # fmt: skip
            with sealed:
                for chunk in sealed:
                    target.write(chunk)
                    self._beat()
        if source.read(1):
            raise NotAMessageError
        return digest.digest()

    def digest(self, source: BinaryIO, key: str) -> bytes:
        """The digest of a message's plaintext, for memory only."""
        digest = hashlib.sha256()
        with self._edge(), self._opened(source, key) as plain:
            for chunk in plain:
                digest.update(chunk)
                self._beat()
        return digest.digest()

    def _opened(self, source: BinaryIO, key: str) -> Any:
        return self._client.stream(mode="d", source=source, key_provider=self._master(key), line_length=FRAME)

    def _master(self, key: str) -> Any:
        return _master_class()(key_id=key, client=self._clients(key))

    def _edge(self) -> Any:
        return _edge(self._sdk)


def same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)


class NotAMessageError(Exception):
    """It looked like a message and is none, or not one alone."""


class _Listening:
    """A stream whose bytes are digested as they pass."""

    def __init__(self, stream: Any, digest: Any) -> None:
        self._stream, self._digest = stream, digest

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self._digest.update(data)
        return data

    def close(self) -> None:
        """The one who opened it closes it."""

    @property
    def closed(self) -> bool:
        return bool(self._stream.closed)


def _edge(sdk: Any) -> Any:
    from contextlib import contextmanager

    from cryptography.exceptions import InvalidSignature, InvalidTag

    @contextmanager
    def edge() -> Any:
        try:
            yield
        except (sdk.AWSEncryptionSDKClientError, InvalidTag, InvalidSignature) as error:
            raise NotAMessageError from error

    return edge()


def _master_class() -> Any:
    """The library's master key with our way of asking: our client, pace and errors, nothing in a log."""
    from aws_encryption_sdk.key_providers.kms import KMSMasterKey
    from aws_encryption_sdk.structures import DataKey, MasterKeyInfo

    class Master(KMSMasterKey):  # type: ignore[misc] # the library carries no types
        def _generate_data_key(self, algorithm: Any, encryption_context: Any = None) -> Any:
            wish = self._build_generate_data_key_request(algorithm, encryption_context)
            told = ask(self.config.client, "generate_data_key", **wish)
            info = MasterKeyInfo(provider_id=self.provider_id, key_info=told["KeyId"])
            return DataKey(info, told["Plaintext"], told["CiphertextBlob"])

        def _decrypt_data_key(self, encrypted_data_key: Any, algorithm: Any, encryption_context: Any = None) -> Any:  # noqa: ARG002 - the library's own signature
            self._validate_allowed_to_decrypt(encrypted_data_key.key_provider.key_info.decode())
            wish = self._build_decrypt_request(encrypted_data_key, encryption_context)
            told = ask(self.config.client, "decrypt", **wish)
            return DataKey(self.key_provider, told["Plaintext"], encrypted_data_key.encrypted_data_key)

    return Master
