"""A step in words, for the right-hand side of the wizard: what it will do, did, asks, or needs from another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.commands.evidence import RETIRE
from console.reports.estimates import foreseen
from console.reports.holders import of_run
from console.reports.runs import answers, lane, reason, remarks
from store.run_records import RunStatus, StepStatus

if TYPE_CHECKING:
    from console.text import Text
    from console.workflow.views import RunView, StepView
    from screens.widgets.painted import Piece
    from store.run_records import Json

BAR = 24
NOTHING: Piece = ("", "")


def told(view: RunView, step: StepView | None, text: Text, refusal: str = "") -> list[Piece]:
    """Paragraphs about a step of a run. `refusal`: why this person may not go on with it, '' if they may."""
    if step is None:
        return [(text.t("run.strange" if not view.known else f"run.status.{view.run.status}"), "")]
    name = text.t(step.title) if text.has(step.title) else step.name
    lines: list[Piece] = [(name, "strong"), (lane(step, text), "dim"), NOTHING]
    if step.tells.key:
        lines.append((text.said(step.tells), ""))
    if step.status in (StepStatus.PENDING, StepStatus.WAITING, StepStatus.STARTED):
        lines += [(remark, "warn" if step.final else "dim") for remark in remarks(step, text)]
    lines += _foreseen(view, step, text)
    lines += _others(view, step, text)
    lines += _present(view, step, text)
    lines += _way_on(view, step, text, refusal)
    lines += _past(step, text)
    lines += _commands(step, text)
    return lines


def _foreseen(view: RunView, step: StepView, text: Text) -> list[Piece]:
    """With the first step: what all of it was estimated to take, and what that rests on."""
    if "estimate" not in view.run.facts or step is not view.steps[0]:
        return []
    said, *rests = foreseen(view.run.facts["estimate"], text)
    return [NOTHING, (said, ""), (text.t("estimate.basis_sum"), "dim"), *((f"  {line}", "dim") for line in rests)]


def _others(view: RunView, step: StepView, text: Text) -> list[Piece]:
    """With the step that removes the old: what else holds the old data key, and why it stays."""
    if step.name != RETIRE or step.status not in (StepStatus.PENDING, StepStatus.WAITING, StepStatus.STARTED):
        return []
    head, *found = of_run(view, text)
    return [NOTHING, (head, ""), *((line, "dim") for line in found)] if found else []


def _present(view: RunView, step: StepView, text: Text) -> list[Piece]:
    """Progress and trouble."""
    lines: list[Piece] = []
    record = step.record
    if record.total and step.status is StepStatus.STARTED:
        filled = round(BAR * min(1.0, record.done / record.total))
        bar = "█" * filled + "░" * (BAR - filled)
        lines += [NOTHING, (f"{bar}  {text.number(record.done)}/{text.number(record.total)}", "accent")]
    here = view.current is not None and view.current.name == step.name
    why = reason(view, text) if here else ""
    trouble = text.said(record.error) if record.error.key else ""
    if trouble and trouble != why:
        lines += [NOTHING, (trouble, "bad")]
    if why:
        lines += [NOTHING, (why, "bad" if view.run.status is RunStatus.FAILED else "warn")]
    return lines


def _way_on(view: RunView, step: StepView, text: Text, refusal: str) -> list[Piece]:
    """What to press, or why nothing can be."""
    if (view.current is None and view.run.step) or (view.current is not None and view.current.name != step.name):
        return []
    if not view.resumable and not view.answerable:
        return []
    if refusal:
        return [NOTHING, (refusal, "dim")]
    return [NOTHING, (text.t("wizard.press_n"), "accent")] if view.resumable else []


def _past(step: StepView, text: Text) -> list[Piece]:
    """What was answered and by whom, and what came of it."""
    record = step.record
    lines: list[Piece] = []
    if record.answer:
        who = text.t("wizard.answered", who=record.answered_by)
        lines += [NOTHING, (who, "head"), *((f"  {_short(line)}", "") for line in answers(step, text))]
    if record.output and record.output != record.answer:
        lines += [NOTHING, (text.t("wizard.output"), "head"), *_pairs(record.output, text)]
    if record.finished_at:
        lines += [NOTHING, (text.t("wizard.finished", at=text.clock(record.finished_at)), "dim")]
    return lines


def _pairs(values: Json, text: Text) -> list[Piece]:
    """What has no label by its bare name; moments as people read them."""
    pairs = []
    for name, value in values.items():
        label, moment = f"run.output.{name}", isinstance(value, int) and name.endswith("_at")
        if value is not None:
            shown = text.clock(value) if moment else _said(value, text)
            pairs.append((f"  {text.t(label) if text.has(label) else name}: {shown}", ""))
    return pairs


def _said(value: Any, text: Text) -> str:
    return text.t("flag.yes" if value else "flag.no") if isinstance(value, bool) else _short(value)


def _short(value: Any) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return shown if len(shown) <= 400 else f"{shown[:400]}…"


def _commands(step: StepView, text: Text) -> list[Piece]:
    if not step.commands or step.status in (StepStatus.DONE, StepStatus.SKIPPED, StepStatus.UNDONE):
        return []
    rows = [line for command in step.commands for line in command.splitlines()]
    head = text.t("run.hand_over", lane=lane(step, text))
    return [NOTHING, (head, "head"), *((f"  {row}", "accent") for row in rows)]
