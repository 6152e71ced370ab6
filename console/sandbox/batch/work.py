"""A job at work: its role assumed, its manifest made, one copy after another, and the report of what came of each."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree as ET

from console.sandbox import sts
from console.sandbox.batch import manifest, report
from console.sandbox.batch.job import Line, Status
from console.sandbox.errors import AwsError
from console.sandbox.message import Request
from console.sandbox.objects import BUCKET_KEY, COPY_SOURCE, KEY_ID, REDIRECT, SSE

if TYPE_CHECKING:
    from console.sandbox.accounts import Session
    from console.sandbox.batch.job import Job
    from console.sandbox.message import Response
    from console.sandbox.world import World

SERVICE = "batchoperations.s3.amazonaws.com"
HOUR = 3600
SPARE = timedelta(minutes=1)
ATTEMPTED, MOST = 1000, 0.5
"""After so many tasks a job fails when more than this part of them did; the desk can lower the number for tests."""

NEXT = {Status.NEW: Status.PREPARING, Status.READY: Status.ACTIVE}
ENDS = {Status.COMPLETING: Status.COMPLETE, Status.FAILING: Status.FAILED, Status.CANCELLING: Status.CANCELLED}
LIKE = {
    "MetadataDirective": "x-amz-metadata-directive", "StorageClass": "x-amz-storage-class", "SSEAwsKmsKeyId": KEY_ID,
    "ChecksumAlgorithm": "x-amz-checksum-algorithm", "CannedAccessControlList": "x-amz-acl",
    "RedirectLocation": REDIRECT,
}  # fmt: skip
SINCE = {
    "ModifiedSinceConstraint": f"{COPY_SOURCE}-if-modified-since",
    "UnModifiedSinceConstraint": f"{COPY_SOURCE}-if-unmodified-since",
}


class Work:
    """Turns of all jobs of a world. A job stands `seconds` of the sandbox's time in every state that passes by itself,
    and makes `tasks` copies in a turn: with 0 of them it stands still.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.pace()

    def pace(self, seconds: float = 0.0, tasks: int = 20, attempted: int = ATTEMPTED) -> None:
        self.seconds, self.tasks, self.attempted = seconds, tasks, attempted

    def turn(self) -> bool:
        """Each job that moves gets on a little; whether one has."""
        moving = self._world.jobs.moving
        before = [(job.status, len(job.lines)) for job in moving]
        for job in moving:
            self._turn(job)
        return before != [(job.status, len(job.lines)) for job in moving]

    def _turn(self, job: Job) -> None:
        now = self._world.clock.now()
        if job.status is Status.ACTIVE:
            return self._copies(job)
        if now - job.since < timedelta(seconds=self.seconds):
            return None
        if job.status in NEXT:
            return job.become(NEXT[job.status], now)
        return self._prepare(job) if job.status is Status.PREPARING else self._end(job)

    def _prepare(self, job: Job) -> None:
        now = self._world.clock.now()
        try:
            job.tasks = manifest.made(self._session(job).caller, job.wish)
        except AwsError as error:
            return job.fail(error.code, error.message, now)
        return job.become(Status.SUSPENDED if job.wish.get("ConfirmationRequired") else Status.READY, now)

    def _copies(self, job: Job) -> None:
        assert job.tasks is not None  # noqa: S101 - made before a job becomes active
        done = len(job.lines)
        for key, version in job.tasks[done : done + self.tasks]:
            job.lines.append(self._copied(job, key, version))
        if len(job.lines) >= self.attempted and job.failed > MOST * len(job.lines):
            job.fail("TaskFailureThresholdExceeded", "Too many tasks failed.", self._world.clock.now())
        elif len(job.lines) == len(job.tasks):
            job.become(Status.COMPLETING, self._world.clock.now())

    def _end(self, job: Job) -> None:
        """Its report is written, where a task was run at all; one that cannot be written fails the job."""
        if job.wish["Report"]["Enabled"] and job.lines:
            for path, body in report.files(job, self._world.clock.now()):
                done = self._ask(job, "PUT", path, {SSE: "AES256"}, body)
                if done.status != 200:
                    reason = f"Writing the report is forbidden: {_refused(done)[0]}"
                    job.reasons.append({"FailureCode": _refused(done)[0], "FailureReason": reason})
                    return job.become(Status.FAILED, self._world.clock.now())
        return job.become(ENDS[job.status], self._world.clock.now())

    def _copied(self, job: Job, key: str, version: str) -> Line:
        wish = job.wish["Operation"]["S3PutObjectCopy"]
        source = job.wish["ManifestGenerator"]["S3JobManifestGenerator"]["SourceBucket"].rpartition(":")[2]
        told = {header: str(wish[name]) for name, header in LIKE.items() if name in wish}
        told |= {header: format_datetime(wish[name], usegmt=True) for name, header in SINCE.items() if name in wish}
        told |= {SSE: "aws:kms"} if "SSEAwsKmsKeyId" in wish else {}
        told |= {BUCKET_KEY: str(wish["BucketKeyEnabled"]).lower()} if "BucketKeyEnabled" in wish else {}
        told[COPY_SOURCE] = f"{source}/{quote(key)}" + (f"?versionId={version}" if version else "")
        target = wish["TargetResource"].rpartition(":")[2]
        try:
            done = self._ask(job, "PUT", f"/{target}/{quote(key)}", told)
        except AwsError as error:  # the role is gone
            return Line(key, version, error.status, error.code, error.message)
        code, message = ("", "Successful") if done.status == 200 else _refused(done)
        return Line(key, version, done.status, code, message)

    def _ask(self, job: Job, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Response:
        """A request of the job's role, which goes the way of everybody's."""
        session = self._session(job)
        signed = {
            "authorization": f"AWS4-HMAC-SHA256 Credential={session.access_key}/20260101/{job.region}/s3/aws4_request",
            "x-amz-security-token": session.token, "content-length": str(len(body)),
        }  # fmt: skip
        return self._world.answer(Request(method, path, "", {**headers, **signed}, body))

    def _session(self, job: Job) -> Session:
        """As the job's role, asked for anew when it is over.

        Raises:
            AwsError: AccessDenied, where the role is not there or does not trust the service.
        """
        role = sts.serving(job.wish["RoleArn"], SERVICE)
        if role is None:
            raise AwsError("AccessDenied", f"{SERVICE} cannot assume {job.wish['RoleArn']}", 403)
        if job.session is None or job.session.expires < self._world.clock.now() + SPARE:
            job.session = self._world.accounts.assume(job.wish["RoleArn"], role.id, f"s3-batch-{job.id}", HOUR)
        return job.session


def _refused(done: Response) -> tuple[str, str]:
    told = ET.fromstring(done.body)  # noqa: S314 - the sandbox's own words
    return told.findtext("Code", "InternalError"), told.findtext("Message", "")
