"""How names are folded, sorted and cut into searchable words; pure functions, shared by writers and readers."""

from __future__ import annotations

import re

from store.records import Granularity, Kind

WORD_LENGTH = 32
"""Characters kept of a word; a longer search is cut likewise and compared with the whole name afterwards."""

WORD_COUNT = 24
"""Words kept of one name; a description of pages does not fill the table."""

KIND_NUMBERS = {Kind.TENANT: 1, Kind.APPLICATION: 2, Kind.ENVIRONMENT: 3, Kind.CMK: 4, Kind.DATA_KEY: 5}
"""Kinds as the word table numbers them: places by their level, then CMKs, then data keys."""

_RANKS = {
    Granularity.VOLUME: "1",
    Granularity.BUCKET: "2",
    Granularity.OBJECT: "3",
    Granularity.SECRET: "4",
    Granularity.FILE: "5",
    Granularity.SNAPSHOT: "9",
}
_DIGITS = re.compile(r"[0-9]+")
_STARTS = re.compile(r"[^\W_]+")
_OPAQUE = re.compile(r"[a-z]{1,8}-[0-9a-f]{8,17}")


def clean(text: str) -> str:
    """The text as SQLite can hold it: halves of surrogate pairs become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def fold(text: str) -> str:
    """Lower case without accents, for comparing what people type with what is there."""
    if text.isascii():
        return text.lower()
    from unicodedata import combining, normalize

    return "".join(c for c in normalize("NFKD", text.casefold()) if not combining(c))


def sort_key(name: str) -> str:
    """Folded, and with numbers in order of size: 'web-9' before 'web-10'. At most 160 characters."""
    return _DIGITS.sub(_sized, fold(name))[:160]


def _sized(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0") or "0"
    return f"{min(len(digits), 99):02d}{digits}"


def data_key_sort(granularity: str, name: str, resource_id: str) -> str:
    """Volumes, buckets, other holders, then snapshots; by name, then by resource id."""
    rank = _RANKS.get(Granularity(granularity), "8")
    return f"{rank}{sort_key(name or resource_id)}\x1f{resource_id}"


def word_starts(text: str) -> set[str]:
    """What the folded text holds from each start of a word on: 'web-1 data' gives it whole, '1 data', 'data'."""
    folded = fold(text[: WORD_LENGTH * WORD_COUNT])
    starts = [match.start() for match in _STARTS.finditer(folded)][:WORD_COUNT]
    return {folded[start : start + WORD_LENGTH] for start in starts}


def first_word(text: str) -> str:
    """What `word_starts` gives for the first word of a text; '' where it has none."""
    folded = fold(text[: WORD_LENGTH * WORD_COUNT])
    match = _STARTS.search(folded)
    return folded[match.start() : match.start() + WORD_LENGTH] if match else ""


def search_words(text: str) -> tuple[str, ...]:
    """The words that somebody typed, folded as `word_starts` folds. Of an ARN its last part counts, an alias goes
    without 'alias/', and marks before the first letter fall off.
    """
    found = (_STARTS.search(_last_part(part)) for part in fold(text).split())
    return tuple(dict.fromkeys(match.string[match.start() :] for match in found if match))


def _last_part(word: str) -> str:
    if not word.startswith("arn:"):
        return word.removeprefix("alias/")
    resource = word.rpartition(":")[2]
    return resource.removeprefix("alias/") if resource.startswith("alias/") else resource.rpartition("/")[2]


def marks(words: tuple[str, ...], folded: str) -> int:
    """Which of the words begin a word of the folded text, as the word table would find them: a bit for each."""
    found = 0
    for nr, word in enumerate(words):
        at = folded.find(word)
        while at > 0 and folded[at - 1].isalnum():
            at = folded.find(word, at + 1)
        found |= (at >= 0) << nr
    return found


def upper_bound(word: str) -> str:
    """The least text above everything that begins with `word`, for `>= word AND < bound`."""
    return word + "\U0010ffff"


def data_key_words(name: str, resource_id: str) -> set[str]:
    """Words of a data key's names. Opaque ids (vol-0a…) have none: their own index answers prefixes."""
    own = set() if _OPAQUE.fullmatch(resource_id) else word_starts(resource_id)
    return own | word_starts(name) if name and name != resource_id else own


def cmk_words(name: str, description: str, aliases: tuple[str, ...]) -> set[str]:
    """Words of a CMK's name, description and aliases (without 'alias/'). Its key id has an index of its own."""
    texts = (name, description, *(alias.removeprefix("alias/") for alias in aliases))
    return set().union(*map(word_starts, texts))
