"""A refresh reads along what the other side left at the exchange; what keeps it from that is a gap, and no failure."""

from contextlib import closing
from dataclasses import replace

import pytest

from console.aws import session
from console.commands.exchange import Publish, Pull
from console.commands.requests import FetchRequests
from console.commands.sync import RunSync
from console.reports import REPORTS
from console.services.findings.judge import judge
from console.text import Text
from store.findings import Findings, Wanted
from store.gaps import LETTERS
from store.records import Scope
from store.request_records import Act, Stand
from store.syncs import Syncs
from tests.requests.ground import A, assemble


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Faults here last: trying again would only take time."""
    monkeypatch.setattr(session, "ATTEMPTS", 1)
    monkeypatch.setattr(session, "BRISK", 1)


def run(party, command, **settings):
    """A verb at this party's console: its answer, and what it prints."""
    with closing(assemble(replace(party.settings, **settings))) as desk:
        answer = desk.dispatch.run(command)
    return answer, REPORTS[command.name](answer, Text("en")) if command.name in REPORTS else None


def gaps(party):
    scope = Scope(A) if party.settings.role == "owner" else None
    return [gap for gap in Syncs(party.store).overview(scope).gaps if gap.part.what == LETTERS]


def test_a_sync_brings_what_was_asked_for(ground):
    """Even to who only looks; the second time there is nothing new."""
    request = ground.owner.desk.submit(ground.wish())
    summary, report = run(ground.admin, RunSync(), write=False)
    assert summary.requests.moved == (request.id,)
    assert (report.data["requests"], report.notes) == (
        {"moved": [request.id], "refused": []},
        ("1 request was moved meanwhile.",),
    )
    assert ground.admin.desk.requests.find(request.id).stand is Stand.SUBMITTED
    again, report = run(ground.admin, RunSync())
    assert (again.requests.moved, report.notes, gaps(ground.admin)) == ((), (), [])


def test_a_pull_brings_what_was_judged(ground):
    """With the snapshot, from the same bucket; somebody at the support desk asks for no letters."""
    request = ground.owner.desk.submit(ground.wish())
    run(ground.admin, RunSync())
    ground.admin.desk.move(request.id, Act.ASK, "welke data?")
    run(ground.admin, Publish())
    summary, report = run(ground.owner, Pull())
    assert (summary.requests.moved, summary.gaps) == ((request.id,), ())
    assert report.data["requests"]["moved"] == [request.id]
    assert ground.owner.desk.requests.find(request.id).stand is Stand.ASKED
    desk = ground.party("desk", "sam", role="support")
    assert run(desk, Pull())[0].requests is None


def test_what_keeps_us_from_the_letters_is_a_gap_with_its_reason(ground):
    """The refresh is done all the same, the banner counts it, no finding is made of it, and it goes when it is over."""
    ground.owner.desk.submit(ground.wish())
    run(ground.admin, RunSync())
    run(ground.admin, Publish())
    ground.cloud.fault("ListObjectsV2", ground.region, "AccessDenied", status=403)
    for party, command in ((ground.admin, RunSync()), (ground.owner, Pull())):
        summary, report = run(party, command)
        assert summary.requests is report.data["requests"] is None
        assert (gap := gaps(party)[0]).code == "AccessDenied"
        assert gap in [replace(each, since=gap.since) for each in summary.gaps]
        assert any("requests and judgements" in line and "AccessDenied" in line for line in report.lines)
        judge(party.store, party.settings, 1)
        assert "letters" not in str(list(Findings(party.store).window(Wanted(acknowledged=True))))
    run(ground.admin, Publish())
    ground.cloud.heal()
    assert gaps(ground.owner)
    run(ground.owner, FetchRequests())
    assert gaps(ground.owner) == []
    run(ground.admin, RunSync())
    assert gaps(ground.admin) == []


def test_an_exchange_that_is_not_there_stops_no_refresh(ground):
    """Another bucket's name, or nobody who answers: one gap, whatever it was before; and without a bucket, none."""
    told = ground.admin.settings.exchange
    (gap,) = [each for each in run(ground.admin, RunSync(), exchange=replace(told, bucket="nergens"))[0].gaps
              if each.part.what == LETTERS]  # fmt: skip
    assert gap.code == "NoSuchBucket"
    assert len(gaps(ground.admin)) == 1
    run(ground.admin, RunSync(), exchange=replace(told, bucket=""))
    assert gaps(ground.admin) == []
