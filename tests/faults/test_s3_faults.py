"""Every call of a bucket's rotation goes wrong in every way: it retries, pauses or fails, and comes to the same end."""

from dataclasses import replace

import pytest

from console.aws import objects, session
from console.datakeys.s3.house import results_file
from console.datakeys.s3.ledger import results
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.cloud_fixtures import cloud, heaven
from tests.datakeys.buckets import Rewriting
from tests.faults import faults
from tests.faults.proxy import each, some, standing_before

__all__ = ["cloud", "heaven"]


@pytest.fixture
def before(cloud, monkeypatch):
    """A proxy before the cloud; S3's limits a few bytes long."""
    monkeypatch.setattr(objects, "COPY_LIMIT", 10)
    monkeypatch.setattr(objects, "PART", 8)
    with standing_before(cloud.endpoint) as opened:
        yield opened


def begun(cloud, proxy, folder, number):
    """A versioned bucket, where a second write would show, and a run about to begin; one object at a time."""
    home = folder / f"case{number}"
    home.mkdir()
    turning = Rewriting(cloud, cloud.region(), home, versioned=True, concurrency=1)
    cloud.sizes(copy=10, part=4)
    turning.put("a", b"klein", Metadata={"m": "v"}, Tagging="t=1")
    turning.put("b", b"0123456789abcdef", Tagging="t=2")
    turning.put("c", b"")
    turning.sync()
    choice = turning.choice(turning.bucket)
    run = turning.engine().start(turning.planner.wish(choice, choice.route("rewrite")))
    turning.settings = replace(turning.settings, endpoint_url=proxy.url)
    return turning, run


def gone_on(turning, run, proxy):
    """Resumed, without much patience, with what goes wrong; and then as often as a person would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "READ_SECONDS", 1)
        view = turning.engine().resume(run)
    proxy.reset()
    for _ in range(3):
        if view.run.status not in (RunStatus.PAUSED, RunStatus.FAILED):
            break
        view = turning.engine().resume(run)
    return view


def check(turning, run, before, held, allowed):
    """Bytes and all else as they were; one new version each, each settled once."""
    told = [one.key for one, _ in results(results_file(turning.settings.store, run))]
    [judged] = turning.verdicts(run)
    assert turning.held() == held
    assert told == ["a", "b", "c"]
    assert judged.verdict in allowed
    assert len(turning.facts()) == len(before) + judged.facts["written_since"]
    assert judged.verdict is not Verdict.PROVEN or judged.facts["written_since"] == 3
    assert "Uploads" not in turning.s3.list_multipart_uploads(Bucket=turning.bucket)


def test_whatever_goes_wrong_with_a_call_nothing_is_lost_or_done_twice(cloud, before, tmp_path):
    """Refused, slow, cut off, done without our hearing of it: in the end each object has one new version."""
    turning, run = begun(cloud, before, tmp_path, "whole")
    turning.engine().resume(run)
    calls = before.calls
    assert {"s3.CopyObject", "s3.UploadPartCopy", "s3.CompleteMultipartUpload", "s3.HeadObject"} <= set(calls)
    for number, case in enumerate(some((case for case in each(calls) if not case.call.startswith("sts.")), 5)):
        turning, run = begun(cloud, before, tmp_path, number)
        facts, held = turning.facts(), turning.held()
        before.reset()
        before.fail(case.fault, at=case.at)
        view = gone_on(turning, run, before)
        assert view.run.status is RunStatus.WAITING or case.fault.refusal, f"{case} {view.run.reason}"
        honest = {Verdict.PROVEN, Verdict.UNKNOWN} if case.fault.refusal else {Verdict.PROVEN}
        check(turning, run, facts, held, honest)


def test_a_role_that_is_revoked_in_the_middle_is_told_in_one_sentence(cloud, before, tmp_path):
    """Everything is refused after the first object; when it is given back, the run goes on from there."""
    turning, run = begun(cloud, before, tmp_path, "role")
    facts, held = turning.facts(), turning.held()
    before.reset()
    revoked = faults.meanwhile(lambda: before.fail(faults.ACCESS_DENIED, times=None), after=True)
    before.fail(revoked, of="s3.CopyObject")
    view = turning.engine().resume(run)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "run.aws_denied")
    assert turning.verdicts(run) == []
    before.reset()
    turning.engine().resume(run)
    check(turning, run, facts, held, {Verdict.PROVEN})
