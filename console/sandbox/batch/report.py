"""A job's completion report, in the files and columns that S3 writes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from console.sandbox.batch.job import Job, Line

SCHEMA = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"
"""As the manifest has it. The lines themselves have the status of HTTP before the code, in S3's own examples too."""


def files(job: Job, now: datetime) -> Iterator[tuple[str, bytes]]:
    """Path (`/bucket/key`) and body of each file, the one that names the others last."""
    told = job.wish["Report"]
    bucket, prefix = told["Bucket"].rpartition(":")[2], told.get("Prefix", "").strip("/")
    home = f"{prefix}/job-{job.id}" if prefix else f"job-{job.id}"
    source = job.wish["ManifestGenerator"]["S3JobManifestGenerator"]["SourceBucket"].rpartition(":")[2]
    kinds = {"failed": [line for line in job.lines if line.code]}
    if told["ReportScope"] == "AllTasks":
        kinds = {"succeeded": [line for line in job.lines if not line.code], **kinds}
    results = []
    for kind, lines in kinds.items():
        if not lines:
            continue
        body = _table(source, kind, lines)
        key = f"{home}/results/{hashlib.sha1(body, usedforsecurity=False).hexdigest()}.csv"
        checksum = hashlib.md5(body, usedforsecurity=False).hexdigest()
        results.append({"TaskExecutionStatus": kind, "Bucket": bucket, "MD5Checksum": checksum, "Key": key})
        yield f"/{bucket}/{quote(key)}", body
    whole = {
        "Format": told["Format"], "ReportCreationDate": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
        "Results": results, "ReportSchema": SCHEMA,
    }  # fmt: skip
    yield f"/{bucket}/{quote(home)}/manifest.json", json.dumps(whole).encode()


def _table(bucket: str, kind: str, lines: Iterable[Line]) -> bytes:
    """Keys are percent-encoded, as in manifests."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    for line in lines:
        words = f"{line.message} (Service: Amazon S3; Status Code: {line.status}; Error Code: {line.code})"
        writer.writerow([
            bucket, quote(line.key), line.version, kind, line.status, line.code, words if line.code else line.message,
        ])  # fmt: skip
    return table.getvalue().encode()
