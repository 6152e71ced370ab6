"""How far a sync is, told to whoever listens and to the store, at most twice a second."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BEAT = 0.5
"""Seconds between two reports."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is.

    `phase`: list, read, merge. `done` of `total`: keys and slices. `left`: seconds, None while unknown.
    """

    phase: str
    done: int
    total: int
    calls: int
    left: float | None = None


class Meter:
    """Counts what is expected and what is done, from any thread; `clock` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float], calls: Callable[[], int]) -> None:
        self._clock = clock
        self._calls = calls
        self._lock = threading.Lock()
        self._begun: float | None = None
        self._told = float("-inf")
        self._phase = "list"
        self._total = 0
        self._done = 0

    def expect(self, count: int) -> None:
        """So many more keys or slices will be read."""
        with self._lock:
            self._phase = "read"
            self._total += count
            if self._begun is None:
                self._begun = self._clock()

    def step(self) -> None:
        """One of them is."""
        with self._lock:
            self._done += 1

    def phase(self, name: str) -> None:
        """Something else begins: report it at once."""
        with self._lock:
            self._phase = name
            self._told = float("-inf")

    def due(self) -> Progress | None:
        """The present, when half a second has passed since it was last told."""
        with self._lock:
            now = self._clock()
            if now - self._told < BEAT:
                return None
            self._told = now
            left = None
            if self._begun is not None and self._done:
                left = (now - self._begun) * (self._total - self._done) / self._done
            return Progress(self._phase, self._done, self._total, self._calls(), left)
