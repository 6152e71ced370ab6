"""The round: looks at what changed, or at everything, applies every rule, and writes down what they say."""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import TYPE_CHECKING

from console.services.findings import cmks, data_keys
from console.services.findings.aliases import Namesakes, judge_aliases
from console.services.findings.policies import UNREADABLE, PolicyFacts, read_policy
from store.judgement import choose, settle
from store.suspects import Suspects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.settings import Settings
    from store.cases import CmkCase, Fault, PlaceCase, StrayCase
    from store.database import Store

AHEAD = 90
"""Days ahead in which data keys that will be too old are looked for, so that their finding begins without a sync."""


def judge(store: Store, settings: Settings, now: int) -> int:
    """Bring the findings in line with the store and the settings as of `now`; how many came, changed or went.

    What changed since the last round is judged again; everything where the settings changed, and once a day.
    Raises StoreError; then the findings are as they were.
    """
    terms = fingerprint(settings)
    with store.atomic() as connection:
        full = choose(connection, terms, now)
        found = _Round(Suspects(connection, full=full), settings, now, full=full).faults()
        return settle(connection, list(found), terms, now, full=full)


def fingerprint(settings: Settings) -> str:
    """A mark of all settings that the rules look at."""
    accounts = sorted((tenant.name, *tenant.accounts) for tenant in settings.tenants)
    transits = sorted(settings.transits)
    told = (settings.age, settings.findings, settings.tags.data_class, settings.alias_pattern, accounts, transits)
    return hashlib.blake2b(repr((RULES_VERSION, told)).encode(), digest_size=16).hexdigest()


RULES_VERSION = 4
"""Raised when a rule changes, so that every store is judged anew."""


class _Round:
    """One round over what `suspects` shows."""

    def __init__(self, suspects: Suspects, settings: Settings, now: int, *, full: bool) -> None:
        self._suspects = suspects
        self._settings = settings
        self._now = now
        self._places: dict[int, PlaceCase] = {place.id: place for place in suspects.places()}
        self._namesakes = Namesakes(self._places.values(), settings.alias_pattern)
        if not full:
            self._choose_namesakes()

    def _choose_namesakes(self) -> None:
        """Keys anywhere whose aliases name an application that was touched: an environment may have come or gone."""
        touched = self._suspects.touched_applications()
        if touched:
            aliases = self._suspects.every_alias()
            self._suspects.choose({cmk for cmk, alias in aliases if self._namesakes.application(alias) in touched})

    def faults(self) -> Iterator[Fault]:
        strays = {cmk: list(below) for cmk, below in groupby(self._suspects.strays(), key=lambda each: each.cmk_id)}
        for below in strays.values():
            yield from data_keys.judge_strays(below, self._places)
        every = list(self._suspects.cmks(self._settings.tags.data_class))
        yield from self._cmks(every, strays)
        yield from self._ages(every)
        yield from self._data_keys()

    def _cmks(self, every: list[CmkCase], strays: dict[int, list[StrayCase]]) -> Iterator[Fault]:
        policies, accounts = self._policies(), _Accounts(self._suspects.accounts())
        for cmk in every:
            below = strays.get(cmk.id, ())
            passage = cmk.arn in self._settings.transits  # of no environment, and for every tenant: the settings say so
            judged = (
                cmks.judge_state(cmk),
                cmks.judge_rotation(cmk, self._settings.findings.grace_days),
                None if passage else cmks.judge_tags(cmk),
            )
            yield from (found for found in judged if found is not None)
            lives_here = data_keys.borrowed(below, self._places) if below else frozenset()
            yield from judge_aliases(cmk, self._namesakes, self._places, lives_here)
            tenant = self._places.get(cmk.spot.tenant_id)
            own = accounts.of(tenant.name) if tenant is not None else frozenset()
            told = frozenset(each.account_id for each in below)
            others = {} if passage else accounts.tenants
            yield from cmks.judge_policy(cmk, policies.get(cmk.id, UNREADABLE), own, others, told)

    def _policies(self) -> dict[int, PolicyFacts]:
        """By CMK; the same text is read once."""
        read: dict[bytes, PolicyFacts] = {}
        found = {}
        for cmk_id, text in self._suspects.policies():
            mark = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
            if mark not in read:
                read[mark] = read_policy(text)
            found[cmk_id] = read[mark]
        return found

    def _ages(self, every: list[CmkCase]) -> Iterator[Fault]:
        policy = self._settings.age
        if not policy.any:
            return
        limits = {
            cmk.id: (cmk, days)
            for cmk in every
            if cmk.oldest is not None and (days := policy.days_for(self._environment(cmk), cmk.data_class)) is not None
            if cmk.oldest + days * cmks.DAY <= self._now + AHEAD * cmks.DAY
        }
        edges = [(id_, self._now - days * cmks.DAY) for id_, (_, days) in limits.items()]
        aged = {each.cmk_id: each for each in self._suspects.aged(edges)}
        for id_, (cmk, days) in limits.items():
            yield cmks.judge_age(cmk, aged.get(id_), days)

    def _environment(self, cmk: CmkCase) -> str:
        place = self._places.get(cmk.spot.place_id)
        return place.name if place is not None and place.level == 3 else ""

    def _data_keys(self) -> Iterator[Fault]:
        limits = self._settings.findings
        empty = self._suspects.bare()
        bare = frozenset(each.place_id for each in empty)
        yield from map(data_keys.judge_bare, empty)
        yield from filter(None, (data_keys.judge_loose(each, bare) for each in self._suspects.loose()))
        yield from filter(None, map(data_keys.judge_mistagged, self._suspects.mistagged()))
        lineages = self._suspects.lineages(limits.shared_volumes, limits.shared_holders)
        yield from map(data_keys.judge_lineage, lineages)
        yield from map(data_keys.judge_gap, self._suspects.gaps())


class _Accounts:
    """Whose account is whose."""

    def __init__(self, rows: list[tuple[str, str]]) -> None:
        self.tenants = {account: tenant for account, tenant in rows if tenant}
        self._own: dict[str, set[str]] = {}
        for account, tenant in self.tenants.items():
            self._own.setdefault(tenant, set()).add(account)

    def of(self, tenant: str) -> frozenset[str]:
        return frozenset(self._own.get(tenant, ()))
