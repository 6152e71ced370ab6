"""Merges what a sync brought into the store: one transaction, only what differs is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import happenings, past
from store.badges import count_again
from store.cmk_merge import merge_cmks
from store.data_key_merge import merge_data_keys
from store.errors import translated
from store.figures import renew_figures
from store.gaps import PUT, row_of
from store.judgement import note_unjudged
from store.objects import note_read
from store.places import leave_places, settle_places
from store.proofs import mark_new
from store.sighting_merge import merge_sightings
from store.staging import clear, stage
from store.wrapping import count_wrapped, newest, tell_generations

if TYPE_CHECKING:
    import sqlite3

    from store.database import Store
    from store.harvest import Harvest
    from store.records import Gap

DAY = 86_400


def merge(store: Store, harvest: Harvest, now: int, keep_days: int = 0) -> int:
    """Bring the store in line with the harvest, `now` (epoch seconds) being when it was read; rows changed.

    Counted are accounts, places, CMKs (with their lists) and data keys that came, changed, went or turned stale.
    Facets that were not read stay; ids of things that stay do not change. In slices of `complete` and `gaps`, ''
    as Region or kind stands for all of them; a gap outweighs a complete slice. `declared` is always the whole
    list of what settings name. What was before stays on record, `keep_days` long (0: for good). Raises StoreError;
    then the store is as it was.
    """
    lay_out(store, harvest)
    with store.atomic() as connection:
        changed = merge_laid_out(connection, harvest, now, keep_days)
    clear(store.writer())
    past.clear(store.writer())
    return changed


def _forget(connection: sqlite3.Connection, before: int) -> None:
    past.forget(connection, before)
    happenings.forget(connection, before, past.STEP)


def merge_laid_out(connection: sqlite3.Connection, harvest: Harvest, now: int, keep_days: int = 0) -> int:
    """The same inside a transaction, of a harvest that `lay_out` staged."""
    stamp = past.begin(connection, now)
    changed = _merge_accounts(connection, harvest)
    changed += settle_places(connection, stamp.valid_from)
    changed += merge_cmks(connection, stamp.valid_from)
    merge_sightings(connection, harvest.grants)
    last = newest(connection)
    changed += merge_data_keys(connection, stamp.valid_from)
    mark_new(connection, last)
    tell_generations(connection, last)
    changed += leave_places(connection, stamp.now)
    past.keep(connection, stamp)
    happenings.note(connection, stamp)
    if keep_days:
        _forget(connection, stamp.now - keep_days * DAY)
    count_again(connection)
    renew_figures(connection)
    count_wrapped(connection)
    note_read(connection, harvest.prefixes)
    _replace_gaps(connection, harvest.gaps, now)
    note_unjudged(connection)
    return changed


def lay_out(store: Store, harvest: Harvest) -> None:
    """Stage it in temporary tables, which takes no lock. Raises StoreError."""
    import sqlite3

    connection = store.writer()
    try:
        stage(connection, harvest)
    except sqlite3.Error as error:
        raise translated(error, store.path) or error from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _merge_accounts(connection: sqlite3.Connection, harvest: Harvest) -> int:
    rows = ((account.account_id, account.name, account.tenant) for account in harvest.accounts)
    return connection.executemany(
        "INSERT INTO account VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name, tenant = excluded.tenant"
        " WHERE (name, tenant) IS NOT (excluded.name, excluded.tenant)",
        rows,
    ).rowcount


def _replace_gaps(connection: sqlite3.Connection, gaps: tuple[Gap, ...], now: int) -> None:
    """Gaps in slices that this sync looked at are as it found them."""
    connection.execute(
        "INSERT OR REPLACE INTO slice SELECT account_id, region, what, ? FROM part WHERE NOT gap", (now,)
    )
    connection.execute(
        "DELETE FROM gap WHERE EXISTS (SELECT 1 FROM part WHERE NOT part.gap AND part.account_id = gap.account_id"
        " AND part.region IN ('', gap.region) AND part.what IN ('', gap.what))"
    )
    connection.executemany(PUT, (row_of(gap, now) for gap in gaps))
