"""The verb `pulse`: the numbers of everything or of a branch, for people, scripts and spreadsheets."""

import csv
import io
import json
import shutil
from dataclasses import replace

import pytest

from console.__main__ import main
from console.services.findings.judge import judge
from console.settings import load
from store.database import Store
from store.findings import Findings, Wanted
from store.merge import merge
from tests.estates import NOW, OTHER, example, volume

NAMES = {"path", "at", "findings", "cmks", "rotations", "ages", "resources", "sync"}


@pytest.fixture
def console(filled_store, capsys):
    """Runs `pulse` on the example's store: (exit code, stdout, stderr)."""

    def run(*words):
        code = main(["pulse", *words, "--store", str(filled_store)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def asked(console, *words):
    code, out, err = console(*words, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_json_has_the_documented_names(console):
    """Exactly the names of the README, and each CMK once among the rotations."""
    answer = asked(console)
    assert set(answer) == NAMES
    assert answer["cmks"] == {"enabled": 5, "disabled": 1}
    assert sum(answer["rotations"].values()) == 6
    assert answer["rotations"]["paused"] == 1
    assert {(r["kind"], r["number"]) for r in answer["resources"]} == {("volume", 9), ("bucket", 8)}
    assert [(age["from"], age["until"], age["data_keys"]) for age in answer["ages"]] == [
        ("2025-07-01", "2025-12-31", 9)
    ]


def test_a_branch_counts_itself_only(console):
    """A tenant, an application, an environment or one CMK, by its path."""
    assert asked(console, "Agentschap A")["cmks"] == {"enabled": 4}
    assert asked(console, "Agentschap A/X")["cmks"] == {"enabled": 3}
    assert asked(console, "Agentschap A/X/Productie")["resources"][0]["number"] == 4
    tree = "Agentschap A/X/Productie/agentschap-a%2Fx%2Fproductie"
    assert asked(console, tree)["cmks"] == {"enabled": 1}


def judged(filled_store, tmp_path):
    """A copy of the example's store that the rules have looked at, with a data key of Bureau B under A's CMK."""
    path = tmp_path / "judged" / "estate.db"
    path.parent.mkdir(mode=0o700)
    shutil.copy(filled_store, path)
    store = Store.open(path, write=True)
    stray = volume(91, example().cmks[0], "Bureau B", account=OTHER)
    merge(store, replace(example(), data_keys=(*example().data_keys, stray)), NOW)
    judge(store, load({"store": str(path)}, {}), NOW)
    return path, store


def test_findings_are_counted_by_severity_as_their_list_counts_them(filled_store, tmp_path, capsys):
    """The open ones, the worst first; what somebody lets be apart; in a branch what its list shows."""
    path, store = judged(filled_store, tmp_path)
    try:
        findings = Findings(store, now=lambda: NOW)
        worst = findings.window(Wanted())[0]
        findings.acknowledge(worst, "jan", "admin", "wordt verplaatst", None)
        every = findings.by_severity(Wanted())
    finally:
        store.close()

    def told(*words):
        assert main(["pulse", *words, "--json", "--store", str(path)]) == 0
        return json.loads(capsys.readouterr().out)["findings"]

    whole = told()
    assert whole["open"] == {severity.name.lower(): number for severity, number in every.items()}
    assert (whole["acknowledged"], whole["judged_at"] is not None) == (1, True)
    parts = [told(tenant)["open"] for tenant in ("Agentschap A", "Bureau B")]
    assert all(part != whole["open"] for part in parts)
    scoped = told("--role", "owner", "--scope", "Bureau B")
    assert sum(scoped["open"].values()) <= sum(parts[1].values())


def test_no_findings_where_nobody_looked_is_not_good_news(console):
    """A store that was never judged says so, and gives no 0."""
    assert asked(console)["findings"] == {"open": {}, "acknowledged": 0, "judged_at": None}
    rows = list(csv.reader(io.StringIO(console("--csv")[1])))
    assert [row for row in rows if row[0] == "findings"] == [["findings", "unjudged", "nooit"]]


def test_an_owner_counts_the_own_branch(console):
    """Without a path the own branch; another tenant's is not found, as if it were not there."""
    scoped = ("--role", "owner", "--scope", "Agentschap A/X")
    assert asked(console, *scoped)["cmks"] == {"enabled": 3}
    assert asked(console, *scoped)["sync"]["gaps"] == 0
    assert console("Bureau B", *scoped)[0] == console("Niemand", *scoped)[0] == 4


@pytest.mark.parametrize(("lang", "words"), [("nl", "gepauzeerd"), ("en", "paused")])
def test_people_get_sections_with_bars(console, lang, words):
    """A line per number, in the chosen language, with a bar beside it."""
    code, out, _ = console("--lang", lang)
    assert code == 0
    line = next(line for line in out.splitlines() if words in line)
    assert "1  █" in line


def test_spreadsheets_get_section_name_and_number(console):
    """One row per number, under names that do not depend on the language."""
    rows = list(csv.reader(io.StringIO(console("--csv")[1])))
    assert rows[0] == ["section", "name", "number"]
    assert ["cmks", "enabled", "5"] in rows


def test_many_half_years_become_years(filled_store):
    """More than six years of half-years are shown as years; a year without data keys keeps its place."""
    from console.reports.pulse import _ages
    from console.text import Text
    from store.numbers import HalfYear

    few = [e.name for e in _ages((HalfYear(0, 0, 4), HalfYear(2024, 2, 1), HalfYear(2025, 2, 3)), Text("nl"))]
    assert few == ["2024-2", "2025-1", "2025-2", "undated"]
    many = [(e.name, e.number) for e in _ages((HalfYear(2017, 1, 1), HalfYear(2023, 2, 3)), Text("nl"))]
    assert many == [("2017", 1), *((str(year), 0) for year in range(2018, 2023)), ("2023", 3)]
