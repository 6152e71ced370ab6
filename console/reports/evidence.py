"""Verdicts with their evidence, as an auditor reads them, and what waits to be removed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from console.datakeys.holders import REMOVABLE
from console.reports.holders import made, moment, why
from console.reports.report import Report, iso
from console.reports.rotate import judged_data, reason_text, verdict_text
from console.reports.runs import runs
from console.text import inert
from console.text.words import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.commands.evidence import Evidence, Retiring
    from console.commands.runs import Walked
    from console.datakeys.holders import Holder
    from console.text import Text
    from store.verdicts import Judged

COLUMNS = ("at", "verdict", "resource", "was", "route", "cmk", "run", "by")
RETIRING = ("run", "subject", "old", "age", "reason", "kept_until", "may_go", "back")


def verdicts(answer: Evidence, text: Text) -> Report:
    """A table of all, or all there is of one."""
    data = [judged_data(one, text) for one in answer.judged]
    if answer.whole:
        lines = [line for one in answer.judged for line in (*_whole(one, text), "")]
        return Report(data, _headers(text), _rows(answer.judged, text), tuple(lines[:-1]))
    notes = () if data else (text.t("verdicts.nothing"),)
    return Report(data, _headers(text), _rows(answer.judged, text), notes=notes)


def _headers(text: Text) -> tuple[str, ...]:
    return tuple(text.t(f"column.verdict_{name}") for name in COLUMNS)


def _rows(judged: tuple[Judged, ...], text: Text) -> tuple[tuple[Any, ...], ...]:
    return tuple(
        (iso(one.at), verdict_text(one, text), one.resource_id, one.was, one.route, one.cmk, one.run_id, one.by)
        for one in judged
    )


def _whole(one: Judged, text: Text) -> list[str]:
    """The verdict, why, and every fact it rests on."""
    head = f"{one.was} → {one.resource_id}" if one.was != one.resource_id else one.resource_id
    lines = [inert(head), f"  {verdict_text(one, text)}", f"  {reason_text(one, text)}"]
    told = {
        "at": iso(one.at), "by": one.by, "run": one.run_id, "kind": one.kind, "route": one.route, "cmk": one.cmk,
        "account": one.account_id, "region": one.region, "tenant": one.tenant, "application": one.application,
    }  # fmt: skip
    facts = {f"evidence.{name}": value for name, value in one.facts.items()}
    lines += [f"  {name:<28} {_value(value)}" for name, value in (told | facts).items()]
    if alive := still_text(one, text):
        lines.append(f"  ! {alive}")
    return lines


def _value(value: Any) -> str:
    if isinstance(value, str | int | float):
        return inert(str(value)) or "–"
    return inert(json.dumps(value, ensure_ascii=False, sort_keys=True))


def still_text(one: Judged, text: Text) -> str:
    """What else held the old data key when it was rotated; '' for nothing."""
    held = one.facts.get("still_held")
    number = held.get("number", 0) if isinstance(held, dict) else 0
    return text.t("verdicts.still", number=number) if number else ""


def retire(answer: list[Retiring] | Walked, text: Text) -> Report:
    """The list, or the run whose old part went."""
    if not isinstance(answer, list):
        return runs(answer, text)
    headers = tuple(text.t(f"column.retire_{name}") for name in RETIRING)
    notes = () if answer else (text.t("retire.none"),)
    return Report(
        [_data(each, text) for each in answer], headers, tuple(row for each in answer for row in _rows_of(each, text)),
        notes=notes,
    )  # fmt: skip


def _rows_of(each: Retiring, text: Text) -> Iterator[tuple[Any, ...]]:
    """What goes with the last step, and then whatever else holds the old data key."""
    run, until = (each.run_id, inert(each.view.run.subject)), (iso(each.keep_until) or "")[:10]
    state, back = text.t("retire.due" if each.due else "retire.kept"), f"runs abandon {each.run_id} --yes"
    for one in each.judged:
        yield (*run, one.was, text.when(one.at), own_reason(one, text), until, state, back)
    for other in each.others:
        may = other.kind in REMOVABLE
        word = text.t("retire.choose" if may else "retire.stays")
        yield (*run, other.id, made(other, text), why(other, text), until if may else "–", word, "–")


def own_reason(one: Judged, text: Text) -> str:
    """Why it is old."""
    if one.kind == "secret":
        return text.t("retire.unlabelled", version=one.facts.get("version_before", "–"))
    if one.resource_id == one.was:
        return text.t("retire.rewritten", number=one.facts.get("old_versions", "–"))
    return text.t("retire.replaced", now=one.resource_id)


def _data(each: Retiring, text: Text) -> dict[str, Any]:
    return {
        "run": each.run_id, "subject": each.view.run.subject, "old": [one.was for one in each.judged],
        "keep_until": iso(each.keep_until), "due": each.due, "others": [_other(other, text) for other in each.others],
        "verdicts": [judged_data(one, text) for one in each.judged],
    }  # fmt: skip


def _other(other: Holder, text: Text) -> dict[str, Any]:
    at = moment(other)
    return {
        "id": other.id, "kind": other.kind, "at": other.at or None, "may_go": other.kind in REMOVABLE,
        "age_days": None if at is None else (text.now() - at) // DAY, "reason": why(other, text),
    }  # fmt: skip
