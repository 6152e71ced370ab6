"""Which data key a volume is under: DescribeVolumes never says, snapshots do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.records import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Lineage:
    """Which data key a volume is under, as far as snapshots prove it (DescribeVolumes never says)."""

    def __init__(self, snapshots: Iterable[Mapping[str, Any]]) -> None:
        self._of_volume: dict[tuple[str, str], set[str]] = {}
        self._of_snapshot: dict[tuple[str, str], str] = {}
        for entry in snapshots:
            if data_key := entry.get("DataEncryptionKeyId"):
                key = entry.get("KmsKeyId", "")
                self._of_volume.setdefault((entry.get("VolumeId", ""), key), set()).add(data_key)
                self._of_snapshot[entry["SnapshotId"], key] = data_key

    def tell(self, volume: Mapping[str, Any]) -> tuple[str, Source]:
        """The data key's id ('' when unproven) and where that comes from.

        A snapshot of the volume under the same CMK names it. Else, made from a snapshot under the same CMK,
        it inherited that data key (EBS guide, *How EBS encryption works*): INFERRED.
        """
        key = volume.get("KmsKeyId", "")
        told = self._of_volume.get((volume["VolumeId"], key), set())
        if len(told) == 1:
            return next(iter(told)), Source.SCAN
        inherited = "" if told else self._of_snapshot.get((volume.get("SnapshotId", ""), key), "")
        return inherited, Source.INFERRED if inherited else Source.SCAN
