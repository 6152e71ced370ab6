"""What is old: versions of which a rewritten one stands beside it. They go by an explicit act, or ours go instead."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from console.aws import objects
from console.aws.refusals import AwsRefusal
from console.datakeys.crowd import in_order
from console.datakeys.notes import read
from console.datakeys.s3.house import bucket_of, ledger_of, task_of, threads
from console.datakeys.s3.ledger import Outcome, results
from console.datakeys.s3.looking import PACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from console.workflow.context import Context
    from store.run_records import Json


def remove(ctx: Context) -> Json:
    """The old versions: those that were rewritten (`copied`), or all that were written before the run (`all`)."""
    everything = ctx.answer.get("what") == "all"
    pairs = _before(ctx) if everything else _copied(ctx, older=True)
    return _dropped(ctx, pairs)


def take_back(ctx: Context) -> None:
    """The versions that this run made, where what they were made from still stands; without versioning there is
    nothing to take back: the bytes are the same.
    """
    if ctx.outputs["s3_look"]["versioned"]:
        _dropped(ctx, _copied(ctx, older=False))
        _dropped(ctx, _noted(ctx))  # of histories that were not settled yet


def _copied(ctx: Context, *, older: bool) -> Iterator[tuple[str, str, str]]:
    """Key, the version to remove, and the one that must stand for it."""
    for result, _ in results(ledger_of(ctx)):
        if result.outcome is Outcome.ROTATED and result.was and result.now:
            yield (result.key, result.was, result.now) if older else (result.key, result.now, result.was)


def _noted(ctx: Context) -> Iterator[tuple[str, str, str]]:
    for line in read(ledger_of(ctx).with_suffix(".notes")):
        if "now" in line:
            yield line["key"], line["now"], line["was"]


def _before(ctx: Context) -> Iterator[tuple[str, str, str]]:
    task = task_of(ctx)
    for history in objects.histories(bucket_of(ctx)):
        for one in history.versions:
            if not one.get("IsLatest") and not task.later(one):
                yield history.key, one["VersionId"], ""


def _dropped(ctx: Context, pairs: Iterable[tuple[str, str, str]]) -> Json:
    bucket, saved, counts = bucket_of(ctx), time.monotonic(), {"removed": 0, "held": 0, "alone": 0}
    for number, told in enumerate(in_order(partial(_drop, bucket), pairs, threads(ctx))):
        if told is not None:
            counts[told] += 1
        if time.monotonic() - saved > PACE:
            saved = time.monotonic()
            ctx.save(ctx.cursor, number)
    return dict(counts)


def _drop(bucket: objects.Bucket, pair: tuple[str, str, str]) -> str:
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
