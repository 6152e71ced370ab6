"""A bucket with very many objects is handed to S3 Batch Operations: what is asked is what botocore's own model allows."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import botocore.session
import pytest
from botocore.stub import Stubber

from console.datakeys.s3 import batch
from console.datakeys.s3.steps import BATCH
from console.terms import Rotating, Terms, WrongTermError, rotating_of
from console.workflow.context import Context
from console.workflow.model import Known, Told
from store.run_records import RunStatus, Sentence
from store.verdicts import Verdict
from tests.datakeys.buckets import Rewriting

ROLE = "arn:aws:iam::{account}:role/KmsConsoleBatch"
RULES = {"Rules": [{"BucketKeyEnabled": True}]}


class Desk:
    """Keeps what is saved; time does not pass."""

    def __init__(self):
        self.saved, self.waited = [], []

    def save(self, cursor, done, total):
        self.saved.append((cursor["status"], done, total))

    def wait(self, seconds):
        self.waited.append(seconds)


class Fake:
    """A step at work with a stubbed s3control, whose every parameter botocore checks, and an S3 with a report."""

    def __init__(self, report=b""):
        session = botocore.session.Session()
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
        self.control = session.create_client("s3control", "eu-west-1", **keys)
        self.s3 = session.create_client("s3", "eu-west-1", **keys)
        self.jobs, self.objects, self.desk = Stubber(self.control), Stubber(self.s3), Desk()
        rotating = Rotating(batch_objects=2, batch_role=ROLE, batch_report="rapporten")
        house = SimpleNamespace(settings=SimpleNamespace(terms=Terms(rotating=rotating)))
        facts = {
            "resource": "data",
            "account": "111122223333",
            "region": "eu-west-1",
            "intended": "arn:aws:kms:x:y:key/z",
        }
        outputs = Told({"s3_look": {"default": RULES}, "s3_default": {"start": 1_790_000_000}})
        account = SimpleNamespace(
            client=lambda service, region, attempts=0: getattr(self, {"s3": "s3"}.get(service, "control"))
        )
        lanes = SimpleNamespace(account=lambda lane, number: account)
        known = Known("run1", "data", facts, outputs=outputs)
        self.ctx = Context(known, BATCH, {}, Sentence(), {}, {}, lanes, self.desk, house)

    def told(self, status, good=0, bad=0, total=0, **rest):
        done = {"TotalNumberOfTasks": total, "NumberOfTasksSucceeded": good, "NumberOfTasksFailed": bad}
        answer = {"Job": {"JobId": "0815-a", "Status": status, "ProgressSummary": done, **rest}}
        self.jobs.add_response("describe_job", answer, {"AccountId": "111122223333", "JobId": "0815-a"})

    def object(self, key, body):
        where = {"Bucket": "rapporten", "ExpectedBucketOwner": "111122223333", "Key": key}
        self.objects.add_response("get_object", {"Body": io.BytesIO(body)}, where)


def test_a_job_is_asked_for_followed_and_its_report_read():
    """CreateJob by manifest filter, until it is complete; the report's failures are counted by their code."""
    fake = Fake()
    fake.jobs.add_response("create_job", {"JobId": "0815-a"}, batch.request(fake.ctx))
    fake.told("Preparing")
    fake.told("Active", 3, 1, 5)
    fake.told("Complete", 3, 2, 5)
    manifest = {
        "Results": [{"Key": "kms-console/run1/job-0815-a/results/1.csv"}],
        "ReportSchema": "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage",
    }
    fake.object("kms-console/run1/job-0815-a/manifest.json", json.dumps(manifest).encode())
    lines = b'"data","a%2Cb","","failed","AccessDenied","403","no"\n"data","c","","failed","412","412","x"\n'
    fake.object("kms-console/run1/job-0815-a/results/1.csv", lines)
    with fake.jobs, fake.objects:
        told = batch.hand_over(fake.ctx)
    fake.jobs.assert_no_pending_responses()
    assert told == {
        "job": "0815-a", "status": "Complete", "succeeded": 3, "failed": 2, "why": [],
        "codes": {"AccessDenied": 1, "412": 1},
    }  # fmt: skip
    assert fake.desk.saved[-2:] == [("Active", 4, 5), ("Complete", 5, 5)]
    assert fake.desk.waited == [batch.POLL] * 2


def test_the_request_names_what_may_not_be_lost():
    """Only what was there at the start, up to 5 GB, standard class, Bucket Keys as they are, by the full key ARN."""
    told = batch.request(Fake().ctx)
    copying = told["Operation"]["S3PutObjectCopy"]
    chosen = told["ManifestGenerator"]["S3JobManifestGenerator"]["Filter"]
    assert copying["UnModifiedSinceConstraint"] == chosen["CreatedBefore"]
    assert (copying["SSEAwsKmsKeyId"], copying["BucketKeyEnabled"]) == ("arn:aws:kms:x:y:key/z", True)
    assert chosen["MatchAnyObjectEncryption"][0] == {"SSEKMS": {"BucketKeyEnabled": True}}
    assert (chosen["ObjectSizeLessThanBytes"], chosen["MatchAnyStorageClass"]) == (5 * 1024**3, ["STANDARD"])
    assert told["RoleArn"] == "arn:aws:iam::111122223333:role/KmsConsoleBatch"
    assert told["ClientRequestToken"] == batch.request(Fake().ctx)["ClientRequestToken"]


def test_a_job_that_a_killed_run_began_is_only_followed():
    """Its id is in the cursor."""
    fake = Fake()
    fake.ctx.cursor = {"job": "0815-a"}
    fake.told("Failed", FailureReasons=[{"FailureCode": "ManifestFailed"}])
    with fake.jobs:
        told = batch.hand_over(fake.ctx)
    assert (told["status"], told["why"]) == ("Failed", ["ManifestFailed"])


def test_giving_up_cancels_a_job_that_runs():
    """One that has ended is left alone."""
    fake = Fake()
    fake.ctx.output = {"job": "0815-a"}
    fake.told("Active")
    wish = {"AccountId": "111122223333", "JobId": "0815-a", "RequestedJobStatus": "Cancelled"}
    fake.jobs.add_response("update_job_status", {"JobId": "0815-a", "Status": "Cancelling"}, wish)
    fake.told("Complete")
    with fake.jobs:
        batch.cancel(fake.ctx)
        batch.cancel(fake.ctx)
    fake.jobs.assert_no_pending_responses()


@pytest.fixture
def plain(cloud, tmp_path):
    rotating = Rotating(batch_objects=2, batch_role=ROLE, batch_report="rapporten")
    return Rewriting(cloud, cloud.region(), tmp_path, terms=Terms(rotating=rotating))


def enforced(turning):
    rule = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    turning.s3.put_bucket_ownership_controls(Bucket=turning.bucket, OwnershipControls=rule)


def test_more_objects_than_the_setting_go_to_batch_and_what_it_leaves_is_done_here(plain, monkeypatch):
    """The same plan: asked for quiet first; a job that fails in the end changes nothing of the result."""
    enforced(plain)
    for name in "abc":
        plain.put(name)
    before = {one["data_key"] for one in plain.facts()}
    asked = []

    def ask(client, method, **told):
        asked.append(method)
        return {"JobId": "0815-a"} if method == "create_job" else {"Job": {"Status": "Failed"}}

    monkeypatch.setattr(batch, "ask", ask)
    view, judged = plain.turn(answers=[{"quiet": True}])
    assert asked == ["create_job", "describe_job"]
    assert (view.run.status, judged.verdict, judged.facts["rotated"]) == (RunStatus.DONE, Verdict.PROVEN, 3)
    assert not {one["data_key"] for one in plain.facts()} & before


def test_fewer_objects_stay_here(plain):
    """Nothing is asked."""
    enforced(plain)
    plain.put("a")
    view, judged = plain.turn()
    assert (view.run.status, judged.verdict) == (RunStatus.DONE, Verdict.PROVEN)


def test_who_asks_for_batch_hears_why_it_is_not_open(plain):
    """ACLs would be lost; or the settings name no role."""
    plain.put("a")
    view, _ = plain.turn("batch")
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "s3.batch_not")
    plain.settings = replace(plain.settings, terms=Terms())
    assert plain.engine().resume(view.run_id).run.reason.key == "s3.batch_unset"


def test_the_settings_of_batch_are_checked():
    """A role that is none, and what is right."""
    assert rotating_of({"batch_role": ROLE, "batch_objects": 5}).batch_objects == 5
    with pytest.raises(WrongTermError):
        rotating_of({"batch_role": "KmsConsoleBatch"})
