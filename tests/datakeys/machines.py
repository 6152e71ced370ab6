"""Instances with encrypted disks, for tests of what a rotation does with them."""

PLACES = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie"}
TAGS = [{"Key": key, "Value": value} for key, value in PLACES.items()]
ROOT, DATA = "/dev/sda1", "/dev/sdf"


def launched(turning, *devices):
    """A running instance with a root volume and those devices, all with bytes of their own: its id, volumes by device."""
    disk = {"Encrypted": True, "KmsKeyId": turning.own, "VolumeSize": 8, "VolumeType": "gp3"}
    made = turning.ec2.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, Placement={"AvailabilityZone": f"{turning.region}a"},
        BlockDeviceMappings=[{"DeviceName": name, "Ebs": disk} for name in (ROOT, *(devices or (DATA,)))],
        TagSpecifications=[{"ResourceType": "volume", "Tags": TAGS}],
    )["Instances"][0]["InstanceId"]  # fmt: skip
    volumes, _ = hanging(turning, made)
    for volume in volumes.values():
        turning.cloud.write(volume, f"gegevens van Agentschap A op {volume}")
    return made, volumes


def hanging(turning, instance):
    """What hangs on an instance by device, and the instance's state."""
    found = turning.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return {one["DeviceName"]: one["Ebs"]["VolumeId"] for one in found["BlockDeviceMappings"]}, found["State"]["Name"]


def loose(turning, number=1):
    """Volumes that hang nowhere, with bytes of their own."""
    tags = [{"ResourceType": "volume", "Tags": TAGS}]
    made = [
        turning.ec2.create_volume(
            AvailabilityZone=f"{turning.region}a", Size=1, Encrypted=True, KmsKeyId=turning.own, TagSpecifications=tags
        )["VolumeId"]
        for _ in range(number)
    ]
    for volume in made:
        turning.cloud.write(volume, f"gegevens op {volume}")
    return made


def left_behind(turning, run_id):
    """Ids of all volumes and snapshots that this run made and that are there."""
    mine = [{"Name": "tag:kms-console:run", "Values": [run_id]}]
    volumes = {one["VolumeId"] for one in turning.ec2.describe_volumes(Filters=mine)["Volumes"]}
    return volumes, {one["SnapshotId"] for one in turning.ec2.describe_snapshots(Filters=mine)["Snapshots"]}
