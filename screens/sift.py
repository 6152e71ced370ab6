"""The `/` filter of tables: words, `column:value`, and `!` for not; all of them must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


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
