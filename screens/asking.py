"""What can be done with a request for a CMK from any screen: a menu of what it can take now, and the words it needs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from console.commands.requests import (
    AnswerRequest,
    BeginRequest,
    ConfirmRequest,
    JudgeRequest,
    ProvisionRequest,
    WithdrawRequest,
)
from console.errors import ConsoleError
from console.policy import Role
from console.reports.requests import path_text
from screens.dialog import Dialog
from screens.offers import Offer, Offers
from store.request_records import Stand

if TYPE_CHECKING:
    from console.commands.command import Command
    from console.text import Text
    from screens.app import ConsoleApp
    from screens.widgets.painted import Piece
    from store.request_records import Request

CHOICES = {
    Stand.SUBMITTED: ("approve", "reject", "ask", "withdraw"),
    Stand.ASKED: ("answer", "withdraw"),
    Stand.APPROVED: ("provision", "reject", "withdraw"),
    Stand.MAKING: ("provision",),
    Stand.DELIVERED: ("confirm",),
}
"""What can be done with a request that stands so."""

WORDS = {"approve": False, "reject": True, "ask": True, "answer": True, "withdraw": False}
"""What is said with it, and whether something must be."""


def act(app: ConsoleApp, request: Request) -> None:
    """The menu: first what this session may do, then the rest with the reason; or that nothing is left to do. To
    withdraw is the tenant's: an administrator rejects.
    """
    text, owner = app.desk.text, app.desk.session.role is Role.OWNER
    names = [name for name in CHOICES.get(request.stand, ()) if owner or name != "withdraw"]
    if not names:
        app.tell(
            text.t(f"request.not_now.{request.stand}", id=request.id, who=request.moves[-1].by), severity="warning"
        )
        return
    offers = sorted((_offer(app, name, request) for name in names), key=lambda offer: bool(offer.refused))
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
    if name == "withdraw":
        return WithdrawRequest(request_id, words)
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


class Words(Dialog[str]):
    """What was said with it; '' where nothing need be."""

    def __init__(self, text: Text, request: Request, name: str) -> None:
        word = text.t(f"requests.act.{name}")
        super().__init__(text, word, word)
        self._request, self._act = request, name
        self.box.display = name in WORDS
        self.box.placeholder = text.t(f"requests.words.{name}") if name in WORDS else ""

    def paragraphs(self) -> list[Piece]:
        request, text = self._request, self.text
        about = text.t(f"requests.means.{self._act}", path=path_text(request), id=request.id)
        asked = request.moves[-1].said if request.stand is Stand.ASKED else ""
        question: list[Piece] = [(text.t("requests.question", words=asked), "accent"), ("", "")] if asked else []
        return [*question, (about, "")]

    def answer(self, words: str) -> str | None:
        if words or not WORDS.get(self._act, False):
            return words
        self.refuse(self.text.t("requests.say_why"))
        return None
