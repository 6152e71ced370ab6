"""What environments hold beside disks and buckets: secrets, a database, files and a table, under their own CMK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.sandbox.agencies import CAST, PRODUCTION, Agency, alias, slug
from console.sandbox.seeding import chance_of_its_own, pairs, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.sandbox.seeding import Seeder

    Add = Callable[[float, Callable[[], object]], None]

# Days ago: older than CloudTrail's memory, younger than any limit on the age of a data key.
PLANTED = 130.0
WATER = (CAST[1], "Sluisbeheer", PRODUCTION)
GROWN = 200  # days that a CMK is there before something else is made under it


def plan(add: Add, seeder: Seeder) -> None:
    """Put what every grown production environment holds on the timeline."""
    for agency in CAST:
        for application, environments in agency.applications.items():
            holding = environments.get(PRODUCTION)
            if holding is not None and holding.age > GROWN and holding.instances:
                add(PLANTED, lambda where=(agency, application): _secret(seeder, *where))  # type: ignore[misc]
    for make in (_database, _files, _table):
        add(PLANTED, lambda make=make: _planted(seeder, make))  # type: ignore[misc]


def _secret(seeder: Seeder, agency: Agency, application: str) -> None:
    """The password of an application's database; a value that means nothing."""
    key = seeder.keys[agency.name, application, PRODUCTION]
    name = f"{alias(agency.name, application, PRODUCTION).removeprefix('alias/')}/databank"
    with chance_of_its_own(name) as token:
        seeder.secret(agency, name, place(agency.name, application, PRODUCTION), key, f"{slug(application)}-{token}")


def _planted(seeder: Seeder, make: Callable[[Seeder, str, dict[str, str]], None]) -> None:
    """Something of another service, in the water agency's production."""
    agency, application, environment = WATER
    with chance_of_its_own(make.__name__):
        seeder.act_as(agency.account)
        make(seeder, seeder.keys[agency.name, application, environment], place(agency.name, application, environment))


def _database(seeder: Seeder, key: str, tags: dict[str, str]) -> None:
    made = seeder.calls.of("rds").create_db_instance(
        DBInstanceIdentifier="sluisbeheer",
        Engine="postgres",
        DBInstanceClass="db.m5.large",
        AllocatedStorage=100,
        StorageEncrypted=True,
        KmsKeyId=key,
        MasterUsername="beheer",
        MasterUserPassword="alleen-in-de-zandbak",
        Tags=pairs(tags),
    )["DBInstance"]
    seeder.grant("rds", key, {"aws:rds:db-id": made["DbiResourceId"]})


def _files(seeder: Seeder, key: str, tags: dict[str, str]) -> None:
    made = seeder.calls.of("efs").create_file_system(
        CreationToken="sluisplannen", Encrypted=True, KmsKeyId=key, Tags=pairs({**tags, "Name": "sluisplannen"})
    )
    seeder.grant("elasticfilesystem", key, {"aws:elasticfilesystem:filesystem:id": made["FileSystemId"]})


def _table(seeder: Seeder, key: str, tags: dict[str, str]) -> None:
    seeder.calls.of("dynamodb").create_table(
        TableName="sluisstanden",
        KeySchema=[{"AttributeName": "sluis", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "sluis", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
        Tags=pairs(tags),
    )
    owner = seeder.calls.account.id if seeder.calls.account else ""
    seeder.grant("dynamodb", key, {"aws:dynamodb:tableName": "sluisstanden", "aws:dynamodb:subscriberId": owner})
