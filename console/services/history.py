"""What happened when, and what is other between two moments, as windows for screens and verbs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.services.picked import Picked
from store.history import Event, History, Record, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from console.settings import Settings
    from store.database import Store
    from store.narrow import Asked
    from store.records import NodeRef

WINDOW = 500
MOST = 50_000
"""Changes that one comparison lists; `cut` tells that there are more."""


@dataclass(frozen=True, slots=True)
class EventRows:
    """What happened within a node (None: in all that is in sight), newest first."""

    history: History
    within: NodeRef | None
    span: Span
    record: Record

    def count(self) -> int:
        return self.history.count(self.within, self.span)

    def window(self, start: int, stop: int) -> list[Event]:
        return self.history.events(self.within, self.span, start, stop - start)

    def narrowed(self, asked: Asked, stop: Callable[[], bool]) -> Picked:
        """Those that answer to a filter, in an order. Raises StoreError."""
        return Picked(self.history.narrowed(self.within, self.span, asked, stop), self.those)

    def those(self, ids: Iterable[int]) -> list[Event]:
        return self.history.those(ids)

    def all(self) -> Iterator[Event]:
        for start in range(0, self.count(), WINDOW):
            yield from self.window(start, start + WINDOW)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is other: the event that brought the present value, and the value before the first one.

    `at` is of the last of the events between.
    """

    event: Event
    old: str

    @property
    def id(self) -> int:
        return self.event.id


@dataclass(frozen=True, slots=True)
class ChangeRows:
    """What is other at the end of the span than at its beginning, in the order of the tree."""

    history: History
    within: NodeRef | None
    span: Span
    record: Record
    pairs: tuple[tuple[int, int], ...]
    cut: bool

    def count(self) -> int:
        return len(self.pairs)

    def window(self, start: int, stop: int) -> list[Change]:
        return [Change(last, first.old) for first, last in self.history.change(self.pairs[start:stop])]

    def all(self) -> Iterator[Change]:
        for start in range(0, self.count(), WINDOW):
            yield from self.window(start, start + WINDOW)


def events_of(store: Store, settings: Settings, within: NodeRef | None, span: Span) -> EventRows:
    """What happened; dates of AWS also from before the record."""
    history = History(store, settings.scope)
    return EventRows(history, within, span, history.record())


def changes_of(store: Store, settings: Settings, within: NodeRef | None, span: Span) -> ChangeRows:
    """What is other; of before the record only what AWS dates is known."""
    history = History(store, settings.scope)
    pairs = tuple(history.changes(within, span, MOST + 1))
    return ChangeRows(history, within, span, history.record(), pairs[:MOST], len(pairs) > MOST)
