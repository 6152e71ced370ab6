"""Files that an application encrypted itself get other data keys and keep their contents; KMS is the judge."""

import os

import aws_encryption_sdk as sdk
import pytest

from console.datakeys.routes import Effect
from console.errors import UsageError
from store.records import Granularity
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.folders import CONTEXT, Folder
from tests.datakeys.turning import Turning

BIG = os.urandom(300_000)


@pytest.fixture
def turning(cloud, here, tmp_path):
    return Turning(cloud, here, tmp_path)


@pytest.fixture
def folder(turning, tmp_path):
    """Three messages of three kinds, one of them below; a plain file."""
    made = Folder(turning, tmp_path / "bestanden")
    made.write("a.enc", b"gegevens van A" * 100)
    made.write("onder/b.enc", BIG, algorithm=sdk.Algorithm.AES_256_GCM_IV12_TAG16_HKDF_SHA256)
    made.write("leeg.enc", b"")
    return made


def test_every_file_gets_a_new_data_key_and_keeps_its_contents(turning, folder):
    """Other data keys as KMS tells them, the same contents, context, mode and time; the old stand beside, hidden."""
    path = folder.path / "a.enc"
    path.chmod(0o640)
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    before = folder.keys()
    run = turning.rotate(str(folder.sync().path)).run_id
    folder.renewed(run, before)
    told = path.stat()
    assert (told.st_mode & 0o777, told.st_mtime_ns) == (0o640, 1_700_000_000_123_456_789)
    assert folder.header("a.enc").encryption_context.items() >= CONTEXT.items()
    assert {one for one in folder.files() if ".kms-console" not in one} == set(folder.known)


def test_to_another_cmk(turning, folder):
    """The header names it afterwards."""
    before = folder.keys()
    run = turning.rotate(str(folder.sync().path), intended=turning.transit).run_id
    folder.renewed(run, before)
    assert {folder.data_key(name)[1] for name in folder.known} == {turning.transit}
    (judged,) = turning.verdicts(run)
    assert all(one["data_key_before"] != one["data_key_after"] for one in judged.facts["named"])


def test_re_wrapping_is_shown_as_what_it_is_and_refused(turning, folder):
    """ReEncrypt keeps the data key."""
    choice = turning.choice(str(folder.sync().path))
    assert {route.name: route.effect for route in choice.routes} == {"rewrite": Effect.NEW_DK, "rewrap": Effect.REWRAP}
    with pytest.raises(UsageError, match=r"route\.unchanged"):
        choice.route("rewrap")


def test_what_is_no_message_is_left_alone_and_counted(turning, folder, tmp_path):
    """Plain files, links, pipes and messages of others: as they were, each with its reason; nothing outside is touched."""
    (folder.path / "lees.txt").write_text("gewoon")
    outside = tmp_path / "elders.enc"
    outside.write_bytes((folder.path / "a.enc").read_bytes())
    (folder.path / "weg.enc").symlink_to(outside)
    (folder.path / "map").symlink_to(tmp_path)
    os.mkfifo(folder.path / "pijp")
    before, kept = folder.keys(), outside.read_bytes()
    run = turning.rotate(str(folder.sync().path)).run_id
    folder.renewed(run, before)
    (judged,) = turning.verdicts(run)
    assert judged.facts["skipped"] == {"no_message": 1, "link": 1, "special": 1}
    assert (outside.read_bytes(), (folder.path / "lees.txt").read_text()) == (kept, "gewoon")
    assert (folder.path / "weg.enc").is_symlink()


def test_names_that_are_hostile_are_only_names(turning, folder):
    """Escapes, newlines, bytes that are no text, dashes: rotated as any other, and the folder is one row."""
    names = [b"\x1b[31mrood", b"twee\nregels", b"\xff\xfe", b"-rf", b"=cmd()"]
    body = (folder.path / "a.enc").read_bytes()
    for name in names:
        with (folder.path / os.fsdecode(name)).open("wb") as file:
            file.write(body)
    before = folder.keys()
    run = turning.rotate(str(folder.sync().path)).run_id
    folder.renewed(run, before)
    for name in names:
        with (folder.path / os.fsdecode(name)).open("rb") as file:
            assert file.read() != body
    assert turning.verdicts(run)[0].facts["files"] == 3 + len(names)


@pytest.mark.parametrize("how", ["torn", "followed", "linked"])
def test_a_message_that_cannot_be_rewritten_stays_and_nothing_is_called_proven(turning, folder, how):
    """Torn, followed by other bytes, or with a second name: left as it is, counted; the rest is rotated."""
    bad = folder.path / "slecht.enc"
    body = (folder.path / "a.enc").read_bytes()
    bad.write_bytes({"torn": body[:-5], "followed": body + b"meer", "linked": body}[how])
    if how == "linked":
        os.link(bad, folder.path.parent / "tweede naam")
    kept, before = bad.read_bytes(), folder.keys()
    run = turning.rotate(str(folder.sync().path)).run_id
    (judged,) = turning.verdicts(run)
    assert (judged.verdict, judged.reason) == (Verdict.UNKNOWN, "verdict.file.partly")
    assert judged.facts["skipped"] == {"hard_links" if how == "linked" else "broken": 1}
    assert bad.read_bytes() == kept
    assert folder.same()
    assert not {*before.values()} & {*folder.keys().values()}
    turning.engine().answer(run, {"what": "back"})
    assert turning.engine().resume(run).run.status is RunStatus.DONE
    assert folder.keys() == before
    assert folder.files() == {*folder.known, "slecht.enc"}


def test_what_is_new_may_stay_where_not_all_could_be_rotated(turning, folder):
    """In its time and by an explicit answer: the old of what is proven goes, the rest is as it was."""
    bad = folder.path / "slecht.enc"
    bad.write_bytes((folder.path / "a.enc").read_bytes()[:-5])
    before = folder.keys()
    run = turning.rotate(str(folder.sync().path), answers=[{"what": "keep"}]).run_id
    assert turning.engine().show(run).run.reason.key == "rotation.kept"
    assert turning.in_time(run, what="keep").run.status is RunStatus.DONE
    assert not {*before.values()} & {*folder.keys().values()}
    assert folder.files() == {*folder.known, "slecht.enc"}


def test_a_file_changed_in_the_middle_stays_as_it_was_changed(turning, folder):
    """Between the reading and the swap an application writes: its file stays, and the verdict says so."""
    run = folder.sync().begun()
    news = []

    def changes(heard):
        if heard.label.endswith(".file_swap") and not news:
            news.append(folder.write("a.enc", b"nieuwer"))

    turning.engine().resume(run, changes)
    (judged,) = turning.verdicts(run)
    assert (judged.verdict, judged.facts["skipped"]) == (Verdict.UNKNOWN, {"changed": 1})
    assert folder.plain("a.enc") == b"nieuwer"
    assert folder.same()
    turning.engine().abandon(run)
    assert folder.plain("a.enc") == b"nieuwer"
    assert folder.files() == set(folder.known)


def test_before_the_end_all_can_go_back(turning, folder):
    """Abandoned: the very files that were there, and nothing beside them."""
    before = folder.keys()
    run = turning.rotate(str(folder.sync().path)).run_id
    turning.engine().abandon(run)
    folder.as_before(before)
    assert folder.same()


def test_how_far_it_is_may_be_noted_at_every_piece(turning, folder, monkeypatch):
    """Forwards and back: whoever has much to do renews its lease and can be stopped."""
    monkeypatch.setattr("console.datakeys.envelope.steps.BEAT", 0.0)
    before = folder.keys()
    run = turning.rotate(str(folder.sync().path)).run_id
    folder.renewed(run, before)
    turning.engine().abandon(run)
    folder.as_before(before)


def test_the_old_goes_by_an_explicit_act(turning, folder):
    """Too early is refused; then the hidden folders are gone and the new files stay."""
    before = folder.keys()
    view = turning.rotate(str(folder.sync().path), answers=[{"confirm": str(folder.path)}])
    assert view.run.reason.key == "rotation.kept"
    assert turning.in_time(view.run_id, confirm=str(folder.path)).run.status is RunStatus.DONE
    assert folder.files() == set(folder.known)
    assert folder.same()
    assert not {*before.values()} & {*folder.keys().values()}


def test_a_second_run_waits_for_the_first(turning, folder):
    """While old files of one run stand there, another does not begin, and says which to finish."""
    first = turning.rotate(str(folder.sync().path)).run_id
    second = turning.rotate(str(folder.path))
    assert (second.run.status, second.run.reason.key) == (RunStatus.FAILED, "file.pending")
    assert second.run.reason.values["run"] == first


def test_few_files_are_rows_of_their_own(turning, tmp_path):
    """Up to the setting each message is a data key by itself, and is rotated by itself."""
    folder = Folder(turning, tmp_path / "weinig", rows=5)
    folder.write("een.enc", b"1")
    folder.write("twee.enc", b"2")
    before = folder.keys()
    run = turning.rotate(str(folder.sync().path / "een.enc")).run_id
    (judged,) = turning.verdicts(run)
    after = folder.keys()
    assert (judged.verdict, judged.facts["files"]) == (Verdict.PROVEN, 1)
    assert after["een.enc"] != before["een.enc"]
    assert after["twee.enc"] == before["twee.enc"]


def test_a_scan_reads_headers_and_decrypts_nothing(turning, folder):
    """One row with its number of files, under the CMK that the headers name, where the settings place it."""
    turning.cloud.forget()
    key = turning.choice(str(folder.sync().path)).subject
    assert "Decrypt" not in turning.cloud.asked(turning.region)
    assert (key.granularity, key.cmk, key.tenant, key.application) == (
        Granularity.FILE,
        turning.own,
        "Agentschap A",
        "X",
    )
    assert dict(key.detail)["files"] == "3"


def test_a_folder_that_is_not_there_is_a_gap(turning, tmp_path):
    """Not nothing: told, with its path."""
    folder = Folder(turning, tmp_path / "weg")
    folder.path.rmdir()
    from console.datakeys.envelope import KIND

    (account,) = turning.cloud.aws(turning.settings).accounts()
    (told,) = KIND.discover(account, turning.region, lambda _: None)
    assert (told.code, str(folder.path) in told.message) == ("Unreadable", True)


@pytest.mark.parametrize("instead", ["gone", "link"])
def test_a_folder_that_goes_or_becomes_a_link_is_said(turning, folder, instead, tmp_path):
    """After the scan and before the run: one sentence, and nothing behind the link is touched."""
    run = folder.sync().begun()
    away = folder.path.rename(tmp_path / "elders")
    if instead == "link":
        folder.path.symlink_to(away)
    view = turning.engine().resume(run)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "file.folder")
    assert not [one for one in away.rglob("*") if "kms-console" in one.name]
