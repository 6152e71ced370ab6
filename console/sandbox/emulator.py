"""Everything but KMS, borrowed from moto: called in process, one request at a time, on the sandbox's clock."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any

from console.sandbox.call import CURRENT, Call
from console.sandbox.errors import AwsError
from console.sandbox.message import FORM, Request, Response

if TYPE_CHECKING:
    from console.sandbox.clock import Clock

# Read by moto at import or at use: no 1.3 s of AMIs, buckets belong to their account, no calls to other hosts.
SETTINGS = {
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS": "false",
    "MOTO_EVENTS_INVOKE_HTTP": "false",
}
GLOBAL = {"budgets", "cloudfront"}  # services whose host has no Region
HOSTS = {
    "execute-api": "iot",
    "eventbridge": "events",
    "iotdata": "data.iot",
    "sagemaker": "api.sagemaker",
    "timestream": "ingest.timestream",
    "mobiletargeting": "pinpoint",
}
_OURS_TO_SET = {"status", "server", "date", "connection", "content-length", "x-amzn-requestid"}


def prepare() -> None:
    """Set what moto reads from the environment; call before moto is imported."""
    os.environ.update(SETTINGS)


@dataclass(slots=True)
class Emulator:
    """moto behind one method. Its state is process-wide, so there is one living emulator per process."""

    clock: Clock
    seed: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        prepare()
        from moto.core.base_backend import BackendDict
        from moto.moto_api._internal import mock_random

        from console.sandbox.corrections import install

        BackendDict.reset()
        mock_random.seed(self.seed)
        install(self.clock)

    def answer(self, call: Call, request: Request) -> Response:
        """One call to one service.

        Raises:
            AwsError: in AWS's own words where a correction refuses; moto's refusals come as a Response.
        """
        from console.sandbox import sharing

        with self._lock:
            mark = CURRENT.set(call)
            try:
                if _service(request) == "s3":
                    return sharing.answer(call, request, _objects)
                return _dispatch(call, request)
            finally:
                CURRENT.reset(mark)

    def snapshots_take(self, seconds: float) -> None:
        """From now on EBS snapshots are pending for so long by the sandbox's clock."""
        from console.sandbox.ebs import Compute

        Compute.snapshot_seconds = seconds

    def sizes_are(self, copy: int = 5 * 1024**3, part: int = 5 * 1024**2) -> None:
        """Bytes that one S3 copy may copy, and the least that a part may have; S3's own unless told otherwise."""
        import moto.s3.models

        from console.sandbox.buckets import Storage

        Storage.copy_limit = copy
        moto.s3.models.S3_UPLOAD_PART_MIN_SIZE = part


def _objects(call: Call, request: Request) -> Response:
    from console.sandbox import objects

    return objects.answer(call, request, partial(_dispatch, call))


def _dispatch(call: Call, request: Request) -> Response:
    from moto.core.exceptions import HTTPException
    from moto.core.request import Request as MotoRequest

    url = f"https://{_host(request, call.region)}{request.path}"
    handler = _handler(url.partition("?")[0], _host(request, call.region))
    if handler is None:
        raise unknown(request)
    headers = {**request.headers, "x-moto-account-id": call.caller.account}
    headers.pop("host", None)
    full = f"{url}?{request.query}" if request.query else url
    borrowed = MotoRequest.from_primitives(request.method, full, headers, request.body)
    try:
        status, names, body = handler(borrowed, borrowed.raw_url, borrowed.headers)
    except HTTPException as refused:
        status, names, body = refused.code, dict(refused.get_headers()), refused.get_body()
    except NotImplementedError as error:
        raise unknown(request) from error
    if int(status) == 404 and not body and _service(request) != "s3":  # moto's silence on a path it does not know
        raise unknown(request)
    return _told(request, status, names, body)


def _told(request: Request, status: int, names: dict[str, Any], body: str | bytes) -> Response:
    headers = {name: str(value) for name, value in names.items() if name.lower() not in _OURS_TO_SET}
    if request.method == "HEAD":
        length = next((value for name, value in names.items() if name.lower() == "content-length"), None)
        headers |= {"Content-Length": str(length)} if length is not None else {}
    return Response(int(status), body.encode() if isinstance(body, str) else body, headers)


def unknown(request: Request) -> AwsError:
    """What AWS says to an operation that is not there, by protocol."""
    if request.target:
        return AwsError("UnknownOperationException", "")
    if _service(request) == "s3":
        message = "A header you provided implies functionality that is not implemented."
        return AwsError("NotImplemented", message, 501)
    if request.headers.get("content-type", "").startswith(FORM):
        action = request.form().get("Action", "")
        return AwsError("InvalidAction", f"The action {action} is not valid for this web service.")
    return AwsError("UnknownOperationException", "", 404)


def _service(request: Request) -> str:
    scope = request.scope
    return scope.service.lower() if scope else "s3"


def _host(request: Request, region: str) -> str:
    """The host by which moto knows the service; the signing name is all that an endpoint_url leaves us."""
    service = _service(request)
    if service == "s3" and request.path.startswith("/v20180820/"):
        return f"{request.headers.get('x-amz-account-id', '')}.s3-control.{region}.amazonaws.com"
    if service == "dynamodb" and request.target.startswith("DynamoDBStreams"):
        service = "streams.dynamodb"
    if service in GLOBAL:
        return f"{service}.amazonaws.com"
    return f"{HOSTS.get(service, service)}.{region}.amazonaws.com"


def _handler(url: str, host: str) -> Any:
    return next((handler for pattern, handler in _handlers(host) if pattern.match(url)), None)


@lru_cache(maxsize=256)
def _handlers(host: str) -> list[tuple[re.Pattern[str], Any]]:
    """URL patterns and handlers of the first of moto's services that knows the host; ours where we correct."""
    import moto.backend_index as index
    from moto.backends import ALT_SERVICE_NAMES

    from console.sandbox.corrections import corrected

    for service, pattern in index.backend_url_patterns:
        if pattern.match(f"https://{host}"):
            name = service.replace("-", "")
            urls = import_module(f"moto.{ALT_SERVICE_NAMES.get(name, name)}.urls")
            return [
                (re.compile(path.format(base)), corrected(handler))
                for base in urls.url_bases
                for path, handler in urls.url_paths.items()
            ]
    return []
