"""What of a command's fields may stand in the audit: nothing secret, nothing long, nothing that is not text."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from store.words import clean

if TYPE_CHECKING:
    from dataclasses import Field

    from console.commands.command import Command

LONG = 500
"""Characters of a field that stand in the audit as they are. A longer text, or one of several lines, was pasted: it is
told by its length and hash.
"""

HIDDEN = "[secret]"


def disclosed(command: Command) -> dict[str, Any]:
    """The command's fields that differ from their defaults, as JSON. A `secret` field says only that it was given."""
    told = {}
    for field in fields(command):
        value = getattr(command, field.name)
        if value != _default(field):
            told[field.name] = (
                HIDDEN if field.metadata.get("secret") else _plain(value, bool(field.metadata.get("piped")))
            )
    return told


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _plain(value: Any, pasted: bool = False) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, str):
        return _text(value, pasted)
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": len(value)}  # not even hashed: a short secret could be guessed from it
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if not f.metadata.get("secret")}
    if isinstance(value, dict):
        return {clean(str(name)): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    return _text(str(value), pasted)


def _text(value: str, pasted: bool) -> Any:
    value = clean(value)
    if pasted or len(value) > LONG or "\n" in value:
        return {"characters": len(value), "sha256": sha256(value.encode()).hexdigest()}
    return value
