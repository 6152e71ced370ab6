"""Many things at once and yet in order, so that one key says how far a run has come."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 8
"""Items begun per thread beyond the first that is not settled: what a resumed run looks at again at most."""

MOST = 64
"""Threads at most: beyond that one Python process asks no faster."""

BEAT = 0.5
"""Seconds without news after which a None is given, so that whoever listens stays alive."""


def in_order(act: Callable[[T], R], items: Iterable[T], threads: int) -> Generator[R | None]:
    """What `act` makes of each item, in their order, by so many threads; None where nothing came for a while.

    What `act` or `items` raises is raised here. Closed early, it waits for what has begun and begins nothing more.
    """
    begun: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads, "crowd") as pool:
        try:
            for item in items:
                begun.append(pool.submit(act, item))
                while begun and (begun[0].done() or len(begun) >= threads * AHEAD):
                    yield from _first(begun)
            while begun:
                yield from _first(begun)
        finally:
            for future in begun:
                future.cancel()


def _first(begun: deque[Future[R]]) -> Iterator[R | None]:
    if not wait((begun[0],), BEAT, FIRST_COMPLETED).done:
        yield None
    else:
        yield begun.popleft().result()
