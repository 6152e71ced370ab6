"""Many data keys at once: each proven by itself, failures counted and contained, all of it to be taken back."""

from collections import Counter

import pytest

from console.workflows import dk_campaign
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.turning import Turning

PLACES = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie"}


@pytest.fixture
def turning(cloud, tmp_path):
    return Turning(cloud, cloud.real_region(), tmp_path)


@pytest.fixture
def volumes(turning):
    """Six loose volumes under the environment's CMK, each with bytes of its own."""
    tags = [{"ResourceType": "volume", "Tags": [{"Key": key, "Value": value} for key, value in PLACES.items()]}]
    made = [
        turning.ec2.create_volume(
            AvailabilityZone=f"{turning.region}a", Size=1, Encrypted=True, KmsKeyId=turning.own, TagSpecifications=tags
        )["VolumeId"]
        for _ in range(6)
    ]
    for volume in made:
        turning.cloud.write(volume, f"gegevens op {volume}")
    turning.sync()
    return made


def begun(turning, volumes, **answer):
    planner = turning.planner
    chosen = [(choice, choice.route("")) for choice in map(turning.choice, volumes)]
    engine = turning.engine()
    run = engine.start(planner.campaign(chosen))
    engine.resume(run)
    engine.answer(run, answer)
    return engine, run


def test_every_data_key_of_a_campaign_is_proven_by_itself(turning, volumes):
    """Six volumes, three at a time: six new data keys, six times the same bytes, one verdict each."""
    before = {volume: turning.cloud.judge("volumes", volume) for volume in volumes}
    engine, run = begun(turning, volumes, parallel=3)
    assert engine.resume(run).run.status is RunStatus.DONE
    judged = [verdict for child in engine.list(parent=run) for verdict in turning.verdicts(child.run_id)]
    after = {verdict.was: turning.cloud.judge("volumes", verdict.resource_id) for verdict in judged}
    assert [verdict.verdict for verdict in judged] == [Verdict.PROVEN] * 6
    assert {v: a["digest"] for v, a in after.items()} == {v: b["digest"] for v, b in before.items()}
    assert not {a["data_key"] for a in after.values()} & {b["data_key"] for b in before.values()}


def test_after_a_failure_too_many_nothing_new_begins(turning, volumes):
    """One at a time, one failure: the rest is left alone and counted; looked after, the campaign goes on to its end."""
    turning.cloud.fault("CreateSnapshot", turning.region, "UnauthorizedOperation", status=403, match=volumes[0])
    engine, run = begun(turning, volumes, parallel=1)
    stood = engine.resume(run).run
    told = stood.reason.values
    assert (stood.status, stood.reason.key) == (RunStatus.FAILED, "campaign.unfinished")
    assert (told["failed"], told["waiting"], told["proven"]) == (1, 5, 0)
    turning.cloud.heal()
    assert engine.resume(run).run.status is RunStatus.DONE


def test_gone_on_with_nothing_new_begins_while_what_failed_still_fails(turning, volumes):
    """Two at a time: the one that failed is tried again alone, and the rest is begun when it has come good."""
    turning.cloud.fault("CreateSnapshot", turning.region, "UnauthorizedOperation", status=403, match=volumes[0])
    engine, run = begun(turning, volumes, parallel=2)

    def at_work():
        engine.resume(run)
        return {view.run_id for view in engine.list(parent=run) if view.run.step}

    first = at_work()
    assert len(first) < len(volumes)
    assert at_work() == first
    turning.cloud.heal()
    assert len(at_work()) == len(volumes)


def test_interrupted_it_stops_whoever_is_under_way(turning, volumes, monkeypatch):
    """Ctrl-C while two are at work: neither comes to its end, and gone on with all of them do."""
    monkeypatch.setattr(dk_campaign, "LOOK_SECONDS", 0.01)
    engine, run = begun(turning, volumes, parallel=2)

    def interrupts(heard):
        if heard.label.endswith(".work") and heard.total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.resume(run, interrupts)
    stood = Counter(view.run.status for view in engine.list(parent=run))
    assert engine.show(run).run.status is RunStatus.PAUSED
    assert stood == {RunStatus.PAUSED: 2, RunStatus.READY: len(volumes) - 2}
    assert engine.resume(run).run.status is RunStatus.DONE


def test_what_cannot_go_back_is_told_and_the_campaign_stays(turning, volumes):
    """A volume that may not be removed: the campaign does not say that it is given up, and later it is."""
    turning.cloud.fault("CreateVolume", turning.region, "UnauthorizedOperation", status=403, times=1)
    turning.cloud.fault("DeleteSnapshot", turning.region, "UnauthorizedOperation", status=403)
    engine, run = begun(turning, volumes, parallel=2)
    engine.resume(run)
    stood = engine.abandon(run).run
    assert (stood.status, stood.reason.key) == (RunStatus.FAILED, "campaign.stuck")
    assert [view.run_id for view in engine.list(parent=run, ended=False)] == stood.reason.values["runs"].split(", ")
    turning.cloud.heal()
    assert engine.resume(run).run.status is RunStatus.ABANDONED
    assert turning.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_a_campaign_goes_back_as_a_whole(turning, volumes):
    """Abandoned half-way: every old volume is there, nothing that was made is left."""
    turning.cloud.fault("CreateVolume", turning.region, "UnauthorizedOperation", status=403, times=1)
    engine, run = begun(turning, volumes, parallel=2)
    engine.resume(run)
    turning.cloud.heal()
    engine.abandon(run)
    found = {one["VolumeId"] for one in turning.ec2.describe_volumes()["Volumes"]}
    assert found == set(volumes)
    assert turning.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
