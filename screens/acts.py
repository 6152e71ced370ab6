"""What can be done with a run from any screen: go on, stop, give up. The work itself runs in a process of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from console.commands.runs import StartAbandon, StartResume, StopRun
from console.errors import ConsoleError
from store.run_records import ENDED, RunStatus, StepStatus

if TYPE_CHECKING:
    from console.commands.command import Command
    from console.workflow.views import RunView
    from screens.app import ConsoleApp
    from screens.widgets.painted import Piece


def go_on(app: ConsoleApp, view: RunView) -> None:
    """Begin a process that resumes it; how it goes is seen in the store."""
    if view.run.status in ENDED:
        app.tell(app.desk.text.t("run.ended", run=view.run_id), severity="warning")
    elif view.run.status is RunStatus.RUNNING:
        app.tell(app.desk.text.t("runs.at_work"), severity="warning")
    else:
        _act(app, StartResume(view.run_id), "runs.begun")


def stop(app: ConsoleApp, view: RunView) -> None:
    """Ask whoever is at work on it to stop."""
    if view.run.status is not RunStatus.RUNNING:
        app.tell(app.desk.text.t("runs.not_at_work"), severity="warning")
    else:
        _act(app, StopRun(view.run_id), "runs.stopping")


def abandon(app: ConsoleApp, view: RunView) -> None:
    """Ask whether it is meant, with what will be undone and what stays; then begin a process that undoes it."""
    text = app.desk.text
    command = StartAbandon(view.run_id)
    verdict = app.desk.dispatch.may(command)
    if not verdict.allowed:
        app.tell(text.t(verdict.reason, role=app.desk.session.role.value), severity="warning")
    elif view.run.status in ENDED:
        app.tell(text.t("run.ended", run=view.run_id), severity="warning")
    elif view.run.status is RunStatus.RUNNING:
        app.tell(text.t("runs.stop_first"), severity="warning")
    else:
        from screens.confirm import Confirm

        word = text.t("runs.abandon")
        dialog = Confirm(text, text.t("runs.abandon_what"), consequences(app, view), word=word, name=view.run.subject)
        app.push_screen(dialog, lambda sure: _act(app, command, "runs.undoing") if sure else None)


def consequences(app: ConsoleApp, view: RunView) -> list[Piece]:
    """What giving up undoes, and what it leaves as it is."""
    text = app.desk.text
    begun = [step for step in view.steps if step.status in (StepStatus.STARTED, StepStatus.DONE)]
    undone = [text.t(step.title) for step in reversed(begun) if step.undoable]
    stays = [text.t(step.title) for step in begun if not step.undoable and step.here and not step.fields]
    lines: list[Piece] = [
        (text.t("runs.undoes", steps=", ".join(undone)) if undone else text.t("runs.undoes_nothing"), "")
    ]
    return [*lines, (text.t("runs.leaves", steps=", ".join(stays)), "warn")] if stays else lines


def _act(app: ConsoleApp, command: Command, said: str) -> None:
    """Give the command beside the screen, and say that it began; the app's worker outlives the screen."""
    app.run_worker(_given(app, command, said))


async def _given(app: ConsoleApp, command: Command, said: str) -> None:
    try:
        await asyncio.to_thread(app.desk.dispatch.run, command)
    except ConsoleError as error:
        app.complain(error)
    else:
        app.tell(app.desk.text.t(said))
