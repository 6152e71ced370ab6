"""A verdict on a data key in a sign and one word, as a line or a cell holds it: `● nieuw`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.verdicts import Verdict

if TYPE_CHECKING:
    from console.text.words import Text

SYMBOLS = {Verdict.PROVEN: "●", Verdict.REWRAPPED: "◐", Verdict.UNCHANGED: "○", Verdict.UNKNOWN: "?"}
"""One sign per verdict; its word always stands beside it."""


def verdict_word(verdict: Verdict | None, text: Text) -> str:
    """Sign and word; '' where nothing was ever proven or tried."""
    return f"{SYMBOLS[verdict]} {text.t(f'verdict.short.{verdict}')}" if verdict is not None else ""


def verdict_dated(verdict: Verdict | None, at: int | None, text: Text) -> str:
    """The same with its day."""
    return f"{verdict_word(verdict, text)} {text.date(at)}" if verdict is not None else ""
