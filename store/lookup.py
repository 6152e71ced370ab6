"""Search that answers while somebody types, and the resolving of whatever they paste."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.branch import Branch
from store.hits import Hits
from store.pasted import resolve
from store.search import search
from store.sight import Sight
from store.words import search_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.answers import Hit
    from store.database import Store
    from store.records import Scope


class Lookup:
    """Finds nodes by words and by ids, as far as the scope lets them be seen. Raises StoreError."""

    def __init__(self, store: Store, scope: Scope | None = None) -> None:
        self._store = store
        self._sight = Sight(store, scope)
        self._branch = Branch(store)

    def search(self, text: str, limit: int = 50) -> list[Hit]:
        """Nodes in which every word of the text begins a word of a name, alias, description or id, of itself or
        of a place above it. Places first, then CMKs, then data keys; each kind gets its share of `limit`.

        Several words are compared with some thousands of candidates, the likeliest first: words that each begin a
        hundred thousand names but seldom meet may be missed. `Tree.filter` misses nothing and takes longer.
        """
        words = search_words(text)
        if not words:
            return []
        with self._store.snapshot() as reader:
            found = search(reader, self._sight, words, limit, self._branch)
            return Hits(reader, self._sight).of(found)

    def resolve(self, text: str) -> list[Hit]:
        """What exactly this names: an id, an ARN of any partition, an alias, a bucket, a path 'A/X/Productie'.

        [] when nothing; several when a multi-Region key or a name stands in more than one place.
        """
        with self._store.snapshot() as reader:
            hits = Hits(reader, self._sight)
            return hits.of(resolve(reader, text, self._sight, hits.sees))

    def resolve_each(self, texts: Iterable[str]) -> list[list[Hit]]:
        """The same for several texts, in one look at the store."""
        with self._store.snapshot() as reader:
            hits = Hits(reader, self._sight)
            return [hits.of(resolve(reader, text, self._sight, hits.sees)) for text in texts]

    def resolve_first(self, texts: Iterable[str]) -> list[Hit]:
        """What the first of several texts names that names anything in sight."""
        with self._store.snapshot() as reader:
            hits = Hits(reader, self._sight)
            named = (hits.of(resolve(reader, text, self._sight, hits.sees)) for text in texts)
            return next((found for found in named if found), [])
