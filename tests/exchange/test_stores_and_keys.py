"""Which store takes a snapshot, and which key it must be signed with."""

from dataclasses import replace

import pytest

from console.errors import ConsoleError, NotFound, Refused, UsageError
from console.services.exchange.keys import make_key, signer_of, written
from console.services.sync import Sync
from store.database import Store
from store.merge import merge
from tests.estates import NOW, example
from tests.exchange.letters import A, B
from tests.exchange.sights import refused


def test_a_synced_store_takes_no_snapshot(two):
    """What a sync knows is not mixed with what somebody else says."""
    two.publish(A)
    store = Store.open(two.settings().store, write=True)
    merge(store, example(), NOW)
    store.close()
    refused(two, "exchange.own_store")


def test_a_store_with_a_snapshot_is_neither_synced_nor_published(two):
    """And the other way round: the sentence says which verb refreshes it."""
    two.publish(A)
    two.pull()
    store = Store.open(two.settings().store, write=True)
    with pytest.raises(Refused) as caught:
        Sync(replace(two.settings(), regions=("eu-west-1",)), store, None, ()).run()
    assert caught.value.key == "exchange.sync_taken"
    two.store.close()
    two.store = store
    with pytest.raises(NotFound) as caught:
        two.publish(A)
    assert caught.value.key == "exchange.nothing"


def test_one_store_holds_one_tenant(two):
    """Another scope wants another store."""
    two.publish()
    two.pull()
    other = replace(two.settings(B), store=two.settings(A).store)
    two.settings = lambda *_, **__: other
    with pytest.raises(Refused) as caught:
        two.pull(B)
    assert caught.value.key == "exchange.other_store"


def test_nothing_is_taken_without_a_trusted_key(two):
    """No pin, no trust."""
    two.publish(A)
    with pytest.raises(UsageError):
        two.pull(trusted_keys=())


def test_the_signing_key_is_its_owners_alone(tmp_path):
    """0600, never written over, never used when others may read it."""
    path = tmp_path / "deep" / "key.pem"
    public = make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public.startswith("ed25519:")
    assert public not in path.read_text()
    with pytest.raises(ConsoleError) as caught:
        make_key(path)
    assert caught.value.key == "exchange.key_exists"
    path.chmod(0o644)
    with pytest.raises(ConsoleError) as caught:
        signer_of(str(path))
    assert caught.value.key == "exchange.key_open"


def test_a_trusted_key_that_is_none_is_told(two):
    """A slip in the settings is a sentence, not a refusal of everything."""
    two.publish(A)
    for wrong in ("ed25519:", "rsa:AAAA", "nonsense", written(b"x" * 31)):
        with pytest.raises(UsageError):
            two.pull(trusted_keys=(wrong,))
