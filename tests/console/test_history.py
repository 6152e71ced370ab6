"""The past from the command line: what happened, what is other, and the estate as it was."""

import calendar
import csv
import io
import json
import subprocess
import sys
import time

import pytest

from console.__main__ import main
from console.assembly import assemble
from console.commands.findings import AcknowledgeFinding, ListFindings
from console.commands.history import LookBack
from console.commands.inventory import ShowTree
from console.commands.sync import StartSync
from console.errors import NotFound, Refused, UsageError
from console.moments import began, moment_of
from console.policy import Grant
from console.services.looking_back import FOLDER
from console.settings import Settings
from store.database import Store
from store.harvest import Alias
from store.merge import merge
from store.records import Scope
from tests.store.facts import OTHER, TEST, cmk, harvest, key_id, volume

DAY = 86_400


def day(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%d"))


@pytest.fixture
def path(tmp_path):
    """Three syncs: a CMK that is disabled and one that is replaced, a volume that moves and one that goes."""
    store = Store.open(tmp_path / "estate.db", write=True)
    alias = (Alias("alias/loket"),)
    old = [cmk(1), cmk(2, OTHER, aliases=alias, description="eerste")]
    merge(store, harvest(old, [volume(1, 1), volume(2, 1)]), day("2024-03-01"))
    merge(store, harvest([cmk(1, state="Disabled"), old[1]], [volume(1, 1)]), day("2024-03-10") + 60)
    new = cmk(3, OTHER, aliases=alias, created_at=day("2024-03-15"), materials=())
    changed = [cmk(1, TEST), cmk(2, OTHER, aliases=(), description="eerste"), new]
    merge(store, harvest(changed, [volume(1, 3)]), day("2024-03-20"))
    store.close()
    return tmp_path / "estate.db"


def asked(capsys, path, *words, code=0):
    assert main([*words, "--store", str(path), "--lang", "nl"]) == code
    told = capsys.readouterr()
    return told.out, told.err


def test_events_tells_what_happened_newest_first(capsys, path):
    """Replacement, moves, states, goings: with old and new, in JSON by the names of the contract."""
    out, err = asked(capsys, path, "events", "--since", "2024-03-02", "--json")
    every = json.loads(out)
    assert [(e["at"][:10], e["what"], e["name"], e["old"], e["new"]) for e in every if e["kind"] in ("cmk", "data_key")] == [
        ("2024-03-20", "cmk", "web-1", "sleutel-1", "loket"),
        ("2024-03-20", "replaced", "loket", key_id(2), key_id(3)),
        ("2024-03-20", "moved", "sleutel-1", "Agentschap A / X / Productie", "Agentschap A / X / T&I"),
        ("2024-03-20", "state", "sleutel-1", "Disabled", "Enabled"),
        ("2024-03-15", "followed", "loket", "eerste", "loket"),
        ("2024-03-10", "gone", "web-2", "sleutel-1", ""),
        ("2024-03-10", "state", "sleutel-1", "Enabled", "Disabled"),
    ]  # fmt: skip
    assert set(every[0]) == {"at", "what", "kind", "path", "name", "label", "detail", "old", "new", "source"}
    assert err == ""


def test_events_of_a_branch_and_a_period(capsys, path):
    """From the beginning of the first day to the end of the last; the table speaks in words."""
    out, _ = asked(capsys, path, "events", "Agentschap A", "--since", "2024-03-10", "--until", "2024-03-10")
    assert "datasleutel verdwenen" in out
    assert "● ingeschakeld → ○ uitgeschakeld" in out
    assert "loket" not in out


def test_events_says_how_far_back_it_goes(capsys, path):
    """Whoever asks for everything is told since when changes are on record."""
    assert "2024-03-01 00:00" in asked(capsys, path, "events")[1]


def test_a_diff_sets_old_beside_new(capsys, path):
    """Between two days, netted: the state that came back is not told."""
    out, _ = asked(capsys, path, "diff", "--since", "2024-03-05", "--until", "2024-03-25", "--json")
    found = json.loads(out)
    assert (found["since"], found["until"]) == ("2024-03-05T23:59:59Z", "2024-03-25T23:59:59Z")
    assert found["recorded_since"] == "2024-03-01T00:00:00Z"
    assert {(c["what"], c["name"], c["old"]) for c in found["changes"] if c["kind"] in ("cmk", "data_key")} == {
        ("gone", "web-2", "sleutel-1"),
        ("moved", "sleutel-1", "Agentschap A / X / Productie"),
        ("cmk", "web-1", "sleutel-1"),
        ("followed", "loket", "eerste"),
    }


def test_a_diff_goes_forward(capsys, path):
    """A comparison of a day with itself or an earlier one is a mistake that is named."""
    _, err = asked(capsys, path, "diff", "--since", "2024-03-05", "--until", "2024-03-01", code=2)
    assert "Wissel" in err


def test_csv_holds_no_formula(capsys, tmp_path):
    """A tag that would be one in a spreadsheet is text."""
    store = Store.open(tmp_path / "estate.db", write=True)
    merge(store, harvest([cmk(1, tags=())]), day("2024-03-01"))
    merge(store, harvest([cmk(1, tags=(("a", "\x1b[31m"),), description="=cmd()")]), day("2024-03-02"))
    store.close()
    out, _ = asked(capsys, tmp_path / "estate.db", "events", "--since", "2024-03-02", "--csv")
    cells = [cell for row in csv.reader(io.StringIO(out)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@")) or "\x1b" in cell]


def test_the_tree_as_it_was(capsys, path):
    """At the end of a day: CMK and volume where they stood, what came later not there; the present is untouched."""
    before = path.read_bytes()
    out, _ = asked(capsys, path, "tree", "--asof", "2024-03-09")
    assert "web-2" in out
    assert "T&I" not in out
    later, _ = asked(capsys, path, "tree", "Agentschap B", "--asof", "2024-03-20")
    assert "loket" in later
    assert "web-1" in later
    assert path.read_bytes() == before
    assert not list(path.parent.glob(FOLDER + "*"))


def test_a_thing_as_it_was(capsys, path):
    """The sheet of a CMK on a day when it was off, though it is on today."""
    out, _ = asked(capsys, path, "show", key_id(1), "--asof", "2024-03-12")
    assert "uitgeschakeld" in out
    assert "Productie" in out
    assert "uitgeschakeld" not in asked(capsys, path, "show", key_id(1))[0]


def test_before_the_record_nothing_is_known(capsys, path):
    """The sentence says from when on it is, and the exit code that it was not found."""
    _, err = asked(capsys, path, "tree", "--asof", "2024-02-28", code=4)
    assert "2024-03-01" in err


@pytest.mark.parametrize("typed", ["gisteren", "2024-13-01", "30x", "9999-01-01", "-5d"])
def test_what_is_no_moment_is_named(capsys, path, typed):
    """And so is one that is still to come."""
    _, err = asked(capsys, path, "tree", f"--asof={typed}", code=2)
    assert typed in err


def test_a_moment_is_the_end_of_a_day_or_so_long_ago():
    """Today is now: it is not over yet."""
    now = day("2024-03-14") + 3600
    assert moment_of("2024-03-01", now) == day("2024-03-02") - 1
    assert moment_of("2024-03-14", now) == now
    assert moment_of("30d", now) == now - 30 * DAY
    assert moment_of("2w", now) == now - 14 * DAY
    assert began("2024-03-01", now) == day("2024-03-01")
    with pytest.raises(UsageError):
        moment_of("2024-03-15", now)


@pytest.fixture
def desk(path):
    opened = assemble(Settings(store=path, write=True))
    yield opened
    opened.close()


def test_nothing_changes_in_the_past(desk, path):
    """A desk at a past looks and does nothing else; its refusals are written down in the present."""
    past = desk.at(desk.dispatch.run(LookBack("2024-03-12")))
    assert [row.node.name for row in past.dispatch.run(ShowTree(depth=1))] == ["Agentschap A", "Agentschap B"]
    for command in (StartSync(), AcknowledgeFinding(1, "x")):
        with pytest.raises(Refused, match=r"policy\.past"):
            past.dispatch.run(command)
    assert past.dispatch.may(AcknowledgeFinding).reason == "policy.past"
    assert not past.session.write
    folder = past.settings.store.parent
    assert folder.name.startswith(FOLDER)
    past.close()
    assert not folder.exists()
    assert path.exists()
    refused = Store.open(path).reader().execute("SELECT count(*) FROM audit").fetchone()[0]
    assert refused == 2


def test_the_past_has_the_findings_of_then(desk):
    """The rules are applied to what was there: the CMK that was off with a volume under it, though it is on today."""

    def rules(at):
        return {row.rule for row in at.dispatch.run(ListFindings()).window(0, 99)}

    past = desk.at(desk.dispatch.run(LookBack("2024-03-12")))
    assert "cmk_disabled" in rules(past)
    past.close()
    later = desk.at(desk.dispatch.run(LookBack("2024-03-20")))
    assert "cmk_disabled" not in rules(later)
    later.close()


def test_what_a_killed_process_left_is_removed(desk, path):
    """The next one that looks back finds the folder of a process that is no more."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = path.parent / f"{FOLDER}{ended.pid}-x"
    left.mkdir()
    desk.at(desk.dispatch.run(LookBack("2024-03-12"))).close()
    assert not left.exists()


def test_an_owner_sees_their_own_past_alone(path):
    """What was another tenant's then is not there, also in the copy's answers."""
    desk = assemble(Settings(store=path, role="owner", scope=Scope("Agentschap A")))
    past = desk.at(desk.dispatch.run(LookBack("2024-03-12")))
    names = [row.node.name for row in past.dispatch.run(ShowTree())]
    assert "Agentschap A" in names
    assert not [name for name in names if "B" in name or "Loket" in name]
    past.close()
    desk.close()


def test_a_store_without_a_sync_has_no_past(tmp_path):
    """The sentence says that nothing is known."""
    Store.open(tmp_path / "estate.db", write=True).close()
    desk = assemble(Settings(store=tmp_path / "estate.db"))
    with pytest.raises(NotFound, match=r"asof\.not_known"):
        desk.dispatch.run(LookBack("2024-03-12"))
    assert LookBack.needs is Grant.LOOK
    desk.close()
