"""A bucket with very many objects is handed to S3 Batch Operations, AWS's own engine; what it leaves is done here.

It copies without looking at ETags, gives one storage class to all, and drops ACLs, locks and redirects. So it gets
only what it keeps whole: standard objects of up to 5 GB, in buckets without ACLs and locks, while nobody writes.
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
from console.datakeys.s3.house import bucket_of
from console.errors import ConsoleError

if TYPE_CHECKING:
    from console.workflow.context import Context
    from store.run_records import Json

POLL = 30.0
"""Seconds between two looks at a job, which takes minutes to begin."""

ENDED = frozenset({"Complete", "Failed", "Cancelled"})
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
    return "batch"


def request(ctx: Context) -> dict[str, Any]:
    """CreateJob's parameters: the objects that were there when the run began, copied onto themselves."""
    facts, rotating = ctx.facts, ctx.house.settings.terms.rotating
    start = datetime.fromtimestamp(ctx.outputs["s3_default"]["start"], UTC)
    arn = f"arn:aws:s3:::{facts['resource']}"
    bucket_key = bool(ctx.outputs["s3_look"]["default"]["Rules"][0].get("BucketKeyEnabled"))
    chosen = {
        "CreatedBefore": start, "ObjectSizeLessThanBytes": objects.COPY_LIMIT, "MatchAnyStorageClass": ["STANDARD"],
        "MatchAnyObjectEncryption": [{"SSEKMS": {"BucketKeyEnabled": bucket_key}}, {"SSES3": {}}, {"NOTSSE": {}}],
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
        "Description": f"kms-console {ctx.run_id}", "Tags": [{"Key": "kms-console:run", "Value": ctx.run_id}],
    }  # fmt: skip


def hand_over(ctx: Context) -> Json:
    """The job, followed to its end; asked for twice it is one, by its token. One that fails is no failure of the run:
    every object is looked at afterwards, and what is not rewritten then is rewritten here.
    """
    client = _control(ctx)
    job = ctx.cursor.get("job") or ask(client, "create_job", **request(ctx))["JobId"]
    while True:
        told = ask(client, "describe_job", AccountId=ctx.facts["account"], JobId=job)["Job"]
        done = told.get("ProgressSummary", {})
        good, bad = done.get("NumberOfTasksSucceeded", 0), done.get("NumberOfTasksFailed", 0)
        ctx.save({"job": job, "status": told["Status"]}, good + bad, done.get("TotalNumberOfTasks", 0))
        if told["Status"] in ENDED:
            break
        ctx.wait(POLL)
    why = [reason.get("FailureCode", "") for reason in told.get("FailureReasons", ())][:CODES]
    return {
        "job": job, "status": told["Status"], "succeeded": good, "failed": bad, "why": why,
        "codes": reported(ctx, job) if bad else {},
    }  # fmt: skip


def cancel(ctx: Context) -> None:
    """No more copies by the job; what it wrote stays, since only it could tell which versions those are."""
    job = ctx.output.get("job") or ctx.cursor.get("job")
    client, account = _control(ctx), ctx.facts["account"]
    if job and ask(client, "describe_job", AccountId=account, JobId=job)["Job"]["Status"] not in ENDED:
        ask(client, "update_job_status", AccountId=account, JobId=job, RequestedJobStatus="Cancelled")


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
        codes.update(row.get("ErrorCode") or "" for row in csv.DictReader(body, names))
    return dict(codes.most_common(CODES))


def _prefix(ctx: Context) -> str:
    return f"kms-console/{ctx.run_id}"


def _control(ctx: Context) -> Any:
    return ctx.client("s3control", ctx.facts["region"], ctx.facts["account"])


def _refused(route: str, error: ConsoleError) -> str:
    """Who asked for it hears why not; else the run does without."""
    if route == "batch":
        raise error
    return "here"
