"""That a CMK is in use: what KMS tells the central account, or what the tenant's own account can see of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from console.aws import cmk_making
from console.aws.kms import describe_key, list_grants
from console.aws.refusals import AwsRefusal
from console.errors import ConsoleError
from console.workflow.model import Lane

if TYPE_CHECKING:
    from console.workflows.lanes import AwsLanes
    from console.workflows.requesting import Requesting
    from store.request_records import Request

Evidence = tuple[tuple[str, str], ...]


def evidence(requesting: Requesting, lanes: AwsLanes, request: Request, pasted: str = "") -> Evidence:
    """What shows that the tenant uses the CMK, as pairs of a word and what was seen.

    Raises:
        ConsoleError: nothing does yet, or what was pasted shows something else.
    """
    if pasted.strip():
        return _pasted(request, pasted)
    if requesting.settings.role == "owner":
        return _by_tenant(lanes, request)
    return _by_center(requesting, lanes, request)


def _by_center(requesting: Requesting, lanes: AwsLanes, request: Request) -> Evidence:
    """A grant, the last use that KMS keeps, or a holder of a data key that a sync, an event or a scan saw."""
    arn = request.fact("key_arn")
    client = lanes.account(Lane.CENTRAL, "").client("kms", request.wanted.region)
    for grant in _looked(lambda: list(list_grants(client, arn))) or []:
        grantee = str(grant.get("GranteePrincipal", ""))
        if any(account in grantee for account in request.wanted.accounts):
            return (("seen", "grant"), ("what", grantee), ("grant", str(grant.get("GrantId", ""))))
    used = _looked(lambda: cmk_making.last_use(client, arn))
    if used is not None:
        return (("seen", "last_use"), ("what", used[0]), ("at", _iso(used[1])))
    for cmk in requesting.catalog.cmks.by_key(arn):
        for holder in requesting.catalog.cmks.data_keys(cmk.id, 0, 1):
            return (("seen", "holder"), ("what", holder.facts.resource_id), ("at", _iso(holder.facts.seen_at)))
    raise ConsoleError("request.not_used", arn=arn)


def _by_tenant(lanes: AwsLanes, request: Request) -> Evidence:
    """DescribeKey across accounts; with client-side use also a data key that is only rehearsed."""
    arn, account = request.fact("key_arn"), request.wanted.accounts[0]
    client = lanes.account(Lane.TENANT, account).client("kms", request.wanted.region)
    try:
        metadata = describe_key(client, arn)
    except AwsRefusal as refusal:
        raise ConsoleError("request.not_reached", arn=arn, detail=refusal.message or refusal.code) from refusal
    found = _described(request, metadata)
    if request.wanted.client_side:
        refused = cmk_making.rehearse(client, arn)
        if refused:
            raise ConsoleError("request.not_reached", arn=arn, detail=refused)
        found += (("rehearsed", "GenerateDataKeyWithoutPlaintext"),)
    return found


def _pasted(request: Request, text: str) -> Evidence:
    """The answer of `aws kms describe-key`, asked with the tenant's own credentials."""
    try:
        told = json.loads(text)
        metadata = told.get("KeyMetadata", told)
        known = isinstance(metadata, dict)
    except (ValueError, RecursionError, AttributeError) as error:
        raise ConsoleError("request.not_described") from error
    if not known:
        raise ConsoleError("request.not_described")
    return _described(request, metadata)


def _described(request: Request, metadata: dict[str, Any]) -> Evidence:
    arn = str(metadata.get("Arn", ""))
    if arn != request.fact("key_arn") or metadata.get("KeyState") != "Enabled":
        raise ConsoleError("request.other_key", arn=request.fact("key_arn"), found=arn[:300])
    return (("seen", "describe_key"), ("what", arn), ("account", request.wanted.accounts[0]))


def _looked(ask: Any) -> Any:
    """What AWS tells; None where it does not let us ask."""
    try:
        return ask()
    except AwsRefusal:
        return None


def _iso(moment: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
