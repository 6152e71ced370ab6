"""What the steps of a volume's rotation share: the volumes a run is about, and patience with what EC2 makes.

A run is about one volume, or about several of one instance, which then stops once for all of them. EC2 shows what
was made only after a while, and forgets nothing: so an id is on record as soon as EC2 told it, and where a kill came
between the two, the tags are looked for until it must have shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.aws import disks
from console.aws.refusals import AwsRefusal
from console.errors import ConsoleError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from console.workflow.context import Context
    from store.run_records import Json

POLL = 5.0
"""Seconds between two looks at something that takes its time."""

LOOKS = 6
"""How often what may have been made is looked for before it is made again: half a minute."""


@dataclass(frozen=True, slots=True)
class Disk:
    """An old volume: the CMK it is under ('' unencrypted), that it shall be under, and that to pass under ('' none)."""

    volume: str
    cmk: str
    intended: str
    transit: str = ""


def disks_of(facts: Mapping[str, Any]) -> tuple[Disk, ...]:
    """The volumes that a run is about, in their order."""
    return tuple(Disk(**each) for each in facts["disks"])


def ec2(ctx: Context) -> Any:
    return ctx.client("ec2", ctx.facts["region"], ctx.facts["account"])


def about(ctx: Context, of: str) -> str:
    """A description for whoever meets it in AWS's own console."""
    return f"kms-console {ctx.run_id} {ctx.step.name} {of}".strip()


def until(ctx: Context, state: Callable[[], str], *wanted: str) -> str:
    """Look until it is as wanted; how it then is."""
    while (found := state()) not in wanted:
        ctx.wait(POLL)
    return found


class Making:
    """A step that makes one thing for each volume, each once. `what` is EC2's word: Volumes or Snapshots.

    The cursor holds `ids` (by old volume), `trying` (the volume whose call may have gone out; '*' for all at once)
    and `tries` (how often EC2 began and could not end, by old volume: a client token must then be another one).
    """

    def __init__(self, ctx: Context, what: str) -> None:
        self._ctx = ctx
        self._what = what
        self.all = disks_of(ctx.facts)
        self.ids: dict[str, str] = dict(ctx.cursor.get("ids", {}))
        self.tries: dict[str, int] = dict(ctx.cursor.get("tries", {}))

    def __call__(self, make: Callable[[Disk], str], at_once: Callable[[], dict[str, str]] | None = None) -> Json:
        """An id for each old volume. `at_once` makes those of all volumes by one call."""
        trying = self._ctx.cursor.get("trying", "")
        if trying:
            self._find(trying)
        if at_once is not None and not self.ids:
            self._save("*")
            self.ids |= at_once()
        for disk in self.all:
            if disk.volume not in self.ids:
                self._save(disk.volume)
                self.ids[disk.volume] = make(disk)
        self._save()
        return self.ids

    def lost(self, volume: str) -> None:
        """What was made for this volume came to nothing; the next try makes it anew."""
        self.ids.pop(volume)
        self.tries[volume] = self.tries.get(volume, 0) + 1
        self._save()

    def _find(self, trying: str) -> None:
        """What the killed call left. Nothing after so many looks: it never went out."""
        wanted = {disk.volume for disk in self.all} if trying == "*" else {trying}
        for look in range(LOOKS):
            found = left(self._ctx, self._what)
            self.ids |= {of: found[of][0] for of in wanted & set(found)}
            if wanted <= set(self.ids):
                break
            if look < LOOKS - 1:
                self._ctx.wait(POLL)

    def _save(self, trying: str = "") -> None:
        told = {"ids": self.ids, "tries": self.tries} | ({"trying": trying} if trying else {})
        self._ctx.save(told, len(self.ids) * 100, len(self.all) * 100)


def left(ctx: Context, what: str) -> dict[str, list[str]]:
    """What this step of this run made, by old volume, as EC2's tags tell; the first first, without what failed."""
    found: dict[str, list[str]] = {}
    for entry in disks.made(ec2(ctx), what, ctx.run_id, ctx.step.name):
        if entry["State"] not in ("error", "deleting", "deleted"):
            of = disks.tag(entry, disks.OF_TAG) or str(entry["VolumeId"])
            found.setdefault(of, []).append(disks.identity(entry))
    return found


def drop(ctx: Context, what: str, delete: Callable[[Any, str], None]) -> None:
    """Everything that this step made goes: what it put on record, and what only EC2 knows of."""
    client = ec2(ctx)
    known = [*ctx.cursor.get("ids", {}).values(), *ctx.output.get("ids", {}).values()]
    looks = LOOKS if ctx.cursor.get("trying") else 1
    for look in range(looks):
        found = [disks.identity(entry) for entry in disks.made(client, what, ctx.run_id, ctx.step.name)]
        if found or look == looks - 1:
            break
        ctx.wait(POLL)
    for each in dict.fromkeys((*known, *found)):
        delete(client, each)


def whole(ctx: Context, making: Making) -> dict[str, Json]:
    """Wait until every snapshot is whole; by old volume its id, data key and CMK.

    Raises:
        ConsoleError: AWS could not make one. A key that cannot be used shows only now, for EC2 looks at it while it
            copies. What failed is removed; going on makes it anew.
    """
    told: dict[str, Json] = {}
    for number, disk in enumerate(making.all):
        told[disk.volume] = _whole(ctx, making, disk.volume, number)
    _prune(ctx, making)
    return told


def _prune(ctx: Context, making: Making) -> None:
    """Second copies go: where an answer was lost, a call that knows no client token was sent once more."""
    client = ec2(ctx)
    for entry in disks.made(client, "Snapshots", ctx.run_id, ctx.step.name):
        if disks.identity(entry) not in making.ids.values():
            disks.delete_snapshot(client, disks.identity(entry))


def _whole(ctx: Context, making: Making, of: str, number: int) -> Json:
    snapshot_id, missed = making.ids[of], 0
    while True:
        entry = shown(ec2(ctx), disks.snapshot, snapshot_id)
        if entry is None:
            missed += 1
            if missed >= LOOKS:
                making.lost(of)
                raise ConsoleError("ebs.snapshot_gone", snapshot=snapshot_id, volume=of)
        elif entry["State"] == "completed":
            return {
                "snapshot": snapshot_id, "data_key": entry.get("DataEncryptionKeyId", ""),
                "key": entry.get("KmsKeyId", ""), "bytes": entry.get("FullSnapshotSizeInBytes"),
            }  # fmt: skip
        elif entry["State"] != "pending":
            disks.delete_snapshot(ec2(ctx), snapshot_id)
            making.lost(of)
            raise ConsoleError("ebs.snapshot_failed", volume=of, detail=entry.get("StateMessage", ""))
        else:
            _progress(ctx, entry, number, len(making.all))
        ctx.wait(POLL)


def _progress(ctx: Context, entry: Mapping[str, Any], number: int, total: int) -> None:
    part = str(entry.get("Progress") or "0%").rstrip("%")
    ctx.save(ctx.cursor, number * 100 + int(part or 0), total * 100)


def shown(client: Any, look: Callable[[Any, str], disks.Entry], name: str) -> disks.Entry | None:
    """A volume or a snapshot by its id; None while EC2 does not show it (yet, or any more)."""
    try:
        return look(client, name)
    except AwsRefusal as refusal:
        if refusal.code not in disks.GONE:
            raise
        return None
