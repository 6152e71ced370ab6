"""What can be proven of a bucket: S3 names no data key, but draws one for every write. So what counts is when each
object was written, under which CMK, and that none was left out.
"""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.aws.refusals import AwsRefusal
from console.datakeys.crowd import in_order
from console.datakeys.proving import Evidence
from console.datakeys.s3.house import bucket_of, ledger_of, task_of, threads
from console.datakeys.s3.looking import PACE
from store.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from console.datakeys.s3.rewriting import Task
    from console.workflow.context import Context
    from store.run_records import Json

SAMPLE = 50
"""Objects that are looked at one by one, chosen by chance over the whole bucket; the listing tells of all."""

OUTSIDE = frozenset({"customer_key"})
"""Reasons for which an object holds no data key of KMS at all."""

NEITHER = frozenset({"gone"})
"""Reasons for which there is no object any more."""


class Census:
    """Every current object, counted by whether it was written since the run began; and what stands behind them."""

    def __init__(self, cursor: Json) -> None:
        told = cursor.get("census", {})
        self.after = str(told.get("after", ""))
        self.new, self.old = int(told.get("new", 0)), int(told.get("old", 0))
        self.behind, self.markers = int(told.get("behind", 0)), int(told.get("markers", 0))
        self.sample: list[str] = list(told.get("sample", []))

    def told(self) -> Json:
        names = ("after", "new", "old", "behind", "markers", "sample")
        return {name: getattr(self, name) for name in names}

    def count(self, key: str, current: Mapping[str, Any] | None, task: Task, lot: random.Random) -> None:
        self.after = key
        if current is None:
            return
        if not task.later(current):
            self.old += 1
            return
        self.new += 1
        if len(self.sample) < SAMPLE:
            self.sample.append(key)
        elif (place := lot.randrange(self.new)) < SAMPLE:
            self.sample[place] = key

    def past(self, history: objects.History, task: Task) -> None:
        self.markers += len(history.markers)
        self.behind += sum(not one.get("IsLatest") and not task.later(one) for one in history.versions)


def prove(ctx: Context) -> Json:
    """The whole bucket listed once more, some of it looked at, and both held against what the copying had answered."""
    task = task_of(ctx)
    census = _taken(ctx, task)
    wrong = _wrong(task, census.sample, threads(ctx))
    told = ctx.outputs["s3_copy"]
    facts: dict[str, Any] = {
        "rotated": _sum(told, "rotated"), "found": _sum(told, "found"), "skipped": _sum(told, "skipped"),
        "failed": _sum(told, "failed"), "counts": told["counts"], "written_since": census.new,
        "not_written_since": census.old, "old_versions": census.behind, "delete_markers": census.markers,
        "replication": told["replication"],
        "sampled": len(census.sample), "sampled_wrong": wrong, "start": task.start, "cmk_intended": task.cmk,
        "examples": told["shown"], "results": ledger_of(ctx).name,
    }  # fmt: skip
    if ctx.outputs["s3_look"]["engine"] == "batch":
        facts["batch"] = dict(ctx.outputs["s3_batch"])
    verdict, reason = judge(facts)
    return Evidence(verdict, reason, ctx.facts["resource"], facts).output()


def judge(facts: Mapping[str, Any]) -> tuple[Verdict, str]:
    """What the numbers prove, and the text key of why. Whatever is left out for a reason under which an old data key
    stays makes it unknown; what no key of KMS protects, or is gone, does not.
    """
    counts: Mapping[str, int] = facts["counts"]
    outside = sum(counts.get(f"skipped {reason}", 0) for reason in OUTSIDE)
    left = facts["skipped"] - outside - sum(counts.get(f"skipped {reason}", 0) for reason in NEITHER)
    if facts["sampled_wrong"]:
        return Verdict.UNKNOWN, "verdict.s3.other_cmk"
    if facts["failed"] or left or facts["not_written_since"] > outside:
        return Verdict.UNKNOWN, "verdict.s3.partial"
    if not facts["written_since"]:
        return Verdict.UNKNOWN, "verdict.s3.empty"
    if outside:
        return Verdict.PROVEN, "verdict.s3.customer"
    return Verdict.PROVEN, "verdict.s3.history" if facts["old_versions"] else "verdict.s3.new"


def _taken(ctx: Context, task: Task) -> Census:
    census, lot, saved = Census(ctx.cursor), random.Random(ctx.run_id), time.monotonic()  # noqa: S311 - a sample
    bucket, total = bucket_of(ctx), ctx.outputs["s3_look"]["objects"]
    for key, current, history in _everything(bucket, census.after, versioned=task.versioned):
        census.count(key, current, task, lot)
        if history is not None:
            census.past(history, task)
        if time.monotonic() - saved > PACE:
            saved = time.monotonic()
            done = census.new + census.old
            ctx.save({"census": census.told()}, done, max(done, total))
    return census


def _everything(
    bucket: objects.Bucket, after: str, *, versioned: bool
) -> Iterator[tuple[str, Mapping[str, Any] | None, objects.History | None]]:
    if versioned:
        for history in objects.histories(bucket, after):
            yield history.key, history.current, history
    else:
        for entry in objects.listed(bucket, after):
            yield entry["Key"], entry, None


def _wrong(task: Task, keys: list[str], at_once: int) -> int:
    """How many of these do not stand under the intended CMK."""
    return sum(wrong for wrong in in_order(partial(_is_wrong, task), keys, at_once) if wrong)


def _is_wrong(task: Task, key: str) -> bool:
    """Who deleted it meanwhile, or wrote it under a key of their own, did no harm."""
    try:
        return not task.fresh(objects.look(task.bucket, key))
    except AwsRefusal as refusal:
        if refusal.code == "400" or refusal.code in objects.GONE:
            return False
        raise


def _sum(told: Json, outcome: str) -> int:
    return sum(number for name, number in told["counts"].items() if name.split(" ")[0] == outcome)
