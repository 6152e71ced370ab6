"""Snapshots that do not hold: each is refused with its reason, and the old one stays."""

import json
import os
import select
import signal
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.errors import Refused
from console.services.exchange.envelope import Letter, seal
from console.services.exchange.keys import make_key, signer_of
from console.services.exchange.snapshot import packed, unpacked
from store.database import Store
from store.errors import StoreError
from store.extract import extract
from store.merge import merge
from store.records import Scope, Taken
from store.take import Exchanged
from tests.estates import DAY, NOW, cmk, example, volume
from tests.exchange.letters import A, B, parties
from tests.exchange.sights import findings, refused, rows, sheets, taken


def test_an_older_one_is_refused(two):
    """Somebody who puts yesterday's back gets nowhere."""
    two.publish(A)
    yesterday = two.letter().read_bytes()
    two.publish(A, at=NOW + DAY)
    two.pull(at=NOW + DAY)
    two.letter().write_bytes(yesterday)
    refused(two, "exchange.older", at=NOW + DAY)


def test_another_one_of_the_same_number_is_refused(two):
    """One number is one snapshot."""
    two.publish(A)
    two.pull()
    signer = signer_of(str(two.home / "signing.pem"))
    body = packed(replace(extract(two.store, A, NOW), data_keys=()))
    two.letter().write_bytes(seal(Letter.SNAPSHOT, A, body, signer, sequence=NOW, made_at=NOW))
    refused(two, "exchange.replayed")


def test_another_tenants_is_refused(two):
    """B's snapshot at A's place, truly signed."""
    two.publish()
    two.pull()
    two.letter().write_bytes(two.letter(B).read_bytes())
    refused(two, "exchange.other_tenant")


def test_a_cut_off_one_is_refused(two):
    """Half a file."""
    two.publish(A)
    two.pull()
    two.publish(A, at=NOW + 1)
    whole = two.letter().read_bytes()
    two.letter().write_bytes(whole[: len(whole) // 2])
    refused(two, "exchange.truncated", at=NOW + 1)


def test_an_unknown_key_is_refused(two, tmp_path):
    """Signed by a key that is not pinned."""
    two.publish(A)
    two.key = make_key(tmp_path / "other.pem")
    refused(two, "exchange.unknown_key")


def test_one_that_is_too_old_is_refused(two):
    """The age that the settings allow."""
    two.publish(A)
    refused(two, "exchange.too_old", at=NOW + 31 * DAY)
    assert two.pull(at=NOW + 31 * DAY, max_age_days=0).new


def signed(two, body):
    signer = signer_of(str(two.home / "signing.pem"))
    two.letter().write_bytes(seal(Letter.SNAPSHOT, A, body, signer, sequence=NOW + 9, made_at=NOW))


HEAD = b'["estate",{"tenant":"Agentschap A"}]\n'
VERDICT = (
    b'["verdict",{"run_id":"r","kind":"ebs","resource_id":"v","account_id":"1","region":"r","was":"v","route":"p",'
    b'"verdict":"%s","reason":"%s","cmk":"c","at":1,"tenant":"Agentschap A","facts":%s}]\n'
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'["estate",{"tenant":"Bureau B"}]\n',
        HEAD + b'["cmk",{"arn":1}]\n',
        HEAD + b'["nonsense",{}]\n',
        HEAD + b'["account",{"account_id":"1","extra":"x"}]\n',
        HEAD + b'["slice",{"account_id":"1","region":"r","what":"cmk","read_at":1e400}]\n',
        HEAD + b'["slice",{"account_id":"1","region":"r","what":"cmk","read_at":99999999999999999999}]\n',
        HEAD + b'["slice",{"account_id":"1","region":"r","what":"../../x y","read_at":1}]\n',
        HEAD + b'["finding",{"rule":"made_up","severity":3,"subject":{}}]\n',
        HEAD + b'["finding",{"rule":"dk_shared","severity":99,"subject":{}}]\n',
        HEAD + b'["account",{"account_id":"' + b"9" * 70_000 + b'"}]\n',
        HEAD + b"[" * 100_000 + b"\n",
        HEAD + b'{"cmk":1}\n',
        HEAD + b"\xff\xfe\n",
        HEAD + b'["account",{"account_id":NaN}]\n',
        HEAD + b'["account",{"account_id":"\\ud800"}]\n',
        HEAD + b'["finding",{"rule":"dk_shared","severity":3,"subject":{},"values":[["key","x"]]}]\n',
        HEAD + b'["finding",{"rule":"dk_shared","severity":3,"subject":{}}]\n',
        HEAD + b'["slice",{"account_id":"1","region":"r","what":"cmk","read_at":9007199254740992}]\n',
        HEAD + b'["cmk",{"key_id":"1","arn":"a","account_id":"1","region":"r","placement":{},"policy":"x"}]\n',
        HEAD + VERDICT % (b"rotated", b"verdict.ebs.new", b"[]"),
        HEAD + VERDICT % (b"proven", b"cli.region", b"[]"),
        HEAD + VERDICT % (b"proven", b"verdict.s3.new", b"[]"),
        HEAD + VERDICT % (b"proven", b"verdict.ebs.new", b'[["still_held",{"number":1}]]'),
    ],
)
def test_a_signed_body_of_another_shape_is_refused(two, body):
    """A signature does not make a value what it must be."""
    two.publish(A)
    two.pull()
    signed(two, body)
    refused(two, "exchange.malformed")


def test_every_line_twice_is_once(mixed):
    """A body that repeats itself is taken as if it did not."""
    mixed.publish(A)
    head, *lines = packed(extract(mixed.store, A, NOW)).splitlines(keepends=True)
    signed(mixed, head + b"".join(lines) + b"".join(lines))
    mixed.pull()
    assert findings(taken(mixed), Scope(A)) == findings(mixed.store, Scope(A))


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mangled_body_is_refused_or_means_something(mixed, data):
    """Whatever one value is replaced by, the answer is an extract or a refusal, never anything else."""
    lines = packed(extract(mixed.store, A, NOW)).splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    word, told = json.loads(lines[at])
    name = data.draw(st.sampled_from([*told, "extra"]))
    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    told[name] = data.draw(st.recursive(leaf, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
    lines[at] = json.dumps([word, told]).encode()
    with suppress(Refused):  # any other error fails
        read = unpacked(b"\n".join(lines) + b"\n", A)
        assert unpacked(packed(read), A) == read


def test_hostile_words_stay_words(two):
    """A tag or a bucket may be called anything; it comes out as the text that it is."""
    nasty = "\x1b[2J[@click=app.quit]x[/] ../../etc {now} =1+1"
    whole = example()
    hostile = replace(whole.cmks[0], tags=(*whole.cmks[0].tags, (nasty, nasty)), description=nasty)
    merge(two.store, replace(whole, cmks=(hostile, *whole.cmks[1:])), NOW)
    two.publish(A)
    two.pull()
    assert sheets(taken(two), Scope(A)) == sheets(two.store, Scope(A))


def test_a_tenants_name_is_never_a_path(tmp_path):
    """Dots and slashes in a name do not lead out of the folder, and two names never share a file."""
    whole = example()
    names = ("../../../etc/x", "..", "A/B", "a-b", "宽")
    extra = tuple(cmk(70 + at, name, "App", "Productie") for at, name in enumerate(names))
    made = parties(tmp_path, replace(whole, cmks=(*whole.cmks, *extra)))
    places = {issue.place for issue in made.publish().issues}
    assert len(places) == len(names) + 3
    assert {file.parent for file in map(type(made.home), places)} == {made.folder}
    made.store.close()


def test_of_two_pulls_the_newer_one_stays(two):
    """A slow process that fetched an older snapshot does not write it over a newer one."""
    two.publish(A)
    two.pull()
    store = Store.open(two.settings().store, write=True)
    before = rows(store, Scope(A))
    late = Taken(A, NOW - 1, NOW - 1, NOW, "k", "d")
    with pytest.raises(StoreError) as caught:
        Exchanged(store).take(replace(extract(two.store, A, NOW), data_keys=()), late)
    assert caught.value.key == "exchange.overtaken"
    assert rows(store, Scope(A)) == before
    store.close()


def test_a_pull_that_is_killed_leaves_the_old_or_the_new(two):
    """SIGKILL at any moment: the store holds one snapshot whole, and the next pull completes it."""
    two.publish(A)
    two.pull()
    old = rows(taken(two), Scope(A))
    extra = tuple(volume(n, example().cmks[0], A, "X", "Productie") for n in range(300, 700))
    merge(two.store, replace(example(), data_keys=(*example().data_keys, *extra)), NOW + 1)
    two.publish(A, at=NOW + 1)
    new = rows(two.store, Scope(A))
    seen = set()
    for wait in (0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.3):
        ended, ending = os.pipe()
        child = os.fork()
        if not child:
            two.pull(at=NOW + 1)
            os._exit(0)
        os.close(ending)
        select.select([ended], [], [], wait)  # the pipe ends with the child
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ended)
        found = rows(taken(two), Scope(A))
        assert found in (old, new)
        seen.add(found == new)
    two.pull(at=NOW + 1)
    assert rows(taken(two), Scope(A)) == new
    assert False in seen
