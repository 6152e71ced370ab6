"""Which operation a request is (`ec2.CreateVolume`, `s3.CopyObject`), read from botocore's own models."""

import re
from functools import cache
from urllib.parse import parse_qs

from botocore.loaders import Loader

# Signing names that are not the name of botocore's model.
MODELS = {"elasticfilesystem": "efs", "es": "opensearch", "monitoring": "cloudwatch"}
CONTROL = "/v20180820/"  # S3 Control signs as s3


def operation(request):
    """`service.Operation` by botocore's names; what no model knows is `service.?`."""
    service = request.scope.service if request.scope else "s3"
    service = MODELS.get(service, service)
    if service == "s3" and request.path.startswith(CONTROL):
        service = "s3control"
    if request.target:
        return f"{service}.{request.target.rpartition('.')[2]}"
    return f"{service}.{request.form().get('Action') or _by_path(service, request)}"


def _by_path(service, request):
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
    return max(found)[1] if found else "?"


@cache
def _routes(service):
    """(operation, method, path pattern, query keys, header names) of a REST service; keys and headers it must have."""
    model = Loader().load_service_model(service, "service-2")
    return [_route(model, name, operation) for name, operation in model["operations"].items()]


def _route(model, name, operation):
    uri, _, static = operation["http"]["requestUri"].partition("?")
    wanted = {pair.partition("=")[0] for pair in static.split("&") if pair}
    shape = model["shapes"][operation["input"]["shape"]] if "input" in operation else {}
    must = [shape["members"][member] for member in shape.get("required", ())]
    wanted |= {member["locationName"] for member in must if member.get("location") == "querystring"}
    headers = {member["locationName"].lower() for member in must if member.get("location") == "header"}
    greedy = re.sub(r"\\\{[^}]+\\\+\\\}", ".+", re.escape(uri))
    pattern = re.compile(re.sub(r"\\\{[^}]+\\\}", "[^/]*", greedy) + "/?")
    return name, operation["http"]["method"], pattern, wanted, headers - {"x-amz-account-id"}
