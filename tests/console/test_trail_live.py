"""CloudTrail asked itself: ninety days by LookupEvents, nothing asked twice, and never a step lost."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from console.aws.pace import QUOTAS
from console.datakeys import KINDS
from console.errors import AwsUnreachable, UsageError
from console.services import trail_import, trail_live
from console.services.sync import Sync
from console.services.trail_import import TrailImport
from console.services.trail_live import DAY, KEPT, LATE, Mark, pages
from store.sightings import Sightings
from tests.clouds import CENTRAL

NOW = 2_000_000_000


class Trail:
    """A CloudTrail of `count` events, `step` seconds apart, the last of them at NOW - step; it remembers what was asked."""

    def __init__(self, count, step=60):
        self.times = [NOW - step * n for n in range(1, count + 1)]
        self.asked = []

    def get_paginator(self, _):
        return self

    def paginate(self, *, LookupAttributes, PaginationConfig, StartTime=None, EndTime=None):  # noqa: N803 - AWS's names
        assert LookupAttributes == [{"AttributeKey": "EventSource", "AttributeValue": "kms.amazonaws.com"}]
        since, until = (None if at is None else at.timestamp() for at in (StartTime, EndTime))
        self.asked.append((since, until))
        inside = [at for at in self.times if (since or 0) <= at <= (until or NOW)]
        size = PaginationConfig["PageSize"]
        for start in range(0, max(1, len(inside)), size):
            yield {
                "Events": [
                    {"EventTime": datetime.fromtimestamp(at, UTC), "CloudTrailEvent": "{}"}
                    for at in inside[start : start + size]
                ]
            }


def read(trail, mark, stop=None):
    """The moments told and the mark after `stop` pages, or after all."""
    seen = []
    for number, page in enumerate(pages(trail, mark, NOW), 1):
        seen += [int(entry["EventTime"].timestamp()) for entry in page.entries]
        mark = page.mark
        if number == stop:
            break
    return seen, mark


def test_all_is_told_once_and_the_mark_is_the_newest():
    """From the newest down, without a beginning: LookupEvents knows itself how far it reaches."""
    trail = Trail(120)
    seen, mark = read(trail, Mark())
    assert seen == trail.times
    assert mark == Mark(trail.times[0])
    assert trail.asked == [(None, None)]


def test_the_next_time_only_what_is_new_is_asked_and_what_may_have_come_late():
    """An event that stood an hour before the mark is asked again, older ones are not."""
    trail = Trail(10)
    _, mark = read(trail, Mark(NOW - 5 * DAY))
    assert trail.asked == [(NOW - 5 * DAY - LATE, None)]
    assert mark == Mark(trail.times[0])


def test_a_broken_off_reading_goes_on_in_its_hole_and_then_with_the_news():
    """No event is left out, wherever it was broken off, and what was read is not read again but its last second."""
    for stop in (1, 2, 3):
        trail = Trail(180)
        before, mark = read(trail, Mark(), stop)
        trail.times[:0] = [NOW - 1]
        after, mark = read(trail, Mark.written(str(mark)))
        assert set(before) | set(after) == set(trail.times)
        assert len(after) <= len(trail.times) - len(before) + 1 + 1 + LATE // 60
        assert mark == Mark(NOW - 1)


def test_it_may_be_broken_off_any_number_of_times():
    """Each start gains what it read, however little."""
    trail, mark, seen = Trail(400), Mark(), []
    for _ in range(20):
        told, mark = read(trail, mark, 2)
        seen += told
    assert set(seen) == set(trail.times)


def test_a_hole_that_aws_has_forgotten_is_left():
    """Ninety days later nobody can tell any more; the news are read from as far back as there is."""
    trail = Trail(5)
    _, mark = read(trail, Mark(NOW - 2 * KEPT, NOW - KEPT - 7, NOW - KEPT - 90))
    assert trail.asked == [(None, None)]
    assert mark == Mark(trail.times[0])


@pytest.mark.parametrize("words", ["", "1", "1 2 x", "-1 2 3", "1 2 3 4", "1 2.5 3"])
def test_a_mark_that_is_none_is_the_beginning(words):
    """Whatever stood there: everything is read, nothing breaks."""
    assert Mark.written(words) == Mark()


def test_the_pace_is_cloudtrail_s():
    """Two requests a second per account and Region."""
    assert QUOTAS["LookupEvents"] == 2


# -- against the sandbox's CloudTrail


@pytest.fixture
def used(cloud, store, tmp_path, here):
    """A CMK, and seventy volumes' data keys made under it; the store knows the CMK."""
    key = cloud.cmk(here, "Agentschap A", "X", "Productie")["KeyId"]
    kms = cloud.client("kms", here)
    for number in range(70):
        kms.generate_data_key_without_plaintext(
            KeyId=key, NumberOfBytes=64, EncryptionContext={"aws:ebs:id": f"vol-{number:017x}"}
        )
    settings = cloud.settings(tmp_path, here)
    Sync(settings, store, cloud.aws(settings), KINDS).run()
    return settings


def bring(cloud, store, settings, path="cloudtrail:"):
    return TrailImport(settings, store, lambda: cloud.aws(settings)).run(path)


def rows(store):
    return store.reader().execute("SELECT * FROM sighting ORDER BY resource_id").fetchall()


def test_what_kms_did_becomes_data_keys(cloud, store, here, used):
    """Every volume once, with its HBK; the second time nothing changes and one answer is enough."""
    cloud.forget()
    told = bring(cloud, store, used)
    assert (told.useful, told.failed, told.files) == (70, 0, 0)
    assert told.data_keys == 70
    assert cloud.asked(here) == {"LookupEvents": told.lookups}
    before = rows(store)
    again = bring(cloud, store, used)
    assert again.changed == 0
    assert rows(store) == before


def test_interrupted_it_keeps_what_was_told_and_goes_on(cloud, store, here, used, monkeypatch):
    """Ctrl+C after the first answer: its events are there, and the rest comes with the next import."""
    real = TrailImport._lookup

    def first_only(self, client, name, now, listen):
        def interrupt(_):
            raise KeyboardInterrupt

        real(self, client, name, now, interrupt)

    with monkeypatch.context() as here_only:
        here_only.setattr(TrailImport, "_lookup", first_only)
        with pytest.raises(KeyboardInterrupt):
            bring(cloud, store, used)
    assert 0 < len(rows(store)) < 70
    assert Mark.written(Sightings(store).mark(f"cloudtrail:{CENTRAL}:{here}")).low > 0
    bring(cloud, store, used)
    assert len(rows(store)) == 70


def test_a_region_that_refuses_is_named_and_the_others_are_read(cloud, store, tmp_path, here, used):
    """The report says which right is missing; what the other Regions told is kept."""
    closed = cloud.region()
    cloud.fault("LookupEvents", closed)
    both = replace(used, regions=(closed, here))
    told = bring(cloud, store, both)
    assert told.unreadable == ((f"cloudtrail:{closed}", "trail.lookup_denied"),)
    assert (told.failed, told.useful) == (1, 70)


def test_one_region_can_be_asked_and_must_be_ours(cloud, store, here, used):
    """Any other is a mistake of the writer, and no call."""
    assert bring(cloud, store, used, f"cloudtrail:{here}").useful == 70
    cloud.forget()
    with pytest.raises(UsageError, match=r"trail\.no_region"):
        bring(cloud, store, used, "cloudtrail:mars-1")
    assert cloud.asked(here) == {}


def test_without_a_network_it_is_said_so(cloud, store, used):
    """One sentence, and nothing lost."""
    away = replace(used, endpoint_url="http://127.0.0.1:9", central_account="")
    with pytest.raises(AwsUnreachable):
        bring(cloud, store, away)


def test_it_writes_while_it_reads(cloud, store, used, monkeypatch):
    """Memory holds a few answers, however long the trail is."""
    monkeypatch.setattr(trail_import, "PAGES", 1)
    written = []
    real = Sightings.add

    def add(self, gathered, files=()):
        written.append(len(gathered))
        return real(self, gathered, files)

    monkeypatch.setattr(Sightings, "add", add)
    bring(cloud, store, used)
    assert len(written) > 1
    assert max(written) <= 50


def test_the_verb_tells_what_it_did(cloud, used, capsys, tmp_path):
    """`sync --trail cloudtrail:` as a report and as JSON."""
    from console.__main__ import main

    config = tmp_path / "config.toml"
    config.write_text(
        f'[aws]\nregions = ["{used.regions[0]}"]\ncentral_account = "{CENTRAL}"\nprofile = "central"\n'
        "[quotas]\nLookupEvents = 1000\n"
    )
    words = ["--config", str(config), "--store", str(used.store), "--endpoint-url", cloud.endpoint, "--lang", "nl"]
    assert main(["sync", "--trail", "cloudtrail:", *words]) == 0
    assert "CloudTrail" in capsys.readouterr().out
    assert main(["sync", "--trail", "cloudtrail:", "--json", *words]) == 0
    assert json.loads(capsys.readouterr().out)["lookups"] >= 1
    assert trail_live.LIVE == "cloudtrail:"
