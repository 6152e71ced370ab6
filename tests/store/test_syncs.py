"""The record of syncs, and what a banner and a place's sheet make of it."""

import os
import subprocess
import sys

from store.cmks import Cmks
from store.harvest import AccountFacts
from store.merge import merge
from store.records import Counts, Gap, Scope, Source
from store.syncs import Syncs
from store.tree import Tree
from tests.store.facts import OWNER, VOLUMES, bucket, cmk, harvest, snapshot, volume


def dead_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_run_tells_how_far_it_is_and_how_it_ended(store):
    """Begun, half-way, done: the newest run shows each, and the overview moves it from running to last."""
    syncs = Syncs(store)
    assert syncs.last() is None
    run = syncs.begin(os.getpid(), 100)
    syncs.progress(run, "cmk", 5, 10, 7)
    running = syncs.overview().running
    assert (running.state, running.phase, running.done, running.total, running.calls) == ("running", "cmk", 5, 10, 7)
    syncs.finish(run, "done", 12, 3, "", 160)
    overview = syncs.overview()
    assert overview.running is None
    assert (overview.last_sync.state, overview.last_sync.changed, overview.last_sync.finished_at) == ("done", 3, 160)


def test_a_run_whose_process_is_gone_was_interrupted(store):
    """It reads so at once, and is recorded so when the next one begins."""
    syncs = Syncs(store)
    syncs.begin(dead_pid(), 100)
    assert syncs.last().state == "interrupted"
    assert syncs.overview().running is None
    syncs.begin(os.getpid(), 200)
    states = store.reader().execute("SELECT state, finished_at FROM sync_run ORDER BY id").fetchall()
    assert states == [("interrupted", 200), ("running", None)]


def test_the_last_sync_stays_in_view_while_another_runs(store):
    """The banner's age is that of the finished one."""
    syncs = Syncs(store)
    syncs.finish(syncs.begin(os.getpid(), 100), "done", 1, 1, "", 160)
    syncs.begin(os.getpid(), 900)
    assert syncs.overview().last_sync.finished_at == 160


def test_only_the_newest_runs_are_kept(store):
    """The record does not grow without end."""
    syncs = Syncs(store)
    for second in range(210):
        syncs.finish(syncs.begin(os.getpid(), second), "done", 0, 0, "", second)
    assert store.reader().execute("SELECT count(*), max(started_at) FROM sync_run").fetchone() == (200, 209)


def test_the_overview_counts_what_is_there(store):
    """Tenants, CMKs, data keys, groups and copies, also of what has no place."""
    keys = [volume(1, 1), bucket("docs", 1), snapshot(2, 1), volume(3, place=cmk(1).placement)]
    merge(store, harvest([cmk(1)], keys, gaps=(Gap(VOLUMES, "Agentschap A", "AccessDenied"),)), 100)
    overview = Syncs(store).overview()
    assert (overview.tenants, overview.counts) == (1, Counts(1, 2, 1, 1))
    assert [gap.code for gap in overview.gaps] == ["AccessDenied"]
    assert Syncs(store).overview(Scope("Agentschap B")).gaps == ()


def test_a_place_tells_its_facts(store):
    """A tenant's accounts, gaps and dates; whether settings declare it; what stands directly in it."""
    accounts = (AccountFacts(OWNER, "A prod", "Agentschap A"),)
    gaps = (Gap(VOLUMES, "Agentschap A", "AccessDenied"),)
    whole = harvest([cmk(1), cmk(2)], [volume(1, 1), volume(2)], accounts=accounts, gaps=gaps,
                    declared=(cmk(1).placement,))  # fmt: skip
    merge(store, whole, 100)
    tree, cmks = Tree(store), Cmks(store)
    tenant = cmks.place(tree.resolve(["Agentschap A"]))
    assert (tenant.accounts, [gap.code for gap in tenant.gaps], tenant.places) == (accounts, ["AccessDenied"], 1)
    assert (tenant.rotation_last, tenant.rotation_next, tenant.oldest_data_key, tenant.read_at) == (50, 1001, 20, 100)
    environment = cmks.place(tree.resolve(["Agentschap A", "X", "Productie"]))
    assert (environment.own_cmks, environment.loose, environment.declared) == (2, 1, True)
    assert environment.path == ("Agentschap A", "X", "Productie")
    assert environment.source is Source.KMS


def test_a_lineage_shows_every_holder_of_a_data_key(store):
    """Snapshots and volumes with the same DataEncryptionKeyId, wherever they stand."""
    keys = [volume(1, 1, data_key_id="dek-1"), snapshot(2, 2, data_key_id="dek-1"), snapshot(3, 1, data_key_id="dek-2")]
    merge(store, harvest([cmk(1), cmk(2)], keys), 100)
    found = Cmks(store).lineage("dek-1")
    assert {key.facts.resource_id for key in found} == {keys[0].resource_id, keys[1].resource_id}
    assert Cmks(store).lineage("") == []


def test_a_sync_learns_what_the_store_knows(store):
    """By ARN: the current material and when each facet was read."""
    merge(store, harvest([cmk(1), cmk(2, materials=None, materials_at=0)]), 300)
    known = Cmks(store).known()
    assert known[cmk(1).arn] == ("m2", 300, 100, 100, 100, "Enabled", 0)
    assert known[cmk(2).arn].materials_at == 0
