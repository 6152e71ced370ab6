"""What one console passes on to another: a branch of the estate as frozen values; anyone may import them.

Times are whole seconds since 1970-01-01 UTC. Nothing in here is an id of a row: the other store has its own.
"""

from __future__ import annotations

from dataclasses import dataclass

# Real imports: readers of these records look their types up at run time.
from store.harvest import AccountFacts, CmkFacts, DataKeyFacts, Placement  # noqa: TC001
from store.records import Gap, Granularity, Source  # noqa: TC001
from store.verdicts import Verdict  # noqa: TC001


@dataclass(frozen=True, slots=True)
class SliceRead:
    """When a part of the estate was last read whole; `what` is 'cmk', a facet of CMKs, or a kind of data key."""

    account_id: str
    region: str
    what: str
    read_at: int


@dataclass(frozen=True, slots=True)
class SightingTold:
    """What one source last saw of one resource under one CMK, as `sighting` keeps it."""

    resource_id: str
    kind: str
    region: str
    cmk_arn: str
    source: Source
    granularity: Granularity
    account_id: str
    arn: str
    name: str
    first_at: int
    last_at: int
    operation: str
    material_id: str
    material_at: int | None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding is about, without ids: a place by its path, a CMK by its ARN, or a data key by its resource."""

    path: tuple[str, ...] = ()
    cmk: str = ""
    resource: tuple[str, ...] = ()  # resource id, account, Region, kind


@dataclass(frozen=True, slots=True)
class FindingTold:
    """A finding as the publisher's rules saw it, with what is not for the reader's eyes left out."""

    rule: str
    severity: int
    subject: Subject
    own: tuple[str, ...] = ()
    home: tuple[str, ...] = ()
    cmk: str = ""
    detail: str = ""
    expected: str = ""
    found: str = ""
    expected_path: tuple[str, ...] = ()
    found_path: tuple[str, ...] = ()
    others: tuple[tuple[str, ...], ...] = ()
    values: tuple[tuple[str, str | int], ...] = ()
    since: int | None = None
    begins: int = 0
    first_seen: int = 0


@dataclass(frozen=True, slots=True)
class VerdictTold:
    """A verdict as `store.verdicts.Judged`; of the evidence the plain values, and nothing of who ran it.

    `was_made` is the date by which what held the data before aged.
    """

    run_id: str
    kind: str
    resource_id: str
    account_id: str
    region: str
    was: str
    route: str
    verdict: Verdict
    reason: str
    cmk: str
    at: int
    tenant: str = ""
    application: str = ""
    facts: tuple[tuple[str, str | int | bool], ...] = ()
    was_made: int | None = None


@dataclass(frozen=True, slots=True)
class Extract:
    """A branch of the estate; `tenant` '' is the whole of it. In a stable order, so that the same is the same."""

    tenant: str
    accounts: tuple[AccountFacts, ...] = ()
    declared: tuple[Placement, ...] = ()
    cmks: tuple[CmkFacts, ...] = ()
    data_keys: tuple[DataKeyFacts, ...] = ()
    sightings: tuple[SightingTold, ...] = ()
    findings: tuple[FindingTold, ...] = ()
    slices: tuple[SliceRead, ...] = ()
    gaps: tuple[Gap, ...] = ()
    verdicts: tuple[VerdictTold, ...] = ()


BEYOND = "(…)"
"""The tenant under which a snapshot places what is somebody else's: data keys under the tenant's CMKs."""
