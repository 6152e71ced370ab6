"""The replacement of a CMK is killed at any moment: one new CMK, the data moved once, the old one ended once."""

from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.machines import left_behind
from tests.datakeys.replacing import AGREED, ALIAS, Story
from tests.datakeys.turning import Turning
from tests.kill import turned
from tests.kill.killer import Killer, chance

LONGEST = 80
"""Moments within which a child is killed: what may be asked of a volume takes forty, and begins again after a death."""


def replacing(cloud, folder, number):
    """A replacement that both parties have agreed to, and nothing of it done; its settings in one string."""
    home = folder / f"story{number}"
    home.mkdir()
    story = Story(Turning(cloud, cloud.real_region(), home))
    story.begin()
    story.before = story.turning.cloud.judge("volumes", story.volume)
    story.turning.engine().answer(story.run, AGREED)
    return story, turned.told(story.turning.settings, "ec2", "kms", "resourcegroupstaggingapi")


def new_cmk(story):
    """The one CMK that this run made."""
    made = [
        key["KeyId"]
        for page in story.kms.get_paginator("list_keys").paginate()
        for key in page["Keys"]
        if {"TagKey": "kms-console:run", "TagValue": story.run}
        in story.kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
    ]
    assert len(made) == 1
    return made[0]


def moved(story):
    """The data is under the new CMK, once, with the same bytes; the alias stands for it."""
    turning, new = story.turning, story.kms.describe_key(KeyId=new_cmk(story))["KeyMetadata"]
    (child,) = turning.engine().list(parent=story.of("dk_campaign", story.run).run_id)
    (judged,) = turning.verdicts(child.run_id)
    after = turning.cloud.judge("volumes", judged.resource_id)
    assert judged.verdict is Verdict.PROVEN
    assert (after["cmk"], after["digest"]) == (new["Arn"], story.before["digest"])
    assert after["data_key"] not in {story.before["data_key"], None}
    assert left_behind(turning, child.run_id)[0] == {judged.resource_id}
    assert story.kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"] == new["KeyId"]


def stands(story):
    story.view = story.turning.engine().show(story.run)
    return story.view.run.status, story.view.run.step


def test_killed_again_and_again_one_cmk_is_made_and_one_ended(cloud, killer, tmp_path):
    """Death after death, first until the data is moved, then until the old CMK is disabled and its deletion proposed."""
    lot = chance(71)
    for number in killer.often(5):
        story, settings = replacing(cloud, tmp_path, number)
        killer.survive(lot, LONGEST, settings, story.run)
        assert stands(story) == (RunStatus.FAILED, "unused")
        moved(story)
        story.retire()
        story.turning.sync()
        killer.survive(lot, 30, settings, story.run)
        assert stands(story) == (RunStatus.WAITING, "disable")
        story.turning.engine().answer(story.run, {"sure": True})
        killer.survive(lot, 30, settings, story.run)
        assert stands(story)[0] is RunStatus.DONE
        assert story.state(story.turning.own) == "Disabled"
        assert story.of("cmk_deletion", story.run).current.name == "judge"
        assert story.state(new_cmk(story)) == "Enabled"
        story.kms.delete_alias(AliasName=ALIAS)  # the Region may come again


def test_giving_up_is_killed_as_well_and_the_old_cmk_stands_as_it_was(cloud, killer, tmp_path):
    """Killed on the way there and on the way back: the alias and the data under the old one, the new one on its way out."""
    lot = chance(72)
    with Killer("tests.kill.turned:abandon", tmp_path, "botocore.httpsession") as undoer:
        for number in undoer.often(2):
            story, settings = replacing(cloud, tmp_path, number)
            killer.call(settings, story.run, at=lot.randint(20, 200))
            undoer.strike(lot, 50, settings, story.run)
            assert undoer.call(settings, story.run).said in ("abandoned", "run.ended")
            assert story.state(new_cmk(story)) == "PendingDeletion"
            assert story.kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"] == story.turning.own
            assert {one["VolumeId"] for one in story.turning.ec2.describe_volumes()["Volumes"]} == {story.volume}
            assert story.turning.cloud.judge("volumes", story.volume) == story.before
            story.kms.delete_alias(AliasName=ALIAS)
