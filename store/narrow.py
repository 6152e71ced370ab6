"""What somebody wants to see of a list, as every list understands it: words that must hold, and an order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Word:
    """One part of a filter: `text`, casefolded, in the cell of `column` ('': in any cell); `turned` by a '!'."""

    column: str
    text: str
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """By which column; `down` turns it round."""

    column: str
    down: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The words, all of which must hold, and the order (None: the list's own).

    `columns` are those that a word without a column looks in. `told` gives, by column, how a value of the store is
    said in a cell: a filter looks at what is shown, in the language in which it is shown.
    """

    words: tuple[Word, ...] = ()
    order: Order | None = None
    columns: tuple[str, ...] = ()
    told: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Whether the list is wanted as it is."""
        return not self.words and self.order is None
