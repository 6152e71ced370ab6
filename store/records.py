"""The frozen values that cross floors; anyone may import them.

Times are whole seconds since 1970-01-01 UTC; None means that the fact does not exist or is not known, and a
status or reason says which. Ids of rows (`id`, `cmk_id`, `place_id`) are the store's own; 0 means *none*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.verdicts import Verdict


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
    EVIDENCE = "evidence"


class Granularity(StrEnum):
    """What one data-key row stands for; a bucket is a *group* of data keys, a snapshot a further holder of one."""

    VOLUME = "volume"
    SNAPSHOT = "snapshot"
    BUCKET = "bucket"
    OBJECT = "object"
    SECRET = "secret"  # noqa: S105 - the kind of resource, not one
    FILE = "file"
    DATABASE = "database"
    FILESYSTEM = "filesystem"
    TABLE = "table"
    RESOURCE = "resource"  # anything else that names itself when it uses a CMK


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
class Generation:
    """The HBK that wraps a data key, counted from 1: from `first` to `last`, the same where it is one; 0: unknown.

    `exact` where an event named it, else inferred from dates. `newest` is the CMK's current one (0: unknown).
    """

    first: int = 0
    last: int = 0
    exact: bool = False
    newest: int = 0


UNKNOWN_GENERATION = Generation()


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
    generation: Generation = UNKNOWN_GENERATION  # a data key's
    verdict: Verdict | None = None  # the newest on a data key, and of when
    verdict_at: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The branch that a session may see: names as they stand in the tags; application '' means the whole tenant."""

    tenant: str
    application: str = ""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the estate that a sync reads as a whole or not at all: `what` is 'cmk' or a data-key kind."""

    account_id: str
    region: str
    what: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a sync could not see: which slice, in whose tenant, why (AWS's error code) and its message.

    `shut`: not for what the slice is, but because the whole account cannot be entered.
    """

    part: Slice
    tenant: str = ""
    code: str = ""
    message: str = ""
    since: int = 0
    shut: bool = False


def unseen(gaps: Iterable[Gap]) -> int:
    """How many things these gaps are to a person: an account that is shut is one, whatever was to be read in it."""
    return len({gap.part.account_id if gap.shut else gap.part for gap in gaps})


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
class Taken:
    """The snapshot that a store holds: whose (`tenant` '' is the whole estate), by which key, when made and taken."""

    tenant: str
    sequence: int
    made_at: int
    taken_at: int
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the banner and an empty explorer need: ages, sizes, gaps."""

    counts: Counts = Counts()
    tenants: int = 0
    last_sync: SyncRun | None = None
    running: SyncRun | None = None
    gaps: tuple[Gap, ...] = field(default_factory=tuple)
    taken: Taken | None = None  # where no sync fills the store
