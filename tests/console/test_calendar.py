"""Coming dates with their rules: the verb `rotations`, for people, scripts, spreadsheets and other calendars."""

import csv
import io
import json
from dataclasses import replace
from types import SimpleNamespace

import icalendar
import pytest

from console.__main__ import main
from store.database import Store
from store.merge import merge
from tests.estates import DAY, NOW, cmk, example, volume

A, X = "Agentschap A", "X"
TERMS = """
[calendar]
clash_application = 2
clash_tenant = 3
[age]
[age.environments]
Productie = 365
[[freeze]]
from = "12-01"
until = "01-05"
reason = "Eindejaar"
[[freeze]]
from = "2026-11-25"
until = "2026-11-26"
reason = "Geheim van B"
tenant = "Bureau B"
"""


def dated(number, *names, date, **changes):
    return cmk(number, *names, rotation_next=date, **changes)


def estate():
    """Of every rule one: three on one day, one in a freeze, paused before and after its date, off, busy, too old."""
    soon = NOW + 7 * DAY
    keys = (
        dated(11, A, X, "Productie", date=soon),
        dated(12, A, X, "T&I", date=soon),
        dated(13, A, X, "Dev", date=soon),
        dated(14, A, "Y", "Dev", date=NOW + 30 * DAY),
        dated(15, A, "Y", "T&I", date=NOW - 9 * DAY, state="Disabled"),
        dated(16, A, "Y", "Productie", date=NOW + 90 * DAY, state="Disabled"),
        dated(17, A, "W", "Dev", date=NOW - 4 * DAY),
        dated(18, A, "W", "T&I", date=NOW - DAY, rotation_started=NOW - 60),
        dated(19, A, "W", "Productie", date=None, rotation_enabled=False),
        dated(20, "Bureau B", "Loket", "Productie", date=soon),
    )
    old = (volume(1, keys[0], A, X, "Productie", created_at=NOW - 400 * DAY),
           volume(2, keys[0], A, X, "Productie", created_at=NOW - 380 * DAY),
           volume(3, keys[5], A, "Y", "Productie", created_at=NOW - 350 * DAY),
           volume(4, keys[1], A, X, "T&I", created_at=NOW - 4000 * DAY))  # fmt: skip
    return replace(example(), cmks=keys, data_keys=old, declared=())


@pytest.fixture
def console(tmp_path, capsys, monkeypatch):
    """Runs `rotations` on an estate that has one of every rule."""
    path, config = tmp_path / "estate.db", tmp_path / "config.toml"
    config.write_text(TERMS)
    store = Store.open(path, write=True)
    merge(store, estate(), NOW)
    store.close()
    monkeypatch.setattr("console.settings.time", SimpleNamespace(time=lambda: NOW))

    def run(*words):
        code = main(["rotations", *words, "--store", str(path), "--config", str(config)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def asked(console, *words):
    code, out, err = console(*words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def lines(answer):
    return [(entry["path"].rpartition("/")[0].rpartition("/")[2] + "/" + entry["path"].rpartition("/")[2],
             entry["type"], entry["state"]) for entry in answer]  # fmt: skip


def test_what_is_late_comes_first_then_the_dates_then_what_has_none(console):
    """Overdue and too old; then by date, paused ones too; last those without, with their reason."""
    assert lines(asked(console)) == [
        ("X/Productie", "DATA_KEY_AGE", "aged"),
        ("W/Dev", "SCHEDULED", "overdue"),
        ("Y/T&I", "SCHEDULED", "at_once"),
        ("W/T&I", "SCHEDULED", "in_progress"),
        ("X/Productie", "SCHEDULED", "scheduled"),
        ("X/T&I", "SCHEDULED", "scheduled"),
        ("X/Dev", "SCHEDULED", "scheduled"),
        ("Loket/Productie", "SCHEDULED", "scheduled"),
        ("Y/Productie", "DATA_KEY_AGE", "aging"),
        ("Y/Dev", "SCHEDULED", "scheduled"),
        ("Y/Productie", "SCHEDULED", "paused"),
        ("W/Productie", "SCHEDULED", "off"),
    ]


def test_a_data_key_has_the_date_of_its_environment(console):
    """Two of X in production are beyond 365 days; T&I has no limit, however old."""
    first, *_ = asked(console)
    assert (first["data_keys"], first["age_limit_days"], first["date"][:10]) == (2, 365, "2026-10-14")
    assert any("Te oud nu: 2" in line for line in first["why"])


def test_without_an_age_policy_only_hbks_have_dates(console, tmp_path):
    """No [age]: no dates of data keys."""
    (tmp_path / "config.toml").write_text("")
    assert {entry["type"] for entry in asked(console)} == {"SCHEDULED"}


def test_a_clash_is_more_than_the_settings_allow(console):
    """Three of one application on one day; the tenant's limit of three is not passed, another tenant's not counted."""
    clashes = {entry["name"]: entry for entry in asked(console) if entry["clash"]}
    assert {entry["clash"] for entry in clashes.values()} == {"application"}
    assert len(clashes) == 3
    assert all(entry["same_day"] == {"application": 3, "tenant": 3} for entry in clashes.values())


def test_a_date_in_a_freeze_says_so_and_why(console):
    """A window of every year for all, one of a single year for one tenant; AWS rotates all the same."""
    frozen = {entry["path"]: entry["freeze"] for entry in asked(console) if entry["freeze"]}
    assert frozen["Bureau B/Loket/Productie"] == "Geheim van B"
    assert frozen["Agentschap A/Y/Dev"] == "Eindejaar"
    assert "Agentschap A/X/Dev" not in frozen


def test_rotation_on_demand_tells_how_often_it_still_can(console, tmp_path):
    """The setting minus the on-demand ones that the CMK had."""
    (tmp_path / "config.toml").write_text("[sync]\non_demand_limit = 7\n")
    answer = asked(console)
    assert {(entry["on_demand_left"], entry["on_demand_limit"]) for entry in answer} == {(7, 7)}
    assert any("7 van 7" in line for entry in answer for line in entry["why"])


def test_due_keeps_what_is_late(console):
    """Within 10 days: the late ones, and what comes until then."""
    states = [state for _, _, state in lines(asked(console, "--due", "10d"))]
    assert states == ["aged", "overdue", "at_once", "in_progress", *["scheduled"] * 4]


def test_an_owner_sees_no_trace_of_others(console):
    """Neither dates, nor clashes, nor windows of another tenant."""
    code, out, _ = console("--json", "--role", "owner", "--scope", "Agentschap A/X")
    assert code == 0
    assert len(json.loads(out)) == 4
    assert "Bureau" not in out
    assert "Geheim" not in out
    assert console("Bureau B", "--role", "owner", "--scope", "Agentschap A/X")[0] == 4


@pytest.mark.parametrize(("lang", "words"), [("nl", "botsing: 3 die dag"), ("en", "clash: 3 that day")])
def test_people_and_spreadsheets_read_the_same(console, lang, words):
    """A row per date, state as sign and word, what is special in the last column."""
    code, out, _ = console("--csv", "--lang", lang)
    assert code == 0
    rows = list(csv.reader(io.StringIO(out)))
    assert sum(words in row[-1] for row in rows) == 3
    assert words in console("--lang", lang)[1]


def events(data):
    return {str(event["UID"]): event for event in icalendar.Calendar.from_ical(data).walk("VEVENT")}


def test_the_calendar_file_has_an_all_day_event_per_date(console):
    """By `-` on stdout: eleven dates, whole days, paused ones tentative, nothing without a date."""
    code, out, err = console("--ics", "-")
    assert (code, err) == (0, "")
    found = events(out)
    assert len(found) == 11
    clash = next(e for e in found.values() if "agentschap-a/x/dev" in e["SUMMARY"])
    assert (str(clash.start), str(clash.end)) == ("2026-11-25", "2026-11-26")
    assert "botsing" in clash["DESCRIPTION"].casefold()
    assert sorted(str(e["STATUS"]) for e in found.values()).count("TENTATIVE") == 2
    assert all(len(line.encode()) <= 75 for line in out.split("\r\n"))


def test_reading_the_file_in_again_moves_its_events(console, tmp_path):
    """A date that moved keeps its event; after a rotation the next generation has one of its own."""
    target = tmp_path / "hbk.ics"
    assert console("--ics", str(target))[0] == 0
    before = events(target.read_bytes())
    moved = estate()
    moved = replace(moved, cmks=(replace(moved.cmks[0], rotation_next=NOW + 50 * DAY), *moved.cmks[1:]))
    store = Store.open(tmp_path / "estate.db", write=True)
    merge(store, moved, NOW)
    store.close()
    assert console("--ics", str(target))[0] == 0
    after = events(target.read_bytes())
    assert set(after) == set(before)
    assert [uid for uid in after if after[uid].start != before[uid].start]
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_file_of_somebody_else_is_left_alone(console, tmp_path):
    """Another calendar's, or any other file: refused, and said."""
    target = tmp_path / "mine.ics"
    target.write_bytes(b"BEGIN:VCALENDAR\r\nPRODID:-//other//EN\r\nEND:VCALENDAR\r\n")
    code, out, err = console("--ics", str(target))
    assert (code, out) == (2, "")
    assert "mine.ics" in err
    assert b"other" in target.read_bytes()
    assert console("--ics", str(tmp_path / "no" / "folder.ics"))[0] == 1
    assert console("--history", "--ics", "-")[0] == 2


def test_hostile_names_stay_text_in_the_file(tmp_path, console):
    """A name with line ends and properties of its own makes no event and no property."""
    evil = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTACH:file:///etc/passwd;a,b\\n\x1b[2J"
    store = Store.open(tmp_path / "estate.db", write=True)
    merge(store, replace(estate(), cmks=(replace(estate().cmks[0], description=evil, aliases=()),)), NOW)
    store.close()
    out = console("--ics", "-")[1]
    found = events(out)
    assert len(found) == 2
    assert not any("ATTACH" in event for event in found.values())
    assert "\x1b" not in out
