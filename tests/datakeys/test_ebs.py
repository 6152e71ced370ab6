"""What a scan of an account tells of its volumes and snapshots."""

import pytest

from console.aws.refusals import AwsRefusal
from console.datakeys.ebs import KIND
from store.harvest import Placement
from store.records import Granularity, Source, Status


@pytest.fixture
def scene(cloud, here, tmp_path):
    return Scene(cloud, here, tmp_path)


class Scene:
    """A tenant's account in one Region, and a CMK of ours that it may use."""

    def __init__(self, cloud, region, folder):
        self.cloud, self.region = cloud, region
        self.tenant = cloud.tenant("A")
        self.account = self.tenant.accounts[0]
        self.ec2 = cloud.client("ec2", region, self.account)
        self.aws = cloud.aws(cloud.settings(folder, region, tenants=[self.tenant]))

    def key(self, name):
        made = self.cloud.cmk(self.region, "A", "X", name)
        self.cloud.share(self.region, made["KeyId"], self.account)
        return made["Arn"]

    def volume(self, **parameters):
        made = self.ec2.create_volume(AvailabilityZone=f"{self.region}a", **({"Size": 1} | parameters))
        return made["VolumeId"]

    def scan(self):
        """Resource id to what was told; refusals apart."""
        (account,) = self.aws.accounts()
        told = list(KIND.discover(account, self.region, lambda tags: Placement("A", tags.get("toepassing", ""))))
        refusals = [part for part in told if isinstance(part, AwsRefusal)]
        return {fact.resource_id: fact for fact in told if fact not in refusals}, refusals


def test_a_volume_is_under_the_cmk_that_it_names(scene):
    """ARN, CMK, placement by its tags, name and nature of an encrypted volume."""
    key = scene.key("Productie")
    tags = [{"Key": "toepassing", "Value": "X"}, {"Key": "Name", "Value": "web-1 data"}]
    specification = [{"ResourceType": "volume", "Tags": tags}]
    volume = scene.volume(Encrypted=True, KmsKeyId=key, Size=12, TagSpecifications=specification)
    facts, refusals = scene.scan()
    told = facts[volume]
    assert refusals == []
    assert (told.kind, told.granularity, told.status) == ("ebs", Granularity.VOLUME, Status.ENCRYPTED)
    assert (told.key_ref, told.name, told.placement.application) == (key, "web-1 data", "X")
    assert told.arn == f"arn:aws:ec2:{scene.region}:{scene.account}:volume/{volume}"
    assert dict(told.detail)["size_gib"] == "12"
    assert told.created_at > 0


def test_an_attached_volume_names_its_instance_and_device(cloud, tmp_path):
    """Who looks for the disk of web-1 finds it."""
    scene = Scene(cloud, cloud.real_region(), tmp_path)
    (instance,) = scene.ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web-1"}]}],
    )["Instances"]
    volume = scene.volume()
    scene.ec2.attach_volume(VolumeId=volume, InstanceId=instance["InstanceId"], Device="/dev/sdf")
    detail = dict(scene.scan()[0][volume].detail)
    assert (detail["instance"], detail["instance_name"], detail["device"]) == (
        instance["InstanceId"], "web-1", "/dev/sdf",
    )  # fmt: skip
    scene.cloud.fault("DescribeInstances", scene.region, "UnauthorizedOperation")
    facts, refusals = scene.scan()
    assert "instance_name" not in dict(facts[volume].detail)
    assert refusals == [], "a name is a nicety, not a gap"


def test_an_unencrypted_volume_says_so(scene):
    """No CMK and no data key: the status is the finding."""
    volume = scene.volume()
    told = scene.scan()[0][volume]
    assert (told.status, told.key_ref, told.data_key_id) == (Status.UNENCRYPTED, "", "")


def test_a_volume_under_the_account_s_aws_managed_key_is_told_apart(scene):
    """aws/ebs is AWS's key in the tenant's account: neither ours nor a stranger's."""
    volume = scene.volume(Encrypted=True)
    told = scene.scan()[0][volume]
    assert told.status == Status.AWS_MANAGED
    assert f":{scene.account}:key/" in told.key_ref


def test_without_aliases_the_key_itself_tells_whose_it_is(scene):
    """DescribeKey knows AWS's keys too; where neither may be asked, the key is just not one of ours."""
    volume = scene.volume(Encrypted=True)
    scene.cloud.fault("ListAliases", scene.region)
    assert scene.scan()[0][volume].status == Status.AWS_MANAGED
    scene.cloud.fault("DescribeKey", scene.region)
    facts, refusals = scene.scan()
    assert (facts[volume].status, refusals) == (Status.FOREIGN, [])


def test_a_volume_under_the_tenant_s_own_key_is_foreign(scene):
    """A customer key outside the central account is not one of ours."""
    own = scene.cloud.client("kms", scene.region, scene.account).create_key()["KeyMetadata"]["Arn"]
    volume = scene.volume(Encrypted=True, KmsKeyId=own)
    told = scene.scan()[0][volume]
    assert (told.status, told.key_ref) == (Status.FOREIGN, own)


def test_a_snapshot_tells_the_data_key_of_volume_and_restored_volume(scene):
    """Snapshot, its volume and a volume made from it under the same CMK share a data key; the last is inferred."""
    key, other = scene.key("Productie"), scene.key("T+I")
    volume = scene.volume(Encrypted=True, KmsKeyId=key)
    snapshot = scene.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    restored = scene.volume(SnapshotId=snapshot)
    moved = scene.volume(SnapshotId=snapshot, Encrypted=True, KmsKeyId=other)
    facts, _ = scene.scan()
    data_key = facts[snapshot].data_key_id
    assert data_key
    assert facts[snapshot].granularity == Granularity.SNAPSHOT
    assert (facts[volume].data_key_id, facts[volume].source) == (data_key, Source.SCAN)
    assert (facts[restored].data_key_id, facts[restored].source) == (data_key, Source.INFERRED)
    assert facts[moved].data_key_id == ""


def test_who_may_not_see_snapshots_still_sees_volumes(scene):
    """A lacking permission is a part that is missing, not an end."""
    volume = scene.volume()
    scene.cloud.fault("DescribeSnapshots", scene.region, "UnauthorizedOperation")
    facts, (refusal,) = scene.scan()
    assert set(facts) == {volume}
    assert refusal.operation == "DescribeSnapshots"


def test_a_passing_fault_at_the_snapshots_stops_the_slice(scene, monkeypatch):
    """Reading on without snapshots would forget which data key each volume is under."""
    from console.aws import session

    monkeypatch.setattr(session, "ATTEMPTS", 1)
    scene.volume()
    scene.cloud.fault("DescribeSnapshots", scene.region, "InternalError", status=500)
    with pytest.raises(AwsRefusal):
        scene.scan()


def test_every_page_of_volumes_is_read(scene, monkeypatch):
    """Paging loses none."""
    from console.aws import ec2, session

    plain = session.pages
    monkeypatch.setattr(ec2, "pages", lambda client, method, key, size=0, **rest: plain(client, method, key, 5, **rest))
    volumes = {scene.volume() for _ in range(12)}
    assert set(scene.scan()[0]) == volumes
