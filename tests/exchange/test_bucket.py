"""The loop over S3: an administrator's process publishes, an owner's with other credentials and settings pulls."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from console.aws.exchange import Exchange
from console.errors import Busy, ConsoleError
from console.sandbox import process
from console.sandbox.seeding import EXCHANGE
from console.services.exchange.envelope import header_of
from console.services.exchange.keys import KmsSigner, key_id, signer_of, trusted, written
from console.services.exchange.places import BucketPlace, snapshot_key
from console.services.exchange.publish import Publisher
from tests.estates import NOW

A, NEIGHBOUR = "Agentschap A", "Dienst Archief en Erfgoed"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A sandbox with its estate, and each party's home with settings of its own."""
    folder = tmp_path_factory.mktemp("town")
    running = process.start(folder / "sandbox", private=True)
    told = (folder / "sandbox" / "config.toml").read_text()
    public = told.partition('trusted_keys = ["')[2].partition('"')[0]
    owner = f'[aws]\nregions = ["eu-west-1"]\nendpoint_url = "{running.endpoint}"\nprofile = "agentschap-a"\n'
    exchange = f'[exchange]\nbucket = "{EXCHANGE}"\ntrusted_keys = ["{public}"]\n'
    (folder / "owner.toml").write_text(owner + exchange)
    yield SimpleNamespace(folder=folder, running=running, public=public)
    process.stop(folder / "sandbox")


def run(town, *words, config, store, code=0):
    """One process of the console; its answer as JSON."""
    line = [
        sys.executable,
        "-m",
        "console",
        "--json",
        "--config",
        str(config),
        "--store",
        str(town.folder / store),
        *words,
    ]
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | town.running.environment
    done = subprocess.run(line, capture_output=True, text=True, env=env, timeout=100, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if code == 0 else done.stderr.strip()


def admin(town, *words, **how):
    return run(town, *words, config=town.folder / "sandbox" / "config.toml", store="admin.db", **how)


def owner(town, *words, scope=A, store="owner.db", **how):
    words = ("--role", "owner", "--scope", scope, *words)
    return run(town, *words, config=town.folder / "owner.toml", store=store, **how)


@pytest.fixture(scope="module")
def published(town):
    """What `sync --publish` answered."""
    return admin(town, "sync", "--publish")


def test_from_sync_to_the_owners_tree(town, published):
    """The same tree and rotations in the owner's process as in the administrator's under that scope."""
    assert {issue["tenant"] for issue in published["published"]["issues"]} >= {A, NEIGHBOUR, ""}
    answer = owner(town, "pull")
    assert answer["new"]
    assert answer["cmks"] > 3
    assert not owner(town, "pull")["new"]
    for words in (["tree"], ["rotations", "--history"]):
        assert owner(town, *words) == admin(town, "--role", "owner", "--scope", A, *words), words


def test_an_owner_cannot_fetch_a_neighbours(town, published):
    """S3 says no before we do."""
    said = owner(town, "pull", scope=NEIGHBOUR, store="spy.db", code=1)
    assert "s3://" in said


def test_support_pulls_the_whole_without_a_right_in_kms(town, published):
    """By file; the findings of a tenant are those that the administrator sees of it."""
    admin(town, "publish", "--to", str(town.folder / "post"))
    line = ("--role", "support", "pull", "--from", str(town.folder / "post"))
    answer = run(town, *line, config=town.folder / "owner.toml", store="support.db")
    assert answer["tenant"] == ""
    owner(town, "pull", "--from", str(town.folder / "post"), scope=NEIGHBOUR, store="neighbour.db")
    told = [
        owner(town, "findings", scope=NEIGHBOUR, store="neighbour.db"),
        admin(town, "--scope", NEIGHBOUR, "findings"),
    ]
    mine, whole = ([(each["rule"], each["path"], each["sentence"]) for each in found] for found in told)
    assert mine == whole
    assert mine


def test_an_owner_does_not_publish(town):
    """The gate, before any key or bucket is looked at."""
    assert owner(town, "publish", code=3)
    assert owner(town, "sync", "--publish", code=3)
    assert owner(town, "doctor", "--make-signing-key", code=3)


def test_doctor_looks_at_key_bucket_and_trust(town, published):
    """An administrator signs, reads and writes; an owner trusts and reads."""
    checks = json.loads(_doctor(town, town.folder / "sandbox" / "config.toml", "admin"))
    told = {check["key"]: check["outcome"] for check in checks if "exchange" in check["key"] or "sign" in check["key"]}
    assert told == {"doctor.signing_key": "ok", "doctor.exchange_read": "ok", "doctor.exchange_write": "ok"}
    checks = json.loads(_doctor(town, town.folder / "owner.toml", "owner", "--scope", A))
    told = {check["key"]: check["outcome"] for check in checks if "exchange" in check["key"] or "trust" in check["key"]}
    assert told == {"doctor.trusted_keys": "ok", "doctor.exchange_read": "ok"}


def _doctor(town, config, role, *words):
    line = [sys.executable, "-m", "console", "--json", "--config", str(config), "--role", role, *words, "doctor"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | town.running.environment
    return subprocess.run(line, capture_output=True, text=True, env=env, timeout=100, check=False).stdout


def test_making_the_key_shows_the_public_half_alone(town, tmp_path):
    """The private half is in a file that only its owner reads, and on no screen."""
    config = tmp_path / "c.toml"
    config.write_text(f'[exchange]\nsigning_key = "{tmp_path / "k.pem"}"\n')
    (check,) = run(town, "doctor", "--make-signing-key", config=config, store="x.db")
    assert check["detail"].startswith("ed25519:")
    assert (tmp_path / "k.pem").stat().st_mode & 0o777 == 0o600
    secret = (tmp_path / "k.pem").read_text().splitlines()[1]
    assert secret not in json.dumps(check)
    assert run(town, "doctor", "--make-signing-key", config=config, store="x.db", code=1)


# -- the gateway ------------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(cloud):
    """A bucket of its own, below a prefix."""
    region = cloud.region()
    s3 = cloud.client("s3", region)
    name = f"letters-{region}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    return Exchange(lambda: s3, name, "kms/")


def test_what_is_put_is_got_and_listed(bucket):
    """Keys stand below the prefix, and no caller sees it."""
    etag = bucket.put_new("requests/a/1.json", b"een")
    bucket.put_new("requests/b/1.json", b"twee")
    assert bucket.get("requests/a/1.json", 100).etag == etag
    assert bucket.get("requests/a/2.json", 100) is None
    assert [(one.key, one.size) for one in bucket.list("requests/a/")] == [("requests/a/1.json", 3)]


def test_two_administrators_cannot_both_win(bucket):
    """The one who comes second is told, whether something was there before or not."""
    etag = bucket.put_new("judgements/a/1.json", b"goed")
    with pytest.raises(Busy):
        bucket.put_new("judgements/a/1.json", b"niet goed")
    bucket.replace("judgements/a/1.json", b"herzien", etag)
    with pytest.raises(Busy):
        bucket.replace("judgements/a/1.json", b"ook herzien", etag)
    assert bucket.get("judgements/a/1.json", 100).body == b"herzien"


def test_one_client_serves_all_letters(bucket):
    """Making a client reads a service's model: longer than the call itself."""
    made = []
    counted = Exchange(lambda: made.append(1) or bucket._client, bucket._bucket)
    counted.put_new("a", b"1")
    counted.get("a", 10)
    assert list(counted.list(""))
    assert made == [1]


def test_no_more_is_read_than_was_asked(bucket):
    """A huge object does not fill memory."""
    bucket.put_new("x", b"y" * 1000)
    assert len(bucket.get("x", 10).body) == 11


def test_a_bucket_that_is_not_there_is_told(cloud):
    """One sentence with the bucket's name."""
    s3 = cloud.client("s3", "eu-west-1")
    with pytest.raises(ConsoleError) as caught:
        Exchange(lambda: s3, "er-is-geen").get("x", 1)
    assert caught.value.key == "exchange.no_bucket"


def test_a_key_in_kms_signs_what_its_public_half_verifies(cloud, here):
    """ECC_NIST_EDWARDS25519 with ED25519_SHA_512: a plain Ed25519 signature."""
    kms = cloud.client("kms", here)
    arn = kms.create_key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    raw = bytes(kms.get_public_key(KeyId=arn)["PublicKey"])[-32:]
    signer = KmsSigner.of(kms, arn)
    assert signer.key_id == key_id(raw)
    assert trusted([written(raw)])[signer.key_id].holds(b"x" * 4096, signer.sign(b"x" * 4096))


def test_a_kms_key_of_another_kind_is_told(cloud, here):
    """P-256 signs too, and not as we sign."""
    kms = cloud.client("kms", here)
    arn = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    with pytest.raises(ConsoleError) as caught:
        KmsSigner.of(kms, arn)
    assert caught.value.key == "exchange.kms_spec"


def test_the_place_of_a_snapshot_is_as_the_policy_has_it():
    """Bucket policies name folders: they may not move."""
    assert snapshot_key("Agentschap A") == "snapshots/agentschap-a-0eb7eaee/current.kms-snapshot"
    assert snapshot_key("") == "snapshots/_estate/current.kms-snapshot"


def test_two_administrators_who_publish_at_once(bucket, two):
    """One snapshot wins and the other administrator is told; the sequence goes on from what lies there."""
    place = BucketPlace(bucket)
    signer = signer_of(str(two.home / "signing.pem"))

    class Meanwhile(BucketPlace):
        """Between this one's reading and writing, the other publishes."""

        def leave(self, tenant, letter, found):
            Publisher(two.store, place, signer, lambda: NOW, by="bob").run(A)
            super().leave(tenant, letter, found)

    with pytest.raises(Busy):
        Publisher(two.store, Meanwhile(bucket), signer, lambda: NOW, by="an").run(A)
    assert header_of(place.fetch(A).letter).by == "bob"
    (issue,) = Publisher(two.store, place, signer, lambda: NOW - 500, by="an").run(A).issues
    assert issue.sequence == NOW + 1
