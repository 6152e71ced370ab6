"""A prefix of a bucket with encrypted files as an application would leave them there."""

import hashlib
import io
from dataclasses import replace

import aws_encryption_sdk as sdk
from aws_encryption_sdk.internal.formatting.deserialize import deserialize_header
from aws_encryption_sdk.key_providers.kms import KMSMasterKey

from console.files import FilesSettings
from tests.datakeys.folders import CONTEXT, Folder

LIKE = {"Metadata": {"dossier": "7"}, "ContentType": "application/x-y", "StorageClass": "STANDARD_IA", "Tagging": "a=b"}


class Prefix(Folder):
    """As a folder, but in a bucket of the tenant."""

    def __init__(self, turning, *, name="p", versioned=True, rows=0, lock=False):
        self.turning, self.versioned = turning, versioned
        self.kms = turning.cloud.client("kms", turning.region, turning.account)
        self.s3 = turning.cloud.client("s3", turning.region, turning.account)
        self.bucket, self.within = f"files-{name}-{turning.account}", "archief"
        self.path = f"s3://{self.bucket}/{self.within}"
        where = {"LocationConstraint": turning.region}
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=lock)
        if versioned:
            self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        told = FilesSettings("Agentschap A", self.path, turning.own, "X", "Productie", rows)
        (tenant,) = turning.settings.tenants
        turning.settings = replace(turning.settings, tenants=(replace(tenant, files=(*tenant.files, told)),))
        self.known = {}

    def put(self, name, body, **more):
        self.s3.put_object(Bucket=self.bucket, Key=f"{self.within}/{name}", Body=body, **more)

    def write(self, name, data, **more):
        master = KMSMasterKey(key_id=self.turning.own, client=self.kms)
        sealed, _ = sdk.EncryptionSDKClient().encrypt(source=data, key_provider=master, encryption_context=CONTEXT)
        self.put(name, sealed, **{**LIKE, **more})
        self.known[name] = hashlib.sha256(data).digest()

    def got(self, name):
        return self.s3.get_object(Bucket=self.bucket, Key=f"{self.within}/{name}")

    def head(self, name):
        return self.s3.head_object(Bucket=self.bucket, Key=f"{self.within}/{name}", ChecksumMode="ENABLED")

    def header(self, name):
        return deserialize_header(io.BytesIO(self.got(name)["Body"].read()))[0]

    def plain(self, name):
        keys = [KMSMasterKey(key_id=self.data_key(name)[1], client=self.kms)]
        return sdk.EncryptionSDKClient().decrypt(source=self.got(name)["Body"].read(), key_provider=keys[0])[0]

    def files(self):
        """Every key below the prefix."""
        found = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", ())
        return {one["Key"].removeprefix(f"{self.within}/") for one in found}

    def versions(self):
        return len(self.s3.list_object_versions(Bucket=self.bucket).get("Versions", ()))

    def uploads(self):
        return self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])

    def as_before(self, before):
        """Every object is the one that was there, and nothing is beside it, also no version where there are any."""
        super().as_before(before)
        assert not self.uploads()
        assert self.versions() == len(before)

    def alike(self):
        """Each object has the metadata, type, class and tags that it was written with."""
        for name in self.known:
            told = self.got(name)
            tags = self.s3.get_object_tagging(Bucket=self.bucket, Key=f"{self.within}/{name}")["TagSet"]
            assert {one: told.get(one) for one in LIKE if one != "Tagging"} | {"Tagging": "a=b"} == LIKE
            assert tags == [{"Key": "a", "Value": "b"}]
        return True
