"""CloudTrail's memory: events of the shapes that KMS writes, per account and Region, read by LookupEvents."""

from __future__ import annotations

import base64
import binascii
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from console.sandbox.errors import AwsError

KEPT = timedelta(days=90)  # what LookupEvents reaches back to
PAGE = 50  # LookupEvents' default and maximum


def _no_events() -> defaultdict[tuple[str, str], list[dict[str, Any]]]:
    return defaultdict(list)


@dataclass(slots=True)
class Trail:
    """Events in the order in which they happened, newest last; the key is (account id, Region)."""

    events: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=_no_events)

    def record(self, account: str, region: str, event: dict[str, Any]) -> None:
        self.events[account, region].append(event)

    def prune(self, now: datetime) -> None:
        """Forget what LookupEvents would no longer show."""
        oldest = _stamp(now - KEPT)
        for events in self.events.values():
            events[:] = [event for event in events if event["eventTime"] >= oldest]

    def lookup(self, account: str, region: str, params: dict[str, Any], now: datetime) -> dict[str, Any]:
        """LookupEvents' answer, newest first; times as epoch seconds, as the JSON protocol has them.

        Raises:
            AwsError: InvalidMaxResultsException, InvalidNextTokenException, InvalidLookupAttributesException.
        """
        size = params.get("MaxResults", PAGE)
        if not isinstance(size, int) or not 1 <= size <= PAGE:
            raise AwsError("InvalidMaxResultsException", "The maximum number of results must be between 1 and 50.")
        start = _offset(params.get("NextToken"))
        found = [event for event in reversed(self.events[account, region]) if _wanted(event, params, now)]
        answer: dict[str, Any] = {"Events": [_told(event) for event in found[start : start + size]]}
        if start + size < len(found):
            answer["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
        return answer


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError) as error:
        raise AwsError("InvalidNextTokenException", "Invalid NextToken.") from error


def _wanted(event: dict[str, Any], params: dict[str, Any], now: datetime) -> bool:
    earliest = max(_moment(params.get("StartTime")) or now - KEPT, now - KEPT)
    latest = _moment(params.get("EndTime")) or now
    if not _stamp(earliest) <= event["eventTime"] <= _stamp(latest):
        return False
    return all(_matches(event, attribute) for attribute in params.get("LookupAttributes", ()))


def _matches(event: dict[str, Any], attribute: dict[str, str]) -> bool:
    key, value = attribute.get("AttributeKey"), attribute.get("AttributeValue", "")
    match key:
        case "ResourceName":
            return value in _resource_names(event)
        case "ResourceType":
            return any(resource.get("type") == value for resource in event.get("resources") or ())
        case "ReadOnly":
            return str(event.get("readOnly", False)).lower() == value.lower()
        case "Username":
            return _username(event) == value
        case "AccessKeyId":
            return bool((event.get("userIdentity") or {}).get("accessKeyId") == value)
        case "EventId" | "EventName" | "EventSource":
            return bool(event.get(key[0].lower() + key[1:].replace("Id", "ID")) == value)
        case _:
            raise AwsError("InvalidLookupAttributesException", "Invalid lookup attribute.")


def _told(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": str(event.get("readOnly", False)).lower(),
        "EventTime": datetime.strptime(event["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp(),
        "EventSource": event["eventSource"],
        "Username": _username(event),
        "Resources": [
            {"ResourceType": resource.get("type", ""), "ResourceName": resource.get("ARN", "")}
            for resource in event.get("resources") or ()
        ],
        "CloudTrailEvent": json.dumps(event),
    }


def _resource_names(event: dict[str, Any]) -> list[str]:
    """A resource is found by its ARN and by the bare id at its end."""
    arns = [resource.get("ARN", "") for resource in event.get("resources") or ()]
    return [*arns, *(arn.rpartition("/")[2] for arn in arns)]


def _username(event: dict[str, Any]) -> str:
    identity = event.get("userIdentity") or {}
    return str(identity.get("userName") or identity.get("arn", "").rpartition("/")[2])


def _moment(value: float | None) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(float(value), UTC)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
