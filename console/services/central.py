"""Reading the CMKs of the central account in one Region, asking no more than what may have changed."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from console.aws import cloudtrail, kms, tagging
from console.aws.refusals import AwsRefusal
from console.services import answers, grants
from console.services.reading import Reading
from store.harvest import CmkFacts, Placement
from store.records import Gap, Slice
from store.traces import GrantsRead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Executor

    from console.aws.session import Account
    from console.services.placement import Placer
    from console.services.progress import Meter
    from store.answers import KnownCmk
    from store.harvest import Alias

T = TypeVar("T")
R = TypeVar("R")

HOUR = 3600
OVERLAP = HOUR // 2
"""CloudTrail may deliver an event a quarter of an hour late; we look back twice that."""

SETTLED = 300
"""KMS may show a change several minutes late: what was read within this time of an event is read again."""

ROTATION_EVENTS = ("EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand")
POLICY_EVENTS = ("PutKeyPolicy",)
"""Changes that nothing in DescribeKey betrays. RotateKey shows as another CurrentKeyMaterialId, EnableKey and
CancelKeyDeletion as another state, so they need no look-up (two a second is all that CloudTrail gives)."""

FACETS = (
    "cmk.metadata", "cmk.rotation", "cmk.materials", "cmk.policy", "cmk.aliases", "cmk.tags", "cmk.grants",
    "cmk.events",
)  # fmt: skip
"""Parts of a CMK that AWS may refuse one by one; a refusal is a gap of that name, and the rest is read."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of a Region is asked.

    `max_age` is seconds after which rotation and policy are read anyway, `grants_age` those after which grants are,
    one call a CMK; None: never.
    """

    now: int
    max_age: int
    full: bool = False
    grants_age: int | None = None


class Region:
    """One reading. `pool` does the asking; `meter` counts the keys."""

    def __init__(
        self,
        account: Account,
        region: str,
        known: Mapping[str, KnownCmk],
        plan: Plan,
        pool: Executor,
        meter: Meter,
    ) -> None:
        self._account = account
        self._region = region
        self._known = known
        self._plan = plan
        self._pool = pool
        self._meter = meter
        self._client = account.client("kms", region)
        self._refused: dict[str, list[AwsRefusal]] = defaultdict(list)
        self._grants: list[GrantsRead] = []

    def read(self, placer: Placer) -> Reading:
        """All customer keys; AWS managed ones are not stored.

        Raises:
            AwsRefusal: the keys, or no key's tags, could not be read: what is known had better stay as it is.
            ConsoleError: no credentials or no network.
        """
        keys = self._pool.submit(kms.list_keys, self._client)
        aliases = self._pool.submit(self._aliases)
        tags = self._pool.submit(self._bulk_tags)
        events = self._events()
        changes = [self._pool.submit(self._changed, name) for name in events]
        managed = {key for key, alias in aliases.result() or () if alias.name.startswith("alias/aws/")}
        wanted = [(key, arn) for key, arn in keys.result() if key not in managed]
        self._meter.expect(len(wanted) + len(events))
        found = self._each(self._key, wanted)
        found = self._updated(found, [change.result() for change in changes])
        cmks = tuple(self._placed(found, aliases.result(), tags.result(), placer))
        complete, gaps = self._verdict()
        return Reading(cmks, grants=tuple(self._grants), complete=complete, gaps=gaps)

    # -- what betrays a change -----------------------------------------------------------------------------------

    def _events(self) -> tuple[str, ...]:
        """None when all is read anyway."""
        last = self._last()
        if self._plan.full or not last or self._plan.now - last > self._plan.max_age:
            return ()
        return ROTATION_EVENTS + POLICY_EVENTS

    def _last(self) -> int:
        return max((known.metadata_at for known in self._known.values()), default=0)

    def _changed(self, event: str) -> tuple[str, Mapping[str, int]]:
        client = self._account.client("cloudtrail", self._region)
        try:
            return event, cloudtrail.latest(client, event, self._last() - OVERLAP)
        except AwsRefusal as refusal:
            self._refused["cmk.events"].append(refusal)
            return event, {}
        finally:
            self._meter.step()

    def _updated(self, found: list[CmkFacts], changes: Iterable[tuple[str, Mapping[str, int]]]) -> list[CmkFacts]:
        """The same facts, with those read again that an event touched after they were last read."""
        latest: dict[str, dict[str, int]] = {"cmk.rotation": {}, "cmk.policy": {}}
        for event, moments in changes:
            newest = latest["cmk.policy" if event in POLICY_EVENTS else "cmk.rotation"]
            for key, moment in moments.items():
                newest[key] = max(moment, newest.get(key, 0))
        touched = [facts for facts in found if any(facts.key_id in newest for newest in latest.values())]
        again = {
            facts.arn: facts for facts in self._each(lambda facts: self._again(facts, latest), touched, ticks=False)
        }
        return [again.get(facts.arn, facts) for facts in found]

    def _again(self, facts: CmkFacts, latest: Mapping[str, Mapping[str, int]]) -> CmkFacts:
        known = self._known.get(facts.arn)
        if known is None:
            return facts
        if not facts.rotation_at and latest["cmk.rotation"].get(facts.key_id, 0) > known.rotation_at - SETTLED:
            facts = self._rotation(facts)
        if not facts.policy_at and latest["cmk.policy"].get(facts.key_id, 0) > known.policy_at - SETTLED:
            facts = self._policy(facts)
        return facts

    # -- one key -------------------------------------------------------------------------------------------------

    def _key(self, key: tuple[str, str]) -> CmkFacts | None:
        """One key as far as AWS tells it; None for one that is gone, or AWS's own."""
        blank = CmkFacts(key[0], key[1], self._account.account_id, self._region, Placement())
        try:
            metadata = kms.describe_key(self._client, key[0])
        except AwsRefusal as refusal:
            if refusal.code == "NotFoundException":
                return None
            self._refused["cmk.metadata"].append(refusal)
            return blank
        if metadata.get("KeyManager") == "AWS":
            return None
        return self._details(answers.described(blank, metadata, self._plan.now), rotates=kms.rotates(metadata))

    def _details(self, facts: CmkFacts, *, rotates: bool) -> CmkFacts:
        known = None if self._plan.full else self._known.get(facts.arn)
        material = known is None or known.current_material != facts.current_material
        changed = material or known is None or known.state != facts.state
        if rotates and (changed or known is None or self._old(known.rotation_at)):
            facts = self._rotation(facts)
        if rotates and (material or known is None or not known.materials_at):
            facts = self._materials(facts)
        if known is None or self._old(known.policy_at):
            facts = self._policy(facts)
        if facts.key_spec == kms.SYMMETRIC:
            self._read_grants(facts, known.grants_at if known else 0)
        return facts

    def _read_grants(self, facts: CmkFacts, before: int) -> None:
        """Who holds a grant on a key: no event betrays it for all, so age alone decides."""
        age, now = self._plan.grants_age, self._plan.now
        if age is None or now - before <= age:
            return
        listed = self._facet("cmk.grants", lambda: list(kms.list_grants(self._client, facts.key_id)), None)
        if listed is not None:
            found = grants.sightings(facts.arn, self._region, listed, now)
            self._grants.append(GrantsRead(facts.arn, now, found))

    def _old(self, read_at: int) -> bool:
        return self._plan.now - read_at > self._plan.max_age

    def _rotation(self, facts: CmkFacts) -> CmkFacts:
        def read() -> CmkFacts:
            return answers.rotation(facts, kms.rotation_status(self._client, facts.key_id), self._plan.now)

        return self._facet("cmk.rotation", read, facts)

    def _materials(self, facts: CmkFacts) -> CmkFacts:
        def read() -> CmkFacts:
            found = kms.list_rotations(self._client, facts.key_id)
            return replace(facts, materials=found, materials_at=self._plan.now)

        return self._facet("cmk.materials", read, facts)

    def _policy(self, facts: CmkFacts) -> CmkFacts:
        def read() -> CmkFacts:
            return replace(facts, policy=kms.key_policy(self._client, facts.key_id), policy_at=self._plan.now)

        return self._facet("cmk.policy", read, facts)

    def _facet(self, name: str, read: Callable[[], T], otherwise: R) -> T | R:
        try:
            return read()
        except AwsRefusal as refusal:
            self._refused[name].append(refusal)
            return otherwise

    # -- aliases, tags, placement --------------------------------------------------------------------------------

    def _aliases(self) -> list[tuple[str, Alias]] | None:
        return self._facet("cmk.aliases", lambda: kms.list_aliases(self._client), None)

    def _bulk_tags(self) -> Mapping[str, Mapping[str, str]] | None:
        client = self._account.client("resourcegroupstaggingapi", self._region)
        try:
            return tagging.tags_of(client, "kms:key")
        except AwsRefusal as refusal:
            if not refusal.denied:
                raise
            return None  # key by key then

    def _tags(
        self, found: list[CmkFacts], bulk: Mapping[str, Mapping[str, str]] | None
    ) -> Mapping[str, Mapping[str, str] | None]:
        """Tags by ARN; None for a key whose tags are refused."""
        if bulk is not None:
            return {facts.arn: bulk.get(facts.arn, {}) for facts in found}
        read = dict(self._each(self._tags_of, found, ticks=False))
        refused = self._refused["cmk.tags"]
        if self._known and refused and len(refused) == len(read):
            raise refused[0]
        return read

    def _tags_of(self, facts: CmkFacts) -> tuple[str, Mapping[str, str] | None]:
        return facts.arn, self._facet("cmk.tags", lambda: kms.list_tags(self._client, facts.key_id), None)

    def _placed(
        self,
        found: list[CmkFacts],
        listed: list[tuple[str, Alias]] | None,
        bulk: Mapping[str, Mapping[str, str]] | None,
        placer: Placer,
    ) -> Iterator[CmkFacts]:
        tags = self._tags(found, bulk)
        aliases: dict[str, list[Alias]] = defaultdict(list)
        for key_id, alias in listed or ():
            aliases[key_id].append(alias)
        for facts in found:
            own, names = tags[facts.arn], aliases.get(facts.key_id, [])
            yield replace(
                facts,
                placement=placer.cmk(own, [alias.name for alias in names]),
                tags=None if own is None else tuple(sorted(own.items())),
                aliases=None if listed is None else tuple(sorted(names, key=lambda alias: alias.name)),
            )

    # -- together ------------------------------------------------------------------------------------------------

    def _each(self, ask: Callable[[T], R | None], items: Iterable[T], *, ticks: bool = True) -> list[R]:
        """Ask for all at once; a broken road cancels what has not begun."""
        futures = [self._pool.submit(ask, item) for item in items]
        try:
            for _ in as_completed(futures):
                if ticks:
                    self._meter.step()
            return [told for future in futures if (told := future.result()) is not None]
        finally:
            for future in futures:
                future.cancel()

    def _verdict(self) -> tuple[frozenset[Slice], tuple[Gap, ...]]:
        """The keys are all listed; each facet is whole, or a gap that counts who refused."""
        gaps = []
        for name, refusals in self._refused.items():
            if refusals:
                more = f" (+{len(refusals) - 1})" if len(refusals) > 1 else ""
                first = refusals[0]
                gaps.append(Gap(self._slice(name), "", first.code, first.message + more, self._plan.now))
        whole = {self._slice("cmk"), *map(self._slice, FACETS)} - {gap.part for gap in gaps}
        return frozenset(whole), tuple(gaps)

    def _slice(self, what: str) -> Slice:
        return Slice(self._account.account_id, self._region, what)
