"""Calls of a rotation by S3 Batch Operations go wrong, sampled: one job, and the same end."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.cloud_fixtures import cloud, heaven
from tests.datakeys.batches import Handing
from tests.faults import faults
from tests.faults.proxy import each, impatient, some, standing_before
from tests.faults.test_s3_faults import gone_on

__all__ = ["cloud", "heaven"]


@pytest.fixture
def before(cloud):
    """A proxy before the cloud."""
    with standing_before(cloud.endpoint) as opened:
        yield opened


def begun(cloud, proxy, folder, number):
    """A versioned bucket, where a second copy would show, and a run that stands before the job."""
    home = folder / f"case{number}"
    home.mkdir()
    turning = Handing(cloud, cloud.region(), home, versioned=True, concurrency=1)
    for name in "abc":
        turning.put(name, name.encode())
    run = turning.begun()
    turning.settings = replace(turning.settings, endpoint_url=proxy.url)
    return turning, run


def test_whatever_goes_wrong_with_a_call_there_is_one_job_and_nothing_is_copied_twice(cloud, before, tmp_path):
    """Refused, slow, cut off, done without our hearing of it: also CreateJob itself."""
    turning, run = begun(cloud, before, tmp_path, "whole")
    turning.engine().resume(run)
    cases = [case for case in each(before.calls) if case.call.startswith("s3control.")]
    assert {case.call for case in cases} == {"s3control.ListJobs", "s3control.CreateJob", "s3control.DescribeJob"}
    for number, case in enumerate(some(cases, 3)):
        turning, run = begun(cloud, before, tmp_path, number)
        facts, held = turning.facts(), turning.held()
        before.reset()
        before.fail(case.fault, of=case.call)
        with impatient(1) if case.fault.how == faults.STALL else nullcontext():
            turning.engine().resume(run)
        view = gone_on(turning, run, before)
        assert view.run.status is RunStatus.WAITING, f"{case} {view.run.reason}"
        [judged] = turning.verdicts(run)
        assert (judged.verdict, turning.held()) == (Verdict.PROVEN, held), f"{case}"
        assert len(turning.jobs()) == 1, f"{case}"
        assert len(turning.facts()) == 2 * len(facts), f"{case}"
