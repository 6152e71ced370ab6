"""A page of text over a screen: raw JSON, why a value is so, what went wrong so far. Esc leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.text import inert
from screens.widgets.lines import Lines
from screens.widgets.painted import OneLine, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType


class PageTitle(OneLine):
    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def pieces(self, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        return [(f" {self._title}", "strong")], ((" esc ", "dim"),)


class TextLines(Lines):
    """Plain lines, folded to the width; each one inert."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._whole = text
        self._lines: list[str] = [""]

    def on_resize(self) -> None:
        width = max(10, self.size.width - 3)
        self._lines = [part for line in self._whole.splitlines() or [""] for part in folded(inert(line), width)]
        self.changed()

    def length(self) -> int:
        return len(self._lines)

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - folded already
        return [(f" {self._lines[index]}", "")], ()


def folded(line: str, width: int) -> Iterator[str]:
    """The line in parts no wider than `width`, each with the line's own indentation."""
    indent = " " * min(len(line) - len(line.lstrip()), width // 2)
    part = indent
    for word in line.split():
        room = width - cell_len(part)
        if part.strip() and cell_len(word) + 1 > room:
            yield part
            part = indent
        part = f"{part} {word}" if part.strip() else part + word
        while cell_len(part) > width:
            head = set_cell_size(part, width)
            yield head
            part = indent + part[len(head.rstrip()) :].lstrip()
    yield part or " "


class Page(ModalScreen[None]):
    """A title and lines to read."""

    DEFAULT_CSS = """
    Page { align: center middle; background: $background 60%; }
    Page > Vertical { width: 90%; height: 80%; background: $background; border: round $guide; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Close", show=False, id="page.close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        with Vertical():
            yield PageTitle(self._title)
            yield TextLines(self._text)

    def on_mount(self) -> None:
        self.set_focus(self.query_one(TextLines))


class ChoiceLines(Lines):
    """Pairs of a label and a value; enter takes one."""

    def __init__(self, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.choices = tuple(choices)

    def length(self) -> int:
        return len(self.choices)

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        label, value = self.choices[index]
        return [(f" {label:14} ", "dim"), (inert(value), "")], ()


class Choice(ModalScreen[str | None]):
    """Choose one of a few values; None when left."""

    DEFAULT_CSS = """
    Choice { align: center middle; background: $background 60%; }
    Choice > Vertical { width: 80%; max-width: 110; height: 14; background: $background; border: round $guide; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Close", show=False, id="choice.close")]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._title, self._choices = title, choices

    def compose(self) -> ComposeResult:
        with Vertical():
            yield PageTitle(self._title)
            yield ChoiceLines(self._choices)

    def on_mount(self) -> None:
        self.set_focus(self.query_one(ChoiceLines))

    def on_lines_opened(self, event: Lines.Opened) -> None:
        event.stop()
        lines = self.query_one(ChoiceLines)
        self.dismiss(lines.choices[lines.cursor][1])

    def action_leave(self) -> None:
        self.dismiss(None)
