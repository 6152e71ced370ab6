"""Whether anything still uses a CMK: every witness heard, each with the age of what it says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from console.aws import cmk_making
from console.aws.kms import list_grants
from console.aws.refusals import AwsRefusal
from console.services.catalog import Catalog
from console.services.grants import holder_of
from store.findings import Findings, Wanted
from store.records import Kind, NodeRef
from store.syncs import Syncs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.settings import Settings
    from console.workflow.views import RunView
    from store.database import Store
    from store.run_records import Json

WEEK = 7 * 86_400

SHOWN = 5
"""Things named of those that stand in the way."""

ASTRAY = ("dk_", "cmk_shared", "environment_elsewhere")
"""Findings, by how their rule begins, that say that data stands under a CMK."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One check: its name (a text key `replacement.use.NAME`), whether it stands in the way, what it names, of how
    many, and the moment (epoch seconds) of what it knows; None: it knows nothing.
    """

    name: str
    blocks: bool
    what: tuple[str, ...] = ()
    number: int = 0
    at: int | None = None


def told(found: list[Witness]) -> list[Json]:
    """As an output keeps them."""
    return [{**asdict(one), "what": list(one.what)} for one in found]


@dataclass(frozen=True)
class Hearing:
    """Hears of one CMK. `client` is KMS of its own account; `since` is when the last data was moved off it."""

    store: Store
    settings: Settings
    client: Any
    arn: str
    since: int
    now: int

    def all(self) -> list[Witness]:
        """Live first, then what the cache knows."""
        return [self.grants(), self.last_use(), self.data_keys(), self.read_since(), self.events(), self.findings()]

    def grants(self) -> Witness:
        """ListGrants: whoever holds it open now."""
        try:
            held = list(list_grants(self.client, self.arn))
        except AwsRefusal as refusal:
            return Witness("grants", blocks=True, what=(refusal.code,))
        named = tuple(holder_of(grant) for grant in held)
        return Witness("grants", bool(held), named[:SHOWN], len(held), self.now)

    def last_use(self) -> Witness:
        """GetKeyLastUsage: a successful use after the last data was moved."""
        try:
            used = cmk_making.last_use(self.client, self.arn)
        except AwsRefusal as refusal:
            return Witness("last_use", blocks=True, what=(refusal.code,))
        late = used is not None and used[1] > self.since
        return Witness("last_use", late, (used[0],) if used else (), int(late), used[1] if used else self.now)

    def data_keys(self) -> Witness:
        """The cache: whatever a scan, a grant or an event put under it."""
        cmks = Catalog(self.store, self.settings).cmks
        ids = [cmk.id for cmk in cmks.by_key(self.arn)]
        number = sum(cmks.count_data_keys(id_) for id_ in ids)
        rows = [row for id_ in ids for row in cmks.data_keys(id_, 0, SHOWN)]
        named = tuple(row.facts.name or row.facts.resource_id for row in rows)[:SHOWN]
        return Witness("data_keys", bool(rows), named, max(number, len(rows)), self._read_at())

    def read_since(self) -> Witness:
        """A cache of before the moves proves nothing of after, and neither do accounts that could not be read."""
        read = self._read_at()
        gaps = Syncs(self.store).gaps()
        mine = {cmk.path[0] for cmk in Catalog(self.store, self.settings).cmks.by_key(self.arn) if cmk.path}
        blind = tuple(f"{gap.part.account_id} {gap.part.what}" for gap in gaps if gap.tenant in mine)
        late = read is None or read < self.since
        return Witness("read", late or bool(blind), blind[:SHOWN], len(blind), read)

    def events(self) -> Witness:
        """CloudTrail: uses after the last data was moved; where no event was ever read it is not heard, and says so."""
        newest, named, number = Catalog(self.store, self.settings).sightings.uses(self.arn, self.since, SHOWN)
        return Witness("events", bool(number), named, number, newest)

    def findings(self) -> Witness:
        """What the console found amiss with data under it."""
        cmks = Catalog(self.store, self.settings).cmks.by_key(self.arn)
        found = [
            each
            for cmk in cmks
            for each in Findings(self.store).window(Wanted(within=NodeRef(Kind.CMK, cmk.id), acknowledged=True))
            if each.rule.startswith(ASTRAY)
        ]
        named = tuple(each.name for each in found)[:SHOWN]
        return Witness("findings", bool(found), named, len(found), Findings(self.store).judged_at())

    def _read_at(self) -> int | None:
        done = Syncs(self.store).health().done
        return done.started_at if done else None


def since_of(views: Iterable[RunView], arn: str, now: int) -> int:
    """Since when nothing should use a CMK: when the run that replaces it had moved everything, else a week ago."""
    done = [
        int(step.record.output["at"])
        for view in views
        for step in view.steps
        if view.run.facts.get("old") == arn and step.name == "move" and step.record.output
    ]
    return max(done, default=now - WEEK)
