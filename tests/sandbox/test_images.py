"""Images and locks keep snapshots alive as in AWS: whoever wants them gone must let go of those first."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def ec2(aws):
    return aws.client("ec2")


@pytest.fixture
def volume(ec2):
    return ec2.create_volume(Size=1, Encrypted=True, AvailabilityZone="eu-west-1a")["VolumeId"]


def refused(code, act, **wish):
    with pytest.raises(ClientError) as error:
        act(**wish)
    assert error.value.response["Error"]["Code"] == code


def snapshot_of(ec2, volume):
    return ec2.create_snapshot(VolumeId=volume)["SnapshotId"]


def test_a_snapshot_goes_only_when_no_image_starts_from_it(ec2, volume):
    """Registered out of a snapshot, its mapping names that one; deregistered, it can be deleted."""
    snapshot = snapshot_of(ec2, volume)
    mapping = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}]
    image = ec2.register_image(Name="een", RootDeviceName="/dev/sda1", BlockDeviceMappings=mapping)["ImageId"]
    (told,) = ec2.describe_images(Owners=["self"], ImageIds=[image])["Images"]
    assert [each["Ebs"]["SnapshotId"] for each in told["BlockDeviceMappings"]] == [snapshot]
    refused("InvalidSnapshot.InUse", ec2.delete_snapshot, SnapshotId=snapshot)
    ec2.deregister_image(ImageId=image)
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_a_locked_snapshot_cannot_be_deleted_and_a_governance_lock_can_be_lifted(ec2, volume):
    """Listed with mode and end while it holds."""
    snapshot = snapshot_of(ec2, volume)
    told = ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=3)
    (listed,) = ec2.describe_locked_snapshots(SnapshotIds=[snapshot])["Snapshots"]
    assert (told["LockState"], listed["LockState"], listed["LockDuration"]) == ("governance", "governance", 3)
    assert listed["LockExpiresOn"] > listed["LockCreatedOn"]
    with pytest.raises(ClientError):
        ec2.delete_snapshot(SnapshotId=snapshot)
    ec2.unlock_snapshot(SnapshotId=snapshot)
    assert ec2.describe_locked_snapshots(SnapshotIds=[snapshot])["Snapshots"] == []
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_a_compliance_lock_can_only_be_extended(ec2, volume):
    """During its cool-off it can be lifted, afterwards by nobody."""
    snapshot = snapshot_of(ec2, volume)
    wish = {"SnapshotId": snapshot, "LockMode": "compliance"}
    assert ec2.lock_snapshot(**wish, LockDuration=2, CoolOffPeriod=1)["LockState"] == "compliance-cooloff"
    ec2.unlock_snapshot(SnapshotId=snapshot)
    assert ec2.lock_snapshot(**wish, LockDuration=2)["LockState"] == "compliance"
    refused("OperationNotPermitted", ec2.unlock_snapshot, SnapshotId=snapshot)
    refused("OperationNotPermitted", ec2.lock_snapshot, **wish, LockDuration=1)
    assert ec2.lock_snapshot(**wish, LockDuration=5)["LockDuration"] == 5
    refused("InvalidParameterCombination", ec2.lock_snapshot, SnapshotId=snapshot, LockMode="governance")
