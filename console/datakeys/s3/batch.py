"""A bucket with very many objects is handed to S3 Batch Operations, AWS's own engine; what it leaves is done here.

It copies without looking at ETags, gives one storage class to all, and drops ACLs, locks and redirects. So it gets
only what it keeps whole: standard objects of up to 5 GB, in buckets without ACLs, locks and older versions (whether its
list names those too is nowhere said, and one that it copied would come on top), while nobody writes.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.aws.refusals import AwsRefusal
from console.aws.session import ask
from console.datakeys.s3.house import bucket_of, past
from console.errors import ConsoleError

if TYPE_CHECKING:
    from console.workflow.context import Context
    from store.run_records import Json

FIRST, POLL = 1.0, 30.0
"""Seconds between two looks at a job: more and more, since one over millions of objects takes minutes to begin."""

ENDED = frozenset({"Complete", "Failed", "Cancelled"})
FORGOTTEN = frozenset({"NoSuchJob", "NoSuchJobException", "NotFoundException"})
"""How S3 says that it does not know a job any more, 90 days after its end."""

CODES = 10
"""Kinds of failure that the run keeps of a report."""


def engine(ctx: Context, told: Json) -> str:
    """`batch` or `here`: which of the two rewrites the bulk of the objects.

    Raises:
        ConsoleError: the way over Batch Operations was asked for, and is not open.
    """
    rotating, route = ctx.house.settings.terms.rotating, ctx.facts["route"]
    many = 0 < rotating.batch_objects < told["objects"]
    if route != "batch" and not (many and route == "rewrite"):
        return "here"
    if not (rotating.batch_role and rotating.batch_report):
        return _refused(route, ConsoleError("s3.batch_unset"))
    if told["acls"] or told["locks"]:
        return _refused(route, ConsoleError("s3.batch_not", bucket=ctx.facts["resource"]))
    if told["versioned"] and any(_older(one) for one in objects.histories(bucket_of(ctx))):
        return _refused(route, ConsoleError("s3.batch_history", bucket=ctx.facts["resource"]))
    return "batch"


def _older(history: objects.History) -> bool:
    """Whether there is a version that is not the one that is read; also beneath a delete marker."""
    return len(history.versions) + len(history.markers) > 1


def request(ctx: Context) -> dict[str, Any]:
    """CreateJob's parameters: the objects that were there when the run began, copied onto themselves. The filter takes
    one kind of encryption; of the others (S3's own key, or other Bucket Keys than the default) each is done here.
    """
    facts, rotating = ctx.facts, ctx.house.settings.terms.rotating
    start = datetime.fromtimestamp(ctx.outputs["s3_default"]["start"], UTC)
    arn = f"arn:aws:s3:::{facts['resource']}"
    bucket_key = bool(ctx.outputs["s3_look"]["default"]["Rules"][0].get("BucketKeyEnabled"))
    chosen = {
        "CreatedBefore": start, "ObjectSizeLessThanBytes": objects.COPY_LIMIT, "MatchAnyStorageClass": ["STANDARD"],
        "MatchAnyObjectEncryption": [{"SSEKMS": {"BucketKeyEnabled": bucket_key}}],
    }  # fmt: skip
    copying = {
        "TargetResource": arn, "MetadataDirective": "COPY", "StorageClass": "STANDARD", "BucketKeyEnabled": bucket_key,
        "SSEAwsKmsKeyId": facts["intended"], "UnModifiedSinceConstraint": start,
    }  # fmt: skip
    generator = {
        "ExpectedBucketOwner": facts["account"], "SourceBucket": arn, "EnableManifestOutput": False, "Filter": chosen,
    }  # fmt: skip
    report = {
        "Bucket": f"arn:aws:s3:::{rotating.batch_report}", "Format": "Report_CSV_20180820", "Enabled": True,
        "Prefix": _prefix(ctx), "ReportScope": "FailedTasksOnly",
    }  # fmt: skip
    return {
        "AccountId": facts["account"], "ConfirmationRequired": False, "Priority": 10, "ClientRequestToken": ctx.token,
        "Operation": {"S3PutObjectCopy": copying}, "ManifestGenerator": {"S3JobManifestGenerator": generator},
        "Report": report, "RoleArn": rotating.batch_role.replace("{account}", facts["account"]),
        "Description": _named(ctx), "Tags": [{"Key": "kms-console:run", "Value": ctx.run_id}],
    }  # fmt: skip


def hand_over(ctx: Context) -> Json:
    """The job, followed to its end; asked for twice it is one, by its token. One that fails is no failure of the run:
    every object is looked at afterwards, and what is not rewritten then is rewritten here.

    Raises:
        ConsoleError: somebody else has cancelled it. Who goes on all the same has the rest rewritten here.
    """
    past(ctx, ctx.outputs["s3_default"]["start"])
    job = _job(ctx) or ask(_control(ctx), "create_job", **request(ctx))["JobId"]
    heard = ctx.cursor.get("heard", False)
    told = _followed(ctx, job, heard=heard)
    if told["Status"] == "Cancelled" and not heard:
        ctx.save({"job": job, "status": told["Status"], "heard": True})
        raise ConsoleError("s3.batch_cancelled", job=job, detail=told.get("StatusUpdateReason") or "–")
    done = told.get("ProgressSummary", {})
    bad = done.get("NumberOfTasksFailed", 0)
    why = [reason.get("FailureCode", "") for reason in told.get("FailureReasons", ())][:CODES]
    return {
        "job": job, "status": told["Status"], "succeeded": done.get("NumberOfTasksSucceeded", 0), "failed": bad,
        "why": why, "codes": reported(ctx, job) if bad else {},
    }  # fmt: skip


def cancel(ctx: Context) -> None:
    """No more copies by the job: it has ended when this returns. One that nobody lived to note is found too."""
    job, client, account = ctx.output.get("job") or _job(ctx), _control(ctx), ctx.facts["account"]
    if not job:
        return
    try:
        ask(client, "update_job_status", AccountId=account, JobId=job, RequestedJobStatus="Cancelled")
    except AwsRefusal as refusal:
        if refusal.code in FORGOTTEN:
            return
        if refusal.code != "JobStatusException":
            raise
    _followed(ctx, job, heard=True)  # also one that is on its way to an end already


def reported(ctx: Context, job: str) -> dict[str, int]:
    """Error codes with how many objects failed by each, from the job's report; {} where none was written."""
    where = objects.Bucket(bucket_of(ctx).client, ctx.house.settings.terms.rotating.batch_report, ctx.facts["account"])
    try:
        manifest = json.loads(where.ask("get_object", Key=f"{_prefix(ctx)}/job-{job}/manifest.json")["Body"].read())
    except AwsRefusal as refusal:
        if refusal.code in objects.GONE:
            return {}
        raise
    names = [name.strip() for name in manifest["ReportSchema"].split(",")]
    codes: Counter[str] = Counter()
    for part in manifest["Results"]:
        body = io.TextIOWrapper(where.ask("get_object", Key=part["Key"])["Body"], "utf-8", newline="")
        codes.update(_code(row) for row in csv.DictReader(body, names))
    return dict(codes.most_common(CODES))


def _code(row: dict[str, str]) -> str:
    """S3's code. The schema names it before the status of HTTP; S3's own examples have it behind."""
    told = [row.get(name) or "" for name in ("ErrorCode", "HTTPStatusCode")]
    return next((word for word in told if word and not word.isdigit()), told[0])


def _followed(ctx: Context, job: str, *, heard: bool) -> dict[str, Any]:
    """The job as it ended."""
    client, account, pause = _control(ctx), ctx.facts["account"], FIRST
    while True:
        told: dict[str, Any] = ask(client, "describe_job", AccountId=account, JobId=job)["Job"]
        done = told.get("ProgressSummary", {})
        over = done.get("NumberOfTasksSucceeded", 0) + done.get("NumberOfTasksFailed", 0)
        noted = {"job": job, "status": told["Status"], "heard": heard}
        ctx.save(noted, over, done.get("TotalNumberOfTasks", 0))
        if told["Status"] in ENDED:
            return told
        ctx.wait(pause)
        pause = min(POLL, pause * 2)


def _job(ctx: Context) -> str:
    """The job of this run, as noted; or, where a kill came before that, as S3 lists it. '' : there is none."""
    if noted := ctx.cursor.get("job"):
        return str(noted)
    client, page = _control(ctx), dict[str, Any](NextToken="")
    while "NextToken" in page:
        start = {"NextToken": page["NextToken"]} if page["NextToken"] else {}
        page = ask(client, "list_jobs", AccountId=ctx.facts["account"], **start)
        for one in page.get("Jobs", ()):
            if one.get("Description") == _named(ctx):
                return str(one["JobId"])
    return ""


def _named(ctx: Context) -> str:
    return f"kms-console {ctx.run_id}"


def _prefix(ctx: Context) -> str:
    return f"kms-console/{ctx.run_id}"


def _control(ctx: Context) -> Any:
    return ctx.client("s3control", ctx.facts["region"], ctx.facts["account"])


def _refused(route: str, error: ConsoleError) -> str:
    """Who asked for it hears why not; else the run does without."""
    if route == "batch":
        raise error
    return "here"
