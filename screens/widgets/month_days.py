"""A month as lines: a day a line with its number, its sign, its words, and the first things that fall on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message

from screens.widgets.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from screens.widgets.painted import Piece


@dataclass(frozen=True, slots=True)
class DayLine:
    """`name` (`wo 09`), how many dates, its sign with its look, and its words with theirs."""

    name: str
    number: str = ""
    mark: str = ""
    look: str = ""
    words: tuple[tuple[str, str], ...] = ()
    rests: bool = False


class MonthDays(Lines):
    """The days of one month; `names` is asked for what falls on a day only when its line is seen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h,pageup", "turn(-1)", "Month before", show=False, id="month.before"),
        Binding("right,l,pagedown", "turn(1)", "Month after", show=False, id="month.after"),
    ]

    class Turned(Message):
        """So many months on or back."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._days: tuple[DayLine, ...] = ()
        self._names: Callable[[int], str] = str
        self._known: dict[int, str] = {}

    def show(self, days: Sequence[DayLine], names: Callable[[int], str], cursor: int) -> None:
        """These days, the cursor on the one with this index."""
        self._days, self._names = tuple(days), names
        self._known.clear()
        self.cursor = cursor
        self.changed()
        self.go(cursor)

    def length(self) -> int:
        return len(self._days)

    def action_turn(self, step: int) -> None:
        self.post_message(self.Turned(step))

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - cut where it ends
        line = self._days[index]
        left: list[Piece] = [(f" {line.name}  ", "dim" if line.rests else "head"), (f"{line.number:>6} ", "strong")]
        left.append((f"{line.mark or ' '}  ", line.look))
        for words, look in line.words:
            left += [(words, look), (" · ", "guide")]
        if line.number:
            if index not in self._known:
                self._known[index] = self._names(index)
            left.append((self._known[index], "dim"))
        elif line.words:
            left.pop()
        return left, ()
