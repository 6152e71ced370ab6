"""A volume gets another data key, proven by what AWS's side knows and not by what we wrote down."""

import pytest

from console.datakeys.routes import Effect
from console.errors import UsageError
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.turning import Turning

PHASE = "gegevens van Agentschap A"


@pytest.fixture
def turning(cloud, tmp_path):
    return Turning(cloud, cloud.real_region(), tmp_path)


@pytest.fixture
def machine(turning):
    """A running instance: (its id, root volume, data volume), both under the environment's CMK, with bytes on them."""
    disk = {"Encrypted": True, "KmsKeyId": turning.own, "VolumeSize": 8, "VolumeType": "gp3"}
    places = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie"}
    tags = [{"Key": key, "Value": value} for key, value in places.items()]
    made = turning.ec2.run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, Placement={"AvailabilityZone": f"{turning.region}a"},
        BlockDeviceMappings=[{"DeviceName": name, "Ebs": disk} for name in ("/dev/sda1", "/dev/sdf")],
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
    )["Instances"][0]["InstanceId"]  # fmt: skip
    mappings = turning.ec2.describe_instances(InstanceIds=[made])["Reservations"][0]["Instances"][0]
    root, data = (
        one["Ebs"]["VolumeId"] for one in sorted(mappings["BlockDeviceMappings"], key=lambda o: o["DeviceName"])
    )
    for volume in (root, data):
        turning.cloud.write(volume, f"{PHASE} op {volume}")
    turning.sync()
    return made, root, data


def disks(turning, instance):
    found = turning.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return {one["DeviceName"]: one["Ebs"]["VolumeId"] for one in found["BlockDeviceMappings"]}, found["State"]["Name"]


@pytest.mark.parametrize("which", ["root", "data"])
def test_a_volume_gets_a_new_data_key_under_the_same_cmk(turning, machine, which):
    """By way of the transit CMK: new key, same bytes, same place, same CMK; the instance runs again."""
    instance, root, data = machine
    old, device = (root, "/dev/sda1") if which == "root" else (data, "/dev/sdf")
    before = turning.cloud.judge("volumes", old)
    view = turning.rotate(old, answers=[{"how": "stop"}])
    (judged,) = turning.verdicts(view.run_id)
    after = turning.cloud.judge("volumes", judged.resource_id)
    attached, state = disks(turning, instance)
    assert judged.verdict is Verdict.PROVEN
    assert judged.was == old
    assert after["data_key"] not in {before["data_key"], None}
    assert (after["cmk"], after["digest"]) == (turning.own, before["digest"])
    assert (attached[device], state) == (judged.resource_id, "running")
    assert view.run.status is RunStatus.WAITING


def test_the_way_over_another_cmk_is_one_hop(turning, machine):
    """To a CMK of another environment: new data key there, in one snapshot."""
    view = turning.rotate(machine[2], intended=turning.transit, answers=[{"how": "stop"}])
    (judged,) = turning.verdicts(view.run_id)
    after = turning.cloud.judge("volumes", judged.resource_id)
    assert (judged.route, judged.verdict, after["cmk"]) == ("move", Verdict.PROVEN, turning.transit)


def test_the_naive_ways_are_shown_as_what_they_are_and_refused(turning, machine):
    """Same CMK, snapshot or copy: unchanged, and nothing begins."""
    choice = turning.choice(machine[2])
    effects = {route.name: route.effect for route in choice.routes}
    assert effects["naive"] is effects["same_copy"] is Effect.UNCHANGED
    assert choice.best.name == "transit"
    with pytest.raises(UsageError, match=r"route\.unchanged"):
        choice.route("naive")


def test_before_the_old_is_removed_all_can_go_back(turning, machine):
    """Abandoned after the swap: the old volume in its place, what was made is gone, the instance runs."""
    instance, _, data = machine
    view = turning.rotate(data, answers=[{"how": "stop"}])
    (judged,) = turning.verdicts(view.run_id)
    turning.engine().abandon(view.run_id)
    attached, state = disks(turning, instance)
    volumes = [one["VolumeId"] for one in turning.ec2.describe_volumes()["Volumes"]]
    snapshots = turning.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert (attached["/dev/sdf"], state) == (data, "running")
    assert judged.resource_id not in volumes
    assert [s for s in snapshots if view.run_id in str(s.get("Tags"))] == []


def test_the_old_stays_for_its_time_and_then_goes_by_an_explicit_act(turning, machine):
    """Too early is refused with the date; later the old volume and the run's snapshots go, the new one stays."""
    view = turning.rotate(machine[2], answers=[{"how": "stop"}, {"confirm": machine[2]}])
    assert (view.run.status, view.run.reason.key) == (RunStatus.WAITING, "rotation.kept")
    done = turning.in_time(view.run_id, confirm=machine[2])
    (judged,) = turning.verdicts(view.run_id)
    volumes = {one["VolumeId"] for one in turning.ec2.describe_volumes()["Volumes"]}
    assert done.run.status is RunStatus.DONE
    assert machine[2] not in volumes
    assert judged.resource_id in volumes


def test_a_root_volume_cannot_be_swapped_under_a_running_instance(turning, machine):
    """Unmounting is no answer for it."""
    choice = turning.choice(machine[1])
    engine = turning.engine()
    run = engine.start(turning.planner.wish(choice, choice.route("")))
    engine.resume(run)
    with pytest.raises(UsageError, match=r"run\.field_choice"):
        engine.answer(run, {"how": "unmounted"})
