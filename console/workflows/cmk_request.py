"""From an approved request to a CMK that its tenant can use: claimed, made, named, rotating, verified, handed over.

An administrator's console runs it. Everything it makes carries the request's id, and is looked for by that before
anything is made again: a CMK costs money for ever, and two for one environment are worse than none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from console.aws import cmk_making, kms
from console.aws.refusals import AwsRefusal
from console.errors import ConsoleError, Refused
from console.services.requests.learnt import facts_of, told
from console.services.requests.naming import REQUEST_TAG, RUN_TAG, alias_of, tags_of
from console.services.requests.policy import key_policy, problems
from console.workflow.model import Step, Wish, Workflow
from console.workflow.trouble import NotYet

if TYPE_CHECKING:
    from console.settings import Settings
    from console.workflow.context import Context
    from console.workflow.model import Known
    from console.workflows.requesting import Requesting
    from store.request_records import Request
    from store.run_records import Json

NAME = "cmk_request"
LOOKS = (0.0, 1.0, 2.0, 4.0)
"""Seconds before each look for a CMK that may have been made: what KMS lists can be some seconds behind."""

SETTLING = frozenset({"NotFoundException", "KMSInvalidStateException"})
"""What KMS may say of a CMK that it made a moment ago."""


def wish_of(request: Request, settings: Settings, *, take_over: bool = False) -> Wish:
    """The run that makes this request's CMK."""
    wanted = request.wanted
    facts = {
        "request": request.id, "region": wanted.region, "tenant": wanted.tenant, "application": wanted.application,
        "environment": wanted.environment, "alias": alias_of(wanted, settings), "accounts": list(wanted.accounts),
        "services": list(wanted.services), "days": wanted.rotation_days, "take_over": take_over,
        "path": " / ".join(wanted.path),
    }  # fmt: skip
    return Wish(NAME, facts["path"], facts, wanted.tenant, wanted.application)  # type: ignore[arg-type] # a string


# -- what every step needs -----------------------------------------------------------------------------------------


def _desk(ctx: Context) -> Requesting:
    """The requests of this store; nobody but an administrator's console goes on from here.

    Raises:
        Refused: this is another role's.
    """
    role = ctx.house.settings.role
    if role != "admin":
        raise Refused("policy.role.approve", role=role, verb=NAME)
    desk: Requesting = ctx.house.requesting()
    return desk


def _kms(ctx: Context) -> Any:
    return ctx.client("kms", ctx.facts["region"])


# -- steps ---------------------------------------------------------------------------------------------------------


def claim(ctx: Context) -> Json:
    """The request is ours to make from here on: on the exchange too, where a colleague would see it."""
    request = _desk(ctx).begin(ctx.facts["request"], ctx.run_id, take_over=ctx.facts["take_over"])
    return {"approved_by": next((move.by for move in request.moves if move.act == "approve"), "")}


def check(ctx: Context) -> Json:
    """Once more, now that it counts, and at AWS: the place, the alias, the policy."""
    desk = _desk(ctx)
    request, settings = desk.find(ctx.facts["request"]), desk.settings
    central = ctx.account().central_account or ctx.account().identity(ctx.facts["region"])["Account"]
    policy = key_policy(request.wanted, settings)
    found = problems(policy, request.wanted, central)
    if found:
        raise ConsoleError(found[0].key, **found[0].values)
    ours = set(_made(ctx))
    _no_other(ctx, dict(tags_of(request.wanted, settings)), ours)
    target = cmk_making.target_of(_kms(ctx), ctx.facts["alias"])
    if target and target not in ours:
        raise ConsoleError("request.alias_taken", alias=ctx.facts["alias"], arn=target)
    return {"policy": policy}


def _no_other(ctx: Context, tags: dict[str, str], ours: set[str]) -> None:
    """No CMK that lives may have the same place already, whatever the cache knows."""
    client = ctx.client("resourcegroupstaggingapi", ctx.facts["region"])
    names = {name: tags[name] for name in list(tags)[:3]}
    try:
        others = [arn for arn in cmk_making.tagged(client, names) if arn not in ours]
    except AwsRefusal as refusal:
        if not refusal.denied:
            raise
        return  # the cache has answered; more may not be asked
    for arn in others:
        if (state := _state(ctx, arn)) not in ("PendingDeletion", ""):
            raise ConsoleError("request.exists_otherwise", path=ctx.facts["path"], arn=arn, state=state)


def _state(ctx: Context, arn: str) -> str:
    """'' for one that is gone, which its tags may outlive for a while."""
    try:
        return str(kms.describe_key(_kms(ctx), arn).get("KeyState", ""))
    except AwsRefusal as refusal:
        if refusal.code == "NotFoundException":
            return ""
        raise


def make(ctx: Context) -> Json:
    """CreateKey, tagged at birth with run and request; what another console's run left is taken over."""
    desk = _desk(ctx)
    if ctx.facts["take_over"] and (found := made_before(ctx)):
        return found
    wanted = desk.find(ctx.facts["request"]).wanted
    tags = dict(tags_of(wanted, desk.settings)) | {RUN_TAG: ctx.run_id, REQUEST_TAG: ctx.facts["request"]}
    described = f"{' / '.join(wanted.path)} (kms-console {ctx.facts['request']})"
    # A try that was cut off may have made it: no second one before it was looked for.
    client = ctx.account().client("kms", ctx.facts["region"], attempts=1)
    made = cmk_making.create_key(client, ctx.outputs["check"]["policy"], described, tags)
    return {"key_id": made["KeyId"], "key_arn": made["Arn"]}


def made_before(ctx: Context) -> Json | None:
    """The CMK that this request has already, whichever run made it, and whoever was killed then."""
    for pause in LOOKS:
        if pause:
            ctx.wait(pause)
        if found := _made(ctx):
            return {"key_id": found[0].rpartition("/")[2], "key_arn": found[0]}
    return None


def _made(ctx: Context) -> list[str]:
    """ARNs of living CMKs with the request's tag, oldest id first: by the tagging service, then by KMS itself."""
    request = ctx.facts["request"]
    try:
        client = ctx.client("resourcegroupstaggingapi", ctx.facts["region"])
        found = cmk_making.tagged(client, {REQUEST_TAG: request})
    except AwsRefusal as refusal:
        if not refusal.denied:
            raise
        found = []
    if not found:
        known = {each.rpartition("/")[2] for each in _desk(ctx).catalog.cmks.known()}
        found = list(cmk_making.unknown_with(_kms(ctx), known, REQUEST_TAG, request))
    return sorted(arn for arn in found if _state(ctx, arn) not in ("PendingDeletion", ""))


def unmake(ctx: Context) -> None:
    """It was never handed out, so it may go: AWS waits a week."""
    _desk(ctx).may_undo(ctx.facts["request"], ctx.run_id)
    cmk_making.schedule_deletion(_kms(ctx), ctx.output["key_id"])


def name(ctx: Context) -> Json:
    alias, key = ctx.facts["alias"], ctx.outputs["key"]
    try:
        cmk_making.create_alias(_kms(ctx), alias, key["key_id"])
    except AwsRefusal as refusal:
        if refusal.code != "AlreadyExistsException":
            raise
        target = cmk_making.target_of(_kms(ctx), alias)
        if target != key["key_arn"]:
            raise ConsoleError("request.alias_taken", alias=alias, arn=target) from refusal
    return {"alias": alias}


def named_before(ctx: Context) -> Json | None:
    alias = ctx.facts["alias"]
    return {"alias": alias} if cmk_making.target_of(_kms(ctx), alias) == ctx.outputs["key"]["key_arn"] else None


def unname(ctx: Context) -> None:
    """Only from the CMK that was made here."""
    _desk(ctx).may_undo(ctx.facts["request"], ctx.run_id)
    if cmk_making.target_of(_kms(ctx), ctx.facts["alias"]) == ctx.outputs["key"]["key_arn"]:
        cmk_making.delete_alias(_kms(ctx), ctx.facts["alias"])


def rotate(ctx: Context) -> Json:
    """Once more sets the same period again."""
    cmk_making.enable_rotation(_kms(ctx), ctx.outputs["key"]["key_id"], ctx.facts["days"])
    return {"days": ctx.facts["days"]}


def verify(ctx: Context) -> Json:
    """All of it as AWS has it now; what is not there yet may still come."""
    client, key, alias = _kms(ctx), ctx.outputs["key"]["key_id"], ctx.facts["alias"]
    state = kms.describe_key(client, key).get("KeyState", "")
    rotation = kms.rotation_status(client, key)
    wanted = {
        "state": state == "Enabled",
        "rotation": bool(rotation.get("KeyRotationEnabled")),
        "policy": _alike(kms.key_policy(client, key), ctx.outputs["check"]["policy"]),
        "alias": alias in cmk_making.aliases_of(client, key),
        "tags": kms.list_tags(client, key).get(REQUEST_TAG) == ctx.facts["request"],
    }
    if missing := [name for name, holds in wanted.items() if not holds]:
        raise NotYet("request.not_as_meant", what=", ".join(missing), arn=ctx.outputs["key"]["key_arn"])
    # A rehearsal may be refused where administrators may not use CMKs: that is no fault, and is told.
    refused = cmk_making.rehearse(client, key)
    return {"verified": sorted(wanted), "rehearsed": not refused, "rehearsal": refused}


def _alike(there: str, meant: str) -> bool:
    return bool(json.loads(there) == json.loads(meant))


def learn(ctx: Context) -> Json:
    """Into our own tree at once; the tenant's copy goes with the hand-over."""
    desk = _desk(ctx)
    client, now = _kms(ctx), int(ctx.now())
    facts = facts_of(client, ctx.outputs["key"]["key_arn"], (ctx.facts["alias"],), desk.settings, now)
    desk.learn(facts)
    return {"cmk": told(facts)}


def deliver(ctx: Context) -> Json:
    arn = ctx.outputs["key"]["key_arn"]
    facts = (("key_arn", arn), ("alias", ctx.facts["alias"]), ("cmk", ctx.outputs["learn"]["cmk"]))
    request = _desk(ctx).deliver(ctx.facts["request"], ctx.run_id, facts)
    return {"delivered_at": request.changed_at, "key_arn": arn}


def says(known: Known) -> Json:
    return {"accounts": ", ".join(known.facts["accounts"]), "services": ", ".join(known.facts["services"]) or "–"}


WORKFLOW = Workflow(
    NAME,
    (
        Step("claim", claim, says=says),
        Step("check", check),
        Step("key", make, find=made_before, undo=unmake, says=says),
        Step("alias", name, find=named_before, undo=unname, passing=SETTLING),
        Step("rotation", rotate, passing=SETTLING),
        Step("verify", verify, passing=SETTLING),
        Step("learn", learn, passing=SETTLING),
        Step("deliver", deliver),
    ),
)
