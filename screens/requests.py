"""Which CMKs are asked for, and what waits for me? Requests in sight; enter opens one, `a` does what can be done."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from console.commands.requests import FetchRequests, ListRequests
from console.errors import ConsoleError
from console.reports.requests import first, path_text, stand, waits, waits_for_us
from console.text import inert
from screens.asking import act, begin
from screens.data_screen import DataScreen
from screens.tone import stand_tone
from screens.widgets.painted import OneLine, Piece
from screens.widgets.virtual_table import Column, Held, VirtualTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.commands.request_answers import Listing
    from console.text import Text
    from screens.widgets.lines import Lines
    from store.request_records import Request


class Heading(OneLine):
    """How many there are, how many wait for the reader, and when somebody last looked at the other side."""

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text
        self._left: list[Piece] = []
        self._right: list[Piece] = []

    def show(self, found: int, ours: int, right: Piece) -> None:
        text = self._text
        self._left = [(f" {text.t('requests.title')}", "strong"), (f"   {text.n('requests.count', found)}", "")]
        self._left += [(f"   {text.n('requests.yours', ours)}", "warn" if ours else "dim")]
        self._right = [(f" {right[0]} ", right[1])]
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        return self._left, self._right


class RequestsScreen(DataScreen):
    """What waits for us first. It looks at the exchange when it opens, and again at `R`."""

    hints = "hints.requests"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New request", show=False, id="requests.new"),
        Binding("a", "menu", "Actions", show=False, id="requests.menu"),
        Binding("R,ctrl+r", "fetch", "Look at the exchange", show=False, id="requests.fetch"),
    ]

    def __init__(self, path: str = "") -> None:
        super().__init__()
        self._path = path
        self._fetched: Piece = ("", "")

    def body(self) -> ComposeResult:
        self.heading = Heading(self.console.desk.text)
        self.table = VirtualTable(id="requests")
        yield self.heading
        yield self.table

    def ready(self) -> None:
        self.set_focus(self.table)
        self.beat()
        if self.console.desk.dispatch.may(FetchRequests).allowed:
            self.action_fetch()

    def beat(self) -> None:
        self.run_worker(self._load(), exclusive=True, group="load")

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.beat()

    async def _load(self) -> None:
        try:
            listing = await asyncio.to_thread(self.console.desk.dispatch.run, ListRequests())
        except ConsoleError as error:
            self.console.complain(error)
            return
        self._show(listing)

    def _show(self, listing: Listing) -> None:
        text = self.console.desk.text
        rows = first(listing.requests, owner=listing.owner)
        ours = sum(waits_for_us(row, owner=listing.owner) for row in rows)
        self.heading.show(len(rows), ours, self._fetched)
        self.table.fill(Held(rows), columns(text, owner=listing.owner), empty=text.t("request.none"))

    # ---- the other side

    def action_fetch(self) -> None:
        verdict = self.console.desk.dispatch.may(FetchRequests)
        if not verdict.allowed:
            role = self.console.desk.session.role.value
            self.console.tell(self.console.desk.text.t(verdict.reason, role=role), severity="warning")
            return
        self._fetched = (self.console.desk.text.t("requests.fetching"), "dim")
        self.run_worker(self._fetch(), exclusive=True, group="fetch")

    async def _fetch(self) -> None:
        """In a thread: what came moves the store, and the list with it."""
        text = self.console.desk.text
        try:
            listing = await asyncio.to_thread(self.console.desk.dispatch.run, FetchRequests())
        except ConsoleError as error:
            self._fetched = ("", "")
            self.console.complain(error)
            return
        if listing.trouble is not None:
            self._fetched = (text.t("requests.unreached"), "warn")
            self.console.tell(text.t("request.not_fetched", why=text.said(listing.trouble)), severity="warning")
        elif listing.news is None:
            self._fetched = (text.t("requests.no_exchange"), "dim")
        else:
            self._fetched = (text.t("requests.fetched", clock=text.clock_now()), "dim")
            for each in listing.news.problems:
                told = text.t("request.letter_refused", place=each.place, why=text.said(each.why))
                self.console.tell(told, severity="warning")
        self._show(listing)

    # ---- keys

    async def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        if (request := self.table.chosen) is not None:
            from screens.request import RequestScreen

            await self.console.over(RequestScreen(request.id))

    def action_menu(self) -> None:
        if (request := self.table.chosen) is not None:
            act(self.console, request)

    def action_new(self) -> None:
        begin(self.console, self._path)

    def filterable(self) -> VirtualTable:
        return self.table

    def filtered(self, text: str) -> None:
        self.table.sift(text)

    def again(self) -> RequestsScreen:
        return RequestsScreen(self._path)


def columns(text: Text, *, owner: bool) -> tuple[Column, ...]:
    """How a request looks in a row."""

    def state(row: Request) -> Piece:
        return stand(row, text), stand_tone(row.stand)

    def whose(row: Request) -> Piece:
        return waits(row, text, owner=owner), "warn" if waits_for_us(row, owner=owner) else "dim"

    return (
        Column("stand", text.t("column.status"), 19, state, lambda r: r.stand.value),
        Column("waarvoor", text.t("column.request_path"), 0, lambda r: (path_text(r), "strong"),
               lambda r: path_text(r).casefold(), share=3),
        Column("wacht", text.t("column.request_waits"), 18, whose, lambda r: waits(r, text, owner=owner)),
        Column("door", text.t("column.request_by"), 0, lambda r: (inert(r.made_by), "dim"),
               lambda r: r.made_by.casefold(), wide_only=True, share=1),
        Column("gewijzigd", text.t("column.run_at"), 17, lambda r: (text.ago(r.changed_at), "dim"),
               lambda r: -r.changed_at, wide_only=True),
        Column("id", text.t("column.id"), 10, lambda r: (r.id, "dim"), lambda r: r.id, wide_only=True),
    )  # fmt: skip
