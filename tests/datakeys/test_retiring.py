"""The end of what is old: a person sees who else holds the old data key, chooses, and only that goes; all on record."""

import time

import pytest

from console.commands.evidence import RetireOld
from console.errors import ConsoleError, UsageError
from console.reports.evidence import retire
from console.services.catalog import Catalog
from console.text import Text
from store.records import Kind
from store.run_records import RunStatus
from tests.datakeys.desks import Desk
from tests.datakeys.machines import loose
from tests.datakeys.turning import Turning
from tests.datakeys.vaults import Vault

WEEK = 8 * 86_400


@pytest.fixture
def turning(cloud, tmp_path):
    return Turning(cloud, cloud.real_region(), tmp_path)


class Story:
    """A volume with snapshots of before, rotated, past the time that the old is kept."""

    def __init__(self, turning):
        self.turning, self.ec2, self.desk = turning, turning.ec2, Desk(turning)
        (self.volume,) = loose(turning)
        self.names = [self.snapshot(self.volume) for _ in range(5)]
        self.chosen, self.left, self.changed, self.locked, self.pictured = self.names
        self.ec2.lock_snapshot(SnapshotId=self.locked, LockMode="governance", LockDuration=30)
        turning.sync()
        self.run = turning.rotate(self.volume).run_id
        (self.judged,) = turning.verdicts(self.run)
        self.after = self.snapshot(self.judged.resource_id)
        turning.now = time.time() + WEEK

    def snapshot(self, volume):
        return self.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]

    def there(self):
        return {one["SnapshotId"] for one in self.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}

    def ask(self, command):
        return command.run(self.desk, lambda _: None)

    def retire(self, *also):
        return self.ask(RetireOld(self.run, yes=True, also=",".join(also))).view


@pytest.fixture
def story(turning):
    return Story(turning)


def test_without_a_choice_only_the_run_s_own_old_goes(story):
    """The old volume and the run's snapshots; the snapshots of others stay, all of them."""
    view = story.retire()
    assert view.run.status is RunStatus.DONE
    assert story.there() == {*story.names, story.after}
    assert view.current is None or view.current.name == "retire"


def test_what_is_chosen_goes_too_and_is_on_record(story):
    """One snapshot of before; the run says which went, and who chose."""
    view = story.retire(story.chosen)
    (step,) = (step for step in view.steps if step.name == "retire")
    assert story.there() == {*story.names, story.after} - {story.chosen}
    assert (step.record.answer["also"], step.record.output["also"]) == ([story.chosen], [story.chosen])
    assert step.record.output["removed"][-1] == story.chosen
    assert step.record.answered_by == "jan"


@pytest.mark.parametrize("which", ["locked", "after"])
def test_what_may_not_go_is_no_choice(story, which):
    """Neither a locked snapshot nor one of after the rotation, under the new data key; and nothing has gone."""
    with pytest.raises(UsageError, match=r"run\.field_choice"):
        story.retire(getattr(story, which))
    assert {*story.names, story.after} <= story.there()
    assert story.volume in {one["VolumeId"] for one in story.ec2.describe_volumes()["Volumes"]}


def test_each_is_looked_at_once_more_before_it_goes(story):
    """Since it was chosen one was locked, and an image came to start from another: both are kept, and it is said why."""
    story.ec2.lock_snapshot(SnapshotId=story.changed, LockMode="governance", LockDuration=3)
    mapping = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": story.pictured}}]
    story.ec2.register_image(Name="nieuw", RootDeviceName="/dev/sda1", BlockDeviceMappings=mapping)
    view = story.retire(story.chosen, story.changed, story.pictured)
    output = next(step for step in view.steps if step.name == "retire").record.output
    assert (output["also"], output["kept"]) == ([story.chosen], {story.changed: "locked", story.pictured: "image"})
    assert {story.changed, story.pictured} <= story.there()


def test_one_that_is_under_another_data_key_by_then_is_kept(story, monkeypatch):
    """AWS keeps an id for one snapshot; should it name another data key all the same, nothing is deleted."""
    from console.aws import disks

    look = disks.snapshot
    monkeypatch.setattr(disks, "snapshot", lambda client, name: {**look(client, name), "DataEncryptionKeyId": "ander"})
    view = story.retire(story.chosen)
    assert next(step for step in view.steps if step.name == "retire").record.output["kept"] == {
        story.chosen: "other_key"
    }
    assert story.chosen in story.there()


def test_a_right_that_is_lacking_stops_it_and_it_goes_on_later(story):
    """In one sentence; the old of the run is gone by then, and the second time the chosen one too."""
    story.turning.cloud.fault(
        "DeleteSnapshot", story.turning.region, "UnauthorizedOperation", status=403, match=story.chosen
    )
    view = story.retire(story.chosen)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "run.aws_denied")
    story.turning.cloud.heal()
    assert story.turning.engine().resume(story.run).run.status is RunStatus.DONE
    assert story.chosen not in story.there()


def test_before_its_time_nothing_goes_whatever_is_chosen(story):
    """The date is said, all is there, and the work goes on waiting: too early is no failure."""
    story.turning.now = time.time()
    with pytest.raises(ConsoleError, match=r"rotation\.kept"):
        story.retire(story.chosen)
    assert set(story.names) <= story.there()
    assert story.turning.engine().show(story.run).run.status is RunStatus.WAITING


def test_a_secret_s_previous_version_waits_in_the_list_and_goes_by_the_same_act(turning):
    """No call deletes a version: what is taken is its label, and the list says so."""
    vault, desk = Vault(turning), Desk(turning)
    turning.sync()
    run = vault.begun()
    turning.engine().resume(run)
    (row,) = retire(RetireOld().run(desk, print), Text("en")).rows
    assert (row[0], row[2], vault.first in row[4]) == (run, vault.arn, True)
    turning.now = time.time() + WEEK
    with pytest.raises(UsageError, match=r"retire\.no_others"):
        RetireOld(run, yes=True, also="snap-1").run(desk, print)
    view = RetireOld(run, yes=True).run(desk, lambda _: None).view
    assert (view.run.status, "AWSPREVIOUS" in vault.labels()) == (RunStatus.DONE, False)


def test_the_list_tells_age_reason_and_date_of_each(story):
    """A row for what the run replaced and one for every other holder; those that cannot go say why."""
    report = retire(story.ask(RetireOld()), Text("en"))
    rows = {row[2]: row for row in report.rows}
    assert set(rows) == {story.volume, *story.names}
    assert f"replaced by {story.judged.resource_id}" in rows[story.volume][4]
    assert rows[story.chosen][6] == Text("en").t("retire.choose")
    assert ("locked until" in rows[story.locked][4], rows[story.locked][6]) == (True, Text("en").t("retire.stays"))
    assert all("ago" in row[3] or "today" in row[3] for row in report.rows)
    told = {other["id"]: other for other in report.data[0]["others"]}
    assert (told[story.chosen]["may_go"], told[story.locked]["may_go"], told[story.chosen]["age_days"]) == (
        True,
        False,
        0,
    )


def test_of_one_data_key_or_place_only_its_own_is_listed(story):
    """By the volume that is old, the one in its place once a sync saw it, and by the tenant; another one has none."""
    (other,) = loose(story.turning)
    story.turning.sync()
    catalog = Catalog(story.turning.store, story.turning.settings)

    def waiting(name):
        return [each.run_id for each in story.ask(RetireOld(refs=(catalog.find(name),)))]

    assert waiting(story.volume) == waiting(story.judged.resource_id) == waiting("Agentschap A/X") == [story.run]
    assert waiting(other) == []
    assert catalog.find("Agentschap A/X").kind is Kind.APPLICATION
