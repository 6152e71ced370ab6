"""What can be done with a request for a CMK from any screen: a menu of what it can take now, and the words it needs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.commands.requests import (
    AnswerRequest,
    BeginRequest,
    ConfirmRequest,
    JudgeRequest,
    ProvisionRequest,
)
from console.errors import ConsoleError
from console.reports.requests import path_text
from screens.offers import Offer, Offers
from screens.page import PageTitle
from screens.widgets.knob import Knob
from screens.widgets.story import Story
from store.request_records import Stand

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.commands.command import Command
    from console.text import Text
    from screens.app import ConsoleApp
    from screens.widgets.painted import Piece
    from store.request_records import Request

CHOICES = {
    Stand.SUBMITTED: ("approve", "reject", "ask"),
    Stand.ASKED: ("answer",),
    Stand.APPROVED: ("provision", "reject"),
    Stand.MAKING: ("provision",),
    Stand.DELIVERED: ("confirm",),
}
"""What can be done with a request that stands so."""

WORDS = {"approve": False, "reject": True, "ask": True, "answer": True}
"""What is said with it, and whether something must be."""


def act(app: ConsoleApp, request: Request) -> None:
    """The menu; what this session may not do is there with the reason, and so is that nothing is left to do."""
    text = app.desk.text
    names = CHOICES.get(request.stand, ())
    if not names:
        app.tell(
            text.t(f"request.not_now.{request.stand}", id=request.id, who=request.moves[-1].by), severity="warning"
        )
        return
    offers = [_offer(app, name, request) for name in names]
    app.push_screen(
        Offers(text.t("requests.actions"), offers), lambda name: _chosen(app, request, name) if name else None
    )


def _offer(app: ConsoleApp, name: str, request: Request) -> Offer:
    text, verdict = app.desk.text, app.desk.dispatch.may(command_of(name, request.id))
    refused = "" if verdict.allowed else text.t(verdict.reason, role=app.desk.session.role.value)
    about = text.t(f"requests.means.{name}", path=path_text(request), id=request.id)
    return Offer(name, text.t(f"requests.act.{name}"), about=about, refused=refused)


def command_of(name: str, request_id: str, words: str = "") -> Command:
    """The wish behind a word of the menu."""
    if name == "provision":
        return ProvisionRequest(request_id, go=False)
    if name == "confirm":
        return ConfirmRequest(request_id)
    if name == "answer":
        return AnswerRequest(request_id, words)
    return JudgeRequest(request_id, name, words)


def _chosen(app: ConsoleApp, request: Request, name: str) -> None:
    def answered(words: str | None) -> None:
        if words is not None:
            app.run_worker(_give(app, command_of(name, request.id, words), name))

    app.push_screen(Words(app.desk.text, request, name), answered)


def begin(app: ConsoleApp, path: str) -> None:
    """The form for a new request, drawn by the wizard."""
    verdict = app.desk.dispatch.may(BeginRequest)
    if not verdict.allowed:
        app.tell(app.desk.text.t(verdict.reason, role=app.desk.session.role.value), severity="warning")
    else:
        app.run_worker(_give(app, BeginRequest(path), "new"))


async def _give(app: ConsoleApp, command: Command, name: str) -> None:
    """In a thread, for AWS and the exchange take their time; a run that was begun is opened."""
    text = app.desk.text
    try:
        answer: Any = await asyncio.to_thread(app.desk.dispatch.run, command)
    except ConsoleError as error:
        app.complain(error)
        return
    if name in ("new", "provision"):
        from screens.wizard import WizardScreen

        await app.over(WizardScreen(answer.run_id))
    else:
        app.tell(text.t(f"requests.did.{name}", path=path_text(answer.request)))


@dataclass(frozen=True, slots=True)
class Said:
    """What the dialog asks for."""

    needed: bool
    offered: bool


class Words(ModalScreen[str | None]):
    """What it is about and what will happen; opens on Cancel. None when it was not meant, else what was typed."""

    DEFAULT_CSS = """
    Words { align: center middle; background: $background 60%; }
    Words > Vertical {
        width: 80%; max-width: 90; height: auto; max-height: 90%; background: $background; border: round $guide;
    }
    Words Input { margin: 1 2 0 2; }
    Words Horizontal { height: 1; margin: 1 0 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", show=False, id="words.leave"),
        Binding("tab", "app.focus_next", "Next", show=False, id="words.next"),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False, id="words.previous"),
    ]

    def __init__(self, text: Text, request: Request, name: str) -> None:
        super().__init__()
        self._text, self._request, self._name = text, request, name
        self._said = Said(WORDS.get(name, False), name in WORDS)

    def compose(self) -> ComposeResult:
        text = self._text
        with Vertical():
            yield PageTitle(text.t(f"requests.act.{self._name}"))
            yield Story(self._paragraphs())
            self.box = Input(
                placeholder=text.t(f"requests.words.{self._name}") if self._said.offered else "", id="words"
            )
            self.box.cursor_blink = False
            self.box.display = self._said.offered
            yield self.box
            self.wrong = Story(id="words-wrong")
            yield self.wrong
            with Horizontal():
                yield Knob(text.t("confirm.cancel"), id="cancel", look="strong")
                yield Knob(text.t(f"requests.act.{self._name}"), id="sure", look="accent")

    def _paragraphs(self) -> list[Piece]:
        request, text = self._request, self._text
        about = text.t(f"requests.means.{self._name}", path=path_text(request), id=request.id)
        asked = request.moves[-1].said if request.stand is Stand.ASKED else ""
        question: list[Piece] = [(text.t("requests.question", words=asked), "accent"), ("", "")] if asked else []
        return [("", ""), *question, (about, "")]

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#cancel"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.set_focus(self.query_one("#sure"))

    def on_knob_pressed(self, event: Knob.Pressed) -> None:
        event.stop()
        words = self.box.value.strip()
        if event.knob.id == "cancel":
            self.dismiss(None)
        elif self._said.needed and not words:
            self.wrong.show([(self._text.t("requests.say_why"), "bad")])
            self.set_focus(self.box)
        else:
            self.dismiss(words)

    def action_leave(self) -> None:
        self.dismiss(None)
