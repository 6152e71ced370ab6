"""A fresh volume and a copy by a person: no transit CMK, a new data key by definition, and a word that is checked."""

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from console.datakeys.ebs import comparing
from console.datakeys.ebs.parts import POLL
from console.datakeys.ebs.swapping import PATIENCE, let_go
from console.errors import ConsoleError, UsageError
from store.run_records import Halt, RunStatus
from store.verdicts import Verdict
from tests.datakeys.copyist import Copyist
from tests.datakeys.machines import DATA, ROOT, TAGS, hanging, launched, left_behind, loose
from tests.datakeys.turning import Turning

THREE = (DATA, "/dev/sdg")


@pytest.fixture
def turning(cloud, tmp_path):
    """A tenant whose settings name no transit CMK."""
    turning = Turning(cloud, cloud.real_region(), tmp_path)
    (tenant,) = turning.settings.tenants
    turning.settings = replace(turning.settings, tenants=(replace(tenant, transit_cmk=""),))
    return turning


def test_where_no_transit_cmk_is_named_a_copy_by_a_person_is_the_way(turning):
    """Transit is refused with its reason, and the plan proposes what remains."""
    _, places = launched(turning)
    turning.sync()
    choice = turning.choice(places[DATA])
    assert {route.name: route.refused for route in choice.routes}["transit"] == "route.ebs.transit.none"
    assert choice.best.name == "fresh"


def test_a_person_copies_and_the_volume_has_a_new_data_key(turning):
    """Same bytes, same place, same CMK, another data key; the machine was never stopped, and whose word it is is told."""
    instance, places = launched(turning)
    before = turning.cloud.judge("volumes", places[DATA])
    turning.sync()
    turning.cloud.forget()
    person = Copyist(turning, places[DATA])
    person.all()
    (judged,) = turning.verdicts(person.run)
    after = turning.cloud.judge("volumes", judged.resource_id)
    assert (person.view.run.status, person.view.run.step) == (RunStatus.WAITING, "retire")
    assert (judged.verdict, judged.reason, judged.was) == (Verdict.PROVEN, "verdict.ebs.fresh", places[DATA])
    assert (after["digest"], after["cmk"]) == (before["digest"], turning.own)
    assert after["data_key"] not in {before["data_key"], None}
    assert hanging(turning, instance) == (places | {DATA: judged.resource_id}, "running")
    assert (judged.facts["copied_how"], judged.facts["copied_told_by"]) == ("files", "jan")
    assert {"StopInstances", "CopySnapshot"}.isdisjoint(turning.cloud.asked(turning.region))


def test_the_old_goes_by_an_explicit_act_as_after_any_rotation(turning):
    """Eight days later: the old volume and the run's snapshots are gone, nothing else."""
    _, places = launched(turning)
    turning.sync()
    person = Copyist(turning, places[DATA])
    person.all()
    person.end()
    volumes = {one["VolumeId"] for one in turning.ec2.describe_volumes()["Volumes"]}
    (judged,) = turning.verdicts(person.run)
    assert volumes == {places[ROOT], judged.resource_id}
    assert left_behind(turning, person.run) == ({judged.resource_id}, set())


def test_volumes_of_one_machine_are_copied_in_one_run(turning):
    """Two new volumes on two free devices; each has its own digests and its own verdict."""
    instance, places = launched(turning, *THREE)
    turning.sync()
    before = {places[at]: turning.cloud.judge("volumes", places[at]) for at in THREE}
    person = Copyist(turning, *before)
    person.all()
    judged = {one.was: one for one in turning.verdicts(person.run)}
    assert {was: one.verdict for was, one in judged.items()} == dict.fromkeys(before, Verdict.PROVEN)
    assert hanging(turning, instance)[0] == places | {at: judged[places[at]].resource_id for at in THREE}
    for was, one in judged.items():
        assert turning.cloud.judge("volumes", one.resource_id)["digest"] == before[was]["digest"]


def test_what_was_never_encrypted_gets_its_first_data_key(turning):
    """No lineage to differ from: AWS names a data key where there was none."""
    instance, _ = launched(turning)
    ec2, zone = turning.ec2, f"{turning.region}a"
    tags = [{"ResourceType": "volume", "Tags": TAGS}]
    plain = ec2.create_volume(AvailabilityZone=zone, Size=1, TagSpecifications=tags)["VolumeId"]
    ec2.attach_volume(VolumeId=plain, InstanceId=instance, Device="/dev/sdh")
    turning.cloud.write(plain, "nooit versleuteld")
    turning.sync()
    person = Copyist(turning, plain, route="fresh", intended=turning.own)
    person.all()
    (judged,) = turning.verdicts(person.run)
    after = turning.cloud.judge("volumes", judged.resource_id)
    assert (judged.verdict, judged.reason) == (Verdict.PROVEN, "verdict.ebs.fresh_first")
    assert (after["cmk"], turning.cloud.read(judged.resource_id)) == (turning.own, "nooit versleuteld")


# ---- where nobody could copy


def test_a_volume_that_hangs_nowhere_and_a_root_volume_are_refused_in_the_plan(turning):
    """With the sentence that says what to do; nothing begins."""
    _, places = launched(turning)
    (volume,) = loose(turning)
    turning.sync()
    with pytest.raises(UsageError, match=r"route\.ebs\.fresh\.loose"):
        turning.choice(volume).route("fresh")
    with pytest.raises(UsageError, match=r"route\.ebs\.fresh\.root"):
        turning.choice(places[ROOT]).route("fresh")


def test_what_changed_since_the_plan_is_seen_before_anything_is_made(turning):
    """The machine is off by now; on again, the run goes on."""
    instance, places = launched(turning)
    turning.sync()
    turning.ec2.stop_instances(InstanceIds=[instance])
    person = Copyist(turning, places[DATA])
    assert (person.view.run.status, person.view.run.reason.key) == (RunStatus.FAILED, "ebs.copy_off")
    assert left_behind(turning, person.run) == (set(), set())
    turning.ec2.start_instances(InstanceIds=[instance])
    assert person.go_on().step == "ebs_beside"


# ---- a person's word


def test_sides_that_differ_are_not_swapped_and_the_copy_is_asked_again(turning):
    """One byte is missing: said with both volumes' names; copied again, it goes on."""
    instance, places = launched(turning)
    turning.sync()
    person = Copyist(turning, places[DATA])
    person.until("ebs_compare")
    person.copy(last=False)
    stood = person.answer(output=person.digests())
    assert (stood.status, stood.halt, stood.step) == (RunStatus.WAITING, Halt.HANDOVER, "ebs_compare")
    assert stood.reason.key == "ebs.compare_differs"
    assert hanging(turning, instance)[0][DATA] == places[DATA]
    person.copy()
    assert person.answer(output=person.digests()).step == "ebs_again"


@pytest.mark.parametrize("pasted", ["", "rsync: gelukt!", "a" * 64 + "  vol-00000000000000000  12"])
def test_without_the_digests_of_both_sides_nothing_goes_on(turning, pasted):
    """Whatever else is pasted is no comparison."""
    _, places = launched(turning)
    turning.sync()
    person = Copyist(turning, places[DATA])
    person.until("ebs_compare")
    if not pasted:
        with pytest.raises(UsageError):
            person.answer(output=pasted)
        return
    stood = person.answer(output=pasted)
    assert (stood.step, stood.reason.key) == ("ebs_compare", "ebs.compare_missing")


def test_a_copy_that_went_elsewhere_is_found_out_by_what_aws_counts(turning):
    """Equal digests are pasted, yet nothing was written to the new volume: no swap, and what was made goes."""
    instance, places = launched(turning)
    turning.sync()
    person = Copyist(turning, places[DATA], how="blocks")
    person.until("ebs_compare")
    stood = person.answer(output=person.digests(claimed=True))
    (judged,) = turning.verdicts(person.run)
    assert (judged.verdict, judged.reason, judged.resource_id) == (Verdict.UNKNOWN, "verdict.ebs.empty", places[DATA])
    assert stood.step == "ebs_again"
    assert hanging(turning, instance) == (places, "running")
    assert left_behind(turning, person.run) == (set(), set())
    assert turning.cloud.read(places[DATA]) == f"gegevens van Agentschap A op {places[DATA]}"


def test_digests_are_found_in_whatever_a_terminal_puts_around_them():
    """A prompt, a line that broke, a first try that failed: of each volume the last counts."""
    one, two = (hashlib.sha256(text.encode()).hexdigest() for text in "ab")
    pasted = f"# side\n{one} vol-0aaaaaaaaaaaaaaaa 7\r\n{one.upper()}\n vol-0bbbbbbbbbbbbbbbb 7\n{two} vol-0aaaaaaaaaaaaaaaa 8\n"
    assert comparing.read(pasted) == {"vol-0aaaaaaaaaaaaaaaa": (two, 8), "vol-0bbbbbbbbbbbbbbbb": (one, 7)}


# ---- in the middle


def restarted(turning, instance):
    """Off and on, until EC2 tells another moment than before: it tells whole seconds."""

    def started():
        return turning.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["LaunchTime"]

    before = started()
    while started() == before:
        turning.ec2.stop_instances(InstanceIds=[instance])
        turning.ec2.start_instances(InstanceIds=[instance])


def test_a_machine_started_anew_after_writing_stopped_is_noticed(turning):
    """It may have mounted and written: no swap, and what it wrote is kept."""
    instance, places = launched(turning)
    turning.sync()
    person = Copyist(turning, places[DATA])
    person.until("ebs_compare")
    person.copy()
    output = person.digests()
    restarted(turning, instance)
    turning.cloud.write(places[DATA], "geschreven na de herstart")
    assert person.answer(output=output).reason.key == "ebs.restarted"
    person.give_up()
    assert hanging(turning, instance) == (places, "running")
    assert left_behind(turning, person.run) == (set(), set())
    assert turning.cloud.read(places[DATA]) == "geschreven na de herstart"


def test_a_volume_that_the_machine_does_not_let_go_is_said_to_be_mounted():
    """EC2 goes on detaching as long as it is; the run waits a while and then says what to do."""
    hanging_on = {"VolumeId": "vol-1", "State": "in-use", "Attachments": [{"InstanceId": "i-1", "State": "busy"}]}
    client = SimpleNamespace(describe_volumes=lambda **_: {"Volumes": [hanging_on]}, detach_volume=lambda **_: {})
    waited = []
    with pytest.raises(ConsoleError, match=r"ebs\.busy"):
        let_go(SimpleNamespace(wait=waited.append), client, "vol-1")
    assert sum(waited) == PATIENCE * POLL


def test_who_may_not_stop_machines_can_still_copy(turning):
    """The machine stays on, so nothing asks for that right."""
    _, places = launched(turning)
    turning.sync()
    turning.cloud.fault("StopInstances", turning.region, "UnauthorizedOperation", status=403)
    assert Copyist(turning, places[DATA]).view.run.step == "ebs_beside"


@pytest.mark.parametrize("step", ["ebs_beside", "ebs_compare", "retire"])
def test_given_up_at_any_step_all_is_as_it_was(turning, step):
    """The old volume in its place with its bytes; the new one is off the machine and gone, also after the swap."""
    instance, places = launched(turning)
    turning.sync()
    person = Copyist(turning, places[DATA])
    person.until(step)
    assert person.give_up().status is RunStatus.ABANDONED
    assert hanging(turning, instance) == (places, "running")
    assert left_behind(turning, person.run) == (set(), set())
    assert turning.cloud.read(places[DATA]) == f"gegevens van Agentschap A op {places[DATA]}"
