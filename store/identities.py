"""As whom AWS last knew the credentials of a profile, so that a look, or a refusal, need not ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.words import clean

if TYPE_CHECKING:
    from store.database import Store


class Identities:
    """`place` says which credentials: a profile and an endpoint. Raises StoreError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def learn(self, place: str, arn: str, now: int) -> None:
        with self._store.atomic() as connection:
            connection.execute("INSERT OR REPLACE INTO identity VALUES (?, ?, ?)", (clean(place), clean(arn), now))

    def last(self, place: str) -> tuple[str, int]:
        """The ARN that STS told and when, as epoch seconds; ('', 0) when it never did."""
        with self._store.snapshot() as reader:
            row = reader.execute("SELECT arn, at FROM identity WHERE place = ?", (clean(place),)).fetchone()
            return (row[0], row[1]) if row else ("", 0)
