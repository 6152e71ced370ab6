"""What went wrong with keys and data over the years, each mistake once, and what only looks wrong but is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from console.sandbox.accounts import CENTRAL
from console.sandbox.agencies import CAST, DEV, PRODUCTION, TEST, Agency, alias
from console.sandbox.seeding import ADMINISTRATORS, Seeder, key_policy, place

if TYPE_CHECKING:
    from collections.abc import Callable

    Add = Callable[[float, Callable[[], object]], None]

WATER, ARCHIVE, LEARNING, CARE, LAND, _, LIBRARY, TRIAL = CAST[1:]

SUPPLIER = "121212121212"
"""The account of somebody who helped build an application, and left."""

DATA_CLASS = "informatieklasse"
SECRET = "5"  # noqa: S105 - a class of information
LONGEST_SECRET = 365
"""Days that a data key for secret data may be in use, as the sandbox's settings say."""


def plan(add: Add, seeder: Seeder) -> None:
    """Put every mistake on the timeline; numbers are days ago."""
    _policies(add, seeder)
    _tags(add, seeder)
    _strays(add, seeder)
    _not_amiss(add, seeder)


def _policies(add: Add, seeder: Seeder) -> None:
    """Doors left open, and one that nobody can open any more."""

    def put(agency: Agency, application: str, policy: str, environment: str = PRODUCTION) -> None:
        key = seeder.keys[agency.name, application, environment]
        seeder.central("PutKeyPolicy", KeyId=key, Policy=policy, BypassPolicyLockoutSafetyCheck=True)

    add(70, lambda: put(WATER, "Fietsroutes", _open_to_all(WATER.account)))
    add(190, lambda: put(ARCHIVE, "Digitalisering", _of_a_deleted_role()))
    add(600, lambda: put(LAND, "Perceelkaart", key_policy(LAND.account, SUPPLIER), TEST))


def _open_to_all(tenant: str) -> str:
    """As it should be, and one statement that somebody forgot to narrow."""
    document = json.loads(key_policy(tenant))
    document["Statement"].append(
        {"Sid": "Proef", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*"}
    )
    return json.dumps(document)


def _of_a_deleted_role() -> str:
    """The role that administered the key is gone: IAM shows its id, and the account itself may only look."""
    rights = (
        ("CentralAccount", f"arn:aws:iam::{CENTRAL}:root", ["kms:Describe*", "kms:Get*", "kms:List*"]),
        ("KeyAdmins", "AROAEXAMPLE2DELETED7X", ["kms:*"]),
    )
    statements = [
        {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": who}, "Action": actions, "Resource": "*"}
        for sid, who, actions in rights
    ]
    document = json.loads(key_policy(ARCHIVE.account))
    kept = [each for each in document["Statement"] if each["Sid"].startswith("Tenant")]
    return json.dumps(document | {"Statement": [*statements, *kept]})


def _tags(add: Add, seeder: Seeder) -> None:
    """Tags that say too little, and tags that say something else than the alias or the account."""

    def secret() -> None:
        tags = [{"TagKey": DATA_CLASS, "TagValue": SECRET}]
        seeder.central("TagResource", KeyId=seeder.keys[CARE.name, "Premies", PRODUCTION], Tags=tags)

    add(20, secret)
    add(25, lambda: _bare(seeder, "loket in opbouw", {"afnemer": WATER.name}))
    add(35, lambda: _bare(seeder, "zoekdienst", place(LIBRARY.name, "Zoekdienst", DEV), "Zoekdienst"))
    add(
        65,
        lambda: seeder.volume(
            LEARNING,
            "attesten-uitwisseling",
            place(CARE.name, "Premies", TEST),
            Size=8,
            Encrypted=True,
            KmsKeyId=seeder.keys[LEARNING.name, "Attesten", TEST],
        ),
    )


def _bare(seeder: Seeder, description: str, tags: dict[str, str], application: str = "") -> None:
    """A rotating key with these tags, and perhaps the alias of the library's acceptance environment."""
    pairs = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    arn = seeder.bare_key(description, policy=_administered(), Tags=pairs)
    seeder.central("EnableKeyRotation", KeyId=arn)
    if application:
        seeder.central("CreateAlias", AliasName=alias(LIBRARY.name, application, "Acceptatie"), TargetKeyId=arn)


def _administered() -> str:
    """A policy for the administrators alone."""
    principals = [f"arn:aws:iam::{CENTRAL}:root", f"arn:aws:iam::{CENTRAL}:role/{ADMINISTRATORS}"]
    whole = {"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "kms:*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [whole]})


def _strays(add: Add, seeder: Seeder) -> None:
    """Disks under a key that is not theirs: of another tenant, another application, the tenant itself, or deleted."""

    def under(owner: Agency, application: str, environment: str) -> str:
        return seeder.keys[owner.name, application, environment]

    def disk(agency: Agency, name: str, application: str, environment: str, key: str) -> None:
        tags = place(agency.name, application, environment)
        seeder.volume(agency, name, tags, Size=50, Encrypted=True, KmsKeyId=key)

    add(410, lambda: _let_in(seeder, under(ARCHIVE, "Depot", TEST), LIBRARY.account))
    add(409, lambda: disk(LIBRARY, "depot-overdracht", "Catalogus", PRODUCTION, under(ARCHIVE, "Depot", TEST)))
    add(320, lambda: disk(LAND, "meetnet-kaartlagen", "Meetnet", PRODUCTION, under(LAND, "Perceelkaart", PRODUCTION)))
    for number in (1, 2):
        name = f"wachtlijst-dev-{number}"
        add(100 - number, lambda name=name: disk(CARE, name, "Wachtlijst", DEV, under(CARE, "Wachtlijst", TEST)))  # type: ignore[misc]
    add(
        150, lambda: disk(LEARNING, "toelage-rapportage", "Studietoelage", TEST, seeder.own_key(LEARNING, "rapportage"))
    )
    add(85, lambda: _lost(seeder))


def _let_in(seeder: Seeder, key: str, guest: str) -> None:
    seeder.central("PutKeyPolicy", KeyId=key, Policy=key_policy(ARCHIVE.account, guest))


def _lost(seeder: Seeder) -> None:
    """A key for an exercise, deleted with a disk still under it."""
    tags = place(TRIAL.name, "Proef", DEV)
    key = seeder.bare_key("oefening", policy=key_policy(TRIAL.account))
    seeder.volume(TRIAL, "oefening", tags, Size=4, Encrypted=True, KmsKeyId=key)
    seeder.central("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)


def _not_amiss(add: Add, seeder: Seeder) -> None:
    """Keys without automatic rotation that never have one: imported material that is still to come, and HMAC."""
    tags = [{"TagKey": k, "TagValue": v} for k, v in place(WATER.name, "Verkeersmeting", PRODUCTION).items()]
    policy = key_policy(WATER.account)
    add(14, lambda: seeder.bare_key("eigen sleutelmateriaal", policy=policy, Origin="EXTERNAL", Tags=tags))
    spec = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
    add(13, lambda: seeder.bare_key("controlegetallen", policy=policy, Tags=tags, **spec))
