"""What a sync brought and what a check found, as reports."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from console.reports.exchange import published
from console.reports.report import Report, plain
from console.reports.trail import trail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.services.doctor import Check
    from console.services.sync import SyncSummary
    from console.services.trail_import import TrailSummary
    from console.text import Text
    from store.records import Gap

NAMED = 3
"""Services named of those that could not be read together."""


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
    gaps = tuple(line for _, line in gap_lines(summary.gaps, text))
    headers = ("account_id", "region", "what", "tenant", "code", "message")
    rows = tuple((*asdict(gap.part).values(), gap.tenant, gap.code, gap.message) for gap in summary.gaps)
    if summary.published is not None:
        more = published(summary.published, text)
        data["published"] = more.data
        gaps = (*gaps, *more.notes)
    return Report(data, headers, rows, lines=(line, *gaps))


def gap_lines(gaps: Iterable[Gap], text: Text) -> list[tuple[int, str]]:
    """What could not be seen, with the moment since when: a line for each account, Region and reason, and one alone
    for an account that is shut.
    """
    shut, parts = dict[tuple[str, str, str], int](), dict[tuple[str, str, str, str, int], list[str]]()
    for gap in gaps:
        tenant, account = gap.tenant or text.t("sync.central"), gap.part.account_id
        if gap.shut:
            since = shut.get((tenant, account, gap.code), gap.since)
            shut[tenant, account, gap.code] = min(since, gap.since)
        else:
            what = parts.setdefault((tenant, account, gap.part.region, gap.code, gap.since), [])
            what.append(text.t(f"slice.{gap.part.what}"))
    told = [(since, text.t("sync.shut", tenant=t, account=a, code=code)) for (t, a, code), since in shut.items()]
    return told + [
        (since, text.t("sync.gap", tenant=tenant, account=account, region=region, what=_few(what), code=code))
        for (tenant, account, region, code, since), what in parts.items()
    ]


def _few(what: list[str]) -> str:
    """The first of them by name, the rest as a number: who may see nothing need not hear of every service."""
    more = f" (+{len(what) - NAMED})" if len(what) > NAMED else ""
    return f"{', '.join(what[:NAMED])}{more}"


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
