"""A sealed letter: one line that says what it is, a signature over that line, and a body that the line vouches for.

    kms-console sealed 1
    {"body":"sha256…","by":"…","kind":"snapshot",…}
    signature in base64, or nothing
    the body, deflated

Nothing of the body is unpacked before signature, recipient, age and sequence hold; then no more than the line says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from console.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

MAGIC = b"kms-console sealed "
FIRST, FORMAT = 1, 2
"""The oldest and the newest that this console reads; a new one with every change that an older console could not read.
A letter is of the oldest that holds what is in it: 2 is a snapshot with verdicts.
"""

LINE = 3500
"""Bytes of the line: KMS signs messages of at most 4,096 bytes, and what is signed is a bit more than the line."""

PACKED, PLAIN = 64 * 2**20, 512 * 2**20
"""The largest body, deflated and as it was, in bytes. A tenant of 1,000 CMKs takes some 0.3 and 4 MB."""

_SIGNATURE = 400
_LONGEST, _MOST = 300, 2**40
_SKEW = 300
"""Seconds that another machine's clock may be ahead of ours."""


class Letter(StrEnum):
    """What can be sealed."""

    SNAPSHOT = "snapshot"
    REQUEST = "request"
    JUDGEMENT = "judgement"


@dataclass(frozen=True, slots=True)
class Header:
    """The line. `tenant` '' is the whole estate; `sequence` grows with every letter of this kind to this tenant;
    `key` is the id of the signing key, '' where nobody signed; `by` who wrote it, in their own word; `body` is the
    SHA-256 of the deflated body, `packed` and `plain` its bytes so and unpacked.
    """

    kind: str
    tenant: str
    sequence: int
    made_at: int
    key: str
    by: str
    body: str
    packed: int
    plain: int
    format: int = FIRST


@dataclass(frozen=True, slots=True)
class Expected:
    """What a letter must be: of this kind, to this tenant, newer than `after`, at most `max_age` seconds old (0: of
    any age). `unsigned` accepts one that nobody signed, for letters that came by a way that vouches for the writer.
    """

    kind: Letter
    tenant: str
    now: int
    after: int = 0
    max_age: int = 0
    unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A letter that holds; `signed` False: only the way by which it came vouches for `header.by`."""

    header: Header
    body: bytes
    signed: bool


class Signer(Protocol):
    """Who signs; `key_id` names the public key."""

    @property
    def key_id(self) -> str: ...
    @property
    def public(self) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...


class Verifier(Protocol):
    """One trusted public key."""

    def holds(self, message: bytes, signature: bytes) -> bool: ...


def seal(
    kind: Letter,
    tenant: str,
    body: bytes,
    signer: Signer | None,
    *,
    sequence: int,
    made_at: int,
    by: str = "",
    format: int = FIRST,  # noqa: A002 - as the header calls it
) -> bytes:
    """The letter; the same arguments always make the same bytes.

    Raises:
        ConsoleError: the signer could not sign.
    """
    packed = zlib.compress(body, 9)
    header = Header(
        kind.value, tenant, sequence, made_at, signer.key_id if signer else "", by[:_LONGEST],
        hashlib.sha256(packed).hexdigest(), len(packed), len(body), format,
    )  # fmt: skip
    told = json.dumps(asdict(header), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    line = _signed_part(told.encode("utf-8", "replace"), format)
    signature = base64.b64encode(signer.sign(line)) if signer else b""
    return line + signature + b"\n" + packed


def _signed_part(line: bytes, number: int) -> bytes:
    return MAGIC + str(number).encode() + b"\n" + line + b"\n"


def header_of(letter: bytes) -> Header:
    """What a letter says of itself, before anything is believed.

    Raises:
        Refused: it is no letter of ours, or of a format that this console does not know.
    """
    return _split(letter)[0]


def open_sealed(letter: bytes, expected: Expected, trusted: Mapping[str, Verifier]) -> Opened:
    """The body, once everything holds: size, signature, format, recipient, age, sequence, digest.

    Raises:
        Refused: the first of these that does not; the key says which.
    """
    if len(letter) > PACKED + LINE + _SIGNATURE:
        raise Refused("exchange.too_large", limit=PACKED // 2**20)
    header, message, signature, packed = _split(letter)
    signed = _signature_holds(header, message, signature, expected, trusted)
    _is_for_us(header, expected)
    _is_of_now(header, expected)
    return Opened(header, _unpacked(header, packed), signed)


def _split(letter: bytes) -> tuple[Header, bytes, bytes, bytes]:
    """Header, what was signed, signature, and the deflated body."""
    first, _, rest = letter[: LINE + _SIGNATURE].partition(b"\n")
    number = first.removeprefix(MAGIC)
    if not first.startswith(MAGIC) or not number.isdigit() or len(number) > 4:
        raise Refused("exchange.not_ours")
    if not FIRST <= int(number) <= FORMAT:
        raise Refused("exchange.format", found=int(number), known=FORMAT)
    line, _, after = rest.partition(b"\n")
    signature, ended, _ = after.partition(b"\n")
    if not ended:
        raise Refused("exchange.truncated")
    message = first + b"\n" + line + b"\n"
    return _read_header(line, int(number)), message, signature, letter[len(message) + len(signature) + 1 :]


def _read_header(line: bytes, number: int) -> Header:
    try:
        told: Any = json.loads(line)
        shape = {field.name: int if field.type == "int" else str for field in fields(Header)}
        whole = isinstance(told, dict) and {name: type(value) for name, value in told.items()} == shape
        header = Header(**told) if whole else None
    except (ValueError, RecursionError) as error:
        raise Refused("exchange.not_ours") from error
    texts = (header.tenant, header.by, header.key) if header else ()
    numbers = (header.sequence, header.made_at, header.packed, header.plain) if header else ()
    fits = all(len(text) <= _LONGEST for text in texts) and all(0 <= number <= _MOST for number in numbers)
    if header is None or header.format != number or not fits:
        raise Refused("exchange.not_ours")
    return header


def _signature_holds(
    header: Header, message: bytes, signature: bytes, expected: Expected, trusted: Mapping[str, Verifier]
) -> bool:
    if not signature and not header.key:
        if not expected.unsigned:
            raise Refused("exchange.unsigned")
        return False
    verifier = trusted.get(header.key)
    if verifier is None:
        raise Refused("exchange.unknown_key", signer=header.key)
    try:
        raw = base64.b64decode(signature, validate=True)
    except ValueError as error:
        raise Refused("exchange.forged", signer=header.key) from error
    if not verifier.holds(message, raw):
        raise Refused("exchange.forged", signer=header.key)
    return True


def _is_for_us(header: Header, expected: Expected) -> None:
    if header.kind != expected.kind:
        raise Refused("exchange.other_kind", found=f"letter.{header.kind}", wanted=f"letter.{expected.kind}")
    if header.tenant != expected.tenant:
        if not expected.tenant:
            raise Refused("exchange.not_whole", found=header.tenant)
        raise Refused("exchange.other_tenant", found=header.tenant, wanted=expected.tenant)


def _is_of_now(header: Header, expected: Expected) -> None:
    if header.made_at > expected.now + _SKEW:
        raise Refused("exchange.future")
    if expected.max_age and expected.now - header.made_at > expected.max_age:
        raise Refused("exchange.too_old", days=(expected.now - header.made_at) // 86_400)
    if header.sequence == expected.after:
        raise Refused("exchange.replayed")
    if header.sequence < expected.after:
        raise Refused("exchange.older")


def _unpacked(header: Header, packed: bytes) -> bytes:
    if len(packed) < header.packed:
        raise Refused("exchange.truncated")
    if len(packed) != header.packed or hashlib.sha256(packed).hexdigest() != header.body:
        raise Refused("exchange.changed")
    if header.plain > PLAIN:
        raise Refused("exchange.too_large", limit=PLAIN // 2**20)
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(packed, header.plain + 1)
    except zlib.error as error:
        raise Refused("exchange.changed") from error
    if len(body) != header.plain or not inflater.eof or inflater.unused_data:
        raise Refused("exchange.changed")
    return body
