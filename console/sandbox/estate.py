"""A believable estate, lived through call by call from nine years ago until today."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from console.sandbox import planting, stories
from console.sandbox.agencies import CAST, Agency, Holding
from console.sandbox.seeding import Seeder, bucket_name, machine_name, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.sandbox.world import World

BEGINNING = 9 * 365 + 30  # days ago that the central account opened
APART = timedelta(seconds=7)


@dataclass(slots=True)
class Timeline:
    """What happens, and how many days ago; same order on every start, so that ids repeat.

    No two things are planned for the same time of day: a key's yearly rotation never meets another event, and
    the milliseconds that a call takes cannot change their order.
    """

    today: datetime
    planned: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list)

    def add(self, days_ago: float, act: Callable[[], object]) -> None:
        number = len(self.planned)
        self.planned.append((-days_ago + number * APART.total_seconds() / 86400, number, act))

    def live(self, world: World) -> None:
        """Let it all happen in its time; what falls due in between does too."""
        for days, _, act in sorted(self.planned, key=lambda one: one[:2]):
            world.clock.set(self.today + timedelta(days=days))
            act()


def seed(world: World, *, estate: bool = True, keys: int = 0) -> None:
    """Fill an empty world: the estate, and `keys` CMKs more for benchmarks; ends in the real present."""
    today = world.clock.now().replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=1)
    timeline, seeder = Timeline(today), Seeder(world)
    timeline.add(BEGINNING, seeder.found)
    if estate:
        for agency in CAST:
            _plan(timeline, seeder, agency)
        stories.plan(timeline.add, seeder)
        planting.plan(timeline.add, seeder)
    for number in range(keys):
        _plan_plain_key(timeline, seeder, number, keys)
    timeline.live(world)
    if estate:
        seeder.exchange(CAST)
        seeder.passage(CAST)
    world.clock.offset = timedelta()
    world.kms.tick()


def _plan(timeline: Timeline, seeder: Seeder, agency: Agency) -> None:
    holdings = [holding for one in agency.applications.values() for holding in one.values()]
    timeline.add(max(holding.age for holding in holdings) + 20, lambda: seeder.join(agency))
    for application, environments in agency.applications.items():
        for environment, holding in environments.items():
            _plan_holding(timeline, seeder, agency, (application, environment), holding)


def _plan_holding(timeline: Timeline, seeder: Seeder, agency: Agency, where: tuple[str, str], holding: Holding) -> None:
    tags = place(agency.name, *where)
    if holding.key:
        timeline.add(holding.age, lambda: seeder.key(agency, *where))

    def key() -> str | None:
        lender = stories.LENDERS.get((agency.name, *where), (agency.name, *where))
        return seeder.keys.get(lender)

    for number in range(1, holding.instances + 1):
        name = machine_name(where[0], number)
        timeline.add(
            holding.age - 7 - number,
            lambda name=name: seeder.machine(agency, name, tags, key()),  # type: ignore[misc]
        )
    for number in range(holding.buckets):
        name = bucket_name(agency, *where, number)
        timeline.add(
            holding.age - 3 - number / 10,
            lambda name=name: seeder.bucket(agency, name, tags, key(), bucket_key=holding.bucket_keys),  # type: ignore[misc]
        )
    for number in range(holding.snapshots):
        timeline.add(
            30.0 - 4 * number,
            lambda number=number: stories.back_up(seeder, agency, tags, number),  # type: ignore[misc]
        )


def _plan_plain_key(timeline: Timeline, seeder: Seeder, number: int, keys: int) -> None:
    """A CMK of the crowd: tagged, named, rotated for as many years as it is old."""
    agency = Agency(f"Massa {number % 20 + 1:02}", "111122223333", {})
    where = (f"Toepassing {number // 80 + 1:03}", f"Omgeving {number // 20 % 4 + 1}")
    timeline.add(1 + (BEGINNING - 40) * (keys - number) / keys, lambda: seeder.key(agency, *where))
