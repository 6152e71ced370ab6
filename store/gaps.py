"""Rows of the table of gaps: what could not be seen, why, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.records import Gap, Slice

if TYPE_CHECKING:
    from store.database import Store
    from store.nodes import Row

PUT = (
    "INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    " tenant = excluded.tenant, code = excluded.code, message = excluded.message, shut = excluded.shut"
)
"""One that was there before keeps its date."""


LETTERS = "letters"
"""The part of a gap that is no part of the estate: requests and judgements at the exchange."""


def row_of(gap: Gap, now: int) -> Row:
    """The row of a gap that is there since it says, or since `now` (epoch seconds)."""
    part = gap.part
    return (part.account_id, part.region, part.what, gap.tenant, gap.code, gap.message, gap.since or now, gap.shut)


def gap_of(row: Row) -> Gap:
    account, region, what, tenant, code, message, since, shut = row
    return Gap(Slice(account, region, what), tenant, code, message, since, bool(shut))


def note(store: Store, part: Slice, gap: Gap | None, now: int) -> None:
    """Of what no sweep reads: that this part could not be read, or (None) that nothing is wrong with it.

    Raises StoreError.
    """
    with store.atomic() as connection:
        keep = (part.what, gap is not None, part.account_id, part.region)
        connection.execute("DELETE FROM gap WHERE what = ? AND NOT (? AND (account_id, region) = (?, ?))", keep)
        if gap is not None:
            connection.execute(PUT, row_of(gap, now))
