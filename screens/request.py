"""Is this request right, and what comes of it? The wish, what was checked, every move, and what is handed over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import VerticalScroll

from console.commands.requests import ShowRequest
from console.errors import ConsoleError
from console.output import json_text
from console.reports.requests import (
    checked,
    facts,
    history,
    package_parts,
    path_text,
    requests,
    stand,
    waits,
)
from console.text import inert
from screens.asking import act
from screens.data_screen import DataScreen
from screens.page import Choice, Page
from screens.tone import stand_tone
from screens.widgets.painted import OneLine, Piece
from screens.widgets.story import Story
from store.request_records import CLOSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.commands.request_answers import Shown
    from console.text import Text

NOTHING: Piece = ("", "")


class Heading(OneLine):
    """What for, and how it stands."""

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text
        self._shown: Shown | None = None

    def show(self, shown: Shown) -> None:
        self._shown = shown
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        if self._shown is None:
            return (), ()
        request, text = self._shown.request, self._text
        whose = waits(request, text, owner=self._shown.owner)
        right = [(f"  {stand(request, text)} ", stand_tone(request.stand)), (f" {whose} ", "dim")]
        return [(f" {path_text(request)}", "strong"), (f"  {request.id}", "dim")], right


class RequestScreen(DataScreen):
    """One request: `a` does what can be done with it, `c` copies the CMK's ARN, `C` the rest of what is handed over."""

    hints = "hints.request"
    DEFAULT_CSS = "RequestScreen #request { scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "menu", "Actions", show=False, id="request.menu"),
        Binding("c", "copy", "Copy the ARN", show=False, id="request.copy"),
        Binding("C", "copy_menu", "Copy more", show=False, id="request.copy_menu"),
        Binding("y", "raw", "All of it", show=False, id="request.raw"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="request.down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="request.up"),
    ]

    def __init__(self, request_id: str) -> None:
        super().__init__()
        self.request_id = request_id
        self.shown: Shown | None = None

    def body(self) -> ComposeResult:
        self.heading = Heading(self.console.desk.text)
        self.story = Story(id="story")
        self.pane = VerticalScroll(self.story, id="request")
        yield self.heading
        yield self.pane

    def ready(self) -> None:
        self.set_focus(self.pane)
        self.beat()

    def beat(self) -> None:
        self.run_worker(self._load(), exclusive=True, group="load")

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.beat()

    async def _load(self) -> None:
        try:
            shown: Shown = await asyncio.to_thread(self.console.desk.dispatch.run, ShowRequest(self.request_id))
        except ConsoleError as error:
            self.story.show([(self.console.desk.text.t(error.key, **error.values), "bad")])
            return
        self.shown = shown
        self.heading.show(shown)
        self.story.show(told(shown, self.console.desk.text))

    # ---- keys

    def action_scroll(self, step: int) -> None:
        self.pane.scroll_relative(y=step, animate=False)

    def action_menu(self) -> None:
        if self.shown is not None:
            act(self.console, self.shown.request)

    def action_copy(self) -> None:
        arn = self.shown.request.fact("key_arn") if self.shown else ""
        self._copied(arn)

    def action_copy_menu(self) -> None:
        text = self.console.desk.text
        if self.shown is None or self.shown.package is None:
            self.console.tell(text.t("requests.no_package"), severity="warning")
            return
        parts = dict(package_parts(self.shown.package, text))
        choices = [(str(number), label) for number, label in enumerate(parts, 1)]
        self.app.push_screen(
            Choice(text.t("copy.title"), choices), lambda label: self._copied(parts[label]) if label else None
        )

    def _copied(self, value: str) -> None:
        text = self.console.desk.text
        if not value:
            self.console.tell(text.t("requests.no_package"), severity="warning")
            return
        self.app.copy_to_clipboard("\n".join(inert(line) for line in value.splitlines()))
        self.console.tell(text.t("copy.done", value=value.splitlines()[0]))

    def action_raw(self) -> None:
        if self.shown is not None:
            text = self.console.desk.text
            self.app.push_screen(Page(text.t("raw.title"), json_text(requests(self.shown, text).data)))

    def again(self) -> RequestScreen:
        return RequestScreen(self.request_id)


def told(shown: Shown, text: Text) -> list[Piece]:
    """Everything about a request, in paragraphs."""
    request = shown.request
    lines: list[Piece] = [NOTHING, *((f"{label}: {value}", "") for label, value in facts(request, text))]
    if shown.package is not None:
        lines += [NOTHING, (text.t("requests.package"), "head")]
        lines += [(f"  {label}", "dim") for label, _ in package_parts(shown.package, text)]
    elif request.stand not in CLOSED:
        lines += [NOTHING, (text.t("request.checked"), "head")]
        lines += [(f"  {line}", _look(line)) for line in checked(shown.preflight, text)]
    lines += [NOTHING, (text.t("request.history"), "head"), *((f"  {line}", "") for line in history(request, text))]
    if request.stand in CLOSED:
        return lines
    if shown.package is not None:
        blocks = package_parts(shown.package, text)[1:]
    else:
        blocks = [
            (text.t("request.key_policy"), shown.preflight.policy),
            (text.t("request.iam_policy"), shown.preflight.iam),
        ]
    for label, block in blocks:
        lines += [NOTHING, (label, "head"), *((f"  {line}", "dim") for line in block.splitlines())]
    return lines


def _look(line: str) -> str:
    return {"✕": "bad", "●": "good", "·": "dim"}.get(line[:1], "")
