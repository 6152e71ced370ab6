"""Who else holds the old data key and may go with what is old: only by choice, and only what still is what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import disks
from console.aws.ec2 import image_snapshots, locked_snapshots
from console.aws.refusals import THROTTLING, AwsRefusal
from console.datakeys.ebs.held import asked, holder_of
from console.datakeys.ebs.parts import ec2, shown
from console.datakeys.holders import REMOVABLE, of_proof
from console.datakeys.proving import PROOF
from console.workflow.model import Field, Kind
from store.run_records import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from console.datakeys.holders import Holder
    from console.workflow.context import Context
    from console.workflow.model import Fields, Known
    from store.run_records import Json


def fields(known: Known) -> Fields:
    """A question only where there is something to choose; nothing is chosen beforehand."""
    return (ALSO,) if PROOF in known.outputs and choices(known) else ()


def choices(known: Known) -> tuple[str, ...]:
    """Snapshots that the proof saw under the old data key and that nobody else keeps; what came later is no choice."""
    return tuple(holder.id for holder in _named(known) if holder.kind in REMOVABLE)


def notes(known: Known) -> Mapping[str, Sentence]:
    """How old each is, and who made it."""
    return {
        holder.id: Sentence(f"held.choice.{holder.kind}", {"at": holder.at})
        for holder in _named(known)
        if holder.kind in REMOVABLE
    }


def _named(known: Known) -> Iterator[Holder]:
    return (holder for holder, _ in of_proof(known.outputs[PROOF]))


ALSO = Field("also", Kind.MANY, choices=choices, required=False, notes=notes)


def remove(ctx: Context) -> tuple[list[str], Json]:
    """The chosen ones: those that are gone, and by id why another was kept after all.

    Each is looked at once more: its data key must be the one that was proven to be old, and no image, lock or backup
    may have come to it meanwhile.
    """
    chosen = ctx.answer.get("also") or []
    if not chosen:
        return [], {}
    client, old = ec2(ctx), {holder.id: key for holder, key in of_proof(ctx.outputs[PROOF])}
    unread: list[str] = []
    images, locks = (asked(ask, client, "", unread) for ask in (image_snapshots, locked_snapshots))
    gone: list[str] = []
    kept: Json = {}
    for number, name in enumerate(chosen):
        why = _removed(ctx, client, name, old.get(name, ""), images, locks)
        if why:
            kept[name] = why
        else:
            gone.append(name)
        ctx.save(ctx.cursor, number + 1, len(chosen))
    return gone, kept


def _removed(
    ctx: Context, client: Any, name: str, key: str, images: Mapping[str, str], locks: Mapping[str, str]
) -> str:
    """'' when it is gone, else why it was kept: a kind of holder, `other_key`, or AWS's own code."""
    entry = shown(client, disks.snapshot, name)
    if entry is None:
        return ""
    if not key or entry.get("DataEncryptionKeyId") != key:
        return "other_key"
    kind = holder_of(entry, images, locks).kind
    if kind not in REMOVABLE:
        return kind
    disks.mark(client, name, ctx.run_id)
    try:
        disks.delete_snapshot(client, name)
    except AwsRefusal as refusal:  # what the two lists did not show
        if refusal.denied or refusal.code in THROTTLING:
            raise
        return refusal.code
    return ""
