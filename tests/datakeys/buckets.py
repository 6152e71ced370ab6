"""A bucket of a tenant whose objects are to get new data keys: filled, looked at from outside, judged by the sandbox."""

import time

from console.datakeys.s3.house import results_file
from console.datakeys.s3.ledger import results
from tests.datakeys.turning import Turning

PLACES = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie"}
UNREADABLE = {"ResponseMetadata", "LastModified", "VersionId", "ETag", "AcceptRanges", "ChecksumType"}


class Rewriting(Turning):
    """Its bucket is under `own`; time really passes, since S3 dates what is written by whole seconds."""

    def __init__(self, cloud, region, folder, *, versioned=False, locked=False, **changes):
        super().__init__(cloud, region, folder, **changes)
        self.slept = Sleeper()
        self.bucket = f"data-{self.account}-{region}"
        where = {"LocationConstraint": region}
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=locked)
        if versioned:
            self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        tags = [{"Key": key, "Value": value} for key, value in PLACES.items()]
        self.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": tags})
        self.under(self.own)

    @property
    def s3(self):
        return self.cloud.client("s3", self.region, self.account)

    def under(self, key):
        """The bucket's default encryption."""
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
        self.s3.put_bucket_encryption(Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    def default(self):
        told = self.s3.get_bucket_encryption(Bucket=self.bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        return told["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")

    def put(self, key, body=b"inhoud", **rest):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **rest).get("VersionId", "")

    def facts(self, key=None):
        """What the sandbox knows of every version, oldest first."""
        found = [one for one in self.cloud._ask("judge")["objects"] if one["id"].startswith(f"{self.bucket}/")]
        return [one for one in found if key is None or one["id"] == f"{self.bucket}/{key}"]

    def held(self):
        """Every current object as a reader meets it: bytes, metadata, tags, ACL, class and lock, by key."""
        found = {}
        for entry in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", ()):
            where = {"Bucket": self.bucket, "Key": entry["Key"]}
            told = self.s3.get_object(**where)
            body = told.pop("Body").read()
            tags = self.s3.get_object_tagging(**where)["TagSet"]
            grants = self.s3.get_object_acl(**where)["Grants"]
            plain = {name: value for name, value in told.items() if name not in UNREADABLE}
            found[entry["Key"]] = (body, plain, tags, grants)
        return found

    def turn(self, route="rewrite", answers=(), intended=""):
        """Synced, rotated as far as it goes, and what was judged (None: nothing)."""
        self.sync()
        view = self.rotate(self.bucket, route, answers, intended)
        found = self.verdicts(view.run_id)
        return view, found[0] if found else None

    def results(self, run_id):
        return {one.key: one for one, _ in results(results_file(self.settings.store, run_id))}


class Sleeper:
    """Sleeps as asked, but never long."""

    def append(self, seconds):
        time.sleep(min(seconds, 0.25))
