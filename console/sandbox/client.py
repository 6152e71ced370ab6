"""botocore's own clients with the wire taken out: requests go straight into the world, unsigned but named."""

from __future__ import annotations

import io
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore.session
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from console.sandbox.message import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.sandbox.accounts import Account
    from console.sandbox.world import World

NOWHERE = "http://127.0.0.1:9"  # nothing is ever sent there


class Clients:
    """One client per service for all accounts; `account` says whose calls come next."""

    def __init__(self, world: World, region: str) -> None:
        self.world = world
        self.region = region
        self.account: Account | None = None
        self._others: dict[str, Any] = {}

    @cached_property
    def ec2(self) -> Any:
        return self._client("ec2")

    @cached_property
    def s3(self) -> Any:
        return self._client("s3")

    @cached_property
    def iam(self) -> Any:
        return self._client("iam")

    @cached_property
    def organizations(self) -> Any:
        return self._client("organizations")

    def of(self, service: str) -> Any:
        """Any other service's client, by botocore's name."""
        if service not in self._others:
            self._others[service] = self._client(service)
        return self._others[service]

    def kms(self, operation: str, **params: Any) -> dict[str, Any]:
        """A KMS call as the present account's administrator; validated like any other."""
        assert self.account is not None  # noqa: S101 - set before the first call
        return self.world.kms.call(self.account.administrator, self.region, operation, params)

    def _client(self, service: str) -> Any:
        config = Config(signature_version=UNSIGNED, parameter_validation=False, s3={"addressing_style": "path"})
        client = self._session.create_client(service, self.region, endpoint_url=NOWHERE, config=config)
        named = client.meta.service_model.signing_name
        client.meta.events.register("before-send.*.*", partial(self._answer, named))
        return client

    @cached_property
    def _session(self) -> Any:
        session = botocore.session.Session(profile=None)
        session.set_credentials("none", "none")
        return session

    def _answer(self, service: str, request: Any, **_: Any) -> AWSResponse:
        assert self.account is not None  # noqa: S101 - set before the first call
        scope = f"Credential={self.account.access_key}/20260101/{self.region}/{service}/aws4_request"
        url = urlsplit(request.url)
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        headers["authorization"] = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
        done = self.world.answer(Request(request.method, url.path or "/", url.query, headers, _bytes(request.body)))
        told = HTTPHeaders()
        for name, value in done.headers.items():
            told[name] = value
        return AWSResponse(request.url, done.status, told, _Raw(done.body))


class _Raw(io.BytesIO):
    """A body as urllib3 would hand it over."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return bytes(body.read() if hasattr(body, "read") else body or b"")
