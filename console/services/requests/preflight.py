"""What can be said of a wish before anybody spends time on it: from the cache and the settings, at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.services.cost import amounts_of
from console.services.placement import folded
from console.services.requests.naming import alias_of, alias_problem, tag_problem, tags_of
from console.services.requests.offered import OFFERED
from console.services.requests.policy import iam_policy, key_policy, problems
from store.bills import Bill
from store.records import Kind
from store.request_records import CLOSED
from store.run_records import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from console.services.catalog import Catalog
    from console.settings import Settings, TenantSettings
    from store.answers import Cmk
    from store.request_records import Wanted
    from store.requests import Requests

MONTHS = 36
NAME, TEXT, CONTACTS = 200, 2_000, 10
"""Characters of a name and of a longer text, and how many contacts."""

NEARLY_FULL = 0.9
UNKNOWN_KEY = "arn:aws:kms:{region}:{account}:key/KEY_ID"
_TWO = re.compile(r"[,;|\n]|\s\+\s|\s(?:en|and|&)\s", re.IGNORECASE)
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Price:
    """What the CMK costs in three years, and a month at their end; `confirmed`: by prices of our own."""

    total: Decimal
    month: Decimal
    currency: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Preflight:
    """The answer. `problems` each rule it out, `notes` are good to know; `policy`, `iam`: what both sides need."""

    wanted: Wanted
    alias: str
    tags: tuple[tuple[str, str], ...]
    policy: str
    iam: str
    price: Price
    problems: tuple[Sentence, ...]
    notes: tuple[Sentence, ...]

    @property
    def good(self) -> bool:
        return not self.problems


class Checker:
    """Looks at wishes for one session. Raises StoreError, UsageError (the policy template is no good)."""

    def __init__(self, settings: Settings, catalog: Catalog, requests: Requests) -> None:
        self._settings = settings
        self._catalog = catalog
        self._requests = requests

    def look(self, wanted: Wanted, own: str = "") -> Preflight:
        """All that is wrong and all that is good to know; `own` is the id of the request that it is about."""
        settings = self._settings
        shape = list(shape_problems(wanted)) + list(self._known(wanted))
        found = list(shape)
        policy = key_policy(wanted, settings)
        if not shape:
            found += self._taken(wanted, own)
            found += problems(policy, wanted, settings.central_account) if settings.central_account else []
        arn = UNKNOWN_KEY.format(region=wanted.region, account=settings.central_account or "CENTRAL_ACCOUNT")
        return Preflight(
            wanted, alias_of(wanted, settings), tags_of(wanted, settings), policy, iam_policy(wanted, arn),
            price_of(wanted, settings), tuple(found), tuple(self._notes(wanted)),
        )  # fmt: skip

    # -- what is known of tenants, Regions and services ----------------------------------------------------------

    def _known(self, wanted: Wanted) -> Iterator[Sentence]:
        settings = self._settings
        told = tenant_of(settings, wanted.tenant)
        if settings.tenants and told is None:
            yield Sentence("request.unknown_tenant", {"tenant": wanted.tenant})
        if told is not None and told.accounts and (strange := sorted(set(wanted.accounts) - set(told.accounts))):
            yield Sentence("request.other_accounts", {"accounts": ", ".join(strange), "tenant": wanted.tenant})
        if settings.regions and wanted.region not in settings.regions:
            yield Sentence("request.other_region", {"region": wanted.region, "known": ", ".join(settings.regions)})

    # -- what is there already -----------------------------------------------------------------------------------

    def _taken(self, wanted: Wanted, own: str) -> Iterator[Sentence]:
        if self._two(wanted):
            yield Sentence("request.two_environments", {"environment": wanted.environment})
        alias = alias_of(wanted, self._settings)
        if wrong := alias_problem(alias) or tag_problem(wanted, self._settings):
            yield wrong
        existing = self._existing(wanted)
        for cmk in existing:
            key = "request.exists" if cmk.facts.state == "Enabled" else "request.exists_otherwise"
            values = {"path": " / ".join(cmk.path), "arn": cmk.facts.arn, "state": cmk.facts.state}
            yield Sentence(key, values)
        if not existing and (holder := self._holder(alias, wanted.region)):
            yield Sentence("request.alias_taken", {"alias": alias, "arn": holder.facts.arn})
        for other in self._requests.of_place(wanted.path):
            if other.id != own and other.stand not in CLOSED and other.wanted.region == wanted.region:
                yield Sentence("request.asked_already", {"id": other.id, "who": other.made_by})

    def _two(self, wanted: Wanted) -> bool:
        """Whether the environment's name is more than one name, and not that of one that is known."""
        parts = [part for part in _TWO.split(wanted.environment) if part.strip()]
        if len(parts) < 2:
            return False
        return folded(wanted.environment) not in {folded(name) for name in self._environments(wanted)}

    def _environments(self, wanted: Wanted) -> Iterator[str]:
        told = tenant_of(self._settings, wanted.tenant)
        for _, environments in told.applications if told else ():
            yield from environments
        ref = self._catalog.resolve((wanted.tenant, wanted.application))
        if ref is not None:
            yield from (node.name for node in self._catalog.children(ref, 0, 500) if node.ref.kind is Kind.ENVIRONMENT)

    def _existing(self, wanted: Wanted) -> list[Cmk]:
        ref = self._catalog.resolve(wanted.path)
        found = self._catalog.cmks.of_place(ref.id) if ref is not None and ref.kind is Kind.ENVIRONMENT else []
        return [
            cmk for cmk in found if cmk.facts.region == wanted.region and cmk.facts.state != "PendingDeletion"
        ]  # fmt: skip

    def _holder(self, alias: str, region: str) -> Cmk | None:
        """The CMK in sight that has this alias in this Region."""
        for hit in self._catalog.named(alias):
            cmk = self._catalog.cmks.get(hit.id) if hit.kind is Kind.CMK else None
            if cmk and cmk.facts.region == region and alias in {each.name for each in cmk.aliases}:
                return cmk
        return None

    # -- good to know --------------------------------------------------------------------------------------------

    def _notes(self, wanted: Wanted) -> Iterator[Sentence]:
        by_word: dict[str, list[str]] = {}
        for name in wanted.services:
            if name in OFFERED:
                by_word.setdefault(OFFERED[name].alias, []).append(name)
        for key, names in by_word.items():
            yield Sentence(key, {"services": ", ".join(names)})
        if wanted.client_side:
            yield Sentence("request.client_side_means")
        if len(wanted.accounts) > 1:
            yield Sentence("request.several_accounts", {"accounts": ", ".join(wanted.accounts)})
        yield from self._quota()

    def _quota(self) -> Iterator[Sentence]:
        """Only who sees the whole estate can count it."""
        if self._settings.scope is not None:
            return
        quota, used = self._settings.requesting.keys_quota, self._catalog.overview().counts.cmks
        if quota and used >= quota * NEARLY_FULL:
            yield Sentence("request.quota", {"used": used, "quota": quota})


def shape_problems(wanted: Wanted) -> Iterator[Sentence]:
    """What is wrong with a wish whoever looks at it; also asked of wishes that come from elsewhere."""
    names = {"tenant": wanted.tenant, "application": wanted.application, "environment": wanted.environment}
    for field, value in names.items():
        if not value.strip():
            yield Sentence("request.missing", {"field": f"request.field.{field}"})
        elif len(value) > NAME or not value.isprintable() or value != value.strip():
            yield Sentence("request.no_name", {"field": f"request.field.{field}", "value": value[:NAME]})
    if not wanted.accounts:
        yield Sentence("request.missing", {"field": "request.field.accounts"})
    for account in wanted.accounts:
        if not _ACCOUNT.fullmatch(account):
            yield Sentence("request.no_account", {"value": account[:NAME]})
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", wanted.region):
        yield Sentence("request.no_region", {"value": wanted.region[:NAME]})
    for service in wanted.services:
        if service not in OFFERED:
            yield Sentence("request.no_service", {"value": service[:NAME], "known": ", ".join(OFFERED)})
    if not wanted.services and not wanted.client_side:
        yield Sentence("request.no_use")
    if not wanted.reason.strip():
        yield Sentence("request.missing", {"field": "request.field.reason"})
    if not 90 <= wanted.rotation_days <= 2560:
        yield Sentence("request.rotation_days", {"value": wanted.rotation_days})
    yield from _lengths(wanted)


def _lengths(wanted: Wanted) -> Iterator[Sentence]:
    texts: Iterable[str] = (wanted.reason, wanted.data_class, *wanted.contacts)
    if any(len(text) > TEXT for text in texts) or len(wanted.contacts) > CONTACTS or len(wanted.accounts) > NAME:
        yield Sentence("request.text_long", {"limit": TEXT})


def tenant_of(settings: Settings, name: str) -> TenantSettings | None:
    """The tenant as the settings know it, also written with other capitals or signs."""
    exact = next((told for told in settings.tenants if told.name == name), None)
    return exact or next((told for told in settings.tenants if folded(told.name) == folded(name)), None)


def price_of(wanted: Wanted, settings: Settings) -> Price:
    """Month by month: the key, and each of its first rotations once it has come."""
    prices = settings.terms.prices
    every = max(1, round(wanted.rotation_days / (365 / 12)))
    months = [
        amounts_of(Bill(keys=1, rotations=min(month // every, prices.rotations_billed)), prices).now
        for month in range(MONTHS)
    ]
    last = amounts_of(Bill(keys=1, rotations=min(MONTHS // every, prices.rotations_billed)), prices).now
    return Price(sum(months, start=0 * last), last, prices.currency, settings.terms.own_prices)
