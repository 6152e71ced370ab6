"""A sync of the seeded estate finds what the service document shows, and what real life adds."""

import re

import pytest

from console.aws.session import Aws
from console.datakeys import KINDS
from console.sandbox import process
from console.services.sync import Sync
from console.settings import load
from store.database import Store
from store.records import ROOT, Granularity, Status
from store.tree import Tree


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """The store after one sync of a fresh sandbox, and the sync's summary."""
    folder = tmp_path_factory.mktemp("estate")
    up = process.start(folder / "aws", private=True)
    settings = load({"config": str(folder / "aws" / "config.toml"), "store": str(folder / "estate.db")}, {})
    store = Store.open(settings.store, write=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in up.environment.items():
            patch.setenv(name, value)
        summary = Sync(settings, store, Aws(settings), KINDS).run()
    process.stop(folder / "aws")
    yield store, summary
    store.close()


def subtree(store, ref, shown):
    """Names below a node, as `shown` turns each node into its name."""
    return {shown(node): subtree(store, node.ref, shown) for node in Tree(store).children(ref, 0, 1000)}


def data_keys(store):
    """Every holder of a data key that the tree shows."""
    from store.cmks import Cmks

    nodes, found = [ROOT], []
    while nodes:
        for node in Tree(store).children(nodes.pop(), 0, 1000):
            nodes.append(node.ref)
            if node.ref.kind == "data_key":
                found.append(Cmks(store).data_key(node.ref.id))
    return found


def test_the_document_s_example_is_found_node_for_node(synced):
    """Agentschap A: X with three environments of their own CMK, Y with one, Z without any."""
    store, _ = synced
    told = subtree(
        store,
        Tree(store).resolve(["Agentschap A"]),
        lambda node: re.sub(r"^agentschap-a/", "CMK " if node.ref.kind == "cmk" else "", node.name),
    )
    disks = {"web-1-data": {}, "web-1-root": {}, "web-2-data": {}, "web-2-root": {}}

    def buckets(environment):
        words = ("bijlagen", "documenten", "exports", "logs")
        return {f"agentschap-a-x-{environment}-{word}": {} for word in words}

    assert told == {
        "X": {
            "Dev": {"CMK x/dev": {}},
            "Productie": {"CMK x/prod": disks | buckets("prod") | {"x/prod/databank": {}}},
            "T&I": {"CMK x/ti": disks | buckets("ti")},
        },
        "Y": {"Productie": {"CMK y/prod": {}}},
        "Z": {},
    }
    assert Tree(store).node(Tree(store).resolve(["Agentschap A", "Z"])).status == Status.EMPTY


def test_the_tenant_that_refuses_is_the_only_gap(synced):
    """Everything else of the estate can be read."""
    _, summary = synced
    assert {(gap.tenant, gap.code) for gap in summary.gaps} == {("Fonds Havenbeheer", "AccessDenied")}


def test_a_restored_volume_shares_the_data_key_of_its_lineage(synced):
    """A volume, the one restored from its snapshot and their snapshots are all under one data key."""
    found = data_keys(synced[0])
    (restored,) = [held for held in found if held.facts.name == "sluisbeheer-hersteld"]
    shared = [held for held in found if held.facts.data_key_id == restored.facts.data_key_id != ""]
    kinds = [held.facts.granularity for held in shared]
    assert kinds.count(Granularity.VOLUME) == 2
    assert kinds.count(Granularity.SNAPSHOT) >= 2
    assert {held.facts.key_ref for held in shared} == {restored.facts.key_ref}


def test_every_way_to_be_encrypted_is_told_apart(synced):
    """Under a CMK of ours, under AWS's own key, not at all; under one that was deleted it hangs under none."""
    found = data_keys(synced[0])
    assert {held.facts.status for held in found} >= {Status.ENCRYPTED, Status.AWS_MANAGED, Status.UNENCRYPTED}
    for held in found:
        assert (held.cmk_id > 0) == (held.facts.status == Status.ENCRYPTED and held.facts.name != "oefening")


def test_a_resource_under_another_environment_s_cmk_is_shown_there(synced):
    """A T&I volume under Productie's CMK hangs under that CMK and says where its tags place it."""
    away = [held for held in data_keys(synced[0]) if held.cmk_id and held.path != held.cmk_path]
    assert any(held.path[-1] == "T&I" and held.cmk_path[-1] == "Productie" for held in away)
