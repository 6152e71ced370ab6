"""Ways to a new data key, and what was proven, as people read it and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.commands.rotate import ObjectResults, Rotated, RotationPlan
from console.datakeys.preflight import Answer
from console.errors import ExitCode
from console.output import csv_line
from console.reports import estimates, holders
from console.reports.holders import SHOWN
from console.reports.report import Report, iso
from console.reports.runs import exit_of, runs
from console.text.verdicts import SYMBOLS
from store.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.datakeys.estimates import Estimate
    from console.datakeys.preflight import Permission
    from console.datakeys.routes import Route, Subject
    from console.text import Text
    from store.verdicts import Judged

OBJECT = ("key", "result", "reason", "detail", "bytes", "version_before", "version")
"""The columns of what became of objects."""

ANSWERS = {Answer.ALLOWED: "●", Answer.DENIED: "✕", Answer.UNTOLD: "?"}


def rotate(answers: list[RotationPlan] | list[Rotated] | ObjectResults, text: Text) -> Report:
    """One or several data keys; the verb ends as the worst of them."""
    if isinstance(answers, ObjectResults):
        return Report(None, stream=_object_lines(answers))
    campaign = next((a.campaign for a in answers if isinstance(a, RotationPlan)), None)
    reports = [_planned(a, text) if isinstance(a, RotationPlan) else _rotated(a, text) for a in answers]
    lines = [line for report in reports for line in (*report.lines, "")]
    if campaign is not None:
        told = text.t("estimate.campaign", number=campaign.number, summary=estimates.summary(campaign, text))
        lines += [told, *(f"  {line}" for line in estimates.basis(campaign, text)), ""]
    notes = tuple(dict.fromkeys(note for report in reports for note in report.notes))
    worst = max((report.exit for report in reports), default=ExitCode.DONE)
    return Report([report.data for report in reports], lines=tuple(lines[:-1]), notes=notes, exit=worst)


def _object_lines(answer: ObjectResults) -> Iterator[str]:
    """CSV, a line per object: it may be longer than memory."""
    yield csv_line(OBJECT)
    for one in answer.results:
        yield csv_line((one.key, one.outcome, one.reason, one.detail, one.size, one.was, one.now))


def verdict_text(judged: Judged, text: Text) -> str:
    """Sign and words; of one that went with its run, that first."""
    said = f"{SYMBOLS[judged.verdict]} {text.t(f'verdict.{judged.verdict}')}"
    return text.t("verdicts.withdrawn", verdict=said) if judged.withdrawn else said


def reason_text(judged: Judged, text: Text) -> str:
    """Why, with the numbers of the evidence."""
    return text.t(judged.reason, **dict(judged.numbers))


def _planned(answer: RotationPlan, text: Text) -> Report:
    subject = answer.choice.subject
    lines = [_head(subject), *_now(subject, text), "", text.t("rotation.routes")]
    for route in answer.choice.routes:
        lines += _route_lines(route, answer.choice.estimates.get(route.name), text, chosen=route is answer.route)
    lines += _basis(answer, text)
    lines += ["", *(_still(subject, text) if answer.holding is None else holders.lines(answer.holding, text))]
    report = runs(answer.plan, text) if answer.plan is not None else None
    lines += ["", *_permissions(answer.permissions, text)]
    lines += ["", *report.lines] if report else ["", text.t("rotation.no_way")]
    data = {
        "subject": _subject(subject), "routes": [_route(route, answer, text) for route in answer.choice.routes],
        "route": answer.route.name if answer.route else None, "plan": report.data if report else None,
        "checked": None if answer.permissions is None else [_permission(each) for each in answer.permissions],
        "holding": None if answer.holding is None else answer.holding.told(),
        "campaign": None if answer.campaign is None else estimates.data(answer.campaign, text),
    }  # fmt: skip
    denied = any(each.answer is Answer.DENIED for each in answer.permissions or ())
    notes = report.notes if report else ()
    return Report(data, lines=tuple(lines), notes=notes, exit=ExitCode.FAILED if denied else ExitCode.DONE)


def _still(subject: Subject, text: Text) -> list[str]:
    """What the cache knows; AWS was not asked."""
    known = [f"  {text.t(f'kind.{what}')} {resource}" for what, resource in subject.still[:SHOWN]]
    head = text.t("rotation.still", number=len(subject.still)) if known else text.t("rotation.still_none")
    return [head, *known, f"  {text.t('held.unasked')}"]


def _permissions(permissions: tuple[Permission, ...] | None, text: Text) -> list[str]:
    """What AWS allows, the lacking first; or that nobody asked."""
    if permissions is None:
        return [text.t("rotation.unchecked")]
    order = (Answer.DENIED, Answer.UNTOLD, Answer.ALLOWED)
    lines = [text.t("rotation.checked")]
    for each in sorted(permissions, key=lambda one: order.index(one.answer)):
        lines.append(
            f"  {ANSWERS[each.answer]} {text.t(f'rotation.answer.{each.answer}')}  {each.action}  {each.target}"
        )
        if each.answer is Answer.DENIED:
            lines.append(f"      {each.detail}")
    return lines


def _permission(each: Permission) -> dict[str, str]:
    return {"action": each.action, "target": each.target, "answer": each.answer.value, "detail": each.detail}


def _rotated(answer: Rotated, text: Text) -> Report:
    view = answer.walked.view
    told = runs(answer.walked, text)
    every = answer.every or ((answer.judged,) if answer.judged is not None else ())
    verdict = judged_data(answer.judged, text) if answer.judged is not None else None
    data = {"run": told.data, "verdict": verdict, "verdicts": [judged_data(each, text) for each in every]}
    if answer.judged is None:
        return Report(data, lines=told.lines, notes=told.notes, exit=exit_of(view))
    proven = all(each.verdict is Verdict.PROVEN for each in every)
    named = [f"{each.was}  " if len(every) > 1 else "" for each in every]
    said = [f"{verdict_text(each, text)}  {reason_text(each, text)}" for each in every]
    lines = (*(f"{name}{words}" for name, words in zip(named, said, strict=True)), *told.lines)
    new = [each for each in every if each.verdict is Verdict.PROVEN and each.resource_id != each.was]
    moved = ", ".join(each.resource_id for each in new)
    notes = (*told.notes, text.t("rotation.seen_later", now=moved)) if moved else told.notes
    return Report(data, lines=lines, notes=notes, exit=ExitCode.DONE if proven else ExitCode.FAILED)


def _head(subject: Subject) -> str:
    named = f" · {subject.name}" if subject.name and subject.name != subject.resource_id else ""
    return f"{subject.resource_id}{named}"


def _now(subject: Subject, text: Text) -> list[str]:
    lines = [text.t("rotation.now", cmk=subject.cmk or "–", data_key=subject.data_key_id or text.t("status.unknown"))]
    return [*lines, text.t("rotation.moves", cmk=subject.intended)] if subject.moves else lines


def _basis(answer: RotationPlan, text: Text) -> list[str]:
    """What the estimate of the way that would be taken rests on; of all of them the rates are the same."""
    name = answer.route.name if answer.route else next(iter(answer.choice.estimates), "")
    found = answer.choice.estimates.get(name)
    if found is None:
        return []
    lines = ["", text.t("estimate.basis", route=name), *(f"  {line}" for line in estimates.basis(found, text))]
    uncounted = answer.permissions is None and any(one.amount is None for one in found.assumed)
    return [*lines, f"  {text.t('estimate.uncounted')}"] if uncounted else lines


def _route_lines(route: Route, estimate: Estimate | None, text: Text, *, chosen: bool) -> list[str]:
    mark = "▸" if chosen else " "
    effect = text.t(f"effect.{route.effect}")
    sure = "" if route.confirmed else f" ({text.t('rotation.unconfirmed')})"
    lines = [f" {mark} {route.name}: {text.t(route.key)} — {effect}{sure}", f"     {text.t(f'{route.key}.why')}"]
    if route.refused:
        lines.append(f"     ✕ {text.t(route.refused, **route.values)}")
        return [*lines, f"     {estimates.summary(estimate, text)}"] if estimate is not None else lines
    facts = [
        text.t(f"rotation.{part}", value=text.t(f"{route.key}.{part}")) for part in ("downtime", "duration", "cost")
    ]
    if estimate is not None:
        facts.insert(2, text.t("estimate.duration", value=estimates.duration(estimate, text)))
        facts.append(text.t("estimate.cost", value=estimates.cost(estimate, text)))
    return [*lines, *(f"     {fact}" for fact in facts)]


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "kind": subject.kind, "granularity": subject.granularity, "resource": subject.resource_id,
        "name": subject.name, "account": subject.account_id, "region": subject.region, "cmk": subject.cmk,
        "intended": subject.intended, "data_key": subject.data_key_id or None, "created_at": iso(subject.created_at),
        "still": [{"kind": what, "resource": resource} for what, resource in subject.still],
    }  # fmt: skip


def _route(route: Route, answer: RotationPlan, text: Text) -> dict[str, Any]:
    estimate = answer.choice.estimates.get(route.name)
    refused = text.t(route.refused, **route.values) if route.refused else None
    return {
        "name": route.name, "effect": route.effect.value, "confirmed": route.confirmed, "refused": refused,
        "title": text.t(route.key), "why": text.t(f"{route.key}.why"), "permissions": list(route.needs),
        "estimate": None if estimate is None else estimates.data(estimate, text),
    }  # fmt: skip


def judged_data(judged: Judged, text: Text) -> dict[str, Any]:
    """A verdict as JSON, with all its evidence."""
    return {
        "run": judged.run_id, "kind": judged.kind, "resource": judged.resource_id, "was": judged.was,
        "account": judged.account_id, "region": judged.region, "route": judged.route, "verdict": judged.verdict.value,
        "reason": reason_text(judged, text), "cmk": judged.cmk, "at": iso(judged.at), "by": judged.by,
        "evidence": judged.facts, "withdrawn": judged.withdrawn,
    }  # fmt: skip
