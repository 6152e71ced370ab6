"""What a role may do by its own policies: asked of sessions of a role that has inline ones, by action alone.

Resources and conditions of a statement are not looked at; an account's own users are administrators.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from console.sandbox import naming, wording
from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.sandbox.callers import Caller
    from console.sandbox.message import Request

# Operations of S3 whose permission has another name; what is not here is called as its operation is.
S3 = {
    "HeadObject": ("s3:GetObject",),
    "HeadBucket": ("s3:ListBucket",),
    "ListObjects": ("s3:ListBucket",),
    "ListObjectsV2": ("s3:ListBucket",),
    "ListObjectVersions": ("s3:ListBucketVersions",),
    "ListBuckets": ("s3:ListAllMyBuckets",),
    "ListParts": ("s3:ListMultipartUploadParts",),
    "ListMultipartUploads": ("s3:ListBucketMultipartUploads",),
    "CreateMultipartUpload": ("s3:PutObject",),
    "UploadPart": ("s3:PutObject",),
    "CompleteMultipartUpload": ("s3:PutObject",),
    "CopyObject": ("s3:GetObject", "s3:PutObject"),
    "UploadPartCopy": ("s3:GetObject", "s3:PutObject"),
    "DeleteObjects": ("s3:DeleteObject",),
    "GetBucketEncryption": ("s3:GetEncryptionConfiguration",),
    "PutBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "DeleteBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "GetBucketReplication": ("s3:GetReplicationConfiguration",),
    "GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration",),
    "GetObjectLockConfiguration": ("s3:GetBucketObjectLockConfiguration",),
    "GetObjectAttributes": ("s3:GetObject", "s3:GetObjectAttributes"),
}
VERSIONED = ("GetObject", "GetObjectTagging", "GetObjectAcl", "DeleteObject")
PREFIX = {"opensearch": "es", "efs": "elasticfilesystem", "s3control": "s3", "resourcegroupstaggingapi": "tag"}
REFUSALS = {"ec2": ("UnauthorizedOperation", 403), "json": ("AccessDeniedException", 400)}


def judge(caller: Caller, request: Request) -> None:
    """Let pass what the role's inline policies allow, and everything where it has none.

    Raises:
        AwsError: UnauthorizedOperation, AccessDenied or AccessDeniedException, as the service words it.
    """
    policies = _policies(caller)
    for action in _actions(request) if policies else ():
        if not _allowed(policies, action):
            code, status = REFUSALS.get(wording.protocol(request), ("AccessDenied", 403))
            why = f"because no identity-based policy allows the {action} action"
            raise AwsError(code, f"User: {caller.arn} is not authorized to perform: {action} {why}", status)


def allows(caller: Caller, action: str) -> bool:
    """The same of one action, for a service that needs it for what no request of its own asks."""
    policies = _policies(caller)
    return not policies or _allowed(policies, action)


def _policies(caller: Caller) -> list[str]:
    if ":assumed-role/" not in caller.arn:
        return []
    from moto.iam.models import iam_backends

    name = caller.arn.split("/")[1]
    roles: Iterable[Any] = list(iam_backends[caller.account]["aws"].roles.values())
    return next((list(role.policies.values()) for role in roles if role.name == name), [])


def _actions(request: Request) -> tuple[str, ...]:
    service, _, operation = naming.operation(request).partition(".")
    if service == "sts" or operation == naming.UNKNOWN:
        return ()
    if operation == "CreateJob" and service == "s3control":  # who hands a role to a service must be allowed to
        return ("s3:CreateJob", "iam:PassRole")
    if service != "s3":
        return (f"{PREFIX.get(service, service)}:{operation}",)
    named = "versionId" in parse_qs(request.query, keep_blank_values=True)
    if operation in VERSIONED and named:
        return (f"s3:{operation.replace('Object', 'ObjectVersion', 1)}",)
    return S3.get(operation, (f"s3:{operation}",))


def _allowed(policies: Iterable[str], action: str) -> bool:
    effects = {
        statement["Effect"]
        for document in policies
        for statement in _statements(document)
        if any(fnmatchcase(action.lower(), wanted.lower()) for wanted in _listed(statement.get("Action", [])))
        and not (statement["Effect"] == "Deny" and "Condition" in statement)
    }
    return effects == {"Allow"}


@lru_cache(maxsize=64)
def _statements(document: str) -> tuple[dict[str, Any], ...]:
    return tuple(_listed(json.loads(document)["Statement"]))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
