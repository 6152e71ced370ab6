"""EC2's calls where moto's answers fall short: pages of volumes and snapshots, encrypted copies, default keys."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response


class ComputeResponse(EC2Response):  # type: ignore[misc] # moto carries no types
    """moto's EC2 calls and ours."""

    def describe_volumes(self) -> Any:
        volumes = self.ec2_backend.describe_volumes(
            volume_ids=self._get_param("VolumeIds", []), filters=self._filters_from_querystring()
        )
        return self._page("Volumes", "VolumeIds", volumes)

    def describe_snapshots(self) -> Any:
        snapshots = self.ec2_backend.describe_snapshots(
            snapshot_ids=self._get_param("SnapshotIds", []), filters=self._filters_from_querystring()
        )
        return self._page("Snapshots", "SnapshotIds", snapshots)

    def _page(self, name: str, ids: str, found: list[Any]) -> Any:
        size = self._get_param("MaxResults")
        if size is None:
            return ActionResult({name: found})
        if self._get_param(ids, []):
            raise EC2ClientError(
                "InvalidParameterCombination", f"The parameter {ids} cannot be used with the parameter maxResults"
            )
        if int(size) < 5:
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value greater than 5.",
            )
        start = _offset(self._get_param("NextToken"))
        end = start + min(int(size), 1000)
        page: dict[str, Any] = {name: found[start:end]}
        if end < len(found):
            page["NextToken"] = base64.b64encode(str(end).encode()).decode()
        return ActionResult(page)

    def copy_snapshot(self) -> Any:
        self.error_on_dryrun()
        snapshot = self.ec2_backend.copy_snapshot(
            source_snapshot_id=self._get_param("SourceSnapshotId"),
            source_region=self._get_param("SourceRegion"),
            description=self._get_param("Description"),
            kms_key_id=self._get_param("KmsKeyId"),
            encrypted=self._get_bool_param("Encrypted", False),
        )
        snapshot.add_tags(self._parse_tag_specification().get("snapshot", {}))
        return ActionResult({"SnapshotId": snapshot.id, "Tags": snapshot.tag_set})

    def get_ebs_default_kms_key_id(self) -> Any:
        self.error_on_dryrun()
        return ActionResult({"KmsKeyId": self.ec2_backend.default_key()})

    def reset_ebs_default_kms_key_id(self) -> Any:
        self.error_on_dryrun()
        return ActionResult({"KmsKeyId": self.ec2_backend.modify_ebs_default_kms_key_id("")})


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError) as error:
        raise EC2ClientError("InvalidParameterValue", "The NextToken value is not valid.") from error
