"""Tags in bulk. Operation: tag:GetResources, a hundred resources a call."""

from __future__ import annotations

from typing import Any

from console.aws.session import pages


def tags_of(client: Any, kind: str) -> dict[str, dict[str, str]]:
    """ARN to tags, for every resource of this type (`kms:key`, `s3`) that has, or ever had, a tag."""
    found = pages(client, "get_resources", "ResourceTagMappingList", 100, ResourceTypeFilters=[kind])
    return {entry["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in entry.get("Tags", ())} for entry in found}
