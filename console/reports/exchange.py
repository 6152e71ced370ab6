"""What was published and what was taken, as reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.reports.gaps import gap_lines
from console.reports.report import Report, iso, plain
from console.reports.requests import news_data, news_lines

if TYPE_CHECKING:
    from console.services.exchange.publish import PublishSummary
    from console.services.exchange.pull import PullSummary
    from console.text import Text


def published(summary: PublishSummary, text: Text) -> Report:
    """A row for each snapshot."""
    data = plain(summary)
    for issue in data["issues"]:
        issue["made_at"] = iso(issue["made_at"])
    names = ("tenant", "cmks", "data_keys", "findings", "bytes", "place")
    headers = tuple(text.t(f"exchange.column.{name}") for name in names)
    rows = tuple(
        (each.tenant or text.t("exchange.whole"), each.cmks, each.data_keys, each.findings, each.size, each.place)
        for each in summary.issues
    )
    key = summary.issues[0].key if summary.issues else ""
    note = text.n("exchange.published", len(summary.issues), seconds=f"{summary.seconds:.1f}", signer=key)
    return Report(data, headers, rows, notes=(note,))


def pulled(summary: PullSummary, text: Text) -> Report:
    """One sentence: whose, when it was published, what it brought."""
    data = plain(summary) | {"made_at": iso(summary.made_at), "requests": news_data(summary.requests, text)}
    line = text.t(
        "exchange.pulled" if summary.new else "exchange.same",
        tenant=summary.tenant or text.t("exchange.whole"), moment=text.clock(summary.made_at), by=summary.by,
        signer=summary.key, cmks=text.number(summary.cmks), data_keys=text.number(summary.data_keys),
        changed=text.number(summary.changed),
    )  # fmt: skip
    rows = ((summary.tenant, data["made_at"], summary.sequence, summary.new, summary.changed),)
    gaps = (line for _, line in gap_lines(summary.gaps, text))
    headers = ("tenant", "made_at", "sequence", "new", "changed")
    return Report(data, headers, rows, lines=(line, *gaps), notes=news_lines(summary.requests, text))
