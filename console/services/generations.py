"""Which HBK wraps what, and who saw it, as facts of a sheet; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.text.generations import generation_text, span_text
from store.answers import Fact
from store.records import COPIES, GROUPS, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.answers import DataKey
    from store.records import Generation, Granularity
    from store.traces import Seen


def generation_fact(key: DataKey, seen: Sequence[Seen]) -> Fact:
    """The HBK that wraps this data key, and by what rule we say so."""
    told = key.generation
    evidence = next((one for one in seen if one.generation == told.first and told.exact), None)
    at = evidence.material_at if evidence and evidence.material_at else key.facts.seen_at
    source = Source.CLOUDTRAIL if told.exact else Source.INFERRED
    return Fact("fact.wrapped", generation_text(told), source=source, at=at, why=_why(told, key.facts.granularity))


def _why(told: Generation, granularity: Granularity) -> str:
    if told.exact:
        return "why.generation_exact"
    if not told.first:
        return "why.generation_unknown"
    if granularity in GROUPS:
        return "why.generation_group"
    return "why.generation_copy" if granularity in COPIES else "why.generation_inferred"


def source_facts(key: DataKey, seen: Sequence[Seen]) -> tuple[Fact, ...]:
    """Every source that knows this data key, with the moment at which it last did; the one believed first on top."""
    facts = []
    if key.facts.source not in (Source.GRANT, Source.CLOUDTRAIL):
        at = key.facts.seen_at
        facts.append(Fact("fact.seen_scan", at, "date", source=Source.SCAN, at=at, why="why.seen_scan"))
    for one in sorted(seen, key=lambda one: one.source is Source.CLOUDTRAIL):
        values: tuple[tuple[str, str | int], ...] = (("date", one.last_at), ("operation", one.operation))
        told = "sheet.seen_material" if one.generation else "sheet.seen"
        if one.generation:
            values += (("n", one.generation),)
        name = one.source.value
        facts.append(
            Fact(f"fact.seen_{name}", told, "textkey", values, one.source, one.last_at, why=f"why.seen_{name}")
        )
    return tuple(facts)


def strip_fact(wrapped: Sequence[tuple[Generation, int]], at: int) -> Fact | None:
    """How many data keys each HBK of a CMK wraps; None where there are none. `value` is the newest generation,
    `values` pairs a span (`4`, `~4`, `~1–5`, `?`) with a number.
    """
    if not wrapped:
        return None
    ordered = sorted(wrapped, key=lambda pair: (pair[0].first != pair[0].last, pair[0].first, pair[0].last))
    values = tuple((span_text(told), count) for told, count in ordered)
    return Fact("fact.strip", ordered[0][0].newest, "strip", values, Source.INFERRED, at, "why.strip")
