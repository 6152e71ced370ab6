"""S3 Batch Operations of the sandbox: a job really copies, by its role, and reports as S3 does."""

import csv
import io
import json
import time
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "batchoperations.s3.amazonaws.com"}}
    ],
}
FUTURE = datetime(2040, 1, 1, tzinfo=UTC)
OURS = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "*"}}


class Ground:
    """An account with a bucket under a CMK, a bucket for reports and a role for jobs."""

    def __init__(self, aws, name, trust=TRUST, versioned=False):
        self.aws, self.name = aws, name
        self.account = aws.tenant(name)
        self.key = aws.client("kms").create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [OURS]}))
        self.key = self.key["KeyMetadata"]["Arn"]
        self.bucket, self.reports = f"{name}-data", f"{name}-rapporten"
        for bucket in (self.bucket, self.reports):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        if versioned:
            self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        iam = aws.client("iam", name)
        self.role = iam.create_role(RoleName="Batch", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]

    @property
    def s3(self):
        return self.aws.client("s3", self.name)

    @property
    def control(self):
        return self.aws.client("s3control", self.name)

    def put(self, key, body=b"inhoud", **rest):
        wish = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key}
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **(wish | rest))

    def wish(self, scope="AllTasks", chosen=None, **rest):
        """CreateJob's parameters."""
        arn = f"arn:aws:s3:::{self.bucket}"
        copying = {"TargetResource": arn, "SSEAwsKmsKeyId": self.key, "MetadataDirective": "COPY",
                   "UnModifiedSinceConstraint": FUTURE}  # fmt: skip
        generator = {"SourceBucket": arn, "EnableManifestOutput": False, "Filter": chosen or {}}
        report = {
            "Bucket": f"arn:aws:s3:::{self.reports}", "Format": "Report_CSV_20180820", "Enabled": True,
            "Prefix": "proef", "ReportScope": scope,
        }  # fmt: skip
        told = {
            "AccountId": self.account, "ConfirmationRequired": False, "Priority": 10, "RoleArn": self.role,
            "ClientRequestToken": "t1", "Operation": {"S3PutObjectCopy": copying}, "Report": report,
            "ManifestGenerator": {"S3JobManifestGenerator": generator}, "Description": "proef",
        }  # fmt: skip
        return told | rest

    def create(self, **rest):
        return self.control.create_job(**self.wish(**rest))["JobId"]

    def told(self, job):
        return self.control.describe_job(AccountId=self.account, JobId=job)["Job"]

    def reach(self, job, *states):
        """The job, once it is in one of these states."""
        end = time.monotonic() + 30
        while (told := self.told(job))["Status"] not in states:
            assert time.monotonic() < end, told
            time.sleep(0.02)
        return told

    def reported(self, job):
        """The manifest of the report, and the lines by the kind of file."""
        manifest = json.loads(self.body(f"proef/job-{job}/manifest.json"))
        told = {one["TaskExecutionStatus"]: self.body(one["Key"]).decode() for one in manifest["Results"]}
        return manifest, {kind: list(csv.reader(io.StringIO(text))) for kind, text in told.items()}

    def body(self, key):
        return self.s3.get_object(Bucket=self.reports, Key=key)["Body"].read()

    def data_keys(self):
        facts = self.aws.desk("GET", "lineage")[1]["objects"]
        return {
            (one["id"], one["version"]): one["data_key"] for one in facts if one["id"].startswith(f"{self.bucket}/")
        }


@pytest.fixture(autouse=True)
def calm(aws):
    yield
    aws.desk("POST", "faults/off")


def code(caught):
    return caught.value.response["Error"]["Code"]


def test_a_job_gives_every_object_a_new_data_key_and_reports_it(aws):
    """From New to Complete; the report's columns are S3's: the status of HTTP, then the code."""
    ground = Ground(aws, "heel")
    ground.put("a", Metadata={"m": "v"})
    ground.put("map/é b", b"")
    before = ground.data_keys()
    job = ground.create()
    told = ground.reach(job, "Complete")
    counts = told["ProgressSummary"]
    assert (counts["TotalNumberOfTasks"], counts["NumberOfTasksSucceeded"], counts["NumberOfTasksFailed"]) == (2, 2, 0)
    assert told["CreationTime"] <= told["TerminationDate"]
    assert told["Operation"]["S3PutObjectCopy"]["SSEAwsKmsKeyId"] == ground.key
    after = ground.data_keys()
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    assert ground.s3.head_object(Bucket=ground.bucket, Key="a")["Metadata"] == {"m": "v"}
    manifest, lines = ground.reported(job)
    assert manifest["Format"] == "Report_CSV_20180820"
    assert lines == {
        "succeeded": [
            [ground.bucket, "a", "", "succeeded", "200", "", "Successful"],
            [ground.bucket, "map/%C3%A9%20b", "", "succeeded", "200", "", "Successful"],
        ]
    }


def test_the_filter_chooses(aws):
    """By time, size, class and kind of encryption; one kind, for the model allows no more."""
    ground = Ground(aws, "filter")
    ground.put("goed", b"x" * 5)
    ground.put("groot", b"x" * 50)
    ground.put("koud", b"x", StorageClass="STANDARD_IA")
    ground.put("sleutel", b"x", BucketKeyEnabled=True)
    ground.s3.put_object(Bucket=ground.bucket, Key="s3", Body=b"x", ServerSideEncryption="AES256")
    chosen = {
        "ObjectSizeLessThanBytes": 10, "MatchAnyStorageClass": ["STANDARD"],
        "CreatedBefore": FUTURE,
        "MatchAnyObjectEncryption": [{"SSEKMS": {"BucketKeyEnabled": False}}],
    }  # fmt: skip
    job = ground.create(chosen=chosen)
    ground.reach(job, "Complete")
    assert [line[1] for line in ground.reported(job)[1]["succeeded"]] == ["goed"]
    chosen["MatchAnyObjectEncryption"].append({"SSES3": {}})
    with pytest.raises(ClientError) as caught:
        ground.create(chosen=chosen, ClientRequestToken="t2")
    assert code(caught) == "InvalidRequest"


def test_objects_fail_one_by_one_and_the_report_says_why(aws):
    """Archived, too large, changed since, under a customer's own key: each with S3's own code."""
    ground = Ground(aws, "stuk")
    ground.put("archief", StorageClass="GLACIER")
    ground.put("groot", b"x" * 50)
    ground.put("gewoon")
    key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}
    ground.s3.put_object(Bucket=ground.bucket, Key="klant", Body=b"x", **key)
    aws.desk("POST", "sizes", {"copy": 10, "part": 4})
    job = ground.create(scope="FailedTasksOnly")
    told = ground.reach(job, "Complete")
    assert told["ProgressSummary"]["NumberOfTasksFailed"] == 3
    lines = ground.reported(job)[1]
    assert lines.keys() == {"failed"}
    assert {line[1]: (line[4], line[5]) for line in lines["failed"]} == {
        "archief": ("403", "ObjectNotInActiveTierError"), "groot": ("400", "InvalidRequest"), "klant": ("400", "InvalidRequest"),
    }  # fmt: skip


def test_a_cmk_that_does_not_let_the_role_in_fails_every_object(aws):
    """By its key policy, not by what the job's maker may do."""
    ground = Ground(aws, "sleutel")
    ground.put("a")
    role = {"ArnLike": {"aws:PrincipalArn": ground.role}}
    statements = [OURS, {**OURS, "Effect": "Deny", "Action": "kms:GenerateDataKey", "Condition": role}]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    aws.client("kms").put_key_policy(KeyId=ground.key, PolicyName="default", Policy=policy)
    job = ground.create()
    ground.reach(job, "Complete")
    assert [line[3:6] for line in ground.reported(job)[1]["failed"]] == [["failed", "403", "AccessDenied"]]


def test_the_same_token_is_the_same_job(aws):
    """And with other parameters a mistake."""
    ground = Ground(aws, "eens")
    ground.put("a")
    assert ground.create() == ground.create()
    with pytest.raises(ClientError) as caught:
        ground.create(Priority=11)
    assert code(caught) == "IdempotencyException"
    assert [one["Description"] for one in ground.control.list_jobs(AccountId=ground.account)["Jobs"]] == ["proef"]


def test_a_job_waits_until_it_is_confirmed(aws):
    """Suspended, with its objects counted; then Ready and on."""
    ground = Ground(aws, "bevestig")
    ground.put("a")
    job = ground.create(ConfirmationRequired=True)
    told = ground.reach(job, "Suspended")
    assert (told["SuspendedCause"], told["ProgressSummary"]["TotalNumberOfTasks"]) == ("Awaiting confirmation", 1)
    wish = {"AccountId": ground.account, "JobId": job}
    assert ground.control.update_job_status(**wish, RequestedJobStatus="Ready")["Status"] == "Ready"
    ground.reach(job, "Complete")
    with pytest.raises(ClientError) as caught:
        ground.control.update_job_status(**wish, RequestedJobStatus="Cancelled")
    assert code(caught) == "JobStatusException"


def test_a_cancelled_job_copies_no_more_and_reports_what_it_did(aws):
    """What stood still in the middle ends there."""
    ground = Ground(aws, "weg")
    for name in "abc":
        ground.put(name)
    aws.desk("POST", "jobs", {"tasks": 0})
    job = ground.create()
    ground.reach(job, "Active")
    wish = {"AccountId": ground.account, "JobId": job, "StatusUpdateReason": "toch niet"}
    ground.control.update_job_status(**wish, RequestedJobStatus="Cancelled")
    told = ground.reach(job, "Cancelled")
    assert (told["StatusUpdateReason"], told["ProgressSummary"]["NumberOfTasksSucceeded"]) == ("toch niet", 0)


def test_a_role_that_does_not_trust_the_service_fails_the_job(aws):
    """One of an account's people is not S3 Batch Operations."""
    trust = json.loads(json.dumps(TRUST))
    trust["Statement"][0]["Principal"] = {"AWS": "*"}
    ground = Ground(aws, "trouw", trust)
    ground.put("a")
    before = ground.data_keys()
    told = ground.reach(ground.create(), "Failed")
    assert told["FailureReasons"][0]["FailureCode"] == "AccessDenied"
    assert ground.data_keys() == before


def test_a_job_where_most_fails_stops(aws):
    """After a thousand tasks (here four), when more than half of them failed."""
    ground = Ground(aws, "drempel")
    for number in range(6):
        ground.put(f"{number}", StorageClass="GLACIER")
    aws.desk("POST", "jobs", {"tasks": 2, "attempted": 4})
    told = ground.reach(ground.create(scope="FailedTasksOnly"), "Failed")
    assert told["ProgressSummary"]["NumberOfTasksFailed"] == 4
    assert told["FailureReasons"][0]["FailureCode"] == "TaskFailureThresholdExceeded"


def test_labels_and_what_is_not_there(aws):
    """Tags are kept; a job of another account is none; a job of another kind is refused."""
    ground = Ground(aws, "label")
    ground.put("a")
    job = ground.create(Tags=[{"Key": "run", "Value": "1"}])
    wish = {"AccountId": ground.account, "JobId": job}
    assert ground.control.get_job_tagging(**wish)["Tags"] == [{"Key": "run", "Value": "1"}]
    with pytest.raises(ClientError) as caught:
        ground.control.describe_job(AccountId=ground.account, JobId="00000")
    assert code(caught) == "NoSuchJob"
    with pytest.raises(ClientError) as caught:
        ground.create(Operation={"S3DeleteObjectTagging": {}}, ClientRequestToken="t2")
    assert code(caught) == "NotImplemented"
