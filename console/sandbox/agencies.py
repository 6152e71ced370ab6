"""The estate's cast: fictional agencies, their applications and environments, and what each holds."""

from __future__ import annotations

from dataclasses import dataclass

PRODUCTION, TEST, DEV = "Productie", "T&I", "Dev"
WRITTEN = {TEST: "T+I"}  # tags of KMS and S3 hold letters, numbers, spaces and _.:/=+-@ only
SHORT = {PRODUCTION: "prod", TEST: "ti", DEV: "dev"}


@dataclass(frozen=True, slots=True)
class Holding:
    """What an environment holds; `age` is the CMK's in days, and its resources follow within weeks.

    Each instance has a root and a data volume, each snapshot is of a data volume, each bucket holds an object.
    """

    age: int
    instances: int = 0
    buckets: int = 0
    snapshots: int = 0
    bucket_keys: bool = True
    key: bool = True


@dataclass(frozen=True, slots=True)
class Agency:
    """A tenant with its account; `refuses` says that its role trusts somebody else."""

    name: str
    account: str
    applications: dict[str, dict[str, Holding]]
    refuses: bool = False

    @property
    def slug(self) -> str:
        return slug(self.name)


def slug(name: str) -> str:
    """A name as aliases and bucket names can carry it."""
    return "-".join(name.lower().replace("&", "").replace("[", "").replace("]", "").replace("/", "-").split())


def alias(agency: str, application: str, environment: str) -> str:
    """As `alias/agentschap-a/x/prod`."""
    return f"alias/{slug(agency)}/{slug(application)}/{SHORT.get(environment, slug(environment))}"


# The service document's own example, node for node.
EXAMPLE = Agency(
    "Agentschap A",
    "111122223333",
    {
        "X": {
            PRODUCTION: Holding(1230, instances=2, buckets=4),
            TEST: Holding(1200, instances=2, buckets=4),
            DEV: Holding(790),
        },
        "Y": {PRODUCTION: Holding(150)},
        "Z": {},
    },
)

NEIGHBOURS = (
    Agency(
        "Agentschap Wegen en Water",
        "222233334444",
        {
            "Sluisbeheer": {
                PRODUCTION: Holding(3260, instances=3, buckets=3, snapshots=6),
                TEST: Holding(3240, instances=2, buckets=2, snapshots=2),
                DEV: Holding(3230, instances=1, buckets=1),
            },
            "Verkeersmeting": {
                PRODUCTION: Holding(2510, instances=3, buckets=2, snapshots=4, bucket_keys=False),
                TEST: Holding(2490, instances=1, buckets=1),
            },
            "Fietsroutes": {PRODUCTION: Holding(95, instances=1, buckets=1)},
        },
    ),
    Agency(
        "Dienst Archief en Erfgoed",
        "333344445555",
        {
            "Depot": {
                PRODUCTION: Holding(2900, instances=2, buckets=8, snapshots=4, bucket_keys=False),
                TEST: Holding(2880, instances=1, buckets=2),
            },
            "Leeszaal": {PRODUCTION: Holding(1660, instances=2, buckets=2), TEST: Holding(1650, instances=1)},
            "Digitalisering": {PRODUCTION: Holding(610, instances=2, buckets=6, snapshots=2)},
        },
    ),
    Agency(
        "Agentschap Leerwegen",
        "444455556666",
        {
            "Inschrijving": {
                PRODUCTION: Holding(2060, instances=3, buckets=3, snapshots=6),
                TEST: Holding(2040, instances=2, buckets=2, snapshots=2),
                DEV: Holding(2030, instances=1, buckets=1),
            },
            "Attesten": {
                PRODUCTION: Holding(1320, instances=2, buckets=3, snapshots=2),
                TEST: Holding(1310, instances=1, buckets=1),
            },
            "Studietoelage": {
                PRODUCTION: Holding(880, instances=3, buckets=2, snapshots=4),
                TEST: Holding(870, instances=2, buckets=1),
                DEV: Holding(860, instances=1),
            },
        },
    ),
    Agency(
        "Agentschap Zorgpunt",
        "555566667777",
        {
            "Wachtlijst": {
                PRODUCTION: Holding(1790, instances=2, buckets=3, snapshots=4),
                TEST: Holding(1780, instances=1, buckets=1),
                DEV: Holding(110),
            },
            "Premies": {
                PRODUCTION: Holding(1010, instances=3, buckets=2, snapshots=3),
                TEST: Holding(1000, instances=1, buckets=1),
                DEV: Holding(990, instances=1),
            },
            # Resources carry this environment's tags, but nobody ever asked for a CMK.
            "Zorgkaart": {
                PRODUCTION: Holding(420, instances=1, buckets=2),
                "Opleiding": Holding(330, instances=1, buckets=1, key=False),
            },
        },
    ),
    Agency(
        "Agentschap Platteland",
        "666677778888",
        {
            "Perceelkaart": {
                PRODUCTION: Holding(2300, instances=3, buckets=4, snapshots=6),
                TEST: Holding(2290, instances=1, buckets=1),
            },
            # One CMK serves test and acceptance alike.
            "Subsidie": {
                PRODUCTION: Holding(1450, instances=2, buckets=2, snapshots=2),
                "Test": Holding(1440, instances=1, buckets=1),
                "Acceptatie": Holding(1430, instances=1, buckets=1, key=False),
            },
            "Meetnet": {PRODUCTION: Holding(560, instances=2, buckets=3)},
        },
    ),
    Agency(
        "Fonds Havenbeheer",
        "777788889999",
        {
            "Ligplaats": {PRODUCTION: Holding(1900, instances=2, buckets=2), TEST: Holding(1890, instances=1)},
            "Loodsen": {PRODUCTION: Holding(700, instances=1, buckets=1)},
        },
        refuses=True,
    ),
    Agency(
        "Kennisbank Noord",
        "888899990000",
        {
            "Catalogus": {
                PRODUCTION: Holding(1130, instances=2, buckets=3, snapshots=2),
                TEST: Holding(1120, instances=1, buckets=1),
            },
            "Zoekdienst": {
                PRODUCTION: Holding(515, instances=2, buckets=1),
                TEST: Holding(505, instances=1, buckets=1),
                DEV: Holding(40, instances=1),
                "Acceptatie": Holding(38, key=False),
            },
        },
    ),
    Agency("Proeftuin", "123412341234", {"Proef": {DEV: Holding(75, instances=1, buckets=1)}}),
)

CAST = (EXAMPLE, *NEIGHBOURS)
