"""The search behind the typing: one word by ranges of indexes, several by comparing."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from store.hits import Found
from store.several import Several
from store.words import WORD_LENGTH, upper_bound

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from store.branch import Branch
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
_ACCOUNTS = (
    (4, "SELECT account_id, id FROM cmk WHERE account_id >= ? AND account_id < ? LIMIT ?"),
    (5, "SELECT account_id, id FROM data_key WHERE account_id >= ? AND account_id < ? LIMIT ?"),
)


def search(reader: sqlite3.Connection, sight: Sight, words: tuple[str, ...], limit: int, branch: Branch) -> list[Found]:
    """The finds: places, CMKs, data keys, each kind with its share of the limit. `branch` holds a scope's names."""
    alone = len(words) == 1 and len(words[0]) <= WORD_LENGTH
    if sight.whole and alone:
        return _shared(_by_word(reader, words[0], limit), limit)
    if not sight.whole and (names := branch.names(reader, sight)) is not None:
        return _shared(names.find(words, limit), limit)
    return _shared(Several(reader, sight, words).find(limit), limit)


def _by_word(reader: sqlite3.Connection, word: str, limit: int) -> Iterator[Found]:
    bounds = (word, upper_bound(word), limit)
    for kind in _KINDS:
        for matched, id_ in reader.execute(_WORDS, (kind, *bounds)):
            yield Found(kind, id_, matched)
    for kind, sql in (*_IDS, *(_ACCOUNTS if word.isdigit() else ())):
        for matched, id_ in reader.execute(sql, bounds):
            yield Found(kind, id_, matched)


def _shared(found: Iterable[Found], limit: int) -> list[Found]:
    """At most the limit: a fifth for each kind, and what a kind leaves over for the others in their order."""
    by_kind: dict[int, dict[int, Found]] = {kind: {} for kind in _KINDS}
    for each in found:
        by_kind[each.kind].setdefault(each.id, each)
    share = max(1, limit // len(_KINDS))
    taken = {kind: list(rows.values())[:share] for kind, rows in by_kind.items()}
    for kind in _KINDS:
        left = limit - sum(map(len, taken.values()))
        taken[kind] += list(by_kind[kind].values())[share : share + max(0, left)]
    return list(chain.from_iterable(taken.values()))[:limit]
