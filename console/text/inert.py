"""What a tenant controls, made safe to show: no control character, escape, newline or bidi trick survives."""

from __future__ import annotations

import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHORT = 13
_PICTURES = 0x2400
"""Start of Unicode's control pictures: ␀ for NUL, ␛ for escape, ␊ for a line feed."""


def inert(text: str) -> str:
    """`text` as one harmless line. Controls become their pictures (␊, ␛), other invisible characters �."""
    if text.isprintable():
        return text
    return "".join(_shown(c) for c in text)


def short(key_id: str) -> str:
    """A long id with its middle left out: `7f3c…91ab`; for views where the whole one is a key away."""
    return key_id if len(key_id) <= _SHORT else f"{key_id[:4]}…{key_id[-4:]}"


def _shown(c: str) -> str:
    if c < " ":
        return chr(_PICTURES + ord(c))
    if c == "\x7f":
        return "␡"
    category = unicodedata.category(c)
    if category == "Zs":
        return " "
    return "�" if category in _UNSAFE else c
