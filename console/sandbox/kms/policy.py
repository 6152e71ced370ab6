"""Key policies: read once, asked often. An explicit Deny wins; silence is no."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.kms import conditions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from console.sandbox.callers import Caller

_ACCOUNT = re.compile(r"\d{12}")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:.+|\*|\d{12}|AIDA\w+|AROA\w+")


class Verdict(Enum):
    """What a policy says to one question."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Question:
    """May `caller` do `action` on the key `arn`? `facts` are the condition keys, asked for only when needed."""

    caller: Caller
    action: str
    arn: str
    facts: Callable[[], Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Names:
    """A set of principals, actions or resources, or (`beside`) everything else."""

    whole: bool
    exact: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]
    beside: bool = False

    def holds(self, name: str) -> bool:
        found = self.whole or name in self.exact or any(one.fullmatch(name) for one in self.patterns)
        return found != self.beside

    def holds_any(self, names: frozenset[str]) -> bool:
        return (self.whole or not self.exact.isdisjoint(names)) != self.beside


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, its lists made ready for asking."""

    allows: bool
    principals: Names
    actions: Names
    resources: Names
    conditions: tuple[conditions.Condition, ...]

    def speaks_to(self, question: Question) -> bool:
        return (
            self.principals.holds_any(known_as(question.caller))
            and self.actions.holds(question.action.lower())
            and self.resources.holds(question.arn)
            and (not self.conditions or self._met(question.facts()))
        )

    def _met(self, facts: Mapping[str, tuple[str, ...]]) -> bool:
        return all(one.holds(facts) for one in self.conditions)


def judge(text: str, question: Question) -> Verdict:
    """The verdict of a policy that `parsed` accepts."""
    verdict = Verdict.SILENT
    for statement in parsed(text):
        if (verdict is Verdict.SILENT or not statement.allows) and statement.speaks_to(question):
            if not statement.allows:
                return Verdict.DENY
            verdict = Verdict.ALLOW
    return verdict


@lru_cache(4096)
def known_as(caller: Caller) -> frozenset[str]:
    """Every name by which a policy may mean this caller; a root ARN means the whole account.

    IAM identities are taken to hold an IAM policy that allows everything; the key policy alone decides.
    """
    root = f"arn:aws:iam::{caller.account}:root"
    return frozenset({caller.arn, caller.account, root, principal_arn(caller.arn), caller.principal_id} - {""})


def principal_arn(arn: str) -> str:
    """A role session's role, as `aws:PrincipalArn` has it; other principals are themselves."""
    head, _, session = arn.partition(":assumed-role/")
    if not session:
        return arn
    return f"arn:aws:iam::{head.rpartition(':')[2]}:role/{session.partition('/')[0]}"


@lru_cache(4096)
def parsed(text: str) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises:
        AwsError: MalformedPolicyDocumentException.
    """
    try:
        document = json.loads(text)
        statements = document["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        if document.get("Version", "2008-10-17") not in {"2012-10-17", "2008-10-17"} or not listed:
            raise ValueError("version")  # noqa: TRY301 - one refusal for every way to be malformed
        return tuple(_statement(one) for one in listed)
    except AwsError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AwsError("MalformedPolicyDocumentException", "The policy document is malformed.") from error


def _statement(statement: dict[str, Any]) -> Statement:
    effects = {"Allow": True, "Deny": False}
    actions = _names(statement, "Action", fold=True)
    if not all(one == "*" or one.partition(":")[2] for one in _texts(statement.get("Action", "*"))):
        raise ValueError("action")
    return Statement(
        effects[statement["Effect"]],
        _principals(statement),
        actions,
        _names(statement, "Resource", fold=False),
        conditions.parsed(statement.get("Condition", {})),
    )


def _names(statement: dict[str, Any], member: str, *, fold: bool) -> Names:
    beside = f"Not{member}" in statement
    texts = _texts(statement[f"Not{member}" if beside else member])
    plain = {one.lower() if fold else one for one in texts if not set(one) & set("*?")}
    wild = tuple(conditions.pattern(one, fold=fold) for one in texts if set(one) & set("*?"))
    return Names("*" in texts, frozenset(plain), wild, beside)


def _principals(statement: dict[str, Any]) -> Names:
    beside = "NotPrincipal" in statement
    block = statement["NotPrincipal" if beside else "Principal"]
    names = _texts(block) if isinstance(block, str) else _texts(block.get("AWS", []), empty=len(block) > 0)
    if not all(_PRINCIPAL.fullmatch(one) for one in names):
        raise AwsError(
            "MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."
        )
    return Names("*" in names, frozenset(names), (), beside)


def _texts(value: Any, *, empty: bool = False) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    if not (listed or empty) or not all(isinstance(one, str) for one in listed):
        raise ValueError("list")
    return listed


def default(account: str) -> str:
    """The policy that AWS gives a key made through the API without one: IAM of the account decides."""
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return _written({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]})


def managed(account: str, region: str, service: str) -> str:
    """The policy of an AWS managed key: used through its service alone, seen by its account, changed by nobody."""
    through = {"kms:CallerAccount": account, "kms:ViaService": f"{service}.{region}.amazonaws.com"}
    use = ["Encrypt", "Decrypt", "ReEncrypt*", "GenerateDataKey*", "CreateGrant", "DescribeKey"]
    see = ["Describe*", "Get*", "List*", "RevokeGrant"]
    statements = [
        {
            "Sid": f"Allow access through {service} for all principals in the account that are authorized to use it",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [f"kms:{one}" for one in use],
            "Resource": "*",
            "Condition": {"StringEquals": through},
        },
        {
            "Sid": "Allow direct access to key metadata to the account",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": [f"kms:{one}" for one in see],
            "Resource": "*",
        },
    ]
    return _written({"Version": "2012-10-17", "Id": "auto-managed-key", "Statement": statements})


def _written(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2)
