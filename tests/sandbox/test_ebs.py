"""EBS encrypts as AWS does: keys checked, data keys handed down by lineage, attachments granted."""

import json

import pytest

from console.sandbox import process

ZONE = {"AvailabilityZone": "eu-west-1a"}
TEN_MINUTES = 10 / 24 / 60
FORBIDDEN = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::999988887777:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
)


@pytest.fixture(scope="module")
def ec2(aws, huurder):
    return aws.client("ec2", "huurder")


def volume(ec2, key, **params):
    return ec2.create_volume(Size=1, Encrypted=True, KmsKeyId=key, **ZONE, **params)["VolumeId"]


def data_key(ec2, volume_id):
    """The only way AWS shows a volume's data key: take a snapshot and look."""
    snapshot = ec2.create_snapshot(VolumeId=volume_id)["SnapshotId"]
    return described(ec2, snapshot).get("DataEncryptionKeyId")


def described(ec2, snapshot):
    return ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]


def test_every_fresh_volume_has_a_data_key_of_its_own(ec2, key):
    """Two volumes under one CMK share no data key."""
    assert data_key(ec2, volume(ec2, key)) != data_key(ec2, volume(ec2, key))


def test_snapshots_of_one_volume_share_its_data_key(ec2, key):
    """DataEncryptionKeyId names the lineage, not the snapshot."""
    one = volume(ec2, key)
    assert data_key(ec2, one) == data_key(ec2, one)


@pytest.mark.parametrize(("under", "kept"), [("key", True), ("other", False)])
def test_a_restored_volume_keeps_the_data_key_only_under_the_same_cmk(ec2, key, other, request, under, kept):
    """The same CMK re-uses the data key; another CMK draws a new one."""
    snapshot = ec2.create_snapshot(VolumeId=volume(ec2, key))["SnapshotId"]
    restored = volume(ec2, request.getfixturevalue(under), SnapshotId=snapshot)
    assert (data_key(ec2, restored) == described(ec2, snapshot)["DataEncryptionKeyId"]) is kept


@pytest.mark.parametrize(("under", "kept"), [("key", True), ("other", False)])
def test_a_copied_snapshot_keeps_the_data_key_only_under_the_same_cmk(ec2, key, other, request, under, kept):
    """CopySnapshot follows the same rule as a restore."""
    snapshot = ec2.create_snapshot(VolumeId=volume(ec2, key))["SnapshotId"]
    wish = {"Encrypted": True, "KmsKeyId": request.getfixturevalue(under)}
    copy = ec2.copy_snapshot(SourceRegion="eu-west-1", SourceSnapshotId=snapshot, **wish)["SnapshotId"]
    same = described(ec2, copy)["DataEncryptionKeyId"] == described(ec2, snapshot)["DataEncryptionKeyId"]
    assert same is kept
    assert described(ec2, copy)["KmsKeyId"] == wish["KmsKeyId"]


def test_a_transit_key_there_and_back_gives_a_new_data_key_under_the_first(ec2, key, other):
    """The correct rotation under one CMK: copy to a transit key, restore under the first."""
    first = ec2.create_snapshot(VolumeId=volume(ec2, key))["SnapshotId"]
    wish = {"Encrypted": True, "KmsKeyId": other}
    transit = ec2.copy_snapshot(SourceRegion="eu-west-1", SourceSnapshotId=first, **wish)["SnapshotId"]
    back = volume(ec2, key, SnapshotId=transit)
    seen = {described(ec2, first)["DataEncryptionKeyId"], described(ec2, transit)["DataEncryptionKeyId"]}
    assert data_key(ec2, back) not in seen


def test_a_restore_without_a_key_stays_under_the_snapshots_key(ec2, key):
    """An encrypted snapshot's key is the default for its volumes."""
    snapshot = ec2.create_snapshot(VolumeId=volume(ec2, key))["SnapshotId"]
    restored = ec2.create_volume(SnapshotId=snapshot, **ZONE)
    assert restored["Encrypted"]
    assert restored["KmsKeyId"] == key


def test_a_copy_without_a_key_falls_to_the_accounts_default(ec2, kms, key):
    """CopySnapshot never takes the source's key by itself: data silently leaves the CMK."""
    snapshot = ec2.create_snapshot(VolumeId=volume(ec2, key))["SnapshotId"]
    copy = ec2.copy_snapshot(SourceRegion="eu-west-1", SourceSnapshotId=snapshot)["SnapshotId"]
    managed = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert managed["KeyManager"] == "AWS"
    assert described(ec2, copy)["KmsKeyId"] == managed["Arn"]
    assert described(ec2, copy)["DataEncryptionKeyId"] != described(ec2, snapshot)["DataEncryptionKeyId"]


def test_the_accounts_default_key_can_be_chosen_and_reset(ec2, kms, other):
    """ModifyEbsDefaultKmsKeyId decides for volumes that name no key."""
    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=other)["KmsKeyId"] == other
    assert ec2.create_volume(Size=1, Encrypted=True, **ZONE)["KmsKeyId"] == other
    ec2.reset_ebs_default_kms_key_id()
    managed = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == managed
    assert ec2.create_volume(Size=1, Encrypted=True, **ZONE)["KmsKeyId"] == managed


def test_a_key_by_id_or_alias_is_kept_as_its_arn(ec2, kms, key):
    """Whatever names the key, volumes show its ARN."""
    kms.create_alias(AliasName="alias/schijven", TargetKeyId=key)
    named = [key.rpartition("/")[2], "alias/schijven", key]
    made = ec2.describe_volumes(VolumeIds=[volume(ec2, name) for name in named])["Volumes"]
    assert [one["KmsKeyId"] for one in made] == [key] * 3


def test_an_unencrypted_volume_has_no_data_key(ec2):
    """Nothing is invented where nothing is encrypted."""
    plain = ec2.create_volume(Size=1, **ZONE)["VolumeId"]
    assert data_key(ec2, plain) is None


def test_a_key_without_encryption_is_refused(ec2, refused, key):
    """KmsKeyId needs Encrypted."""
    code = refused(ec2.create_volume, Size=1, KmsKeyId=key, **ZONE)
    assert code == "InvalidParameterDependency"


@pytest.fixture(scope="module")
def unusable(aws, kms):
    """CMKs that cannot be used, by why."""
    disabled = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=disabled)
    foreign = aws.client("kms").create_key(Policy=FORBIDDEN)["KeyMetadata"]["Arn"]
    return {"unknown": "11111111-2222-4333-8444-555555555555", "disabled": disabled, "forbidden": foreign}


@pytest.mark.parametrize("why", ["unknown", "disabled", "forbidden"])
def test_a_volume_under_an_unusable_key_is_answered_and_gone(ec2, refused, unusable, why):
    """EC2 checks keys afterwards: the call seems to succeed, the volume never comes."""
    lost = volume(ec2, unusable[why])
    assert refused(ec2.describe_volumes, VolumeIds=[lost]) == "InvalidVolume.NotFound"


@pytest.mark.parametrize("why", ["unknown", "disabled", "forbidden"])
def test_a_copy_under_an_unusable_key_ends_in_error(ec2, key, unusable, why):
    """The copy exists, in state error, and says that its key is not accessible."""
    snapshot = ec2.create_snapshot(VolumeId=volume(ec2, key))["SnapshotId"]
    wish = {"Encrypted": True, "KmsKeyId": unusable[why]}
    copy = ec2.copy_snapshot(SourceRegion="eu-west-1", SourceSnapshotId=snapshot, **wish)["SnapshotId"]
    assert described(ec2, copy)["State"] == "error"
    assert described(ec2, copy)["StateMessage"] == "Given key ID is not accessible"


@pytest.fixture
def instance(ec2):
    made = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType="t3.micro")
    return made["Instances"][0]["InstanceId"]


def test_attaching_grants_the_data_key_until_detached(aws, ec2, kms, key, instance):
    """While attached, the CMK's grants name the volume; the central side's live cross-check."""
    disk = volume(ec2, key)
    ec2.attach_volume(VolumeId=disk, InstanceId=instance, Device="/dev/sdf")
    assert context_of(kms, key, disk)
    ec2.detach_volume(VolumeId=disk)
    assert not context_of(kms, key, disk)


def context_of(kms, key, disk):
    grants = kms.list_grants(KeyId=key)["Grants"]
    return [g for g in grants if g["Constraints"]["EncryptionContextSubset"] == {"aws:ebs:id": disk}]


def test_attaching_leaves_its_marks_in_cloudtrail(aws, ec2, key, instance):
    """GenerateDataKeyWithoutPlaintext, CreateGrant and Decrypt are recorded for the volume."""
    disk = volume(ec2, key)
    ec2.attach_volume(VolumeId=disk, InstanceId=instance, Device="/dev/sdf")
    events = aws.client("cloudtrail", "huurder").lookup_events()["Events"]
    names = [e["EventName"] for e in events if disk in e["CloudTrailEvent"]]
    assert names == ["Decrypt", "CreateGrant", "GenerateDataKeyWithoutPlaintext"]


def test_an_attached_volume_cannot_be_attached_again(ec2, key, refused, instance):
    """One volume, one instance."""
    disk = volume(ec2, key)
    ec2.attach_volume(VolumeId=disk, InstanceId=instance, Device="/dev/sdf")
    again = refused(ec2.attach_volume, VolumeId=disk, InstanceId=instance, Device="/dev/sdg")
    assert again == "VolumeInUse"


def test_a_disabled_cmk_is_felt_at_the_next_attachment(ec2, kms, refused, instance):
    """Disabling does not hurt an attached volume; attaching it anew fails."""
    doomed = kms.create_key()["KeyMetadata"]["Arn"]
    disk = volume(ec2, doomed)
    kms.disable_key(KeyId=doomed)
    code = refused(ec2.attach_volume, VolumeId=disk, InstanceId=instance, Device="/dev/sdf")
    assert code == "CustomerKeyHasBeenRevoked"
    kms.enable_key(KeyId=doomed)
    ec2.attach_volume(VolumeId=disk, InstanceId=instance, Device="/dev/sdf")


def test_volumes_come_in_pages(ec2, key, refused):
    """MaxResults and NextToken lead through all volumes once; fewer than five is refused."""
    for _ in range(6):
        volume(ec2, key)
    pages = list(ec2.get_paginator("describe_volumes").paginate(PaginationConfig={"PageSize": 5}))
    listed = [one["VolumeId"] for page in pages for one in page["Volumes"]]
    assert len(pages) > 1
    assert listed == [one["VolumeId"] for one in ec2.describe_volumes()["Volumes"]]
    assert refused(ec2.describe_volumes, MaxResults=4) == "InvalidParameterValue"


def test_a_snapshot_takes_its_time(aws, ec2, key, refused):
    """Pending with its progress, closed to restores, and complete when its time is over."""
    aws.desk("POST", "snapshots", {"seconds": 600})
    try:
        slow = ec2.create_snapshot(VolumeId=volume(ec2, key))["SnapshotId"]
        assert described(ec2, slow)["State"] == "pending"
        assert refused(ec2.create_volume, SnapshotId=slow, **ZONE) == "IncorrectState"
        process.advance(aws.running.folder, 0.5 * TEN_MINUTES)
        assert described(ec2, slow)["Progress"] == "50%"
        process.advance(aws.running.folder, 0.48 * TEN_MINUTES)
        assert described(ec2, slow)["State"] == "pending"
        process.advance(aws.running.folder, 0.03 * TEN_MINUTES)
    finally:
        aws.desk("POST", "faults/off")
    assert (described(ec2, slow)["State"], described(ec2, slow)["Progress"]) == ("completed", "100%")
    assert ec2.create_volume(SnapshotId=slow, **ZONE)["KmsKeyId"] == key


def test_a_snapshot_is_dated_by_the_sandboxs_clock(aws, ec2, key):
    """Time that was moved ahead shows on what is made afterwards."""
    moment = process.moment(aws.running.folder)
    snapshot = ec2.create_snapshot(VolumeId=volume(ec2, key))["SnapshotId"]
    assert abs((described(ec2, snapshot)["StartTime"] - moment).total_seconds()) < 60
