"""What environments hold beside disks and buckets: secrets, each under the CMK of its environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.sandbox.agencies import CAST, PRODUCTION, Agency, alias, slug
from console.sandbox.seeding import chance_of_its_own, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.sandbox.seeding import Seeder

    Add = Callable[[float, Callable[[], object]], None]

# Days ago: older than CloudTrail's memory, younger than any limit on the age of a data key.
PLANTED = 130.0
GROWN = 200  # days that a CMK is there before something else is made under it


def plan(add: Add, seeder: Seeder) -> None:
    """Put what every grown production environment holds on the timeline."""
    for agency in CAST:
        for application, environments in agency.applications.items():
            holding = environments.get(PRODUCTION)
            if holding is not None and holding.age > GROWN and holding.instances:
                add(PLANTED, lambda where=(agency, application): _secret(seeder, *where))  # type: ignore[misc]


def _secret(seeder: Seeder, agency: Agency, application: str) -> None:
    """The password of an application's database; a value that means nothing."""
    key = seeder.keys[agency.name, application, PRODUCTION]
    name = f"{alias(agency.name, application, PRODUCTION).removeprefix('alias/')}/databank"
    with chance_of_its_own(name) as token:
        seeder.secret(agency, name, place(agency.name, application, PRODUCTION), key, f"{slug(application)}-{token}")
