"""What CMKs cost, as a report for the verb and as facts for the panel."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from console.reports.report import Report, iso
from console.services.cost import SOURCE
from console.text import inert
from console.text.paths import join_path
from store.answers import Fact
from store.bills import HORIZONS
from store.records import ROOT, UNASSIGNED, NodeRef, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from console.services.cost import Amounts, Cost, CostLine
    from console.text import Text
    from store.bills import Bill

SHOWN = 100
"""More lines than this are not put in a panel; the verb gives them all."""


def cost(answer: Cost, text: Text) -> Report:
    """A row per node right below and one for all of it; notes say who pays, and what the numbers leave out."""
    money = [text.t("cost.column.now"), *(text.t("cost.column.ahead", months=months) for months in HORIZONS)]
    headers = (text.t("cost.column.node"), text.t("cost.column.cmks"), text.t("cost.column.rotations"), *money)
    rows = [_row(_name(line, text), line.bill, line.amounts, answer, text) for line in answer.lines]
    total = _row(text.t("cost.total"), answer.total, answer.amounts, answer, text)
    return Report(_data(answer), headers, (*rows, total), notes=tuple(notes(answer, text)))


def _row(name: str, bill: Bill, amounts: Amounts, answer: Cost, text: Text) -> tuple[Any, ...]:
    money = [text.money(amount, answer.prices.currency) for amount in (amounts.now, *amounts.ahead)]
    return name, bill.keys + bill.free, bill.rotations, *money


def _name(line: CostLine, text: Text) -> str:
    return text.t("tree.unassigned") if line.ref == UNASSIGNED else line.name


def notes(answer: Cost, text: Text) -> Iterator[str]:
    """Who pays what, what is free, and what could not be counted."""
    prices, bill = answer.prices, answer.total
    yield text.t("cost.who")
    yield text.t("cost.requests", price=text.money(prices.requests_10000, prices.currency))
    if bill.free:
        yield text.n("cost.free", bill.free)
    if bill.unread:
        yield text.n("cost.unread", bill.unread)
    if bill.undated:
        yield text.n("cost.undated", bill.undated)
    if not answer.confirmed:
        yield text.t("cost.unconfirmed", source=SOURCE)


def facts(answer: Cost, text: Text) -> list[Fact]:
    """The panel's tab: what it costs, how that comes about, whose bill it is, and the lines below, dearest first."""
    prices, bill, amounts = answer.prices, answer.total, answer.amounts
    month = (amounts.now, *amounts.ahead)
    labels = ("fact.cost.now", "fact.cost.in_12", "fact.cost.in_36")
    made = [Fact(label, text.money(amount, prices.currency), source=Source.INFERRED, at=answer.at, why="why.cost")
             for label, amount in zip(labels, month, strict=True)]  # fmt: skip
    made += [
        Fact("fact.cost.keys", bill.keys, "count", at=answer.at, why="why.cost"),
        Fact("fact.cost.rotations", bill.rotations, "count", at=answer.at, why="why.cost"),
    ]
    if bill.free:
        made.append(Fact("fact.cost.free", bill.free, "count", at=answer.at, why="why.cost"))
    made += _below(answer, text)
    made.append(_words(_key(answer), _built(answer, text)))
    return [*made, *(_plain(note) for note in notes(answer, text))]


def _key(answer: Cost) -> str:
    return "cost.built" if answer.total.keys else "cost.nothing"


def _built(answer: Cost, text: Text) -> dict[str, str]:
    prices = answer.prices
    return {
        "month": text.money(prices.key_month, prices.currency),
        "rotation": text.money(prices.rotation_month, prices.currency),
        "billed": text.number(prices.rotations_billed),
    }


def _words(key: str, values: dict[str, str]) -> Fact:
    return Fact("fact.plain", key, "textkey", tuple(values.items()), source=Source.INFERRED, why="why.cost")


def _plain(sentence: str) -> Fact:
    return Fact("fact.plain", sentence, source=Source.INFERRED, why="why.cost")


def _below(answer: Cost, text: Text) -> list[Fact]:
    if len(answer.lines) < 2:  # one line says what the total has said
        return []
    dearest = sorted(answer.lines, key=lambda line: -line.amounts.now)
    made = [
        Fact("fact.cost.line", "cost.line", "textkey",
             (("name", inert(_name(line, text))), ("count", text.number(line.bill.keys)),
              ("now", text.money(line.amounts.now, answer.prices.currency)),
              ("later", text.money(line.amounts.ahead[-1], answer.prices.currency))),
             source=Source.INFERRED, at=answer.at, why="why.cost")
        for line in dearest[:SHOWN]
    ]  # fmt: skip
    if len(dearest) > SHOWN:
        made.append(_plain(text.n("cost.more", len(dearest) - SHOWN)))
    return made


def _data(answer: Cost) -> dict[str, Any]:
    return {
        "path": join_path(answer.path),
        "at": iso(answer.at),
        "currency": answer.prices.currency,
        "prices": {name: _exact(value) for name, value in asdict(answer.prices).items() if name != "currency"},
        "confirmed": answer.confirmed,
        "total": _numbers(answer.ref or ROOT, answer.path, "", answer.total, answer.amounts),
        "lines": [_numbers(line.ref, line.path, line.name, line.bill, line.amounts) for line in answer.lines],
    }


def _exact(value: Decimal | int) -> str | int:
    return value if isinstance(value, int) else str(value)


def _numbers(ref: NodeRef, path: tuple[str, ...], name: str, bill: Bill, amounts: Amounts) -> dict[str, Any]:
    ahead = zip(HORIZONS, bill.rotations_ahead, amounts.ahead, strict=True)
    return {
        "path": join_path(path),
        "kind": "estate" if ref == ROOT else ref.kind.value,
        "name": name or (path[-1] if path else ""),
        "cmks": bill.keys,
        "free": bill.free,
        "rotations": bill.rotations,
        "month": str(amounts.now),
        "unread": bill.unread,
        "undated": bill.undated,
    } | {
        name: value
        for months, rotations, amount in ahead
        for name, value in ((f"rotations_{months}", rotations), (f"month_{months}", str(amount)))
    }
