"""The command line as a contract: verbs, exit codes, JSON, and one sentence for every mistake."""

import csv
import io
import json
import re

import pytest

from console.__main__ import main

README_KEYS = {
    "tree": {"path", "kind", "name", "label", "status", "stale", "counts", "elsewhere", "note", "generation", "verdict",
             "verdict_at"},
    "search": {"kind", "name", "label", "path", "status", "matched"},
    "rotations": {"path", "key_id", "name", "date", "type", "generation", "material_id", "note", "stale", "state", "why",
                  "on_demand_left", "on_demand_limit", "clash", "same_day", "freeze", "oldest_data_key",
                  "age_limit_days", "data_keys"},
    "--history": {"path", "key_id", "name", "date", "type", "generation", "material_id", "note", "stale"},
}  # fmt: skip


@pytest.fixture
def console(filled_store, capsys):
    """Runs one command line on the example's store: (exit code, stdout, stderr)."""

    def run(*words):
        code = main([*words, "--store", str(filled_store)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.mark.parametrize("words", [("tree",), ("search", "vol"), ("rotations",), ("rotations", "--history")])
def test_json_has_the_documented_names(console, words):
    """Every object of a list answer has exactly the names that the README promises."""
    code, out, err = console(*words, "--json")
    assert (code, err) == (0, "")
    assert {frozenset(item) for item in json.loads(out)} == {
        frozenset(README_KEYS[words[-1] if words[-1] in README_KEYS else words[0]])
    }


def test_the_documents_example_stands_in_the_tree_node_for_node(console):
    """Agentschap A has X (Productie, T&I, Dev), Y (Productie) and Z; Productie and T&I hold 4 volumes and 4 buckets."""
    _, out, _ = console("tree", "Agentschap A", "--json")
    nodes = {node["path"]: node for node in json.loads(out)}
    places = {path for path, node in nodes.items() if node["kind"] in ("tenant", "application", "environment")}
    assert places == {
        "Agentschap A",
        *(f"Agentschap A/{rest}" for rest in ("X", "X/Productie", "X/T&I", "X/Dev", "Y", "Y/Productie", "Z")),
    }
    assert nodes["Agentschap A/X/Productie"]["counts"] == {"cmks": 1, "data_keys": 4, "groups": 4, "copies": 0}
    assert nodes["Agentschap A/X/T&I"]["counts"] == {"cmks": 1, "data_keys": 4, "groups": 4, "copies": 0}
    assert nodes["Agentschap A/X/Dev"]["counts"] == {"cmks": 1, "data_keys": 0, "groups": 0, "copies": 0}
    assert nodes["Agentschap A/Z"]["status"] == "empty"


def test_every_path_of_the_tree_leads_back_to_its_node(console):
    """What `tree --json` calls a path, `show` finds again."""
    _, out, _ = console("tree", "Agentschap A", "--json")
    for node in json.loads(out)[:12]:
        code, shown, err = console("show", node["path"], "--json")
        assert code == 0, (node["path"], err)
        assert json.loads(shown)["path"] == node["path"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("tree", "Nergens"), 4),
        (("show", "vol-ffffffffffffffff"), 4),
        (("show",), 2),
        (("search", " "), 2),
        (("rotations", "--due", "soon"), 2),
        (("rotations", "Agentschap A/Q"), 4),
        (("nonsense",), 2),
        (("tree", "--depth", "many"), 2),
        (("tree", "--role", "boss"), 2),
        (("tree", "--role", "owner"), 2),
        (("tree", "--config", "/nowhere/config.toml"), 2),
        (("sync", "--role", "support"), 3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_mistake_gets_one_sentence_and_its_exit_code(console, words, code, lang):
    """stdout stays empty, stderr holds one line that ends like a sentence, without a trace or an unfilled value."""
    got, out, err = console(*words, "--lang", lang)
    assert (got, out) == (code, "")
    assert len(err.splitlines()) == 1
    assert re.search(r"[.)`]$", err.strip())
    assert "Traceback" not in err
    assert "{" not in err


def test_an_absent_cache_says_what_to_do(tmp_path, capsys):
    """No cache yet: the sentence names sync and the sandbox, and no file appears."""
    path = tmp_path / "none.db"
    assert main(["tree", "--store", str(path)]) == 1
    assert "kms-console sync" in capsys.readouterr().err
    assert not path.exists()


def test_the_two_sentences_of_a_cmk_are_said(console):
    """show says when the HBK rotated and that the data keys are untouched."""
    _, out, _ = console("show", "alias/agentschap-a/x/productie")
    assert "De HBK van deze CMK is laatst geroteerd op" in out
    assert "De datasleutels eronder zijn daardoor niet gewijzigd; de oudste dateert van" in out


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_no_answer_shows_a_text_key(console, lang):
    """Every word on a sheet is a word, in both languages."""
    for thing in ("Agentschap A", "Agentschap A/Z", "alias/agentschap-a/x/productie", "x-0-bucket-1", "Bureau B"):
        code, out, err = console("show", thing, "--lang", lang)
        assert code == 0, err
        assert not re.search(r"\b(fact|sheet|why|status|section)\.[a-z_]+", out)


def test_csv_of_the_tree_reads_back(console):
    """--csv is RFC 4180 with one header and one row a node."""
    _, out, _ = console("tree", "--csv")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert rows[0]["path"] == "Agentschap A"
    assert {row["kind"] for row in rows} == {
        "tenant",
        "application",
        "environment",
        "cmk",
        "data_key",
        "unassigned",
    }


def test_a_scoped_owner_sees_no_trace_of_another_tenant(console):
    """Tree, search, look-up and rotations of an owner never name Bureau B."""
    mine = ("--role", "owner", "--scope", "Agentschap A")
    for words in (("tree",), ("search", "loket"), ("search", "productie"), ("rotations",), ("rotations", "--history")):
        _, out, err = console(*words, "--json", *mine)
        assert "Bureau B" not in out + err
        assert "Loket" not in out
    code, _, err = console("show", "Bureau B", *mine)
    assert code == 4
    assert console("tree", "Bureau B", *mine)[0] == 4


def test_history_is_newest_first_and_begins_at_creation(console):
    """Every CMK's history ends with the making of its first HBK."""
    _, out, _ = console("rotations", "Agentschap A/X/Productie", "--history", "--json")
    rows = json.loads(out)
    assert [row["type"] for row in rows] == ["AUTOMATIC"] * 5 + ["CREATED"]
    assert [row["generation"] for row in rows] == [6, 5, 4, 3, 2, 1]
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)


def test_a_disabled_cmk_is_paused_not_overdue(console):
    """Bureau B's CMK is disabled: its next date is said to be paused."""
    _, out, _ = console("rotations", "Bureau B", "--json")
    assert [row["note"] for row in json.loads(out)] == ["rotation.paused"]


def test_the_path_of_a_match_leads_to_it(console):
    """What `search --json` calls a path, `show` finds again."""
    for words in ("agentschap", "vol-0000", "x-0-bucket-1"):
        _, out, _ = console("search", words, "--json", "--limit", "3")
        for hit in json.loads(out):
            code, shown, err = console("show", hit["path"], "--json")
            assert code == 0, (hit["path"], err)
            assert json.loads(shown)["kind"] == hit["kind"]


def test_an_empty_cache_is_said_to_be_empty(tmp_path, capsys):
    """A store that no sync has filled prints nothing as data and says what to do."""
    from store.database import Store

    path = tmp_path / "estate.db"
    Store.open(path, write=True).close()
    assert main(["tree", "--store", str(path)]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "kms-console sync" in err


def test_the_screens_and_the_front_door_mean_the_same_by_sandbox():
    """The answer that asks for the sandbox is one number on both sides of the door."""
    from console.__main__ import TO_SANDBOX
    from screens.app import ConsoleApp

    assert ConsoleApp.SANDBOX == TO_SANDBOX


@pytest.mark.parametrize(
    "words", [("search", "x", "--limit", "-3"), ("tree", "--depth", "diep"), ("audit", "list", "--limit", "1.5")]
)
def test_a_number_that_is_none_is_refused_in_plain_words(console, words):
    """No word of a programming language: which option, what was typed, and what it should be."""
    code, out, err = console(*words)
    assert (code, out) == (2, "")
    assert words[-2] in err
    assert f'"{words[-1]}" is geen getal van 0 of meer' in err
