"""What the CMKs of a branch cost a month: now, and when their coming HBK rotations are done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.errors import NotFound
from store.bills import HORIZONS, Bill
from store.cost import Costs
from store.records import UNASSIGNED, Kind, NodeRef

if TYPE_CHECKING:
    from decimal import Decimal

    from console.services.catalog import Catalog
    from console.settings import Settings
    from console.terms import Prices
    from store.bills import BillLine
    from store.database import Store

SOURCE = "aws.amazon.com/kms/pricing"
"""Where the prices come from: quotes of that page, so they are unconfirmed until somebody sets their own."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """A month's fees in the currency of the prices: now, and in as many months as HORIZONS says."""

    now: Decimal
    ahead: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class CostLine:
    """One node right below: `path` leads to it."""

    ref: NodeRef
    path: tuple[str, ...]
    name: str
    bill: Bill
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Cost:
    """A branch's total and its lines. `ref` None and `path` () is all in sight; `confirmed`: prices of our own."""

    ref: NodeRef | None
    path: tuple[str, ...]
    at: int
    prices: Prices
    confirmed: bool
    total: Bill
    amounts: Amounts
    lines: tuple[CostLine, ...]


def amounts_of(bill: Bill, prices: Prices) -> Amounts:
    """Keys and billed rotations at their prices."""
    keys = bill.keys * prices.key_month
    return Amounts(
        keys + bill.rotations * prices.rotation_month,
        tuple(keys + number * prices.rotation_month for number in bill.rotations_ahead),
    )


def cost_of(store: Store, settings: Settings, catalog: Catalog, within: NodeRef | None, now: int = 0) -> Cost:
    """The cost of `within`, of all in sight without it; the CMK above stands for a data key.

    Raises:
        NotFound: the node is gone, or out of sight.
    """
    moment, prices = now or settings.now(), settings.terms.prices
    if within is not None and within.kind is Kind.DATA_KEY:
        above = catalog.ancestors(within)
        within = above[-1] if above else within
    if within is not None and (within.kind is Kind.DATA_KEY or catalog.node(within) is None):
        raise NotFound("not_found.node")
    path = () if within is None else catalog.typed(within)
    found = Costs(store, settings.scope).lines(within, moment, prices.rotations_billed)
    total = sum((line.bill for line in found), Bill(rotations_ahead=(0,) * len(HORIZONS)))
    lines = tuple(
        CostLine(line.ref, _path(line, within, path, catalog), line.name, line.bill, amounts_of(line.bill, prices))
        for line in found
    )
    return Cost(within, path, moment, prices, settings.terms.own_prices, total, amounts_of(total, prices), lines)


def _path(line: BillLine, within: NodeRef | None, path: tuple[str, ...], catalog: Catalog) -> tuple[str, ...]:
    if line.ref == UNASSIGNED:
        return catalog.typed(UNASSIGNED)
    return path if line.ref == within else (*path, line.label or line.name)
