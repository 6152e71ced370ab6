"""How the objects of a bucket get other data keys: every one of them is written again, for nothing less does it.

The other ways are shown for what they are. UpdateObjectEncryption wraps the data key anew and moves no data; default
encryption and Bucket Keys are for what is written from then on (S3 guide, *Using server-side encryption with KMS*).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.datakeys.routes import Effect, Route
from console.datakeys.s3.steps import STEPS
from console.datakeys.s3.work import holding, measured, work

if TYPE_CHECKING:
    from console.aws.session import Account
    from console.datakeys.estimates import Basis, Size, Work
    from console.datakeys.holders import Holding
    from console.datakeys.routes import Subject
    from console.workflow.model import Known, Step

NEEDS = (
    "s3:ListBucket", "s3:GetBucketVersioning", "s3:GetBucketOwnershipControls", "s3:GetEncryptionConfiguration",
    "s3:GetBucketObjectLockConfiguration",
    "s3:PutEncryptionConfiguration", "s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging",
    "s3:GetObjectVersionTagging", "s3:GetObjectAcl", "s3:GetObjectVersionAcl", "s3:GetObjectRetention",
    "s3:GetObjectLegalHold", "s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAcl", "s3:PutObjectRetention",
    "s3:PutObjectLegalHold", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload", "s3:ListBucketVersions",
    "s3:DeleteObjectVersion",
    "kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey",
)  # fmt: skip

HANDING = (
    "s3:CreateJob", "s3:DescribeJob", "s3:ListJobs", "s3:UpdateJobStatus", "s3:PutJobTagging", "iam:PassRole",
)  # fmt: skip
"""What S3 Batch Operations takes besides."""


class S3Rotation:
    """Buckets."""

    def routes(self, subject: Subject) -> tuple[Route, ...]:
        values = {"cmk": subject.cmk, "intended": subject.intended}
        refused = "" if subject.intended else "route.s3.no_cmk"
        return (
            Route("s3", "rewrite", Effect.NEW_DK, refused, values, NEEDS),
            Route("s3", "rewrite_versions", Effect.NEW_DK, refused, values, NEEDS),
            Route("s3", "batch", Effect.NEW_DK, refused, values, (*NEEDS, *HANDING)),
            Route("s3", "update_encryption", Effect.REWRAP, "route.unchanged", values),
            Route("s3", "bucket_default", Effect.UNCHANGED, "route.unchanged", values),
            Route("s3", "bucket_key", Effect.UNCHANGED, "route.unchanged", values),
        )

    def facts(self, subject: Subject, route: Route) -> dict[str, Any]:  # noqa: ARG002 - the same for every route
        return {}

    def steps(self, known: Known) -> tuple[Step, ...]:
        return STEPS[known.facts["route"]]

    def work(self, subject: Subject, route: Route, size: Size | None, basis: Basis) -> Work:
        return work(subject, route.name, size, basis)

    def holding(self, account: Account, subject: Subject, size: Size | None) -> Holding:  # noqa: ARG002 - counted already
        return holding(subject, size)

    def measured(self, account: Account, subject: Subject) -> Size:
        return measured(account, subject)
