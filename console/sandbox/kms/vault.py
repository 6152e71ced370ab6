"""Where the keys are: by account and Region, in the order in which lists tell them, with the agenda of what is due."""

from __future__ import annotations

import secrets
import uuid
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from console.sandbox.kms.keys import GONE, Alias, Key, Material

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from console.sandbox.clock import Clock
    from console.sandbox.trail import Trail

SECRET_BYTES = 32


@dataclass(slots=True)
class Place:
    """One account in one Region; ids and alias names are kept sorted, as lists answer them."""

    keys: dict[str, Key] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    aliases: dict[str, Alias] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def put_alias(self, alias: Alias) -> None:
        """Add an alias, or point an existing one elsewhere."""
        old = self.aliases.get(alias.name)
        if old is None:
            insort(self.names, alias.name)
        else:
            self.keys[old.target].aliases.discard(alias.name)
        self.aliases[alias.name] = alias
        self.keys[alias.target].aliases.add(alias.name)

    def drop_alias(self, name: str) -> None:
        alias = self.aliases.pop(name)
        del self.names[bisect_left(self.names, name)]
        self.keys[alias.target].aliases.discard(name)


@dataclass(slots=True)
class Vault:
    """All state of the KMS. `spell` is how many seconds an on-demand rotation takes."""

    clock: Clock
    trail: Trail
    entropy: Callable[[int], bytes]
    spell: float = 0.0
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    regions: dict[tuple[str, str], Key] = field(default_factory=dict)
    agenda: list[tuple[datetime, int, str, Key]] = field(default_factory=list)
    written: int = 0

    def place(self, account: str, region: str) -> Place:
        found = self.places.get((account, region))
        if found is None:
            found = self.places[account, region] = Place()
        return found

    def add(self, key: Key) -> None:
        place = self.place(key.account, key.region)
        place.keys[key.id] = key
        insort(place.ids, key.id)
        self.regions[key.region, key.id] = key

    def remove(self, key: Key) -> None:
        """Forget the key with its aliases and grants; what is still due for it will find it gone."""
        place = self.place(key.account, key.region)
        for name in tuple(key.aliases):
            place.drop_alias(name)
        del place.keys[key.id]
        del place.ids[bisect_left(place.ids, key.id)]
        del self.regions[key.region, key.id]
        key.grants.clear()
        key.state = GONE

    def due(self, moment: datetime, what: str, key: Key) -> None:
        """Write something in the agenda; whoever reads it checks that it still holds."""
        self.written += 1
        heappush(self.agenda, (moment, self.written, what, key))

    def next_due(self, now: datetime) -> tuple[datetime, str, Key] | None:
        """Take the earliest thing that is due, or None."""
        if not self.agenda or self.agenda[0][0] > now:
            return None
        moment, _, what, key = heappop(self.agenda)
        return moment, what, key

    def new_uuid(self) -> str:
        return str(uuid.UUID(bytes=self.entropy(16), version=4))

    def new_digits(self) -> str:
        """64 hex digits, as ids of key materials and grants are written."""
        return self.entropy(32).hex()

    def new_material(self, size: int = SECRET_BYTES) -> Material:
        """A backing key: its id repeats with the seed, its secret never does."""
        return Material(self.new_digits(), secrets.token_bytes(size))
