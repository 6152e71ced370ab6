"""The calls of S3 Control about jobs: make one, look, confirm or cancel, list, label."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from console.sandbox import naming
from console.sandbox.batch import wire
from console.sandbox.batch.job import ENDED, ENDING, KEPT, Job, Status
from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.sandbox.callers import Caller
    from console.sandbox.clock import Clock
    from console.sandbox.entropy import Entropy
    from console.sandbox.message import Request, Response

PATH = f"{naming.CONTROL}jobs"
COPYING = frozenset({
    "TargetResource", "MetadataDirective", "StorageClass", "SSEAwsKmsKeyId", "BucketKeyEnabled", "ChecksumAlgorithm",
    "ModifiedSinceConstraint", "UnModifiedSinceConstraint", "CannedAccessControlList", "RedirectLocation",
})  # fmt: skip
"""Options of a copy that are heeded; a job with another is refused, not run without it."""

PAGE = 1000
ASK = {Status.READY: frozenset({Status.SUSPENDED})}
"""What a job may be asked to become, and when; to be cancelled, always."""


@dataclass(slots=True)
class Jobs:
    """All jobs of all accounts, by id; ended ones are forgotten after a while, as S3 does."""

    clock: Clock
    entropy: Entropy
    by_id: dict[str, Job] = field(default_factory=dict)

    @property
    def moving(self) -> list[Job]:
        """Those that get on by themselves, the most pressing first."""
        return sorted((one for one in self.by_id.values() if one.moves), key=lambda job: -job.wish["Priority"])

    def answer(self, caller: Caller, region: str, request: Request) -> Response:
        """One call.

        Raises:
            AwsError: in S3 Control's words.
        """
        operation = naming.operation(request).partition(".")[2]
        act = CALLS.get(operation)
        if act is None:
            raise AwsError(
                "NotImplemented", "A header you provided implies functionality that is not implemented.", 501
            )
        asked = wire.decode(operation, request)
        if asked.pop("AccountId") != caller.account:
            raise AwsError("AccessDenied", "Access Denied", 403)
        self._forget()
        return wire.encode(operation, act(self, caller.account, region, asked))

    def create(self, account: str, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        for job in self.by_id.values():
            if (job.account, job.region) == (account, region) and _token(job.wish) == _token(asked):
                if job.wish != asked:
                    raise AwsError("IdempotencyException", "A job with this token and other parameters exists.")
                return {"JobId": job.id}
        _possible(account, asked)
        now = self.clock.now()
        made = Job(str(UUID(bytes=self.entropy(16), version=4)), account, region, asked, now, now)
        made.tags = asked.get("Tags", [])
        self.by_id[made.id] = made
        return {"JobId": made.id}

    def describe(self, account: str, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        return {"Job": self._job(account, region, asked).described()}

    def update(self, account: str, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Confirm a job that waits for it, or cancel one that has not ended; what it has copied stays."""
        job, wanted = self._job(account, region, asked), Status(asked["RequestedJobStatus"])
        if job.status in ENDED | ENDING or job.status not in ASK.get(wanted, frozenset(Status)):
            raise AwsError("JobStatusException", f"A job that is {job.status} cannot become {wanted}.")
        job.said = asked.get("StatusUpdateReason", "")
        job.become(Status.CANCELLING if wanted is Status.CANCELLED else wanted, self.clock.now())
        return {"JobId": job.id, "Status": str(job.status), "StatusUpdateReason": job.said}

    def list(self, account: str, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The newest first."""
        here = [job for job in self.by_id.values() if (job.account, job.region) == (account, region)]
        wanted = set(asked.get("JobStatuses") or Status)
        found = [job.listed() for job in reversed(here) if job.status in wanted]
        start, size = asked.get("NextToken", "0"), min(asked.get("MaxResults") or PAGE, PAGE)
        if not start.isdigit():
            raise AwsError("InvalidNextTokenException", "The token is not valid.")
        end = int(start) + size
        return {"Jobs": found[int(start) : end]} | ({"NextToken": str(end)} if end < len(found) else {})

    def tags(self, account: str, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        return {"Tags": self._job(account, region, asked).tags}

    def label(self, account: str, region: str, asked: dict[str, Any]) -> dict[str, Any]:
        self._job(account, region, asked).tags = asked.get("Tags", [])
        return {}

    def _job(self, account: str, region: str, asked: dict[str, Any]) -> Job:
        job = self.by_id.get(asked["JobId"])
        if job is None or (job.account, job.region) != (account, region):
            raise AwsError("NoSuchJob", "No such job", 404)
        return job

    def _forget(self) -> None:
        old = self.clock.now() - KEPT
        self.by_id = {name: job for name, job in self.by_id.items() if job.terminated is None or job.terminated > old}


CALLS: dict[str, Callable[[Jobs, str, str, dict[str, Any]], dict[str, Any]]] = {
    "CreateJob": Jobs.create,
    "DescribeJob": Jobs.describe,
    "UpdateJobStatus": Jobs.update,
    "ListJobs": Jobs.list,
    "GetJobTagging": Jobs.tags,
    "PutJobTagging": Jobs.label,
    "DeleteJobTagging": Jobs.label,
}


def _token(wish: dict[str, Any]) -> str:
    return str(wish["ClientRequestToken"])


def _possible(account: str, asked: dict[str, Any]) -> None:
    """Whether such a job can be run at all, and here.

    Raises:
        AwsError: InvalidRequest; NotImplemented for what S3 does and the sandbox does not.
    """
    report, copying = asked["Report"], asked["Operation"].get("S3PutObjectCopy")
    if ("Manifest" in asked) == ("ManifestGenerator" in asked):
        raise AwsError("InvalidRequest", "Either a Manifest or a ManifestGenerator must be specified.")
    if report["Enabled"] and not {"Bucket", "Format", "ReportScope"} <= report.keys():
        raise AwsError("InvalidRequest", "Bucket, Format and ReportScope are required when the report is enabled.")
    if asked["RoleArn"].split(":")[4] != account:
        raise AwsError("InvalidRequest", "The role must be one of the account that creates the job.")
    if "Manifest" in asked or copying is None or copying.keys() - COPYING or "TargetResource" not in copying:
        raise AwsError("NotImplemented", "The sandbox's jobs copy objects of a generated manifest.", 501)
