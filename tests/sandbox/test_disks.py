"""Disks as machines have them: their bytes, the states that EC2 insists on, and a judge who knows every data key."""

import json

import pytest
from botocore.exceptions import ClientError

from console.sandbox import process

ZONE = {"AvailabilityZone": "eu-west-1a"}
DATA = "/dev/sdf"


@pytest.fixture(scope="module")
def ec2(aws, huurder):
    return aws.client("ec2", "huurder")


def disk(key):
    return {"Encrypted": True, "KmsKeyId": key, "VolumeSize": 8, "VolumeType": "gp3"}


@pytest.fixture
def machine(ec2, key):
    """A running instance: (its id, its root volume, its data volume)."""
    made = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        Placement=ZONE,
        BlockDeviceMappings=[{"DeviceName": name, "Ebs": disk(key)} for name in ("/dev/sda1", DATA)],
    )["Instances"][0]["InstanceId"]
    return made, *disks_of(ec2, made)


def disks_of(ec2, instance):
    mappings = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
    return [one["Ebs"]["VolumeId"] for one in sorted(mappings, key=lambda one: one["DeviceName"])]


def state_of(ec2, instance):
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]


@pytest.fixture
def folder(aws):
    return aws.running.folder


def volume(ec2, key, **params):
    return ec2.create_volume(Encrypted=True, KmsKeyId=key, **ZONE, **{"Size": 1, **params})["VolumeId"]


def facts(folder):
    """Everything that the sandbox knows of data keys, by id."""
    told = process.lineage(folder)
    return {one["id"]: one for kind in ("volumes", "snapshots") for one in told[kind]}


def test_bytes_go_the_way_of_snapshots_copies_and_restores(folder, ec2, key, other):
    """What was on the disk is on its restored copy under another key, byte for byte."""
    first = volume(ec2, key)
    process.write_disk(folder, b"gegevens" * 1000, volume=first)
    snapshot = ec2.create_snapshot(VolumeId=first)["SnapshotId"]
    wish = {"SourceRegion": "eu-west-1", "SourceSnapshotId": snapshot, "Encrypted": True, "KmsKeyId": other}
    back = volume(ec2, key, SnapshotId=ec2.copy_snapshot(**wish)["SnapshotId"])
    assert process.read_disk(folder, back) == b"gegevens" * 1000
    assert facts(folder)[back]["digest"] == facts(folder)[first]["digest"]


def test_what_is_written_after_a_snapshot_is_not_in_it(folder, ec2, key):
    """A snapshot is of its moment, which is why a disk must be quiesced until the swap."""
    first = volume(ec2, key)
    process.write_disk(folder, b"voor", volume=first)
    snapshot = ec2.create_snapshot(VolumeId=first)["SnapshotId"]
    process.write_disk(folder, b"na", volume=first)
    assert process.read_disk(folder, volume(ec2, key, SnapshotId=snapshot)) == b"voor"


def test_a_machine_writes_to_what_hangs_there_while_it_runs(folder, ec2, machine):
    """An application goes on with whatever disk is at its device, and stops with its machine."""
    instance, _, data = machine
    assert process.write_disk(folder, b"van de toepassing", instance=instance, device=DATA) == data
    ec2.stop_instances(InstanceIds=[instance])
    with pytest.raises(process.SandboxError):
        process.write_disk(folder, b"te laat", instance=instance, device=DATA)
    assert process.read_disk(folder, data) == b"van de toepassing"


def test_the_judge_knows_what_describe_volumes_does_not(folder, ec2, kms, key):
    """A volume's data key, its CMK, and the key material that wraps it: the one of its birth."""
    before = kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    fresh = volume(ec2, key)
    snapshot = ec2.create_snapshot(VolumeId=fresh)["SnapshotId"]
    kms.rotate_key_on_demand(KeyId=key)
    later = volume(ec2, key, SnapshotId=snapshot)
    known = facts(folder)
    assert known[fresh]["cmk"] == key
    assert known[fresh]["hbk"] == before != known[later]["hbk"]
    told = ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["DataEncryptionKeyId"]
    assert known[fresh]["data_key"] == known[snapshot]["data_key"] == known[later]["data_key"] == told


def test_a_copied_volume_is_of_one_moment_and_under_the_wanted_key(folder, ec2, key, other):
    """CopyVolumes: same bytes; the same CMK keeps the data key, another draws one."""
    first = volume(ec2, key)
    process.write_disk(folder, b"inhoud", volume=first)
    same = ec2.copy_volumes(SourceVolumeId=first)["Volumes"][0]
    moved = ec2.copy_volumes(SourceVolumeId=first, Encrypted=True, KmsKeyId=other, VolumeType="gp3")["Volumes"][0]
    known = facts(folder)
    assert (same["SourceVolumeId"], same["KmsKeyId"], same["VolumeType"]) == (first, key, "gp2")
    assert known[same["VolumeId"]]["data_key"] == known[first]["data_key"] != known[moved["VolumeId"]]["data_key"]
    assert moved["KmsKeyId"] == other
    assert process.read_disk(folder, moved["VolumeId"]) == b"inhoud"


def test_an_associated_key_opens_a_snapshot_and_rotates_nothing(ec2, kms, folder, other):
    """A second key beside the first; when the first is gone the second still opens it."""
    first_key = kms.create_key()["KeyMetadata"]["Arn"]
    snapshot = ec2.create_snapshot(VolumeId=volume(ec2, first_key))["SnapshotId"]
    before = facts(folder)[snapshot]["data_key"]
    assert ec2.associate_kms_key_id(SnapshotId=snapshot, KmsKeyId=other)["Return"]
    told = ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]
    assert told["AssociatedKmsKeys"] == [{"KmsKeyId": other}]
    assert (told["KmsKeyId"], told["DataEncryptionKeyId"]) == (first_key, before)
    kms.disable_key(KeyId=first_key)
    assert volume(ec2, other, SnapshotId=snapshot) in facts(folder)


def test_a_restore_may_not_be_smaller(ec2, key, refused):
    """A volume is at least as large as its snapshot, and as large when nobody says."""
    snapshot = ec2.create_snapshot(VolumeId=volume(ec2, key, Size=9))["SnapshotId"]
    assert refused(ec2.create_volume, SnapshotId=snapshot, Size=8, **ZONE) == "InvalidParameterValue"
    assert ec2.create_volume(SnapshotId=snapshot, **ZONE)["Size"] == 9


def test_an_unusable_key_shows_only_at_the_snapshots_end(aws, ec2, kms, key, folder):
    """The copy goes on as if all were well, and then is in error with a message."""
    doomed = kms.create_key()["KeyMetadata"]["Arn"]
    snapshot = ec2.create_snapshot(VolumeId=volume(ec2, key))["SnapshotId"]
    kms.disable_key(KeyId=doomed)
    aws.desk("POST", "snapshots", {"seconds": 600})
    try:
        wish = {"SourceRegion": "eu-west-1", "SourceSnapshotId": snapshot, "Encrypted": True, "KmsKeyId": doomed}
        copy = ec2.copy_snapshot(**wish)["SnapshotId"]
        assert ec2.describe_snapshots(SnapshotIds=[copy])["Snapshots"][0]["State"] == "pending"
        process.advance(folder, 11 / 24 / 60)
        told = ec2.describe_snapshots(SnapshotIds=[copy])["Snapshots"][0]
    finally:
        aws.desk("POST", "faults/off")
    assert (told["State"], told["StateMessage"]) == ("error", "Given key ID is not accessible")


def test_a_volume_hangs_in_its_own_zone_and_at_a_free_place(ec2, key, machine, refused):
    """Another zone is refused, and so is a device that is taken."""
    far = ec2.create_volume(Size=1, Encrypted=True, KmsKeyId=key, AvailabilityZone="eu-west-1b")["VolumeId"]
    where = {"InstanceId": machine[0], "Device": "/dev/sdg"}
    assert refused(ec2.attach_volume, VolumeId=far, **where) == "InvalidVolume.ZoneMismatch"
    near = volume(ec2, key)
    assert refused(ec2.attach_volume, VolumeId=near, **{**where, "Device": DATA}) == "InvalidParameterValue"


def test_a_volume_in_use_is_not_deleted_and_a_free_one_not_detached(ec2, machine, refused):
    """DeleteVolume wants it free, DetachVolume wants it attached."""
    _, _, data = machine
    assert refused(ec2.delete_volume, VolumeId=data) == "VolumeInUse"
    assert ec2.detach_volume(VolumeId=data)["State"] == "detaching"
    assert refused(ec2.detach_volume, VolumeId=data) == "IncorrectState"
    ec2.delete_volume(VolumeId=data)
    assert refused(ec2.describe_volumes, VolumeIds=[data]) == "InvalidVolume.NotFound"


def test_a_root_volume_leaves_only_a_machine_that_stands_still(ec2, machine, refused):
    """A running machine keeps its root; a stopped one lets it go and takes it back."""
    instance, root, _ = machine
    assert refused(ec2.detach_volume, VolumeId=root) == "OperationNotPermitted"
    ec2.stop_instances(InstanceIds=[instance])
    ec2.detach_volume(VolumeId=root)
    ec2.attach_volume(VolumeId=root, InstanceId=instance, Device="/dev/sda1")
    ec2.start_instances(InstanceIds=[instance])
    assert state_of(ec2, instance) == "running"


def test_a_machine_whose_key_is_gone_does_not_start(ec2, kms):
    """The start is accepted; the machine falls back to stopped with its reason, and starts when the key is back."""
    mine = kms.create_key()["KeyMetadata"]["KeyId"]
    made = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        Placement=ZONE,
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": disk(mine)}],
    )["Instances"][0]["InstanceId"]
    ec2.stop_instances(InstanceIds=[made])
    kms.disable_key(KeyId=mine)
    ec2.start_instances(InstanceIds=[made])
    told = ec2.describe_instances(InstanceIds=[made])["Reservations"][0]["Instances"][0]
    assert (told["State"]["Name"], told["StateReason"]["Code"]) == ("stopped", "Client.InternalError")
    kms.enable_key(KeyId=mine)
    ec2.start_instances(InstanceIds=[made])
    assert state_of(ec2, made) == "running"


def test_delete_on_termination_is_told_changed_and_kept_to(ec2, machine, refused):
    """DescribeVolumes tells it, ModifyInstanceAttribute changes it, the end of the machine obeys it."""
    instance, root, data = machine
    wish = [{"DeviceName": DATA, "Ebs": {"DeleteOnTermination": True}}]
    ec2.modify_instance_attribute(InstanceId=instance, BlockDeviceMappings=wish)
    told = ec2.describe_volumes(VolumeIds=[root, data])["Volumes"]
    assert {one["VolumeId"]: one["Attachments"][0]["DeleteOnTermination"] for one in told} == {root: False, data: True}
    ec2.terminate_instances(InstanceIds=[instance])
    assert refused(ec2.describe_volumes, VolumeIds=[data]) == "InvalidVolume.NotFound"
    assert ec2.describe_volumes(VolumeIds=[root])["Volumes"][0]["State"] == "available"


def test_snapshots_of_a_whole_machine(ec2, machine):
    """CreateSnapshots takes all volumes, leaves out what it is told to, and copies tags when asked."""
    instance, root, data = machine
    ec2.create_tags(Resources=[data], Tags=[{"Key": "omgeving", "Value": "Dev"}])

    def taken(**spec):
        params = {"InstanceSpecification": {"InstanceId": instance, **spec}, "CopyTagsFromSource": "volume"}
        return {one["VolumeId"]: one.get("Tags") for one in ec2.create_snapshots(**params)["Snapshots"]}

    assert taken().keys() == {root, data}
    assert taken(ExcludeBootVolume=True) == {data: [{"Key": "omgeving", "Value": "Dev"}]}
    assert taken(ExcludeDataVolumeIds=[data]).keys() == {root}


def test_another_root_volume_under_a_running_machine(ec2, folder, key, machine, refused):
    """The named volume takes the root's place; the task succeeds; the old root is kept, free."""
    instance, root, data = machine
    fresh = volume(ec2, key, Size=8)
    wish = {"InstanceId": instance, "VolumeId": fresh, "ClientToken": f"wortel-{instance}"}
    task = ec2.create_replace_root_volume_task(**wish)["ReplaceRootVolumeTask"]
    again = ec2.create_replace_root_volume_task(**wish)["ReplaceRootVolumeTask"]
    assert (task["TaskState"], task["ReplaceRootVolumeTaskId"]) == ("pending", again["ReplaceRootVolumeTaskId"])
    named = {"ReplaceRootVolumeTaskIds": [task["ReplaceRootVolumeTaskId"]]}
    assert ec2.describe_replace_root_volume_tasks(**named)["ReplaceRootVolumeTasks"][0]["TaskState"] == "succeeded"
    assert disks_of(ec2, instance) == [fresh, data]
    assert ec2.describe_volumes(VolumeIds=[root])["Volumes"][0]["State"] == "available"
    assert refused(ec2.create_replace_root_volume_task, InstanceId=instance, VolumeId=data) == "IncorrectState"
    bare = ec2.create_volume(Size=8, **ZONE)["VolumeId"]
    assert refused(ec2.create_replace_root_volume_task, InstanceId=instance, VolumeId=bare) == "InvalidParameterValue"


def test_a_root_restored_from_its_snapshot_keeps_key_and_data_key(ec2, folder, machine, refused):
    """The naive way to a new root: the same CMK, the same data key, and only snapshots of this very root."""
    instance, root, data = machine
    before = facts(folder)[root]["data_key"]
    snapshot = ec2.create_snapshot(VolumeId=root)["SnapshotId"]
    stranger = ec2.create_snapshot(VolumeId=data)["SnapshotId"]
    task = ec2.create_replace_root_volume_task
    assert refused(task, InstanceId=instance, SnapshotId=stranger) == "InvalidParameterValue"
    task(InstanceId=instance, SnapshotId=snapshot, DeleteReplacedRootVolume=True)
    now = disks_of(ec2, instance)[0]
    assert now != root
    assert facts(folder)[now]["data_key"] == before
    assert refused(ec2.describe_volumes, VolumeIds=[root]) == "InvalidVolume.NotFound"


def test_a_root_whose_key_refuses_is_not_taken(ec2, kms, machine):
    """The task fails, and the machine has its old root."""
    mine = kms.create_key()["KeyMetadata"]["Arn"]
    fresh = volume(ec2, mine, Size=8)
    kms.disable_key(KeyId=mine)
    task = ec2.create_replace_root_volume_task(InstanceId=machine[0], VolumeId=fresh)["ReplaceRootVolumeTask"]
    named = {"ReplaceRootVolumeTaskIds": [task["ReplaceRootVolumeTaskId"]]}
    assert ec2.describe_replace_root_volume_tasks(**named)["ReplaceRootVolumeTasks"][0]["TaskState"] == "failed"
    assert disks_of(ec2, machine[0])[0] == machine[1]


def test_a_client_token_makes_one_volume(ec2, key, refused):
    """The same wish twice is one volume; another wish under the same token is refused."""
    assert volume(ec2, key, ClientToken="eens") == volume(ec2, key, ClientToken="eens")
    again = {"Encrypted": True, "KmsKeyId": key, "Size": 2, "ClientToken": "eens", **ZONE}
    assert refused(ec2.create_volume, **again) == "IdempotentParameterMismatch"


def test_volumes_are_found_by_their_tags(ec2, key):
    """Tags given at creation, found by filter, on volumes and snapshots alike."""
    tags = [{"Key": "run", "Value": "r-1"}]
    made = volume(ec2, key, TagSpecifications=[{"ResourceType": "volume", "Tags": tags}])
    snapshot = ec2.create_snapshot(VolumeId=made, TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}])
    wanted = [{"Name": "tag:run", "Values": ["r-1"]}]
    assert [one["VolumeId"] for one in ec2.describe_volumes(Filters=wanted)["Volumes"]] == [made]
    found = ec2.describe_snapshots(Filters=wanted)["Snapshots"]
    assert [one["SnapshotId"] for one in found] == [snapshot["SnapshotId"]]


@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("create_volume", {"Size": 1, **ZONE}),
        ("copy_snapshot", {"SourceSnapshotId": "snap-1", "SourceRegion": "eu-west-1"}),
        ("copy_volumes", {"SourceVolumeId": "vol-1"}),
        ("create_replace_root_volume_task", {"InstanceId": "i-1"}),
        ("associate_kms_key_id", {"SnapshotId": "snap-1", "KmsKeyId": "k"}),
        ("create_snapshots", {"InstanceSpecification": {"InstanceId": "i-1"}}),
    ],
)
def test_a_dry_run_acts_on_nothing(ec2, call, params):
    """DryRunOperation says that it would be allowed."""
    with pytest.raises(ClientError) as caught:
        getattr(ec2, call)(DryRun=True, **params)
    assert caught.value.response["Error"]["Code"] == "DryRunOperation"


def test_disks_and_their_bytes_outlive_a_restart(tmp_path):
    """Down and up again: the bytes, the data key and the snapshot's pending state are what they were."""
    from tests.sandbox.conftest import Aws

    home = tmp_path / "sandbox"
    ec2 = Aws(process.start(home, empty=True)).client("ec2")
    try:
        made = ec2.create_volume(Size=1, Encrypted=True, **ZONE)["VolumeId"]
        process.write_disk(home, b"blijft", volume=made)
        ec2.create_snapshot(VolumeId=made)
        before = process.lineage(home)
        process.stop(home)
        process.start(home)
        assert process.read_disk(home, made) == b"blijft"
        assert json.dumps(process.lineage(home)) == json.dumps(before)
    finally:
        process.stop(home)
