"""What still holds an old data key, as people read it: how old, why, and what must come first before it can go."""

from __future__ import annotations

import time
from calendar import timegm
from typing import TYPE_CHECKING

from console.datakeys.holders import Holding, of_proof
from console.datakeys.proving import PROOF
from console.text import inert

if TYPE_CHECKING:
    from console.datakeys.holders import Holder
    from console.text import Text
    from console.workflow.views import RunView

SHOWN = 20
"""Lines; JSON has more of them."""


def lines(holding: Holding, text: Text) -> list[str]:
    """How many, the oldest of them, and what could not be read."""
    if not holding.known:
        return [text.t("held.unknown")]
    head = text.t("rotation.still", number=holding.number) if holding.number else text.t("held.nothing")
    more = holding.number - len(holding.holders[:SHOWN])
    found = [head, *(f"  {line(each, text)}" for each in holding.holders[:SHOWN])]
    found += [f"  {text.t('held.more', number=more)}"] if more > 0 and len(holding.holders) >= SHOWN else []
    return [*found, *(f"  {text.t(f'held.unread.{what}')}" for what in holding.unread)]


def of_run(view: RunView, text: Text) -> list[str]:
    """What the proof of a run saw beside what the run itself removes; nothing but the head where there is none."""
    proof = next((step.record.output or {} for step in view.steps if step.name == PROOF), {})
    found = tuple(holder for holder, _ in of_proof(proof))
    return lines(Holding(len(found), found), text)


def line(holder: Holder, text: Text) -> str:
    """`snap-…  2023-06-02 · 1276 d geleden  snapshot van voor de rotatie`."""
    return f"{inert(holder.id)}  {made(holder, text)}  {why(holder, text)}".replace("    ", "  ")


def made(holder: Holder, text: Text) -> str:
    """Date and age; '' where nobody says."""
    return text.when(moment(holder)) if holder.at else ""


def moment(holder: Holder) -> int | None:
    """Its date in epoch seconds."""
    return timegm(time.strptime(holder.at, "%Y-%m-%d")) if holder.at else None


def why(holder: Holder, text: Text) -> str:
    """What it is, and what can be done."""
    return text.t(f"held.{holder.kind}", detail=holder.detail or "–")
