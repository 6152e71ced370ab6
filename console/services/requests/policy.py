"""The key policy of a CMK, from a template, and the tenant's own IAM policy; and what a key policy must never say."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import console.aws
from console.errors import UsageError
from console.services.findings.policies import read_policy
from console.services.requests.offered import via
from store.run_records import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.settings import Settings
    from store.request_records import Wanted

CENTRAL, ADMINISTRATORS = "CENTRAL_ACCOUNT", "ADMINISTRATORS"
ACCOUNTS, ROOTS, SERVICES = "TENANT_ACCOUNTS", "TENANT_ROOTS", "VIA_SERVICES"
"""What a template leaves open. A list takes the place of a string that is one of the last four."""

DIRECTLY, GRANTS = "TenantUseDirectly", "TenantGrantsForServices"
"""Statements by these ids stay only with client-side use, and with services."""

LARGEST = 32_768
"""Bytes of a key policy: AWS's quota."""

USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
FOR_GRANTS = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]
READ = ["kms:DescribeKey", "kms:GetKeyRotationStatus"]
HARMLESS = {"kms:describekey", "kms:getkeyrotationstatus", "kms:getpublickey", "kms:listgrants"}
_USE = {each.lower() for each in USE} | {"kms:reencryptfrom", "kms:reencryptto", "kms:generatedatakey"}
_USE |= {"kms:generatedatakeywithoutplaintext"}
_GRANTS = {"kms:creategrant", "kms:revokegrant", "kms:retiregrant"}
_SIGNS = re.compile(r"[\t\n\r\x20-\xff]+")
_UNLIKE = ("NotAction", "NotPrincipal", "NotResource")


@cache
def shipped() -> str:
    """The template that comes with the console."""
    return (Path(console.aws.__file__).parent / "policies" / "cmk-policy.json").read_text()


def template(settings: Settings) -> str:
    """The template of the settings.

    Raises:
        UsageError: it cannot be read.
    """
    if not settings.requesting.policy:
        return shipped()
    path = Path(settings.requesting.policy).expanduser()
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("request.template_unreadable", path=str(path), detail=str(error)[:200]) from error


def key_policy(wanted: Wanted, settings: Settings) -> str:
    """The template filled in for this wish, not yet checked.

    Raises:
        UsageError: the template cannot be read, or is no policy.
    """
    try:
        document = json.loads(template(settings))
        statements = [each for each in document["Statement"] if _belongs(each, wanted, settings)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError("request.template_malformed", detail=type(error).__name__) from error
    filled = _filled(document | {"Statement": statements}, _values(wanted, settings))
    return json.dumps(filled, indent=2)


def _belongs(statement: dict[str, Any], wanted: Wanted, settings: Settings) -> bool:
    text = json.dumps(statement)
    if ADMINISTRATORS in text and not settings.requesting.administrators:
        return False
    if statement.get("Sid") == DIRECTLY and not wanted.client_side:
        return False
    return bool(wanted.services) or not (SERVICES in text or statement.get("Sid") == GRANTS)


def _values(wanted: Wanted, settings: Settings) -> dict[str, list[str]]:
    return {
        ADMINISTRATORS: list(settings.requesting.administrators),
        ACCOUNTS: list(wanted.accounts),
        ROOTS: [f"arn:aws:iam::{account}:root" for account in wanted.accounts],
        SERVICES: via(wanted.services, wanted.region),
        CENTRAL: [settings.central_account or CENTRAL],
    }


def _filled(value: Any, values: dict[str, list[str]]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    if value in values:
        found = values[value]
        return found[0] if len(found) == 1 else found
    return value.replace(CENTRAL, values[CENTRAL][0]) if isinstance(value, str) else value


def iam_policy(wanted: Wanted, key_arn: str) -> str:
    """What the tenant's own account must allow whoever uses the CMK, beside the key policy."""
    statements = []
    if wanted.services:
        services = {"StringEquals": {"kms:ViaService": via(wanted.services, wanted.region)}}
        for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        statements += [_allow("UseCmkViaServices", USE, key_arn, services)]
        statements += [_allow("GrantsForServices", FOR_GRANTS, key_arn, for_aws)]
    if wanted.client_side:
        statements += [_allow("UseCmkDirectly", USE, key_arn)]
    statements += [_allow("ReadState", READ, key_arn)]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def _allow(sid: str, actions: list[str], arn: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": arn}
    return told | {"Condition": condition} if condition else told


# -- checking ------------------------------------------------------------------------------------------------------


def problems(text: str, wanted: Wanted, central: str) -> list[Sentence]:
    """Why a CMK must not be made with this policy: it shuts administrators out, or lets in more than was asked for."""
    facts = read_policy(text)
    if not facts.readable or not _SIGNS.fullmatch(text):
        return [Sentence("request.policy.unreadable")]
    found = [Sentence("request.policy.large", {"limit": LARGEST})] if len(text.encode()) > LARGEST else []
    statements = _listed(json.loads(text)["Statement"])
    if not all(isinstance(each, dict) for each in statements):
        return [Sentence("request.policy.unreadable")]
    found += _administered(statements, facts.administrators, central)
    if facts.dead:
        found.append(Sentence("request.policy.dead", {"principals": ", ".join(facts.dead)}))
    if facts.anyone or facts.organization:
        found.append(Sentence("request.policy.anyone"))
    strangers = sorted(facts.accounts - {central, *wanted.accounts})
    if strangers:
        found.append(Sentence("request.policy.strangers", {"accounts": ", ".join(strangers)}))
    if missing := sorted(set(wanted.accounts) - facts.accounts):
        found.append(Sentence("request.policy.shut_out", {"accounts": ", ".join(missing)}))
    return found + list(_unlike(statements)) + list(_tenants(statements, wanted, central))


def _administered(statements: list[dict[str, Any]], administrators: frozenset[str], central: str) -> list[Sentence]:
    """The central account, without any condition, and nobody else may change the policy; nothing may forbid it."""
    found = []
    living = any(_is_central(each, central) and _covers(each, "kms:putkeypolicy") and not each.get("Condition")
                 for each in statements if each.get("Effect") == "Allow")  # fmt: skip
    forbidden = any(each.get("Effect") == "Deny" and _covers(each, "kms:putkeypolicy") for each in statements)
    if not living or forbidden or central not in administrators:
        found.append(Sentence("request.policy.locked_out", {"account": central}))
    if others := sorted(administrators - {central}):
        found.append(Sentence("request.policy.other_administrators", {"accounts": ", ".join(others)}))
    return found


def _unlike(statements: list[dict[str, Any]]) -> Iterator[Sentence]:
    """Shapes that say who or what is *not* meant, which nobody can check; services and identity providers."""
    for each in statements:
        if each.get("Effect") != "Allow":
            continue
        principal = each.get("Principal")
        foreign = isinstance(principal, dict) and set(principal) - {"AWS"}
        if any(name in each for name in _UNLIKE) or foreign or principal is None:
            yield Sentence("request.policy.shape", {"sid": str(each.get("Sid", "?"))})


def _tenants(statements: list[dict[str, Any]], wanted: Wanted, central: str) -> Iterator[Sentence]:
    """What is not for the central account alone may only be use, through the services that were asked for."""
    expected, seen = set(via(wanted.services, wanted.region)), set()
    for each in statements:
        if each.get("Effect") != "Allow" or _is_central(each, central):
            continue
        sid = str(each.get("Sid", "?"))
        actions = {str(action).lower() for action in _listed(each.get("Action", []))}
        services = _condition(each, "kms:viaservice")
        seen |= services or set()
        if beyond := sorted(actions - _USE - _GRANTS - HARMLESS):
            yield Sentence("request.policy.too_much", {"sid": sid, "actions": ", ".join(beyond)})
        if actions & _GRANTS and _condition(each, "kms:grantisforawsresource") != {"true"}:
            yield Sentence("request.policy.any_grant", {"sid": sid})
        if (services or set()) - expected:
            yield Sentence("request.policy.other_services", {"sid": sid, "services": ", ".join(sorted(services or ()))})
        if services is None and (actions & _USE) - HARMLESS and not wanted.client_side:
            yield Sentence("request.policy.directly", {"sid": sid})
    if missing := sorted(expected - seen):
        yield Sentence("request.policy.no_services", {"services": ", ".join(missing)})


def _is_central(statement: dict[str, Any], central: str) -> bool:
    """Whether only principals of the central account are meant."""
    principal = statement.get("Principal")
    named = _listed(principal.get("AWS", [])) if isinstance(principal, dict) else [principal]
    return bool(named) and all(name == central or f"::{central}:" in str(name) for name in named)


def _covers(statement: dict[str, Any], action: str) -> bool:
    from fnmatch import fnmatchcase

    if "NotAction" in statement:
        return not any(fnmatchcase(action, str(each).lower()) for each in _listed(statement["NotAction"]))
    return any(fnmatchcase(action, str(each).lower()) for each in _listed(statement.get("Action", [])))


def _condition(statement: dict[str, Any], key: str) -> set[str] | None:
    """The values that a condition wants of a key by plain equality; None where it wants nothing of it."""
    told = statement.get("Condition")
    for operator, tests in told.items() if isinstance(told, dict) else ():
        if operator in ("StringEquals", "Bool") and isinstance(tests, dict):
            for name, values in tests.items():
                if str(name).lower() == key:
                    return {str(value) for value in _listed(values)}
    return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
