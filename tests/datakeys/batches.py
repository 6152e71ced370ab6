"""A bucket that goes to S3 Batch Operations: with the role and policies that ship, and a bucket for its reports."""

import json
import time
from pathlib import Path

import console.aws
from console.terms import Rotating, Terms
from tests.clouds import CENTRAL
from tests.datakeys.buckets import Rewriting

ROLE = "arn:aws:iam::{account}:role/KmsConsoleBatch"
POLICIES = Path(console.aws.__file__).parent / "policies"
STILL = {"quiet": True}


class Handing(Rewriting):
    """Batch Operations gets whatever has more than two objects."""

    def __init__(self, cloud, region, folder, **changes):
        terms = Terms(rotating=Rotating(batch_objects=2, batch_role=ROLE, batch_report=f"rapport-{region}"))
        super().__init__(cloud, region, folder, terms=terms, **changes)
        self.reports = f"rapport-{region}"
        self.s3.create_bucket(Bucket=self.reports, CreateBucketConfiguration={"LocationConstraint": region})
        rule = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        self.s3.put_bucket_ownership_controls(Bucket=self.bucket, OwnershipControls=rule)
        iam = cloud.client("iam", "us-east-1", self.account)
        iam.create_role(RoleName="KmsConsoleBatch", AssumeRolePolicyDocument=self.shipped("batch-trust"))
        iam.put_role_policy(RoleName="KmsConsoleBatch", PolicyName="batch", PolicyDocument=self.shipped("batch-role"))

    def sync(self):
        """Not in the second of the last write: a job takes what was written before its own, and S3 tells whole ones."""
        written = [one["LastModified"] for one in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", ())]
        while written and time.time() < max(written).timestamp() + 1:
            time.sleep(0.02)
        super().sync()

    def shipped(self, name):
        """A policy that ships, filled in."""
        words = {
            "TENANT_ACCOUNT_ID": self.account, "CENTRAL_ACCOUNT_ID": CENTRAL, "REPORT_BUCKET": self.reports,
            "BUCKET": self.bucket,
        }  # fmt: skip
        text = (POLICIES / f"{name}.json").read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        return text

    @property
    def control(self):
        return self.cloud.client("s3control", self.region, self.account)

    def jobs(self):
        """Every job of the account in this Region, as DescribeJob tells it."""
        listed = self.control.list_jobs(AccountId=self.account)["Jobs"]
        return [self.control.describe_job(AccountId=self.account, JobId=one["JobId"])["Job"] for one in listed]

    def reach(self, *states):
        """The one job, once it is in one of these states."""
        end = time.monotonic() + 30
        while not (found := [one for one in self.jobs() if one["Status"] in states]):
            assert time.monotonic() < end, self.jobs()
            time.sleep(0.02)
        return found[0]

    def begun(self, route="rewrite"):
        """A run that stands before the job, with the question answered: nothing has been written yet."""
        self.sync()
        choice = self.choice(self.bucket)
        engine = self.engine()
        run = engine.start(self.planner.wish(choice, choice.route(route)))
        engine.resume(run)
        engine.answer(run, STILL)
        return run

    def deny_role(self, *actions, **condition):
        """The CMK's policy keeps the job's role out, from everything or from what the condition says."""
        everything = {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "*"}}
        told = {"ArnLike": {"aws:PrincipalArn": ROLE.format(account=self.account)}} | condition
        statements = [everything, {**everything, "Effect": "Deny", "Action": list(actions), "Condition": told}]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.cloud.client("kms", self.region).put_key_policy(KeyId=self.own, PolicyName="default", Policy=policy)
