"""How long a route takes and what it costs, from how much there is: a range, with all that it rests on.

A kind of data key tells the work of a route (so many MiB copied, so many requests); here it is timed and priced. What
nobody knows stays unknown: a size that was not read is never taken for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from console.datakeys.routes import Rotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from console.aws.session import Account
    from console.datakeys.routes import Route, Subject
    from console.rates import Rates
    from console.terms import Prices

KMS = "kms_requests_10000"
"""The one unit whose price stands among the prices of KMS."""

DIVISORS = {"writes_1000": 1000, "reads_1000": 1000, "secret_calls_10000": 10_000, KMS: 10_000,
            "batch_objects_million": 1_000_000}  # fmt: skip
"""For how many the amount of a unit is asked; one where none stands here."""

MONTH = 30
"""Days of a month, as AWS's own examples of prices count it."""

MIB, GIB = 1024**2, 1024**3


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`; None: nobody knows how much more."""

    low: Decimal
    high: Decimal | None

    def __add__(self, other: Range) -> Range:
        high = None if self.high is None or other.high is None else self.high + other.high
        return Range(self.low + other.low, high)

    def times(self, factor: Decimal | int) -> Range:
        return Range(self.low * factor, None if self.high is None else self.high * factor)

    def over(self, at_once: int) -> Range:
        """As long as it lasts where so many are at work together."""
        return self.times(1 / Decimal(at_once))


NOTHING = Range(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Size:
    """What was counted of a bucket or a folder: `things` with their bytes, and `older` versions behind them. `keeps`:
    what is replaced stays as one more of those. `whole` is false where there is more than was counted.
    """

    things: int
    bytes: int
    older: int = 0
    older_bytes: int = 0
    keeps: bool = False
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a unit, named as its rate; `amount` None: nobody knows how much."""

    unit: str
    amount: Range | None


@dataclass(frozen=True, slots=True)
class Work:
    """What a route does: `paced` goes at a speed, one after the other, `billed` has a price, `sized` only tells what
    the others come from. `more` is the text key of a cost that no rate covers, so that the amount is only the least.
    """

    paced: tuple[Part, ...] = ()
    billed: tuple[Part, ...] = ()
    sized: tuple[Part, ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """What is taken for granted. What is old is kept `keep_days` beside the new, and billed as long. `own` are the
    units whose rate the settings tell.
    """

    rates: Rates
    prices: Prices
    keep_days: int
    own: frozenset[str] = frozenset()

    def rate(self, unit: str) -> Range:
        """Its speed (the slowest, the fastest) or its price."""
        told = self.prices.requests_10000 if unit == KMS else getattr(self.rates, unit)
        return Range(*map(Decimal, told)) if isinstance(told, tuple) else Range(told, told)

    def kept(self, number: Range | None) -> Range | None:
        """GiB-months of so many GiB."""
        return None if number is None else number.times(Decimal(self.keep_days) / MONTH)


@dataclass(frozen=True, slots=True)
class Assumed:
    """One thing that an estimate rests on: an amount (None: unknown), and the speed or price it is taken at."""

    unit: str
    amount: Range | None
    rate: Range


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds, and an amount in `currency`, both None where nobody knows. `confirmed`: all rates are the settings' own.

    In a sum over `number` of them, `unknown` could not be told and are not in it.
    """

    seconds: Range | None
    cost: Range | None
    currency: str
    confirmed: bool
    assumed: tuple[Assumed, ...] = ()
    more: tuple[str, ...] = ()
    number: int = 1
    unknown: int = 0


@runtime_checkable
class Estimating(Rotation, Protocol):
    """A rotation that tells how much work a route is."""

    def work(self, subject: Subject, route: Route, size: Size | None, basis: Basis) -> Work:
        """Also of a route that rotates nothing. `size` is what was counted, None: nobody counted."""


@runtime_checkable
class Measuring(Rotation, Protocol):
    """A rotation whose work no scan tells: it must be counted."""

    def measured(self, account: Account, subject: Subject) -> Size:
        """What there is now, read without changing anything.

        Raises:
            AwsRefusal, ConsoleError: it cannot be read.
        """


def estimated(work: Work, basis: Basis) -> Estimate:
    """Timed and priced."""
    parts = (*work.sized, *work.paced, *work.billed)
    cost = _sum(_price(part, basis.rate(part.unit)) for part in work.billed)
    if work.more and cost is not None:
        cost = Range(cost.low, None)
    return Estimate(
        _sum(_time(part, basis.rate(part.unit)) for part in work.paced),
        cost,
        basis.prices.currency,
        all(part.unit in basis.own for part in parts),
        tuple(Assumed(part.unit, part.amount, basis.rate(part.unit)) for part in parts),
        (work.more,) if work.more else (),
    )


def total(estimates: Sequence[Estimate], at_once: int = 1) -> Estimate:
    """All of them together, so many at a time; what is unknown is counted and left out."""
    known = [each for each in estimates if each.seconds is not None and each.cost is not None]
    seconds = sum((each.seconds for each in known if each.seconds), NOTHING)
    return Estimate(
        seconds.over(max(1, min(at_once, len(known)))) if known else None,
        sum((each.cost for each in known if each.cost), NOTHING) if known else None,
        estimates[0].currency if estimates else "",
        all(each.confirmed for each in estimates),
        tuple(_together([one for each in known for one in each.assumed])),
        tuple(dict.fromkeys(key for each in known for key in each.more)),
        sum(each.number for each in estimates),
        sum(each.number if each not in known else each.unknown for each in estimates),
    )


def told(estimate: Estimate) -> dict[str, Any]:
    """As JSON, amounts as decimal text; `read` is the way back."""
    return {
        "seconds": _told(estimate.seconds), "cost": _told(estimate.cost), "currency": estimate.currency,
        "confirmed": estimate.confirmed, "number": estimate.number, "unknown": estimate.unknown,
        "more": list(estimate.more),
        "assumed": [{"unit": e.unit, "amount": _told(e.amount), "rate": _told(e.rate)} for e in estimate.assumed],
    }  # fmt: skip


def read(table: Mapping[str, Any]) -> Estimate:
    """What `told` wrote."""
    assumed = (
        Assumed(one["unit"], _read(one["amount"]), _read(one["rate"]) or NOTHING) for one in table["assumed"]
    )  # fmt: skip
    return Estimate(
        _read(table["seconds"]), _read(table["cost"]), table["currency"], table["confirmed"], tuple(assumed),
        tuple(table["more"]), table["number"], table["unknown"],
    )  # fmt: skip


def just(number: float | Decimal) -> Range:
    """No more and no less."""
    return Range(Decimal(number), Decimal(number))


def counted(number: float | None, *, whole: bool = True) -> Range | None:
    """So many, or at least so many; None where nobody counted."""
    return None if number is None else Range(Decimal(number), Decimal(number) if whole else None)


def _sum(ranges: Iterable[Range | None]) -> Range | None:
    found = NOTHING
    for each in ranges:
        if each is None:
            return None
        found += each
    return found


def _time(part: Part, speed: Range) -> Range | None:
    """Seconds, from the least at the fastest to the most at the slowest."""
    if part.amount is None or speed.high is None:
        return None
    unit = 60 if part.unit.endswith("_minute") else 1
    high = part.amount.high
    return Range(part.amount.low * unit / speed.high, None if high is None else high * unit / speed.low)


def _price(part: Part, price: Range) -> Range | None:
    if part.amount is None:
        return None
    return part.amount.times(price.low / DIVISORS.get(part.unit, 1))


def _together(assumed: list[Assumed]) -> list[Assumed]:
    """One of each unit, their amounts added."""
    found: dict[str, Assumed] = {}
    for one in assumed:
        before = found.get(one.unit)
        added = one.amount if before is None else _sum((before.amount, one.amount))
        found[one.unit] = Assumed(one.unit, added, one.rate)
    return list(found.values())


def _told(span: Range | None) -> dict[str, str | None] | None:
    if span is None:
        return None
    return {"low": _plain(span.low), "high": None if span.high is None else _plain(span.high)}


def _plain(number: Decimal) -> str:
    return f"{number.quantize(Decimal('0.000001')):f}".rstrip("0").rstrip(".") or "0"


def _read(table: Mapping[str, Any] | None) -> Range | None:
    if table is None:
        return None
    return Range(Decimal(table["low"]), None if table["high"] is None else Decimal(table["high"]))
