"""S3 Control on the wire, REST-XML: read, judged by botocore's own model, and told again."""

from __future__ import annotations

import re
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from botocore.utils import parse_timestamp
from botocore.validate import ParamValidator

from console.sandbox.errors import AwsError
from console.sandbox.message import Response

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from console.sandbox.message import Request

XML_HEADERS = {"Content-Type": "application/xml"}


def decode(operation: str, request: Request) -> dict[str, Any]:
    """The parameters of a request.

    Raises:
        AwsError: MalformedXML; InvalidRequest for what the model does not allow, also what botocore lets pass.
    """
    from moto.core.parse import RestXMLParser, XMLParseError
    from werkzeug.datastructures import MultiDict

    model = _operation(operation)
    told = {
        "method": request.method, "url_path": request.path, "headers": request.headers, "body": request.body,
        "values": MultiDict(parse_qsl(request.query, keep_blank_values=True)),
        "url_params": {"id": request.path.split("/")[3]} if request.path.count("/") > 2 else {},
    }  # fmt: skip
    try:
        asked: dict[str, Any] = RestXMLParser(model, timestamp_parser=_moment).parse(told)
    except (XMLParseError, ValueError) as error:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed.") from error
    broken = ParamValidator().validate(asked, model.input_shape)
    problems = [broken.generate_report()] if broken.has_errors() else list(_beyond(model.input_shape, asked, operation))
    if problems:
        raise AwsError("InvalidRequest", "; ".join(problems))
    return asked


def encode(operation: str, answer: dict[str, Any]) -> Response:
    from moto.core.serialize import RestXMLSerializer

    told = RestXMLSerializer(_operation(operation)).serialize(answer)
    return Response(told["status_code"], told["body"].encode(), dict(XML_HEADERS))


def _moment(text: str) -> datetime:
    return parse_timestamp(text).astimezone(UTC)


@cache
def _operation(name: str) -> Any:
    from moto.core.utils import get_service_model

    return get_service_model("s3control").operation_model(name)


def _beyond(shape: Any, value: Any, path: str) -> Iterator[str]:
    """What is longer than the model allows, none of its words, or written otherwise: botocore looks at none of it."""
    if shape.type_name == "structure":
        for name, one in value.items():
            yield from _beyond(shape.members[name], one, f"{path}.{name}")
    elif shape.type_name == "list":
        yield from _length(shape, value, path)
        for one in value:
            yield from _beyond(shape.member, one, path)
    elif shape.type_name == "string":
        yield from _length(shape, value, path)
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value} is none of {', '.join(shape.enum)}"
        pattern = shape.metadata.get("pattern", "")
        if pattern and "\\p{" not in pattern and not re.fullmatch(pattern, value):
            yield f"{path}: {value} does not satisfy {pattern}"


def _length(shape: Any, value: Any, path: str) -> Iterator[str]:
    if len(value) > shape.metadata.get("max", len(value)):
        yield f"{path}: length {len(value)}, at most {shape.metadata['max']}"
