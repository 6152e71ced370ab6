"""A bucket's objects get new data keys, proven by what AWS's side knows and not by what we wrote down."""

import pytest

from console.aws import objects
from console.datakeys.crowd import AHEAD, in_order
from console.datakeys.routes import Effect
from console.errors import UsageError
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.buckets import Rewriting

CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}


@pytest.fixture
def plain(cloud, tmp_path):
    return Rewriting(cloud, cloud.region(), tmp_path)


@pytest.fixture
def versioned(cloud, tmp_path):
    return Rewriting(cloud, cloud.region(), tmp_path, versioned=True)


@pytest.fixture
def locked(cloud, tmp_path):
    return Rewriting(cloud, cloud.region(), tmp_path, locked=True)


def keys(facts):
    return {one["id"]: one["data_key"] for one in facts}


def test_every_object_gets_a_new_data_key_and_keeps_all_else(plain):
    """Same CMK: another data key for each; bytes, metadata, tags, ACL, class, checksum and redirect as they were."""
    everyone = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    plain.put("gewoon")
    plain.put("map/é +&?=", b"x" * 100, Metadata={"m": "v"}, ContentType="text/plain", CacheControl="no-store")
    plain.put("tags", Tagging="a=1&b=twee%20woorden", StorageClass="STANDARD_IA", ChecksumAlgorithm="SHA256")
    plain.put("open", GrantRead=everyone, WebsiteRedirectLocation="/elders")
    plain.put("sleutel", BucketKeyEnabled=True, ServerSideEncryption="aws:kms", SSEKMSKeyId=plain.own)
    plain.put("leeg/", b"")
    before, facts = plain.held(), plain.facts()
    view, judged = plain.turn()
    after = plain.facts()
    assert (judged.verdict, judged.reason, view.run.status) == (Verdict.PROVEN, "verdict.s3.new", RunStatus.DONE)
    assert plain.held() == before
    assert {one["cmk"] for one in after} == {plain.own}
    assert keys(after).keys() == keys(facts).keys()
    assert not set(keys(after).values()) & set(keys(facts).values())
    assert (judged.facts["rotated"], judged.facts["not_written_since"], judged.facts["sampled"]) == (6, 0, 6)


def test_objects_come_under_another_cmk_and_so_does_the_default(plain):
    """What is written afterwards goes the same way; giving it up puts the default back."""
    plain.put("a")
    view, judged = plain.turn(intended=plain.transit)
    assert judged.verdict is Verdict.PROVEN
    assert {one["cmk"] for one in plain.facts()} == {plain.transit}
    assert plain.default() == plain.transit
    assert view.run.status is RunStatus.DONE


def test_what_gives_no_new_data_key_says_so_and_is_refused(plain):
    """UpdateObjectEncryption is a re-wrap, the default and Bucket Keys leave what is there."""
    plain.sync()
    choice = plain.choice(plain.bucket)
    effects = {route.name: route.effect for route in choice.routes}
    assert effects["update_encryption"] is Effect.REWRAP
    assert effects["bucket_default"] is effects["bucket_key"] is Effect.UNCHANGED
    assert choice.best.name == "rewrite"
    for name in ("update_encryption", "bucket_default", "bucket_key"):
        with pytest.raises(UsageError, match=r"route\.unchanged"):
            choice.route(name)


def test_an_old_version_stays_until_somebody_removes_it(versioned):
    """The verdict names it; giving the run up instead takes the new version back."""
    versioned.put("a", b"1")
    second = versioned.put("a", b"2")
    view, judged = versioned.turn()
    assert (judged.verdict, judged.reason) == (Verdict.PROVEN, "verdict.s3.history")
    assert judged.facts["old_versions"] == 2
    assert [one["current"] for one in versioned.facts("a")] == [False, False, True]
    versioned.engine().abandon(view.run_id)
    assert [one["version"] for one in versioned.facts("a")][-1] == second
    assert len(versioned.facts("a")) == 2


@pytest.mark.parametrize(("what", "left"), [("copied", [b"1", b"2"]), ("all", [b"2"])])
def test_old_versions_go_by_an_explicit_act_after_their_time(versioned, what, left):
    """Only what was rewritten, or the history too; not before the day."""
    versioned.put("a", b"1")
    versioned.put("a", b"2")
    view, _ = versioned.turn(answers=[{"what": what, "confirm": versioned.bucket}])
    assert (view.run.status, view.run.reason.key) == (RunStatus.WAITING, "rotation.kept")
    done = versioned.in_time(view.run_id, what=what, confirm=versioned.bucket)
    bodies = [
        versioned.s3.get_object(Bucket=versioned.bucket, Key="a", VersionId=one["version"])["Body"].read()
        for one in versioned.facts("a")
    ]
    assert done.run.status is RunStatus.DONE
    assert bodies == left


def test_what_cannot_be_rewritten_is_counted_with_its_reason(versioned):
    """Archived: unknown, with numbers. A customer's own key is none of KMS's."""
    versioned.put("archief", StorageClass="GLACIER")
    versioned.put("klant", **CUSTOMER)
    versioned.put("weg")
    versioned.s3.delete_object(Bucket=versioned.bucket, Key="weg")
    versioned.put("gewoon")
    view, judged = versioned.turn()
    told = versioned.results(view.run_id)
    assert (judged.verdict, judged.reason) == (Verdict.UNKNOWN, "verdict.s3.partial")
    assert judged.facts["counts"] == {"skipped archived": 1, "rotated": 1, "skipped customer_key": 1}
    assert (judged.facts["delete_markers"], told["archief"].reason) == (1, "archived")


def test_a_locked_object_is_as_locked_afterwards_and_its_old_version_is_held(locked):
    """The new version has retention and hold; the old one cannot be removed before its time, and is counted."""
    from datetime import UTC, datetime, timedelta

    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until, "ObjectLockLegalHoldStatus": "ON"}
    locked.put("a", ChecksumAlgorithm="SHA256", **lock)
    before = locked.held()
    view, judged = locked.turn(answers=[{"what": "copied", "confirm": locked.bucket}])
    locked.in_time(view.run_id, what="copied", confirm=locked.bucket)
    retired = locked.engine().show(view.run_id).steps[-1].record.output
    assert judged.verdict is Verdict.PROVEN
    assert locked.held() == before
    assert retired == {"removed": 0, "held": 1, "alone": 0}


def test_an_archived_object_that_was_restored_is_rewritten_into_its_class(plain):
    """Restored for some days it can be read, so it can be copied back."""
    plain.put("a", StorageClass="DEEP_ARCHIVE")
    plain.s3.restore_object(Bucket=plain.bucket, Key="a", RestoreRequest={"Days": 3})
    _, judged = plain.turn()
    assert judged.verdict is Verdict.PROVEN
    assert plain.s3.head_object(Bucket=plain.bucket, Key="a")["StorageClass"] == "DEEP_ARCHIVE"


def test_an_empty_bucket_proves_nothing(plain):
    """Its default is set all the same."""
    _, judged = plain.turn()
    assert (judged.verdict, judged.reason) == (Verdict.UNKNOWN, "verdict.s3.empty")


def test_what_is_too_large_for_one_copy_goes_in_parts(plain, monkeypatch):
    """Range by range, and metadata, tags, ACL and all else are given again; no parts are left behind."""
    plain.cloud.sizes(copy=10, part=4)
    monkeypatch.setattr(objects, "COPY_LIMIT", 10)
    monkeypatch.setattr(objects, "PART", 8)
    everyone = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    told = {
        "Metadata": {"m": "v"},
        "ContentType": "text/plain",
        "Tagging": "a=1&b=twee%20woorden",
        "GrantRead": everyone,
    }
    plain.put("groot", b"0123456789abcdef0", StorageClass="STANDARD_IA", **told)
    plain.put("klein", b"0123456789")
    plain.put("som", b"0123456789abcdef0", ChecksumAlgorithm="SHA256")
    before, facts = plain.held(), plain.facts()
    _, judged = plain.turn()
    after = plain.held()
    assert (judged.verdict, judged.facts["rotated"]) == (Verdict.PROVEN, 3)
    assert after.pop("som")[1]["ChecksumSHA256"].endswith("-3")  # S3 sums SHA by parts, whose number it is now
    assert before.pop("som")[0] == b"0123456789abcdef0"
    assert after == before
    assert not set(keys(plain.facts()).values()) & set(keys(facts).values())
    assert "Uploads" not in plain.s3.list_multipart_uploads(Bucket=plain.bucket)


def history(turning):
    for number in range(3):
        turning.put("a", f"a{number}".encode(), Metadata={"n": str(number)})
    turning.put("b", b"b0")


QUIET = {"quiet": True}


def test_the_shipped_policy_is_all_that_it_takes(versioned, monkeypatch):
    """As a role that may do nothing else: a history, something in parts, and the end of what is old."""

    from console.sandbox.seeding import rotation_policy

    versioned.cloud.sizes(copy=10, part=4)
    monkeypatch.setattr(objects, "COPY_LIMIT", 10)
    monkeypatch.setattr(objects, "PART", 8)
    history(versioned)
    versioned.put("groot", b"0123456789abcdef", Tagging="t=1")
    versioned.sync()
    iam = versioned.cloud.client("iam", "us-east-1", versioned.account)
    iam.put_role_policy(RoleName="KmsConsoleRead", PolicyName="rotate", PolicyDocument=rotation_policy())
    answers = [QUIET, {"what": "all", "confirm": versioned.bucket}]
    view = versioned.rotate(versioned.bucket, "rewrite_versions", answers)
    done = versioned.in_time(view.run_id, what="all", confirm=versioned.bucket)
    [judged] = versioned.verdicts(view.run_id)
    assert (done.run.status, judged.verdict) == (RunStatus.DONE, Verdict.PROVEN)
    assert len(versioned.facts()) == 5


def test_what_a_route_says_it_needs_is_in_the_shipped_policy():
    """Every action, with none to look for."""
    import json

    from console.datakeys.s3.rotation import HANDING, NEEDS
    from console.sandbox.seeding import rotation_policy

    allowed = set()
    for statement in json.loads(rotation_policy())["Statement"]:
        actions = statement["Action"]
        allowed |= {actions} if isinstance(actions, str) else set(actions)
    assert set(NEEDS) | set(HANDING) <= allowed


def test_thousands_of_objects_are_never_held_at_once():
    """However many there are, no more are begun than the threads can soon do, and results come in order."""
    ahead, begun = [], 0

    def items(number):
        nonlocal begun
        while begun < number:
            yield begun
            begun += 1

    for at, told in enumerate(one for one in in_order(lambda n: n + 1, items(20_000), 8) if one):
        assert told == at + 1
        ahead.append(begun - at)
    assert len(ahead) == 20_000
    assert max(ahead) <= 8 * AHEAD


def test_the_results_go_out_as_csv_that_no_spreadsheet_obeys(plain, monkeypatch):
    """A line per object by the verb itself; a name that is a formula or holds a line break is only text. Another
    tenant's owner has no such run.
    """
    import csv
    import subprocess
    import sys

    plain.put("=HYPERLINK(1)")
    plain.put("twee\nregels")
    plain.put("koud", StorageClass="GLACIER")
    view, _ = plain.turn()
    words = [sys.executable, "-m", "console", "--store", str(plain.settings.store), "--config", "/dev/null"]
    asked = [*words, "rotate", "--results", view.run_id]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    rows = list(csv.reader(said.splitlines()))
    assert rows[0] == ["key", "result", "reason", "detail", "bytes", "version_before", "version"]
    assert [row[:3] for row in rows[1:]] == [
        ["'=HYPERLINK(1)", "rotated", ""],
        ["koud", "skipped", "archived"],
        ["twee␊regels", "rotated", ""],
    ]
    other = [*words, "--role", "owner", "--scope", "Agentschap B", "rotate", "--results", view.run_id]
    refused = subprocess.run(other, capture_output=True, text=True, check=False)
    assert (refused.stdout, refused.returncode) == ("", 4)


def three(plain):
    for name in "abc":
        plain.put(name, f"eerst {name}".encode())


def test_what_is_replicated_is_counted(plain, monkeypatch):
    """A copy is replicated anew, and a replica is rewritten only here: the evidence says how many there were."""
    three(plain)
    look = objects.look

    def replica(bucket, key, version=""):
        return look(bucket, key, version) | ({"ReplicationStatus": "REPLICA"} if key == "b" else {})

    monkeypatch.setattr(objects, "look", replica)
    _, judged = plain.turn()
    assert (judged.verdict, judged.facts["replication"]) == (Verdict.PROVEN, {"replica": 1})
