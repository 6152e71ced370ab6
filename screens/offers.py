"""A few things that could be done, each with what it means or why it cannot be; enter takes one, esc none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.text import inert
from screens.page import PageTitle
from screens.widgets.lines import Lines
from screens.widgets.story import Story

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from screens.widgets.painted import Piece


@dataclass(frozen=True, slots=True)
class Offer:
    """One line: `label`, at the right `note`, below the list `about` and `more` while the cursor is on it.

    `refused` is the sentence why it cannot be taken ('' : it can); it is shown instead of nothing happening.
    """

    name: str
    label: str
    note: str = ""
    about: str = ""
    refused: str = ""
    more: tuple[str, ...] = ()


class OfferLines(Lines):
    """The list; what cannot be taken is dimmed and says so in a sign."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        super().__init__(id="offers")
        self.offers = tuple(offers)

    def length(self) -> int:
        return len(self.offers)

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        offer = self.offers[index]
        look = "dim" if offer.refused else ""
        return [(" ✕ " if offer.refused else "   ", look), (inert(offer.label), look)], [(f" {offer.note} ", "dim")]


class Offers(ModalScreen[str | None]):
    """The name of the offer that was taken; None when left."""

    DEFAULT_CSS = """
    Offers { align: center middle; background: $background 60%; }
    Offers > Vertical {
        width: 90%; max-width: 110; height: auto; max-height: 90%; background: $background; border: round $guide;
    }
    Offers OfferLines { height: auto; max-height: 12; }
    Offers Story { height: auto; min-height: 4; margin: 1 1 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Close", show=False, id="offers.close")]

    def __init__(self, title: str, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._title = title
        self.lines = OfferLines(offers)
        self.story = Story(id="about")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield PageTitle(self._title)
            yield self.lines
            yield self.story

    def on_mount(self) -> None:
        self.lines.styles.height = len(self.lines.offers)
        self.set_focus(self.lines)
        self._tell()

    def on_lines_moved(self, event: Lines.Moved) -> None:
        event.stop()
        self._tell()

    def _tell(self) -> None:
        offer = self.lines.offers[self.lines.cursor]
        more: list[Piece] = [(line, "dim") for line in offer.more]
        self.story.show([(offer.about, ""), *more, *([(offer.refused, "warn")] if offer.refused else [])])

    def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        offer = self.lines.offers[self.lines.cursor]
        if not offer.refused:
            self.dismiss(offer.name)

    def action_leave(self) -> None:
        self.dismiss(None)
