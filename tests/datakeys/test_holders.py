"""What will still hold an old data key: asked of AWS beforehand, and the same source for the evidence afterwards."""

import pytest

from console.aws import ec2 as reading
from console.commands.rotate import RotateDataKeys
from console.datakeys.ebs.held import MADE_BY, still_holding
from console.datakeys.holders import Holder, read
from console.reports import holders
from console.reports.rotate import rotate
from console.text import Text
from tests.datakeys.buckets import Rewriting
from tests.datakeys.desks import Desk
from tests.datakeys.machines import DATA, launched, loose
from tests.datakeys.turning import Turning


@pytest.fixture
def turning(cloud, tmp_path):
    return Turning(cloud, cloud.real_region(), tmp_path)


@pytest.fixture
def crowd(turning):
    """An instance's data volume and everything that holds its data key: (volume, ids by kind, the image)."""
    instance, places = launched(turning)
    volume, ec2 = places[DATA], turning.ec2
    plain, locked = (ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(2))
    ec2.lock_snapshot(SnapshotId=locked, LockMode="governance", LockDuration=30)
    image = ec2.create_image(InstanceId=instance, Name="gouden image")["ImageId"]
    mappings = ec2.describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"]
    started = next(each["Ebs"]["SnapshotId"] for each in mappings if each["DeviceName"] == DATA)
    other = ec2.create_volume(AvailabilityZone=f"{turning.region}a", SnapshotId=plain, Encrypted=True,
                              KmsKeyId=turning.own)["VolumeId"]  # fmt: skip
    turning.sync()
    return volume, {"snapshot": plain, "locked": locked, "image": started, "volume": other}, image


def checked(turning, *keys):
    (answer,) = RotateDataKeys(keys=keys, check=True).run(Desk(turning), print)
    return answer, rotate([answer], Text("en"))


def test_a_plan_names_all_that_will_hold_the_old_data_key_and_why_it_stays(turning, crowd):
    """A snapshot, a locked one, one that an image starts from, a volume made from it; each with what must come first."""
    volume, ids, image = crowd
    answer, report = checked(turning, volume)
    assert {each.kind: each.id for each in answer.holding.holders} == ids
    assert answer.holding.number == len(ids)
    said = {each.kind: holders.line(each, Text("en")) for each in answer.holding.holders}
    assert f"image {image} starts from it" in said["image"]
    assert "locked until 20" in said["locked"]
    assert all(any(line.strip() == each for line in report.lines) for each in said.values())
    assert read(report.data[0]["holding"]) == answer.holding


def test_the_evidence_afterwards_names_the_same(turning, crowd):
    """One source for both: what the plan said is what the proof finds, without what the run made itself."""
    volume, ids, _ = crowd
    view = turning.rotate(volume, answers=[{"how": "stop"}])
    (judged,) = turning.verdicts(view.run_id)
    assert {each.kind: each.id for each in read(judged.facts["still_held"]).holders} == ids


def test_a_plan_that_asked_nobody_says_so(turning, crowd):
    """The cache knows snapshots and volumes; that images, backups and locks were not looked at is said."""
    volume, _, _ = crowd
    turning.cloud.forget()
    answers = RotateDataKeys(keys=(volume,), plan=True).run(Desk(turning), print)
    report = rotate(answers, Text("en"))
    assert turning.cloud.asked(turning.region) == {}
    assert answers[0].holding is report.data[0]["holding"] is None
    assert any(Text("en").t("held.unasked") in line for line in report.lines)


def test_a_right_that_is_lacking_is_said_and_hides_nothing_else(turning, crowd):
    """Without DescribeImages and DescribeLockedSnapshots: the snapshots are there, and that there may be reasons."""
    for operation in ("DescribeImages", "DescribeLockedSnapshots"):
        turning.cloud.fault(operation, turning.region, "UnauthorizedOperation", status=403)
    answer, report = checked(turning, crowd[0])
    assert answer.holding.unread == ("images", "locks")
    assert [each.kind for each in answer.holding.holders].count("snapshot") == 3
    assert sum("was refused" in line for line in report.lines) == 2


def test_without_a_snapshot_nobody_can_say(turning):
    """The data key of a volume that was never snapshotted has no name yet; that is not *nothing*."""
    (volume,) = loose(turning)
    turning.sync()
    answer, report = checked(turning, volume)
    assert (answer.holding.known, answer.holding.number) == (False, 0)
    assert Text("en").t("held.unknown") in report.lines


def test_a_lock_that_has_expired_holds_nothing(turning):
    """Lifted, it is an ordinary snapshot again."""
    (volume,) = loose(turning)
    snapshot = turning.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    turning.ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=1)
    assert set(reading.locked_snapshots(turning.ec2)) == {snapshot}
    turning.ec2.unlock_snapshot(SnapshotId=snapshot)
    assert reading.locked_snapshots(turning.ec2) == {}


def test_recovery_points_and_managed_snapshots_are_told_by_the_tags_that_aws_gives_them(turning):
    """Nobody but AWS can give such tags, so here they are put into what EC2 answered."""
    (volume,) = loose(turning)
    for _ in MADE_BY:
        turning.ec2.create_snapshot(VolumeId=volume)
    listed = [dict(one) for one in reading.snapshots(turning.ec2) if one["VolumeId"] == volume]
    for entry, (mark, _) in zip(listed, MADE_BY, strict=True):
        entry["Tags"] = [{"Key": f"{mark}of", "Value": "x"}]
    found = still_holding(turning.ec2, listed[0]["DataEncryptionKeyId"], listed, (volume,))
    assert sorted(each.kind for each in found.holders) == ["backup", "policy"]


def test_a_bucket_tells_how_many_versions_will_be_old(cloud, tmp_path):
    """Those behind the current ones, and the current ones once they are rewritten; without versions nothing."""
    for versioned, number in ((True, 3), (False, 0)):
        bucket = Rewriting(cloud, cloud.region(), tmp_path / str(versioned), versioned=versioned)
        for key in ("a", "b", "b"):
            bucket.put(key)
        bucket.sync()
        answer, report = checked(bucket, bucket.bucket)
        assert answer.holding.number == number
        assert any("3 versions are old then" in line for line in report.lines) is versioned


def test_evidence_of_an_older_console_reads_too():
    """It kept no detail and no gaps."""
    old = {
        "number": 1,
        "holders": [{"kind": "image", "id": "snap-1", "at": "2024-01-02", "image": "ami-1"}],
        "images": True,
    }
    assert read(old).holders == (Holder("image", "snap-1", "2024-01-02"),)
    assert holders.line(read(old).holders[0], Text("en")).startswith("snap-1  2024-01-02")
