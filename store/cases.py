"""What rules look at and what they say: the frozen values between the store and the rules; anyone may import them.

Times are whole seconds since 1970-01-01 UTC; ids are the store's own, 0 means *none*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.faults import Severity
    from store.records import NodeRef


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is placed: the deepest place, its tenant and its application."""

    place_id: int = 0
    tenant_id: int = 0
    application_id: int = 0


NOWHERE = Spot()


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule broken by one subject.

    `own` is where the subject belongs (who may see it), `home` where the tree shows it. `cmk_id` is the CMK that it
    is or stands under. `detail` tells apart two faults of one rule and subject. Where `expected_place` or
    `found_place` is set, its path stands for `expected` or `found`. `others` are further places that it touches.
    It holds from `begins` on, and must be looked at again at `again`.
    """

    rule: str
    severity: Severity
    ref: NodeRef
    own: Spot
    home: Spot
    cmk_id: int = 0
    detail: str = ""
    expected: str = ""
    found: str = ""
    expected_place: int = 0
    found_place: int = 0
    others: tuple[int, ...] = ()
    values: tuple[tuple[str, str | int], ...] = ()
    since: int | None = None
    begins: int = 0
    again: int | None = None


@dataclass(frozen=True, slots=True)
class PlaceCase:
    """A place, with the CMKs placed right in it, and the data keys there that are under no CMK of ours."""

    id: int
    parent_id: int
    level: int
    name: str
    spot: Spot
    own_cmks: int = 0


@dataclass(frozen=True, slots=True)
class CmkCase:
    """A CMK as the rules see it. `holders` counts everything under it; `data_class` is the value of its tag.

    `oldest` is the date of its oldest data key, None where there is none or it is not known.
    """

    id: int
    arn: str
    key_id: str
    account_id: str
    state: str
    key_spec: str
    origin: str
    manager: str
    multi_region: str
    rotation_enabled: bool | None
    rotation_next: int | None
    rotation_started: int | None
    rotation_at: int
    deletion_at: int | None
    created_at: int | None
    spot: Spot
    place_source: str
    place_reason: str
    holders: int
    oldest: int | None
    aliases: tuple[str, ...] = ()
    data_class: str = ""


@dataclass(frozen=True, slots=True)
class StrayCase:
    """Holders of one data key that belong to another place than the CMK they stand under.

    `id` is the data key's first holder, `number` how many there are; `home` is the CMK's place. `own_data`: the
    place they belong to has data keys under CMKs of its own.
    """

    id: int
    cmk_id: int
    own: Spot
    level: int
    own_cmks: int
    own_data: bool
    home: Spot
    number: int
    born: int | None
    account_id: str


@dataclass(frozen=True, slots=True)
class LooseCase:
    """Holders of one data key under no CMK of ours; `status` says what they are under.

    `whole`: the keys of the account that `key_ref` names were all read, so that one that is not there is gone.
    """

    id: int
    own: Spot
    status: str
    granularity: str
    key_ref: str
    number: int
    born: int | None
    whole: bool


@dataclass(frozen=True, slots=True)
class MistaggedCase:
    """A holder whose tags contradict the account that it is in."""

    id: int
    own: Spot
    home: Spot
    cmk_id: int
    born: int | None


@dataclass(frozen=True, slots=True)
class BareCase:
    """An environment without CMK whose data keys are under other keys: how many holders, the oldest of `born`."""

    place_id: int
    own: Spot
    number: int
    born: int | None


@dataclass(frozen=True, slots=True)
class LineageCase:
    """Volumes and snapshots that share one data key; `id` is the first of them."""

    id: int
    data_key_id: str
    cmk_id: int
    own: Spot
    home: Spot
    volumes: int
    snapshots: int
    born: int | None


@dataclass(frozen=True, slots=True)
class AgedCase:
    """Data keys under one CMK that are older than its limit allows; `next_at` is the date of the next one to be.

    `tried` is the newest verdict on one of them, '' for none: one that proves nothing, else it would not be so old.
    """

    cmk_id: int
    number: int
    next_at: int | None
    tried: str = ""
    tried_at: int = 0


@dataclass(frozen=True, slots=True)
class GapCase:
    """What could not be seen of one account: AWS's codes, the parts, how many of them, since when."""

    account_id: str
    tenant: str
    tenant_id: int
    codes: str
    parts: str
    number: int
    since: int
