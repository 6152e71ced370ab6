"""Guided work as people read it, and as JSON: plans, runs, and how a verb ends that went on with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.commands.runs import Walked
from console.errors import ExitCode
from console.reports.report import Report, iso
from console.workflow.model import Kind
from console.workflow.views import Plan, RunView
from store.run_records import Halt, RunStatus, StepStatus

if TYPE_CHECKING:
    from console.text import Text
    from console.workflow.views import FieldView, StepView

STEP_SYMBOLS = {
    StepStatus.PENDING: "·",
    StepStatus.STARTED: "◐",
    StepStatus.WAITING: "?",
    StepStatus.DONE: "●",
    StepStatus.SKIPPED: "–",
    StepStatus.UNDONE: "○",
}
RUN_SYMBOLS = {
    RunStatus.READY: "◌",
    RunStatus.RUNNING: "◐",
    RunStatus.WAITING: "?",
    RunStatus.PAUSED: "…",
    RunStatus.FAILED: "✕",
    RunStatus.INTERRUPTED: "!",
    RunStatus.DONE: "●",
    RunStatus.ABANDONED: "○",
}
"""One sign per state; its word always stands beside it."""

INDENT = "     "


def runs(answer: list[RunView] | RunView | Walked | Plan, text: Text) -> Report:
    """Whatever a verb about guided work answers; also for the verbs that begin it."""
    if isinstance(answer, Walked):
        return _one(answer.view, text, exit_of(answer.view))
    if isinstance(answer, RunView):
        return _one(answer, text, ExitCode.DONE)
    if isinstance(answer, Plan):
        return _plan(answer, text)
    return _list(answer, text)


def exit_of(view: RunView) -> ExitCode:
    """How a verb ends that went on with this run."""
    if view.run.status is RunStatus.FAILED:
        return ExitCode.FAILED
    if view.run.status in (RunStatus.DONE, RunStatus.ABANDONED):
        return ExitCode.DONE
    return ExitCode.UNREACHABLE if view.run.halt in (Halt.AWS, Halt.CREDENTIALS) else ExitCode.PAUSED


# ---- words, for the screens too


def run_status(view: RunView, text: Text) -> str:
    """Sign and word; one that goes backwards says so."""
    word = text.t(f"run.status.{view.run.status}")
    if view.run.abandoning and view.run.status is not RunStatus.ABANDONED:
        word = text.t("run.status.abandoning", status=word)
    return f"{RUN_SYMBOLS[view.run.status]} {word}"


def step_status(step: StepView, text: Text) -> tuple[str, str]:
    """Sign and word; a question that has its answer says so."""
    if step.status is StepStatus.WAITING and step.record.answer is not None:
        return "◌", text.t("step.status.answered")
    return STEP_SYMBOLS[step.status], text.t(f"step.status.{step.status}")


def answers(step: StepView, text: Text) -> list[str]:
    """What was answered, as label and value; what has no label by its bare name."""
    labels = {field.name: field for field in step.fields}
    given = {name: value for name, value in (step.record.answer or {}).items() if value not in (None, "", [])}
    return [f"{_label(labels.get(name), name, text)}: {_said(labels.get(name), v, text)}" for name, v in given.items()]


def _label(field: FieldView | None, name: str, text: Text) -> str:
    return text.t(field.label) if field is not None and text.has(field.label) else name


def _said(field: FieldView | None, value: Any, text: Text) -> str:
    """A value as people say it: yes, no, the words of a choice."""
    if isinstance(value, bool):
        return text.t("flag.yes" if value else "flag.no")
    words = dict(field.choices) if field is not None else {}
    parts = value if isinstance(value, list) else [value]
    return ", ".join(text.t(words[part]) if part in words and text.has(words[part]) else str(part) for part in parts)


def title(view: RunView, text: Text) -> str:
    """Of the workflow; its bare name where this console does not know it."""
    return text.t(view.title) if text.has(view.title) else view.run.workflow


def reason(view: RunView, text: Text) -> str:
    """Why it stands still, in one sentence; '' where it does not."""
    return text.said(view.run.reason) if view.run.reason.key else ""


def lane(step: StepView, text: Text) -> str:
    return text.t(f"lane.{step.lane}")


def remarks(step: StepView, text: Text) -> list[str]:
    """What a person should know of a step beforehand."""
    told = [("run.perhaps", step.perhaps), ("run.four_eyes_needed", step.four_eyes), ("run.final", step.final),
            ("run.by_hand", step.by_hand)]  # fmt: skip
    return [text.t(key) for key, holds in told if holds]


def asked(field: FieldView, text: Text) -> str:
    """`naam=…  Naam van de alias (keuze: a, b; anders: a)`."""
    extra = [f"{text.t('run.choices')} {', '.join(value for value, _ in field.choices)}"] if field.choices else []
    if field.kind is Kind.YES_NO:
        extra.append(f"{text.t('run.choices')} yes, no")
    if field.default is not None:
        extra.append(f"{text.t('run.default')} {default_text(field.default)}")
    if not field.required:
        extra.append(text.t("run.optional"))
    return f"{field.name}=…  {text.t(field.label)}" + (f" ({'; '.join(extra)})" if extra else "")


def default_text(value: Any) -> str:
    """A field's value as it would be typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


# ---- reports


def _list(views: list[RunView], text: Text) -> Report:
    headers = tuple(
        text.t(f"column.{name}") for name in ("id", "run_what", "run_subject", "status", "run_step", "run_at")
    )
    rows = tuple(
        (
            view.run.id,
            title(view, text),
            view.run.subject,
            run_status(view, text),
            text.t(view.current.title) if view.current else "",
            text.clock(view.run.updated_at),
        )
        for view in views
    )
    return Report([_data(view, text) for view in views], headers, rows, notes=() if rows else (text.t("run.none"),))


def _one(view: RunView, text: Text, ends: ExitCode) -> Report:
    run = view.run
    head = f"{title(view, text)} · {run.subject} · {run.id}"
    lines = [head, f"{run_status(view, text)}  {reason(view, text)}".rstrip(), ""]
    for step in view.steps:
        lines += _step_lines(step, text)
    if not view.known:
        lines += ["", text.t("run.strange")]
    lines += _question(view, text)
    return Report(_data(view, text), lines=tuple(lines), notes=_next(view, text), exit=ends)


def _step_lines(step: StepView, text: Text) -> list[str]:
    name = text.t(step.title) if text.has(step.title) else step.name
    progress = f"  {step.record.done}/{step.record.total}" if step.record.total else ""
    lines = [f"  {' '.join(step_status(step, text)):15} {name}  ({lane(step, text)}){progress}"]
    if step.record.error.key:
        lines.append(f"{INDENT}{text.said(step.record.error)}")
    return lines


def _question(view: RunView, text: Text) -> list[str]:
    step = view.current
    if step is None or not (view.answerable or step.commands) or view.run.status is RunStatus.RUNNING:
        return []
    lines = ["", text.said(step.tells), *remarks(step, text)]
    if step.commands:
        lines += ["", text.t("run.hand_over", lane=lane(step, text)), *step.commands]
    if view.answerable:
        lines += ["", *(asked(field, text) for field in step.fields)]
    return lines


def _next(view: RunView, text: Text) -> tuple[str, ...]:
    """What to type to go on."""
    if view.answerable:
        return (text.t("run.next_answer", run=view.run.id),)
    if view.run.status in (RunStatus.READY, RunStatus.PAUSED, RunStatus.FAILED, RunStatus.INTERRUPTED):
        return (text.t("run.next_resume", run=view.run.id),)
    return ()


def _plan(plan: Plan, text: Text) -> Report:
    lines = [text.t("run.plan", what=text.t(plan.title), subject=plan.subject), ""]
    for number, step in enumerate(plan.steps, 1):
        lines.append(f"{number:3}. {text.t(step.title)}  ({lane(step, text)})")
        lines += [f"{INDENT}{line}" for line in (text.said(step.tells), *remarks(step, text))]
        lines += [f"{INDENT}{text.t('run.asks')} {asked(field, text)}" for field in step.fields]
        lines += [f"{INDENT}$ {line}" for command in step.commands for line in command.splitlines()]
    data = {
        "workflow": plan.title.removeprefix("wf."),
        "subject": plan.subject,
        "steps": [_step(s, text) for s in plan.steps],
    }
    return Report(data, lines=tuple(lines), notes=(text.t("run.plan_only"),))


def _data(view: RunView, text: Text) -> dict[str, Any]:
    run = view.run
    return {
        "id": run.id,
        "workflow": run.workflow,
        "version": run.version,
        "subject": run.subject,
        "tenant": run.tenant,
        "application": run.application,
        "parent": run.parent,
        "facts": run.facts,
        "status": run.status.value,
        "halt": run.halt.value,
        "reason": reason(view, text),
        "step": run.step,
        "abandoning": run.abandoning,
        "started_by": run.started_by,
        "created_at": iso(run.created_at),
        "updated_at": iso(run.updated_at),
        "finished_at": iso(run.finished_at),
        "answerable": view.answerable,
        "steps": [_step(step, text) for step in view.steps],
    }


def _step(step: StepView, text: Text) -> dict[str, Any]:
    record = step.record
    return {
        "name": step.name,
        "title": text.t(step.title),
        "tells": text.said(step.tells) if step.tells.key else "",
        "lane": step.lane.value,
        "here": step.here,
        "by_hand": step.by_hand,
        "final": step.final,
        "four_eyes": step.four_eyes,
        "undoable": step.undoable,
        "perhaps": step.perhaps,
        "status": record.status.value,
        "answer": record.answer,
        "answered_by": record.answered_by,
        "output": record.output,
        "done": record.done,
        "total": record.total,
        "error": text.said(record.error) if record.error.key else "",
        "attempts": record.attempts,
        "started_at": iso(record.started_at),
        "finished_at": iso(record.finished_at),
        "asks": [_field(field, text) for field in step.fields],
        "commands": list(step.commands),
    }


def _field(field: FieldView, text: Text) -> dict[str, Any]:
    return {
        "name": field.name,
        "kind": field.kind.value,
        "label": text.t(field.label),
        "default": field.default,
        "choices": [value for value, _ in field.choices],
        "required": field.required,
    }
