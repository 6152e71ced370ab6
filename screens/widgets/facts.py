"""A sheet as lines to read and to walk through: label, value, and where the value comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from screens.tone import tone
from screens.widgets.lines import Lines
from screens.widgets.strip import strip_lines
from store.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from console.text import Text
    from screens.widgets.painted import Piece
    from store.answers import Fact


@dataclass(frozen=True, slots=True)
class FactLine:
    """One line of the view, and the fact it belongs to."""

    pieces: tuple[Piece, ...]
    fact: Fact | None = None


class Facts(Lines):
    """Labelled values, one or more lines each; the cursor walks from line to line."""

    def __init__(self, text: Text, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._text = text
        self._facts: tuple[Fact, ...] = ()
        self._lines: list[FactLine] = []

    def show(self, facts: Sequence[Fact], *, stay: bool = False) -> None:
        """These facts from the top; `stay` keeps the cursor for the same ones refreshed."""
        self._facts = tuple(facts)
        if not stay:
            self.cursor = self.top = 0
        self._lay()

    def _lay(self) -> None:
        self._lines = list(self._laid(max(20, self.size.width - 3)))
        self.changed()

    def on_resize(self) -> None:
        self._lay()

    def length(self) -> int:
        return len(self._lines)

    @property
    def fact(self) -> Fact | None:
        """The fact under the cursor."""
        return self._lines[self.cursor].fact if self._lines else None

    def draw(self, index: int, width: int) -> tuple[Sequence[Piece], Sequence[Piece]]:  # noqa: ARG002 - laid already
        return self._lines[index].pieces, ()

    def _laid(self, width: int) -> Iterator[FactLine]:
        longest = max((cell_len(self._text.t(fact.label)) for fact in self._facts), default=0)
        room = min(longest, width // 2 - 2, 24)
        loud = False
        for fact in self._facts:
            if fact.form == "json":
                yield from self._json(fact)
            elif fact.form == "strip":
                yield from self._strip(fact, width)
            elif fact.label in ("fact.plain", "fact.note"):
                name = "warn" if fact.label == "fact.note" else ""
                yield from self._wrapped(fact, "! " if name else "", self._text.fact(fact), name, width)
                loud = True
            else:
                if loud:
                    yield FactLine(((" ", ""),))
                    loud = False
                label = self._text.t(fact.label)
                said = label if len(label) <= room else label[: room - 1] + "…"
                yield FactLine(((f" {said:{room}} ", "dim"), (self._text.fact(fact), _look(fact))), fact)

    def _wrapped(self, fact: Fact, sign: str, text: str, name: str, width: int) -> Iterator[FactLine]:
        line = sign
        for word in text.split(" "):
            if cell_len(line) + cell_len(word) > width and line.strip():
                yield FactLine(((f" {line}", name),), fact)
                line = " " * len(sign)
            line += word + " "
        yield FactLine(((f" {line}", name),), fact)

    def _strip(self, fact: Fact, width: int) -> Iterator[FactLine]:
        counts = {span: int(count) for span, count in fact.values}
        yield FactLine(((" ", ""),))
        for line in strip_lines(self._text, int(fact.value or 0), counts, width):
            yield FactLine(line, fact)
        yield FactLine(((" ", ""),))

    def _json(self, fact: Fact) -> Iterator[FactLine]:
        if not fact.value:
            yield FactLine(((" –", "dim"),), fact)
            return
        import json

        for line in json.dumps(json.loads(str(fact.value)), indent=2, ensure_ascii=True).splitlines():
            yield FactLine(((f" {line}", ""),), fact)


def _look(fact: Fact) -> str:
    if fact.form == "status":
        return tone(Status(str(fact.value)))
    return "accent" if fact.form == "key" else ""
