"""Files in a bucket get other data keys and keep their contents; KMS is the judge, and nobody's change is lost."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from console.aws import objects, upload
from console.aws.refusals import AwsRefusal
from console.errors import AwsUnreachable, UsageError
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.prefixes import Prefix
from tests.datakeys.turning import Turning


@pytest.fixture
def turning(cloud, here, tmp_path):
    return Turning(cloud, here, tmp_path)


@pytest.fixture(params=[True, False], ids=["versioned", "unversioned"])
def files(turning, request):
    """Three messages, one of them empty, and a plain file."""
    made = Prefix(turning, versioned=request.param)
    made.write("a.enc", b"gegevens" * 100)
    made.write("onder/b.enc", os.urandom(300_000))
    made.write("onder/leeg.enc", b"")
    made.put("lees.txt", b"gewoon")
    return made


def test_every_object_gets_a_new_data_key_and_in_its_time_the_old_goes(turning, files):
    """Other data keys as KMS tells them, same contents and looks; the old stay until an explicit act removes them."""
    before, versions = files.keys(), files.versions()
    view = turning.rotate(files.sync().path, answers=[{"confirm": files.path}])
    (judged,) = turning.verdicts(view.run_id)
    assert (judged.verdict, judged.facts["skipped"]) == (Verdict.PROVEN, {"no_message": 1})
    assert view.run.reason.key == "rotation.kept"
    assert files.alike()
    assert files.same()
    after = files.keys()
    assert not {*before.values()} & {*after.values()}
    assert files.versions() == versions + 3
    assert turning.in_time(view.run_id, confirm=files.path).run.status is RunStatus.DONE
    assert files.versions() == versions
    assert files.files() == {*files.known, "lees.txt"}
    assert files.keys() == after


def test_before_the_end_all_can_go_back(turning, files):
    """Abandoned: the messages that were there with their looks, and nothing beside them; a re-wrap is refused."""
    before, versions = files.keys(), files.versions()
    choice = turning.choice(files.sync().path)
    with pytest.raises(UsageError, match=r"route\.unchanged"):
        choice.route("rewrap")
    run = turning.rotate(files.path).run_id
    assert files.keys() != before
    turning.engine().abandon(run)
    assert files.keys() == before
    assert files.alike()
    assert files.files() == {*files.known, "lees.txt"}
    assert not files.versioned or files.versions() == versions


def test_an_object_changed_underneath_stays_as_it_was_changed(turning, files, monkeypatch):
    """Between the reading and the put an application writes: its object stays, and the verdict says so."""
    run, finish = files.sync().begun(), upload.Upload.finish

    def changed(self, etag):
        if self._key.endswith("a.enc"):
            files.write("a.enc", b"nieuwer")
        return finish(self, etag)

    monkeypatch.setattr(upload.Upload, "finish", changed)
    turning.engine().resume(run)
    (judged,) = turning.verdicts(run)
    assert (judged.verdict, judged.facts["skipped"]) == (Verdict.UNKNOWN, {"changed": 1, "no_message": 1})
    turning.engine().abandon(run)
    assert files.plain("a.enc") == b"nieuwer"
    assert files.same()


def test_what_is_large_goes_up_in_parts(turning, monkeypatch):
    """In pieces of which only one is in memory, alike and proven; a scan tells each object where there are few."""
    monkeypatch.setattr(upload, "PART", 5 * 1024 * 1024)
    files = Prefix(turning, rows=5)
    files.write("groot.enc", os.urandom(6 * 1024 * 1024))
    files.write("ander.enc", b"1")
    before = files.keys()
    run = turning.rotate(f"{files.sync().path}/groot.enc").run_id
    (judged,) = turning.verdicts(run)
    after = files.keys()
    assert (judged.verdict, judged.facts["files"]) == (Verdict.PROVEN, 1)
    assert (after["groot.enc"] != before["groot.enc"], after["ander.enc"]) == (True, before["ander.enc"])
    assert files.alike()
    assert files.same()
    assert not files.uploads()


def test_the_own_encryption_of_s3_stays_as_it_was(turning):
    """Under the CMK and with the Bucket Key that the object had, there and back."""
    files = Prefix(turning)
    sse = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": turning.own, "BucketKeyEnabled": True}
    files.write("a.enc", b"1", **sse)
    run = turning.rotate(files.sync().path).run_id
    assert {name: files.got("a.enc").get(name) for name in sse} == sse
    turning.engine().abandon(run)
    assert {name: files.got("a.enc").get(name) for name in sse} == sse


def test_without_its_record_a_run_removes_nothing(turning, files):
    """The file that tells what is old is gone: one sentence, and the old messages stay."""
    run = turning.rotate(files.sync().path, answers=[{"confirm": files.path}]).run_id
    versions = files.versions()
    (record,) = turning.settings.store.parent.rglob(f"{run}.files")
    record.unlink()
    assert turning.in_time(run, confirm=files.path).run.reason.key == "file.journal"
    assert files.versions() == versions


def test_what_goes_wrong_in_the_middle_of_many_is_gone_on_with_where_it_was(turning, monkeypatch):
    """One of many at once fails: what the others did counts, and each object is renewed once and no more."""
    files = Prefix(turning)
    for number in range(30):
        files.write(f"{number:02}.enc", b"%d" % number)
    before, run, finish = files.sync().keys(), files.begun(), upload.Upload.finish

    def failing(self, etag):
        if self._key.endswith("07.enc"):
            raise AwsRefusal("InternalError", "", "PutObject")
        return finish(self, etag)

    with monkeypatch.context() as here:
        here.setattr(upload.Upload, "finish", failing)
        view = turning.engine().resume(run)
    assert (view.run.status, view.run.reason.key) == (RunStatus.PAUSED, "run.aws_busy")
    assert files.versions() > 30
    turning.engine().resume(run)
    files.renewed(run, before)
    assert files.versions() == 60


def test_going_back_leaves_what_the_application_wrote_meanwhile_and_takes_ours_from_under_it(turning):
    """Its own version stays the current one, above the old one and with none of ours between them."""
    files = Prefix(turning)
    files.write("a.enc", b"1")
    run = turning.rotate(files.sync().path).run_id
    files.write("a.enc", b"nieuwer")
    turning.engine().abandon(run)
    assert (files.plain("a.enc"), files.versions()) == (b"nieuwer", 2)


def test_our_version_stays_where_it_is_the_last_with_these_contents(turning):
    """A lifecycle rule may have removed the old one: going back takes nothing away then."""
    files = Prefix(turning)
    files.write("a.enc", b"1")
    old = files.head("a.enc")["VersionId"]
    run = turning.rotate(files.sync().path).run_id
    files.s3.delete_object(Bucket=files.bucket, Key=f"{files.within}/a.enc", VersionId=old)
    assert turning.engine().abandon(run).run.status is RunStatus.ABANDONED
    assert (files.plain("a.enc"), files.versions()) == (b"1", 1)


def test_an_upload_whose_id_never_came_back_is_found(turning, monkeypatch):
    """S3 began it and the answer was lost: once the run is through, nothing of it is left."""
    monkeypatch.setattr(upload, "PART", 5 * 1024 * 1024)
    files = Prefix(turning)
    files.write("groot.enc", os.urandom(6 * 1024 * 1024))
    before, run, ask_once = files.sync().keys(), files.begun(), objects.Bucket.ask_once

    def lost(self, method, **parameters):
        ask_once(self, method, **parameters)
        raise AwsUnreachable("aws.unreachable", detail="lost")

    with monkeypatch.context() as here:
        here.setattr(objects.Bucket, "ask_once", lost)
        turning.engine().resume(run)
    assert files.uploads()
    turning.engine().resume(run)
    files.renewed(run, before)
    assert not files.uploads()


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA1", "CRC32"])
def test_the_checksum_stays_of_the_kind_that_it_was(turning, monkeypatch, algorithm):
    """In one piece and in parts."""
    monkeypatch.setattr(upload, "PART", 5 * 1024 * 1024)
    files = Prefix(turning)
    files.write("klein.enc", b"1", ChecksumAlgorithm=algorithm)
    files.write("groot.enc", os.urandom(6 * 1024 * 1024), ChecksumAlgorithm=algorithm)
    turning.rotate(files.sync().path)
    for name in files.known:
        assert f"Checksum{algorithm}" in files.head(name)
    assert files.same()


def test_a_lock_is_on_the_new_message_too_and_going_back_then_writes_the_old_on_top(turning):
    """What is locked cannot be taken away again: the old message becomes the current one by a copy."""
    files = Prefix(turning, lock=True)
    until = datetime.now(UTC) + timedelta(days=1)
    files.write("a.enc", b"1", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    before = files.sync().keys()
    run = turning.rotate(files.path).run_id
    assert (files.keys() != before, files.head("a.enc")["ObjectLockMode"]) == (True, "GOVERNANCE")
    turning.engine().abandon(run)
    assert (files.keys(), files.versions()) == (before, 3)
