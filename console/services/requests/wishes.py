"""A wish for a CMK from what a person told, and where that is silent from what is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from console.services.placement import Placer
from console.services.requests import bulk
from console.services.requests.naming import tag_value, tags_of
from console.services.requests.offered import named
from console.services.requests.preflight import tenant_of
from store.request_records import Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.settings import Settings


def wish(settings: Settings, told: Mapping[str, str]) -> Wanted:
    """`told` is by the columns of `bulk.COLUMNS`; lists are separated by commas or spaces."""
    scope, terms = settings.scope, settings.requesting
    tenant = told.get("tenant") or (scope.tenant if scope else "")
    known = tenant_of(settings, tenant)
    contact = known.contact if known else ""
    client_side = told.get("client_side", "").strip().casefold() in bulk.YES
    wanted = Wanted(
        known.name if known else tenant,
        told.get("application") or (scope.application if scope else ""),
        told.get("environment", ""),
        _words(told.get("accounts", "")) or (known.accounts if known else ()),
        told.get("region") or next(iter(settings.regions), ""),
        _services(told.get("services", "")) or (() if client_side else terms.services),
        client_side,
        _parts(told.get("contacts", "")) or ((contact,) if contact else ()),
        told.get("data_class", ""),
        told.get("reason", ""),
        terms.rotation_days,
    )
    return _spelt(wanted, settings)


def _spelt(wanted: Wanted, settings: Settings) -> Wanted:
    """Names as the settings declare them, where they differ by no more than capitals and signs."""
    placed = Placer(settings).cmk(dict(tags_of(wanted, settings)))
    if not placed.environment:
        return wanted
    names = [own if found == tag_value(own) else found for own, found in
             zip(wanted.path, (placed.tenant, placed.application, placed.environment), strict=True)]  # fmt: skip
    return replace(wanted, tenant=names[0], application=names[1], environment=names[2])


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))


def _parts(text: str) -> tuple[str, ...]:
    """Between commas or semicolons: a contact may have spaces."""
    return tuple(part.strip() for part in text.replace(";", ",").split(",") if part.strip())


def _services(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(named(word) or word for word in _words(text)))
