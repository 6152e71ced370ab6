r"""The written form of the audit: what a line holds, which bytes are hashed, how each hash ties to the one before.

Anybody can verify an export without this console. Its lines are in order, and each is a JSON object whose last name is
`hash`. Take the tail `,"hash":"…"}` off (75 characters) and put `}` back: those ASCII bytes are the canonical line.
SHA-256 over the previous line's hash (64 hexadecimal ASCII characters; 64 zeros before the first) followed by the
canonical line gives the hash, again as 64 hexadecimal characters.

Canonical is: names sorted, no spaces, control characters and everything outside ASCII escaped as JSON does
(`\u00eb`, in lower case; `\n`, `\t`, `\r`, `\b`, `\f`), whole numbers only. `seq` counts from 1 without a gap.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

START = "0" * 64
"""What stands for the hash before the first line."""

TAIL = 75
"""Characters of `,"hash":"…"}` at the end of an exported line."""


class Act(StrEnum):
    """What a line says: somebody is about to change something, it was done, it failed, or the gate said no."""

    INTENT = "intent"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line to write.

    `who` is the STS identity last seen for these credentials and `who_at` when (epoch seconds, 0: never); `user` and
    `host` are the operating system's. `scope` is the session's branch as a path, '' for everything. `fields` are the
    command's, redacted. `result` is the text key of what went wrong, `exit` the exit code. `of` is the number of the
    intent that a result belongs to, 0 for none.
    """

    act: Act
    command: str
    role: str
    user: str
    host: str
    who: str = ""
    who_at: int = 0
    scope: str = ""
    write: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    result: str = ""
    exit: int = 0
    run: str = ""
    of: int = 0


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line as it stands: its number, when (`2026-03-14T10:00:00.123Z`), its hash, what it says, and its bytes."""

    seq: int
    at: str
    hash: str
    entry: Entry
    text: str

    @property
    def id(self) -> int:
        return self.seq


class Flaw(StrEnum):
    """What is wrong with the chain; the value is the last part of its text key."""

    NONE = ""
    EDITED = "edited"
    GONE = "gone"
    CUT = "cut"
    REWRITTEN = "rewritten"
    NO_ANCHOR = "no_anchor"
    BAD_ANCHOR = "bad_anchor"
    UNGUARDED = "unguarded"
    NOT_THIS_CHAIN = "not_this_chain"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a verification found: `count` sound lines, the last with hash `head`.

    `line` is the number of the first bad line. `anchored` lines are covered by the head kept beside the store.
    `kept` is the number of the line that a head kept elsewhere belongs to, 0 where none was given.
    """

    count: int
    head: str
    flaw: Flaw = Flaw.NONE
    line: int = 0
    anchored: int = 0
    kept: int = 0

    @property
    def whole(self) -> bool:
        return self.flaw is Flaw.NONE


def canonical(seq: int, at: str, entry: Entry) -> str:
    """The line as it is hashed. No JSON of ours holds a float: those are written differently elsewhere."""
    told = {name: getattr(entry, name) for name in Entry.__slots__} | {"seq": seq, "at": at, "v": 1}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def chained(previous: str, text: bytes) -> str:
    """The hash of a line."""
    return sha256(previous.encode() + text).hexdigest()


def exported(text: str, hash_: str) -> str:
    """A canonical line with its hash as the last name. One that somebody spoilt is quoted: an export is harmless."""
    if not (text.isascii() and text.replace("\x7f", "").isprintable() and text.endswith("}")):
        text = json.dumps({"spoilt": text})
    return f'{text[:-1]},"hash":{json.dumps(hash_)}}}'


def line(seq: int, text: str, hash_: str) -> AuditLine:
    """A stored line as a record; one that somebody made unreadable stands there with nothing in it."""
    told = _told(text)
    values = {name: told[name] for name in Entry.__slots__ if isinstance(told.get(name), _KINDS.get(name, str))}
    entry = Entry(**({"act": Act.FAILED, "command": "", "role": "", "user": "", "host": ""} | values))
    at = told.get("at")
    return AuditLine(seq, at if isinstance(at, str) else "", hash_, entry, text)


_KINDS: dict[str, type] = {"fields": dict, "who_at": int, "exit": int, "of": int, "write": bool}


def _told(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
