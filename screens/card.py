"""What do I pass on? The card of one node, for the tenant or for administrators, in either language."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from console.commands.cards import MakeCard
from console.errors import ConsoleError
from console.policy import Redaction
from console.reports.cards import card_lines, card_text
from screens.data_screen import DataScreen
from screens.widgets.lines import Lines
from screens.widgets.painted import OneLine, Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from console.services.cards import Card
    from console.services.troubles import Trouble
    from console.text import Text
    from store.records import NodeRef


class Audience(OneLine):
    """For whose eyes, and in which language."""

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text
        self._chosen: Redaction | None = None
        self._lang = text.lang

    def show(self, chosen: Redaction | None, lang: str) -> None:
        self._chosen, self._lang = chosen, lang
        self.refresh()

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        left: list[Piece] = [(" ", "")]
        for redaction in Redaction:
            look = "chosen" if redaction is self._chosen else "dim"
            left += [(self._text.t(f"card.tab.{redaction}"), look), ("   ", "")]
        right: list[Piece] = []
        for lang in ("nl", "en"):
            right += [(lang, "chosen" if lang == self._lang else "dim"), ("  ", "")]
        return left, right


class CardLines(Lines):
    """The card's own lines; they fit 76 columns, so that they are cut on the smallest terminals alone."""

    def __init__(self) -> None:
        super().__init__(id="card")
        self.lines: list[str] = []

    def show(self, lines: list[str]) -> None:
        self.lines = lines
        self.changed()

    def length(self) -> int:
        return len(self.lines)

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        line = self.lines[index]
        heading = bool(line) and not line.startswith(" ")
        return [(f" {line}", "strong" if heading and not line.startswith("-") else "")], ()


class CardScreen(DataScreen):
    """One card: `tab` turns it for other eyes, `l` says it in the other language, `c` copies, `ctrl+s` keeps it."""

    hints = "hints.card"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "turn", "For whom", show=False, id="card.turn"),
        Binding("l", "speak", "Language", show=False, id="card.speak"),
        Binding("c", "copy_card", "Copy", show=False, id="card.copy"),
        Binding("ctrl+s", "keep", "Save", show=False, id="card.keep"),
    ]

    def __init__(self, ref: NodeRef, troubles: tuple[Trouble, ...] = (), material: str = "") -> None:
        super().__init__()
        self.ref = ref
        self._troubles, self._material = troubles, material
        self._redaction: Redaction | None = None
        self.card: Card | None = None

    def body(self) -> ComposeResult:
        self.text = self.console.desk.text
        self.audience = Audience(self.text)
        self.lines = CardLines()
        yield self.audience
        yield self.lines

    def ready(self) -> None:
        self.set_focus(self.lines)
        self.lines.show([self.text.t("card.reading")])
        self.run_worker(self._load(), exclusive=True)

    def beat(self) -> None:
        self.run_worker(self._load(), exclusive=True)

    async def _load(self) -> None:
        """Ask in a thread: what stands under a CMK is counted."""
        wish = MakeCard(self.ref, self._redaction or "", self._troubles, self._material)
        try:
            self.card = await asyncio.to_thread(self.console.desk.dispatch.run, wish)
        except ConsoleError as error:
            self.card = None
            self.lines.show([self.text.t(error.key, **error.values)])
            return
        self._fill()

    def _fill(self) -> None:
        if self.card is not None:
            self.audience.show(self.card.redaction, self.text.lang)
            self.lines.show(card_lines(self.card, self.text))

    # ---- keys

    def action_turn(self) -> None:
        if self.card is None:
            return
        other = Redaction.INTERNAL if self.card.redaction is Redaction.TENANT else Redaction.TENANT
        verdict = self.console.desk.dispatch.may(MakeCard(self.ref, other))
        if not verdict.allowed:
            role = self.console.desk.session.role.value
            self.console.tell(self.console.desk.text.t(verdict.reason, role=role), severity="warning")
            return
        self._redaction = other
        self.run_worker(self._load(), exclusive=True)

    def action_speak(self) -> None:
        """The other language, of this card alone."""
        self.text = self.text.speaking("en" if self.text.lang == "nl" else "nl")
        self._fill()

    def action_copy_card(self) -> None:
        if self.card is not None:
            self.console.copy_card(card_text(self.card, self.text))

    def action_keep(self) -> None:
        if self.card is None:
            return
        try:
            path = _kept(card_text(self.card, self.text))
        except OSError as error:
            self.console.complain(ConsoleError("export.failed", path=str(Path.cwd()), detail=error.strerror or ""))
        else:
            self.console.tell(self.console.desk.text.t("card.saved", path=str(path)))

    def filterable(self) -> None:
        """Nothing is filtered here."""

    def stands_on(self) -> NodeRef | None:
        return self.ref

    def again(self) -> CardScreen:
        return CardScreen(self.ref, self._troubles, self._material)


def _kept(text: str) -> Path:
    """Write the card to the first free `kms-card-N.txt` here, for its owner's eyes, never over a file."""
    number = 1
    while True:
        path = Path(f"kms-card-{number}.txt")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            number += 1
            continue
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        return path
