"""A CMK gives way to a new one: nothing is disabled while anything uses it, and until then everything can go back."""

import json
import time
from dataclasses import replace

import pytest

from console.commands.replace import ReplaceCmk
from console.errors import Refused, UsageError
from console.reports import REPORTS
from console.services.catalog import Catalog
from console.text import Text
from console.workflows import WORKFLOWS
from console.workflows.cmk_replacement import NAME
from store.run_records import Halt, RunStatus
from tests.datakeys.holdings import Holdings
from tests.datakeys.replacing import AGREED, PLACES, Story
from tests.datakeys.turning import Turning
from tests.workflow.texts import missing_texts


@pytest.fixture
def turning(cloud, tmp_path):
    return Turning(cloud, cloud.real_region(), tmp_path)


@pytest.fixture
def story(turning):
    return Story(turning)


@pytest.mark.parametrize("name", [NAME, "cmk_deletion"])
def test_every_step_has_its_words(name):
    """Titles, sentences and fields, in both languages."""
    assert not missing_texts(WORKFLOWS[name])


def test_a_cmk_is_replaced_and_the_old_one_goes_last(story):
    """Made alike, named, data moved and proven, disabled when nothing uses it, deleted by another's judgement."""
    story.begin()
    assert (story.view.run.halt, story.view.current.name) == (Halt.QUESTION, "agree")
    story.go(**AGREED)
    outputs = {step.name: step.record.output for step in story.view.steps if step.record.output}
    new = outputs["key"]["new_id"]
    tags = {tag["TagKey"]: tag["TagValue"] for tag in story.kms.list_resource_tags(KeyId=new)["Tags"]}
    assert PLACES.items() <= tags.items()
    assert story.kms.describe_key(KeyId="alias/a/x/prod")["KeyMetadata"]["KeyId"] == new
    assert story.kms.get_key_rotation_status(KeyId=new)["KeyRotationEnabled"]
    assert outputs["move"]["moved"] == 1
    assert (story.view.run.status, story.view.run.reason.key) == (RunStatus.FAILED, "replacement.in_use")
    story.retire()
    story.turning.sync()
    story.go()
    assert (story.view.run.halt, story.view.current.name) == (Halt.QUESTION, "disable")
    story.go(sure=True)
    assert story.view.run.status is RunStatus.DONE
    assert story.state(story.turning.own) == "Disabled"
    deletion = story.of("cmk_deletion", story.run)
    assert (deletion.run.halt, deletion.current.name) == (Halt.QUESTION, "judge")
    with pytest.raises(Refused, match="four_eyes"):
        story.turning.engine().answer(deletion.run_id, {"verdict": "approve", "days": 7})
    piet = replace(story.turning.engine(), person="piet")
    piet.answer(deletion.run_id, {"verdict": "approve", "days": 7})
    assert piet.resume(deletion.run_id).current.name == "delete"
    with pytest.raises(UsageError, match="not_confirmed"):
        piet.answer(deletion.run_id, {"confirm": "alias/iets-anders"})
    piet.answer(deletion.run_id, {"confirm": "alias/a/x/prod"})
    view = piet.resume(deletion.run_id)
    assert view.run.reason.key == "replacement.pending"
    assert story.state(story.turning.own) == "PendingDeletion"
    piet.abandon(deletion.run_id)
    assert story.state(story.turning.own) == "Disabled"
    assert story.state(new) == "Enabled"


def test_it_is_not_disabled_while_something_uses_it(story):
    """Each witness is told with its age: the cache holds the old volume, and a grant holds the CMK open."""
    story.begin()
    story.go(**AGREED)
    found = story.witnesses()
    assert found["data_keys"]["blocks"]
    assert story.volume in found["data_keys"]["what"]
    story.retire()
    grant = story.kms.create_grant(
        KeyId=story.turning.own, GranteePrincipal=f"arn:aws:iam::{story.turning.account}:root", Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"aws:elasticfilesystem:filesystem:id": "fs-12345678"}},
    )["GrantId"]  # fmt: skip
    story.turning.sync()
    story.go()
    assert story.view.run.reason.key == "replacement.in_use"
    found = story.witnesses()
    assert found["grants"]["what"] == ["fs-12345678"]
    assert found["grants"]["at"]
    assert story.state(story.turning.own) == "Enabled"
    story.kms.revoke_grant(KeyId=story.turning.own, GrantId=grant)
    story.turning.sync()
    assert story.go().current.name == "disable"


def test_a_use_between_the_hearing_and_the_disabling_is_noticed(story):
    """The witnesses are heard once more at the moment that counts."""
    story.begin()
    story.go(**AGREED)
    story.retire()
    story.turning.sync()
    story.go()
    story.kms.create_grant(
        KeyId=story.turning.own, GranteePrincipal=f"arn:aws:iam::{story.turning.account}:root", Operations=["Decrypt"]
    )
    story.go(sure=True)
    assert (story.view.run.status, story.view.run.reason.key) == (RunStatus.FAILED, "replacement.in_use")
    assert story.state(story.turning.own) == "Enabled"


def test_a_cache_of_before_the_moves_proves_nothing(story):
    """Without a sync since, nothing is disabled, however empty the cache looks."""
    story.begin()
    story.turning.ec2.delete_volume(VolumeId=story.volume)
    story.turning.sync()
    story.turning.now = time.time() + 3600
    story.go(**AGREED)
    assert story.witnesses()["read"]["blocks"]
    assert story.state(story.turning.own) == "Enabled"


def test_the_quiet_time_that_was_agreed_is_kept(story):
    """Nothing uses it, and still it waits."""
    story.turning.ec2.delete_volume(VolumeId=story.volume)
    story.turning.sync()
    story.begin()
    story.go(agreed=True, quiet_days=3)
    story.turning.sync()
    story.go()
    assert story.view.run.reason.key == "replacement.too_soon"


def test_before_the_disabling_all_can_go_back(story):
    """Given up: the alias names the old one, the data is under it, the new one is on its way out."""
    story.begin()
    story.go(**AGREED)
    new = next(step.record.output["new_id"] for step in story.view.steps if step.name == "key")
    view = story.turning.engine().abandon(story.run)
    assert view.run.status is RunStatus.ABANDONED
    assert story.kms.describe_key(KeyId="alias/a/x/prod")["KeyMetadata"]["Arn"] == story.turning.own
    assert story.state(new) == "PendingDeletion"
    volumes = story.turning.ec2.describe_volumes()["Volumes"]
    assert [(one["VolumeId"], one["KmsKeyId"]) for one in volumes] == [(story.volume, story.turning.own)]


def test_a_new_cmk_that_holds_data_is_never_deleted_by_giving_up(story):
    """What came to stand under it since keeps it, and is named."""
    story.begin()
    story.go(**AGREED)
    new = next(step.record.output["new"] for step in story.view.steps if step.name == "key")
    Holdings(story.turning.cloud, story.turning.region, story.turning.account, PLACES).efs(new)
    story.turning.sync()
    view = story.turning.engine().abandon(story.run)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "replacement.new_in_use")
    assert story.state(new) == "Enabled"


def test_the_tenant_without_our_credentials_does_its_part_by_hand(story):
    """At a desk of the central account alone the tenant's steps are handed over, with commands, and evidence is read."""
    story.begin()
    story.turning.engine().answer(story.run, AGREED)
    story.turning.settings = replace(story.turning.settings, lanes=("central",))
    story.go()
    assert (story.view.run.halt, story.view.current.name) == (Halt.HANDOVER, "usable")
    new = next(step.record.output["new"] for step in story.view.steps if step.name == "key")
    assert story.view.current.commands == (f"aws kms describe-key --key-id {new} --region {story.turning.region}",)
    story.go(shown='{"KeyMetadata": {"Arn": "arn:aws:kms:x:y:key/z", "KeyState": "Enabled"}}')
    assert story.view.current.record.error.key == "replacement.not_described"
    described = story.kms.describe_key(KeyId=new)["KeyMetadata"]
    story.go(shown=json.dumps({"KeyMetadata": {"Arn": described["Arn"], "KeyState": described["KeyState"]}}))
    assert story.view.current.name == "move"
    assert any(f"--cmk {new}" in command for command in story.view.current.commands)
    story.go(done=True)
    assert story.view.run.reason.key == "replacement.in_use"


def test_what_a_person_moves_by_hand_is_waited_for_and_believed_no_further(turning):
    """The campaign waits for its run; its verdict is unknown, so the witnesses alone decide what comes next."""
    held = Holdings(turning.cloud, turning.region, turning.account, PLACES)
    old = held.efs(turning.own)
    story = Story(turning)
    turning.ec2.delete_volume(VolumeId=story.volume)
    turning.sync()
    story.begin()
    story.go(**AGREED)
    assert (story.view.run.status, story.view.run.reason.key) == (RunStatus.FAILED, "replacement.moving")
    new = next(step.record.output["new"] for step in story.view.steps if step.name == "key")
    (child,) = turning.engine().list(parent=story.of("dk_campaign", story.run).run_id)
    engine = turning.engine()
    for given in ({"new": held.efs(new, "nieuw")}, {"done": True}, {"done": True}, {"done": True}):
        engine.answer(child.run_id, given)
        engine.resume(child.run_id)
    assert engine.show(child.run_id).run.status is RunStatus.DONE
    story.go()
    moved = next(step.record.output for step in story.view.steps if step.name == "move")
    assert (moved["moved"], moved["unproven"]) == (0, 1)
    assert story.view.run.reason.key == "replacement.in_use"
    assert story.witnesses()["data_keys"]["what"] == [old]
    held.client("efs").delete_file_system(FileSystemId=old)
    turning.sync()
    assert story.go().current.name == "disable"


def test_the_verb_shows_the_plan_and_refuses_to_begin_unasked(story):
    """Nothing begins without --yes, and only an administrator may."""

    class Services:
        settings = story.turning.settings
        store = story.turning.store
        catalog = Catalog(story.turning.store, story.turning.settings)

        def guided(self, *, write):
            return story.turning.engine()

    plan = ReplaceCmk(cmk="alias/a/x/prod", plan=True).run(Services(), print)
    assert [step.name for step in plan.steps][-2:] == ["disable", "propose"]
    assert plan.steps[1].tells.values["number"] == 1
    with pytest.raises(UsageError, match=r"replacement\.sure"):
        ReplaceCmk(cmk="alias/a/x/prod").run(Services(), print)
    heard = ReplaceCmk(cmk="alias/a/x/prod", check=True).run(Services(), print)
    report = REPORTS["replace"](heard, Text("nl"))
    assert (report.data["used"], report.exit) == (True, 1)
    assert any(story.volume in line for line in report.lines)
    story.begin()
    with pytest.raises(UsageError, match=r"replacement\.under_way"):
        ReplaceCmk(cmk="alias/a/x/prod", yes=True).run(Services(), print)
    Services.settings = replace(story.turning.settings, role="owner")
    with pytest.raises(Refused, match=r"replacement\.admins"):
        ReplaceCmk(cmk="alias/a/x/prod", plan=True).run(Services(), print)
