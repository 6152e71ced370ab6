"""What an AWS Encryption SDK message tells without a key: its algorithm, its id, and who wraps its data key.

The layout is that of *AWS Encryption SDK message format reference*, versions 1 and 2. Nothing of it is trusted yet:
only a decryption verifies a header.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import BinaryIO

KMS = "aws-kms"
SIGNED = frozenset({0x0214, 0x0346, 0x0378, 0x0578})
"""Algorithm suites whose messages end with a signature."""

COMMITTED = frozenset({0x0478, 0x0578})
TYPE_V1 = 0x80
MOST_CONTEXT = 1 << 16


@dataclass(frozen=True, slots=True)
class Wrapped:
    """One encrypted data key: who wraps it, under which key (an ARN where it is KMS), and the bytes."""

    provider: str
    key: str
    blob: bytes

    @property
    def mark(self) -> str:
        """What the bytes are known by in evidence: SHA-256, in hex."""
        return hashlib.sha256(self.blob).hexdigest()


@dataclass(frozen=True, slots=True)
class Header:
    """`algorithm` is the suite's number; `context` the encryption context that the data key is bound to."""

    algorithm: int
    message_id: str
    keys: tuple[Wrapped, ...]
    context: tuple[tuple[str, str], ...] = ()

    @property
    def signed(self) -> bool:
        return self.algorithm in SIGNED


class _Short(Exception):
    """There is less than a header needs."""


def read(stream: BinaryIO) -> Header | None:
    """The header at the beginning of a stream; None: this is no message."""
    try:
        return _header(stream)
    except (_Short, UnicodeDecodeError, struct.error):
        return None


def _header(stream: BinaryIO) -> Header | None:
    (version,) = _taken(stream, 1)
    if version == 1:
        if _taken(stream, 1)[0] != TYPE_V1:
            return None
        size = 16
    elif version == 2:
        size = 32
    else:
        return None
    algorithm = _number(stream)
    message_id = _taken(stream, size).hex()
    context = _context(_taken(stream, _number(stream)))
    count = _number(stream)
    if not count:
        return None
    keys = tuple(Wrapped(_text(_field(stream)), _text(_field(stream)), _field(stream)) for _ in range(count))
    return Header(algorithm, message_id, keys, context)


def _context(data: bytes) -> tuple[tuple[str, str], ...]:
    if not data:
        return ()
    from io import BytesIO

    stream = BytesIO(data)
    return tuple((_text(_field(stream)), _text(_field(stream))) for _ in range(_number(stream)))


def _taken(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise _Short
    return data


def _number(stream: BinaryIO) -> int:
    return int.from_bytes(_taken(stream, 2))


def _field(stream: BinaryIO) -> bytes:
    return _taken(stream, _number(stream))


def _text(data: bytes) -> str:
    return data.decode()
