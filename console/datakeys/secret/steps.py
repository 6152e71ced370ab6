"""The procedure: the value becomes a version that nobody reads yet; proven, the labels move to it in one stroke each.

PutSecretValue alone would take AWSCURRENT from whatever version has it, also from one put a moment ago by somebody
else. A label moved by UpdateSecretVersionStage goes only if it still hangs where we saw it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import kms, vault
from console.aws.moment import epoch
from console.aws.refusals import AwsRefusal
from console.datakeys.keys import usable
from console.datakeys.proving import PROOF, RECORD, Evidence, proven, retiring
from console.errors import ConsoleError
from console.workflow.model import Lane, Step
from store.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.workflow.context import Context
    from console.workflow.model import Known
    from store.run_records import Json

DAY = 86_400
MOST = 100
"""Versions that Secrets Manager keeps; those of the last day it never removes by itself (PutSecretValue)."""

POLL = 5.0
OWN = frozenset({vault.CURRENT, vault.PREVIOUS})


def _client(ctx: Context) -> Any:
    return ctx.client("secretsmanager", ctx.facts["region"], ctx.facts["account"])


def _arn(ctx: Context) -> str:
    return str(ctx.facts["resource"])


def _label(ctx: Context) -> str:
    """What the new version is called until it is current; it keeps AWS from clearing it away."""
    return f"kms-console-{ctx.run_id}"


# ---- look


def look(ctx: Context) -> Json:
    """Which version is current and what hangs on it, and that nothing stands in the way."""
    client, arn = _client(ctx), _arn(ctx)
    told = vault.describe(client, arn)
    _ours(ctx, told)
    hung = vault.labels(client, arn)
    current = hung.get(vault.CURRENT, "")
    _quiet(ctx, hung)
    known = vault.versions(client, arn)
    if sum(ctx.now() - (epoch(one.get("CreatedDate")) or 0) < DAY for one in known) >= MOST:
        raise ConsoleError("secret.full", secret=ctx.known.subject, most=MOST)
    usable(ctx, ctx.facts["intended"])
    return {
        "version": current,
        "keys": _keys(known, current),
        "labels": sorted(label for label, version in hung.items() if version == current and label not in OWN),
        "previous": hung.get(vault.PREVIOUS, ""),
        "others": sorted(one["VersionId"] for one in known if one["VersionId"] != current),
        "replicas": _regions(told),
        "key": told.get("KmsKeyId") or "",
    }


def _ours(ctx: Context, told: Mapping[str, Any]) -> None:
    named = {"secret": ctx.known.subject}
    if told.get("DeletedDate"):
        raise ConsoleError("secret.deleted", **named)
    if told.get("PrimaryRegion", "") not in ("", None, ctx.facts["region"]):
        raise ConsoleError("secret.replica", **named, region=told["PrimaryRegion"])
    if told.get("OwningService"):
        raise ConsoleError("secret.owned", **named, owner=told["OwningService"])
    if _full(ctx, told.get("KmsKeyId") or "") != ctx.facts["cmk"]:
        raise ConsoleError("secret.other_key", **named, found=told.get("KmsKeyId") or "aws/secretsmanager")


def _quiet(ctx: Context, hung: Mapping[str, str]) -> None:
    """It has a value, and AWS's own rotation is not half way: the pending version would come after ours."""
    if not hung.get(vault.CURRENT):
        raise ConsoleError("secret.empty", secret=ctx.known.subject)
    if hung.get(vault.PENDING, hung[vault.CURRENT]) != hung[vault.CURRENT]:
        raise ConsoleError("secret.rotating", secret=ctx.known.subject)


def _full(ctx: Context, reference: str) -> str:
    """The ARN behind what DescribeSecret calls the key: an id, an alias or the ARN itself."""
    cmk = str(ctx.facts["cmk"])
    if reference == cmk or (cmk and cmk.endswith(f"/{reference}")):
        return cmk
    if not reference or ":key/" in reference:
        return reference
    try:
        return str(kms.describe_key(ctx.client("kms", ctx.facts["region"], ctx.facts["account"]), reference)["Arn"])
    except AwsRefusal as refusal:
        if not refusal.denied:
            raise
        return reference


def _keys(known: list[Mapping[str, Any]], version: str) -> list[str]:
    """The keys that a version's data key is wrapped by."""
    return next((sorted(one.get("KmsKeyIds") or ()) for one in known if one["VersionId"] == version), [])


def _regions(told: Mapping[str, Any]) -> Json:
    """Region to state of its copy, and to its own CMK."""
    return {
        one["Region"]: {"status": one.get("Status", ""), "key": one.get("KmsKeyId", "")}
        for one in told.get("ReplicationStatus") or ()
    }


# ---- another CMK


def key(ctx: Context) -> Json:
    """The CMK for what comes. What is there is only wrapped anew by this: the data key comes with the next step."""
    vault.rekey(_client(ctx), _arn(ctx), ctx.facts["intended"])
    return {"key": ctx.facts["intended"]}


def key_back(ctx: Context) -> None:
    client, arn = _client(ctx), _arn(ctx)
    if vault.describe(client, arn).get("KmsKeyId") == ctx.facts["intended"]:
        vault.rekey(client, arn, ctx.outputs["secret_look"]["key"])


# ---- the new version


def put(ctx: Context) -> Json:
    """The value of the version that was current, in memory only, as a version of its own that nobody reads yet."""
    client, arn = _client(ctx), _arn(ctx)
    vault.value(client, arn, ctx.outputs["secret_look"]["version"]).put(client, arn, ctx.token, _label(ctx))
    return {"new": ctx.token}


def there(ctx: Context) -> Json | None:
    known = {one["VersionId"] for one in vault.versions(_client(ctx), _arn(ctx))}
    return {"new": ctx.token} if ctx.token in known else None


def unput(ctx: Context) -> None:
    """Without a label AWS may clear a version away; no call deletes one."""
    _off(_client(ctx), _arn(ctx), _label(ctx))


def _off(client: Any, arn: str, label: str) -> None:
    if version := vault.labels(client, arn).get(label):
        vault.rehang(client, arn, label, version)


# ---- proof


def proof(ctx: Context) -> Json:
    """Each version has its own data key (GenerateDataKey); ListSecretVersionIds tells which keys wrap it."""
    client, arn, seen = _client(ctx), _arn(ctx), ctx.outputs["secret_look"]
    new = ctx.outputs["secret_put"]["new"]
    keys = _keys(vault.versions(client, arn), new)
    same = vault.value(client, arn, new).same(vault.value(client, arn, seen["version"]))
    verdict, reason = judge(seen["version"], new, keys, ctx.facts["intended"], same=same)
    facts = {
        "version_before": seen["version"], "version_after": new, "cmks_before": seen["keys"], "cmks_after": keys,
        "cmk_intended": ctx.facts["intended"], "same_value": same, "still_old": [seen["version"], *seen["others"]],
        "replicas": sorted(seen["replicas"]),
    }  # fmt: skip
    return Evidence(verdict, reason, arn, facts).output()


def judge(before: str, after: str, keys: list[str], intended: str, *, same: bool) -> tuple[Verdict, str]:
    """What two version ids and the keys of the new one prove, and the text key of why."""
    if not same:
        return Verdict.UNKNOWN, "verdict.secret.differs"
    if not (before and after and keys):
        return Verdict.UNKNOWN, "verdict.secret.untold"
    ours = all(one == intended or intended.endswith(f"/{one}") for one in keys)
    if before == after:
        return (Verdict.REWRAPPED if ours else Verdict.UNCHANGED), "verdict.secret.same"
    return (Verdict.PROVEN, "verdict.secret.new") if ours else (Verdict.UNKNOWN, "verdict.secret.other_cmk")


# ---- the labels, there and back


def swap(ctx: Context) -> Json:
    """AWSCURRENT first: it moves only from the version we copied. The others follow it, ours goes."""
    old, new = ctx.outputs["secret_look"]["version"], ctx.outputs["secret_put"]["new"]
    client, arn = _client(ctx), _arn(ctx)
    if vault.labels(client, arn).get(vault.CURRENT) != new:
        try:
            vault.rehang(client, arn, vault.CURRENT, old, new)
        except AwsRefusal as refusal:
            if refusal.code in vault.MISMATCH:
                raise ConsoleError("secret.changed", secret=ctx.known.subject) from refusal
            raise
    _along(ctx, old, new)
    _off(client, arn, _label(ctx))
    return {"current": new}


def swap_back(ctx: Context) -> None:
    """The labels where they were, as far as nobody has moved them since."""
    seen, new = ctx.outputs["secret_look"], ctx.outputs["secret_put"]["new"]
    client, arn = _client(ctx), _arn(ctx)
    if vault.labels(client, arn).get(vault.CURRENT) == new:
        vault.rehang(client, arn, vault.CURRENT, new, seen["version"])
    _along(ctx, new, seen["version"])
    if vault.labels(client, arn).get(vault.PREVIOUS) == new:  # AWS hung it there as AWSCURRENT left
        vault.rehang(client, arn, vault.PREVIOUS, new, seen["previous"])


def _along(ctx: Context, old: str, new: str) -> None:
    """The labels that hung beside AWSCURRENT, those of the people who read by them too."""
    client, arn = _client(ctx), _arn(ctx)
    hung = vault.labels(client, arn)
    for label in ctx.outputs["secret_look"]["labels"]:
        if hung.get(label) == old:
            vault.rehang(client, arn, label, old, new)


# ---- copies in other Regions


def copied(ctx: Context) -> Json:
    """Each Region encrypts its copy under its own CMK; wait until they have it."""
    while True:
        told = _regions(vault.describe(_client(ctx), _arn(ctx)))
        failed = sorted(region for region, one in told.items() if one["status"] == "Failed")
        if failed:
            raise ConsoleError("secret.copy_failed", regions=", ".join(failed))
        if all(one["status"] == "InSync" for one in told.values()):
            return {"regions": ", ".join(sorted(told))}
        ctx.wait(POLL)


def _has_copies(known: Known) -> bool:
    return bool(known.outputs["secret_look"]["replicas"]) and proven(known)


# ---- what is old


def remove(ctx: Context) -> Json:
    """No call deletes a version. One without a label AWS clears away in its own time; that much can be done."""
    client, arn, old = _client(ctx), _arn(ctx), ctx.outputs["secret_look"]["version"]
    if vault.labels(client, arn).get(vault.PREVIOUS) == old:
        vault.rehang(client, arn, vault.PREVIOUS, old)
    current = vault.labels(client, arn).get(vault.CURRENT)
    left = [one["VersionId"] for one in vault.versions(client, arn) if one["VersionId"] != current]
    return {"removed": [vault.PREVIOUS], "left": left}


LOOK = Step("secret_look", look, lane=Lane.TENANT)
KEY = Step("secret_key", key, lane=Lane.TENANT, undo=key_back)
NEW = Step("secret_put", put, lane=Lane.TENANT, find=there, undo=unput)
PROVE = Step(PROOF, proof, lane=Lane.TENANT)
SWAP = Step("secret_swap", swap, lane=Lane.TENANT, when=proven, undo=swap_back)
COPIES = Step("secret_copies", copied, lane=Lane.TENANT, when=_has_copies)
ENDS = (NEW, PROVE, SWAP, COPIES, RECORD, retiring(remove, "secret_unlabel"))

PUT = (LOOK, *ENDS)
MOVE = (LOOK, KEY, *ENDS)
