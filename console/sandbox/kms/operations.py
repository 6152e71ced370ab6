"""Every operation that this KMS has, by the name that AWS gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.sandbox.kms import aliases, cmks, granting, policies, rotation, signing, tags, usage, uses
from console.sandbox.kms.access import CRYPTOGRAPHY

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.sandbox.kms.keys import Ask
    from console.sandbox.kms.vault import Vault

OPERATIONS: dict[str, Callable[[Vault, Ask], dict[str, Any]]] = {
    "CreateKey": cmks.create,
    "DescribeKey": cmks.describe,
    "ListKeys": cmks.listed,
    "UpdateKeyDescription": cmks.rewrite,
    "EnableKey": cmks.enable,
    "DisableKey": cmks.disable,
    "ScheduleKeyDeletion": cmks.schedule_deletion,
    "CancelKeyDeletion": cmks.cancel_deletion,
    "CreateAlias": aliases.create,
    "UpdateAlias": aliases.update,
    "DeleteAlias": aliases.delete,
    "ListAliases": aliases.listed,
    "TagResource": tags.tag,
    "UntagResource": tags.untag,
    "ListResourceTags": tags.listed,
    "GetKeyPolicy": policies.get,
    "PutKeyPolicy": policies.put,
    "ListKeyPolicies": policies.names,
    "EnableKeyRotation": rotation.enable,
    "DisableKeyRotation": rotation.disable,
    "GetKeyRotationStatus": rotation.status,
    "RotateKeyOnDemand": rotation.on_demand,
    "ListKeyRotations": rotation.history,
    "Encrypt": uses.encrypt,
    "Decrypt": uses.decrypt,
    "ReEncrypt": uses.re_encrypt,
    "GenerateDataKey": uses.data_key,
    "GenerateDataKeyWithoutPlaintext": uses.wrapped_data_key,
    "GenerateRandom": uses.random,
    "Sign": signing.sign,
    "Verify": signing.verify,
    "GetPublicKey": signing.public_key,
    "GenerateMac": signing.make_mac,
    "VerifyMac": signing.verify_mac,
    "CreateGrant": granting.create,
    "ListGrants": granting.listed,
    "RetireGrant": granting.retire,
    "RevokeGrant": granting.revoke,
    "ListRetirableGrants": granting.retirable,
    "GetKeyLastUsage": usage.last,
}
# What only looks is left out of CloudTrail's memory: a sync would drown everything else.
UNLOGGED = frozenset(one for one in OPERATIONS if one.startswith(("Describe", "List", "Get")))
TRACKED = CRYPTOGRAPHY
