"""Calls of a rotation by S3 Batch Operations go wrong, sampled: one job, and the same end."""

import os
from dataclasses import replace

import pytest

from console.aws import session
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.cloud_fixtures import cloud, heaven
from tests.datakeys.batches import Handing
from tests.faults import faults
from tests.faults.proxy import standing_before
from tests.faults.test_s3_faults import gone_on
from tests.kill.killer import chance

__all__ = ["cloud", "heaven"]

DRAWN = int(os.environ.get("FAULTS_DRAWN", "3"))
"""How often a call and a fault are drawn; more finds more."""


@pytest.fixture
def before(cloud, monkeypatch):
    """A proxy before the cloud; patience short."""
    monkeypatch.setattr(session, "READ_SECONDS", 1)
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
    calls = [call for call in before.calls if call.startswith("s3control.")]
    assert {"s3control.ListJobs", "s3control.CreateJob", "s3control.DescribeJob"} == set(calls)
    lot = chance(3)
    for number in range(DRAWN):
        call, fault = lot.choice(sorted(set(calls))), lot.choice(faults.ALL)
        turning, run = begun(cloud, before, tmp_path, number)
        facts, held = turning.facts(), turning.held()
        before.reset()
        before.fail(fault, at=lot.randint(1, calls.count(call)), of=call)
        view = gone_on(turning, run, before)
        assert view.run.status is RunStatus.WAITING, f"{call} {fault} {view.run.reason}"
        [judged] = turning.verdicts(run)
        assert (judged.verdict, turning.held()) == (Verdict.PROVEN, held), f"{call} {fault}"
        assert len(turning.jobs()) == 1, f"{call} {fault}"
        assert len(turning.facts()) == 2 * len(facts), f"{call} {fault}"
