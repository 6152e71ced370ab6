"""The search behind the typing: one word by ranges of an index, several by the rarest of them."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from store.hits import Found, Hits
from store.words import WORD_LENGTH, fold, upper_bound

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from store.sight import Sight

_KINDS = (1, 2, 3, 4, 5)
_WORDS = "SELECT word, id FROM word WHERE kind = ? AND word >= ? AND word < ? LIMIT ?"

# Ids that a prefix finds in an index of its own; the number is the kind of what they name.
_IDS = (
    (4, "SELECT key_id, id FROM cmk WHERE key_id >= ? AND key_id < ? LIMIT ?"),
    (5, "SELECT resource_id, id FROM data_key WHERE resource_id >= ? AND resource_id < ? LIMIT ?"),
    (
        5,
        "SELECT data_key_id, id FROM data_key WHERE data_key_id <> '' AND data_key_id >= ? AND data_key_id < ? LIMIT ?",
    ),
)
_ACCOUNTS = "SELECT account_id FROM account WHERE account_id >= ? AND account_id < ? LIMIT 20"
_OF_ACCOUNT = (
    (4, "SELECT account_id, id FROM cmk WHERE account_id = ? LIMIT ?"),
    (5, "SELECT account_id, id FROM data_key WHERE account_id = ? LIMIT ?"),
)
_UNDER_ITS_CMKS = """
SELECT d.resource_id, d.id FROM cmk AS c CROSS JOIN data_key AS d ON d.cmk_id = c.id
WHERE c.tenant_id = :tenant AND :application IN (0, c.application_id) AND d.tenant_id <> :tenant
"""
_BRANCH = (
    (1, "SELECT name, id FROM place WHERE id = :tenant"),
    (2, "SELECT name, id FROM place WHERE tenant_id = :tenant AND level = 2"),
    (3, "SELECT name, id FROM place WHERE tenant_id = :tenant AND level = 3"),
    (4, "SELECT key_id, id FROM cmk WHERE tenant_id = :tenant AND :application IN (0, application_id)"),
    (5, "SELECT resource_id, id FROM data_key WHERE tenant_id = :tenant AND :application IN (0, application_id)"),
    (5, _UNDER_ITS_CMKS),
)
_TENANTS = (
    "SELECT id FROM place WHERE parent_id = 0 AND id IN (SELECT id FROM word WHERE kind = 1 AND word >= ? AND word < ?)"
)

RARE = 2000
"""A word that begins fewer words than this is looked up whole, the others are then compared with each find."""

EXAMINED = 20000
"""Finds that a search of several words looks at before it stops."""


class Search:
    """One search, within one read of the store."""

    def __init__(self, reader: sqlite3.Connection, sight: Sight, words: tuple[str, ...], limit: int) -> None:
        self._reader = reader
        self._hits = Hits(reader, sight)
        self._sight = sight
        self._words = words
        self._limit = limit

    def run(self) -> list[Found]:
        """The finds in order: by kind, exact words first, each kind with its share of the limit."""
        if self._sight.whole and len(self._words) == 1 and len(self._words[0]) <= WORD_LENGTH:
            return self._shared(list(self._by_word(self._words[0], self._limit)))
        return self._shared(list(islice(self._compared(self._candidates()), self._limit)))

    def _shared(self, found: Iterable[Found]) -> list[Found]:
        """At most the limit: a fifth for each kind, and what a kind leaves over for the others in their order."""
        every = list({(each.kind, each.id): each for each in found}.values())
        by_kind = {kind: [each for each in every if each.kind == kind] for kind in _KINDS}
        share = max(1, self._limit // len(_KINDS))
        taken = {kind: rows[:share] for kind, rows in by_kind.items()}
        for kind in _KINDS:
            left = self._limit - sum(map(len, taken.values()))
            taken[kind] += by_kind[kind][share : share + max(0, left)]
        return list(chain.from_iterable(taken.values()))[: self._limit]

    # -- where to look -------------------------------------------------------------------------------------------

    def _by_word(self, word: str, limit: int) -> Iterator[Found]:
        start = word[:WORD_LENGTH]
        bounds = (start, upper_bound(start))
        for kind in _KINDS:
            for matched, id_ in self._reader.execute(_WORDS, (kind, *bounds, limit)):
                yield Found(kind, id_, matched)
        for kind, sql in _IDS:
            for matched, id_ in self._reader.execute(sql, (word, upper_bound(word), limit)):
                yield Found(kind, id_, matched)
        if word.isdigit():
            yield from self._by_account(word, limit)

    def _by_account(self, word: str, limit: int) -> Iterator[Found]:
        for (account,) in self._reader.execute(_ACCOUNTS, (word, upper_bound(word))).fetchall():
            for kind, sql in _OF_ACCOUNT:
                for matched, id_ in self._reader.execute(sql, (account, limit)):
                    yield Found(kind, id_, matched)

    def _candidates(self) -> Iterable[Found]:
        """Where all matches are among: the branch in sight, the rarest word's finds, or a named tenant's branch."""
        tenant, application = self._sight.branch
        if not self._sight.whole:
            return self._branch(tenant, application)
        rarest = min((list(islice(self._by_word(word, RARE), RARE)) for word in self._words), key=len)
        tenants = [tenant for word in self._words for tenant in self._tenants(word)]
        if len(rarest) < RARE:
            # The rarest word may also be a place's name: then what lies below it matches too.
            return chain(rarest, *(self._below(each) for each in rarest if each.kind <= 3))
        branches = chain.from_iterable(self._branch(tenant, 0) for tenant in tenants[:20])
        return chain(branches, self._by_word(max(self._words, key=len), EXAMINED))

    def _tenants(self, word: str) -> list[int]:
        start = word[:WORD_LENGTH]
        return [row[0] for row in self._reader.execute(_TENANTS, (start, upper_bound(start)))]

    def _below(self, found: Found) -> Iterator[Found]:
        """What lies below a place that was found."""
        tenant, application, level = self._reader.execute(
            "SELECT tenant_id, application_id, level FROM place WHERE id = ?", (found.id,)
        ).fetchone()
        return self._branch(tenant, application if level > 1 else 0)

    def _branch(self, tenant: int, application: int) -> Iterator[Found]:
        for kind, sql in _BRANCH:
            for matched, id_ in self._reader.execute(sql, {"tenant": tenant, "application": application}).fetchall():
                yield Found(kind, id_, matched)

    # -- what matches --------------------------------------------------------------------------------------------

    def _compared(self, candidates: Iterable[Found]) -> Iterator[Found]:
        """Those in which every word begins some word of the names, ids or path, and one of them not of the path."""
        seen: set[tuple[int, int]] = set()
        for found in islice(candidates, EXAMINED):
            if (found.kind, found.id) in seen:
                continue
            seen.add((found.kind, found.id))
            matched = self._matched(found)
            if matched:
                yield Found(found.kind, found.id, matched)

    def _matched(self, found: Found) -> str:
        """The text of its own that matched; '' when not every word is found."""
        match = self._hits.match(found)
        if match is None:
            return ""
        own = ""
        for word in self._words:
            text = next((text for text in match.own if begins(word, text)), "")
            if not text and not any(begins(word, above) for above in match.above):
                return ""
            own = own or text
        return own


def begins(word: str, text: str) -> bool:
    """Whether a word of the text begins with this one, as the word table would find it."""
    folded = fold(text)
    at = folded.find(word)
    while at >= 0:
        if at == 0 or not folded[at - 1].isalnum():
            return True
        at = folded.find(word, at + 1)
    return False
