"""KMS on the wire, JSON 1.1: blobs travel as base64, moments as seconds since 1970."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from console.sandbox.errors import AwsError
from console.sandbox.kms import model

if TYPE_CHECKING:
    from collections.abc import Callable


def decode(operation: str, body: bytes) -> dict[str, Any]:
    """The params of a request; an operation that the model does not know keeps plain JSON.

    Raises:
        AwsError: SerializationException for anything but a JSON object, or a blob that is not base64.
    """
    try:
        asked = json.loads(body) if body else {}
    except (ValueError, RecursionError) as error:
        raise AwsError("SerializationException", "Unexpected character or end of input") from error
    if not isinstance(asked, dict):
        raise AwsError("SerializationException", "Start of structure or map found where not expected.")
    if operation in model.service()["operations"]:
        _open(model.input_shape(operation), asked)
    return asked


def encode(operation: str, answer: dict[str, Any]) -> bytes:  # noqa: ARG001 - every operation travels alike
    """An answer; operations without one send an empty body, as AWS does."""
    return json.dumps(answer, default=_plain, separators=(",", ":")).encode() if answer else b""


def encode_error(error: AwsError) -> bytes:
    return json.dumps({"__type": error.code, "message": error.message}).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    return base64.b64encode(value).decode()


def _open(shape: str, asked: dict[str, Any]) -> None:
    for name, how in _parcels(shape).items():
        if asked.get(name) is not None:
            asked[name] = how(asked[name])


@cache
def _parcels(shape: str) -> dict[str, Callable[[Any], Any]]:
    """How to open the members that JSON cannot carry; KMS has none inside lists or maps."""
    found: dict[str, Callable[[Any], Any]] = {}
    for name, member in model.members(shape).items():
        kind = model.service()["shapes"][member]["type"]
        if kind == "blob":
            found[name] = _blob
        elif kind == "timestamp":
            found[name] = _moment
        elif kind == "structure" and _parcels(member):
            found[name] = _opener(member)
    return found


def _opener(shape: str) -> Callable[[Any], Any]:
    def opened(value: Any) -> Any:
        if isinstance(value, dict):
            _open(shape, value)
        return value

    return opened


def _blob(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise AwsError("SerializationException", "Unable to base64 decode value") from error


def _moment(value: Any) -> datetime:
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise AwsError("SerializationException", "Expected timestamp to be a number") from error
