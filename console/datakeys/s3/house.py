"""What every step of a bucket's rotation needs: the bucket, where its results stand, and what is to be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.aws import objects
from console.datakeys.crowd import MOST
from console.datakeys.notes import Notes
from console.datakeys.s3.rewriting import Task

if TYPE_CHECKING:
    from pathlib import Path

    from console.workflow.context import Context

TWICE = 2
"""Objects per call in flight of a sync: S3 bears far more than what a sync asks, and each object waits two times."""


def bucket_of(ctx: Context, *, once: bool = False) -> objects.Bucket:
    """The bucket by the tenant's credentials; `once`: no request is repeated by itself."""
    facts = ctx.facts
    client = ctx.account(facts["account"]).client("s3", facts["region"], 1 if once else 0)
    return objects.Bucket(client, facts["resource"], facts["account"])


def past(ctx: Context, start: int) -> None:
    """Until S3's clock shows another second than that of the start: LastModified has whole seconds, and what is written
    from here on must be told from what was there.
    """
    bucket = bucket_of(ctx)
    while (now := objects.clock(bucket)) and now <= start:
        ctx.wait(0.25)


def ledger_of(ctx: Context) -> Path:
    """Where the results of this run stand: beside the store, for they may be millions."""
    return results_file(ctx.house.store.path, ctx.run_id)


def results_file(store: Path, run_id: str) -> Path:
    """The file with what became of each object of a run."""
    return store.with_name(f"{store.name}.objects") / f"{run_id}.jsonl"


def threads(ctx: Context) -> int:
    """How many objects at the same time."""
    told: int = ctx.house.settings.concurrency
    return max(1, min(MOST, told if told == 1 else TWICE * told))


def task_of(ctx: Context) -> Task:
    """What is to be done with each object."""
    seen, begun = ctx.outputs["s3_look"], ctx.outputs["s3_default"]
    return Task(
        bucket_of(ctx, once=True), ctx.facts["intended"], begun["start"], notes_of(ctx), seen["versioned"],
        seen["acls"], seen["locks"], objects.COPY_LIMIT,
    )  # fmt: skip


def notes_of(ctx: Context) -> Notes:
    """What was noted before acts that a kill would leave half done."""
    return Notes(ledger_of(ctx).with_suffix(".notes"))
