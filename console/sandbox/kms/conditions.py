"""The conditions of a key policy: operators over the facts of one request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Their last part is a name of the request's own, in which case counts.
_CASED = ("kms:encryptioncontext:", "aws:resourcetag/", "aws:requesttag/")


@lru_cache(4096)
def pattern(text: str, *, fold: bool = False) -> re.Pattern[str]:
    """IAM's wildcards: `*` for any text, `?` for one character."""
    parts = (".*" if one == "*" else "." if one == "?" else re.escape(one) for one in text)
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if fold else 0))


def _like(given: str, wanted: str) -> bool:
    return pattern(wanted).fullmatch(given) is not None


def _number(given: str, wanted: str, compare: Callable[[float, float], bool]) -> bool:
    try:
        return compare(float(given), float(wanted))
    except ValueError:
        return False


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda given, wanted: given == wanted,
    "StringEqualsIgnoreCase": lambda given, wanted: given.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda given, wanted: given.lower() == wanted.lower(),
    "NumericEquals": lambda given, wanted: _number(given, wanted, lambda a, b: a == b),
    "NumericLessThan": lambda given, wanted: _number(given, wanted, lambda a, b: a < b),
    "NumericLessThanEquals": lambda given, wanted: _number(given, wanted, lambda a, b: a <= b),
    "NumericGreaterThan": lambda given, wanted: _number(given, wanted, lambda a, b: a > b),
    "NumericGreaterThanEquals": lambda given, wanted: _number(given, wanted, lambda a, b: a >= b),
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key. A missing key fails it, unless it is negated, IfExists or ForAllValues."""

    operator: str
    quantifier: str
    lenient: bool
    key: str
    values: tuple[str, ...]

    def holds(self, facts: Mapping[str, tuple[str, ...]]) -> bool:
        given = facts.get(self.key, ())
        if self.operator == "Null":
            return (not given) == (self.values[:1] == ("true",))
        negated = self.operator in NEGATED
        if not given:
            return negated or self.lenient or self.quantifier == "ForAllValues"
        test = OPERATORS[NEGATED.get(self.operator, self.operator)]
        met = [any(test(one, wanted) for wanted in self.values) != negated for one in given]
        return any(met) if self.quantifier == "ForAnyValue" else all(met)


def folded(key: str) -> str:
    """The name of a condition key as facts have it: lower case, but for a part that the request chose."""
    low = key.lower()
    for start in _CASED:
        if low.startswith(start):
            return start + key[len(start) :]
    return low


def parsed(block: Any) -> tuple[Condition, ...]:
    """A statement's Condition block.

    Raises:
        TypeError: not of the shape {operator: {key: value or list of values}}.
        ValueError: an unknown operator.
    """
    if not isinstance(block, dict):
        raise TypeError("condition")
    return tuple(_condition(operator, key, values) for operator, keys in block.items() for key, values in _pairs(keys))


def _pairs(keys: Any) -> list[tuple[str, Any]]:
    if not isinstance(keys, dict):
        raise TypeError("condition")
    return list(keys.items())


def _condition(operator: str, key: str, values: Any) -> Condition:
    quantifier, _, name = operator.rpartition(":")
    lenient = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if quantifier not in {"", "ForAllValues", "ForAnyValue"}:
        raise ValueError(operator)
    if name != "Null" and name not in OPERATORS and name not in NEGATED:
        raise ValueError(operator)
    listed = values if isinstance(values, list) else [values]
    texts = tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in listed)
    return Condition(name, quantifier, lenient, folded(key), texts)
