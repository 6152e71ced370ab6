"""What a sync brought and what a check found, as reports."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from console.reports.exchange import published
from console.reports.gaps import gap_lines
from console.reports.report import Report, plain
from console.reports.requests import news_data, news_lines
from console.reports.trail import trail

if TYPE_CHECKING:
    from console.services.doctor import Check
    from console.services.sync import SyncSummary
    from console.services.trail_import import TrailSummary
    from console.text import Text


def synced(summary: SyncSummary | TrailSummary, text: Text) -> Report:
    from console.services.trail_import import TrailSummary

    return trail(summary, text) if isinstance(summary, TrailSummary) else _synced(summary, text)


def _synced(summary: SyncSummary, text: Text) -> Report:
    data = plain(summary) | {"requests": news_data(summary.requests, text)}
    line = text.t(
        "sync.summary",
        cmks=summary.cmks,
        data_keys=summary.data_keys,
        calls=summary.calls,
        changed=summary.changed,
        seconds=f"{summary.seconds:.1f}",
    )
    gaps = tuple(line for _, line in gap_lines(summary.gaps, text))
    headers = ("account_id", "region", "what", "tenant", "code", "message")
    rows = tuple((*asdict(gap.part).values(), gap.tenant, gap.code, gap.message) for gap in summary.gaps)
    if summary.published is not None:
        more = published(summary.published, text)
        data["published"] = more.data
        gaps = (*gaps, *more.notes)
    return Report(data, headers, rows, lines=(line, *gaps), notes=news_lines(summary.requests, text))


def checks(found: list[Check], text: Text) -> Report:
    headers = tuple(text.t(f"column.{name}") for name in ("check", "target", "outcome", "detail"))
    rows = tuple(
        (
            text.t(c.key),
            c.target,
            text.t(f"doctor.{c.outcome}"),
            text.t(c.advice) if c.advice and c.outcome != "ok" else c.detail,
        )
        for c in found
    )
    return Report([plain(c) for c in found], headers, rows, failed=any(c.outcome == "fail" for c in found))
