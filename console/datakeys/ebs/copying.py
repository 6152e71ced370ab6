"""The commands by which a person copies an old volume onto the new one beside it, and shows that both are alike.

AWS reads no file system: only the machine can. Every name in a command is quoted, and a volume is found by its own id
(Nitro machines tell it as the disk's serial number) before it is looked for by its device.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from console.datakeys.ebs.parts import disks_of
from console.datakeys.proving import proven

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.workflow.model import Known

DISK = (
    'disk() { d=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_$(echo "$1" | tr -d -);'
    ' [ -e "$d" ] || d=$2; readlink -f "$d"; }'
)

AT = 'at=$(findmnt -nfo TARGET -S "$old"); to=/mnt/$new_id; kind=$(findmnt -nfo FSTYPE -S "$old")'

SIDE = (
    'side() ( mountpoint -q "$1" && cd "$1" && { find . -xdev ! -path "./lost+found*" -printf "%y %m %U:%G %p %l\\0";'
    ' find . -xdev -type f ! -path "./lost+found*" -print0 | xargs -0 -r sha256sum -z; }'
    " | LC_ALL=C sort -z | sha256sum | cut -c1-64 | tr '\\n' ' '"
    ' && echo "$2 $(find . -xdev -type f ! -path "./lost+found*" -printf x | wc -c)" )'
)
"""One line of a folder: a digest of all names, kinds, rights, owners, links and contents; whose; of how many files."""

RSYNC = 'rsync -aHAXx --numeric-ids --delete --stats "${at:?}"/ "${to:?}"/'

IDENTITY = (
    'id=$(blkid -o value -s UUID "$old"); name=$(blkid -o value -s LABEL "$old")',
    (
        'case $kind in ext*) e2fsck -fp "$new"; tune2fs -U "$id" -L "$name" "$new";;'
        ' xfs) xfs_admin -U "$id" -L "${name:---}" "$new";; esac'
    ),
)
"""The new file system answers to the name that /etc/fstab knows; only once the old one is unmounted."""

ROBOCOPY = (
    'robocopy "${from}:\\" "${to}:\\" /MIR /COPYALL /DCOPY:DAT /B /XJ /R:1 /W:1'
    " /XD 'System Volume Information' '$RECYCLE.BIN'"
)

SIDE_WINDOWS = (
    'function Side($drive, $id) { $root = "${drive}:\\";'
    " $files = Get-ChildItem -LiteralPath $root -Recurse -File -Force -Attributes !ReparsePoint"
    " | Where-Object FullName -notmatch '^.:\\\\(System Volume Information|\\$RECYCLE\\.BIN)\\\\'"
    " | Sort-Object FullName;"
    " $lines = $files | ForEach-Object { (Get-FileHash -LiteralPath $_.FullName -Algorithm SHA256).Hash"
    " + ' ' + $_.FullName.Substring(3) };"
    ' $sum = [Security.Cryptography.SHA256]::Create().ComputeHash([Text.Encoding]::UTF8.GetBytes($lines -join "`n"));'
    """ ([BitConverter]::ToString($sum) -replace '-') + " $id $(@($files).Count)" }"""
)

LINUX: dict[str, tuple[str, ...]] = {
    "copy files": ('mkfs -t "$kind" "$new"', 'mkdir -p "$to" && mount "$new" "$to"', RSYNC),
    "hold files": ('fuser -vm "$at"', 'mount -o remount,ro "${at:?}"'),
    "compare files": (
        'mountpoint -q "$at" && mountpoint -q "$to" && ' + RSYNC, 'side "$at" "$old_id"; side "$to" "$new_id"',
        'umount "$to" "$at"', *IDENTITY,
    ),
    "hold blocks": ('lsblk -nlo MOUNTPOINT "$old" | grep . | xargs -r -d "\\n" umount',),
    "compare blocks": (
        '! lsblk -nlo MOUNTPOINT "$old" "$new" | grep . && dd if="$old" of="$new" bs=4M conv=fsync status=progress',
        (
            'for each in "$old $old_id" "$new $new_id"; do set -- $each;'
            ' echo "$(sha256sum "$1" | cut -c1-64) $2 $(blockdev --getsize64 "$1")"; done'
        ),
    ),
}  # fmt: skip
"""By act and way, for one volume. For blocks nothing is mounted any more, so both are read to the last byte."""

WINDOWS: dict[str, tuple[str, ...]] = {
    "copy windows": (
        (
            "$to = ($new | Initialize-Disk -PartitionStyle GPT -PassThru | New-Partition -AssignDriveLetter"
            " -UseMaximumSize | Format-Volume -FileSystem NTFS).DriveLetter"
        ),
        ROBOCOPY,
    ),
    "hold windows": ('Get-SmbOpenFile | Where-Object Path -like "${from}:\\*"',),
    "compare windows": (
        "$to = ($new | Get-Partition | Where-Object DriveLetter | Select-Object -First 1).DriveLetter", ROBOCOPY,
        "Side $from $old_id; Side $to $new_id", "$old, $new | Set-Disk -IsOffline $true",
    ),
}  # fmt: skip


def copying(known: Known) -> tuple[str, ...]:
    """The first copy, while all goes on: it takes the time that the last one is spared. Blocks have none."""
    return _commands(known, "copy") if known.outputs["ebs_beside"]["how"] != "blocks" else ()


def holding(known: Known) -> tuple[str, ...]:
    """Nobody writes any more."""
    return _commands(known, "hold")


def comparing(known: Known) -> tuple[str, ...]:
    """The last copy, both sides told by a digest each, and both let go."""
    return _commands(known, "compare")


def again(known: Known) -> tuple[str, ...]:
    """In use again, whichever volume now hangs there."""
    if known.outputs["ebs_beside"]["how"] != "windows":
        return ("sudo mount -a", "lsblk -o NAME,SIZE,SERIAL,MOUNTPOINT")
    new = known.outputs["ebs_volume"]["ids"]
    there = [new[disk.volume] if proven(known) else disk.volume for disk in disks_of(known.facts)]
    return tuple(f"{_windows_disk(volume)} | Set-Disk -IsOffline $false" for volume in there)


def _commands(known: Known, act: str) -> tuple[str, ...]:
    way = known.outputs["ebs_beside"]["how"]
    return tuple(_of_windows(known, act) if way == "windows" else _of_linux(known, f"{act} {way}"))


def _of_linux(known: Known, act: str) -> Iterator[str]:
    yield from ("sudo -s", DISK)
    if act == "compare files":
        yield SIDE
    new, seen = known.outputs["ebs_volume"]["ids"], known.outputs["ebs_look"]["disks"]
    for old, beside in known.outputs["ebs_beside"]["devices"].items():
        ids = {"old_id": old, "new_id": new[old]}
        yield "; ".join(f"{name}={shlex.quote(value)}" for name, value in ids.items())
        places = {"old": seen[old]["device"], "new": beside}
        yield "; ".join(f'{name}=$(disk "${name}_id" {shlex.quote(_to_linux(at))})' for name, at in places.items())
        if act.endswith("files"):
            yield AT
        yield from LINUX[act]


def _of_windows(known: Known, act: str) -> Iterator[str]:
    if act == "compare":
        yield SIDE_WINDOWS
    for old, new in known.outputs["ebs_volume"]["ids"].items():
        yield f"$old_id = {_powershell(old)}; $new_id = {_powershell(new)}"
        yield f"$old = {_windows_disk(old)}"
        yield f"$new = {_windows_disk(new)}"
        yield "$from = ($old | Get-Partition | Where-Object DriveLetter | Select-Object -First 1).DriveLetter"
        yield from WINDOWS[f"{act} windows"]


def _to_linux(device: str) -> str:
    """The name of an EC2 device in kernels whose disks have no serial number."""
    return device.replace("/dev/sd", "/dev/xvd")


def _windows_disk(volume: str) -> str:
    return f"Get-Disk | Where-Object SerialNumber -like {_powershell(volume.replace('-', '') + '*')}"


def _powershell(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
