"""What the store answers about one thing or one row; anyone may import them.

Times are whole seconds since 1970-01-01 UTC; None means that the fact does not exist or is not known. Ids of rows
(`id`, `cmk_id`, `place_id`) are the store's own; 0 means *none*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from store.records import UNKNOWN_GENERATION, Counts, Generation, NodeRef, Source, Status

if TYPE_CHECKING:
    from store.harvest import AccountFacts, Alias, CmkFacts, DataKeyFacts, KeyMaterial
    from store.records import Gap
    from store.verdicts import Verdict


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
    generation: Generation = UNKNOWN_GENERATION
    made_at: int | None = None  # the date by which it ages: that of its holder, or of the last proof of a new one
    verdict: Verdict | None = None  # the newest on what it holds, and of when
    verdict_at: int | None = None


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
    grants_at: int = 0


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
