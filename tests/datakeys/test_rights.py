"""The policies that ship allow all that guided work on CMKs asks for, and no change that it never makes."""

from dataclasses import replace

import pytest

from store.run_records import RunStatus
from tests.clouds import CENTRAL
from tests.datakeys.replacing import AGREED, Story
from tests.datakeys.turning import Turning
from tests.policies import Asked, allowed
from tests.requests.ground import Ground


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setattr("console.workflows.cmk_request.LOOKS", (0.0,))
    monkeypatch.setattr("console.workflows.cmk_replacement.LOOKS", (0.0,))
    return Asked(monkeypatch)


def requested(ground):
    """A CMK is made as asked; of another the making is refused half way, looked for, and given up."""
    assert ground.admin.provision(ground.approved()).run.status is RunStatus.DONE
    request = ground.approved("T&I")
    ground.cloud.fault("CreateKey", ground.region)
    run = ground.admin.provision(request).run_id
    ground.cloud.heal()
    for name in ("GetResources", "EnableKeyRotation"):
        ground.cloud.fault(name, ground.region)
    ground.admin.engine().resume(run)
    assert ground.admin.engine().abandon(run).run.status is RunStatus.ABANDONED
    ground.cloud.heal()


def replaced(turning):
    """A CMK gives way; it is disabled by somebody else while we may not, taken back, then ended, and kept after all."""
    story = Story(turning)
    story.begin()
    story.go(**AGREED)
    story.retire()
    turning.sync()
    story.go()
    turning.cloud.fault("DisableKey", turning.region)
    story.go(sure=True)
    turning.cloud.heal()
    story.go()
    deletion = story.of("cmk_deletion", story.run).run_id
    piet = replace(turning.engine(), person="piet")
    for given in ({"verdict": "approve", "days": 7}, {"confirm": "alias/a/x/prod"}):
        piet.answer(deletion, given)
        piet.resume(deletion)
    assert story.state(turning.own) == "PendingDeletion"
    piet.abandon(deletion)
    assert story.state(turning.own) == "Disabled"


def taken_back(turning):
    """Given up after it was disabled, before that was on record."""
    story = Story(turning)
    turning.ec2.delete_volume(VolumeId=story.volume)
    turning.sync()
    story.begin()
    story.go(**AGREED)
    turning.sync()
    story.go()
    turning.cloud.fault("DisableKey", turning.region)
    story.go(sure=True)
    turning.cloud.heal()
    story.kms.disable_key(KeyId=turning.own)
    assert turning.engine().abandon(story.run).run.status is RunStatus.ABANDONED
    assert story.state(turning.own) == "Enabled"


def test_the_central_policies_are_enough_for_making_replacing_and_ending_a_cmk(asked, cloud, tmp_path):
    """Every action that is asked stands in one of the two, and every one that changes something is really asked."""
    grounds = Ground(cloud, cloud.region(), tmp_path)
    requested(grounds)
    grounds.close()
    for number, story in enumerate((replaced, taken_back)):
        (tmp_path / str(number)).mkdir()
        story(Turning(cloud, cloud.real_region(), tmp_path / str(number)))
    central, manage = asked.by(CENTRAL), allowed("central-manage.json")
    assert central - allowed("central-read.json") <= manage <= central
    (tenant,) = {account for account, told in asked.all if told == "ec2:CreateVolume"}
    assert asked.by(tenant) <= allowed("tenant-rotate.json")
