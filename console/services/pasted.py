"""What a pasted text holds: ids, ARNs, aliases, buckets, accounts and names, out of a ticket or a stack trace; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING
from unicodedata import category, normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIMIT = 1_000_000
"""Characters that are read; whoever pastes more has pasted a log, and what it is about stands early in it."""

MOST = 200
"""Different things kept of one text, and different names tried in it."""


class Form(StrEnum):
    """How a piece of text names something; the text catalogues say each as `pasted.form.FORM`."""

    KEY_ARN = "key_arn"
    KEY_ID = "key_id"
    ALIAS_ARN = "alias_arn"
    ALIAS = "alias"
    MATERIAL = "material"
    VOLUME = "volume"
    SNAPSHOT = "snapshot"
    BUCKET = "bucket"
    RESOURCE = "resource"
    ACCOUNT = "account"
    NAME = "name"


VAGUE = frozenset({Form.ACCOUNT, Form.NAME})
"""Forms that count only where nothing better was found: a text about a key names its account as well."""


@dataclass(frozen=True, slots=True)
class Token:
    """One thing that a text names, as it stands there; `account` ('' where the text does not tell) owns it."""

    form: Form
    text: str
    account: str = ""


# ---- making the text plain

_ESCAPES = re.compile(r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b[\]PX^_][^\x07\x1b\x9c]{0,2000}(?:\x07|\x1b\\|\x9c)|\x1b.")
_WRITTEN = re.compile(r"\\{1,8}(?:u00[0-9a-fA-F]{2}|[nrt\"'/])")
_MEANT = {"n": "\n", "r": "\n", "t": " ", '"': '"', "'": "'", "/": "/"}
_PERCENT = re.compile(r"%(3A|2F|20|22|27)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
_ENDS = "\n\r\u2028\u2029\x85"


def plain(text: str) -> str:
    """The first LIMIT characters without terminal escapes, invisible and control characters; lines stay lines.

    Dashes of word processors become hyphens, JSON's and addresses' ways of writing a quote, colon, slash or line
    end become these.
    """
    known = _ESCAPES.sub("", text[:LIMIT])
    if not known.isascii():
        known = normalize("NFKC", known)[:LIMIT].translate(_VISIBLE)
    known = _WRITTEN.sub(_unwritten, known)
    known = _PERCENT.sub(lambda found: chr(int(found[1], 16)), known)
    return _CONTROLS.sub(" ", known.replace("\r", "\n"))


class _Visible(dict[int, str]):
    """Every character as it may stand in a plain text, learnt one by one: a text holds few different ones."""

    def __missing__(self, code: int) -> str:
        c = chr(code)
        kind = category(c)
        if c in _DASHES or c in _ENDS:
            shown = "-" if c in _DASHES else "\n"
        elif kind in {"Cf", "Cs", "Cn", "Co"}:
            shown = ""
        else:
            shown = " " if kind in {"Cc", "Zs"} else c
        self[code] = shown
        return shown


_VISIBLE = _Visible()


def _unwritten(found: re.Match[str]) -> str:
    mark = found[0].lstrip("\\")
    return chr(int(mark[1:], 16)) if mark.startswith("u") else _MEANT[mark]


# ---- what has a form of its own

_ACCOUNT = r"(?<![0-9A-Za-z-])[0-9]{12}(?![0-9A-Za-z-])"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ARN = re.compile(
    r"arn:aws[a-z-]{0,20}:(?P<service>[a-z0-9-]{1,40}):(?P<region>[a-z0-9-]{0,40}):(?P<account>[0-9]{0,12})"
    r":(?P<resource>[^\s\"'`<>,;()\[\]{}|\\]{1,1100})",
    re.IGNORECASE,
)
_FORMED = (
    (Form.KEY_ID, re.compile(rf"(?<![0-9A-Za-z-])(?:mrk-[0-9a-f]{{32}}|{_UUID})(?![0-9A-Za-z-])", re.IGNORECASE)),
    (Form.MATERIAL, re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])", re.IGNORECASE)),
    (Form.VOLUME, re.compile(r"(?<![0-9A-Za-z-])vol-[0-9a-f]{8,17}(?![0-9A-Za-z-])", re.IGNORECASE)),
    (Form.SNAPSHOT, re.compile(r"(?<![0-9A-Za-z-])snap-[0-9a-f]{8,17}(?![0-9A-Za-z-])", re.IGNORECASE)),
    (Form.ALIAS, re.compile(r"(?<![0-9A-Za-z:/_-])alias/[0-9A-Za-z:/_-]{1,250}")),
    (Form.ACCOUNT, re.compile(_ACCOUNT)),
)
_BUCKETS = (
    re.compile(r"(?<![0-9A-Za-z])s3[an]?://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])", re.IGNORECASE),
    re.compile(r"https?://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3[.-][a-z0-9.-]{0,60}amazonaws\.", re.IGNORECASE),
    re.compile(
        r"https?://s3[.-][a-z0-9.-]{0,60}amazonaws\.com(?:\.cn)?/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])", re.IGNORECASE
    ),
)
_RECEIPT = re.compile(r"(?:request|event|trace|session|correlation|message|transaction)[ _-]?id\W{0,6}$", re.IGNORECASE)
"""What stands before the id of a call: a UUID too, but of no key."""

_RESOURCES = {"volume/": Form.VOLUME, "snapshot/": Form.SNAPSHOT}
_SILENT = frozenset({"iam", "sts"})
"""Services whose ARNs name who called, so that only the account counts."""


def tokens(text: str) -> tuple[Token, ...]:
    """What the text names, the surest first and each once; at most MOST. `text` is plain already."""
    found: dict[Token, None] = {}
    rest = _ARN.sub(lambda arn: _taken(found, arn), text)
    for token in _formed(rest):
        found.setdefault(token)
        if len(found) >= MOST:
            break
    return tuple(sorted(islice(found, MOST), key=lambda token: token.form in VAGUE))


def _taken(found: dict[Token, None], arn: re.Match[str]) -> str:
    if len(found) < MOST:
        found.update(dict.fromkeys(_of_arn(arn)))
    return " "


def _of_arn(arn: re.Match[str]) -> Iterator[Token]:
    service, account = arn["service"].lower(), arn["account"]
    resource = arn["resource"].rstrip(".:!?*/")
    whole = arn[0][: len(arn[0]) - len(arn["resource"]) + len(resource)]
    if service == "kms" and resource.startswith("key/"):
        yield Token(Form.KEY_ARN, whole, account)
    elif service == "kms" and resource.startswith("alias/"):
        yield Token(Form.ALIAS_ARN, whole, account)
    elif service == "s3" and not account:
        yield Token(Form.BUCKET, resource.split("/")[0])
    elif service == "ec2" and (form := _RESOURCES.get(resource.partition("/")[0] + "/")):
        yield Token(form, resource.partition("/")[2].lower(), account)
    elif service not in _SILENT and resource:
        yield Token(Form.RESOURCE, whole, account)
    if len(account) == 12:
        yield Token(Form.ACCOUNT, account)


def _formed(text: str) -> Iterator[Token]:
    for form, pattern in _FORMED:
        for match in pattern.finditer(text):
            if form is Form.KEY_ID and _RECEIPT.search(text, max(0, match.start() - 40), match.start()):
                continue
            if form is Form.ALIAS:
                yield Token(form, match[0].rstrip(":/-_"))
            else:
                yield Token(form, match[0].lower())
    for pattern in _BUCKETS:
        for match in pattern.finditer(text):
            yield Token(Form.BUCKET, match[1].lower())


# ---- what has a name only

_QUOTED = re.compile(r"[\"'`‘’“”«]([^\"'`‘’“”«»\n]{2,200})[\"'`‘’“”»]")
_NAMELIKE = re.compile(r"(?<![\w.-])(?=[^\s]{0,60}[-.\d])[a-z0-9][a-z0-9._-]{2,62}(?![\w-])")
_NUMBERS = re.compile(r"[\W\d_]+")
_LONGEST = 400


def names(text: str) -> tuple[str, ...]:
    """Pieces of the text that may be a name or a path, for trying one after another; at most MOST."""
    wanted = (piece for piece in _pieces(text) if 2 <= len(piece) <= _LONGEST and not _NUMBERS.fullmatch(piece))
    return tuple(islice(dict.fromkeys(wanted), MOST))


def _pieces(text: str) -> Iterator[str]:
    """Whole lines and what stands after a label, then what stands in quotes, then words that look like names."""
    lines = text.split("\n", MOST)[:MOST]
    for line in lines:
        trimmed = line[: 4 * _LONGEST].strip(" \t>*-•|")
        yield trimmed
        if ":" in trimmed:
            yield trimmed.partition(":")[2].strip(" .,;")
    head = text[: 100 * _LONGEST]
    yield from _each(_QUOTED.finditer(head))
    yield from _each(_NAMELIKE.finditer(head))


def _each(found: Iterable[re.Match[str]]) -> Iterator[str]:
    for match in islice(found, MOST):
        yield (match[1] if match.re.groups else match[0]).strip().rstrip(".")
