"""Where files that an application encrypted itself lie: what the settings tell of a folder or a prefix of a bucket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FilesSettings:
    """A folder with files that an application encrypted itself, and where it belongs: `[[files]]`.

    `path` is a folder of this machine, or `s3://bucket/prefix`. `key` is the ARN of the CMK that wraps their data keys;
    `region` the bucket's, '' that of the key. Up to `rows` files are shown one by one, more as a group.
    """

    tenant: str
    path: str
    key: str
    application: str = ""
    environment: str = ""
    rows: int = 100
    region: str = ""

    @property
    def at(self) -> str:
        """The Region whose scan tells of it."""
        return self.region or f"{self.key}:::::".split(":")[3]


def folder_of(told: str) -> str:
    """A folder, or a prefix of a bucket, as it is called everywhere; '' : neither."""
    if told.startswith("s3://"):
        return told.rstrip("/") if told.removeprefix("s3://").split("/")[0] else ""
    path = Path(told).expanduser()
    return str(path) if path.is_absolute() else ""
