"""A person's answers as values: read from what was typed or pasted, checked, and refused in one sentence."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from console.errors import UsageError
from console.workflow.model import Field, Kind, NotKnownYet
from store.run_records import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.workflow.model import Fields, Known
    from store.run_records import Json

LONGEST = 1_000_000
"""Characters of one answer; a pasted page is shorter."""

YES = frozenset({"yes", "y", "true", "1", "ja", "j"})
NO = frozenset({"no", "n", "false", "0", "nee"})


def answers(fields: Fields, given: Mapping[str, Any], known: Known) -> Json:
    """The values of all fields, defaults where nothing was given. The name '' stands for the one pasted field.

    Raises:
        UsageError: an unknown field, one without an answer, or an answer that is not good.
    """
    named = _named(fields, given)
    return {field.name: _answer(field, named.get(field.name), known) for field in fields}


def default_of(field: Field, known: Known) -> Any:
    """What stands in the field beforehand; None: nothing."""
    try:
        return field.default(known) if callable(field.default) else field.default
    except NotKnownYet:
        return None


def choices_of(field: Field, known: Known) -> tuple[str, ...]:
    try:
        return field.choices(known) if callable(field.choices) else field.choices
    except NotKnownYet:
        return ()


def _named(fields: Fields, given: Mapping[str, Any]) -> dict[str, Any]:
    named = dict(given)
    if "" in named:
        pasted = [field.name for field in fields if field.kind is Kind.PASTED] or [f.name for f in fields]
        if len(pasted) != 1:
            raise UsageError("run.which_field", fields=", ".join(f.name for f in fields))
        named[pasted[0]] = named.pop("")
    if unknown := sorted(set(named) - {field.name for field in fields}):
        raise UsageError("run.no_field", field=unknown[0], fields=", ".join(f.name for f in fields) or "–")
    return named


def _answer(field: Field, given: Any, known: Known) -> Any:
    value = default_of(field, known) if given is None else given
    if value is None or value in ("", []):
        if field.required:
            raise UsageError("run.field_missing", field=field.name)
        return [] if field.kind is Kind.MANY else None
    value = _value(field, value, known)
    wrong = field.check(value, known) if field.check is not None else None
    if wrong is None:
        return value
    said = Sentence(wrong, {"value": str(value), "field": field.name}) if isinstance(wrong, str) else wrong
    raise UsageError(said.key, **said.values)


def _value(field: Field, value: Any, known: Known) -> Any:
    if field.kind is Kind.YES_NO:
        return _yes_no(field, value)
    if field.kind is Kind.NUMBER:
        return _number(field, value)
    if field.kind is Kind.MANY:
        parts = value if isinstance(value, list | tuple) else [part.strip() for part in str(value).split(",")]
        return [_chosen(field, str(part), known) for part in parts if part]
    text = str(value)
    if len(text) > LONGEST:
        raise UsageError("run.field_long", field=field.name)
    if field.kind is Kind.PASTED:
        return text
    text = text.strip()
    if field.kind is Kind.DATE:
        return _date(field, text)
    return _chosen(field, text, known) if field.kind is Kind.CHOICE else text


def _chosen(field: Field, text: str, known: Known) -> str:
    choices = choices_of(field, known)
    if choices and text not in choices:
        raise UsageError("run.field_choice", field=field.name, value=text, choices=", ".join(choices))
    return text


def _yes_no(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in YES | NO:
        raise UsageError("run.field_yes_no", field=field.name, value=str(value))
    return word in YES


def _number(field: Field, value: Any) -> int | float:
    try:
        number = float(str(value).strip().replace(",", "."))
    except ValueError as error:
        raise UsageError("run.field_number", field=field.name, value=str(value)) from error
    if not math.isfinite(number):
        raise UsageError("run.field_number", field=field.name, value=str(value))
    return int(number) if number.is_integer() else number


def _date(field: Field, text: str) -> str:
    try:
        return time.strftime("%Y-%m-%d", time.strptime(text, "%Y-%m-%d"))
    except ValueError as error:
        raise UsageError("run.field_date", field=field.name, value=text) from error
