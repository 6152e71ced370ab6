"""The frozen values that cross floors; anyone may import them.

Times are whole seconds since 1970-01-01 UTC; None means that the fact does not exist or is not known, and a
status or reason says which. Ids of rows (`id`, `cmk_id`, `place_id`) are the store's own; 0 means *none*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Level(IntEnum):
    """The levels of placement above a CMK."""

    TENANT = 1
    APPLICATION = 2
    ENVIRONMENT = 3


class Kind(StrEnum):
    """What a node of the hierarchy, or a match of a search, is."""

    TENANT = "tenant"
    APPLICATION = "application"
    ENVIRONMENT = "environment"
    CMK = "cmk"
    DATA_KEY = "data_key"
    UNASSIGNED = "unassigned"


class Source(StrEnum):
    """Where a fact comes from."""

    KMS = "kms"
    SCAN = "scan"
    GRANT = "grant"
    CLOUDTRAIL = "cloudtrail"
    DECLARED = "declared"
    INFERRED = "inferred"


class Granularity(StrEnum):
    """What one data-key row stands for; a bucket is a *group* of data keys, a snapshot a further holder of one."""

    VOLUME = "volume"
    SNAPSHOT = "snapshot"
    BUCKET = "bucket"
    OBJECT = "object"
    SECRET = "secret"  # noqa: S105 - the kind of resource, not one
    FILE = "file"


GROUPS = frozenset({Granularity.BUCKET})
COPIES = frozenset({Granularity.SNAPSHOT})


class Status(StrEnum):
    """One word for a node; the text catalogues name it, the theme colours it.

    The CMK states follow KeyMetadata.KeyState; ROTATING is an on-demand rotation in progress. STALE, FORBIDDEN,
    NOT_APPLICABLE and UNKNOWN are four different things: known but old, AWS refused, cannot exist, never learnt.
    """

    ENABLED = "enabled"
    ROTATING = "rotating"
    DISABLED = "disabled"
    PENDING_DELETION = "pending_deletion"
    PENDING_IMPORT = "pending_import"
    UNAVAILABLE = "unavailable"
    CREATING = "creating"
    UPDATING = "updating"
    ENCRYPTED = "encrypted"
    UNENCRYPTED = "unencrypted"
    AWS_MANAGED = "aws_managed"
    FOREIGN = "foreign"
    EMPTY = "empty"
    NO_CMK = "no_cmk"
    STALE = "stale"
    FORBIDDEN = "forbidden"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    NONE = ""


@dataclass(frozen=True, slots=True, order=True)
class NodeRef:
    """A node's identity; it survives every refresh (row ids of things that stay do not change)."""

    kind: Kind
    id: int


ROOT = NodeRef(Kind.UNASSIGNED, -1)
UNASSIGNED = NodeRef(Kind.UNASSIGNED, 0)


@dataclass(frozen=True, slots=True)
class Counts:
    """What lies under a node: CMKs, data keys of their own (volumes, files, secrets), groups (buckets), copies
    (snapshots: further holders of a volume's data key).
    """

    cmks: int = 0
    data_keys: int = 0
    groups: int = 0
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """One line of the tree. `name` is raw tenant-controlled text; `label` is the whole id (key id, resource id);
    `children` counts direct children; `note` is a text key or ''.
    """

    ref: NodeRef
    name: str
    label: str = ""
    status: Status = Status.NONE
    counts: Counts = Counts()
    children: int = 0
    stale: bool = False
    note: str = ""
    elsewhere: str = ""  # path of the placement that its own tags name, when that is another than its CMK's


@dataclass(frozen=True, slots=True)
class Scope:
    """The branch that a session may see: names as they stand in the tags; application '' means the whole tenant."""

    tenant: str
    application: str = ""


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


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An AWS account that the console knows of; tenant '' is the central one."""

    account_id: str
    name: str = ""
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the estate that a sync reads as a whole or not at all: `what` is 'cmk' or a data-key kind."""

    account_id: str
    region: str
    what: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a sync could not see: which slice, in whose tenant, why (AWS's error code) and its message."""

    part: Slice
    tenant: str = ""
    code: str = ""
    message: str = ""
    since: int = 0


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


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One sync. `state`: running, done, failed, interrupted. `done`/`total` count calls for a progress bar."""

    id: int
    state: str
    started_at: int
    finished_at: int | None = None
    phase: str = ""
    done: int = 0
    total: int = 0
    calls: int = 0
    changed: int = 0
    pid: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Cmk:
    """A CMK as the store knows it, with its place and its badges."""

    id: int
    facts: CmkFacts
    place_id: int
    path: tuple[str, ...]  # tenant, application, environment as far as known
    status: Status
    counts: Counts
    oldest_data_key: int | None
    stale: bool
    materials: tuple[KeyMaterial, ...] = ()
    aliases: tuple[Alias, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    rotation_last: int | None = None
    rotation_last_type: str = ""
    on_demand_used: int = 0


@dataclass(frozen=True, slots=True)
class DataKey:
    """A holder of a data key as the store knows it: under which CMK (id 0: none of ours), placed where."""

    id: int
    facts: DataKeyFacts
    cmk_id: int
    place_id: int
    path: tuple[str, ...]  # placement by its own tags
    stale: bool
    cmk_name: str = ""
    cmk_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """All that the store knows of a tenant, an application, an environment, or (UNASSIGNED) of what has no place.

    `places`, `own_cmks` and `loose` (data keys under no CMK of ours) are its direct children, `counts` all below.
    Dates in epoch seconds over the CMKs below: the last and the coming HBK rotation, the oldest data key.
    """

    ref: NodeRef
    path: tuple[str, ...]
    status: Status
    source: Source
    declared: bool
    counts: Counts
    places: int
    own_cmks: int
    loose: int
    stale: bool
    accounts: tuple[AccountFacts, ...] = ()  # a tenant's
    gaps: tuple[Gap, ...] = ()  # in the tenant above
    rotation_last: int | None = None
    rotation_next: int | None = None
    oldest_data_key: int | None = None
    read_at: int = 0  # when the oldest read part of it was last read whole


class KnownCmk(NamedTuple):
    """What a sync asks of a CMK before it decides which facets to read again."""

    current_material: str
    metadata_at: int
    rotation_at: int
    materials_at: int
    policy_at: int
    state: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A match of a search: `matched` is the word that matched, `path` the names above it."""

    ref: NodeRef
    name: str
    label: str = ""
    path: tuple[str, ...] = ()
    status: Status = Status.NONE
    matched: str = ""


@dataclass(frozen=True, slots=True)
class Rotation:
    """One HBK date of one CMK: past (`date` of a material) or coming (`rotation_next`).

    `rotation_type`: AUTOMATIC, ON_DEMAND, CREATED (the first HBK) or SCHEDULED (coming). `note` is a text key:
    why a coming date does not hold (paused: disabled; overdue; off; not applicable; pending deletion) or ''.
    """

    cmk_id: int
    key_id: str
    name: str
    path: tuple[str, ...]
    date: int | None
    rotation_type: str
    material_id: str = ""
    generation: int = 0
    note: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """What the banner and an empty explorer need: ages, sizes, gaps."""

    counts: Counts = Counts()
    tenants: int = 0
    last_sync: SyncRun | None = None
    running: SyncRun | None = None
    gaps: tuple[Gap, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value on a sheet. `label` is a text key; `form` tells how to show `value`:

    text (raw, hostile), key (an id or ARN that can be copied), status, date (epoch seconds), days, count, flag,
    textkey (the value is itself a text key, with `values`). `source`, `at` (epoch seconds when it was read) and
    `why` (text key of the rule behind it) answer *why is this so*.
    """

    label: str
    value: str | int | bool | None
    form: str = "text"
    values: tuple[tuple[str, str | int], ...] = ()
    source: Source = Source.KMS
    at: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All facts of one node, in sections (text key of the heading, facts), with its path and a raw form for `y`."""

    ref: NodeRef
    path: tuple[str, ...]
    name: str
    status: Status
    sections: tuple[tuple[str, tuple[Fact, ...]], ...]
    raw: str  # JSON
    copies: tuple[tuple[str, str], ...] = ()  # (text key, value) for the copy menu: ARN, id, alias, path
