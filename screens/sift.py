"""The `/` filter: words, `column:value`, and `!` for not; all of them must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.records import Granularity, Kind, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from console.text import Text

_COLUMNS = {"status": Status, "kind": (*Kind, *Granularity)}
"""The columns of the tree's filter whose values have words, and those values."""


def sifted(rows: Iterable[Any], text: str, words: Callable[[Any], dict[str, str]]) -> list[Any]:
    """The rows for which every word of `text` holds. `words` gives a row's shown cells by column."""
    terms = text.casefold().split()
    return [row for row in rows if _holds(terms, {k: v.casefold() for k, v in words(row).items()})]


def _holds(terms: list[str], cells: dict[str, str]) -> bool:
    return all(_one(term.removeprefix("!"), cells) is not term.startswith("!") for term in terms)


def _one(term: str, cells: dict[str, str]) -> bool:
    column, colon, value = term.partition(":")
    if colon and column in cells:
        return value in cells[column]
    return any(term in cell for cell in cells.values())


def understood(text: str, words: Text) -> str:
    """A tree's filter as the store reads it: `toestand:uitgesch` becomes `status:disabled`."""
    return " ".join(_understood(part, words) for part in text.split())


def _understood(part: str, words: Text) -> str:
    turned = "!" if part.startswith("!") else ""
    name, colon, value = part.removeprefix("!").casefold().partition(":")
    column = next((c for c in _COLUMNS if name in (c, words.t(f"column.{c}").casefold())), None)
    if not colon or not value or column is None:
        return part
    named = {words.t(f"{column}.{known.value}").casefold(): known.value for known in _COLUMNS[column] if known.value}
    if value not in named.values():
        begun = [known for word, known in named.items() if word.startswith(value)]
        value = begun[0] if len(begun) == 1 else value
    return f"{turned}{column}:{value}"
