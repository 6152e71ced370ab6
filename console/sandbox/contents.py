"""The bytes on the sandbox's disks, which no AWS call reads or writes: machines do, and here the desk in their name."""

from __future__ import annotations

from typing import Any

from console.sandbox import lineage


class NoSuchDisk(Exception):
    """There is no such volume, or no machine that could write to it."""


def write(*, volume: str | None, instance: str | None, device: str | None, data: bytes) -> str:
    """Replace a volume's bytes; its id.

    Named by itself, or as the `device` of a running `instance`: whatever hangs there now.

    Raises:
        NoSuchDisk: none by that name; the machine is not running; nothing hangs at the device.
    """
    found = _volume(volume) if volume else _mounted(str(instance), str(device))
    found.contents = data
    return str(found.id)


def read(volume: str) -> bytes:
    """A volume's bytes; of a fresh one, none."""
    return bytes(_volume(volume).contents)


def _volume(name: str) -> Any:
    for backend in lineage.machines():
        if name in backend.volumes:
            return backend.volumes[name]
    raise NoSuchDisk(name)


def _mounted(instance_id: str, device: str) -> Any:
    for backend in lineage.machines():
        for instance in backend.all_instances():
            if instance.id == instance_id and instance.state == "running" and device in instance.block_device_mapping:
                return backend.volumes[instance.block_device_mapping[device].volume_id]
    raise NoSuchDisk(f"{instance_id} {device}")
