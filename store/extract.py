"""Reads a branch of the estate for somebody who has no other sight of it, redacted for their eyes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from store.cmks import Cmks
from store.harvest import AccountFacts, Placement
from store.nodes import OTHER_CMK
from store.paths import names
from store.published import BEYOND, Extract, FindingTold, SightingTold, SliceRead, Subject, VerdictTold
from store.records import Gap, Granularity, Kind, Scope, Slice, Source
from store.sight import UNNAMED, Sight
from store.verdicts import Verdict

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from store.answers import Cmk, DataKey
    from store.database import Store
    from store.harvest import CmkFacts, DataKeyFacts
    from store.nodes import Row

_TENANTS = "SELECT name FROM place WHERE level = 1 ORDER BY name"
_ACCOUNTS = "SELECT account_id, name, tenant FROM account WHERE :tenant IN ('', tenant) OR tenant = '' ORDER BY 1"
_DECLARED = "SELECT id, level, tenant_id, application_id FROM place WHERE declared ORDER BY id"
_CMKS = "SELECT id FROM cmk WHERE :tenant IN (0, tenant_id) ORDER BY arn"
_DATA_KEYS = """
SELECT id, resource_id, account_id, region, kind FROM data_key
WHERE :tenant IN (0, tenant_id) OR cmk_id IN (SELECT id FROM cmk WHERE tenant_id = :tenant)
ORDER BY resource_id, account_id, region, kind
"""
_SIGHTINGS = """
SELECT s.resource_id, s.kind, s.region, s.cmk_arn, s.source, s.granularity, s.account_id, s.arn, s.name,
    s.first_at, s.last_at, s.operation, s.material_id, s.material_at
FROM sighting AS s JOIN cmk AS c ON c.arn = s.cmk_arn
WHERE :tenant = 0 OR c.tenant_id = :tenant AND EXISTS (SELECT 1 FROM data_key AS d WHERE d.resource_id = s.resource_id
    AND d.kind = s.kind AND d.region = s.region AND d.tenant_id IN (0, :tenant))
ORDER BY s.resource_id, s.kind, s.region, s.cmk_arn, s.source
"""
_OPEN = """
SELECT id, rule, severity, kind, subject_id, detail, place_id, home_id, cmk_id, expected, found, expected_id, found_id,
    others, details, since, begins, first_seen
FROM finding WHERE (ack_id = 0 OR ack_until <= :now) AND :tenant IN (0, tenant_id)
ORDER BY rule, kind, first_seen, detail, id
"""
_SLICES = """
SELECT account_id, region, what, read_at FROM slice
WHERE account_id IN (SELECT account_id FROM account WHERE :tenant IN ('', tenant) OR tenant = '')
ORDER BY account_id, region, what
"""
_GAPS = """
SELECT account_id, region, what, tenant, code, since, shut FROM gap
WHERE :tenant IN ('', tenant) AND what <> 'letters' ORDER BY account_id, region, what
"""


_VERDICTS = """
SELECT run_id, kind, resource_id, account_id, region, was, route, verdict, reason, cmk, at, tenant, application, facts,
    was_made FROM verdict WHERE :tenant IN ('', tenant)
        AND run_id NOT IN (SELECT id FROM run WHERE abandoning) ORDER BY at, run_id, resource_id
"""
_MOST = 1 << 40
"""Whole numbers that a letter carries are less."""


def tenants(store: Store) -> list[str]:
    """The names of all tenants, in order. Raises StoreError."""
    with store.snapshot() as reader:
        return [name for (name,) in reader.execute(_TENANTS)]


def extract(store: Store, tenant: str, now: int) -> Extract | None:
    """One tenant's branch as a session in its scope would see it, or with '' everything; None for an unknown tenant.

    Left out for everybody: key policies, messages of AWS (they name who asked), and findings that were acknowledged.
    Raises StoreError.
    """
    scope = Scope(tenant) if tenant else None
    with store.snapshot() as reader:
        sight = Sight(store, scope)
        if sight.branch[0] < 0:
            return None
        return _Branch(reader, sight, Cmks(store, scope), tenant, now).extract()


class _Branch:
    def __init__(self, reader: sqlite3.Connection, sight: Sight, cmks: Cmks, tenant: str, now: int) -> None:
        self._reader, self._sight, self._cmks = reader, sight, cmks
        self._tenant, self._now = tenant, now
        self._arns: dict[int, str] = {}
        self._resources: dict[int, tuple[str, ...]] = {}

    def extract(self) -> Extract:
        by_name, by_id = {"tenant": self._tenant}, {"tenant": self._sight.branch[0], "now": self._now}
        read = self._reader.execute
        return Extract(
            self._tenant,
            tuple(AccountFacts(*row) for row in read(_ACCOUNTS, by_name)),
            tuple(self._declared(read(_DECLARED).fetchall())),
            tuple(self._cmk(row[0]) for row in read(_CMKS, by_id).fetchall()),
            tuple(self._data_keys(read(_DATA_KEYS, by_id).fetchall())),
            tuple(_sighting(row) for row in read(_SIGHTINGS, by_id)),
            tuple(filter(None, map(self._finding, read(_OPEN, by_id).fetchall()))),
            tuple(SliceRead(*row) for row in read(_SLICES, by_name)),
            tuple(Gap(Slice(*row[:3]), row[3], row[4], "", row[5], bool(row[6])) for row in read(_GAPS, by_name)),
            tuple(map(self._verdict, read(_VERDICTS, by_name))),
        )

    def _declared(self, rows: list[Row]) -> Iterator[Placement]:
        paths = (names(self._reader, row[0]) for row in rows if self._sight.covers_place(*row[1:]))
        for tenant, application, environment in sorted((*path, "", "")[:3] for path in paths):
            yield Placement(tenant, application, environment, Source.DECLARED)

    def _cmk(self, id_: int) -> CmkFacts:
        cmk = self._cmks.get(id_)
        assert cmk is not None  # noqa: S101 - one snapshot: what was listed is there
        self._arns[id_] = cmk.facts.arn
        return _without_policy(cmk)

    def _data_keys(self, rows: list[Row]) -> Iterator[DataKeyFacts]:
        for id_, *_ in rows:
            if found := self._cmks.data_key(id_):
                facts = self._facts(found)
                self._resources[id_] = (facts.resource_id, facts.account_id, facts.region, facts.kind)
                yield facts

    def _facts(self, found: DataKey) -> DataKeyFacts:
        facts = replace(found.facts, stale=found.stale)
        if self._tenant and not found.path and self._is_beyond(found.id):
            return _masked(facts, found.id)
        if not found.cmk_id and self._has_cmk(found.id):
            return replace(facts, placement=replace(facts.placement, reason=OTHER_CMK))
        return facts

    def _is_beyond(self, id_: int) -> bool:
        (tenant,) = self._reader.execute("SELECT tenant_id FROM data_key WHERE id = ?", (id_,)).fetchone()
        return bool(tenant) and tenant != self._sight.branch[0]

    def _has_cmk(self, id_: int) -> bool:
        return bool(self._reader.execute("SELECT cmk_id FROM data_key WHERE id = ?", (id_,)).fetchone()[0])

    def _verdict(self, row: Row) -> VerdictTold:
        """Its evidence as far as it is plain values: lists of resources stay with who ran it."""
        *head, verdict, reason, cmk, at, tenant, application, evidence, was_made = row
        veil = self._sight.veil_keys
        facts = {
            name: veil(value) if isinstance(value, str) else value
            for name, value in json.loads(evidence).items()
            if isinstance(value, str) or (isinstance(value, int) and abs(value) < _MOST)
        }
        run_id, kind, resource_id, account_id, region, was, route = head
        return VerdictTold(
            run_id, kind, resource_id, account_id, region, was, route, Verdict(verdict), reason, veil(cmk), at, tenant,
            application, tuple(facts.items()), was_made,
        )  # fmt: skip

    # -- findings ------------------------------------------------------------------------------------------------

    def _finding(self, row: Row) -> FindingTold | None:
        (id_, rule, severity, kind, subject_id, detail, place, home, cmk, expected, found, expected_id, found_id,
         others, details, since, begins, first_seen) = row  # fmt: skip
        subject = self._subject(Kind(kind), subject_id)
        if subject is None:
            return None
        every, veil = json.loads(others), self._sight.veil
        touched = tuple(path for each in every if (path := self._path(each)))
        values: dict[str, str | int] = {"places": 0} if every and not touched else {}
        values |= {key: veil(told) if isinstance(told, str) else told for key, told in json.loads(details)}
        if found_id and not self._path(found_id) and "alias" in values:
            values["alias"] = ""  # it names the place that is not for these eyes
        if cmk and detail == str(cmk):
            detail = self._arns.get(cmk, "")
        elif veil(detail) != detail:  # what told apart two faults of one thing still does
            detail = f"{veil(detail)} {id_}"
        return FindingTold(
            rule, severity, subject, self._path(place), self._path(home), self._arns.get(cmk, ""), detail,
            veil(expected), veil(found), self._path(expected_id), self._path(found_id), touched,
            tuple(values.items()), since, begins, first_seen,
        )  # fmt: skip

    def _subject(self, kind: Kind, id_: int) -> Subject | None:
        if kind is Kind.CMK:
            return Subject(cmk=self._arns[id_]) if id_ in self._arns else None
        if kind is Kind.DATA_KEY:
            return Subject(resource=self._resources[id_]) if id_ in self._resources else None
        return Subject(self._path(id_))

    def _path(self, place_id: int) -> tuple[str, ...]:
        """The place's path, () where it is none or somebody else's."""
        found = self._reader.execute("SELECT level, tenant_id, application_id FROM place WHERE id = ?", (place_id,))
        row = found.fetchone() if place_id else None
        return names(self._reader, place_id) if row and self._sight.covers_place(*row) else ()


def _without_policy(cmk: Cmk) -> CmkFacts:
    # The first HBK has no date of its own; the store answers with its CMK's.
    materials = tuple(each if each.rotation_type else replace(each, date=None) for each in cmk.materials)
    return replace(
        cmk.facts, materials=materials, aliases=cmk.aliases, tags=cmk.tags, policy=None, policy_at=0, stale=cmk.stale
    )


def _masked(facts: DataKeyFacts, number: int) -> DataKeyFacts:
    """Somebody else's data under the tenant's CMK: that it is there, and no name, id, account or words of theirs.

    The number, which means nothing outside this store, tells one from the other, this time and the next.
    """
    return replace(
        facts, resource_id=f"{UNNAMED}{number}", account_id="", name="", arn="", data_key_id="", detail=(),
        placement=Placement(BEYOND),
    )  # fmt: skip


def _sighting(row: Row) -> SightingTold:
    resource_id, kind, region, cmk_arn, source, granularity, *rest = row
    return SightingTold(resource_id, kind, region, cmk_arn, Source(source), Granularity(granularity), *rest)
