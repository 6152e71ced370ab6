"""Which operation a request is (`ec2.CreateVolume`, `s3.CopyObject`), read from botocore's own models."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

if TYPE_CHECKING:
    from console.sandbox.message import Request

    # operation, method, path, the query keys and the header names that it must have
    Route = tuple[str, str, re.Pattern[str], set[str], set[str]]

# Signing names that are not the name of botocore's model.
MODELS = {"elasticfilesystem": "efs", "es": "opensearch", "monitoring": "cloudwatch"}
CONTROL = "/v20180820/"  # S3 Control signs as s3
UNKNOWN = "?"


def operation(request: Request) -> str:
    """`service.Operation` by botocore's names; what no model knows is `service.?`."""
    service = request.scope.service if request.scope else "s3"
    service = MODELS.get(service, service)
    if service == "s3" and request.path.startswith(CONTROL):
        service = "s3control"
    if request.target:
        return f"{service}.{request.target.rpartition('.')[2]}"
    action = "" if service == "s3" else request.form().get("Action", "")  # whole objects are no forms
    return f"{service}.{action or _by_path(service, request)}"


def _by_path(service: str, request: Request) -> str:
    """The REST operation whose method, path, query and headers fit, and of several the most exacting."""
    query = set(parse_qs(request.query, keep_blank_values=True))
    found = [
        (len(wanted) + len(headers) + len(path.pattern) / 1000, name)
        for name, method, path, wanted, headers in _routes(service)
        if method == request.method
        and path.fullmatch(request.path)
        and wanted <= query
        and headers <= request.headers.keys()
    ]
    return max(found)[1] if found else UNKNOWN


@cache
def _routes(service: str) -> list[Route]:
    """The routes of a REST service; none of a service that botocore does not know."""
    try:
        model: dict[str, Any] = Loader().load_service_model(service, "service-2")
    except UnknownServiceError:
        return []
    return [_route(model, name, one) for name, one in model["operations"].items()]


def _route(model: dict[str, Any], name: str, one: dict[str, Any]) -> Route:
    uri, _, static = one["http"]["requestUri"].partition("?")
    wanted = {pair.partition("=")[0] for pair in static.split("&") if pair}
    shape = model["shapes"][one["input"]["shape"]] if "input" in one else {}
    must = [shape["members"][member] for member in shape.get("required", ())]
    wanted |= {member["locationName"] for member in must if member.get("location") == "querystring"}
    headers = {member["locationName"].lower() for member in must if member.get("location") == "header"}
    greedy = re.sub(r"\\\{[^}]+\\\+\\\}", ".+", re.escape(uri))
    pattern = re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]+", greedy) + "/?")
    return name, one["http"]["method"], pattern, wanted, headers - {"x-amz-account-id"}
