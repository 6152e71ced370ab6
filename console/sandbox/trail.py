"""CloudTrail's memory: events of the shapes that KMS writes, per account and Region, read by LookupEvents."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Trail:
    """Events in the order in which they happened, newest last; the key is (account id, Region)."""

    events: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def record(self, account: str, region: str, event: dict[str, Any]) -> None:
        self.events[account, region].append(event)
