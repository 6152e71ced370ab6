"""KMS's answers as facts of a CMK; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from console.aws.moment import epoch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.harvest import CmkFacts


def described(facts: CmkFacts, metadata: Mapping[str, Any], now: int) -> CmkFacts:
    """With DescribeKey's KeyMetadata."""
    return replace(
        facts,
        state=metadata.get("KeyState", ""),
        description=metadata.get("Description", ""),
        created_at=epoch(metadata.get("CreationDate")),
        deletion_at=epoch(metadata.get("DeletionDate")),
        key_spec=metadata.get("KeySpec", ""),
        key_usage=metadata.get("KeyUsage", ""),
        origin=metadata.get("Origin", ""),
        manager=metadata.get("KeyManager", ""),
        multi_region=metadata.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType", ""),
        current_material=metadata.get("CurrentKeyMaterialId", ""),
        metadata_at=now,
    )


def rotation(facts: CmkFacts, status: Mapping[str, Any], now: int) -> CmkFacts:
    """With GetKeyRotationStatus; period and next date are absent while automatic rotation is off."""
    return replace(
        facts,
        rotation_enabled=bool(status.get("KeyRotationEnabled", False)),
        rotation_period=status.get("RotationPeriodInDays"),
        rotation_next=epoch(status.get("NextRotationDate")),
        rotation_started=epoch(status.get("OnDemandRotationStartDate")),
        rotation_at=now,
    )
