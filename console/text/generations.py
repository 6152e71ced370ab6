"""An HBK generation as people read it: `5/5`, `~3/5` where it is inferred, `~1–5` for a range, `?` where unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.records import Generation


def generation_text(generation: Generation) -> str:
    """`3/5`: wrapped by the third HBK of five. A range up to the newest says so by itself."""
    span = span_text(generation)
    ranges = generation.first != generation.last and generation.last == generation.newest
    return span if ranges or not generation.first or not generation.newest else f"{span}/{generation.newest}"


def span_text(generation: Generation) -> str:
    """The same without the number of the newest."""
    if not generation.first:
        return "?"
    span = str(generation.first)
    if generation.first != generation.last:
        span += f"–{generation.last}"
    return span if generation.exact else f"~{span}"
