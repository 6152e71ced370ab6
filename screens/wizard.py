"""How does this work go, and what does it need from me? One wizard for every workflow: steps left, now right."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll

from console.commands.runs import AnswerRun, HearRun, ShowRun, StartResume
from console.errors import ConsoleError
from console.output import json_text
from console.reports.runs import run_status, runs, step_status, title
from console.text import inert
from screens.acts import abandon, go_on, stop
from screens.data_screen import DataScreen
from screens.form import TABS, Form
from screens.page import Page
from screens.telling import told
from screens.tone import run_tone, step_tone
from screens.widgets.lines import Lines
from screens.widgets.painted import OneLine, Piece
from screens.widgets.story import Story
from store.run_records import StepStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.text import Text
    from console.workflow.views import RunView, StepView

NARROW = 100
STEPS = (46, 30)
"""Columns for the steps; fewer on a screen narrower than NARROW."""

LISTEN = 0.5
"""Seconds between two looks at whether a process that was begun could not go on."""


class Heading(OneLine):
    """The work, what it is about, and how it stands."""

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text
        self._view: RunView | None = None
        self._starting = False

    def show(self, view: RunView, *, starting: bool) -> None:
        self._view, self._starting = view, starting
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        if self._view is None:
            return (), ()
        left = [(f" {inert(title(self._view, self._text))}", "strong"), (f"  {inert(self._view.run.subject)}", "")]
        if self._starting:
            return left, [(f"  {self._text.t('wizard.starting')} ", "accent")]
        return left, [(f"  {run_status(self._view, self._text)} ", run_tone(self._view.run.status))]


class StepLines(Lines):
    """Every step with its state; the cursor goes along with the work until somebody moves it."""

    def __init__(self, text: Text) -> None:
        super().__init__(id="steps")
        self._text = text
        self.steps: tuple[StepView, ...] = ()

    def show(self, steps: tuple[StepView, ...]) -> None:
        self.steps = steps
        self.changed()

    def length(self) -> int:
        return len(self.steps)

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        step = self.steps[index]
        name = self._text.t(step.title) if self._text.has(step.title) else step.name
        sign, word = step_status(step, self._text)
        look = step_tone(step.status)
        share = f"{100 * step.record.done // step.record.total}%" if step.record.total else ""
        word = share if share and step.status is StepStatus.STARTED else word
        left = [(f" {sign} ", look), (inert(name), "dim" if step.perhaps else "")]
        return left, [(f" {word} ", look)]


class WizardScreen(DataScreen):
    """One run: `n` goes on, `s` stops, `X` gives up, `c` copies the commands, `y` shows all that is on record."""

    hints = "hints.wizard"
    DEFAULT_CSS = """
    WizardScreen #now { border-left: vkey $guide; width: 1fr; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *TABS,
        Binding("n", "go_on", "Go on", show=False, id="wizard.go_on"),
        Binding("s", "stop", "Stop", show=False, id="wizard.stop"),
        Binding("X", "abandon", "Abandon", show=False, id="wizard.abandon"),
        Binding("c", "copy_commands", "Copy", show=False, id="wizard.copy"),
        Binding("y", "all", "All on record", show=False, id="wizard.all"),
        Binding("right,l", "into", "To the question", show=False, id="wizard.into"),
        Binding("escape", "out", "Back", show=False, id="wizard.out"),
    ]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.run_view: RunView | None = None
        self._asked: tuple[Any, ...] | None = None
        self._at: str | None = None
        self._sign: tuple[Any, ...] | None = None

    def body(self) -> ComposeResult:
        text = self.console.desk.text
        self.heading = Heading(text)
        self.steps = StepLines(text)
        self.story = Story(id="told")
        yield self.heading
        with Horizontal():
            yield self.steps
            with VerticalScroll(id="now", can_focus=False):
                yield self.story

    def ready(self) -> None:
        self.set_focus(self.steps)
        self.set_interval(LISTEN, self._listen)
        self.beat()

    def beat(self) -> None:
        self.run_worker(self._load(), exclusive=True, group="load")

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self.run_view is not None:
            self.beat()

    async def _load(self) -> None:
        """Ask in a thread. What came is shown outside this worker: cancelled in the middle of taking a form away, it
        would take the form's own work with it.
        """
        try:
            view = await asyncio.to_thread(self.console.desk.dispatch.run, ShowRun(self.run_id))
        except ConsoleError as error:
            self.story.show([(self.console.desk.text.t(error.key, **error.values), "bad")])
            return
        self.call_later(self._arrived, view)

    async def _arrived(self, view: RunView) -> None:
        """Show it."""
        self.run_view = view
        if self._sign is not None and self._sign != _sign(view):
            self._sign = None
        self._show(view)
        await self._question(view)

    def _show(self, view: RunView) -> None:
        self.heading.show(view, starting=self._sign is not None)
        self.steps.show(view.steps)
        at = view.current.name if view.current else ""
        if at != self._at:  # the work has moved on: go along
            self._at = at
            self.steps.go(_place(view, at))
        self._tell()

    def _tell(self) -> None:
        """The step under the cursor, in words."""
        view, step = self.run_view, self.step
        if view is not None:
            self.story.show(told(view, step, self.console.desk.text, self._refusal()))
        for form in self.query(Form):
            form.display = step is not None and view is not None and step is view.current

    def _refusal(self) -> str:
        """Why this session may not go on with it; '' if it may."""
        desk = self.console.desk
        verdict = desk.dispatch.may(AnswerRun)
        return "" if verdict.allowed else desk.text.t(verdict.reason, role=desk.session.role.value)

    @property
    def step(self) -> StepView | None:
        """The step under the cursor."""
        return self.steps.steps[self.steps.cursor] if self.steps.steps else None

    async def _question(self, view: RunView) -> None:
        """The form of what it asks now; made once for each question, so that nobody's typing is lost."""
        step = view.current if view.answerable and self._sign is None and not self._refusal() else None
        asked = None if step is None else (step.name, step.record.attempts, step.record.answer, step.record.error)
        if asked == self._asked:
            return
        self._asked = asked
        within = self.focused is not None and Form in {type(each) for each in self.focused.ancestors}
        await self.query(Form).remove()
        if step is None:
            if within:
                self.set_focus(self.steps)
            return
        form = Form(step.fields, self.console.desk.text)
        await self.query_one("#now").mount(form)
        form.enter()

    # ---- answering and going on

    def on_form_given(self, event: Form.Given) -> None:
        event.stop()
        if self.run_view is not None and self.run_view.current is not None:
            wish = AnswerRun(self.run_id, tuple(event.values.items()), self.run_view.current.name)
            self.app.run_worker(self._answer(wish))

    async def _answer(self, wish: AnswerRun) -> None:
        """Record the answer, then go on; a refused one is said where it was given."""
        run = self.console.desk.dispatch.run
        try:
            view = await asyncio.to_thread(run, wish)
            self._begun(view)
            await asyncio.to_thread(run, StartResume(self.run_id))
        except ConsoleError as error:
            self._sign = None
            for form in self.query(Form):
                form.refuse(self.console.desk.text.t(error.key, **error.values))
        if self.is_attached:
            self.beat()

    def _begun(self, view: RunView) -> None:
        """A process begins: until it shows itself, say so."""
        self._sign = _sign(view)

    def _listen(self) -> None:
        """Whether the process that was begun could not; it says why."""
        if self._sign is not None and (said := self.ask(HearRun(self.run_id))):
            self._sign = None
            self.console.tell(said, severity="error")
            self.beat()

    def action_go_on(self) -> None:
        if self.run_view is None:
            return
        if not self.run_view.resumable and self.run_view.answerable:
            self.action_into()
            return
        if self.run_view.resumable and self.console.desk.dispatch.may(StartResume).allowed:
            self._begun(self.run_view)
            self._show(self.run_view)
        go_on(self.console, self.run_view)

    def action_stop(self) -> None:
        if self.run_view is not None:
            stop(self.console, self.run_view)

    def action_abandon(self) -> None:
        if self.run_view is not None:
            abandon(self.console, self.run_view)

    # ---- looking

    def on_lines_moved(self, event: Lines.Moved) -> None:
        if event.lines is self.steps:
            event.stop()
            self._tell()

    def on_lines_opened(self, event: Lines.Opened) -> None:
        if event.lines is self.steps:
            event.stop()
            self.action_into()

    def action_into(self) -> None:
        for form in self.query(Form):
            if form.display:
                form.enter()

    async def action_out(self) -> None:
        """Out of the question first, then out of the screen."""
        if self.focused is not None and self.focused is not self.steps:
            self.set_focus(self.steps)
        else:
            await self.console.action_back()

    def action_copy_commands(self) -> None:
        step = self.step
        if step is None or not step.commands:
            self.console.tell(self.console.desk.text.t("wizard.no_commands"), severity="warning")
            return
        self.app.copy_to_clipboard("\n".join(step.commands))
        self.console.tell(self.console.desk.text.t("wizard.copied"))

    def action_all(self) -> None:
        if self.run_view is not None:
            text = self.console.desk.text
            self.app.push_screen(Page(text.t("raw.title"), json_text(runs(self.run_view, text).data)))

    def on_resize(self, event: events.Resize) -> None:
        self.steps.styles.width = STEPS[event.size.width < NARROW]

    def filterable(self) -> None:
        """Nothing is filtered here."""

    def again(self) -> WizardScreen:
        return WizardScreen(self.run_id)


def _place(view: RunView, at: str) -> int:
    """Where the cursor belongs: on the current step, else on the first that is to be done, else on the last."""
    now = [n for n, step in enumerate(view.steps) if step.name == at]
    to_do = [n for n, step in enumerate(view.steps) if step.status is StepStatus.PENDING]
    return (now or to_do or [len(view.steps) - 1])[0]


def _sign(view: RunView) -> tuple[Any, ...]:
    """What changes when a process has taken a run in hand."""
    attempts = tuple((step.status, step.record.attempts) for step in view.steps)
    return view.run.status, view.run.step, view.run.updated_at, view.run.owner, attempts
