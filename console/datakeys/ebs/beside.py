"""New, empty volumes beside the old ones on the same machine, where a person copies from the one to the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from console.aws import disks
from console.aws.session import ask
from console.datakeys.ebs import proof
from console.datakeys.ebs.parts import ec2, shown, until
from console.datakeys.ebs.swapping import let_go
from console.errors import ConsoleError

if TYPE_CHECKING:
    from collections.abc import Collection

    from console.workflow.context import Context
    from console.workflow.model import Known
    from store.run_records import Json

LETTERS = "fghijklmnop"
"""Of devices that are free for data volumes on any machine (EC2 guide, *Device names for volumes*)."""

LETTER = re.compile(r"(?:sd|xvd)([a-z])")
"""In a device's name; the same device is `sdf` to EC2 and `xvdf` to some kernels."""

RESERVED = frozenset({"/dev/sda1", "/dev/xvda"})
"""Devices that EC2 keeps for the root volume (the same page)."""

WAYS = ("files", "blocks", "windows")
"""How a person copies: rsync, dd, or robocopy."""


def likely(known: Known) -> str:
    """How it is probably copied, by what runs on the machine."""
    return "windows" if known.outputs["ebs_look"].get("platform") == "windows" else "files"


def attach(ctx: Context) -> Json:
    """Every new volume on a device of its own; one that hangs there already keeps it."""
    client, instance = ec2(ctx), ctx.outputs["ebs_look"]["instance"]
    devices: dict[str, str] = {}
    for old, new in ctx.outputs["ebs_volume"]["ids"].items():
        there = disks.attachment(disks.volume(client, new))
        if there is None:
            device = _free(disks.instance(client, instance), devices.values())
            ask(client, "attach_volume", VolumeId=new, InstanceId=instance, Device=device)
        elif there["InstanceId"] != instance:
            raise ConsoleError("ebs.taken", volume=new, instance=there["InstanceId"])
        else:
            device = there["Device"]
        devices[old] = device
        until(ctx, lambda made=new: disks.volume(client, made)["State"], "in-use")  # type: ignore[misc]
    return {"how": ctx.answer["how"], "devices": devices, "beside": ", ".join(devices.values())}


def _free(machine: Any, chosen: Collection[str]) -> str:
    """A device that nothing hangs at, and that was not just given away."""
    taken = {each["DeviceName"] for each in machine.get("BlockDeviceMappings", ())} | set(chosen)
    letters = {found[1] for name in taken if (found := LETTER.search(name))}
    free = next((letter for letter in LETTERS if letter not in letters), "")
    if not free:
        raise ConsoleError("ebs.no_device", instance=machine["InstanceId"])
    return f"/dev/sd{free}"


def take_away(ctx: Context) -> None:
    """The new volumes off the machine again."""
    client = ec2(ctx)
    for new in ctx.outputs["ebs_volume"]["ids"].values():
        if shown(client, disks.volume, new) is not None:
            let_go(ctx, client, new)


def clear(ctx: Context) -> Json:
    """Without proof they go, as whatever else was made for it."""
    take_away(ctx)
    return proof.clear(ctx)
