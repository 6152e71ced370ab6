"""A branch of the estate as the body of a letter: one JSON array a line, each a word and a record."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

from console.errors import Refused
from console.services.exchange.plain import WrongShape, plain, record
from console.services.findings.rules import SEVERITIES
from console.text import Text
from store.faults import Severity
from store.harvest import AccountFacts, CmkFacts, DataKeyFacts, Placement
from store.published import Extract, FindingTold, SightingTold, SliceRead, VerdictTold
from store.records import Gap
from store.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE = 8 * 2**20
"""Bytes of the longest line: a CMK with its HBKs takes a few thousand."""

PARTS: dict[str, tuple[str, type[Any]]] = {
    "account": ("accounts", AccountFacts),
    "declared": ("declared", Placement),
    "cmk": ("cmks", CmkFacts),
    "data_key": ("data_keys", DataKeyFacts),
    "sighting": ("sightings", SightingTold),
    "finding": ("findings", FindingTold),
    "slice": ("slices", SliceRead),
    "gap": ("gaps", Gap),
    "verdict": ("verdicts", VerdictTold),
}
"""The word of a line, the field of the extract that it goes to, and its record."""

_WORD = re.compile(r"[\w.-]{1,60}", re.ASCII)


def packed(extract: Extract) -> bytes:
    """The body. The same extract always makes the same bytes."""
    return b"".join(_lines(extract))


def _lines(extract: Extract) -> Iterator[bytes]:
    yield _line("estate", {"tenant": extract.tenant})
    for word, (field, _) in PARTS.items():
        for each in getattr(extract, field):
            yield _line(word, plain(each))


def _line(word: str, value: dict[str, Any]) -> bytes:
    return json.dumps([word, value], sort_keys=True, separators=(",", ":")).encode() + b"\n"


def unpacked(body: bytes, tenant: str) -> Extract:
    """The extract that a body spells, every value of the type and size that it must have.

    Raises:
        Refused: any of it is not, or it is another tenant's.
    """
    lines = _read(body)
    if next(lines, None) != ("estate", {"tenant": tenant}):
        raise Refused("exchange.malformed", detail="estate")
    found: dict[str, list[Any]] = {field: [] for field, _ in PARTS.values()}
    for word, value in lines:
        if word not in PARTS:
            raise Refused("exchange.malformed", detail=word[:60])
        field, kind = PARTS[word]
        try:
            found[field].append(_checked(record(kind, value)))
        except WrongShape as error:
            raise Refused("exchange.malformed", detail=f"{word}: {error}") from error
    return Extract(tenant, **{field: tuple(values) for field, values in found.items()})


def _read(body: bytes) -> Iterator[tuple[str, Any]]:
    stream = io.BytesIO(body)
    while line := stream.readline(LINE):
        try:
            told: Any = json.loads(line)
            word, value = told
        except (ValueError, TypeError, RecursionError) as error:
            raise Refused("exchange.malformed", detail="JSON") from error
        if type(word) is not str:
            raise Refused("exchange.malformed", detail="JSON")
        yield word, value


_PARTS = ("", ".why", ".todo", ".who")
_GIVEN = dict.fromkeys(("expected", "found", "others", "alias", "name"), "")
"""What every finding's sentences are filled with besides its own values."""


def _tellable(told: FindingTold) -> bool:
    """Whether this console's words for the rule find all that they are to be filled with."""
    text, values = Text("nl"), dict(told.values)
    if values.get("tried", Verdict.UNKNOWN) not in list(Verdict):
        return False
    if not all(name.isidentifier() and name not in {"key", "self"} for name in values):
        return False
    values |= _GIVEN | ({"places": len(told.others)} if told.others else {})
    try:
        return all(text.t(f"finding.{told.rule}{part}", **values) for part in _PARTS)
    except (KeyError, IndexError, ValueError):
        return False


def _reasoned(told: VerdictTold) -> bool:
    """Whether this console's words for the reason find the numbers that they are to be filled with."""
    # Without any value a sentence would stand unfilled.
    values: dict[str, Any] = {"run": 0} | {name: value for name, value in told.facts if isinstance(value, int)}
    try:
        return told.reason.startswith("verdict.") and bool(Text("nl").t(told.reason, **values))
    except (KeyError, IndexError, ValueError, TypeError):
        return False


def _checked(told: Any) -> Any:
    """What becomes part of a text key must be a word, and a rule one that this console can tell."""
    match told:
        case FindingTold():
            fits = told.rule in SEVERITIES and told.severity in list(Severity) and _tellable(told)
        case VerdictTold():
            fits = all(map(_WORD.fullmatch, (told.kind, told.route, told.reason))) and _reasoned(told)
        case CmkFacts():
            fits = told.policy is None
        case SliceRead(what=word):
            fits = bool(_WORD.fullmatch(word))
        case Gap():
            fits = bool(_WORD.fullmatch(told.part.what)) and told.message == ""
        case DataKeyFacts() | SightingTold():
            fits = bool(_WORD.fullmatch(told.kind))
        case _:
            fits = True
    reason = told.placement.reason if isinstance(told, (CmkFacts, DataKeyFacts)) else ""
    if not fits or not (reason == "" or _WORD.fullmatch(reason)):
        raise WrongShape("word")
    return told
