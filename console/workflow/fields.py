"""A person's answers as values: read from what was typed or pasted, checked, and refused in one sentence."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from console.errors import UsageError
from console.workflow.model import CONFIRM, Field, Kind, NotKnownYet
from store.run_records import Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.workflow.model import Fields, Known
    from store.run_records import Json

LONGEST = 1_000_000
"""Characters of one answer; a pasted page is shorter."""

YES = frozenset({"yes", "y", "true", "1", "ja", "j"})
NO = frozenset({"no", "n", "false", "0", "nee"})


def label_of(field: Field, step: str) -> str:
    """The text key of a field's label, within that of its step."""
    return "run.confirm" if field is CONFIRM else f"{step}.{field.name}"


def answers(fields: Fields, given: Mapping[str, Any], known: Known, step: str) -> Json:
    """The values of all fields, defaults where nothing was given. The name '' stands for the one pasted field.

    `step` is the text key of the step that asks: what is wrong is said with the field's label.

    Raises:
        UsageError: an unknown field, one without an answer, or an answer that is not good.
    """
    named = _named(fields, given)
    return {field.name: _answer(field, named.get(field.name), known, label_of(field, step)) for field in fields}


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


def _answer(field: Field, given: Any, known: Known, label: str) -> Any:
    value = default_of(field, known) if given is None else given
    if value is None or value in ("", []):
        if field.required:
            raise UsageError("run.field_missing", field=label)
        return [] if field.kind is Kind.MANY else None
    value = _value(field, value, known, label)
    wrong = field.check(value, known) if field.check is not None else None
    if wrong is None:
        return value
    said = Sentence(wrong, {"value": str(value), "field": label}) if isinstance(wrong, str) else wrong
    raise UsageError(said.key, **said.values)


def _value(field: Field, value: Any, known: Known, label: str) -> Any:
    if field.kind is Kind.YES_NO:
        return _yes_no(value, label)
    if field.kind is Kind.NUMBER:
        return _number(value, label)
    if field.kind is Kind.MANY:
        parts = value if isinstance(value, list | tuple) else [part.strip() for part in str(value).split(",")]
        return [_chosen(field, str(part), known, label) for part in parts if part]
    text = str(value)
    if len(text) > LONGEST:
        raise UsageError("run.field_long", field=label)
    if field.kind is Kind.PASTED:
        return text
    text = text.strip()
    if field.kind is Kind.DATE:
        return _date(text, label)
    return _chosen(field, text, known, label) if field.kind is Kind.CHOICE else text


def _chosen(field: Field, text: str, known: Known, label: str) -> str:
    choices = choices_of(field, known)
    if choices and text not in choices:
        raise UsageError("run.field_choice", field=label, value=text, choices=", ".join(choices))
    return text


def _yes_no(value: Any, label: str) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in YES | NO:
        raise UsageError("run.field_yes_no", field=label, value=str(value))
    return word in YES


def _number(value: Any, label: str) -> int | float:
    try:
        number = float(str(value).strip().replace(",", "."))
    except ValueError as error:
        raise UsageError("run.field_number", field=label, value=str(value)) from error
    if not math.isfinite(number):
        raise UsageError("run.field_number", field=label, value=str(value))
    return int(number) if number.is_integer() else number


def _date(text: str, label: str) -> str:
    try:
        return time.strftime("%Y-%m-%d", time.strptime(text, "%Y-%m-%d"))
    except ValueError as error:
        raise UsageError("run.field_date", field=label, value=text) from error
