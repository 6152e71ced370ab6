"""Encryption contexts as the resources they stand for; pure. The keys are those that AWS documents per service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from store.records import Granularity
from store.traces import Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST = 2048
"""Characters of an ARN; whatever is longer names nothing in AWS."""

VALIDATION = "RequestToValidateKeyAccess"
"""The SecretVersionId with which Secrets Manager tries whether a CMK is usable; no secret is behind it."""

_EBS = re.compile(r"(vol|snap)-[0-9a-f]{8,17}")
_ACCOUNT = re.compile(r"\d{12}")
_BUCKET = re.compile(r"arn:[a-z0-9-]+:s3:::([^/*?\s]+)")

_ARN = re.compile(r"arn:[a-z0-9-]+:([a-z0-9-]+):[a-z0-9-]*:(\d{12}|):(\S+)")
_PAIRS = 8
"""Pairs of a context that are looked at: as many as a grant may name."""

_BY_ARN = {
    ("ec2", "volume"): ("ebs", Granularity.VOLUME, True),
    ("ec2", "snapshot"): ("ebs", Granularity.SNAPSHOT, True),
    ("elasticfilesystem", "file-system"): ("efs", Granularity.FILESYSTEM, True),
    ("dynamodb", "table"): ("dynamodb", Granularity.TABLE, False),
    ("redshift", "cluster"): ("redshift", Granularity.DATABASE, False),
    ("es", "domain"): ("opensearch", Granularity.RESOURCE, False),
    ("secretsmanager", "secret"): ("secret", Granularity.SECRET, False),
}
"""Service and kind in an ARN: our kind, and whether the bare id is what a scan and a context call it by."""

Context = "Mapping[str, Any]"


def resource_of(context: Mapping[str, Any], region: str, account: str = "") -> Resource | None:
    """The resource that this context names, None when it names none that we know.

    `account` is that of the caller: some services name a resource in its own account only (a backup vault).
    Of a context with several keys the one that the tenant can see goes first: RDS' own volumes are nobody's, and a
    recovery point is its vault's.
    """
    for key, read in _READERS:
        value = context.get(key)
        if isinstance(value, str) and value and len(value) <= LONGEST:
            found = read(value, context, region, account)
            if found is not None:
                return found
    # AWS documents no key for OpenSearch: whatever it is called, a domain's own ARN stands behind it.
    domains = (resource_at(value) for value in list(context.values())[:_PAIRS] if isinstance(value, str))
    return next((found for found in domains if found is not None and found.kind == "opensearch"), None)


def resource_at(arn: str) -> Resource | None:
    """The resource of this ARN, spelled as a context would; None for what holds no data key that we know by its ARN.

    RDS is not among them: its contexts name a database by an id that no ARN holds.
    """
    match = _ARN.fullmatch(arn) if len(arn) <= LONGEST else None
    if match is None:
        return None
    service, account, rest = match.groups()
    kind, _, name = rest.replace(":", "/", 1).partition("/")
    read = _BY_ARN.get((service, kind))
    if read is None or not name or "*" in name:
        return None
    told, granularity, bare = read
    return Resource(told, granularity, name if bare else arn, account, arn, "" if bare else name)


def is_validation(context: Mapping[str, Any]) -> bool:
    """Whether this use only tried the CMK."""
    return context.get("SecretVersionId") == VALIDATION


def account_in(arn: str) -> str:
    """The account that an ARN names; '' for one that names none, or for no ARN."""
    part = f"{arn}:::::".split(":", 5)[4]
    return part if _ACCOUNT.fullmatch(part) else ""


def _ebs(value: str, *_: Any) -> Resource | None:
    match = _EBS.fullmatch(value)
    if match is None:
        return None
    return Resource("ebs", Granularity.VOLUME if match[1] == "vol" else Granularity.SNAPSHOT, value)


def _s3(value: str, *_: Any) -> Resource | None:
    """A bucket, whether the bucket's or an object's ARN stands there. The account is the caller's, not the owner's."""
    match = _BUCKET.match(value)
    if match is None:
        return None
    return Resource("s3", Granularity.BUCKET, match[1], arn=match[0], name=match[1])


def _rds(value: str, *_: Any) -> Resource | None:
    return Resource("rds", Granularity.DATABASE, value)


def _aurora(value: str, *_: Any) -> Resource | None:
    return Resource("aurora", Granularity.DATABASE, value)


def _efs(value: str, *_: Any) -> Resource | None:
    return Resource("efs", Granularity.FILESYSTEM, value)


def _dynamodb(value: str, context: Mapping[str, Any], region: str, account: str) -> Resource | None:
    told = context.get("aws:dynamodb:subscriberId")
    owner = told if isinstance(told, str) and _ACCOUNT.fullmatch(told) else account
    arn = _arn("dynamodb", region, owner, f"table/{value}")
    return Resource("dynamodb", Granularity.TABLE, arn, owner, arn, value)


def _vault(value: str, _: Mapping[str, Any], region: str, account: str) -> Resource | None:
    arn = value if value.startswith("arn:") else _arn("backup", region, account, f"backup-vault:{value}")
    return Resource("backup", Granularity.RESOURCE, arn, account_in(arn), arn, arn.rpartition(":")[2])


def _named(kind: str, granularity: Granularity) -> Callable[..., Resource | None]:
    """For services whose context holds the resource's own ARN."""

    def read(value: str, *_: Any) -> Resource | None:
        if not value.startswith("arn:") or not value.rpartition(":")[2]:
            return None
        last = value.rpartition(":")[2]
        return Resource(kind, granularity, value, account_in(value), value, last.rpartition("/")[2] or last)

    return read


def _arn(service: str, region: str, account: str, rest: str) -> str:
    return f"arn:{partition(region)}:{service}:{region}:{account}:{rest}"


def partition(region: str) -> str:
    """The partition of a Region."""
    return {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}.get(region[: 7 if region.startswith("us-gov-") else 3], "aws")


_READERS: tuple[tuple[str, Callable[..., Resource | None]], ...] = (
    ("aws:rds:dbc-id", _aurora),
    ("aws:rds:db-id", _rds),
    ("aws:ebs:id", _ebs),
    ("aws:s3:arn", _s3),
    ("SecretARN", _named("secret", Granularity.SECRET)),
    ("aws:dynamodb:tableName", _dynamodb),
    ("aws:elasticfilesystem:filesystem:id", _efs),
    ("aws:redshift:arn", _named("redshift", Granularity.DATABASE)),
    ("aws:sqs:arn", _named("sqs", Granularity.RESOURCE)),
    ("PARAMETER_ARN", _named("parameter", Granularity.RESOURCE)),
    ("aws:logs:arn", _named("logs", Granularity.RESOURCE)),
    ("aws:lambda:FunctionArn", _named("lambda", Granularity.RESOURCE)),
    ("aws:cloudtrail:arn", _named("cloudtrail", Granularity.RESOURCE)),
    ("aws:backup:backup-vault", _vault),
    ("aws:backup:source-resource", _named("backup", Granularity.RESOURCE)),
)
