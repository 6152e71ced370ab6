"""Many data keys as one piece of work: so many at a time, no new one after so many failures, all to be taken back."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from console.errors import Busy, ConsoleError
from console.workflow.model import Field, Kind, Lane, Step, Wish, Workflow
from store.run_records import ENDED, RunStatus
from store.verdicts import Verdict

if TYPE_CHECKING:
    from console.workflow.context import Context
    from console.workflow.engine import Engine
    from console.workflow.model import Known
    from console.workflow.views import RunView
    from store.run_records import Json

NAME = "dk_campaign"
CHILD = "dk_rotation"
LOOK_SECONDS = 1.0
"""How often a campaign looks whether somebody asked it to stop, while its runs are at work."""

GOING = (RunStatus.READY, RunStatus.PAUSED, RunStatus.INTERRUPTED, RunStatus.FAILED)
"""A child that stands like this is gone on with."""


def _some(value: Any, known: Known) -> str | None:  # noqa: ARG001 - the checks' common shape
    return None if isinstance(value, int) and value >= 1 else "campaign.some"


def begin(ctx: Context) -> Json:
    """A run for each data key, each once."""
    engine: Engine = ctx.house.guided()
    there = {view.run.facts["resource"]: view.run_id for view in engine.list(parent=ctx.run_id)}
    items = ctx.facts["items"]
    for number, item in enumerate(items):
        if item["facts"]["resource"] not in there:
            there[item["facts"]["resource"]] = engine.start(_wish(ctx, item))
        ctx.save({}, number + 1, len(items))
    return {"runs": [there[item["facts"]["resource"]] for item in items]}


def _wish(ctx: Context, item: Json) -> Wish:
    return Wish(CHILD, item["subject"], item["facts"], item["tenant"], item["application"], item["answers"], ctx.run_id)


def take_back(ctx: Context) -> None:
    """Every run that is not at its end goes back."""
    go_back(ctx.house.guided(), ctx.run_id)


def go_back(engine: Engine, campaign: str) -> None:
    """Its runs are those that the store knows: a kill may have come before they were on record here.

    Raises:
        ConsoleError: some could not go back, and still stand there.
    """
    runs = [view.run_id for view in engine.list(parent=campaign) if view.run.status not in ENDED]
    stuck = [run_id for run_id in runs if engine.abandon(run_id).run.status not in ENDED]
    if stuck:
        raise ConsoleError("campaign.stuck", number=len(stuck), runs=", ".join(stuck))


def work(ctx: Context) -> Json:
    """Go on with all that can go on; done when each is proven.

    Raises:
        ConsoleError: some stand still (the sentence counts them); resume when that is looked after.
    """
    engine: Engine = ctx.house.guided()
    runs = ctx.outputs["begin"]["runs"]
    _Crew(ctx, engine, runs).go()
    told = Counter(standing(engine.show(run_id)) for run_id in runs)
    counts = {name: told[name] for name in ("proven", "unproven", "asking", "failed", "waiting")}
    if told["proven"] < len(runs):
        raise ConsoleError("campaign.unfinished", total=len(runs), **counts)
    return counts


class _Crew:
    """So many threads, each on a run of its own. A failure too many, and no new run is begun: also not by another
    process, as long as the runs that failed before have not come good.
    """

    def __init__(self, ctx: Context, engine: Engine, runs: list[str]) -> None:
        self._ctx = ctx
        self._engine = engine
        self._all = runs
        there = {run_id: engine.show(run_id) for run_id in runs}
        self._new = {run_id for run_id, view in there.items() if not view.run.step}
        going = [run_id for run_id, view in there.items() if view.run.status in GOING]
        self._left = sorted(going, key=self._new.__contains__)  # what was begun first
        self._broken = {run_id for run_id in going if there[run_id].run.status is RunStatus.FAILED}
        self._failures = 0
        self._under_way: dict[Future[RunView], str] = {}

    def go(self) -> None:
        answer = self._ctx.answers["choose"]
        with ThreadPoolExecutor(answer["parallel"]) as pool:
            try:
                while self._hire(pool, answer["parallel"], answer["failures"]) or self._under_way:
                    done, _ = wait(self._under_way, LOOK_SECONDS, FIRST_COMPLETED)
                    for each in done:
                        self._failures += self._failed(each)
                    done_now = len(self._all) - len(self._left) - len(self._under_way)
                    self._ctx.save({}, done_now, len(self._all))
            finally:
                self._call_off()

    def _call_off(self) -> None:
        """Whoever is still under way, because we were stopped, interrupted or overtaken, stops at its next checkpoint;
        asked again, for who was only about to begin forgets it.
        """
        while late := [each for each in self._under_way if not each.done()]:
            for each in late:
                self._engine.stop(self._under_way[each])
            wait(late, LOOK_SECONDS)

    def _hire(self, pool: ThreadPoolExecutor, parallel: int, tolerated: int) -> bool:
        while self._left and len(self._under_way) < parallel and self._may(self._left[0], tolerated):
            run_id = self._left.pop(0)
            self._under_way[pool.submit(self._engine.resume, run_id)] = run_id
        return bool(self._under_way)

    def _may(self, run_id: str, tolerated: int) -> bool:
        return (len(self._broken) if run_id in self._new else self._failures) < tolerated

    def _failed(self, each: Future[RunView]) -> bool:
        run_id = self._under_way.pop(each)
        try:
            failed = standing(each.result()) in ("failed", "unproven")
        except Busy:  # another process is at it; it is looked at again at the end
            return False
        (self._broken.add if failed else self._broken.discard)(run_id)
        return failed


def standing(view: RunView) -> str:
    """How one data key of a campaign stands, in one of the words that are counted."""
    if view.run.status is RunStatus.ABANDONED:  # also one that was proven before it went back
        return "failed"
    record = next((step.record for step in view.steps if step.name == "record"), None)
    if record is not None and record.output:
        return "proven" if record.output.get("verdict") == Verdict.PROVEN else "unproven"
    if view.run.status is RunStatus.FAILED:
        return "failed"
    return "asking" if view.run.status is RunStatus.WAITING else "waiting"


CHOOSE = Step(
    "choose",
    lane=Lane.TENANT,
    ask=(
        Field("parallel", Kind.NUMBER, default=lambda known: known.facts["parallel"], check=_some),
        Field("failures", Kind.NUMBER, default=1, check=_some),
    ),
)

WORKFLOW = Workflow(
    NAME,
    (CHOOSE, Step("begin", begin, lane=Lane.TENANT, undo=take_back), Step("work", work, lane=Lane.TENANT)),
)
