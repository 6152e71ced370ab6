"""The numbers of a branch, and how the refreshing goes, together at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import NotFound
from store.figures import Figures
from store.findings import Findings
from store.records import Kind, NodeRef
from store.syncs import Syncs

if TYPE_CHECKING:
    from console.services.catalog import Catalog
    from console.settings import Settings
    from store.database import Store
    from store.faults import Severity
    from store.numbers import Numbers, SyncHealth


@dataclass(frozen=True, slots=True)
class Faults:
    """Findings: the open ones by severity, the worst first, and how many somebody lets be.

    `judged_at` (epoch seconds) is when the rules last looked, None: never yet, so that none says nothing.
    """

    open: tuple[tuple[Severity, int], ...] = ()
    acknowledged: int = 0
    judged_at: int | None = None


@dataclass(frozen=True, slots=True)
class Pulse:
    """`path` leads to the branch, () for all in sight; `at` (epoch seconds) is when it was counted."""

    ref: NodeRef | None
    path: tuple[str, ...]
    at: int
    numbers: Numbers
    faults: Faults
    sync: SyncHealth


def take_pulse(store: Store, settings: Settings, catalog: Catalog, within: NodeRef | None, now: int = 0) -> Pulse:
    """The numbers of `within`, of all in sight without it; a data key stands for the CMK above it.

    Raises:
        NotFound: the node is gone, or out of sight.
    """
    moment = now or settings.now()
    if within is not None and within.kind is Kind.DATA_KEY:
        above = catalog.ancestors(within)
        within = above[-1] if above else within
    if within is not None and (within.kind is Kind.DATA_KEY or catalog.node(within) is None):
        raise NotFound("not_found.path", path="")
    path = () if within is None else catalog.typed(within)
    numbers = Figures(store, settings.scope).numbers(within, moment)
    faults = _faults(Findings(store, settings.scope, lambda: moment), within)
    return Pulse(within, path, moment, numbers, faults, Syncs(store).health(settings.scope))


def _faults(findings: Findings, within: NodeRef | None) -> Faults:
    """Those at and below the branch, as the list of findings counts them."""
    standing, acknowledged = findings.standing(within)
    return Faults(tuple(standing.items()), acknowledged, findings.judged_at())
