"""Why is this value so: the rule behind it, where it was read, and when; and what the last sync could not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.commands.inventory import GetOverview
from console.reports.gaps import gap_lines
from screens.page import Page

if TYPE_CHECKING:
    from console.assembly import Desk
    from store.answers import Fact


def reasons(desk: Desk, fact: Fact | None) -> Page:
    """A page about one fact, or about the whole cache where none is chosen."""
    text = desk.text
    lines: list[str] = []
    if fact is not None:
        label = "" if fact.label in ("fact.plain", "fact.note") else f"{text.t(fact.label)}: "
        lines += [f"{label}{text.fact(fact) if fact.form != 'json' else ''}", ""]
        lines += [text.t(fact.why, **dict(fact.values))] if fact.why else []
        lines += ["", text.t("why.source", source=text.t(f"source.{fact.source.value}"))]
        if fact.at:
            lines.append(text.t("why.age", moment=text.clock(fact.at), age=text.ago(fact.at)))
        lines.append("")
    overview = desk.dispatch.run(GetOverview())
    if overview.taken:
        told = overview.taken
        values = {"moment": text.clock(told.made_at), "at": text.clock(told.taken_at), "signer": told.key}
        lines += [text.t("why.published", **values), text.t("why.published_hint"), ""]
    if (run := overview.last_sync) and run.state == "failed" and run.message:
        lines += [text.t("why.failed", reason=text.recall(run.message)), ""]
    if run and not overview.taken:
        moment = run.finished_at or run.started_at
        lines.append(text.t("why.sync", moment=text.clock(moment), age=text.ago(moment), calls=run.calls))
    lines.append(text.t("why.no_gaps") if not overview.gaps else text.t("why.gaps"))
    lines += [f"  {text.date(since)}  {line}" for since, line in gap_lines(overview.gaps, text)]
    return Page(text.t("why.title"), "\n".join(lines))
