"""What real life did to the estate: keys left behind, lent, disabled and renamed, and disks that went astray."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.sandbox import mistakes
from console.sandbox.agencies import CAST, DEV, PRODUCTION, TEST, Agency, alias
from console.sandbox.seeding import Seeder, place

if TYPE_CHECKING:
    from collections.abc import Callable

    Add = Callable[[float, Callable[[], object]], None]

# Environments that live under another's CMK.
LENDERS = {("Agentschap Platteland", "Subsidie", "Acceptatie"): ("Agentschap Platteland", "Subsidie", "Test")}

# Texts that a console must show as text. EC2 allows any character in its tags; KMS and S3 do not.
HOSTILE_NAMES = (
    "[red]Kaas[/]",
    "[@click=app.quit]stop[/]",
    "\x9b31mrood\x9b0m",
    "مرحبا بالعالم",
    "宽" * 85,
    "=1+1",
)

WATER, ARCHIVE, LEARNING, CARE, LAND, PORT, LIBRARY, TRIAL = CAST[1:]


def plan(add: Add, seeder: Seeder) -> None:
    """Put every story on the timeline; numbers are days ago."""
    _keys(add, seeder)
    _aliases(add, seeder)
    _disks(add, seeder)
    _strays(add, seeder)
    mistakes.plan(add, seeder)


def back_up(seeder: Seeder, agency: Agency, tags: dict[str, str], number: int) -> None:
    """One snapshot of the environment's data volumes in turn."""
    volumes = seeder.volumes[tuple(tags.values())]  # type: ignore[index] # three tags make three names
    seeder.snapshot(agency, volumes[number % len(volumes)], tags, "wekelijkse reservekopie")


def _keys(add: Add, seeder: Seeder) -> None:
    def of(agency: Agency, application: str, environment: str) -> str:
        return seeder.keys[agency.name, application, environment]

    # Disabled, and its rotation date went by since: it rotates at once when somebody enables it.
    add(400, lambda: seeder.central("DisableKey", KeyId=of(LIBRARY, "Catalogus", TEST)))
    add(11, lambda: _schedule_deletion(seeder, of(CARE, "Premies", DEV)))
    add(120, lambda: seeder.central("RotateKeyOnDemand", KeyId=of(LEARNING, "Attesten", PRODUCTION)))
    add(640, lambda: seeder.central("DisableKeyRotation", KeyId=of(ARCHIVE, "Leeszaal", TEST)))
    add(
        300,
        lambda: seeder.central(
            "EnableKeyRotation", KeyId=of(LEARNING, "Studietoelage", PRODUCTION), RotationPeriodInDays=180
        ),
    )
    # Off for two years and on again: the schedule counts from the second beginning.
    add(1500, lambda: seeder.central("DisableKeyRotation", KeyId=of(LAND, "Perceelkaart", PRODUCTION)))
    add(770, lambda: seeder.central("EnableKeyRotation", KeyId=of(LAND, "Perceelkaart", PRODUCTION)))


def _schedule_deletion(seeder: Seeder, key: str) -> None:
    seeder.central("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=30)


def _aliases(add: Add, seeder: Seeder) -> None:
    def target(agency: Agency, application: str, environment: str) -> str:
        return seeder.keys[agency.name, application, environment].rpartition("/")[2]

    # The acceptance alias leads to the test key that serves both; the production alias was led astray.
    add(
        1425,
        lambda: seeder.central(
            "CreateAlias",
            AliasName=alias(LAND.name, "Subsidie", "Acceptatie"),
            TargetKeyId=target(LAND, "Subsidie", "Test"),
        ),
    )
    add(
        210,
        lambda: seeder.central(
            "UpdateAlias",
            AliasName=alias(ARCHIVE.name, "Leeszaal", PRODUCTION),
            TargetKeyId=target(ARCHIVE, "Leeszaal", TEST),
        ),
    )


def _disks(add: Add, seeder: Seeder) -> None:
    water = (WATER.name, "Sluisbeheer")
    add(
        500,
        lambda: seeder.volume(
            LIBRARY,
            "catalogus-ti-kopie",
            place(LIBRARY.name, "Catalogus", TEST),
            Size=100,
            Encrypted=True,
            KmsKeyId=seeder.keys[LIBRARY.name, "Catalogus", PRODUCTION],
        ),
    )
    add(60, lambda: _lineage(seeder, place(*water, PRODUCTION)))
    add(
        45,
        lambda: seeder.volume(CARE, "premies-werkschijf", place(CARE.name, "Premies", TEST), Size=20, Encrypted=True),
    )
    add(
        350,
        lambda: seeder.volume(
            LEARNING, "inschrijving-scratch", place(LEARNING.name, "Inschrijving", DEV), Size=10, Encrypted=False
        ),
    )


def _lineage(seeder: Seeder, tags: dict[str, str]) -> None:
    """A restore keeps its snapshot's data key; a copy under another key starts a line of its own."""
    volume = seeder.volumes[tuple(tags.values())][0]  # type: ignore[index] # three tags make three names
    key = seeder.keys[tuple(tags.values())]  # type: ignore[index] # three tags make three names
    first = seeder.snapshot(WATER, volume, tags, "voor de migratie")
    restored = seeder.volume(WATER, "sluisbeheer-hersteld", tags, SnapshotId=first, Encrypted=True, KmsKeyId=key)
    seeder.snapshot(WATER, restored, tags, "na de migratie")
    other = seeder.keys[WATER.name, "Sluisbeheer", TEST]
    ec2 = seeder.calls.ec2
    ec2.copy_snapshot(SourceRegion="eu-west-1", SourceSnapshotId=first, Encrypted=True, KmsKeyId=other)


def _strays(add: Add, seeder: Seeder) -> None:
    add(980, lambda: _untagged(seeder))
    add(830, lambda: _signing_key(seeder))
    add(
        250,
        lambda: seeder.bucket(
            WATER, "wegen-en-water-uitwisseling", place(WATER.name, "Fietsroutes", PRODUCTION), None, bucket_key=False
        ),
    )
    tags = place(TRIAL.name, "Proef", DEV)
    for number, name in enumerate(HOSTILE_NAMES):
        add(50 - number, lambda name=name: _volume_named(seeder, name, tags))  # type: ignore[misc]


def _volume_named(seeder: Seeder, name: str, tags: dict[str, str]) -> None:
    key = seeder.keys[TRIAL.name, "Proef", DEV]
    seeder.volume(TRIAL, name, tags, Size=1, Encrypted=True, KmsKeyId=key)


def _untagged(seeder: Seeder) -> None:
    """A key that somebody made by hand, without tags or alias."""
    arn = seeder.bare_key("tijdelijk, nog te bekijken")
    seeder.central("EnableKeyRotation", KeyId=arn)


def _signing_key(seeder: Seeder) -> None:
    """An asymmetric key: HBK rotation does not apply to it."""
    tags = place(WATER.name, "Verkeersmeting", PRODUCTION)
    arn = seeder.bare_key(
        "ondertekening van meetberichten",
        KeySpec="ECC_NIST_P256",
        KeyUsage="SIGN_VERIFY",
        Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()],
    )
    seeder.central("CreateAlias", AliasName="alias/wegen-en-water/verkeersmeting/handtekening", TargetKeyId=arn)
