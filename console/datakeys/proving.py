"""The ends that every procedure shares: a verdict from evidence, kept for good; much later the old is removed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from console.errors import TooEarly
from console.workflow.model import Field, Kind, Lane, Step
from store.verdicts import Judged, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from console.workflow.context import Context
    from console.workflow.model import Known
    from store.run_records import Json

DAY = 86_400

PROOF = "proof"
"""The step whose output is an Evidence; every procedure has one, before anything is swapped where it can be."""


def _really(value: Any, known: Known) -> str | None:  # noqa: ARG001 - the checks' common shape
    return None if value else "manual.not_done"


SAID_DONE = Field("done", Kind.YES_NO, check=_really)
"""What a person says of an act of their own; *no* is no answer to go on with."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was compared and what it says. `reason` is a text key; `now` is what holds the data from here on."""

    verdict: Verdict
    reason: str
    now: str
    facts: dict[str, Any] = field(default_factory=dict)

    def output(self) -> Json:
        return {"verdict": self.verdict.value, "reason": self.reason, "now": self.now, "evidence": self.facts}


def together(evidence: Mapping[str, Evidence]) -> Json:
    """The output of a proof of several holders, by what held the data before; as a whole it is as its worst part."""
    worst = max(evidence.values(), key=lambda each: list(Verdict).index(each.verdict))
    return {**worst.output(), "each": {was: each.output() for was, each in evidence.items()}}


def proven(known: Known) -> bool:
    """Whether the evidence is in and says that there is a new data key."""
    return bool(known.outputs[PROOF].get("verdict") == Verdict.PROVEN)


def record(ctx: Context) -> Json:
    """Keep the verdict with its evidence; what the tree, the history and an auditor are shown comes from there."""
    facts, told = ctx.facts, ctx.outputs[PROOF]
    at = int(ctx.now())
    for was, each in (told.get("each") or {facts["resource"]: told}).items():
        intended = each["evidence"].get("cmk_intended") or facts["intended"]
        ctx.house.verdicts.add(
            Judged(
                ctx.run_id, facts["kind"], each["now"], facts["account"], facts["region"], was, facts["route"],
                Verdict(each["verdict"]), each["reason"], intended, at, ctx.house.person, facts["tenant"],
                facts["application"], each["evidence"],
            )
        )  # fmt: skip
    ctx.house.judge(at)
    until = at + int(facts["keep_days"]) * DAY
    return {"verdict": told["verdict"], "keep_until": until, "date": time.strftime("%Y-%m-%d", time.gmtime(until))}


def withdraw(ctx: Context) -> None:
    """Before anything goes back: from here on nothing is said by this run's verdict."""
    ctx.house.verdicts.withdraw(ctx.run_id)
    ctx.house.judge(int(ctx.now()))


RECORD = Step("record", record, lane=Lane.TENANT, undo=withdraw)


def in_time(ctx: Context) -> None:
    """Raises TooEarly while what is old is kept."""
    kept = ctx.outputs["record"]
    if ctx.now() < kept["keep_until"]:
        raise TooEarly("rotation.kept", date=kept["date"])


def retiring(remove: Callable[[Context], Json], name: str = "retire") -> Step:
    """The last step: what is old stays until its time has come and a person says so; until then all can go back.

    `remove` deletes what the run's outputs name as old; it must stand being called twice. A `name` of its own is for
    a kind whose last step does something else than remove, and says so.
    """

    def act(ctx: Context) -> Json:
        in_time(ctx)
        return remove(ctx)

    return Step(name, act, lane=Lane.TENANT, final=True, when=proven)
