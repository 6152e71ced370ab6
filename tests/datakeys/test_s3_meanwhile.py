"""A bucket's objects change, go, are locked or written to while they are rewritten; and histories keep their order."""

import pytest

from console.aws import objects
from console.errors import UsageError
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.buckets import Rewriting


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


class Meanwhile:
    """Somebody else at work: what they do to an object happens just before it is copied for the first time."""

    def __init__(self, monkeypatch, act):
        self.done = False
        copy = objects.copy

        def interrupted(bucket, key, *rest):
            if not self.done and key == "b":
                self.done = True
                act()
            return copy(bucket, key, *rest)

        monkeypatch.setattr(objects, "copy", interrupted)


def three(plain):
    for name in "abc":
        plain.put(name, f"eerst {name}".encode())


def test_an_object_that_changes_in_the_middle_keeps_what_was_written(plain, monkeypatch):
    """The copy is refused; what is there now was written under the default, so it has a new data key already."""
    three(plain)
    Meanwhile(monkeypatch, lambda: plain.put("b", b"later"))
    view, judged = plain.turn()
    assert plain.held()["b"][0] == b"later"
    assert (judged.verdict, judged.facts["counts"]) == (Verdict.PROVEN, {"rotated": 2, "found": 1})
    assert plain.results(view.run_id)["b"].outcome == "found"


def test_an_object_that_is_written_outside_the_cmk_meanwhile_is_rewritten_as_it_is_now(plain, monkeypatch):
    """Somebody asks SSE-S3 by name: the newer bytes come under the CMK."""
    three(plain)
    Meanwhile(monkeypatch, lambda: plain.put("b", b"later", ServerSideEncryption="AES256"))
    _, judged = plain.turn()
    [fact] = plain.facts("b")
    assert (plain.held()["b"][0], fact["cmk"]) == (b"later", plain.own)
    assert (judged.verdict, judged.facts["rotated"]) == (Verdict.PROVEN, 3)


@pytest.mark.parametrize("which", ["plain", "versioned"])
def test_an_object_that_is_deleted_in_the_middle_stays_deleted(which, request, monkeypatch):
    """It does not come back by being copied."""
    turning = request.getfixturevalue(which)
    three(turning)
    Meanwhile(monkeypatch, lambda: turning.s3.delete_object(Bucket=turning.bucket, Key="b"))
    _, judged = turning.turn()
    assert set(turning.held()) == {"a", "c"}
    assert judged.verdict is Verdict.PROVEN
    assert judged.facts["counts"] == {"rotated": 2, "skipped gone": 1}


def test_an_object_that_is_archived_in_the_middle_is_skipped(plain, monkeypatch):
    """Its bytes stay, and the verdict does not claim it."""
    three(plain)
    Meanwhile(monkeypatch, lambda: plain.put("b", b"diep", StorageClass="GLACIER", ServerSideEncryption="AES256"))
    _, judged = plain.turn()
    assert (judged.verdict, judged.facts["counts"]["skipped archived"]) == (Verdict.UNKNOWN, 1)


def test_a_cmk_that_is_disabled_in_the_middle_stops_the_run_in_one_sentence(plain, monkeypatch):
    """Nothing is lost; when it is enabled again the run goes on and everything is proven."""
    three(plain)
    kms = plain.cloud.client("kms", plain.region)
    Meanwhile(monkeypatch, lambda: kms.disable_key(KeyId=plain.own))
    view, judged = plain.turn()
    assert (view.run.status, view.run.reason.key, judged) == (RunStatus.FAILED, "rotation.cmk_unusable", None)
    kms.enable_key(KeyId=plain.own)
    done = plain.engine().resume(view.run_id)
    [judged] = plain.verdicts(view.run_id)
    assert (done.run.status, judged.verdict) == (RunStatus.DONE, Verdict.PROVEN)
    assert {name: told[0] for name, told in plain.held().items()} == {n: f"eerst {n}".encode() for n in "abc"}
    assert sorted(plain.results(view.run_id)) == ["a", "b", "c"]


def test_the_default_goes_back_when_the_run_is_given_up(plain, monkeypatch):
    """Stopped by trouble, given up: the default is what it was."""
    three(plain)
    kms = plain.cloud.client("kms", plain.region)
    Meanwhile(monkeypatch, lambda: kms.disable_key(KeyId=plain.transit))
    view, _ = plain.turn(intended=plain.transit)
    assert plain.default() == plain.transit
    plain.engine().abandon(view.run_id)
    assert plain.default() == plain.own


def versions(turning, key):
    """Bytes of every version, oldest first, as S3 gives them."""
    listed = turning.s3.list_object_versions(Bucket=turning.bucket, Prefix=key).get("Versions", [])
    ids = [one["VersionId"] for one in reversed(listed)]
    return [turning.s3.get_object(Bucket=turning.bucket, Key=key, VersionId=one)["Body"].read() for one in ids]


def history(turning):
    for number in range(3):
        turning.put("a", f"a{number}".encode(), Metadata={"n": str(number)})
    turning.put("b", b"b0")


QUIET = {"quiet": True}


def test_a_history_is_rewritten_in_its_order(versioned):
    """Every version gets a data key of its own; when the old ones go, the history reads as before."""

    history(versioned)
    before = keys(versioned.facts())
    old = {one["data_key"] for one in versioned.facts()}
    view, judged = versioned.turn("rewrite_versions", [QUIET, {"what": "copied", "confirm": versioned.bucket}])
    done = versioned.in_time(view.run_id, what="copied", confirm=versioned.bucket)
    assert done.run.status is RunStatus.DONE
    assert (judged.verdict, judged.facts["rotated"]) == (Verdict.PROVEN, 4)
    assert versions(versioned, "a") == [b"a0", b"a1", b"a2"]
    assert versions(versioned, "b") == [b"b0"]
    assert versioned.s3.head_object(Bucket=versioned.bucket, Key="a")["Metadata"] == {"n": "2"}
    assert not {one["data_key"] for one in versioned.facts()} & old
    assert keys(versioned.facts()).keys() == before.keys()


def test_a_history_asks_for_quiet_first(versioned):
    """No is no answer."""
    history(versioned)
    versioned.sync()
    with pytest.raises(UsageError, match=r"s3\.not_quiet"):
        versioned.rotate(versioned.bucket, "rewrite_versions", [{"quiet": False}])


def test_a_history_into_which_somebody_writes_stays_as_it_was(versioned, monkeypatch):
    """The newcomer is on top, the copies made so far are gone again, and the verdict says that it is not all."""
    history(versioned)
    copy, count = objects.copy, []

    def interrupted(bucket, key, *rest):
        count.append(key)
        if count == ["a", "a"] or count == ["a", "b", "a"] or count == ["b", "a", "a"]:
            versioned.put("a", b"nieuw")
        return copy(bucket, key, *rest)

    monkeypatch.setattr(objects, "copy", interrupted)
    _, judged = versioned.turn("rewrite_versions", [QUIET])
    assert versions(versioned, "a") == [b"a0", b"a1", b"a2", b"nieuw"]
    assert (judged.verdict, judged.facts["counts"]) == (Verdict.UNKNOWN, {"skipped changed": 3, "rotated": 1})


def test_a_history_is_taken_back_when_the_run_is_given_up(versioned):
    """The versions that were made go, those that were there are there."""
    history(versioned)
    before = versioned.facts()
    view, _ = versioned.turn("rewrite_versions", [QUIET])
    assert len(versioned.facts()) == 8
    versioned.engine().abandon(view.run_id)
    assert versioned.facts() == before


def test_what_was_deleted_or_archived_in_a_history_is_counted(versioned):
    """A delete marker keeps its place; what is older than an archived version stays where it is."""
    versioned.put("a", b"a0")
    versioned.put("a", b"a1", StorageClass="GLACIER")
    versioned.put("a", b"a2")
    versioned.put("b", b"b0")
    versioned.s3.delete_object(Bucket=versioned.bucket, Key="b")
    _, judged = versioned.turn("rewrite_versions", [QUIET])
    counts = {"skipped order": 1, "skipped archived": 1, "rotated": 1, "skipped marker": 1}
    assert (judged.verdict, judged.facts["counts"]) == (Verdict.UNKNOWN, counts)
    assert versioned.held().keys() == {"a"}


def test_a_lock_that_is_laid_in_the_middle_is_on_the_new_version_too(locked, monkeypatch):
    """A hold between the look and the copy changes no ETag; it is noticed all the same."""
    three(locked)
    where = {"Bucket": locked.bucket, "Key": "b"}
    Meanwhile(monkeypatch, lambda: locked.s3.put_object_legal_hold(**where, LegalHold={"Status": "ON"}))
    _, judged = locked.turn()
    assert judged.verdict is Verdict.PROVEN
    assert locked.s3.head_object(**where)["ObjectLockLegalHoldStatus"] == "ON"
    assert len(locked.facts("b")) == 2
