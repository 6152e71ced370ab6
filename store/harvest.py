"""What a sync brings in: the frozen values that go into the store; anyone may import them.

Times are whole seconds since 1970-01-01 UTC; None means that the fact does not exist or is not known. Ids of rows
(`id`, `cmk_id`, `place_id`) are the store's own; 0 means *none*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.records import Gap, Granularity, Slice, Source, Status

if TYPE_CHECKING:
    from store.traces import GrantsRead


@dataclass(frozen=True, slots=True)
class Placement:
    """Where tags, an alias pattern or a declaration put something; '' where that level is not named."""

    tenant: str = ""
    application: str = ""
    environment: str = ""
    source: Source = Source.KMS
    reason: str = ""  # text key that says why it is not (wholly) placed, else ''


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """One HBK generation (ListKeyRotations entry). The first one has neither date nor type of rotation:
    its date is the CMK's creation and `rotation_type` is ''. `state`: CURRENT, NON_CURRENT, PENDING_ROTATION …
    """

    material_id: str
    date: int | None
    rotation_type: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """ListAliases entry. `name` begins with 'alias/'."""

    name: str
    arn: str = ""
    created_at: int | None = None
    updated_at: int | None = None


@dataclass(frozen=True, slots=True)
class CmkFacts:
    """All that a sync learns of one CMK.

    Lists that are None were not read this time: what the store knows stays. `*_at` say when each facet was read
    (0: never). From DescribeKey, GetKeyRotationStatus, ListKeyRotations, ListAliases, GetKeyPolicy and tags.
    """

    key_id: str
    arn: str
    account_id: str
    region: str
    placement: Placement
    state: str = ""  # KeyState as AWS spells it
    description: str = ""
    created_at: int | None = None
    deletion_at: int | None = None
    key_spec: str = ""
    key_usage: str = ""
    origin: str = ""
    manager: str = ""
    multi_region: str = ""  # '', PRIMARY, REPLICA
    current_material: str = ""
    rotation_enabled: bool | None = None
    rotation_period: int | None = None  # days
    rotation_next: int | None = None
    rotation_started: int | None = None  # an on-demand rotation in progress
    materials: tuple[KeyMaterial, ...] | None = None
    aliases: tuple[Alias, ...] | None = None
    tags: tuple[tuple[str, str], ...] | None = None
    policy: str | None = None
    metadata_at: int = 0
    rotation_at: int = 0
    materials_at: int = 0
    policy_at: int = 0
    stale: bool = False  # who published it knew it so, and could not see it any more


@dataclass(frozen=True, slots=True)
class DataKeyFacts:
    """One resource that holds a data key (or a group of them), as a scan of the tenant's account tells it.

    `key_ref` is the CMK as the resource names it (ARN, or '' when unencrypted); `data_key_id` is the lineage
    (DescribeSnapshots.DataEncryptionKeyId) where AWS tells it. `detail` holds kind-specific plain values.
    """

    kind: str
    granularity: Granularity
    resource_id: str
    account_id: str
    region: str
    placement: Placement
    name: str = ""
    arn: str = ""
    key_ref: str = ""
    status: Status = Status.ENCRYPTED
    data_key_id: str = ""
    created_at: int | None = None
    source: Source = Source.SCAN
    seen_at: int = 0
    detail: tuple[tuple[str, str], ...] = ()
    stale: bool = False  # as of a CMK


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An AWS account that the console knows of; tenant '' is the central one."""

    account_id: str
    name: str = ""
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class ObjectRead:
    """An object whose beginning was read: `mark` tells whether it is still the same, `told` what it said."""

    key: str
    mark: str
    told: str


@dataclass(frozen=True, slots=True)
class PrefixRead:
    """A prefix (`s3://bucket/prefix`) that was listed: objects read anew, and keys that are not there any more."""

    place: str
    read: tuple[ObjectRead, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Harvest:
    """What one sync brings in, merged in one transaction.

    Rows of a slice in `complete` that are not in the harvest are gone from AWS and are removed; rows of a slice in
    `gaps` stay as they were, marked stale. `declared` are placements named by settings, that exist without keys.
    """

    accounts: tuple[AccountFacts, ...] = ()
    declared: tuple[Placement, ...] = ()
    cmks: tuple[CmkFacts, ...] = ()
    data_keys: tuple[DataKeyFacts, ...] = ()
    complete: frozenset[Slice] = frozenset()
    gaps: tuple[Gap, ...] = ()
    grants: tuple[GrantsRead, ...] = ()
    prefixes: tuple[PrefixRead, ...] = ()
