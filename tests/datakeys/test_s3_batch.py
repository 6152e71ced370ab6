"""A bucket with very many objects is handed to S3 Batch Operations, followed, and proven by what AWS's side knows."""

import json
import threading
import time
from dataclasses import replace

import pytest

from console.aws import objects
from console.terms import Terms, WrongTermError, rotating_of
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.batches import ROLE, STILL, Handing


@pytest.fixture
def plain(cloud, tmp_path):
    return Handing(cloud, cloud.region(), tmp_path)


@pytest.fixture
def versioned(cloud, tmp_path):
    return Handing(cloud, cloud.region(), tmp_path, versioned=True)


def names(facts):
    return [(one["id"], one["version"], one["data_key"]) for one in facts]


def test_more_objects_than_the_setting_go_to_batch_and_come_back_proven(plain):
    """Asked for quiet first; every object has a new data key, and all else as it was."""
    for name in ("a", "map/é +&?=", "c"):
        plain.put(name, name.encode(), Metadata={"m": name.encode().hex()}, Tagging="t=1")
    before, held = {one["data_key"] for one in plain.facts()}, plain.held()
    view, judged = plain.turn(answers=[STILL])
    [job] = plain.jobs()
    assert (view.run.status, judged.verdict) == (RunStatus.DONE, Verdict.PROVEN)
    assert judged.facts["batch"] == {
        "job": job["JobId"], "status": "Complete", "succeeded": 3, "failed": 0, "why": [], "codes": {},
    }  # fmt: skip
    assert judged.facts["counts"] == {"found": 3}
    assert plain.held() == held
    assert not {one["data_key"] for one in plain.facts()} & before
    assert {one["cmk"] for one in plain.facts()} == {plain.own}
    assert plain.control.get_job_tagging(AccountId=plain.account, JobId=job["JobId"])["Tags"] == [
        {"Key": "kms-console:run", "Value": view.run_id}
    ]


def test_what_batch_cannot_take_whole_is_done_here(plain, monkeypatch):
    """Large, of a cold class, under S3's own key or another Bucket Key: the filter leaves them out."""
    monkeypatch.setattr(objects, "COPY_LIMIT", 10)
    monkeypatch.setattr(objects, "PART", 8)
    plain.cloud.sizes(copy=10, part=4)
    plain.put("gewoon")
    plain.put("groot", b"0123456789abcdef")
    plain.put("koud", StorageClass="STANDARD_IA")
    plain.put("s3", ServerSideEncryption="AES256")
    plain.put("sleutel", ServerSideEncryption="aws:kms", SSEKMSKeyId=plain.own, BucketKeyEnabled=True)
    before = {one["data_key"] for one in plain.facts()}
    _, judged = plain.turn(answers=[STILL])
    assert judged.verdict is Verdict.PROVEN
    assert (judged.facts["batch"]["succeeded"], judged.facts["counts"]) == (1, {"found": 1, "rotated": 4})
    assert not {one["data_key"] for one in plain.facts()} & before


def test_objects_that_fail_in_the_job_are_done_here_and_counted_by_their_code(plain):
    """The report is read back: the CMK keeps the role away from one object, not us."""
    for name in "abc":
        plain.put(name)
    told = {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{plain.bucket}/b"}
    plain.deny_role("kms:GenerateDataKey", StringEquals=told)
    _, judged = plain.turn(answers=[STILL])
    assert judged.verdict is Verdict.PROVEN
    assert judged.facts["batch"]["codes"] == {"AccessDenied": 1}
    assert judged.facts["counts"] == {"found": 2, "rotated": 1}


def test_a_job_that_fails_as_a_whole_leaves_everything_to_us(plain):
    """Its role trusts somebody else."""
    iam = plain.cloud.client("iam", "us-east-1", plain.account)
    document = plain.shipped("batch-trust").replace("batchoperations.s3", "ec2")
    iam.update_assume_role_policy(RoleName="KmsConsoleBatch", PolicyDocument=document)
    for name in "abc":
        plain.put(name)
    view, judged = plain.turn(answers=[STILL])
    assert (view.run.status, judged.verdict) == (RunStatus.DONE, Verdict.PROVEN)
    told = judged.facts["batch"]
    assert (told["status"], told["why"], judged.facts["counts"]) == ("Failed", ["AccessDenied"], {"rotated": 3})


def test_a_job_that_somebody_cancels_is_told_and_goes_on_only_when_that_is_meant(plain):
    """One sentence with their reason; who goes on all the same has the rest rewritten here."""
    for name in "abc":
        plain.put(name)
    run = plain.begun()
    plain.cloud.jobs(tasks=0)

    def cancel():
        job = plain.reach("Active")["JobId"]
        told = {"AccountId": plain.account, "JobId": job, "RequestedJobStatus": "Cancelled"}
        plain.control.update_job_status(**told, StatusUpdateReason="te duur")

    somebody = threading.Thread(target=cancel)
    somebody.start()
    view = plain.engine().resume(run)
    somebody.join()
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "s3.batch_cancelled")
    assert dict(view.run.reason.values)["detail"] == "te duur"
    view = plain.engine().resume(run)
    [judged] = plain.verdicts(run)
    assert (view.run.status, judged.verdict, judged.facts["rotated"]) == (RunStatus.DONE, Verdict.PROVEN, 3)
    assert len(plain.jobs()) == 1


def test_a_run_given_up_while_its_job_is_at_work_leaves_no_version_of_it(versioned):
    """The job is cancelled and its end awaited; what it had written goes, for the same stands beneath."""
    for name in "abcd":
        versioned.put(name, name.encode())
    before = names(versioned.facts())
    run = versioned.begun()
    versioned.cloud.jobs(tasks=0)
    versioned.slept = Stopping(versioned, run)
    view = versioned.engine().resume(run)
    assert view.run.status is RunStatus.PAUSED
    written = len(versioned.facts()) - len(before)
    versioned.slept = Brief()
    assert versioned.engine().abandon(run).run.status is RunStatus.ABANDONED
    assert (versioned.jobs()[0]["Status"] in ("Cancelled", "Complete"), written > 0) == (True, True)
    assert names(versioned.facts()) == before


class Brief:
    """Sleeps as asked, but hardly."""

    def append(self, seconds):
        time.sleep(min(seconds, 0.05))


class Stopping(Brief):
    """Asks to stop as soon as the job has copied something."""

    def __init__(self, handing, run):
        self.handing, self.run = handing, run

    def append(self, seconds):
        super().append(seconds)
        if any(one["Status"] == "Active" for one in self.handing.jobs()):
            self.handing.cloud.jobs(tasks=1)
            while not self.handing.jobs()[0]["ProgressSummary"]["NumberOfTasksSucceeded"]:
                super().append(seconds)
            self.handing.cloud.jobs(tasks=0)
            self.handing.engine().stop(self.run)


def test_a_proven_run_given_up_takes_the_jobs_versions_back_and_no_others(versioned):
    """What somebody has written since is theirs, also where it came on top."""
    for name in "abc":
        versioned.put(name, name.encode())
    before = names(versioned.facts())
    view, judged = versioned.turn(answers=[STILL])
    assert judged.verdict is Verdict.PROVEN
    theirs = versioned.put("a", b"van een ander")
    versioned.engine().abandon(view.run_id)
    left = {version for _, version, _ in names(versioned.facts())} - {version for _, version, _ in before}
    assert theirs in left
    assert {one["version"] for one in versioned.facts("b")} == {v for i, v, _ in before if i.endswith("/b")}
    assert {one["digest"] for one in versioned.facts("c")} == {versioned.facts("c")[0]["digest"]}


def test_without_versions_what_the_job_wrote_stays_when_the_run_is_given_up(plain):
    """There is nothing to go back to; the bytes are the same, and nothing more is written."""
    for name in "abcd":
        plain.put(name, name.encode())
    old, held, run = {one["data_key"] for one in plain.facts()}, plain.held(), plain.begun()
    plain.cloud.jobs(tasks=0)
    plain.slept = Stopping(plain, run)
    assert plain.engine().resume(run).run.status is RunStatus.PAUSED
    plain.slept = Brief()
    assert plain.engine().abandon(run).run.status is RunStatus.ABANDONED
    [job] = plain.jobs()
    new = [one for one in plain.facts() if one["data_key"] not in old]
    assert job["Status"] in ("Cancelled", "Complete")
    assert len(new) == job["ProgressSummary"]["NumberOfTasksSucceeded"] > 0
    assert plain.held() == held


def test_a_job_that_nobody_lived_to_note_is_found_and_cancelled(plain):
    """CreateJob was answered, and nothing could be noted any more."""
    for name in "abc":
        plain.put(name)
    before, run = names(plain.facts()), plain.begun()
    plain.cloud.jobs(tasks=0)
    plain.cloud.fault("DescribeJob", plain.region, "AccessDenied", status=403)
    view = plain.engine().resume(run)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "run.aws_denied")
    plain.cloud.heal()
    plain.cloud.jobs(tasks=0)
    assert plain.engine().abandon(run).run.status is RunStatus.ABANDONED
    assert [one["Status"] for one in plain.jobs()] == ["Cancelled"]
    assert names(plain.facts()) == before


def test_the_old_versions_of_what_the_job_wrote_are_removed_as_others_are(versioned):
    """By the same explicit act, after their time, and only where the new one holds the same."""
    for name in "abc":
        versioned.put(name, name.encode())
    old = {one["version"] for one in versioned.facts()}
    held = versioned.held()
    view, _ = versioned.turn(answers=[STILL, {"what": "copied", "confirm": versioned.bucket}])
    assert view.run.reason.key == "rotation.kept"
    done = versioned.in_time(view.run_id, what="copied", confirm=versioned.bucket)
    assert done.run.status is RunStatus.DONE
    assert not {one["version"] for one in versioned.facts()} & old
    assert versioned.held() == held


def test_older_versions_keep_a_bucket_from_batch(versioned):
    """Its list may name them all, and one that it copied would come on top: rewritten here instead, or told why."""
    for name in "abc":
        versioned.put(name, b"1")
    versioned.put("a", b"2")
    view, judged = versioned.turn()
    assert (judged.verdict, versioned.jobs()) == (Verdict.PROVEN, [])
    assert versioned.s3.get_object(Bucket=versioned.bucket, Key="a")["Body"].read() == b"2"
    view, _ = versioned.turn("batch")
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "s3.batch_history")


def test_fewer_objects_stay_here(plain):
    """Nothing is asked."""
    plain.put("a")
    view, judged = plain.turn()
    assert (view.run.status, judged.verdict, plain.jobs()) == (RunStatus.DONE, Verdict.PROVEN, [])


def test_who_asks_for_batch_hears_why_it_is_not_open(plain):
    """ACLs would be lost; or the settings name no role."""
    plain.put("a")
    plain.s3.delete_bucket_ownership_controls(Bucket=plain.bucket)
    view, _ = plain.turn("batch")
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "s3.batch_not")
    plain.settings = replace(plain.settings, terms=Terms())
    assert plain.engine().resume(view.run_id).run.reason.key == "s3.batch_unset"


def test_the_settings_of_batch_are_checked():
    """A role that is none, and what is right."""
    assert rotating_of({"batch_role": ROLE, "batch_objects": 5}).batch_objects == 5
    with pytest.raises(WrongTermError):
        rotating_of({"batch_role": "KmsConsoleBatch"})


def test_the_role_that_ships_has_the_rights_that_a_job_takes_and_no_others(plain):
    """Read and write of the objects, the list, the report, the CMKs; no deleting, no settings."""
    told = json.loads(plain.shipped("batch-role"))["Statement"]
    actions = {name for one in told for name in (one["Action"] if isinstance(one["Action"], list) else [one["Action"]])}
    assert not {name for name in actions if "Delete" in name or "*" in name or "Acl" in name}
    assert {name.split(":")[0] for name in actions} == {"s3", "kms"}
    assert all(one["Resource"] != "*" for one in told)
