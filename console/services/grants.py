"""Grants as sightings: the live list of who holds a CMK open for which resource; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from console.services.trail_resources import account_in, resource_at, resource_of
from store.records import Source
from store.traces import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ACCOUNT = re.compile(r"\d{12}")
OPERATION = "ListGrants"


def sightings(
    arn: str, region: str, grants: Iterable[Mapping[str, Any]], now: int
) -> tuple[Sighting, ...]:  # fmt: skip
    """A sighting, as of `now`, for every grant whose constraints name a resource, by its context or its ARN; the
    others (a person's, say) tell of no data key.
    """
    found = []
    for grant in grants:
        limits = grant.get("Constraints") or {}
        context = limits.get("EncryptionContextSubset") or limits.get("EncryptionContextEquals") or {}
        account = _holder(grant)
        resource = resource_of(context, region, account) or resource_at(str(limits.get("SourceArn") or ""))
        if resource is not None:
            owner = resource.account_id or account
            found.append(Sighting(arn, resource, owner, region, now, OPERATION, Source.GRANT))
    return tuple(found)


def _holder(grant: Mapping[str, Any]) -> str:
    """The account that uses the grant: the grantee's, else who issued it (an id or the ARN of a root)."""
    for name in ("GranteePrincipal", "IssuingAccount"):
        told = str(grant.get(name) or "")
        if _ACCOUNT.fullmatch(told) or (told := account_in(told)):
            return told
    return ""


def holder_of(grant: Mapping[str, Any]) -> str:
    """Who or what holds this grant, for people: the resource of its constraint, else the grantee."""
    limits = grant.get("Constraints") or {}
    context = limits.get("EncryptionContextSubset") or limits.get("EncryptionContextEquals") or {}
    resource = resource_of(context, "", _holder(grant))
    return resource.resource_id if resource else str(grant.get("GranteePrincipal") or grant.get("GrantId") or "")
