"""CloudTrail's log files read into the store: every form of file, nothing lost, nothing twice, never out of memory."""

import gzip
import io
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from console.__main__ import main
from console.errors import NotFound, UsageError
from console.services import trail_import, trail_stream
from console.services.trail_import import TrailImport
from console.services.trail_stream import Barren, Stream
from console.settings import Settings, TenantSettings
from store.cmks import Cmks
from store.database import Store
from store.lookup import Lookup
from store.merge import merge
from store.records import Gap, Kind, Scope, Slice, Source
from store.sightings import Sightings
from tests.estates import CENTRAL, DAY, NOW, OTHER, REGION, TENANT, example, volume

TRAILS = Path(__file__).parent / "trails"
PROD = f"arn:aws:kms:{REGION}:{CENTRAL}:key/00000000-0000-4000-8000-000000000001"
TENANTS = (TenantSettings("Agentschap A", (TENANT,)), TenantSettings("Bureau B", (OTHER,)))


def material(generation, key=1):
    return f"{key:032x}{generation:032x}"


def event(number, resource=None, operation="GenerateDataKeyWithoutPlaintext", generation=5, account=TENANT, **changes):
    """One use of Agentschap A / X / Productie's CMK, as the owner's copy tells it."""
    moment = changes.pop("at", NOW - 10 * DAY)
    from datetime import UTC, datetime

    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSAccount", "principalId": "AROA:x", "accountId": account},
        "eventTime": datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "kms.amazonaws.com",
        "eventName": operation,
        "awsRegion": REGION,
        "requestParameters": {"encryptionContext": {"aws:ebs:id": resource or f"vol-{number:017x}"}},
        "additionalEventData": {"keyMaterialId": material(generation - 1)},
        "resources": [{"accountId": CENTRAL, "type": "AWS::KMS::Key", "ARN": PROD}],
        "recipientAccountId": CENTRAL,
        "eventID": f"e{number}",
        "sharedEventID": f"s{number}",
        **changes,
    }


FORMS = {
    "records": lambda events: json.dumps({"Records": events}),
    "pretty": lambda events: json.dumps({"Records": events}, indent=2),
    "lines": lambda events: "\n".join(map(json.dumps, events)),
    "array": json.dumps,
    "lookup": lambda events: json.dumps(
        {"Events": [{"CloudTrailEvent": json.dumps(one)} for one in events], "NextToken": "AAA="}, indent=4
    ),
}


@pytest.fixture
def store(tmp_path):
    """The example's estate, without a scan of Bureau B's volumes: that account refuses."""
    opened = Store.open(tmp_path / "data" / "estate.db", write=True)
    merge(opened, closed(example()), NOW - 20 * DAY)
    yield opened
    opened.close()


def closed(harvest):
    part = Slice(OTHER, REGION, "ebs")
    gap = Gap(part, "Bureau B", "AccessDenied", "no role", NOW)
    keys = tuple(key for key in harvest.data_keys if key.account_id != OTHER)
    return replace(harvest, data_keys=keys, complete=harvest.complete - {part}, gaps=(*harvest.gaps, gap))


def bring(store, path, **changes):
    settings = Settings(tenants=TENANTS, central_account=CENTRAL, **changes)
    return TrailImport(settings, store, lambda: pytest.fail("no AWS here"), lambda: NOW).run(str(path))


def data_key(store, resource, scope=None):
    hits = [hit for hit in Lookup(store, scope).resolve(resource) if hit.ref.kind is Kind.DATA_KEY]
    return Cmks(store, scope).data_key(hits[0].ref.id) if hits else None


def rows(store):
    """All that an import may change."""
    reader = store.reader()
    return [reader.execute(f"SELECT * FROM {table}").fetchall() for table in ("sighting", "data_key", "wrapped")]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_file_is_read(store, tmp_path, form, packed):
    """Records in one line or indented, JSON lines, an array, LookupEvents' output; packed or not."""
    text = FORMS[form]([event(number) for number in range(500, 700)]).encode()
    path = tmp_path / f"log.json{'.gz' if packed else ''}"
    path.write_bytes(gzip.compress(text) if packed else text)
    told = bring(store, path)
    assert (told.files, told.events, told.useful, told.failed) == (1, 200, 200, 0)


def test_the_samples_are_read_as_a_folder(store):
    """Every file below it; reasons add up to what was not useful."""
    told = bring(store, TRAILS)
    assert told.files == len(list(TRAILS.glob("*.json"))) == told.events
    assert told.useful + sum(count for _, count in told.skipped) == told.events
    assert dict(told.skipped)["duplicate"] >= 1
    assert dict(told.skipped)["validation"] == 1


def test_a_second_import_reads_nothing_and_changes_nothing(store, tmp_path):
    """Not the same file, and not the same events under another name."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"Records": [event(1), event(2, "vol-00000000000000aaa", account=OTHER)]}))
    bring(store, path)
    before = rows(store)
    again = bring(store, path)
    assert (again.files, again.known, again.events, again.changed) == (0, 1, 0, 0)
    path.rename(tmp_path / "b.json")
    moved = bring(store, tmp_path / "b.json")
    assert (moved.files, moved.useful, moved.changed) == (1, 2, 0)
    assert rows(store) == before


def test_the_order_of_files_does_not_matter(store, tmp_path):
    """The newest word counts, whenever it is read."""
    old, new = event(1, generation=2, at=NOW - 90 * DAY), event(2, "vol-" + f"{1:017x}", generation=4)
    for number, one in enumerate((new, old)):
        (tmp_path / f"{number}.json").write_text(json.dumps(one))
        bring(store, tmp_path / f"{number}.json")
    assert data_key(store, f"vol-{1:017x}").generation.first == 4


def test_a_file_cut_off_keeps_what_came_before(store, tmp_path):
    """And is read again when it is whole."""
    whole = gzip.compress(json.dumps({"Records": [event(n) for n in range(9000)]}).encode(), 1)
    path = tmp_path / "log.json.gz"
    path.write_bytes(whole[: len(whole) // 2])
    told = bring(store, path)
    assert told.failed == 1
    assert told.unreadable == ((str(path), "trail.file_cut"),)
    assert 0 < told.useful < 9000
    path.write_bytes(whole)
    assert bring(store, path).useful == 9000


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.json.gz", b"\x1f\x8b\x08\x00garbage that is no deflate stream", "trail.file_damaged"),
        ("x.json", b"", None),
        ("x.json", b"no json at all", None),
        ("x.json", b"\xff\xfe\x00\x01" * 100, None),
        ("x.json", b"[" * 200_000, None),
        ("x.json", b'{"a":' * 200_000, None),
        ("x.json", b'{"eventSource": ' + b"9" * 10_000 + b"}", None),
        ("x.json", b'{"Records": [' + b'{"Records": [' * 50_000, None),
    ],
)
def test_what_is_no_trail_is_counted_and_never_a_crash(store, tmp_path, name, content, reason):
    """Damaged, empty, binary, nested without end, numbers without end."""
    (tmp_path / name).write_bytes(content)
    told = bring(store, tmp_path / name)
    assert told.useful == 0
    assert [why for _, why in told.unreadable] == ([reason] if reason else [])


def test_one_bad_event_spoils_no_other(store, tmp_path):
    """What cannot be decoded is left out alone, in one line as in many."""
    good = [json.dumps(event(n)) for n in range(4)]
    path = tmp_path / "log.json"
    path.write_text(
        f'{{"Records":[{good[0]},{{"eventVersion": oops, "x": 1}},{good[1]}]}}\n{{broken\n{good[2]}\n{good[3]}'
    )
    told = bring(store, path)
    assert told.useful == 4
    assert dict(told.skipped) == {"broken": 2}


def test_an_endless_string_is_passed_over(store, tmp_path, monkeypatch):
    """A value longer than any event is counted, and what follows is read."""
    monkeypatch.setattr(trail_stream, "LONGEST", 50_000)
    monkeypatch.setattr(trail_stream, "CHUNK", 10_000)
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"eventVersion": "x" * 300_000}) + "\n" + json.dumps(event(1)))
    told = bring(store, path)
    assert told.useful == 1
    assert dict(told.skipped)["too_long"] >= 1


def test_a_bomb_is_given_up(monkeypatch):
    """Megabytes without a single value are no log."""
    monkeypatch.setattr(trail_stream, "BARREN", 1_000_000)

    class Zeros(io.StringIO):
        def read(self, size=-1, /):
            return "\0" * size

    with pytest.raises(Barren):
        list(Stream(Zeros()).events())


class Endless:
    """So many characters of events, made while they are read."""

    def __init__(self, size):
        self.left = size
        self.number = 0

    def read(self, size=-1, /):
        if self.left <= 0:
            return ""
        lines = []
        while size > 0:
            self.number += 1
            line = json.dumps(event(self.number, f"vol-{self.number % 1000:017x}"))
            lines.append(line)
            size -= len(line)
            self.left -= len(line)
        return ",".join(lines) + ","


def test_memory_stays_where_it_was_however_long_the_stream():
    """24 million characters of events in one line need as much as 2 million do."""
    peaks = []
    for size in (2_000_000, 24_000_000):
        tracemalloc.start()
        count = sum(1 for _ in Stream(Endless(size)).events())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count > size // 1000
    assert peaks[1] < peaks[0] * 1.5 < 20_000_000


def test_an_interrupted_import_keeps_what_it_wrote(store, tmp_path, monkeypatch):
    """Files that were read whole are not read again."""
    monkeypatch.setattr(trail_import, "AT_ONCE", 1)
    for number in range(4):
        (tmp_path / f"{number}.json").write_text(json.dumps(event(number, f"vol-{number + 900:017x}", account=OTHER)))

    def interrupt(progress):
        if (tmp_path / "2.json").exists() and store.reader().execute("SELECT count(*) FROM trail_file").fetchone()[0]:
            raise KeyboardInterrupt

    monkeypatch.setattr(trail_import, "BEAT", 0)
    settings = Settings(tenants=TENANTS, central_account=CENTRAL)
    with pytest.raises(KeyboardInterrupt):
        TrailImport(settings, store, lambda: None, lambda: NOW).run(str(tmp_path), interrupt)
    told = bring(store, tmp_path)
    assert told.known >= 1
    assert told.known + told.files == 4
    assert told.data_keys == 4


def test_there_must_be_something_to_read(store, tmp_path):
    """A path that is not there, and a bucket without a name, are said to be so."""
    with pytest.raises(NotFound):
        bring(store, tmp_path / "none")
    with pytest.raises(UsageError):
        bring(store, "s3://")


def test_signatures_beside_the_logs_are_not_read(store, tmp_path):
    """CloudTrail-Digest holds no events; nor do files of another kind."""
    (tmp_path / "CloudTrail-Digest").mkdir()
    (tmp_path / "CloudTrail-Digest" / "d.json.gz").write_bytes(gzip.compress(b"{}"))
    (tmp_path / "readme.txt").write_text("hello")
    assert bring(store, tmp_path).files == 0


# -- one data key, whoever saw it


def test_a_volume_that_only_cloudtrail_saw_becomes_a_data_key(store, tmp_path):
    """Under its CMK, of the tenant whose account it is in, with its HBK known for sure."""
    path = tmp_path / "log.json"
    path.write_text(json.dumps(event(1, "vol-00000000000000aaa", account=OTHER, generation=3)))
    assert bring(store, path).data_keys == 1
    found = data_key(store, "vol-00000000000000aaa")
    assert found.facts.source is Source.CLOUDTRAIL
    assert (found.cmk_name, found.facts.account_id, found.facts.created_at) == ("agentschap-a/x/productie", OTHER, None)
    assert found.path == ("Bureau B",)
    assert (found.generation.first, found.generation.last, found.generation.exact) == (3, 3, True)
    assert found.facts.seen_at == NOW - 10 * DAY


def test_a_scan_of_the_same_volume_wins_and_keeps_the_trace(store, tmp_path):
    """Known by a scan it is one row, and CloudTrail tells its HBK."""
    path = tmp_path / "log.json"
    path.write_text(json.dumps(event(1, f"vol-{1:017x}", generation=4)))
    before = store.reader().execute("SELECT count(*) FROM data_key").fetchone()
    bring(store, path)
    found = data_key(store, f"vol-{1:017x}")
    assert store.reader().execute("SELECT count(*) FROM data_key").fetchone() == before
    assert found.facts.source is Source.SCAN
    assert (found.generation.first, found.generation.exact) == (4, True)
    (seen,) = Sightings(store).of(found.id)
    assert (seen.source, seen.generation, seen.last_at) == (Source.CLOUDTRAIL, 4, NOW - 10 * DAY)


def test_a_later_scan_takes_the_row_over(store, tmp_path):
    """The node stays the same, whatever account the event named."""
    path = tmp_path / "log.json"
    path.write_text(json.dumps(event(1, f"vol-{90:017x}", account=TENANT)))
    key = example().cmks[0]
    bring(store, path)
    before = data_key(store, f"vol-{90:017x}")
    assert before.facts.source is Source.CLOUDTRAIL
    scanned = volume(90, key, "Agentschap A", "X", "Productie", account=OTHER)
    merge(store, replace(example(), data_keys=(*example().data_keys[:-1], scanned)), NOW)
    after = data_key(store, f"vol-{90:017x}")
    assert (after.id, after.facts.source, after.facts.account_id) == (before.id, Source.SCAN, OTHER)
    found = store.reader().execute("SELECT count(*) FROM data_key WHERE resource_id = ?", (f"vol-{90:017x}",))
    assert found.fetchone() == (1,)


def test_a_scan_that_failed_leaves_the_row_and_one_that_read_all_ends_it(store, tmp_path):
    """A gap proves nothing; a whole reading without it does, and it does not come back with the old file."""
    path = tmp_path / "log.json"
    path.write_text(json.dumps(event(1, "vol-00000000000000aaa", account=OTHER)))
    bring(store, path)
    merge(store, closed(example()), NOW)
    assert data_key(store, "vol-00000000000000aaa").stale is False
    merge(store, example(), NOW)
    assert data_key(store, "vol-00000000000000aaa") is None
    path.rename(tmp_path / "again.json")
    assert bring(store, tmp_path / "again.json").data_keys == 0
    assert data_key(store, "vol-00000000000000aaa") is None


def test_what_was_used_after_the_last_scan_is_news(store, tmp_path):
    """A volume made since then is shown at once, until the next scan finds it or not."""
    path = tmp_path / "log.json"
    path.write_text(json.dumps(event(1, "vol-00000000000000abc", at=NOW - DAY)))
    assert bring(store, path).data_keys == 1
    assert data_key(store, "vol-00000000000000abc").path == ("Agentschap A", "X", "Productie")


def test_a_cmk_that_is_not_ours_gives_no_data_key(store, tmp_path):
    """What a tenant does with other keys is not in this estate."""
    foreign = event(1, resources=[{"ARN": PROD.replace(CENTRAL, OTHER)}])
    (tmp_path / "log.json").write_text(json.dumps(foreign))
    assert bring(store, tmp_path / "log.json").data_keys == 0


def test_another_tenant_s_volume_stays_out_of_sight(store, tmp_path):
    """Bureau B's owner sees that it is under a CMK of somebody else's, and nothing more; a stranger sees nothing."""
    (tmp_path / "log.json").write_text(json.dumps(event(1, "vol-00000000000000aaa", account=OTHER)))
    bring(store, tmp_path / "log.json")
    theirs = data_key(store, "vol-00000000000000aaa", Scope("Bureau B"))
    assert theirs.cmk_name == ""
    assert data_key(store, "vol-00000000000000aaa", Scope("Bureau C")) is None
    found = data_key(store, "vol-00000000000000aaa")
    assert len(Sightings(store).of(found.id)) == 1
    assert Sightings(store, Scope("Agentschap A")).of(found.id) == []
    assert Sightings(store, Scope("Bureau C")).of(found.id) == []


def test_hostile_names_stay_text(store, tmp_path):
    """A bucket's name with markup, an escape and half a surrogate is a name."""
    arn = "arn:aws:s3:::[@click=app.quit]\x1b[2J\ud800"
    one = event(1, at=NOW - DAY, account=OTHER)
    one["requestParameters"] = {"encryptionContext": {"aws:s3:arn": arn}}
    (tmp_path / "log.json").write_text(json.dumps(one))
    assert bring(store, tmp_path / "log.json").data_keys == 1


# -- at the command line


def run(capsys, *words):
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_line_imports_without_credentials(store, tmp_path, capsys):
    """`sync --trail` says what it read, what told nothing and why, and asks AWS for nothing."""
    code, out, _ = run(capsys, "sync", "--trail", str(TRAILS), "--store", str(store.path), "--lang", "nl")
    assert code == 0
    assert "28 bestanden gelezen" in out
    assert "proef van Secrets Manager" in out
    code, out, _ = run(capsys, "sync", "--trail", str(TRAILS), "--store", str(store.path), "--json")
    told = json.loads(out)
    assert (told["files"], told["known"], told["changed"]) == (0, 28, 0)


def test_the_command_line_says_what_is_wrong(store, tmp_path, capsys):
    """Nothing there is 4, two wishes at once is 2, a damaged file is 1."""
    where = ("--store", str(store.path), "--lang", "en")
    assert run(capsys, "sync", "--trail", str(tmp_path / "none"), *where)[0] == 4
    assert run(capsys, "sync", "--trail", str(TRAILS), "--full", *where)[0] == 2
    (tmp_path / "x.json.gz").write_bytes(b"\x1f\x8b\x08\x00garbage that is no deflate stream")
    code, out, _ = run(capsys, "sync", "--trail", str(tmp_path / "x.json.gz"), *where)
    assert code == 1
    assert "damaged" in out
