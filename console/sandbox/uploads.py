"""Multipart uploads under KMS: one data key from the start, opened at every part, copied parts under conditions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.s3.models import get_canned_acl

from console.sandbox import objects
from console.sandbox.buckets import Storage, object_named
from console.sandbox.conditions import check_destination, check_source
from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.sandbox.call import Call
    from console.sandbox.message import Request, Response

RANGE = "x-amz-copy-source-range"


def start(call: Call, request: Request, bucket: Any, key: str, forward: Callable[[Request], Response]) -> Response:
    """CreateMultipartUpload: the object's data key is drawn here."""
    wish = objects.wished(call, request, bucket)
    wrap = objects.draw(call, bucket, key, wish)
    known = set(bucket.multiparts)
    done = forward(wish.laid_on(request))
    for upload in set(bucket.multiparts) - known:
        bucket.multiparts[upload].wish, bucket.multiparts[upload].wrap = wish, wrap
    return done


def part(call: Call, request: Request, bucket: Any, upload: str, forward: Callable[[Request], Response]) -> Response:
    """UploadPart and UploadPartCopy: the upload's own key must open, and a copied source be as it is wanted."""
    _open(call, bucket, upload)
    if objects.COPY_SOURCE in request.headers:
        source = objects.open_source(call, request)
        if source is not None:
            check_source(request, source)
            _judge_size(request, source)
    return forward(request)


def finish(
    call: Call, request: Request, bucket: Any, key: str, upload: str, forward: Callable[[Request], Response]
) -> Response:
    """CompleteMultipartUpload, if the destination is as the caller wants it."""
    multipart = bucket.multiparts.get(upload)
    _open(call, bucket, upload)
    check_destination(request, object_named(bucket, key))
    done = forward(request)
    finished = object_named(bucket, key)
    if done.status == 200 and multipart is not None and finished is not None and upload not in bucket.multiparts:
        objects.keep(finished, multipart.wish, multipart.wrap)
        if finished.acl is None:  # moto gives it none of its own
            finished.set_acl(get_canned_acl("private"))
        finished.bucket_key_enabled = str(multipart.wish.bucket_key).lower() if multipart.wrap else None
    return done


def _open(call: Call, bucket: Any, upload: str) -> None:
    multipart = bucket.multiparts.get(upload)
    if multipart is not None and multipart.wrap is not None:
        objects.unwrap(call, bucket, multipart.wrap, multipart.wish.key)


def _judge_size(request: Request, source: Any) -> None:
    """A copied part lies within its source and under the limit."""
    asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get(RANGE, f"bytes=0-{source.size - 1}"))
    if asked is None or not int(asked[1]) <= int(asked[2]) < source.size:
        raise AwsError("InvalidRange", "The requested range is not valid for the source object.", 416)
    if int(asked[2]) - int(asked[1]) + 1 > Storage.copy_limit:
        raise AwsError("InvalidRequest", objects.TOO_LARGE.format(limit=Storage.copy_limit))
