"""Who may use a bucket: its own account as far as the bucket policy does not deny it, others as far as it allows.

IAM identities are taken to hold an IAM policy that allows everything; the bucket policy alone decides. Access by ACL
and access points are not looked at, and a caller from another account is not asked for rights on the bucket's key.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from console.sandbox.buckets import bucket_named
from console.sandbox.errors import AwsError
from console.sandbox.kms.policy import Question, Verdict, judge, principal_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from console.sandbox.call import Call
    from console.sandbox.message import Request, Response

_OBJECT = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}
_LISTS = frozenset({
    "list-type", "prefix", "delimiter", "marker", "max-keys", "x-id", "continuation-token", "start-after",
    "fetch-owner", "encoding-type",
})  # fmt: skip
_OWNERS = "s3:Owner"
"""Stands for whatever else can be asked of a bucket: no policy but `s3:*` allows it to another account."""


def answer(call: Call, request: Request, onward: Callable[[Call, Request], Response]) -> Response:
    """One S3 request, judged by the policy of its bucket and then answered as its owner's.

    Raises:
        AwsError: AccessDenied.
    """
    name, _, encoded = request.path.lstrip("/").partition("/")
    bucket = bucket_named(unquote(name))
    if bucket is None:
        return onward(call, request)
    own = bucket.account_id == call.caller.account
    if own and (not bucket.policy or _mends(request, encoded)):
        return onward(call, request)
    verdict = _verdict(call, request, bucket, unquote(encoded))
    if verdict is Verdict.DENY or (verdict is Verdict.SILENT and not own):
        raise AwsError("AccessDenied", "Access Denied", 403)
    return onward(call if own else replace(call, caller=replace(call.caller, account=bucket.account_id)), request)


def _verdict(call: Call, request: Request, bucket: Any, key: str) -> Verdict:
    if not bucket.policy:
        return Verdict.SILENT
    text = bucket.policy.decode() if isinstance(bucket.policy, bytes) else str(bucket.policy)
    query = parse_qs(request.query, keep_blank_values=True)
    arn = f"arn:aws:s3:::{bucket.name}" + (f"/{key}" if key else "")
    facts = _facts(call, request, query)
    return judge(text, Question(call.caller, _action(request, key, query), arn, lambda: facts))


def _action(request: Request, key: str, query: Mapping[str, list[str]]) -> str:
    if key:
        whole = not set(query) - {"x-id", "versionId", "partNumber"}
        return _OBJECT.get(request.method, _OWNERS) if whole else _OWNERS
    listing = request.method in {"GET", "HEAD"} and _LISTS.issuperset(query)
    return "s3:ListBucket" if listing else _OWNERS


def _facts(call: Call, request: Request, query: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    facts: dict[str, tuple[str, ...]] = {
        "aws:securetransport": ("true",),  # loopback stands for TLS
        "aws:principalaccount": (call.caller.account,),
        "aws:principalarn": (principal_arn(call.caller.arn),),
    }
    for name in ("if-none-match", "if-match"):
        if name in request.headers:
            facts[f"s3:{name}"] = (request.headers[name],)
    if "prefix" in query:
        facts["s3:prefix"] = (query["prefix"][0],)
    return facts


def _mends(request: Request, key: str) -> bool:
    """Whether the owner looks at, or repairs, the policy itself."""
    return not key and "policy" in parse_qs(request.query, keep_blank_values=True)
