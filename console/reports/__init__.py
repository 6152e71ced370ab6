"""What each verb answers, as a report: the JSON of the contract, the columns of a table, or plain lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.reports.audit import audited
from console.reports.blast import used_by
from console.reports.cards import shown
from console.reports.cost import cost
from console.reports.evidence import retire, verdicts
from console.reports.exchange import published, pulled
from console.reports.findings import findings
from console.reports.history import changes, events
from console.reports.inventory import hits, tree
from console.reports.pulse import at_a_glance
from console.reports.replace import replace
from console.reports.requests import requests
from console.reports.rotate import rotate
from console.reports.rotations import rotations
from console.reports.runs import runs
from console.reports.sandbox import sandbox
from console.reports.sync import checks, synced

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.reports.report import Report
    from console.text import Text

REPORTS: dict[str, Callable[[Any, Text], Report]] = {
    "tree": tree,
    "show": shown,
    "search": hits,
    "rotations": rotations,
    "events": events,
    "diff": changes,
    "cost": cost,
    "findings": findings,
    "used-by": used_by,
    "pulse": at_a_glance,
    "audit": audited,
    "runs": runs,
    "request": requests,
    "rotate": rotate,
    "replace": replace,
    "verdicts": verdicts,
    "retire": retire,
    "sync": synced,
    "publish": published,
    "pull": pulled,
    "doctor": checks,
    "sandbox": sandbox,
}
"""Which report belongs to which verb."""
