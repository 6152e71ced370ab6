"""Small estates by hand, for tests that need a store but no AWS: what a sync would have brought in."""

import json

from store.harvest import AccountFacts, Alias, CmkFacts, DataKeyFacts, Harvest, KeyMaterial, Placement
from store.records import Gap, Granularity, Slice, Source, Status

CENTRAL = "999988887777"
TENANT = "111122223333"
OTHER = "444455556666"
REGION = "eu-west-1"
DAY = 86400
NOW = 1_795_000_000
"""2026-11-18, the present of every handmade estate."""


def policy(tenant=TENANT, administrator=f"arn:aws:iam::{CENTRAL}:root"):
    """A key policy as it should be: administered centrally, used by the tenant's account."""
    admins = {"Effect": "Allow", "Principal": {"AWS": administrator}, "Action": "kms:*", "Resource": "*"}
    caller = {"StringEquals": {"kms:CallerAccount": tenant}}
    users = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": caller,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [admins, users]})


def place(*names, source=Source.KMS):
    return Placement(*names, source=source)


def cmk(number, *names, years=2, **changes):
    """A CMK made `years` ago, rotated on every birthday, described as AWS would."""
    key_id = f"00000000-0000-4000-8000-{number:012d}"
    created = NOW - years * 365 * DAY - 30 * DAY
    birthdays = [created + year * 365 * DAY for year in range(1, years + 1)]
    materials = (
        KeyMaterial(f"{number:032x}{0:032x}", None, "", "NON_CURRENT" if years else "CURRENT"),
        *(
            KeyMaterial(f"{number:032x}{n:032x}", date, "AUTOMATIC", "CURRENT" if n == years else "NON_CURRENT")
            for n, date in enumerate(birthdays, 1)
        ),
    )
    arn = f"arn:aws:kms:{REGION}:{CENTRAL}:key/{key_id}"
    slug = "/".join(names).lower().replace(" ", "-").replace("&", "en")
    facts = {
        "key_id": key_id,
        "arn": arn,
        "account_id": CENTRAL,
        "region": REGION,
        "placement": place(*names),
        "state": "Enabled",
        "description": " ".join(names),
        "created_at": created,
        "key_spec": "SYMMETRIC_DEFAULT",
        "key_usage": "ENCRYPT_DECRYPT",
        "origin": "AWS_KMS",
        "manager": "CUSTOMER",
        "current_material": materials[-1].material_id,
        "rotation_enabled": True,
        "rotation_period": 365,
        "rotation_next": created + (years + 1) * 365 * DAY,
        "materials": materials,
        "aliases": (Alias(f"alias/{slug}", f"arn:aws:kms:{REGION}:{CENTRAL}:alias/{slug}", created, created),),
        "tags": tuple(zip(("afnemer", "toepassing", "omgeving"), names, strict=False)),
        "policy": policy(),
        "metadata_at": NOW,
        "rotation_at": NOW,
        "materials_at": NOW,
        "policy_at": NOW,
    }
    return CmkFacts(**{**facts, **changes})


def volume(number, key, *names, account=TENANT, **changes):
    """An EBS volume under `key`, tagged with `names`."""
    facts = {
        "kind": "ebs",
        "granularity": Granularity.VOLUME,
        "resource_id": f"vol-{number:017x}",
        "account_id": account,
        "region": REGION,
        "placement": place(*names, source=Source.SCAN),
        "name": f"web-{number} /data",
        "arn": f"arn:aws:ec2:{REGION}:{account}:volume/vol-{number:017x}",
        "key_ref": key.arn,
        "status": Status.ENCRYPTED,
        "created_at": NOW - 400 * DAY,
        "seen_at": NOW,
    }
    return DataKeyFacts(**{**facts, **changes})


def bucket(name, key, *names, account=TENANT, **changes):
    """An S3 bucket whose default encryption is `key`."""
    facts = {
        "kind": "s3",
        "granularity": Granularity.BUCKET,
        "resource_id": name,
        "account_id": account,
        "region": REGION,
        "placement": place(*names, source=Source.SCAN),
        "name": name,
        "arn": f"arn:aws:s3:::{name}",
        "key_ref": key.arn,
        "status": Status.ENCRYPTED,
        "created_at": NOW - 900 * DAY,
        "seen_at": NOW,
        "detail": (("Bucket Key", "true"),),
    }
    return DataKeyFacts(**{**facts, **changes})


def example():
    """The service document's Agentschap A, with a second tenant beside it, one stray key and one gap."""
    a = "Agentschap A"
    prod, ti, dev = (cmk(n, a, "X", env, years=y) for n, env, y in ((1, "Productie", 5), (2, "T&I", 3), (3, "Dev", 0)))
    y_prod = cmk(4, a, "Y", "Productie", years=1)
    foreign = cmk(5, "Bureau B", "Loket", "Productie", years=2, state="Disabled", policy=policy(OTHER))
    stray = cmk(6, years=1, placement=Placement(reason="place.no_tags"), aliases=(), tags=(), description="")
    keys = []
    for at, (key, env) in enumerate(((prod, "Productie"), (ti, "T&I"))):
        keys += [volume(10 * at + n, key, a, "X", env) for n in range(1, 5)]
        keys += [bucket(f"x-{at}-bucket-{n}", key, a, "X", env) for n in range(1, 5)]
    keys += [volume(90, foreign, "Bureau B", "Loket", "Productie", account=OTHER)]
    return Harvest(
        accounts=(AccountFacts(CENTRAL, "centraal"), AccountFacts(TENANT, a, a), AccountFacts(OTHER, "b", "Bureau B")),
        declared=(place(a, "Z", source=Source.DECLARED),),
        cmks=(prod, ti, dev, y_prod, foreign, stray),
        data_keys=tuple(keys),
        complete=frozenset(
            {Slice(CENTRAL, REGION, "cmk"), *(Slice(n, REGION, k) for n in (TENANT, OTHER) for k in ("ebs", "s3"))}
            - {Slice(OTHER, REGION, "s3")}
        ),
        gaps=(Gap(Slice(OTHER, REGION, "s3"), "Bureau B", "AccessDenied", "not allowed", NOW),),
    )
