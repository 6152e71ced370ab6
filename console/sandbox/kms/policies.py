"""Reading and replacing key policies; AWS does not let a caller lock himself out unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.kms import access, paging, policy

if TYPE_CHECKING:
    from console.sandbox.kms.keys import Ask, Key
    from console.sandbox.kms.vault import Vault

NAME = "default"
LARGEST = 32 * 1024  # bytes


def get(vault: Vault, ask: Ask) -> dict[str, Any]:
    key = access.reach(vault, ask, ask.params["KeyId"])
    _only_one(ask, key)
    return {"Policy": key.policy, "PolicyName": NAME}


def put(vault: Vault, ask: Ask) -> dict[str, Any]:
    key = access.reach(vault, ask, ask.params["KeyId"])
    _only_one(ask, key)
    text = ask.params["Policy"]
    keeps_a_door(ask, key, text)
    key.policy = text
    return {}


def names(vault: Vault, ask: Ask) -> dict[str, Any]:
    """ListKeyPolicies: there is one, and it has one name."""
    access.reach(vault, ask, ask.params["KeyId"])
    return paging.page(ask, [NAME], "PolicyNames", str, str)


def _only_one(ask: Ask, key: Key) -> None:
    name = ask.params.get("PolicyName", NAME)
    if name != NAME:
        raise AwsError("NotFoundException", f"No such policy exists: {name} on {key.arn}")


def keeps_a_door(ask: Ask, key: Key, text: str) -> None:
    """Judge a wished policy.

    Raises:
        AwsError: MalformedPolicyDocumentException, also when the caller could not change it again and did not ask
            to be let; LimitExceededException when it is too large.
    """
    if len(text.encode()) > LARGEST:
        raise AwsError("LimitExceededException", f"A key policy can have at most {LARGEST} bytes.")
    policy.parsed(text)
    if ask.params.get("BypassPolicyLockoutSafetyCheck"):
        return
    question = policy.Question(ask.caller, "kms:PutKeyPolicy", key.arn, lambda: access.facts(ask, key, {}))
    if policy.judge(text, question) is not policy.Verdict.ALLOW:
        raise AwsError(
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        )
