"""Where something belongs in tenant → application → environment, and why not when it cannot be said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from console.errors import UsageError
from store.harvest import Placement
from store.records import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from console.settings import Settings, TenantSettings

NO_TAGS = "place.no_tags"
NO_TENANT = "place.no_tenant"
NO_APPLICATION = "place.no_application"
NO_ENVIRONMENT = "place.no_environment"
CONTRADICTS = "place.contradicts"
UNREADABLE = "place.tags_unreadable"
"""Text keys of the reasons for which something is not, or not wholly, placed."""


class Placer:
    """Places CMKs and holders of data keys by their tags; pure.

    Raises:
        UsageError: the alias pattern is no regular expression.
    """

    def __init__(self, settings: Settings) -> None:
        self._names = settings.tags
        self._spelt = _spellings(settings.tenants)
        try:
            self._alias = re.compile(settings.alias_pattern) if settings.alias_pattern else None
        except re.error as error:
            raise UsageError("settings.wrong", name="alias_pattern", path=str(settings.config)) from error

    def cmk(self, tags: Mapping[str, str] | None, aliases: Iterable[str] = ()) -> Placement:
        """By tags, else by the first alias that fits the pattern. `tags` None: they could not be read."""
        placed = self._by_tags(tags or {})
        if not placed.tenant and (guessed := self._by_alias(aliases)):
            return guessed
        if tags is None:
            return Placement(reason=UNREADABLE)
        return placed

    def holder(self, tags: Mapping[str, str], tenant: str) -> Placement:
        """By tags, within the tenant whose account holds it.

        The account is the harder fact: tags are the tenant's own writing and must not move anything under
        another tenant's name.
        """
        told = self._levels(tags)
        if not any(told):
            return Placement(tenant, source=Source.DECLARED, reason=NO_TAGS)
        if folded(told[0]) in {"", folded(tenant)}:
            return _partial(*self._spelling(tenant, told[1], told[2]), Source.SCAN)
        return Placement(tenant, source=Source.DECLARED, reason=CONTRADICTS)

    def _by_tags(self, tags: Mapping[str, str]) -> Placement:
        told = self._levels(tags)
        if not any(told):
            return Placement(reason=NO_TAGS)
        return _partial(*self._spelling(*told), Source.KMS)

    def _levels(self, tags: Mapping[str, str]) -> tuple[str, str, str]:
        names = self._names
        tenant, application, environment = names.tenant, names.application, names.environment
        return tags.get(tenant, "").strip(), tags.get(application, "").strip(), tags.get(environment, "").strip()

    def _by_alias(self, aliases: Iterable[str]) -> Placement | None:
        if self._alias is None:
            return None
        for alias in aliases:
            if match := self._alias.fullmatch(alias.removeprefix("alias/")):
                parts = {name: (value or "").strip() for name, value in match.groupdict().items()}
                if parts.get("tenant"):
                    levels = [parts.get(name, "") for name in ("tenant", "application", "environment")]
                    return _partial(*self._spelling(*levels), Source.INFERRED)
        return None

    def _spelling(self, tenant: str, application: str, environment: str) -> tuple[str, str, str]:
        """Names as the settings declare them, where they differ by no more than what a tag cannot hold."""
        own = tenant, application, environment
        keys = [folded(name) for name in own]
        found = [self._spelt.get(tuple(keys[: level + 1]), name) for level, name in enumerate(own)]
        return found[0], found[1], found[2]


def folded(name: str) -> str:
    """A name without capitals, and with one dash for whatever is neither letter nor digit.

    KMS and S3 take letters, digits, spaces and `+-=._:/@` in tags only, aliases even less: the environment *T&I*
    can only be tagged `T+I` or the like, and must not become a second one for that.
    """
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")


def _spellings(tenants: Iterable[TenantSettings]) -> dict[tuple[str, ...], str]:
    """Folded path to the last name on it, for every declared place; the first declared wins."""
    found: dict[tuple[str, ...], str] = {}
    for place in declared(tenants):
        path = [name for name in (place.tenant, place.application, place.environment) if name]
        found.setdefault(tuple(folded(name) for name in path), path[-1])
    return found


def _partial(tenant: str, application: str, environment: str, source: Source) -> Placement:
    """As deep as the names go without a hole: an environment without an application is not placed."""
    if not tenant:
        return Placement(source=source, reason=NO_TENANT)
    if not application:
        return Placement(tenant, source=source, reason=NO_APPLICATION)
    if not environment:
        return Placement(tenant, application, source=source, reason=NO_ENVIRONMENT)
    return Placement(tenant, application, environment, source)


def declared(tenants: Iterable[TenantSettings]) -> Iterator[Placement]:
    """The places that settings name, which exist whether or not a key does."""
    for tenant in tenants:
        yield Placement(tenant.name, source=Source.DECLARED)
        for application, environments in tenant.applications:
            yield Placement(tenant.name, application, source=Source.DECLARED)
            for environment in environments:
                yield Placement(tenant.name, application, environment, Source.DECLARED)
