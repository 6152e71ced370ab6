"""Frozen records to plain JSON values and back, strictly: a value of another shape is refused, never guessed."""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = 65_536
"""Characters of the longest text: nothing in an estate comes near."""

ITEMS = 100_000
LEAST, MOST = -(2**32), 2**40
"""Whole numbers are counts, days and moments that a calendar knows."""


class WrongShape(Exception):
    """A value is not what the record's fields say."""


def plain(record: Any) -> dict[str, Any]:
    """A record as a dict without what is at its default."""
    kind: Any = type(record)
    told = ((name, getattr(record, name), default) for name, default in _defaults(kind))
    return {name: _plain(value) for name, value, default in told if value != default}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return plain(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, Enum) else value


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, _default(field)) for field in fields(kind))


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def record(kind: Any, value: Any) -> Any:
    """The record that this dict spells.

    Raises:
        WrongShape: unknown or missing fields, a value of another type, too long or too large.
    """
    return _reader(kind)(value)


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What reads a value of this type."""
    if is_dataclass(kind):
        return _record_reader(kind)
    if get_origin(kind) in {Union, types.UnionType}:
        return partial(_either, tuple(_reader(each) for each in get_args(kind)))
    if get_origin(kind) is tuple:
        return _tuple_reader(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return partial(_enum, kind)
    return _PLAIN[kind]


def _record_reader(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    required = frozenset(name for name, default in _defaults(kind) if default is MISSING)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}
    return partial(_record, kind, readers, required)


def _tuple_reader(parts: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(parts) == 2 and parts[1] is Ellipsis:
        return partial(_many, _reader(parts[0]))
    return partial(_fixed, tuple(_reader(part) for part in parts))


def _record(kind: type[Any], readers: dict[str, Callable[[Any], Any]], required: frozenset[str], value: Any) -> Any:
    if type(value) is not dict or not required <= value.keys() or not value.keys() <= readers.keys():
        raise WrongShape(kind.__name__)
    return kind(**{name: readers[name](each) for name, each in value.items()})


def _either(readers: tuple[Callable[[Any], Any], ...], value: Any) -> Any:
    for read in readers:
        try:
            return read(value)
        except WrongShape:
            continue
    raise WrongShape("union")


def _many(read: Callable[[Any], Any], value: Any) -> Any:
    if type(value) is not list or len(value) > ITEMS:
        raise WrongShape("list")
    return tuple(map(read, value))


def _fixed(readers: tuple[Callable[[Any], Any], ...], value: Any) -> Any:
    if type(value) is not list or len(value) != len(readers):
        raise WrongShape("tuple")
    return tuple(read(each) for read, each in zip(readers, value, strict=True))


def _enum(kind: type[Enum], value: Any) -> Any:
    try:
        return kind(value)
    except ValueError as error:
        raise WrongShape(kind.__name__) from error


def _text(value: Any) -> str:
    if type(value) is not str or len(value) > TEXT or not (value.isascii() or _whole(value)):
        raise WrongShape("text")
    return value


def _whole(text: str) -> bool:
    """Whether it holds no half of a surrogate pair, which no file takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(value: Any) -> int:
    if type(value) is not int or not LEAST <= value <= MOST:
        raise WrongShape("number")
    return value


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise WrongShape("truth")
    return value


def _nothing(value: Any) -> None:
    if value is not None:
        raise WrongShape("null")


_PLAIN: dict[Any, Callable[[Any], Any]] = {str: _text, int: _number, bool: _truth, types.NoneType: _nothing}
