"""Chance that repeats: the same seed gives the same ids, so that an estate looks the same on every start."""

from __future__ import annotations

import random


class Entropy:
    """A stream of bytes from a seed; its position survives pickling. Never for anything but the sandbox."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose: the sandbox guards nothing real

    def __call__(self, count: int) -> bytes:
        return self._random.randbytes(count)
