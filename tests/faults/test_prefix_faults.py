"""Every call of a prefix's renewal, of giving it up and of its end goes wrong in every way: nothing is lost or left."""

import os
import time
from itertools import count

import pytest

from console.aws import objects, session, upload
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.cloud_fixtures import cloud, heaven, here
from tests.datakeys.prefixes import Prefix
from tests.datakeys.turning import Turning
from tests.faults.faults import NOT_FOUND, STALL
from tests.faults.proxy import each, some, standing_before

__all__ = ["cloud", "heaven", "here"]

STANDING = (RunStatus.WAITING, RunStatus.ABANDONED, RunStatus.DONE)
LATER = 8 * 86_400


@pytest.fixture
def proxy(cloud, monkeypatch):
    for name in ("READ_SECONDS", "ATTEMPTS"):
        monkeypatch.setattr(session, name, getattr(session, name))
    monkeypatch.setattr(upload, "PART", 100_000)
    monkeypatch.setattr(objects, "PART", 100_000)
    monkeypatch.setattr(objects, "COPY_LIMIT", 150_000)
    cloud.sizes(copy=150_000, part=4)
    with standing_before(cloud.endpoint) as opened:
        yield opened


@pytest.fixture
def turning(cloud, here, tmp_path, proxy):
    """One object after the other, so that calls have their order."""
    return Turning(cloud, here, tmp_path, endpoint_url=proxy.url, concurrency=1)


def supply(turning):
    """Prefixes with a run about to begin, some with versions and some without; synced a few at a time."""
    numbers = count()
    while True:
        made = [Prefix(turning, name=f"f{next(numbers)}", versioned=bool(each % 2)) for each in range(6)]
        for files in made:
            files.write("a", b"klein")
            files.write("b", os.urandom(200_000))
        turning.sync()
        yield from made


def renew(turning, run):
    return turning.engine().resume(run)


def give_up(turning, run):
    return turning.engine().abandon(run)


def end(turning, run):
    """Answered, and the time that old messages are kept is over."""
    turning.now = time.time() + LATER
    return turning.engine().resume(run)


def cases_of(proxy, turning, files, before, act):
    """What the act calls undisturbed, with faults; few, or as many as were asked for."""
    run = begun(turning, files, before)
    proxy.reset()
    act(turning, run)
    found = (case for case in each(proxy.calls) if case.call.startswith(("s3.", "kms.")))
    return some(found, 4)


def begun(turning, files, before):
    turning.now = None
    run = files.begun()
    if before:
        turning.engine().resume(run)
    if before is end:
        turning.engine().answer(run, {"confirm": files.path})
    return run


def disturbed(proxy, turning, act, run, case, number):
    """The act with its fault, botocore trying so often by itself; then again until it has come to its end."""
    patience = session.ATTEMPTS, session.READ_SECONDS
    session.ATTEMPTS, session.READ_SECONDS = 1 + number % 3, 1 if case.fault.how == STALL else patience[1]
    proxy.reset()
    proxy.fail(case.fault, at=case.at)
    view = act(turning, run)
    session.ATTEMPTS, session.READ_SECONDS = patience
    proxy.reset()
    for _ in range(3):
        if view.run.status in STANDING:
            break
        view = act(turning, run)
    assert view.run.status in STANDING, view.run.reason


def test_a_renewal_comes_to_its_end_whatever_goes_wrong(proxy, turning):
    """Each object is renewed once, or stays and is counted where AWS refused it; no upload is left open."""
    stock = supply(turning)
    for number, case in enumerate(cases_of(proxy, turning, next(stock), None, renew)):
        files = next(stock)
        before, run = files.keys(), begun(turning, files, None)
        disturbed(proxy, turning, renew, run, case, number)
        after, (judged,) = files.keys(), turning.verdicts(run)
        new = sum(after[name] != before[name] for name in before)
        assert new == 2 or case.fault.refusal, case
        assert judged.verdict is Verdict.PROVEN or case.fault.refusal, case
        assert new == 2 or judged.facts["skipped"], case
        assert files.same(), case
        assert files.alike(), case
        assert not files.uploads(), case
        assert files.versions() == 2 + new or not files.versioned, case


def test_a_renewal_is_given_up_whatever_goes_wrong(proxy, turning):
    """The messages that were there, and nothing beside them."""
    stock = supply(turning)
    for number, case in enumerate(cases_of(proxy, turning, next(stock), renew, give_up)):
        files = next(stock)
        before, run = files.keys(), begun(turning, files, renew)
        disturbed(proxy, turning, give_up, run, case, number)
        assert files.same(), case
        files.as_before(before) if not case.fault.refusal else None
        assert files.keys() == before, case


def test_what_is_old_goes_whatever_goes_wrong(proxy, turning):
    """Only the new messages are left."""
    stock = supply(turning)
    for number, case in enumerate(cases_of(proxy, turning, next(stock), end, end)):
        files = next(stock)
        run = begun(turning, files, end)
        after = files.keys()
        disturbed(proxy, turning, end, run, case, number)
        assert files.keys() == after, case
        assert files.same(), case
        if case.fault is not NOT_FOUND:  # S3 says so of no version that is there; who says that it is gone is believed
            assert files.files() == set(files.known), case
            assert files.versions() == 2, case
