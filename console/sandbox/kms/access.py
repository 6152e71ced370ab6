"""From what a caller names to a key that he may touch: resolution, the rules across accounts, policy and grants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from console.sandbox.errors import AwsError
from console.sandbox.kms import grants, policy
from console.sandbox.kms.keys import DISABLED, ENABLED, PENDING_DELETION, PENDING_IMPORT, Ask, Key
from console.sandbox.kms.policy import Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.sandbox.kms.vault import Vault

CRYPTOGRAPHY: frozenset[str] = frozenset(
    {"Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair"}
    | {"GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "VerifyMac", "Sign", "Verify"}
)
# Only these take a key's alias for its id; the others want the key itself.
BY_ALIAS = CRYPTOGRAPHY | {"DescribeKey", "GetPublicKey"}
ACROSS_ACCOUNTS = BY_ALIAS | {"CreateGrant", "GetKeyRotationStatus", "ListGrants", "RetireGrant", "RevokeGrant"}
FOR_RESOURCES = frozenset({"CreateGrant", "ListGrants", "RevokeGrant"})
_ARN = re.compile(r"arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):(key|alias)/(.+)")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")
SERVICES = ".amazonaws.com"


def reach(vault: Vault, ask: Ask, ref: str, action: str = "", context: Mapping[str, str] | None = None) -> Key:
    """The key that `ref` names, once its policy or a grant lets the caller do `action` (the operation itself).

    Raises:
        AwsError: NotFoundException, InvalidArnException or AccessDeniedException.
    """
    key = find(vault, ask, ref, action)
    ask.keys.append(key)  # also when refused: the caller's own event names it
    authorise(ask, key, action or ask.operation, context or {})
    return key


def find(vault: Vault, ask: Ask, ref: str, action: str = "") -> Key:
    """The key that `ref` names, whatever its policy says; bare ids and names are of the caller's own account."""
    if ref.startswith("arn:"):
        return _by_arn(vault, ask, ref, action or ask.operation)
    if ref.startswith("alias/"):
        return _by_alias(vault, ask, ask.caller.account, ref)
    key = vault.place(ask.caller.account, ask.region).keys.get(ref)
    if key is not None:
        return key
    if not _ID.fullmatch(ref):
        raise AwsError("NotFoundException", f"Invalid keyId '{ref}'")
    arn = f"arn:aws:kms:{ask.region}:{ask.caller.account}:key/{ref}"
    raise AwsError("NotFoundException", f"Key '{arn}' does not exist")


def _by_arn(vault: Vault, ask: Ask, ref: str, action: str) -> Key:
    read = _ARN.fullmatch(ref)
    if read is None:
        raise AwsError("InvalidArnException", f"Invalid arn {ref}")
    _, region, account, kind, name = read.groups()
    if region != ask.region:
        raise AwsError("NotFoundException", f"Invalid arn {region}")
    if kind == "alias" and ask.operation not in BY_ALIAS:
        raise AwsError("InvalidArnException", f"Invalid arn {ref}")
    own = account == ask.caller.account
    if not own and ask.operation not in ACROSS_ACCOUNTS:
        _refuse_abroad(ask, action, ref)
    if kind == "alias":
        if not own and f"alias/{name}" not in vault.place(account, region).aliases:
            _refuse_abroad(ask, action, ref)
        return _by_alias(vault, ask, account, f"alias/{name}")
    key = vault.place(account, region).keys.get(name)
    if key is None:
        if own:
            raise AwsError("NotFoundException", f"Key '{ref}' does not exist")
        _refuse_abroad(ask, action, ref)
    return key


def _by_alias(vault: Vault, ask: Ask, account: str, name: str) -> Key:
    if ask.operation not in BY_ALIAS:
        raise AwsError("NotFoundException", f"Invalid keyId '{name}'")
    place = vault.place(account, ask.region)
    alias = place.aliases.get(name)
    if alias is None:
        arn = f"arn:aws:kms:{ask.region}:{account}:{name}"
        raise AwsError("NotFoundException", f"Alias {arn} is not found.")
    return place.keys[alias.target]


def authorise(ask: Ask, key: Key, action: str, context: Mapping[str, str]) -> None:
    """Let pass what the key policy or a grant allows.

    Raises:
        AwsError: AccessDeniedException, worded as AWS does inside an account or across accounts.
    """
    question = Question(ask.caller, f"kms:{action}", key.arn, lambda: facts(ask, key, context))
    verdict = policy.judge(key.policy, question)
    if verdict is Verdict.ALLOW:
        return
    if verdict is Verdict.SILENT and grants.cover(key, ask.caller, action, context):
        return
    if key.account != ask.caller.account:
        _refuse_abroad(ask, action, key.arn)
    _refuse(ask, action, key.arn, verdict)


def _refuse_abroad(ask: Ask, action: str, arn: str) -> NoReturn:
    """One sentence for absent, not allowed and denied: a stranger does not learn which."""
    why = (
        "the resource does not exist in this Region, no resource-based policies allow access, "
        "or a resource-based policy explicitly denies access"
    )
    raise AwsError("AccessDeniedException", f"{_who(ask, action, arn)} because {why}")


def _refuse(ask: Ask, action: str, arn: str, verdict: Verdict) -> NoReturn:
    if verdict is Verdict.DENY:
        why = "with an explicit deny in a resource-based policy"
    else:
        why = f"because no resource-based policy allows the kms:{action} action"
    raise AwsError("AccessDeniedException", f"{_who(ask, action, arn)} {why}")


def _who(ask: Ask, action: str, arn: str) -> str:
    return f"User: {ask.caller.arn} is not authorized to perform: kms:{action} on resource: {arn}"


def facts(ask: Ask, key: Key, context: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The condition keys of a call."""
    caller, params = ask.caller, ask.params
    told = {
        "kms:calleraccount": (caller.account,),
        "aws:principalaccount": (caller.account,),
        "aws:principalarn": (policy.principal_arn(caller.arn),),
        "kms:keyspec": (key.spec,),
        "kms:keyusage": (key.usage,),
        "kms:keyorigin": (key.origin,),
        "kms:encryptioncontextkeys": tuple(context),
        "kms:resourcealiases": tuple(key.aliases),
    }
    told |= {f"kms:encryptioncontext:{name}": (value,) for name, value in context.items()}
    told |= {f"aws:resourcetag/{name}": (value,) for name, value in key.tags.items()}
    if caller.service:
        told["kms:viaservice"] = (f"{caller.service.removesuffix(SERVICES)}.{ask.region}{SERVICES}",)
    if ask.operation in FOR_RESOURCES:
        told["kms:grantisforawsresource"] = (str(bool(caller.service)).lower(),)
    told |= {f"kms:{name.lower()}": (str(params[name]),) for name in _ASKED if name in params}
    if "Operations" in params:
        told["kms:grantoperations"] = tuple(params["Operations"])
    return told


_ASKED = ("GranteePrincipal", "RetiringPrincipal", "RotationPeriodInDays", "PendingWindowInDays")


def usable(key: Key) -> None:
    """Let pass a key that is enabled.

    Raises:
        AwsError: DisabledException, KMSInvalidStateException.
    """
    if key.state == ENABLED:
        return
    if key.state == DISABLED:
        raise AwsError("DisabledException", f"{key.arn} is disabled.")
    settled(key)
    raise AwsError("KMSInvalidStateException", f"{key.arn} is pending import.")


def settled(key: Key, *, imported: bool = True) -> None:
    """Let pass a key that is enabled or disabled; `imported` False also one that waits for its material.

    Raises:
        AwsError: KMSInvalidStateException.
    """
    if key.state == PENDING_DELETION:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if imported and key.state == PENDING_IMPORT:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending import.")
