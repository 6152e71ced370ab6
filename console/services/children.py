"""Processes of our own that go on with guided work beside a screen: begun here, and heard when they could not."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 2000
"""Characters kept of what a child said; it says one sentence."""

FINE = frozenset({0, 5, 7})
"""Exit codes that the store tells better: done, another is at work, standing still."""


@dataclass(frozen=True, slots=True)
class Child:
    run_id: str
    process: subprocess.Popen[bytes]
    said: IO[bytes]


class Children:
    """One front door's children. They outlive us; what they do is in the store."""

    def __init__(self, front_door: tuple[str, ...]) -> None:
        self._front_door = front_door
        self.all: list[Child] = []

    def begin(self, run_id: str, words: tuple[str, ...], environment: Mapping[str, str]) -> None:
        """Begin the front door with these words behind it."""
        said = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child may speak
        process = subprocess.Popen(
            [*self._front_door, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
            env=os.environ | environment,
        )
        self.all = [child for child in self.all if child.process.poll() is None or child.run_id != run_id]
        self.all.append(Child(run_id, process, said))

    def complaint(self, run_id: str) -> str:
        """Why the last child for this run ended without doing anything; '' while it lives or where it did."""
        child = next((child for child in reversed(self.all) if child.run_id == run_id), None)
        if child is None or child.process.poll() in {None, *FINE}:
            return ""
        child.said.seek(0)
        lines = child.said.read(LONGEST).decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""
