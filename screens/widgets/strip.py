"""How many data keys each HBK generation wraps, as two lines that read like a timetable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from console.text import Text
    from screens.widgets.painted import Piece

GAP = 2
"""Blanks between two columns."""


def strip_lines(text: Text, newest: int, counts: Mapping[str, int], width: int) -> Iterator[tuple[Piece, ...]]:
    """Generations with their numbers (`4` known, `~3` inferred, – none), then what is only known to a range.

    Where they do not all fit, the oldest share a column: `1–9`.
    """
    names = text.t("strip.generation"), text.t("strip.data_keys")
    room = max(map(cell_len, names)) + 1
    columns = _fitted(text, newest, counts, width - room - 1)
    if columns:
        sizes = [max(cell_len(head), cell_len(cell)) + GAP for head, cell in columns]
        heads = "".join(f"{head:>{size}}" for (head, _), size in zip(columns, sizes, strict=True))
        cells = "".join(f"{cell:>{size}}" for (_, cell), size in zip(columns, sizes, strict=True))
        yield (f" {names[0]:{room}}", "dim"), (heads, "dim")
        yield (f" {names[1]:{room}}", "dim"), (cells, "strong")
    for span, count in counts.items():
        if "–" in span or span == "?":
            key = "strip.unknown" if span == "?" else "strip.range"
            yield ((f" {'':{room}}", ""), ("  " + text.n(key, count, span=span), ""))


def _fitted(text: Text, newest: int, counts: Mapping[str, int], width: int) -> Sequence[tuple[str, str]]:
    """(generation, number) per column; as many of the newest as there is room for."""
    for first in range(1, max(newest, 1) + 1):
        head = [(_older(first), _cell(text, counts, range(1, first + 1)))] if first > 1 else []
        rest = range(first + 1 if first > 1 else 1, newest + 1)
        columns = [*head, *((str(n), _cell(text, counts, range(n, n + 1))) for n in rest)]
        if sum(max(cell_len(a), cell_len(b)) + GAP for a, b in columns) <= width:
            return columns
    return ()


def _older(last: int) -> str:
    return f"1–{last}"


def _cell(text: Text, counts: Mapping[str, int], generations: range) -> str:
    known = sum(counts.get(str(n), 0) for n in generations)
    inferred = sum(counts.get(f"~{n}", 0) for n in generations)
    shown = [text.number(known)] if known else []
    shown += [f"~{text.number(inferred)}"] if inferred else []
    return "+".join(shown) or "–"
