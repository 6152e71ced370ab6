"""What a sync brought and what a check found, as reports."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from console.reports.exchange import published
from console.reports.report import Report, plain
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
    data = plain(summary)
    line = text.t(
        "sync.summary",
        cmks=summary.cmks,
        data_keys=summary.data_keys,
        calls=summary.calls,
        changed=summary.changed,
        seconds=f"{summary.seconds:.1f}",
    )
    gaps = tuple(
        text.t(
            "sync.gap",
            tenant=gap.tenant or text.t("sync.central"),
            account=gap.part.account_id,
            region=gap.part.region,
            what=text.t(f"slice.{gap.part.what}"),
            code=gap.code,
        )
        for gap in summary.gaps
    )
    headers = ("account_id", "region", "what", "tenant", "code", "message")
    rows = tuple((*asdict(gap.part).values(), gap.tenant, gap.code, gap.message) for gap in summary.gaps)
    if summary.published is not None:
        more = published(summary.published, text)
        data["published"] = more.data
        gaps = (*gaps, *more.notes)
    return Report(data, headers, rows, lines=(line, *gaps))


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
