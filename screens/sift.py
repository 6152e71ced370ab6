"""The `/` filter: words, `column:value`, and `!` for not; all of them must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.narrow import Word
from store.records import Granularity, Kind, Status
from store.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from console.text import Text

_COLUMNS = {"status": Status, "kind": (*Kind, *Granularity), "verdict": Verdict}
"""The columns of the tree's filter whose values have words, and those values."""


def words_of(text: str, columns: Mapping[str, str]) -> tuple[Word, ...]:
    """The parts of a filter on a table. `columns` gives the key of each column by its folded key and label; a colon
    after anything else is part of a word. A `!` alone asks nothing yet.
    """
    return tuple(word for part in text.casefold().split() if (word := _word(part, columns)).text)


def _word(part: str, columns: Mapping[str, str]) -> Word:
    plain = part.removeprefix("!")
    column, colon, value = plain.partition(":")
    if colon and column in columns:
        return Word(columns[column], value, plain != part)
    return Word("", plain, plain != part)


def holds(words: Sequence[Word], cells: Mapping[str, str]) -> bool:
    """Whether every word does, in the casefolded cells of a row by column."""
    return all(_one(word, cells) is not word.turned for word in words)


def _one(word: Word, cells: Mapping[str, str]) -> bool:
    if word.column:
        return word.text in cells[word.column]
    return any(word.text in cell for cell in cells.values())


def understood(text: str, words: Text) -> str:
    """A tree's filter as the store reads it: `toestand:uitgesch` becomes `status:disabled`."""
    return " ".join(_understood(part, words) for part in text.split())


def _understood(part: str, words: Text) -> str:
    turned = "!" if part.startswith("!") else ""
    name, colon, value = part.removeprefix("!").casefold().partition(":")
    column = next((c for c in _COLUMNS if name in (c, words.t(f"column.{c}").casefold())), None)
    if not colon or not value or column is None:
        return part
    spoken = "verdict.short" if column == "verdict" else column
    named = {words.t(f"{spoken}.{known.value}").casefold(): known.value for known in _COLUMNS[column] if known.value}
    if value not in named.values():
        begun = [known for word, known in named.items() if word.startswith(value)]
        value = begun[0] if len(begun) == 1 else value
    return f"{turned}{column}:{value}"
