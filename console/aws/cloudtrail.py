"""What changed since we last looked, and who used what. Operation: LookupEvents, 2 calls a second of 50 events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from console.aws.moment import epoch
from console.aws.refusals import edge
from console.aws.session import pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def latest(client: Any, event: str, since: int) -> dict[str, int]:
    """Key id to the newest moment (epoch seconds) at which this event, since then, touched that key."""
    found: dict[str, int] = {}
    attributes = [{"AttributeKey": "EventName", "AttributeValue": event}]
    start = datetime.fromtimestamp(since, UTC)
    for entry in pages(client, "lookup_events", "Events", 50, LookupAttributes=attributes, StartTime=start):
        moment = epoch(entry.get("EventTime")) or 0
        for key in _keys(entry):
            found[key] = max(moment, found.get(key, 0))
    return found


def entries(client: Any, source: str, since: int | None, until: int | None) -> Iterator[list[Mapping[str, Any]]]:
    """Page by page the events of one service, the newest first; from and until a moment (epoch seconds, both
    included), None: as far as LookupEvents reaches.

    Raises:
        AwsRefusal, ConsoleError: as the first or any later page is asked.
    """
    ends = {"StartTime": since, "EndTime": until}
    asked = {name: datetime.fromtimestamp(at, UTC) for name, at in ends.items() if at is not None}
    attributes = [{"AttributeKey": "EventSource", "AttributeValue": source}]
    with edge("lookup_events"):
        told = client.get_paginator("lookup_events").paginate(
            LookupAttributes=attributes, PaginationConfig={"PageSize": 50}, **asked
        )
        for page in told:
            yield page.get("Events", [])


def _keys(entry: Mapping[str, Any]) -> set[str]:
    """Key ids in one event: named as resources, in the request, or by their ARNs in the event itself."""
    names = {resource.get("ResourceName", "") for resource in entry.get("Resources", ())}
    names.update(_inside(entry.get("CloudTrailEvent", "")))
    return {name.rpartition("/")[2] for name in names if name}


def _inside(text: str) -> Iterator[str]:
    try:
        event = json.loads(text)
    except ValueError:
        return
    yield str((event.get("requestParameters") or {}).get("keyId") or "")
    for resource in event.get("resources") or ():
        # Events of before 2020 write this field in lower case.
        yield str(resource.get("ARN") or resource.get("arn") or "")
