"""Are you sure? The dangerous word works only after the name was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.text import inert
from screens.dialog import Dialog

if TYPE_CHECKING:
    from console.text import Text
    from screens.widgets.painted import Piece


class Confirm(Dialog[bool]):
    """True when it was meant. `word` is what is done, `name` what must be typed: an alias, a resource."""

    DEFAULT_CSS = "Confirm > Vertical { border: round $error; }"
    look = "bad"

    def __init__(self, text: Text, title: str, paragraphs: list[Piece], *, word: str, name: str) -> None:
        super().__init__(text, title, word)
        self._paragraphs, self._expected = paragraphs, inert(name).strip()

    def paragraphs(self) -> list[Piece]:
        return [*self._paragraphs, ("", ""), (self.text.t("confirm.type", name=self._expected), "")]

    def answer(self, words: str) -> bool | None:
        if words == self._expected:
            return True
        self.refuse(self.text.t("confirm.other", name=self._expected))
        return None
