"""The generator of large stores must hold what a sync of the same facts would have left."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "bench"))

import synthetic

from store.database import Store
from store.merge import merge
from tests.store.facts import dump
from tests.store.test_tree import picture

SMALL = synthetic.Shape(tenants=3, applications=3, environments=2, data_keys=26)


def test_the_generator_writes_what_a_merge_would(store, tmp_path):
    """Table for table the same rows, but for the ids that each gave out in its own order."""
    synthetic.write(tmp_path / "bulk.db", SMALL)
    bulk = Store.open(tmp_path / "bulk.db")
    merge(store, synthetic.harvest(SMALL), SMALL.today)
    assert picture(bulk) == picture(store)
    left = ("_sqlite_migrations", "sqlite_sequence", "sync_run", "data_key", "word")
    assert dump(bulk, without=left) == dump(store, without=left)
    columns = "resource_id, kind, granularity, name, sort, cmk_id, place_id, elsewhere, key_ref, detail, data_key_id, created_at"
    both = [
        sorted(each.reader().execute(f"SELECT {columns}, seen_at, source, tenant_id FROM data_key").fetchall())
        for each in (bulk, store)
    ]
    assert both[0] == both[1]


def test_a_merge_over_a_generated_store_changes_nothing(tmp_path):
    """A sync that finds what was generated has nothing to write."""
    synthetic.write(tmp_path / "bulk.db", SMALL)
    assert merge(Store.open(tmp_path / "bulk.db", write=True), synthetic.harvest(SMALL), SMALL.today) == 0


def test_the_numbers_are_as_asked(tmp_path):
    """Tenants × applications × environments CMKs, each with its data keys."""
    synthetic.write(tmp_path / "bulk.db", SMALL)
    reader = Store.open(tmp_path / "bulk.db").reader()
    counts = [reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("cmk", "data_key")]
    assert counts == [18, 18 * 26]
