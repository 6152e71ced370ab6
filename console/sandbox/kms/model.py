"""Judges requests by botocore's own model of KMS, compiled once into closures: required, type, size, pattern, enum."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader

from console.sandbox.errors import AwsError

# (value, path, problems) -> the value without unknown members; problems are noted, not raised.
Check = Callable[[Any, str, list[str]], Any]

_JAVA = {str: "STRING_VALUE", bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}
_SAYS = {"string": "String", "integer": "Integer", "boolean": "Boolean", "long": "Long", "blob": "ByteBuffer"}
_PYTHON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "blob": (bytes, bytearray, memoryview),
    "timestamp": (datetime, int, float),
    "list": (list, tuple),
    "map": (dict,),
    "structure": (dict,),
}


@cache
def service() -> dict[str, Any]:
    """The service-2 model of KMS that comes with botocore."""
    model: dict[str, Any] = Loader().load_service_model("kms", "service-2")
    return model


@cache
def input_shape(operation: str) -> str:
    return str(service()["operations"][operation]["input"]["shape"])


@cache
def members(shape: str) -> dict[str, str]:
    """Member name to shape name."""
    return {name: member["shape"] for name, member in service()["shapes"][shape]["members"].items()}


def checked(operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """The params that the model knows, nulls dropped.

    Raises:
        AwsError: ValidationException that names every constraint broken, SerializationException for a wrong type.
    """
    problems: list[str] = []
    known: dict[str, Any] = _check(input_shape(operation))(params, "", problems)
    if problems:
        raise AwsError("ValidationException", _told(problems))
    return known


def invalid(value: Any, member: str, constraint: str) -> AwsError:
    """The refusal for one broken constraint that the model does not hold, in the same words."""
    return AwsError("ValidationException", _told([f"Value '{value}' at '{member}' {_FAILED} {constraint}"]))


_FAILED = "failed to satisfy constraint:"


def _told(problems: list[str]) -> str:
    plural = "s" if len(problems) > 1 else ""
    return f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}"


@cache
def _check(name: str) -> Check:
    shape = service()["shapes"][name]
    makers: dict[str, Callable[[dict[str, Any]], Check]] = {
        "structure": _structure,
        "list": _list,
        "map": _map,
        "timestamp": _timestamp,
    }
    return makers.get(shape["type"], _scalar)(shape)


def _structure(shape: dict[str, Any]) -> Check:
    required = tuple(shape.get("required", ()))
    parts = {name: (_camel(name), member["shape"]) for name, member in shape["members"].items()}

    def check(value: Any, path: str, problems: list[str]) -> dict[str, Any]:
        _typed(value, "structure")
        start = f"{path}." if path else ""
        known = {}
        for name, one in value.items():
            part = parts.get(name)
            if part is not None and one is not None:
                known[name] = _check(part[1])(one, start + part[0], problems)
        problems.extend(
            f"Value null at '{start}{_camel(name)}' {_FAILED} Member must not be null"
            for name in required
            if name not in known
        )
        return known

    return check


def _list(shape: dict[str, Any]) -> Check:
    sized = _sizes(shape, "length")
    member = shape["member"]["shape"]

    def check(value: Any, path: str, problems: list[str]) -> list[Any]:
        _typed(value, "list")
        _judge(sized, len(value), value, path, problems)
        return [_check(member)(one, f"{path}.{number}.member", problems) for number, one in enumerate(value, 1)]

    return check


def _map(shape: dict[str, Any]) -> Check:
    value_shape = shape["value"]["shape"]

    def check(value: Any, path: str, problems: list[str]) -> dict[str, Any]:
        _typed(value, "map")
        return {key: _check(value_shape)(one, f"{path}.{key}", problems) for key, one in value.items()}

    return check


def _timestamp(shape: dict[str, Any]) -> Check:  # noqa: ARG001 - the makers' common shape
    def check(value: Any, path: str, problems: list[str]) -> datetime:  # noqa: ARG001 - no constraint to break
        _typed(value, "timestamp")
        return value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)

    return check


def _scalar(shape: dict[str, Any]) -> Check:
    kind = shape["type"]
    whole = kind in {"integer", "long"}
    sized = _sizes(shape, "value" if whole else "length")
    pattern = re.compile(shape["pattern"], re.ASCII) if "pattern" in shape else None
    choices = tuple(shape.get("enum", ()))
    secret = bool(shape.get("sensitive"))
    types = _PYTHON[kind]

    def check(value: Any, path: str, problems: list[str]) -> Any:
        if not isinstance(value, types) or (whole and isinstance(value, bool)):
            _typed(value, kind)
        shown = None if secret else value
        if sized:
            _judge(sized, value if whole else len(value), shown, path, problems)
        if pattern is not None and not pattern.fullmatch(value):
            _note(shown, path, f"Member must satisfy regular expression pattern: {shape['pattern']}", problems)
        if choices and value not in choices:
            _note(shown, path, f"Member must satisfy enum value set: [{', '.join(choices)}]", problems)
        return value

    return check


def _sizes(shape: dict[str, Any], what: str) -> tuple[int | None, int | None, str] | None:
    low, high = shape.get("min"), shape.get("max")
    if what == "value" and low is None and high is None:
        return None
    return None if low is None and high is None else (low, high, what)


def _judge(
    sized: tuple[int | None, int | None, str] | None, size: int, value: Any, path: str, problems: list[str]
) -> None:
    if sized is None:
        return
    low, high, what = sized
    if low is not None and size < low:
        _note(value, path, f"Member must have {what} greater than or equal to {low}", problems)
    if high is not None and size > high:
        _note(value, path, f"Member must have {what} less than or equal to {high}", problems)


def _note(value: Any, path: str, constraint: str, problems: list[str]) -> None:
    shown = "" if value is None else f" '{_java(value)}'"
    problems.append(f"Value{shown} at '{path}' {_FAILED} {constraint}")


def _java(value: Any) -> str:
    """Lists and bytes as the AWS front end prints them."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(str(one) for one in value)}]"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)


def _typed(value: Any, kind: str) -> None:
    allowed = _PYTHON[kind]
    if isinstance(value, allowed) and not (kind in {"integer", "long"} and isinstance(value, bool)):
        return
    if kind in {"list", "map", "structure"}:
        raise AwsError("SerializationException", "Unexpected field type" if value is not None else "Unexpected null")
    found = _JAVA.get(type(value), "START_OBJECT")
    raise AwsError("SerializationException", f"{found} can not be converted to {_SAYS.get(kind, 'Date')}")


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]
