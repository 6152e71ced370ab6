"""What was proven and what waits, by the verbs: a table, all the evidence of one, and the explicit act."""

import time

import pytest

from console.commands.evidence import ListVerdicts, RetireOld
from console.errors import NotFound, UsageError
from console.policy import Grant
from console.reports.evidence import retire, verdicts
from console.text import Text
from store.run_records import RunStatus
from tests.cloud_fixtures import cloud, heaven
from tests.datakeys.desks import Desk
from tests.datakeys.machines import loose
from tests.datakeys.turning import Turning

__all__ = ["cloud", "heaven"]


@pytest.fixture
def turned(cloud, tmp_path):
    """A volume whose data key was rotated: services, the volume, the run."""
    turning = Turning(cloud, cloud.real_region(), tmp_path)
    (volume,) = loose(turning)
    turning.ec2.create_snapshot(VolumeId=volume)
    turning.sync()
    return Desk(turning), volume, turning.rotate(volume).run_id


def ask(command, desk):
    return command.run(desk, lambda _: None)


@pytest.mark.parametrize("which", ["volume", "run", "beginning of the run"])
def test_all_the_evidence_of_one_is_told(turned, which):
    """By the old volume, the run, or the first letters of the run; each fact of it, and what still holds the old key."""
    desk, volume, run = turned
    named = {"volume": volume, "run": run, "beginning of the run": run[:6]}[which]
    report = verdicts(ask(ListVerdicts(named), desk), Text("nl"))
    (data,) = report.data
    assert (data["was"], data["run"], data["verdict"]) == (volume, run, "proven")
    for fact in ("data_key_before", "data_key_after", "cmk_after"):
        assert any(data["evidence"][fact] in line for line in report.lines)
    assert any("leeft nog in 1 " in line for line in report.lines)


def test_of_what_was_never_rotated_there_is_nothing(turned):
    """Not found, in one sentence."""
    with pytest.raises(NotFound):
        ask(ListVerdicts("vol-0000"), turned[0])


def test_the_list_is_a_table(turned):
    """One line a verdict, fit for CSV."""
    report = verdicts(ask(ListVerdicts(), turned[0]), Text("en"))
    assert [row[3] for row in report.rows] == [turned[1]]
    assert len(report.headers) == len(report.rows[0])


def test_what_waits_is_listed_and_says_how_to_go_back(turned):
    """Until when it is kept, what is old, and the verb that puts all back."""
    desk, volume, run = turned
    report = retire(ask(RetireOld(), desk), Text("nl"))
    row = report.rows[0]
    assert (row[0], row[2], row[6]) == (run, volume, Text("nl").t("retire.kept"))
    assert row[-1] == f"runs abandon {run} --yes"


def test_removal_is_an_explicit_act(turned):
    """Looking asks no right to change; removing does, and without `--yes` nothing happens."""
    desk, _, run = turned
    assert (RetireOld().wants(), RetireOld(run).wants()) == (Grant.LOOK, Grant.CHANGE)
    with pytest.raises(UsageError, match=r"retire\.sure"):
        ask(RetireOld(run), desk)


def test_after_its_time_it_goes_and_is_waited_for_no_more(turned):
    """The old volume is gone; a second time there is nothing to remove."""
    desk, volume, run = turned
    desk.turning.now = time.time() + 8 * 86_400
    assert ask(RetireOld(run, yes=True), desk).view.run.status is RunStatus.DONE
    assert volume not in {one["VolumeId"] for one in desk.turning.ec2.describe_volumes()["Volumes"]}
    assert ask(RetireOld(), desk) == []
    with pytest.raises(UsageError, match=r"retire\.nothing"):
        ask(RetireOld(run, yes=True), desk)
