"""A run that hands a bucket to S3 Batch Operations, killed at any moment: one job, one new data key for each object."""

import pytest

from store.verdicts import Verdict
from tests.datakeys.batches import Handing
from tests.kill.killer import Killer, chance
from tests.kill.test_s3_kill import words


def handing(cloud, folder, number):
    """A bucket with versions, where a second copy would show, and a run that stands before the job."""
    home = folder / f"story{number}"
    home.mkdir()
    turning = Handing(cloud, cloud.region(), home, versioned=True)
    cloud.jobs(tasks=1)
    cloud.sizes(copy=10, part=4)
    for name in "abcd":
        turning.put(name, name.encode(), Tagging="t=1")
    turning.put("groot", b"0123456789abcdef")
    return turning, turning.begun()


@pytest.fixture
def going(tmp_path):
    with Killer("tests.kill.s3_rotation:resume", tmp_path, "botocore.httpsession") as opened:
        yield opened


def test_killed_again_and_again_there_is_one_job_and_no_copy_twice(cloud, going, tmp_path):
    """Each time another process follows the same job."""
    turning, run = handing(cloud, tmp_path, "whole")
    whole = going.call(*words(turning, run), turning.reports)
    assert whole.said == "waiting"
    lot = chance(7)
    for number in going.often(4):
        turning, run = handing(cloud, tmp_path, number)
        before, held = turning.facts(), turning.held()
        going.survive(lot, whole.moments * 3 // 4, *words(turning, run), turning.reports)
        finished(turning, run, before, held)


def test_given_up_from_anywhere_and_killed_at_that_no_job_and_no_version_of_it_is_left(cloud, going, tmp_path):
    """Also a job that nobody lived to note."""
    lot = chance(9)
    with Killer("tests.kill.s3_rotation:abandon", tmp_path, "botocore.httpsession") as leaving:
        for number in leaving.often(3):
            turning, run = handing(cloud, tmp_path, number)
            before, held = turning.facts(), turning.held()
            going.strike(lot, 100, *words(turning, run), turning.reports)
            leaving.survive(lot, 60, *words(turning, run), turning.reports)
            left(turning, before, held)


def finished(turning, run, before, held):
    [judged] = turning.verdicts(run)
    old, after = {one["data_key"] for one in before}, turning.facts()
    assert turning.held() == held
    assert judged.verdict is Verdict.PROVEN, judged.facts
    assert sorted(one["id"] for one in after if one["data_key"] not in old) == sorted(one["id"] for one in before)
    assert [one["Status"] for one in turning.jobs()] == ["Complete"]


def left(turning, before, held):
    assert turning.held() == held
    assert {one["version"] for one in turning.facts()} == {one["version"] for one in before}
    assert {one["Status"] for one in turning.jobs()} <= {"Complete", "Cancelled"}
