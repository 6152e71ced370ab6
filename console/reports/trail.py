"""What an import of CloudTrail's log files brought, as a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.reports.report import Report, plain

if TYPE_CHECKING:
    from console.services.trail_import import TrailSummary
    from console.text import Text


def trail(summary: TrailSummary, text: Text) -> Report:
    """Counts, every reason for which an event told nothing, and the files that could not be read; failed when one
    could not.
    """
    data = plain(summary) | {
        "skipped": dict(summary.skipped),
        "unreadable": [{"file": name, "reason": reason.rpartition(".")[2]} for name, reason in summary.unreadable],
    }
    lines = [
        text.t(
            "trail.summary_live" if summary.lookups else "trail.summary",
            files=text.number(summary.files), events=text.number(summary.events), useful=text.number(summary.useful),
            lookups=text.number(summary.lookups), changed=text.number(summary.changed),
            seconds=f"{summary.seconds:.1f}",
        ),
        *([text.n("trail.known", summary.known)] if summary.known else []),
        *([text.n("trail.alone_seen", summary.data_keys)] if summary.data_keys else []),
        *(f"  {text.number(count):>9}  {text.t(f'trail.skipped.{reason}')}" for reason, count in summary.skipped),
        *(text.t("trail.unreadable", file=name, reason=text.t(reason)) for name, reason in summary.unreadable),
    ]  # fmt: skip
    if summary.failed > len(summary.unreadable):
        lines.append(text.n("trail.more_unreadable", summary.failed - len(summary.unreadable)))
    headers = ("reason", "events")
    return Report(data, headers, summary.skipped, lines=tuple(lines), failed=bool(summary.failed))
