"""STS: who am I, and the roles that may be assumed, judged by the trust policy that IAM holds for them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from console.sandbox.errors import AwsError
from console.sandbox.message import Response, xml_answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from console.sandbox.accounts import Accounts, Session
    from console.sandbox.callers import Caller

ROLE = re.compile(r"arn:aws:iam::(\d{12}):role/[\w+=,.@/-]+", re.ASCII)
NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


def answer(accounts: Accounts, caller: Caller, form: Mapping[str, str], request_id: str) -> Response:
    """One STS call of the query protocol.

    Raises:
        AwsError: AccessDenied, ValidationError, InvalidAction.
    """
    match form.get("Action"):
        case "GetCallerIdentity":
            return _told("GetCallerIdentity", _identity(caller), request_id)
        case "AssumeRole":
            return _told("AssumeRole", _assume(accounts, caller, form), request_id)
        case action:
            raise AwsError("InvalidAction", f"Could not find operation {action} for version 2011-06-15")


def _identity(caller: Caller) -> dict[str, Any]:
    return {"Arn": caller.arn, "UserId": caller.principal_id, "Account": caller.account}


def _assume(accounts: Accounts, caller: Caller, form: Mapping[str, str]) -> dict[str, Any]:
    arn, name = form.get("RoleArn", ""), form.get("RoleSessionName", "")
    seconds = _seconds(form.get("DurationSeconds", "3600"))
    if not ROLE.fullmatch(arn):
        raise AwsError("ValidationError", f"{arn} is invalid")
    if not NAME.fullmatch(name):
        raise _constraint(name, "roleSessionName", r"Member must satisfy regular expression pattern: [\w+=,.@-]*")
    role = _role(arn)
    if role is None or not _trusts(_statements(role), caller, form.get("ExternalId")):
        message = f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise AwsError("AccessDenied", message, 403)
    return _credentials(accounts.assume(arn, role.id, name, seconds))


def _seconds(text: str) -> int:
    if not text.isdigit() or not 900 <= int(text) <= 43200:
        raise _constraint(text, "durationSeconds", "Member must have value greater than or equal to 900")
    return int(text)


def _constraint(value: str, member: str, words: str) -> AwsError:
    return AwsError(
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {words}",
    )


def _credentials(session: Session) -> dict[str, Any]:
    return {
        "Credentials": {
            "AccessKeyId": session.access_key,
            "SecretAccessKey": session.secret_key,
            "SessionToken": session.token,
            "Expiration": session.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "AssumedRoleUser": {"AssumedRoleId": session.caller.principal_id, "Arn": session.caller.arn},
    }


def _role(arn: str) -> Any:
    from moto.iam.models import iam_backends

    roles = iam_backends[arn.split(":")[4]]["aws"].roles.values()
    return next((role for role in roles if role.arn == arn), None)


def serving(arn: str, service: str) -> Any:
    """The role, if its trust policy lets this AWS service (`batchoperations.s3.amazonaws.com`) act as it; else None."""
    role = _role(arn)
    if role is None:
        return None
    told = [one for one in _statements(role) if _serves(one, service, arn.split(":")[4])]
    return role if told and all(one["Effect"] == "Allow" for one in told) else None


def _serves(statement: dict[str, Any], service: str, account: str) -> bool:
    principal = statement.get("Principal", {})
    named = _listed(principal.get("Service", [])) if isinstance(principal, dict) else _listed(principal)
    wanted = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceAccount", account)
    asked = "sts:AssumeRole" in _listed(statement.get("Action", []))
    return asked and bool({"*", service} & set(named)) and account in _listed(wanted)


def _statements(role: Any) -> list[dict[str, Any]]:
    return _listed(json.loads(role.assume_role_policy_document)["Statement"])


def _trusts(statements: Iterable[dict[str, Any]], caller: Caller, external_id: str | None) -> bool:
    told = [s for s in statements if _applies(s, caller, external_id)]
    return any(s["Effect"] == "Allow" for s in told) and all(s["Effect"] == "Allow" for s in told)


def _applies(statement: dict[str, Any], caller: Caller, external_id: str | None) -> bool:
    principal = statement.get("Principal", {})
    named = _listed(principal.get("AWS", []) if isinstance(principal, dict) else principal)
    wanted = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId")
    return (
        "sts:AssumeRole" in _listed(statement.get("Action", []))
        and bool(_names(caller) & set(named))
        and (wanted is None or external_id in _listed(wanted))
    )


def _names(caller: Caller) -> set[str]:
    """All that a trust policy may call this principal; a role session also goes by its role's name."""
    names = {"*", caller.account, f"arn:aws:iam::{caller.account}:root", caller.arn}
    if ":assumed-role/" in caller.arn:
        names.add(f"arn:aws:iam::{caller.account}:role/{caller.arn.split('/')[1]}")
    return names


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _told(operation: str, result: dict[str, Any], request_id: str) -> Response:
    return xml_answer(
        f'<{operation}Response xmlns="{NAMESPACE}"><{operation}Result>{_xml(result)}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )


def _xml(fields: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{_xml(value) if isinstance(value, dict) else escape(value)}</{name}>"
        for name, value in fields.items()
    )
