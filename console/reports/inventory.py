"""The hierarchy, sheets of facts and matches, as reports."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from console.reports.report import Report, iso
from console.text.generations import generation_text
from console.text.paths import join_path
from console.text.verdicts import verdict_dated
from store.records import Kind

if TYPE_CHECKING:
    from console.services.catalog import TreeRow
    from console.text import Text
    from store.answers import Fact, Hit, Sheet


def tree(rows: list[TreeRow], text: Text) -> Report:
    data: list[dict[str, Any]] = [
        {
            "path": join_path(row.path),
            "kind": row.node.ref.kind.value,
            "name": row.node.name,
            "label": row.node.label,
            "status": row.node.status.value,
            "stale": row.node.stale,
            "counts": asdict(row.node.counts),
            "elsewhere": row.node.elsewhere,
            "note": row.node.note,
            "generation": generation_text(row.node.generation) if row.node.generation.first else "",
            "verdict": row.node.verdict.value if row.node.verdict else "",
            "verdict_at": iso(row.node.verdict_at),
        }
        for row in rows
    ]
    headers = ("path", "kind", "name", "label", "status", "cmks", "data_keys", "groups", "copies")
    cells = tuple((*(d[h] for h in headers[:5]), *d["counts"].values()) for d in data)
    notes = () if rows else (text.t("tree.nothing"),)
    return Report(data, headers, cells, tuple(_tree_line(row, text) for row in rows), notes)


def _tree_line(row: TreeRow, text: Text) -> str:
    node = row.node
    name = text.t("tree.unassigned") if node.ref.kind is Kind.UNASSIGNED else node.name
    parts = [
        f"{name}  {node.label}" if node.label and node.label != node.name else name,
        counts(row, text),
        text.status(node.status),
    ]
    if node.generation.first:
        parts.append(text.t("tree.generation", span=generation_text(node.generation)))
    if node.verdict:
        parts.append(verdict_dated(node.verdict, node.verdict_at, text))
    if node.note:
        parts.append(text.t(node.note))
    if node.elsewhere:
        parts.append(text.t("tree.elsewhere", path=node.elsewhere))
    if node.stale:
        parts.append(text.t("status.stale"))
    return "  " * row.depth + "   ".join(part for part in parts if part)


def counts(row: TreeRow, text: Text) -> str:
    """`3 CMK, 4 DK, 4 buckets, 2 snapshots`; what is none stays out."""
    if row.node.ref.kind is Kind.DATA_KEY:
        return ""
    return ", ".join(text.n(f"count.{name}", count) for name, count in asdict(row.node.counts).items() if count)


def sheet(value: Sheet, text: Text) -> Report:
    facts = [_fact_data(section, fact, text) for section, facts in value.sections for fact in facts]
    data = {
        "path": join_path(value.path),
        "kind": value.ref.kind.value,
        "name": value.name,
        "status": value.status.value,
        "facts": facts,
    }
    lines = [" / ".join(value.path), text.status(value.status)]
    for section, entries in value.sections:
        if entries:
            lines += [
                "",
                text.t(section),
                *(f"  {_label(fact, text)}{line}" for fact in entries for line in _shown(fact, text)),
            ]
    headers = ("section", "name", "value", "source", "read_at")
    rows = tuple(tuple(str(fact[h]) if fact[h] is not None else "" for h in headers) for fact in facts)
    return Report(data, headers, rows, tuple(lines))


def _label(fact: Fact, text: Text) -> str:
    return "" if fact.label in ("fact.plain", "fact.note") else text.t(fact.label).ljust(26) + " "


def _shown(fact: Fact, text: Text) -> list[str]:
    if fact.form == "json" and fact.value:
        return [
            "",
            *("    " + line for line in json.dumps(json.loads(str(fact.value)), indent=2).splitlines()),
        ]
    return [text.fact(fact)]


def _fact_data(section: str, fact: Fact, text: Text) -> dict[str, Any]:
    value: Any = fact.value
    if fact.form == "date":
        value = iso(fact.value if isinstance(fact.value, int) else None)
    elif fact.form == "textkey":
        value = text.fact(fact)
    elif fact.form == "strip":
        value = dict(fact.values)
    elif fact.form == "json" and fact.value:
        value = json.loads(str(fact.value))
    return {
        "section": section.removeprefix("section."),
        "name": fact.label.removeprefix("fact."),
        "value": value,
        "source": fact.source.value,
        "read_at": iso(fact.at or None),
    }


_BY_ID = (Kind.CMK, Kind.DATA_KEY)


def hits(found: list[Hit], text: Text) -> Report:
    data = [
        {
            "kind": hit.ref.kind.value,
            "name": hit.name,
            "label": hit.label,
            "path": join_path((*hit.path, hit.label if hit.ref.kind in _BY_ID else hit.name)),
            "status": hit.status.value,
            "matched": hit.matched,
        }
        for hit in found
    ]
    headers = tuple(text.t(f"column.{name}") for name in ("kind", "name", "label", "path", "status"))
    rows = tuple(
        (
            text.t(f"kind.{hit.ref.kind.value}"),
            hit.name,
            hit.label,
            " / ".join(hit.path),
            text.status(hit.status),
        )
        for hit in found
    )
    return Report(data, headers, rows, notes=() if found else (text.t("search.nothing"),))
