"""What a grant allows: to whom, which operations, under which encryption context; and the tokens that name it."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from console.sandbox.errors import AwsError
from console.sandbox.kms import policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.sandbox.callers import Caller
    from console.sandbox.kms.keys import Grant, Key

# What a grant's context constraint does not bind, because these carry no context.
UNBOUND = frozenset(
    {"DescribeKey", "RetireGrant", "CreateGrant", "GetPublicKey", "Sign", "Verify", "GenerateMac", "VerifyMac"}
)


def cover(key: Key, caller: Caller, action: str, context: Mapping[str, str]) -> Grant | None:
    """A grant by which the caller may do `action` on the key under this context."""
    if not key.grants:
        return None
    names = policy.known_as(caller)
    return next(
        (
            grant
            for grant in key.grants.values()
            if action in grant.operations and _meant(grant, caller, names) and _within(grant, action, context)
        ),
        None,
    )


def _meant(grant: Grant, caller: Caller, names: frozenset[str]) -> bool:
    service = grant.wishes.get("GranteeServicePrincipal")
    return grant.wishes.get("GranteePrincipal") in names or (service is not None and service == caller.service)


def _within(grant: Grant, action: str, context: Mapping[str, str]) -> bool:
    if action in UNBOUND or not grant.constraints:
        return True
    equals = grant.constraints.get("EncryptionContextEquals")
    subset = grant.constraints.get("EncryptionContextSubset", {})
    exact = equals is None or bool(equals == dict(context))
    return exact and bool(subset.items() <= context.items())


def token(grant: Grant, salt: bytes) -> str:
    """A grant token: opaque to callers, different each time, interchangeable."""
    return base64.b64encode(b"\n".join((grant.key_arn.encode(), grant.id.encode(), salt.hex().encode()))).decode()


def token_names(text: str) -> tuple[str, str]:
    """(key ARN, grant id) of a token.

    Raises:
        AwsError: InvalidGrantTokenException.
    """
    try:
        arn, grant_id, _ = base64.b64decode(text, validate=True).decode().split("\n")
    except (binascii.Error, ValueError) as error:
        raise AwsError("InvalidGrantTokenException", "The grant token is invalid.") from error
    return arn, grant_id
