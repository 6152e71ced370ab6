"""What is old: versions of which a rewritten one stands beside it. They go by an explicit act, or ours go instead."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from console.aws import objects
from console.aws.refusals import AwsRefusal
from console.datakeys.crowd import in_order
from console.datakeys.notes import read
from console.datakeys.s3 import twins
from console.datakeys.s3.house import bucket_of, ledger_of, task_of, threads
from console.datakeys.s3.ledger import Outcome, results
from console.datakeys.s3.looking import PACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from console.workflow.context import Context
    from store.run_records import Json

    Pair = tuple[str, str, str]  # key, the version to remove, and the one that must stand for it ('' : none need)


def remove(ctx: Context) -> Json:
    """The old versions: those that were rewritten (`copied`), or all that were written before the run (`all`)."""
    if ctx.answer.get("what") == "all":
        return _dropped(ctx, _before(ctx), _drop)
    counts = _dropped(ctx, _copied(ctx, older=True), _drop)
    if any(name.startswith(Outcome.FOUND) for name in ctx.outputs["s3_copy"]["counts"]):  # not known from what
        twin = ((key, old, new) for key, new, old in twins.pairs(task_of(ctx)))
        found = _dropped(ctx, twin, _drop_twin)
        counts = {name: number + found[name] for name, number in counts.items()}
    return counts


def take_back(ctx: Context) -> None:
    """The versions that this run made, where what they were made from still stands; without versioning there is
    nothing to take back: the bytes are the same.
    """
    if ctx.outputs["s3_look"]["versioned"]:
        _dropped(ctx, _copied(ctx, older=False), _drop)
        _dropped(ctx, _noted(ctx), _drop)  # of histories that were not settled yet
        take_twins_back(ctx)


def take_twins_back(ctx: Context) -> None:
    """The versions of which it is not on record who wrote them, where the same stands beneath: by S3 Batch Operations,
    or by a run that was killed before it heard the answer.
    """
    if ctx.outputs["s3_look"]["versioned"]:
        _dropped(ctx, twins.pairs(task_of(ctx)), _drop_twin)


def _copied(ctx: Context, *, older: bool) -> Iterator[Pair]:
    for result, _ in results(ledger_of(ctx)):
        if result.outcome is Outcome.ROTATED and result.was and result.now:
            yield (result.key, result.was, result.now) if older else (result.key, result.now, result.was)


def _noted(ctx: Context) -> Iterator[Pair]:
    for line in read(ledger_of(ctx).with_suffix(".notes")):
        if "now" in line:
            yield line["key"], line["now"], line["was"]


def _before(ctx: Context) -> Iterator[Pair]:
    task = task_of(ctx)
    for history in objects.histories(bucket_of(ctx)):
        for one in history.versions:
            if not one.get("IsLatest") and not task.later(one):
                yield history.key, one["VersionId"], ""


def _dropped(ctx: Context, pairs: Iterable[Pair], drop: Callable[[objects.Bucket, Pair], str]) -> Json:
    bucket, saved, counts = bucket_of(ctx), time.monotonic(), {"removed": 0, "held": 0, "alone": 0}
    for number, told in enumerate(in_order(partial(drop, bucket), pairs, threads(ctx))):
        if told is not None:
            counts[told] += 1
        if time.monotonic() - saved > PACE:
            saved = time.monotonic()
            ctx.save(ctx.cursor, number)
    return dict(counts)


def _drop_twin(bucket: objects.Bucket, pair: Pair) -> str:
    """The same, where both hold the same; else it is `alone` too."""
    try:
        same = twins.same(bucket, *pair)
    except AwsRefusal as refusal:
        if refusal.code not in objects.GONE:
            raise
        same = False
    return _drop(bucket, pair) if same else "alone"


def _drop(bucket: objects.Bucket, pair: Pair) -> str:
    """`removed`; `held` where Object Lock or a right that is lacking keeps it; `alone` where nothing stands for it."""
    key, version, other = pair
    try:
        if other:
            objects.look(bucket, key, other)
    except AwsRefusal as refusal:
        if refusal.code in objects.GONE:
            return "alone"
        raise
    try:
        objects.drop(bucket, key, version)
    except AwsRefusal as refusal:
        if refusal.denied:
            return "held"
        raise
    return "removed"
