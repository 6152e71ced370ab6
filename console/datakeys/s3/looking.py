"""Before anything is written: what kind of bucket it is, how much is in it, and that new writes go the right way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.aws.refusals import AwsRefusal
from console.datakeys.keys import usable
from console.datakeys.s3.batch import engine
from console.datakeys.s3.house import bucket_of
from console.errors import ConsoleError

if TYPE_CHECKING:
    from console.workflow.context import Context
    from store.run_records import Json

PACE = 0.5
"""Seconds between two checkpoints at least: each is a write to disk."""

PLAIN = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
"""What a bucket without a rule of its own does."""


def look(ctx: Context) -> Json:
    """How the bucket is set, and how many objects and bytes are in it; changes nothing."""
    usable(ctx, ctx.facts["intended"])
    bucket = bucket_of(ctx)
    told = {
        "versioned": bucket.ask("get_bucket_versioning").get("Status") in ("Enabled", "Suspended"),
        "acls": objects.acls(bucket),
        "locks": objects.locks(bucket),
        "default": _default(bucket),
    }
    told |= counted(ctx, bucket)
    return told | {"engine": engine(ctx, told)}


def counted(ctx: Context, bucket: objects.Bucket) -> Json:
    """Objects and bytes, page by page; a resumed count goes on where it was."""
    after, number, size = ctx.cursor.get("after", ""), ctx.cursor.get("objects", 0), ctx.cursor.get("bytes", 0)
    saved = time.monotonic()
    for entry in objects.listed(bucket, after):
        number, size = number + 1, size + entry["Size"]
        if number % 1000 == 0 and time.monotonic() - saved > PACE:
            ctx.save({"after": entry["Key"], "objects": number, "bytes": size}, number)
            saved = time.monotonic()
    return {"objects": number, "bytes": size}


def default(ctx: Context) -> Json:
    """The bucket's default encryption under the intended CMK, by its full ARN, so that whoever writes meanwhile writes
    under it too; and from when on, by S3's own time.
    """
    bucket = bucket_of(ctx)
    wanted = _under(ctx.outputs["s3_look"]["default"], ctx.facts["intended"])
    if _default(bucket) != wanted:
        bucket.ask("put_bucket_encryption", ServerSideEncryptionConfiguration=wanted)
    return {"start": objects.clock(bucket) or int(ctx.now())}


def default_back(ctx: Context) -> None:
    """What it was before, unless somebody else has set another meanwhile."""
    bucket, before = bucket_of(ctx), ctx.outputs["s3_look"]["default"]
    if before != _under(before, ctx.facts["intended"]) == _default(bucket):
        bucket.ask("put_bucket_encryption", ServerSideEncryptionConfiguration=before)


def _default(bucket: objects.Bucket) -> dict[str, Any]:
    try:
        told: dict[str, Any] = bucket.ask("get_bucket_encryption")["ServerSideEncryptionConfiguration"]
    except AwsRefusal as refusal:
        if refusal.code == "ServerSideEncryptionConfigurationNotFoundError":
            return PLAIN
        if refusal.code == "NoSuchBucket":
            raise ConsoleError("s3.no_bucket", bucket=bucket.name) from refusal
        raise
    return told


def _under(before: dict[str, Any], cmk: str) -> dict[str, Any]:
    """The same rule with this CMK; a double layer (DSSE) stays one, and Bucket Keys as they were."""
    rule = before["Rules"][0]
    told = rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "")
    algorithm = told if told.startswith("aws:kms") else "aws:kms"
    wanted = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, "KMSMasterKeyID": cmk}}
    return {"Rules": [{**rule, **wanted}]}
