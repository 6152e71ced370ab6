"""Keys from making to deletion: CreateKey, DescribeKey, ListKeys, enable, disable, describe, schedule, cancel."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.kms import access, model, paging, policies, policy, rotation, specs, tags
from console.sandbox.kms.keys import DISABLED, ENABLED, PENDING_DELETION, PENDING_IMPORT, SYMMETRIC, Alias, Ask, Key

if TYPE_CHECKING:
    from console.sandbox.kms.vault import Vault

WINDOW, SHORTEST, LONGEST = 30, 7, 30  # days between ScheduleKeyDeletion and the end
STORES = ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")
HMAC = re.compile(r"HMAC_(\d+)")
# KMS's name in a managed key's ViaService differs from the alias for this one.
VIA = {"ebs": "ec2"}
MANAGED = "alias/aws/"
SERVICES = frozenset(
    {"backup", "dynamodb", "ebs", "elasticfilesystem", "es", "fsx", "lambda", "rds", "redshift", "s3"}
    | {"secretsmanager", "sns", "sqs", "ssm"}
)
# botocore's deprecated twin of KeySpec stops at the specs of its time.
TWIN = "CustomerMasterKeySpec"


def create(vault: Vault, ask: Ask) -> dict[str, Any]:
    """CreateKey: a symmetric key has its first material at once, an imported one waits for it."""
    params, account = ask.params, ask.caller.account
    spec = params.get("KeySpec", params.get(TWIN, SYMMETRIC))
    usage, origin = params.get("KeyUsage", specs.ENCRYPT), params.get("Origin", "AWS_KMS")
    specs.agreed(spec, usage)
    if origin in STORES or "CustomKeyStoreId" in params:
        raise AwsError("CustomKeyStoreNotFoundException", "The custom key store does not exist.")
    text = params.get("Policy") or policy.default(account)
    wished = tags.judged(params.get("Tags", []))
    multi_region = bool(params.get("MultiRegion"))
    key = _blank(vault, (account, ask.region), (spec, usage, origin), text, multi_region=multi_region)
    if "Policy" in params:
        policies.keeps_a_door(ask, key, text)
    key.description, key.tags = params.get("Description", ""), wished
    vault.add(key)
    ask.keys.append(key)
    return {"KeyMetadata": metadata(key)}


def _blank(vault: Vault, owner: tuple[str, str], kind: tuple[str, str, str], policy: str, *, multi_region: bool) -> Key:
    """A key with its first material, not yet placed; `owner` is account and Region, `kind` spec, usage and origin."""
    key_id = f"mrk-{uuid.UUID(vault.new_uuid()).hex}" if multi_region else vault.new_uuid()
    account, region = owner
    arn = f"arn:aws:kms:{region}:{account}:key/{key_id}"
    key = Key(key_id, arn, account, region, vault.clock.now(), *kind, policy, multi_region=multi_region)
    if key.origin == "EXTERNAL":
        key.state = PENDING_IMPORT
    elif key.symmetric:
        key.materials.append(vault.new_material())
    elif size := HMAC.fullmatch(key.spec):
        key.materials.append(vault.new_material(int(size[1]) // 8))
    return key


def managed(vault: Vault, account: str, region: str, service: str) -> Key:
    """The account's `aws/SERVICE` key in this Region, made when first needed; turns every year, nobody's to change."""
    name, now = f"{MANAGED}{service}", vault.clock.now()
    place = vault.place(account, region)
    if name not in place.aliases:
        text = policy.managed(account, region, VIA.get(service, service))
        kind = (SYMMETRIC, specs.ENCRYPT, "AWS_KMS")
        key = _blank(vault, (account, region), kind, text, multi_region=False)
        key.manager, key.period = "AWS", rotation.YEARLY
        key.description = f"Default key that protects my {service.upper()} data when no other key is defined"
        vault.add(key)
        place.put_alias(Alias(name, key.id, now, now))
        rotation.schedule(vault, key, now)
    return place.keys[place.aliases[name].target]


def metadata(key: Key) -> dict[str, Any]:
    """KeyMetadata with the members that apply to the key as it is."""
    told: dict[str, Any] = {
        "AWSAccountId": key.account,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": key.created,
        "Enabled": key.state == ENABLED,
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": key.state,
        "Origin": key.origin,
        "KeyManager": key.manager,
        "KeySpec": key.spec,
        **specs.algorithms(key.spec, key.usage),
        "MultiRegion": key.multi_region,
    }
    if key.spec in model.service()["shapes"][TWIN]["enum"]:
        told[TWIN] = key.spec
    if key.symmetric and key.materials:
        told["CurrentKeyMaterialId"] = key.current.id
    if key.state == PENDING_DELETION:
        told["DeletionDate"] = key.deletion
    if key.multi_region:
        primary = {"Arn": key.arn, "Region": key.region}
        told["MultiRegionConfiguration"] = {
            "MultiRegionKeyType": "PRIMARY",
            "PrimaryKey": primary,
            "ReplicaKeys": [],
        }
    return told


def describe(vault: Vault, ask: Ask) -> dict[str, Any]:
    """DescribeKey; AWS makes a managed key when its predefined alias is first described."""
    ref = ask.params["KeyId"]
    if ref.startswith(MANAGED) and ref.removeprefix(MANAGED) in SERVICES:
        managed(vault, ask.caller.account, ask.region, ref.removeprefix(MANAGED))
    return {"KeyMetadata": metadata(access.reach(vault, ask, ref))}


def listed(vault: Vault, ask: Ask) -> dict[str, Any]:
    """ListKeys; nothing is shared through RAM here, so that filter alone leaves nothing."""
    place = vault.place(ask.caller.account, ask.region)
    own = "SELF" in ask.params.get("ResourceOwners", ["SELF"])
    keys = place.keys
    return paging.page(ask, place.ids if own else [], "Keys", str, lambda one: {"KeyId": one, "KeyArn": keys[one].arn})


def rewrite(vault: Vault, ask: Ask) -> dict[str, Any]:
    """UpdateKeyDescription."""
    key = access.reach(vault, ask, ask.params["KeyId"])
    access.settled(key, imported=False)
    key.description = ask.params["Description"]
    return {}


def enable(vault: Vault, ask: Ask) -> dict[str, Any]:
    key = access.reach(vault, ask, ask.params["KeyId"])
    access.settled(key)
    key.state = ENABLED
    rotation.catch_up(vault, key, ask.now)
    return {}


def disable(vault: Vault, ask: Ask) -> dict[str, Any]:
    key = access.reach(vault, ask, ask.params["KeyId"])
    access.settled(key)
    key.state = DISABLED
    return {}


def schedule_deletion(vault: Vault, ask: Ask) -> dict[str, Any]:
    key = access.reach(vault, ask, ask.params["KeyId"])
    access.settled(key, imported=False)
    days = ask.params.get("PendingWindowInDays", WINDOW)
    if days < SHORTEST:
        raise model.invalid(days, "pendingWindowInDays", f"Member must have value greater than or equal to {SHORTEST}")
    if days > LONGEST:
        raise model.invalid(days, "pendingWindowInDays", f"Member must have value less than or equal to {LONGEST}")
    key.state, key.deletion = PENDING_DELETION, ask.now + timedelta(days=days)
    vault.due(key.deletion, rotation.DELETION, key)
    return {
        "KeyId": key.arn,
        "DeletionDate": key.deletion,
        "KeyState": key.state,
        "PendingWindowInDays": days,
    }


def cancel_deletion(vault: Vault, ask: Ask) -> dict[str, Any]:
    """CancelKeyDeletion: the key comes back disabled."""
    key = access.reach(vault, ask, ask.params["KeyId"])
    if key.state != PENDING_DELETION:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    key.state = PENDING_IMPORT if key.origin == "EXTERNAL" and not key.materials else DISABLED
    key.deletion = None
    return {"KeyId": key.arn}
