"""What happens to the holders of data keys when something happens to their CMK: the values that cross floors.

Durations are whole seconds, counted from the act; moments are epoch seconds UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.records import Counts, Source, Status


class Scenario(StrEnum):
    """What somebody may want to do to a CMK."""

    DISABLE = "disable"
    DELETE = "delete"
    ROTATE = "rotate"
    REPLACE = "replace"
    POLICY = "policy"


class When(StrEnum):
    """When a holder fails; in order of urgency.

    GRANTED: not as long as its grant lives. RETIRED: not before the old CMK is switched off. UNKNOWN is no rule of
    ours, and not the same as NEVER.
    """

    ALREADY = "already"
    NOW = "now"
    CACHED = "cached"
    AFTER = "after"
    SOON = "soon"
    NEXT_ATTACH = "next_attach"
    NEXT_RESTORE = "next_restore"
    UNKNOWN = "unknown"
    GRANTED = "granted"
    RETIRED = "retired"
    NEVER = "never"


URGENCY = {when: rank for rank, when in enumerate(When)}
HARMLESS = frozenset({When.GRANTED, When.RETIRED, When.NEVER})
"""What does not fail by the act alone."""


@dataclass(frozen=True, slots=True, order=True)
class Form:
    """What a rule looks at: kind of service, granularity, and one trait where it makes a difference.

    Traits: a volume is `attached`, `detached` or '' (not known); a bucket `bucket_key`, `no_bucket_key` or ''.
    """

    kind: str
    granularity: str
    trait: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """What one scenario does to one form. `seconds`: how long until it fails (AFTER), `final`: until it is lost.

    `reason` and `todo` are text keys, `source` names the documentation; `confirmed` False: not proven by it.
    """

    when: When
    reason: str
    todo: str
    source: str
    seconds: int | None = None
    final: int | None = None
    confirmed: bool = True

    @property
    def urgency(self) -> tuple[int, int]:
        return URGENCY[self.when], self.seconds or 0


@dataclass(frozen=True, slots=True)
class Tally:
    """So many holders of one form, of one place (0: none), as the store counts them."""

    form: Form
    place_id: int
    path: tuple[str, ...]
    hidden: bool
    count: int
    stale: int


@dataclass(frozen=True, slots=True)
class Holder:
    """One holder of a data key; `path` is its own placement, () and without a name where it is not for these eyes."""

    id: int
    form: Form
    resource_id: str
    name: str
    account_id: str
    region: str
    path: tuple[str, ...]
    hidden: bool
    status: Status
    source: Source
    created_at: int | None
    seen_at: int
    stale: bool


@dataclass(frozen=True, slots=True)
class EffectRow:
    """A holder, and what the scenario does to it."""

    holder: Holder
    effect: Effect
    away: bool  # its own placement is another than its CMK's

    @property
    def id(self) -> int:
        return self.holder.id


@dataclass(frozen=True, slots=True)
class Moment:
    """So many holders that fail at the same time."""

    when: When
    seconds: int | None
    count: int


@dataclass(frozen=True, slots=True)
class PlaceEffects:
    """One environment (or a place above, where tags say no more): what of it is touched, and when."""

    path: tuple[str, ...]
    hidden: bool
    away: bool
    counts: Counts
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Blast:
    """What one scenario does to everything under one CMK. `undo` is a text key, `until` the deletion date if set."""

    cmk_id: int
    key_id: str
    arn: str
    name: str
    path: tuple[str, ...]
    status: Status
    scenario: Scenario
    until: int | None
    counts: Counts
    moments: tuple[Moment, ...]
    groups: tuple[PlaceEffects, ...]
    undo: str
    unconfirmed: int  # holders whose moment is not confirmed
    stale: int  # holders that the last sync could not see again

    @property
    def environments(self) -> int:
        return sum(len(group.path) == 3 for group in self.groups)

    @property
    def earliest(self) -> Moment | None:
        """The first moment at which something fails; None when nothing does by this act alone."""
        failing = [moment for moment in self.moments if moment.when not in HARMLESS]
        return failing[0] if failing else None


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to call: a tenant with what the settings say of it ('' where nothing), or the service itself."""

    tenant: str
    contact: str
