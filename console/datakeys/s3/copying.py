"""Every current object of a bucket in turn, many at once: resumed where it was, and what came of each on record."""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.datakeys.crowd import in_order
from console.datakeys.keys import usable
from console.datakeys.notes import swept
from console.datakeys.s3.history import known_copies, with_history
from console.datakeys.s3.house import bucket_of, ledger_of, past, task_of, threads
from console.datakeys.s3.ledger import Ledger, Outcome, Result
from console.datakeys.s3.looking import PACE
from console.datakeys.s3.rewriting import rewritten
from console.errors import ConsoleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from console.datakeys.s3.rewriting import Task
    from console.workflow.context import Context
    from store.run_records import Json

STREAK = 25
"""So many failures in a row are no longer about single objects: the run stops, and later tries those again."""

SHOWN = 20
"""Lines of what was skipped or failed that the run itself keeps; all of them are in the file of results."""


class Tally:
    """How far a step has come, as its cursor has it: counts, the key after which to go on, the bytes of the ledger."""

    def __init__(self, cursor: Json) -> None:
        self.after = str(cursor.get("after", ""))
        self.offset = int(cursor.get("offset", 0))
        self.counts: dict[str, int] = dict(cursor.get("counts", {}))
        self.shown: list[list[str]] = list(cursor.get("shown", []))
        self.size = int(cursor.get("bytes", 0))
        self.replication: dict[str, int] = dict(cursor.get("replication", {}))
        self.spent = float(cursor.get("seconds", 0))
        self._begun = time.monotonic()

    @property
    def settled(self) -> int:
        return sum(self.counts.values())

    @property
    def seconds(self) -> float:
        return self.spent + time.monotonic() - self._begun

    def add(self, result: Result) -> None:
        """Count what became of one object, under `rotated`, `found`, or `skipped REASON`, `failed REASON`."""
        name = f"{result.outcome} {result.reason}".strip()
        self.counts[name] = self.counts.get(name, 0) + 1
        if result.outcome is Outcome.ROTATED:
            self.size += result.size
            if result.detail:
                self.replication[result.detail] = self.replication.get(result.detail, 0) + 1
        if not result.good and len(self.shown) < SHOWN:
            self.shown.append([result.key, name, result.detail])

    def told(self) -> Json:
        """As a cursor, and as the output of the step when it is done."""
        seconds = max(self.seconds, 0.001)
        return {
            "after": self.after, "offset": self.offset, "counts": self.counts, "shown": self.shown, "bytes": self.size,
            "replication": self.replication, "seconds": round(seconds, 1),
            "objects_per_second": round(self.settled / seconds, 1), "bytes_per_second": round(self.size / seconds),
        }  # fmt: skip


def copy(ctx: Context) -> Json:
    """Rewrite what was written before the run began."""
    task = task_of(ctx)
    past(ctx, task.start)
    with closing(task.notes):
        swept(task.notes, task.bucket)
        if ctx.facts["route"] == "rewrite_versions" and task.versioned:
            copied = known_copies(task.notes.path, str(ctx.cursor.get("after", "")))
            told = settled(ctx, task, partial(with_history, task, copied), objects.histories)
        else:
            told = settled(ctx, task, partial(rewritten, task), _keys)
        swept(task.notes, task.bucket)
    return told


def settled(
    ctx: Context,
    task: Task,
    act: Callable[[Any], Result | list[Result]],
    items: Callable[[objects.Bucket, str], Iterable[Any]],
) -> Json:
    """Let `act` settle every item after the cursor, and put on record what came of it.

    Raises:
        ConsoleError: failure after failure, or the CMK cannot be used any more.
    """
    tally = Tally(ctx.cursor)
    total = ctx.outputs["s3_look"]["objects"]
    saved = time.monotonic()
    with Ledger(ledger_of(ctx)).at(tally.offset) as ledger:
        work = in_order(act, items(bucket_of(ctx), tally.after), threads(ctx))
        with closing(work):
            try:
                for told in _judged(ctx, work):
                    for result in told:
                        ledger.add(result)
                        tally.add(result)
                        tally.after = result.key
                    if time.monotonic() - saved > PACE:
                        saved = time.monotonic()
                        tally.offset = ledger.kept()
                        ctx.save(tally.told(), tally.settled, max(total, tally.settled))
            finally:
                task.stopped.set()
                tally.offset = ledger.kept()
        ctx.save(tally.told(), tally.settled, max(total, tally.settled))
    return tally.told()


def _judged(ctx: Context, work: Iterator[Any]) -> Iterator[list[Result]]:
    """The results, but failures only once something else came after them: a streak is trouble of another kind."""
    held: list[Result] = []
    for told in work:
        if told is None:
            yield []
            continue
        results = [told] if isinstance(told, Result) else told
        bad = [one for one in results if one.outcome is Outcome.FAILED]
        if any(one.reason == "key" for one in bad):
            usable(ctx, ctx.facts["intended"])
        held += results
        if not bad:
            yield held
            held = []
        elif len(held) >= STREAK:
            raise ConsoleError("s3.failing", number=len(held), detail=bad[-1].detail, bucket=ctx.facts["resource"])
    yield held


def _keys(bucket: objects.Bucket, after: str) -> Iterator[str]:
    return (entry["Key"] for entry in objects.listed(bucket, after))
