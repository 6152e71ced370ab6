"""Both sides after a person's copy, by the digests that person pastes: a word that is checked as far as it can be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from console.datakeys.ebs.looking import undisturbed
from console.datakeys.ebs.parts import disks_of
from console.errors import ConsoleError

if TYPE_CHECKING:
    from console.workflow.context import Context
    from store.run_records import Json

TOLD = re.compile(r"\b([0-9a-f]{64})\s+(vol-[0-9a-f]{8,17})\s+(\d+)\b", re.IGNORECASE)
"""What the commands print of each side: SHA-256 in hex, whose it is, and of how many files or bytes."""


def accept(ctx: Context) -> Json:
    """The digests, once they are there for every volume and both sides are alike.

    Raises:
        ConsoleError: a side is missing, nothing was compared, the sides differ, or the machine was started anew
            since writing stopped.
    """
    undisturbed(ctx)
    told = read(ctx.answer["output"])
    new = ctx.outputs["ebs_volume"]["ids"]
    compared = {disk.volume: _alike(told, disk.volume, new[disk.volume]) for disk in disks_of(ctx.facts)}
    return {"how": ctx.outputs["ebs_beside"]["how"], "told_by": ctx.house.person, "compared": compared}


def read(pasted: str) -> dict[str, tuple[str, int]]:
    """Digest and number by volume; of two tries the last, whatever stands around them."""
    return {of.lower(): (digest.lower(), int(number)) for digest, of, number in TOLD.findall(pasted)}


def _alike(told: dict[str, tuple[str, int]], old: str, new: str) -> Json:
    missing = [volume for volume in (old, new) if volume not in told]
    if missing:
        raise ConsoleError("ebs.compare_missing", volumes=", ".join(missing))
    digest, number = told[old]
    if not number:
        raise ConsoleError("ebs.compare_nothing", volume=old)
    if told[new] != told[old]:
        raise ConsoleError("ebs.compare_differs", volume=old, new=new)
    return {"digest": digest, "number": number}
