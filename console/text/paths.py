"""Paths of the hierarchy as one piece of text: `Agentschap A/X/Productie`, with / and % inside a name escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def join_path(names: Iterable[str]) -> str:
    return "/".join(name.replace("%", "%25").replace("/", "%2F") for name in names)


def split_path(text: str) -> tuple[str, ...]:
    """The names of a path; spaces around a slash do not count, empty parts fall away."""
    parts = (part.strip() for part in text.strip().split("/"))
    return tuple(part.replace("%2F", "/").replace("%2f", "/").replace("%25", "%") for part in parts if part)
