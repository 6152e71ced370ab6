"""What a reading afterwards says of a data key. Where no API tells a data key apart, the verdict stays *unknown*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws.moment import epoch
from console.aws.refusals import AwsRefusal
from console.aws.session import ask
from console.datakeys.manual import reading
from console.datakeys.manual.acts import Proof
from console.datakeys.manual.reading import at
from console.datakeys.manual.services import service_of
from console.datakeys.proving import Evidence
from console.errors import ConsoleError
from store.verdicts import Verdict

if TYPE_CHECKING:
    from console.datakeys.manual.acts import Way
    from console.datakeys.manual.services import Service
    from console.workflow.context import Context
    from store.run_records import Json

SLACK = 300
"""Seconds by which AWS's clock and ours may differ."""

POLL = 15.0
"""Seconds between two looks at something that AWS is still making."""

WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
"""What a queue still holds."""


def judge(ctx: Context, way: Way) -> Json:
    """The evidence, with everything that was read before and after and whatever a person said on the way.

    `fits` in the output: what was read is as it should be, whether or not it proves a data key.
    """
    service = service_of(ctx.facts["kind"])
    read = {Proof.OTHER: _other, Proof.SAME: _same, Proof.QUEUE: _queue}[way.proof]
    fits, reason, now, facts = read(ctx, service, way)
    verdict = Verdict.PROVEN if fits and way.proves else Verdict.UNKNOWN
    said = {name: answer for name, answer in ctx.answers.items() if name.startswith("manual_")}
    told = {"route": way.name, "before": dict(ctx.outputs["manual_look"]), "said": said, **facts}
    return {**Evidence(verdict, reason, now, told).output(), "fits": fits}


Reading = tuple[bool, str, str, "Json"]


def _other(ctx: Context, service: Service, way: Way) -> Reading:
    """Another resource, under the intended CMK, that was not there when this began."""
    label = str(ctx.outputs["manual_new"]["new"])
    entry = _settled(ctx, service, label)
    after = _kept(service, entry)
    copy = _copied(ctx, service, way)
    now = _identity(ctx, service, entry)
    facts = {"after": {"resource": now, **after}, **({"copy": copy} if copy else {})}
    reason = f"verdict.{service.name}.{way.name}" if way.proves else "verdict.manual.fits"
    if wrong := unfit(ctx, service, entry):
        return False, f"verdict.manual.{wrong}", now, facts
    if copy and copy["key"] != _copy_key(ctx, service):
        return False, "verdict.manual.broken_chain", now, facts
    if not way.imported:
        return True, reason, now, facts
    status = _imported(ctx, service, now)
    told = {**facts, "import": status}
    if status == "COMPLETED":
        return True, reason, now, told
    failed = "verdict.manual.restored" if at(entry, "RestoreSummary") else "verdict.manual.not_imported"
    return False, failed, now, told


def _imported(ctx: Context, service: Service, table: str) -> str:
    """How the last import into a table ended, as AWS tells it; '' where there was none: it was made otherwise."""
    client = ctx.client(service.client, ctx.facts["region"], ctx.facts["account"])
    found = ask(client, "list_imports", TableArn=table)["ImportSummaryList"]
    return str(found[0]["ImportStatus"]) if found else ""


def unfit(ctx: Context, service: Service, entry: Json) -> str:
    """What is wrong with what is called new: `same_one`, `other_cmk` or `older`; '' where nothing is."""
    after = _kept(service, entry)
    if _identity(ctx, service, entry) == ctx.facts["resource"]:
        return "same_one"
    if after["key"] != ctx.facts["intended"]:
        return "other_cmk"
    born = after["created"]
    return "older" if born is not None and born < ctx.outputs["manual_look"]["at"] - SLACK else ""


def _copy_key(ctx: Context, service: Service) -> str:
    """Where the copy had to stand: a cluster passes under the transit CMK last, an instance under its own."""
    return str(ctx.facts["transit" if service.name == "aurora" else "intended"])


def _same(ctx: Context, service: Service, way: Way) -> Reading:  # noqa: ARG001 - the readings' common shape
    """The same resource, now under the intended CMK and at rest."""
    entry = _settled(ctx, service, ctx.facts["label"])
    after = _kept(service, entry)
    fits = after["key"] == ctx.facts["intended"]
    return fits, "verdict.manual.fits" if fits else "verdict.manual.other_cmk", ctx.facts["resource"], {"after": after}


def _queue(ctx: Context, service: Service, way: Way) -> Reading:  # noqa: ARG001 - the readings' common shape
    """A queue takes a new data key after its reuse period; of before that nothing may be left in it.

    Raises:
        ConsoleError: it is too early, or messages of before are still there: to be resumed later.
    """
    client = ctx.client(service.client, ctx.facts["region"], ctx.facts["account"])
    entry = reading.one(service, client, ctx.facts["label"])
    before = ctx.outputs["manual_look"]
    after = {"key": entry.get("KmsMasterKeyId", ""), "reuse_seconds": entry.get("KmsDataKeyReusePeriodSeconds", "")}
    left = sum(int(entry.get(name, 0) or 0) for name in WAITING)
    if after["key"] != ctx.facts["intended"]:
        return False, "verdict.manual.other_cmk", ctx.facts["resource"], {"after": after}
    period = int(before.get("reuse_seconds", 300) or 300)
    if left or ctx.now() < before["at"] + period:
        raise ConsoleError("manual.queue_not_empty", queue=ctx.facts["label"], number=left, seconds=period)
    facts = {"after": after, "messages": left, "period": period, "at": int(ctx.now())}
    return True, "verdict.sqs.drain", ctx.facts["resource"], facts


def _settled(ctx: Context, service: Service, label: str) -> Json:
    """The entry once AWS has finished making it."""
    client = ctx.client(service.client, ctx.facts["region"], ctx.facts["account"])
    while True:
        entry = reading.one(service, client, label)
        state = at(entry, service.state) if service.state else None
        if state is None or state in service.ready:
            return entry
        if str(state).lower() in ("failed", "misconfigured", "incompatible-restore"):
            raise ConsoleError("manual.failed", resource=label, state=str(state))
        ctx.save({"state": str(state)})
        ctx.wait(POLL)


def _kept(service: Service, entry: Json) -> Json:
    made = at(entry, service.created) if service.created else None
    return {"key": str(at(entry, service.key) or ""), "created": epoch(made)}


def _identity(ctx: Context, service: Service, entry: Json) -> str:
    """The id under which the store will know it."""
    client: Any = ctx.client(service.client, ctx.facts["region"], ctx.facts["account"])
    return reading.filled(service.id, entry, service, client, ctx.facts["account"])


def _copied(ctx: Context, service: Service, way: Way) -> Json:
    """The copy on the way, as AWS tells it: under which CMK it is, and of which snapshot it was made."""
    if way.copy is None:
        return {}
    client = ctx.client(service.client, ctx.facts["region"], ctx.facts["account"])
    name = ctx.outputs["manual_copy"]["copy"]
    try:
        entry = ask(client, way.copy.method, **{way.copy.parameter: name})[way.copy.key][0]
    except (AwsRefusal, IndexError) as error:
        if isinstance(error, AwsRefusal) and error.denied:
            raise
        return {"name": name, "key": "", "source": ""}
    source = entry.get("SourceDBSnapshotIdentifier") or entry.get("SourceDBClusterSnapshotArn") or ""
    return {"name": name, "key": entry.get("KmsKeyId", ""), "source": source}
