"""The IAM policies that ship allow what a sync asks, and nothing that it never asks."""

from dataclasses import replace

import pytest

from console.aws import session
from console.datakeys import KINDS
from console.files import FilesSettings
from console.services.doctor import Doctor
from console.services.sync import Sync
from tests.clouds import CENTRAL
from tests.datakeys.holdings import Holdings
from tests.policies import action, allowed


def asked(cloud, settings, store, region):
    """IAM actions by account kind: what a first, a second and a hindered sync and a doctor ask."""
    cloud.forget()
    for _ in range(2):
        Sync(settings, store, cloud.aws(settings), KINDS).run()
    cloud.fault("GetResources", region)
    Sync(settings, store, cloud.aws(settings), KINDS).run(full=True)
    Doctor(settings, cloud.aws(settings), KINDS).run()
    found = {"central": set(), "tenant": set()}
    for account, operation, service in cloud.askers(region):
        if operation != "GetCallerIdentity":
            found["central" if account == CENTRAL else "tenant"].add(action(operation, service))
    return found


@pytest.fixture
def here(cloud):
    return cloud.real_region()


@pytest.fixture
def estate(cloud, here, store, tmp_path, monkeypatch):
    """One CMK, and a tenant with an attached volume, a bucket, a secret, and one of what is asked in more than one call."""
    monkeypatch.setattr(session, "ATTEMPTS", 1)
    tenant = cloud.tenant("A")
    account = tenant.accounts[0]
    cloud.cmk(here, "A", "X", "Productie", alias="a")
    ec2, s3 = cloud.client("ec2", here, account), cloud.client("s3", here, account)
    zone = {"AvailabilityZone": f"{here}a"}
    (instance,) = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1)["Instances"]
    volume = ec2.create_volume(Size=1, Encrypted=True, **zone)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance["InstanceId"], Device="/dev/sdf")
    s3.create_bucket(Bucket=f"b-{account}", CreateBucketConfiguration={"LocationConstraint": here})
    s3.put_object(Bucket=f"b-{account}", Key="archief/a", Body=b"a")
    key = f"arn:aws:kms:{here}:{account}:key/a"
    tenant = replace(tenant, files=(FilesSettings("A", f"s3://b-{account}/archief", key),))
    cloud.client("secretsmanager", here, account).create_secret(Name="a", SecretString="b")
    held = Holdings(cloud, here, account, {})
    for name in ("rds", "dynamodb", "sqs", "opensearch", "backup"):
        held.make(name, "")
    return asked(cloud, cloud.settings(tmp_path, here, tenants=[tenant]), store, here)


def test_the_policies_are_least_privilege(estate):
    """Central account and tenant role: exactly the actions of syncs and doctor, no more and no less."""
    assert estate["central"] == allowed("central-read.json")
    assert estate["tenant"] == allowed("tenant-read.json")
