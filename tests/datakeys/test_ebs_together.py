"""Several volumes of an instance: one stop, snapshots of one moment, one start, a verdict for each; and trouble midway."""

import functools

import pytest

from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.machines import DATA, ROOT, hanging, launched, left_behind, loose
from tests.datakeys.turning import Turning

THREE = (DATA, "/dev/sdg")


@pytest.fixture
def turning(cloud, tmp_path):
    return Turning(cloud, cloud.real_region(), tmp_path)


def chosen(turning, *volumes):
    turning.sync()
    return [(choice, choice.route("")) for choice in map(turning.choice, volumes)]


def begun(turning, *volumes, how="stop"):
    """A run of these volumes of one instance, answered; it stands before its first effect."""
    (wish,) = turning.planner.wishes(chosen(turning, *volumes))
    engine = turning.engine()
    run = engine.start(wish)
    engine.resume(run)
    engine.answer(run, {"how": how})
    return engine, run


def test_an_instance_stops_once_for_all_of_its_volumes(turning):
    """Three volumes: one stop, one start, one CreateSnapshots; three new data keys in their places, three verdicts."""
    instance, places = launched(turning, *THREE)
    before = {volume: turning.cloud.judge("volumes", volume) for volume in places.values()}
    engine, run = begun(turning, *places.values())
    turning.cloud.forget()
    view = engine.resume(run)
    judged = {one.was: one for one in turning.verdicts(run)}
    asked = turning.cloud.asked(turning.region)
    assert view.run.step == "retire"
    assert [asked[name] for name in ("StopInstances", "StartInstances", "CreateSnapshots")] == [1, 1, 1]
    assert {was: one.verdict for was, one in judged.items()} == dict.fromkeys(before, Verdict.PROVEN)
    assert hanging(turning, instance) == ({at: judged[was].resource_id for at, was in places.items()}, "running")
    for was, one in judged.items():
        assert turning.cloud.judge("volumes", one.resource_id)["digest"] == before[was]["digest"]


def test_a_volume_that_was_not_chosen_is_left_alone(turning):
    """Root and one of two data volumes: the other is not even snapshotted."""
    instance, places = launched(turning, *THREE)
    engine, run = begun(turning, places[ROOT], places[DATA])
    engine.resume(run)
    now, _ = hanging(turning, instance)
    assert now["/dev/sdg"] == places["/dev/sdg"]
    assert len(left_behind(turning, run)[1]) == 6


def test_a_campaign_counts_instances(turning):
    """Two instances with two volumes each and a loose one: three runs, each instance named once."""
    (one, first), (two, second) = launched(turning), launched(turning)
    volumes = [*first.values(), *second.values(), *loose(turning)]
    planner = turning.planner
    wishes = planner.wishes(chosen(turning, *volumes))
    assert [len(wish.facts["disks"]) for wish in wishes] == [2, 2, 1]
    engine = turning.engine()
    run = engine.start(planner.all_of(wishes))
    engine.resume(run)
    engine.answer(run, {"parallel": 2})
    assert engine.resume(run).run.status is RunStatus.DONE
    assert len([each for child in engine.list(parent=run) for each in turning.verdicts(child.run_id)]) == 5
    assert {hanging(turning, each)[1] for each in (one, two)} == {"running"}


def test_giving_up_puts_all_back_also_the_root(turning):
    """After everything was swapped and started: stopped again, the old in their places, started."""
    instance, places = launched(turning)
    engine, run = begun(turning, *places.values())
    engine.resume(run)
    assert engine.abandon(run).run.status is RunStatus.ABANDONED
    assert hanging(turning, instance) == (places, "running")
    assert left_behind(turning, run) == (set(), set())


def refuse(turning, operation, **rest):
    """Denied from here on; the dry run before it, which makes nothing that could be tagged, passes."""
    turning.cloud.fault(
        operation, turning.region, "UnauthorizedOperation", status=403, match="TagSpecification", **rest
    )


def meanwhile(turning, engine, run, operation, act):
    """The run held at an operation of EC2 by a passing refusal, something that happens, and the run gone on with."""
    refuse(turning, operation, times=1)
    assert engine.resume(run).run.status is RunStatus.FAILED
    turning.cloud.heal()
    act()
    return engine.resume(run).run


def test_an_instance_started_in_the_middle_is_noticed_before_anything_is_swapped(turning):
    """What it wrote since the snapshot would be lost; nothing is, and the sentence says what to do."""
    instance, places = launched(turning)
    engine, run = begun(turning, places[DATA])

    def act():
        turning.ec2.start_instances(InstanceIds=[instance])
        turning.cloud.write(places[DATA], "geschreven na de snapshot")

    stood = meanwhile(turning, engine, run, "CreateVolume", act)
    assert (stood.status, stood.reason.key) == (RunStatus.FAILED, "ebs.started")
    engine.abandon(run)
    assert hanging(turning, instance) == (places, "running")
    assert turning.cloud.read(places[DATA]) == "geschreven na de snapshot"


def test_a_loose_volume_that_came_into_use_is_noticed(turning):
    """Attached meanwhile, so perhaps written to."""
    instance, _ = launched(turning)
    (volume,) = loose(turning)
    turning.sync()
    choice = turning.choice(volume)
    engine = turning.engine()
    run = engine.start(turning.planner.wish(choice, choice.route("")))
    attach = {"VolumeId": volume, "InstanceId": instance, "Device": "/dev/sdz"}
    stood = meanwhile(turning, engine, run, "CreateVolume", lambda: turning.ec2.attach_volume(**attach))
    assert (stood.status, stood.reason.key) == (RunStatus.FAILED, "ebs.moved")


@pytest.mark.parametrize(
    ("operation", "key"), [("CopySnapshot", "ebs.snapshot_failed"), ("CreateVolume", "ebs.volume_failed")]
)
def test_a_cmk_disabled_in_the_middle_is_noticed_and_enabled_again_it_goes_on(turning, operation, key):
    """EC2 takes the wish and fails later; what failed is gone, and going on makes it anew."""
    instance, places = launched(turning)
    engine, run = begun(turning, places[DATA])
    cmk = turning.transit if operation == "CopySnapshot" else turning.own
    kms = turning.cloud.client("kms", turning.region)
    stood = meanwhile(turning, engine, run, operation, lambda: kms.disable_key(KeyId=cmk))
    assert (stood.status, stood.reason.key) == (RunStatus.FAILED, key)
    kms.enable_key(KeyId=cmk)
    assert engine.resume(run).run.step == "retire"
    assert len(left_behind(turning, run)[0]) == 1
    assert len(left_behind(turning, run)[1]) == 3
    assert hanging(turning, instance)[1] == "running"


def test_a_role_revoked_in_the_middle_stops_in_one_sentence_and_nothing_is_lost(turning):
    """Denied from the copy on; allowed again, it goes on to its end."""
    _, places = launched(turning)
    engine, run = begun(turning, places[DATA])
    for operation in ("CreateSnapshot", "CopySnapshot", "CreateVolume"):
        refuse(turning, operation)
    stood = engine.resume(run).run
    assert (stood.status, stood.reason.key) == (RunStatus.FAILED, "run.aws_denied")
    turning.cloud.heal()
    assert engine.resume(run).run.step == "retire"


@pytest.mark.parametrize(("operation", "step"), [("CopySnapshot", "ebs_snapshot"), ("CreateVolume", "ebs_transit")])
def test_a_snapshot_that_somebody_deleted_in_the_middle_is_named_and_nothing_is_lost(turning, operation, step):
    """Another one would be of a later moment, so it is given up; the volume hangs where it hung, with its bytes."""
    instance, places = launched(turning)
    engine, run = begun(turning, places[DATA])

    def act():
        output = next(one.record.output for one in engine.show(run).steps if one.name == step)
        turning.ec2.delete_snapshot(SnapshotId=output["ids"][places[DATA]])

    stood = meanwhile(turning, engine, run, operation, act)
    assert (stood.status, stood.reason.key) == (RunStatus.FAILED, "ebs.source_gone")
    assert engine.abandon(run).run.status is RunStatus.ABANDONED
    assert hanging(turning, instance) == (places, "running")
    assert left_behind(turning, run) == (set(), set())
    assert turning.cloud.read(places[DATA]) == f"gegevens van Agentschap A op {places[DATA]}"


def test_a_volume_that_was_hung_on_another_instance_meanwhile_is_noticed(turning):
    """Whoever moved it may have written to it: nothing is swapped, and it stays where they put it."""
    _, places = launched(turning)
    other, _ = launched(turning)
    engine, run = begun(turning, places[DATA])

    def act():
        turning.ec2.detach_volume(VolumeId=places[DATA])
        turning.ec2.attach_volume(VolumeId=places[DATA], InstanceId=other, Device="/dev/sdk")

    stood = meanwhile(turning, engine, run, "CreateVolume", act)
    assert (stood.status, stood.reason.key, stood.reason.values["instance"]) == (RunStatus.FAILED, "ebs.moved", other)
    engine.abandon(run)
    assert hanging(turning, other)[0]["/dev/sdk"] == places[DATA]
    assert left_behind(turning, run) == (set(), set())


@pytest.mark.parametrize("given_up", [False, True])
def test_a_role_revoked_between_old_and_new_costs_nothing(turning, given_up):
    """The old one is off and the new one may not go on: allowed again, it goes on to its end, or all goes back."""
    instance, places = launched(turning)
    engine, run = begun(turning, places[DATA])
    denied = {"code": "UnauthorizedOperation", "status": 403}
    act = functools.partial(turning.cloud.fault, "AttachVolume", turning.region, **denied)
    stood = meanwhile(turning, engine, run, "CreateVolume", act)
    assert (stood.status, stood.step, stood.reason.key) == (RunStatus.FAILED, "ebs_swap", "run.aws_denied")
    assert DATA not in hanging(turning, instance)[0]
    turning.cloud.heal()
    if given_up:
        engine.abandon(run)
    else:
        assert engine.resume(run).run.step == "retire"
    (judged,) = turning.verdicts(run) or (None,)
    wanted = places if given_up else places | {DATA: judged.resource_id}
    assert hanging(turning, instance) == (wanted, "running")


def test_a_cmk_disabled_before_the_swap_leaves_the_old_volume_where_it_hangs(turning):
    """The new one could not be opened: the sentence names the CMK, and enabled again it goes on."""
    instance, places = launched(turning)
    engine, run = begun(turning, places[DATA])
    turning.cloud.fault(
        "CreateSnapshot", turning.region, "UnauthorizedOperation", status=403, match="Value=proof", times=1
    )
    assert engine.resume(run).run.step == "proof"
    turning.cloud.heal()
    kms = turning.cloud.client("kms", turning.region)
    kms.disable_key(KeyId=turning.own)
    stood = engine.resume(run).run
    kms.enable_key(KeyId=turning.own)
    assert (stood.status, stood.step, stood.reason.key) == (RunStatus.FAILED, "ebs_swap", "rotation.cmk_unusable")
    assert hanging(turning, instance) == (places, "stopped")
    assert engine.resume(run).run.step == "retire"
    assert hanging(turning, instance)[1] == "running"


def test_a_volume_that_a_service_manages_is_refused(turning):
    """Its service would not know of another volume."""
    (volume,) = loose(turning)
    turning.ec2.create_tags(Resources=[volume], Tags=[{"Key": "AmazonECSManaged", "Value": "true"}])
    turning.sync()
    stood = turning.rotate(volume).run
    assert (stood.status, stood.reason.key, stood.reason.values["service"]) == (RunStatus.FAILED, "ebs.managed", "ECS")


def test_aws_itself_can_put_another_root_in(turning):
    """The instance keeps running until AWS replaces its root; the place and the bytes are the same."""
    instance, places = launched(turning)
    before = turning.cloud.judge("volumes", places[ROOT])
    engine, run = begun(turning, places[ROOT], how="replace")
    turning.cloud.forget()
    assert engine.resume(run).run.step == "retire"
    (judged,) = turning.verdicts(run)
    assert hanging(turning, instance) == (places | {ROOT: judged.resource_id}, "running")
    assert turning.cloud.judge("volumes", judged.resource_id)["digest"] == before["digest"]
    assert "StopInstances" not in turning.cloud.asked(turning.region)
    engine.abandon(run)
    assert hanging(turning, instance) == (places, "running")


def test_what_is_not_allowed_is_told_before_anything_begins(turning):
    """A dry run denied: the action and the volume by name, and the instance has not been touched."""
    instance, places = launched(turning)
    turning.cloud.fault("CopySnapshot", turning.region, "UnauthorizedOperation", status=403)
    turning.sync()
    choice = turning.choice(places[DATA])
    stood = turning.rotate(places[DATA]).run
    assert (stood.status, stood.reason.key) == (RunStatus.FAILED, "rotation.not_allowed")
    assert stood.reason.values["actions"] == f"ec2:CopySnapshot → {choice.subject.transit}"
    assert hanging(turning, instance) == (places, "running")
    assert left_behind(turning, stood.id) == (set(), set())


def test_what_else_holds_the_old_data_key_is_in_the_evidence(turning):
    """Snapshots that others made before: counted, and named with their age."""
    (volume,) = loose(turning)
    made = {turning.ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(2)}
    turning.sync()
    (judged,) = turning.verdicts(turning.rotate(volume).run_id)
    still = judged.facts["still_held"]
    assert (still["number"], {each["id"] for each in still["holders"]}) == (2, made)
    assert all(each["at"] for each in still["holders"])
