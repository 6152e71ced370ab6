"""How long and how much, as people read it: a range, or that it is unknown, and all that it rests on."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any

from console.datakeys.estimates import DIVISORS, read, told

if TYPE_CHECKING:
    from console.datakeys.estimates import Assumed, Estimate, Range
    from console.text import Text

CENT = Decimal("0.01")
SPANS = (("days", 86_400), ("hours", 3600), ("minutes", 60))
MANY = 2
"""From so many of a unit on it is told in that unit: 90 seconds, 2 minutes."""


def duration(estimate: Estimate, text: Text) -> str:
    """`4 min – 2 u`, `vanaf 4 min`, `onbekend`."""
    return _range(estimate.seconds, lambda seconds: _span(seconds, text), text)


def cost(estimate: Estimate, text: Text) -> str:
    """`0,02 USD – 1,40 USD`; less than a cent is said so, and is not nothing."""
    return _range(estimate.cost, lambda amount: _money(amount, estimate.currency, text), text)


def basis(estimate: Estimate, text: Text) -> list[str]:
    """What it rests on, a line each: amounts with their speed or price, what is not in it, and what is unconfirmed."""
    lines = [_assumed(one, estimate.currency, text) for one in estimate.assumed]
    lines += [text.t(key) for key in estimate.more]
    if estimate.unknown:
        lines.append(text.t("estimate.left_out", unknown=estimate.unknown, number=estimate.number))
    if not estimate.confirmed:
        lines.append(text.t("estimate.unconfirmed"))
    return lines


def summary(estimate: Estimate, text: Text) -> str:
    """Both in one line."""
    return text.t("estimate.summary", duration=duration(estimate, text), cost=cost(estimate, text))


def foreseen(recorded: dict[str, Any], text: Text) -> list[str]:
    """What a run has on record of its estimate: both in one line, then what that rests on."""
    estimate = read(recorded)
    return [summary(estimate, text), *basis(estimate, text)]


def data(estimate: Estimate, text: Text) -> dict[str, Any]:
    """As JSON; what is not in it in words."""
    return {**told(estimate), "more": [text.t(key) for key in estimate.more]}


def _range(span: Range | None, write: Any, text: Text) -> str:
    if span is None:
        return text.t("status.unknown")
    low = write(span.low)
    if span.high is None:
        return text.t("estimate.from", low=low)
    high = write(span.high)
    return low if low == high else f"{low} – {high}"


def _span(seconds: Decimal, text: Text) -> str:
    for unit, size in SPANS:
        if seconds >= MANY * size:
            return text.t(f"estimate.{unit}", n=_whole(seconds / size))
    return text.t("estimate.seconds", n=_whole(seconds))


def _whole(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))


def _money(amount: Decimal, currency: str, text: Text) -> str:
    if 0 < amount < CENT:
        return text.t("estimate.less", amount=text.money(CENT, currency))
    return text.money(amount, currency)


def _assumed(one: Assumed, currency: str, text: Text) -> str:
    """`8 GiB gekopieerd, aan 20 – 500 MiB per seconde`."""
    amount = _range(one.amount, lambda number: _number(number, text), text)
    if one.rate.low != one.rate.high:
        rate = _range(one.rate, lambda number: _number(number, text), text)
    else:
        rate = _price(one.rate.low, currency, text)
        if one.unit in DIVISORS:
            rate = text.t("estimate.per", price=rate, number=text.number(DIVISORS[one.unit]))
    return text.t(f"estimate.unit.{one.unit}", amount=amount, rate=rate)


def _number(number: Decimal, text: Text) -> str:
    if number == number.to_integral_value() or number >= 100:
        return text.number(_whole(number))
    shown = f"{number:.2f}"
    return shown.replace(".", ",") if text.lang == "nl" else shown


def _price(amount: Decimal, currency: str, text: Text) -> str:
    """A price has as many places as it needs."""
    shown = f"{amount:f}"
    return f"{shown.replace('.', ',') if text.lang == 'nl' else shown} {currency}"
