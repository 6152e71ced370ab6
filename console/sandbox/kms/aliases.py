"""Names for keys: one account's, one Region's, never another's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.kms import access, paging
from console.sandbox.kms.keys import Alias, Ask, Key

if TYPE_CHECKING:
    from console.sandbox.kms.vault import Vault

START, RESERVED = "alias/", "alias/aws/"
MOST = 50  # aliases of a key
UNNAMED = (
    'Alias must start with the prefix "alias/". Please see '
    "http://docs.aws.amazon.com/kms/latest/developerguide/programming-aliases.html"
)


def create(vault: Vault, ask: Ask) -> dict[str, Any]:
    name = ask.params["AliasName"]
    _judge_name(name)
    key = _target(vault, ask)
    place = vault.place(key.account, key.region)
    if name in place.aliases:
        raise AwsError("AlreadyExistsException", f"An alias with the name {_arn(ask, name)} already exists")
    _judge_count(key)
    place.put_alias(Alias(name, key.id, ask.now, ask.now))
    return {}


def update(vault: Vault, ask: Ask) -> dict[str, Any]:
    """UpdateAlias: point it at another key of the same kind and use."""
    old = _existing(vault, ask)
    place = vault.place(ask.caller.account, ask.region)
    access.authorise(ask, place.keys[old.target], ask.operation, {})
    key = _target(vault, ask)
    before = place.keys[old.target]
    if (before.symmetric, before.usage) != (key.symmetric, key.usage):
        raise AwsError(
            "ValidationException", f"Alias {_arn(ask, old.name)} cannot be changed to a key of another type or usage"
        )
    if key is not before:
        _judge_count(key)
    place.put_alias(replace(old, target=key.id, updated=ask.now))
    return {}


def delete(vault: Vault, ask: Ask) -> dict[str, Any]:
    alias = _existing(vault, ask)
    place = vault.place(ask.caller.account, ask.region)
    key = place.keys[alias.target]
    access.authorise(ask, key, ask.operation, {})
    ask.keys.append(key)
    place.drop_alias(alias.name)
    return {}


def listed(vault: Vault, ask: Ask) -> dict[str, Any]:
    """ListAliases, by name; all of the account, or one key's."""
    place = vault.place(ask.caller.account, ask.region)
    names = sorted(access.reach(vault, ask, ask.params["KeyId"]).aliases) if "KeyId" in ask.params else place.names
    return paging.page(ask, names, "Aliases", str, lambda name: _entry(ask, place.aliases[name]))


def _entry(ask: Ask, alias: Alias) -> dict[str, Any]:
    return {
        "AliasName": alias.name,
        "AliasArn": _arn(ask, alias.name),
        "TargetKeyId": alias.target,
        "CreationDate": alias.created,
        "LastUpdatedDate": alias.updated,
    }


def _arn(ask: Ask, name: str) -> str:
    return f"arn:aws:kms:{ask.region}:{ask.caller.account}:{name}"


def _judge_name(name: str) -> None:
    if not name.startswith(START) or name == START:
        raise AwsError("ValidationException", UNNAMED)
    if name.startswith(RESERVED):
        raise AwsError("NotAuthorizedException", f"Alias {name} is reserved for AWS managed keys")


def _existing(vault: Vault, ask: Ask) -> Alias:
    name = ask.params["AliasName"]
    _judge_name(name)
    alias = vault.place(ask.caller.account, ask.region).aliases.get(name)
    if alias is None:
        raise AwsError("NotFoundException", f"Alias {_arn(ask, name)} is not found.")
    return alias


def _target(vault: Vault, ask: Ask) -> Key:
    key = access.reach(vault, ask, ask.params["TargetKeyId"])
    access.settled(key, imported=False)
    return key


def _judge_count(key: Key) -> None:
    if len(key.aliases) >= MOST:
        raise AwsError("LimitExceededException", f"{key.arn} has the maximum of {MOST} aliases.")
