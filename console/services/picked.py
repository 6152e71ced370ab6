"""Rows of a long list that were filtered or sorted by the store: their ids in order, read as they come into sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Picked:
    """`count()` rows; `load` reads those with some ids, in that order, without those that are gone."""

    ids: array[int]
    load: Callable[[Sequence[int]], list[Any]]

    def count(self) -> int:
        return len(self.ids)

    def window(self, start: int, stop: int) -> list[Any]:
        return self.load(self.ids[start:stop])

    def at(self, id_: Any) -> int | None:
        """Where the row with this id stands; None: it is not among them."""
        try:
            return self.ids.index(id_)
        except (ValueError, TypeError):
            return None
