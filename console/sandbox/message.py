"""Requests and answers without a socket."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from console.sandbox.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/x-amz-json-1.1"
XML = "text/xml"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Scope:
    """What SigV4's credential scope says: access key id, Region, service's signing name."""

    access_key: str
    region: str
    service: str


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `path` and `query` still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def target(self) -> str:
        """X-Amz-Target of the JSON protocols, as `TrentService.DescribeKey`; empty elsewhere."""
        return self.headers.get("x-amz-target", "")

    @property
    def scope(self) -> Scope | None:
        """From the Authorization header or a presigned query; None when unsigned or unreadable."""
        credential = self._credential()
        parts = credential.split("/") if credential else []
        if len(parts) < 5:
            return None
        return Scope("/".join(parts[:-4]), parts[-3], parts[-2])

    def _credential(self) -> str:
        authorization = self.headers.get("authorization", "")
        _, found, rest = authorization.partition("Credential=")
        if found:
            return rest.partition(",")[0].strip()
        return parse_qs(self.query).get("X-Amz-Credential", [""])[0]

    @property
    def token(self) -> str:
        """The session token, or an empty string."""
        return self.headers.get("x-amz-security-token") or parse_qs(self.query).get("X-Amz-Security-Token", [""])[0]

    def document(self) -> dict[str, Any]:
        """The JSON body as a dict.

        Raises:
            AwsError: SerializationException for what is not a JSON object.
        """
        try:
            read = json.loads(self.body or b"{}")
        except ValueError as error:
            raise AwsError("SerializationException", "") from error
        if not isinstance(read, dict):
            raise AwsError("SerializationException", "")
        return read

    def form(self) -> dict[str, str]:
        """Parameters of the query protocols (EC2, STS, IAM …), from body or URL; the first of each name."""
        encoded = self.body.decode("utf-8", "replace") if self.body else self.query
        return {name: values[0] for name, values in parse_qs(encoded, keep_blank_values=True).items()}


@dataclass(slots=True)
class Response:
    """One HTTP answer; Content-Length and the request id are added where it is sent."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_answer(document: object, status: int = 200) -> Response:
    return Response(status, json.dumps(document).encode(), {"Content-Type": JSON})


def xml_answer(document: str, status: int = 200) -> Response:
    return Response(status, document.encode(), {"Content-Type": XML})
