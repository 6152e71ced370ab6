"""Making, listing and ending grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.kms import access, grants, paging, policy
from console.sandbox.kms.access import usable
from console.sandbox.kms.keys import PENDING_DELETION, Ask, Grant, Key
from console.sandbox.kms.uses import rehearsed

if TYPE_CHECKING:
    from console.sandbox.kms.vault import Vault

MOST = 50_000  # grants on a key
PEOPLE = ("GranteePrincipal", "RetiringPrincipal", "GranteeServicePrincipal", "RetiringServicePrincipal")
# What a key of one usage cannot be granted for.
SYMMETRIC_ONLY = frozenset({"GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair"})
ASYMMETRIC_ONLY = frozenset({"Sign", "Verify", "GetPublicKey", "DeriveSharedSecret", "Encapsulate", "Decapsulate"})


def create(vault: Vault, ask: Ask) -> dict[str, Any]:
    """CreateGrant: with a Name, the same wish again finds the grant that it made."""
    params = ask.params
    key = access.reach(vault, ask, params["KeyId"])
    usable(key)
    _judge_people(params)
    _judge_operations(ask, key)
    rehearsed(ask)
    grant = _same(ask, key) or _made(vault, ask, key)
    return {"GrantId": grant.id, "GrantToken": grants.token(grant, vault.entropy(8))}


def _made(vault: Vault, ask: Ask, key: Key) -> Grant:
    if len(key.grants) >= MOST:
        raise AwsError("LimitExceededException", f"{key.arn} has the maximum of {MOST} grants.")
    wishes = {name: ask.params[name] for name in ("Name", *PEOPLE) if name in ask.params}
    operations, constraints = tuple(ask.params["Operations"]), ask.params.get("Constraints", {})
    issuer = ask.caller.account
    grant = Grant(vault.new_digits(), key.arn, ask.now, issuer, operations, wishes, constraints)
    key.grants[grant.id] = grant
    return grant


def _same(ask: Ask, key: Key) -> Grant | None:
    params = ask.params
    if "Name" not in params:
        return None
    wishes = {name: params[name] for name in ("Name", *PEOPLE) if name in params}
    wanted = (ask.caller.account, set(params["Operations"]), wishes, params.get("Constraints", {}))
    return next(
        (
            one
            for one in key.grants.values()
            if (one.issuer, set(one.operations), one.wishes, one.constraints) == wanted
        ),
        None,
    )


def _judge_people(params: dict[str, Any]) -> None:
    for role, needed in (("Grantee", True), ("Retiring", False)):
        named = [name for name in (f"{role}Principal", f"{role}ServicePrincipal") if name in params]
        if len(named) > 1 or (needed and not named):
            raise AwsError(
                "ValidationException", f"Specify either {role}Principal or {role}ServicePrincipal, but not both."
            )


def _judge_operations(ask: Ask, key: Key) -> None:
    wished = set(ask.params["Operations"])
    if not wished:
        raise AwsError("ValidationException", "At least one operation must be specified.")
    if wished & (ASYMMETRIC_ONLY if key.symmetric else SYMMETRIC_ONLY):
        raise AwsError("ValidationException", f"{key.arn} does not support an operation of the grant.")
    question = policy.Question(ask.caller, "kms:CreateGrant", key.arn, lambda: access.facts(ask, key, {}))
    if policy.judge(key.policy, question) is policy.Verdict.ALLOW:
        return
    parent = grants.cover(key, ask.caller, "CreateGrant", {})
    if parent is None or not wished <= set(parent.operations):
        raise AwsError("AccessDeniedException", "The grant allows more than the grant by which it is made.")


def listed(vault: Vault, ask: Ask) -> dict[str, Any]:
    """ListGrants, by grant id, filtered as asked."""
    key = access.reach(vault, ask, ask.params["KeyId"])
    wanted = {name: ask.params[name] for name in ("GranteePrincipal", "GranteeServicePrincipal") if name in ask.params}
    found = [one for one in key.grants.values() if wanted.items() <= one.wishes.items()]
    if "GrantId" in ask.params:
        found = [_named(key, ask.params["GrantId"])]
    return _page(ask, found)


def _page(ask: Ask, found: list[Grant]) -> dict[str, Any]:
    rows = sorted(found, key=lambda one: one.id)
    return paging.page(ask, rows, "Grants", lambda one: one.id, Grant.entry)


def retirable(vault: Vault, ask: Ask) -> dict[str, Any]:
    """ListRetirableGrants: of every key in the Region, whoever owns it."""
    asked = {name: ask.params[name] for name in ("RetiringPrincipal", "RetiringServicePrincipal") if name in ask.params}
    if len(asked) != 1:
        raise AwsError(
            "ValidationException", "Specify either RetiringPrincipal or RetiringServicePrincipal, but not both."
        )
    keys = [key for (region, _), key in vault.regions.items() if region == ask.region and key.grants]
    grants = (one for key in keys for one in key.grants.values())
    return _page(ask, [one for one in grants if asked.items() <= one.wishes.items()])


def revoke(vault: Vault, ask: Ask) -> dict[str, Any]:
    key = access.reach(vault, ask, ask.params["KeyId"])
    _standing(key)
    grant = _named(key, ask.params["GrantId"])
    rehearsed(ask)
    del key.grants[grant.id]
    return {}


def retire(vault: Vault, ask: Ask) -> dict[str, Any]:
    """RetireGrant, by token or by key and id; for those named in the grant, its issuer, or whom the policy lets."""
    arn, grant_id = _pointed_at(ask)
    key = access.find(vault, ask, arn)
    ask.keys.append(key)
    _standing(key)
    grant = _named(key, grant_id)
    if not _may_retire(ask, grant):
        access.authorise(ask, key, "RetireGrant", {})
    rehearsed(ask)
    del key.grants[grant.id]
    return {}


def _pointed_at(ask: Ask) -> tuple[str, str]:
    params = ask.params
    by_token, by_id = "GrantToken" in params, "KeyId" in params and "GrantId" in params
    if by_token == by_id:
        raise AwsError("ValidationException", "Specify either a grant token or a key ARN and a grant ID.")
    if by_token:
        return grants.token_names(params["GrantToken"])
    if not params["KeyId"].startswith("arn:"):
        raise AwsError("InvalidArnException", f"Invalid arn {params['KeyId']}")
    return params["KeyId"], params["GrantId"]


def _may_retire(ask: Ask, grant: Grant) -> bool:
    names, wishes = policy.known_as(ask.caller), grant.wishes
    return (
        wishes.get("RetiringPrincipal") in names
        or (bool(ask.caller.service) and wishes.get("RetiringServicePrincipal") == ask.caller.service)
        or ("RetireGrant" in grant.operations and wishes.get("GranteePrincipal") in names)
        or grant.issuer == ask.caller.account
    )


def _standing(key: Key) -> None:
    if key.state == PENDING_DELETION:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.")


def _named(key: Key, grant_id: str) -> Grant:
    if grant_id not in key.grants:
        raise AwsError("NotFoundException", f"Grant ID {grant_id} not found")
    return key.grants[grant_id]
