"""EBS snapshots that take their time, may fail late, and hold the volume's bytes and data key of their moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moto.ec2.models.elastic_block_store import Snapshot
from moto.ec2.utils import random_snapshot_id

from console.sandbox.snapshot_locks import SnapshotLock

INACCESSIBLE = "Given key ID is not accessible"
BLOCK = 512 * 1024
COPIED_FROM = "vol-ffffffff"  # AWS names no real volume on a copied snapshot


class KeyedSnapshot(Snapshot):  # type: ignore[misc] # moto carries no types
    """A snapshot that knows its data key and takes its time; `lasts` in seconds of the sandbox's clock."""

    def __init__(self, backend: Any, volume: Any, description: str, *, copied: bool = False) -> None:
        super().__init__(backend, random_snapshot_id(), volume, description or "")
        self.copied = copied
        self.data_encryption_key_id: str | None = None
        self.associated_kms_keys: list[dict[str, str]] = []
        self.wrapped: bytes | None = None
        self.lock = SnapshotLock()
        self.contents: bytes = volume.contents  # as they are at this moment, whatever is written later
        self.size: int = volume.size
        self.state_message: str | None = None
        self.ends = self.start_time + timedelta(seconds=backend.snapshot_seconds)
        self.done = 0 if backend.snapshot_seconds else 100
        self.failed = False
        self.refresh(self.start_time)

    def refresh(self, now: Any) -> None:
        """Move state and progress to the moment (naive UTC, as moto keeps time)."""
        if now < self.ends:
            whole = (self.ends - self.start_time).total_seconds()
            self.done = int(100 * (now - self.start_time).total_seconds() / whole)
            self.status = "pending"
            return
        self.status = "error" if self.failed else "completed"
        self.done = 0 if self.failed else 100
        self.state_message = INACCESSIBLE if self.failed else None

    @property
    def progress(self) -> str:
        return f"{self.done}%"

    @property
    def full_snapshot_size_in_bytes(self) -> int:
        """Of all blocks that were ever written to the volume: none of a fresh one."""
        return -(-len(self.contents) // BLOCK) * BLOCK

    @property
    def volume_size(self) -> int:
        return self.size

    @property
    def volume_id(self) -> str:
        return COPIED_FROM if self.copied else str(self.volume.id)

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        if filter_name == "volume-id":
            return self.volume_id
        return super().get_filter_value(filter_name, method_name)
