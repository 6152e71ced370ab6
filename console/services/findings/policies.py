"""What a key policy says, as far as findings look: who can still change it, and which accounts it lets in; pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANGES_POLICY = "kms:putkeypolicy"
_ACCOUNT = re.compile(r"\d{12}")
_ARN_ACCOUNT = re.compile(r"arn:[\w-]*:[\w-]*:[\w-]*:(\d{12}):")
_DEAD = re.compile(r"A(?:IDA|ROA|GPA|IPA)[A-Z0-9]{12,}")
"""IAM shows a deleted user or role in a policy by its unique id instead of its ARN."""

_CALLER_KEYS = ("kms:calleraccount", "aws:principalaccount", "aws:sourceaccount", "aws:sourceowner")
_ARN_KEYS = ("aws:principalarn", "aws:sourcearn")
_ORGANIZATION_KEYS = ("aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths")
_POSITIVE = ("stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase")


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """`administrators` are the accounts that can still change the policy, `accounts` those that it lets in.

    `anyone`: a statement lets in every account there is. `organization`: one lets in a whole organization, whose
    accounts a policy does not tell. `dead` are ids of principals that were deleted. `readable` False: no policy
    that we understand, and nothing else here means anything.
    """

    readable: bool = True
    administrators: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    anyone: bool = False
    organization: bool = False
    dead: tuple[str, ...] = ()


UNREADABLE = PolicyFacts(readable=False)


def read_policy(text: str) -> PolicyFacts:
    """The facts of one policy document."""
    try:
        document = json.loads(text)
    except ValueError:
        return UNREADABLE
    if not isinstance(document, dict) or "Statement" not in document:
        return UNREADABLE
    statements = [each for each in _listed(document["Statement"]) if isinstance(each, dict)]
    allowed = [_Grant.of(each) for each in statements if each.get("Effect") == "Allow"]
    administrators: frozenset[str] = frozenset()
    if not any(_shuts_out_all(each) for each in statements):
        administrators = frozenset().union(*(each.accounts for each in allowed if each.changes_policy))
    return PolicyFacts(
        administrators=administrators,
        accounts=frozenset().union(*(each.accounts for each in allowed)),
        anyone=any(each.anyone for each in allowed),
        organization=any(each.organization for each in allowed),
        dead=tuple(sorted({name for each in allowed for name in each.dead})),
    )


@dataclass(frozen=True, slots=True)
class _Grant:
    """One statement that allows: to which accounts, and whether that is to change the policy."""

    accounts: frozenset[str]
    anyone: bool
    organization: bool
    changes_policy: bool
    dead: frozenset[str]

    @classmethod
    def of(cls, statement: dict[str, Any]) -> _Grant:
        principals = list(_principals(statement))
        narrowed = _narrowed(statement.get("Condition"))
        organization = narrowed is None and _by_organization(statement.get("Condition"))
        named = frozenset(account for name in principals if (account := _account(name)))
        everyone = "*" in principals or "NotPrincipal" in statement
        # A condition on the caller's account says who of everyone is meant; of named principals it lets in fewer.
        accounts = named if narrowed is None else (named & narrowed) | (narrowed if everyone else frozenset())
        return cls(
            accounts,
            everyone and narrowed is None and not organization,
            everyone and organization,
            _covers(statement, CHANGES_POLICY),
            frozenset(name for name in principals if _DEAD.fullmatch(name)),
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _principals(statement: dict[str, Any]) -> Iterator[str]:
    """AWS principals as written; services and federated identities belong to no account."""
    principal = statement.get("Principal", {})
    told = _listed(principal.get("AWS", [])) if isinstance(principal, dict) else _listed(principal)
    yield from (name for name in told if isinstance(name, str))


def _account(principal: str) -> str:
    if _ACCOUNT.fullmatch(principal):
        return principal
    match = _ARN_ACCOUNT.match(principal)
    return match[1] if match else ""


def _covers(statement: dict[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _matches(statement["NotAction"], action)
    return _matches(statement.get("Action", []), action)


def _matches(patterns: Any, action: str) -> bool:
    return any(isinstance(each, str) and fnmatchcase(action, each.lower()) for each in _listed(patterns))


def _shuts_out_all(statement: dict[str, Any]) -> bool:
    """A denial of changing the policy, to everyone and without condition."""
    denied = statement.get("Effect") == "Deny" and not statement.get("Condition")
    return denied and "*" in _principals(statement) and _covers(statement, CHANGES_POLICY)


def _conditions(condition: Any) -> Iterator[tuple[str, list[str]]]:
    """Keys with the values that they must have; a negation lets in all the rest. Every caller has an account."""
    for operator, tests in condition.items() if isinstance(condition, dict) else ():
        plain = operator.lower().rpartition(":")[2].removesuffix("ifexists")
        if plain in _POSITIVE and isinstance(tests, dict):
            yield from ((key.lower(), [str(value) for value in _listed(values)]) for key, values in tests.items())


def _narrowed(condition: Any) -> frozenset[str] | None:
    """The accounts that a condition lets through; None where it does not tell accounts apart."""
    found: frozenset[str] | None = None
    for key, values in _conditions(condition):
        accounts = None
        if key in _CALLER_KEYS and all(map(_ACCOUNT.fullmatch, values)):
            accounts = frozenset(values)
        elif key in _ARN_KEYS and all(map(_account, values)):
            accounts = frozenset(map(_account, values))
        if accounts is not None:
            found = accounts if found is None else found & accounts
    return found


def _by_organization(condition: Any) -> bool:
    return any(key in _ORGANIZATION_KEYS for key, _ in _conditions(condition))
