"""A CMK gives way to a new one for the same place: made, handed over, everything moved, and the old one disabled last.

Two parties, step by step: the central account makes and ends CMKs, the tenant moves its data. Until the old CMK is
disabled all can go back, and it is disabled only when every witness says that nothing uses it. Its deletion is a run
of its own, that others judge.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from console.aws import cmk_ending, cmk_making, kms
from console.aws.refusals import AwsRefusal
from console.errors import ConsoleError, UsageError
from console.services.catalog import Catalog
from console.workflow.model import Field, Kind, Lane, Step, Wish, Workflow
from console.workflow.trouble import NotYet
from console.workflows import cmk_deletion, dk_campaign
from console.workflows.cmk_use import Hearing, told
from console.workflows.rotating import Planner
from store.records import Kind as Node
from store.records import NodeRef
from store.run_records import ENDED, RunStatus

if TYPE_CHECKING:
    from console.settings import Settings
    from console.workflow.context import Context
    from console.workflow.engine import Engine
    from console.workflow.model import Known
    from console.workflows.rotating import Choice
    from store.answers import Cmk
    from store.run_records import Json

NAME = "cmk_replacement"
RUN_TAG, OLD_TAG = "kms-console:run", "kms-console:replaces"
DAY = 86_400
QUIET_DAYS = 7
SETTLING = frozenset({"NotFoundException", "KMSInvalidStateException"})
LOOKS = (0.0, 1.0, 2.0, 4.0)
"""Seconds before each look for a CMK that may have been made: what KMS lists can be some seconds behind."""


def wish_of(cmk: Cmk, catalog: Catalog, settings: Settings) -> Wish:
    """The run that replaces this CMK; nothing is asked of AWS.

    Raises:
        UsageError: it has no place, or is not in use any more.
    """
    facts = cmk.facts
    if len(cmk.path) != 3:
        raise UsageError("replacement.no_place", cmk=facts.key_id)
    if facts.state != "Enabled":
        raise UsageError("replacement.not_enabled", cmk=facts.key_id, state=facts.state or "?")
    able, unable = movable(catalog, settings, facts.arn, "")
    named = {
        "old": facts.arn, "old_id": facts.key_id, "region": facts.region, "path": " / ".join(cmk.path),
        "tenant": cmk.path[0], "application": cmk.path[1], "environment": cmk.path[2],
        "aliases": [alias.name for alias in cmk.aliases], "days": facts.rotation_period or 365,
        "number": len(able), "other": len(unable), "account": next(iter(accounts_of(settings, cmk.path[0])), ""),
    }  # fmt: skip
    subject = cmk.aliases[0].name if cmk.aliases else facts.key_id
    return Wish(NAME, subject, named, cmk.path[0], cmk.path[1])


def accounts_of(settings: Settings, tenant: str) -> tuple[str, ...]:
    return next((each.accounts for each in settings.tenants if each.name == tenant), ())


def movable(catalog: Catalog, settings: Settings, old: str, new: str) -> tuple[list[Choice], list[str]]:
    """The data keys under a CMK that a known way can move, and the names of the others (snapshots among them)."""
    planner = Planner(catalog, settings)
    able, unable = [], []
    for cmk in catalog.cmks.by_key(old):
        for row in catalog.cmks.data_keys(cmk.id):
            name = row.facts.name or row.facts.resource_id
            try:
                choice = planner.choice(NodeRef(Node.DATA_KEY, row.id), new or f"{old}-")
            except ConsoleError:  # of a kind that nobody knows how to move, or out of sight
                unable.append(name)
                continue
            able.append(choice) if choice.best else unable.append(name)
    return able, unable


# ---- the new CMK


def _kms(ctx: Context) -> Any:
    return ctx.client("kms", ctx.facts["region"])


def look(ctx: Context) -> Json:
    """The old CMK as it is at AWS: what the new one must be like."""
    client, old = _kms(ctx), ctx.facts["old_id"]
    state = cmk_ending.state(client, old)[0]
    if state != "Enabled":
        raise ConsoleError("replacement.not_enabled", cmk=old, state=state)
    status = kms.rotation_status(client, old)
    tags = {k: v for k, v in kms.list_tags(client, old).items() if not k.startswith(("aws:", "kms-console:"))}
    return {
        "policy": kms.key_policy(client, old), "tags": tags, "aliases": cmk_making.aliases_of(client, old),
        "rotates": bool(status.get("KeyRotationEnabled")), "days": status.get("RotationPeriodInDays") or 365,
        "at": int(ctx.now()),
    }  # fmt: skip


def make(ctx: Context) -> Json:
    """CreateKey with the old one's policy and tags, and the tags that find it again."""
    seen = ctx.outputs["look"]
    tags = {**seen["tags"], RUN_TAG: ctx.run_id, OLD_TAG: ctx.facts["old_id"]}
    # A try that was cut off may have made it: no second one before it was looked for.
    client = ctx.account().client("kms", ctx.facts["region"], attempts=1)
    made = cmk_making.create_key(client, seen["policy"], f"{ctx.facts['path']} (kms-console {ctx.run_id})", tags)
    return {"new": made["Arn"], "new_id": made["KeyId"]}


def made_before(ctx: Context) -> Json | None:
    """The one that this run made, if it did: two CMKs for one place are worse than none."""
    for pause in LOOKS:
        if pause:
            ctx.wait(pause)
        if found := _made(ctx):
            return {"new": found, "new_id": found.rpartition("/")[2]}
    return None


def _made(ctx: Context) -> str:
    try:
        found = cmk_making.tagged(ctx.client("resourcegroupstaggingapi", ctx.facts["region"]), {RUN_TAG: ctx.run_id})
    except AwsRefusal as refusal:
        if not refusal.denied:
            raise
        found = []
    if not found:
        known = {arn.rpartition("/")[2] for arn in Catalog(ctx.house.store, ctx.house.settings).cmks.known()}
        found = list(cmk_making.unknown_with(_kms(ctx), known, RUN_TAG, ctx.run_id))
    return next((arn for arn in found if cmk_ending.state(_kms(ctx), arn)[0] != cmk_ending.PENDING), "")


def unmake(ctx: Context) -> None:
    """Only where nothing came to stand under it: deleting it then would delete the data.

    Raises:
        ConsoleError: something did; what it is is told.
    """
    new = ctx.output["new"]
    hearing = Hearing(ctx.house.store, ctx.house.settings, _kms(ctx), new, 0, int(ctx.now()))
    for witness in (hearing.grants(), hearing.data_keys()):
        if witness.blocks:
            raise ConsoleError("replacement.new_in_use", cmk=new, what=", ".join(witness.what))
    cmk_making.schedule_deletion(_kms(ctx), ctx.output["new_id"])


def rotate(ctx: Context) -> Json:
    """As the old one rotates; verified, because what KMS made a moment ago it may not know yet."""
    client, seen, new = _kms(ctx), ctx.outputs["look"], ctx.outputs["key"]["new_id"]
    if seen["rotates"]:
        cmk_making.enable_rotation(client, new, int(seen["days"]))
    if json.loads(kms.key_policy(client, new)) != json.loads(seen["policy"]):
        raise NotYet("replacement.not_as_meant", cmk=new)
    return {"rotates": seen["rotates"]}


def usable(ctx: Context) -> Json:
    """Seen from the tenant's own account: the policy lets it in, and a data key would be made (rehearsed only)."""
    client, new = ctx.client("kms", ctx.facts["region"], ctx.facts["account"]), ctx.outputs["key"]["new"]
    state = kms.describe_key(client, new)["KeyState"]
    if state != "Enabled":
        raise ConsoleError("replacement.not_enabled", cmk=new, state=state)
    return {"state": state, "rehearsal": cmk_making.rehearse(client, new)}


def shown(ctx: Context) -> Json:
    """The answer of `aws kms describe-key`, pasted by the tenant."""
    try:
        metadata = json.loads(ctx.answer["shown"])
        metadata = metadata.get("KeyMetadata", metadata)
        fits = metadata["Arn"] == ctx.outputs["key"]["new"] and metadata["KeyState"] == "Enabled"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ConsoleError("replacement.not_described") from error
    if not fits:
        raise ConsoleError("replacement.not_described")
    return {"state": "Enabled", "rehearsal": "pasted"}


def name(ctx: Context) -> Json:
    """The aliases stand for the new one: who encrypts by name does it under the new CMK from now on."""
    for alias in ctx.outputs["look"]["aliases"]:
        cmk_ending.point(_kms(ctx), alias, ctx.outputs["key"]["new_id"])
    return {"moved": ctx.outputs["look"]["aliases"]}


def rename(ctx: Context) -> None:
    for alias in ctx.outputs["look"]["aliases"]:
        cmk_ending.point(_kms(ctx), alias, ctx.facts["old_id"])


# ---- the data


def move(ctx: Context) -> Json:
    """One campaign over everything that can be moved; this step is done when each of its runs has its verdict.

    Raises:
        ConsoleError: some still wait, ask or failed; go on with those (they are runs of their own), then with this.
    """
    engine: Engine = ctx.house.guided()
    campaign = _campaign(ctx) or _begun(ctx, engine)
    if not campaign:
        return {"campaign": "", "moved": 0, "at": int(ctx.now())}
    if engine.show(campaign).run.status in dk_campaign.GOING:
        engine.resume(campaign)
    views = engine.list(parent=campaign, ended=True)
    standing = [dk_campaign.standing(view) for view in views]
    open_ = [each for each in standing if each not in ("proven", "unproven")]
    if open_ or not views:
        raise ConsoleError("replacement.moving", campaign=campaign, total=len(views), open=len(open_))
    return {"campaign": campaign, "moved": standing.count("proven"), "unproven": standing.count("unproven"),
            "at": int(ctx.now())}  # fmt: skip


def _campaign(ctx: Context) -> str:
    engine: Engine = ctx.house.guided()
    views = [view for view in engine.list(parent=ctx.run_id, ended=True) if view.run.workflow == dk_campaign.NAME]
    return next((view.run_id for view in views if view.run.status is not RunStatus.ABANDONED), "")


def _begun(ctx: Context, engine: Engine) -> str:
    catalog = Catalog(ctx.house.store, ctx.house.settings)
    able, _ = movable(catalog, ctx.house.settings, ctx.facts["old"], ctx.outputs["key"]["new"])
    if not able:
        return ""
    wish = Planner(catalog, ctx.house.settings).campaign([(choice, choice.route("")) for choice in able])
    answers = {"choose": {"parallel": ctx.answers["agree"]["parallel"], "failures": 1}}
    return engine.start(
        Wish(wish.workflow, wish.subject, wish.facts, wish.tenant, wish.application, answers, ctx.run_id)
    )


def move_back(ctx: Context) -> None:
    campaign = _campaign(ctx)
    engine: Engine = ctx.house.guided()
    if campaign:
        dk_campaign.go_back(engine, campaign)
        if engine.show(campaign).run.status not in ENDED:
            engine.abandon(campaign)


def by_hand(known: Known) -> tuple[str, ...]:
    """For a tenant with a console of its own."""
    new = known.outputs["key"]["new"]
    return (f"kms-console search {known.facts['old_id']}", f"kms-console rotate DK… --cmk {new} --plan",
            f"kms-console rotate DK… --cmk {new} --yes")  # fmt: skip


def moved(ctx: Context) -> Json:
    return {"campaign": "", "moved": 0, "said": True, "at": int(ctx.now())}


# ---- the end of the old one


def hear(ctx: Context) -> Json:
    """Every witness on the old CMK; done when none stands in the way.

    Raises:
        ConsoleError: what still uses it, or who could not be heard.
    """
    since = int(ctx.outputs["move"]["at"])
    until = since + int(ctx.answers["agree"]["quiet_days"]) * DAY
    hearing = Hearing(ctx.house.store, ctx.house.settings, _kms(ctx), ctx.facts["old"], since, int(ctx.now()))
    found = hearing.all()
    ctx.save({"checks": told(found)})
    if blocking := [one for one in found if one.blocks]:
        what = "; ".join(f"{one.name}: {', '.join(one.what) or one.number or '–'}" for one in blocking)
        raise ConsoleError("replacement.in_use", cmk=ctx.facts["old_id"], number=len(blocking), what=what)
    if ctx.now() < until:
        raise ConsoleError("replacement.too_soon", date=cmk_deletion.day_of(until))
    return {"checks": told(found), "at": int(ctx.now())}


def disable(ctx: Context) -> Json:
    """Heard once more, at the moment that counts."""
    hear(ctx)
    cmk_ending.disable(_kms(ctx), ctx.facts["old_id"])
    return {"state": "Disabled", "at": int(ctx.now())}


def disabled_before(ctx: Context) -> Json | None:
    state = cmk_ending.state(_kms(ctx), ctx.facts["old_id"])[0]
    return {"state": "Disabled", "at": int(ctx.now())} if state == "Disabled" else None


def enable(ctx: Context) -> None:
    cmk_ending.enable(_kms(ctx), ctx.facts["old_id"])


def propose(ctx: Context) -> Json:
    """The deletion as a run of its own, for others to judge."""
    engine: Engine = ctx.house.guided()
    there = [view for view in engine.list(parent=ctx.run_id, ended=True) if view.run.workflow == cmk_deletion.NAME]
    deletion = there[0].run_id if there else engine.start(_deletion(ctx))
    if engine.show(deletion).run.status in dk_campaign.GOING:
        engine.resume(deletion)  # as far as its question
    return {"deletion": deletion}


def _deletion(ctx: Context) -> Wish:
    facts = {name: ctx.facts[name] for name in ("old", "old_id", "region", "path", "tenant", "application")}
    facts |= {"since": int(ctx.outputs["move"]["at"]), "new": ctx.outputs["key"]["new"]}
    subject, tenant, application = ctx.known.subject, ctx.facts["tenant"], ctx.facts["application"]
    return Wish(cmk_deletion.NAME, subject, facts, tenant, application, parent=ctx.run_id)


def _days(value: Any, known: Known) -> str | None:  # noqa: ARG001 - the checks' common shape
    return None if isinstance(value, int) and 0 <= value <= 365 else "replacement.days"


def _some(value: Any, known: Known) -> str | None:  # noqa: ARG001 - the checks' common shape
    return None if isinstance(value, int) and value >= 1 else "campaign.some"


def _yes(value: Any, known: Known) -> str | None:  # noqa: ARG001 - the checks' common shape
    return None if value else "replacement.not_agreed"


AGREE = Step(
    "agree", lane=Lane.TENANT,
    ask=(
        Field("agreed", Kind.YES_NO, check=_yes),
        Field("quiet_days", Kind.NUMBER, default=QUIET_DAYS, check=_days),
        Field("parallel", Kind.NUMBER, default=4, check=_some),
    ),
)  # fmt: skip

WORKFLOW = Workflow(
    NAME,
    (
        Step("look", look),
        AGREE,
        Step("key", make, find=made_before, undo=unmake),
        Step("rotation", rotate, passing=SETTLING),
        Step(
            "usable", usable, lane=Lane.TENANT, passing=SETTLING,
            commands=lambda known: (
                f"aws kms describe-key --key-id {known.outputs['key']['new']} --region {known.facts['region']}",
            ),
            evidence=(Field("shown", Kind.PASTED),), accept=shown,
        ),
        Step("alias", name, undo=rename, passing=SETTLING),
        Step(
            "move", move, lane=Lane.TENANT, undo=move_back, commands=by_hand,
            evidence=(Field("done", Kind.YES_NO, check=_yes),), accept=moved,
        ),
        Step("unused", hear),
        Step("disable", disable, find=disabled_before, undo=enable, ask=(Field("sure", Kind.YES_NO, check=_yes),)),
        Step("propose", propose),
    ),
)  # fmt: skip
