"""What grants and CloudTrail tell of the use of a CMK: frozen values, and which source is believed first.

Times are whole seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

from store.records import Granularity, Source

UNWRAPS = "ReEncryptFrom"
"""The operation, as IAM names it, by which a data key leaves a CMK."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What a use was for, as its encryption context names it.

    `resource_id` is as a scan would spell it, and the only one of its kind in a Region: a bare id where AWS never
    gives the same one twice (vol-…, a bucket), else an ARN. `account_id` is '' where the context does not tell it.
    """

    kind: str
    granularity: Granularity
    resource_id: str
    account_id: str = ""
    arn: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One use of a CMK for one resource, seen in a grant or in an event of CloudTrail.

    `material_id` is the HBK that wraps the data key from this moment on (`wraps`: GenerateDataKey…, Encrypt, the
    target of ReEncrypt) or that was found to wrap it (Decrypt); '' where nobody says.
    """

    cmk_arn: str
    resource: Resource
    account_id: str
    region: str
    at: int
    operation: str
    source: Source = Source.CLOUDTRAIL
    material_id: str = ""
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class GrantsRead:
    """The grants of one CMK, all of them, as they were at a moment."""

    cmk_arn: str
    at: int
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one source knows of one resource: from when to when it was seen, doing what, under which HBK.

    `generation` is that of the newest HBK that was named (at `material_at`), 0 where none was or it is not ours.
    """

    source: Source
    first_at: int
    last_at: int
    operation: str = ""
    generation: int = 0
    material_at: int | None = None


@dataclass(frozen=True, slots=True)
class TrailFile:
    """A file of events that was read whole: where it stands, and what tells whether it is still the same."""

    name: str
    size: int
    mark: str
