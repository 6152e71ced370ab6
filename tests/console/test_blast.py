"""What breaks if: the verb and the service over a real store."""

import csv
import io
import json

import pytest

from console.__main__ import main
from console.assembly import assemble
from console.commands.blast import ShowBlast
from console.settings import load
from store.blast import Blasts
from store.database import Store
from store.effects import Form, When
from store.harvest import Harvest
from store.merge import merge
from store.records import Scope, Slice
from tests.blast_estate import PROD, A, B, estate
from tests.estates import CENTRAL, NOW, REGION, TENANT, cmk, volume

NAMES = {
    "cmk", "scenario", "headline", "counts", "moments", "earliest", "undo", "contacts", "unconfirmed", "stale",
    "groups", "rules", "rows",
}  # fmt: skip


PROD_ALIAS = "alias/agentschap-a/x/productie"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("blast") / "estate.db"
    store = Store.open(path, write=True)
    merge(store, estate(), NOW)
    store.close()
    return path


@pytest.fixture
def console(path, capsys):
    """Runs one command line: (exit code, stdout, stderr)."""

    def run(*words):
        code = main([*words, "--store", str(path)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def asked(console):
    """The JSON answer."""

    def ask(*words):
        code, out, err = console("used-by", *words, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return ask


def whens(answer):
    return {row["resource_id"]: row["when"] for row in answer["rows"]}


def test_disabling_says_when_each_holder_fails(asked):
    """Loose volume and open bucket now, cached bucket later, attached volumes at the next attach, the odd one unknown."""
    answer = asked(PROD_ALIAS, "--scenario", "disable")
    assert set(answer) == NAMES
    by_number = {name[-1]: when for name, when in whens(answer).items() if name.startswith(("vol", "snap"))}
    assert by_number == {
        "1": "next_attach", "2": "next_attach", "3": "now", "4": "next_attach", "5": "now", "6": "next_restore",
    }  # fmt: skip
    assert whens(answer)["x-open"] == "now"
    assert whens(answer)["x-cached"] == "cached"
    assert whens(answer)["x-strange"] == "unknown"
    assert answer["earliest"] == {"when": "now", "seconds": None, "count": 3}


def test_rows_come_by_urgency_and_add_up(asked):
    """The first to fail stands first; groups, moments and rows count the same holders."""
    answer = asked(PROD_ALIAS, "--scenario", "disable")
    order = [list(When).index(When(row["when"])) for row in answer["rows"]]
    assert order == sorted(order)
    assert len(order) == 9
    assert sum(m["count"] for m in answer["moments"]) == 9
    assert sum(m["count"] for group in answer["groups"] for m in group["moments"]) == 9
    assert answer["counts"] == {"data_keys": 6, "groups": 2, "copies": 1}


def test_every_row_has_its_rule_with_a_sentence_and_a_source(asked):
    """A script can say why without knowing our words."""
    answer = asked(PROD_ALIAS, "--scenario", "delete")
    rules = {rule["rule"]: rule for rule in answer["rules"]}
    assert {row["rule"] for row in answer["rows"]} == set(rules)
    assert all(rule["why"].endswith(".") and rule["todo"].endswith(".") and rule["source"] for rule in rules.values())


def test_strays_stand_under_their_own_environment(asked):
    """A volume of T&I and one of another tenant are told apart from the CMK's own environment."""
    groups = {group["path"]: group for group in asked(PROD_ALIAS, "--scenario", "disable")["groups"]}
    assert list(groups) == ["/".join(PROD), "Agentschap A/X/T&I", "Bureau B/Loket/Productie"]
    assert [group["elsewhere"] for group in groups.values()] == [False, True, True]


def test_without_a_scenario_all_five_are_told(asked, console):
    """The summary names every scenario in its order, and leaves the rows out."""
    answer = asked(PROD_ALIAS)
    assert [told["scenario"] for told in answer["scenarios"]] == ["disable", "delete", "rotate", "replace", "policy"]
    assert all("rows" not in told for told in answer["scenarios"])
    _, out, _ = console("used-by", PROD_ALIAS)
    assert out.count("agentschap-a/x/productie") == 5


@pytest.mark.parametrize(
    "thing", [PROD_ALIAS, "vol-00000000000000001", "x-open", "Agentschap A/X/Productie/" + cmk(1).key_id]
)
def test_a_cmk_goes_by_any_name_also_by_what_is_under_it(asked, thing):
    """Alias, path, volume and bucket lead to the same CMK."""
    assert asked(thing, "--scenario", "rotate")["cmk"]["key_id"] == cmk(1).key_id


def test_a_rotation_says_that_nothing_changes(console):
    """In plain words, with the reason."""
    _, out, _ = console("used-by", PROD_ALIAS, "--scenario", "rotate")
    assert "verandert niets aan de datasleutels" in out
    assert "Het oude blijft" in out


def test_a_cmk_that_is_off_already_says_so(asked, console):
    """What would fail now has failed."""
    alias = "alias/agentschap-a/x/teni"
    assert set(whens(asked(alias, "--scenario", "disable")).values()) == {"already"}
    _, out, _ = console("used-by", alias, "--scenario", "delete")
    assert "al uitgeschakeld" in out


def test_a_pending_deletion_gives_its_date_and_the_way_back(asked, console):
    """Until that date it can be cancelled, and after it never."""
    answer = asked("alias/agentschap-a/y/productie", "--scenario", "delete")
    assert answer["cmk"]["deletion_date"].startswith("2026-11-30")
    assert "2026-11-30" in answer["undo"]
    assert "CancelKeyDeletion" in answer["undo"]
    _, out, _ = console("used-by", "alias/agentschap-a/y/productie")
    assert "wacht op verwijdering" in out


def test_nothing_known_is_not_told_as_nothing_there(asked):
    """A CMK without known data keys gets no promise."""
    answer = asked("alias/agentschap-a/z/dev", "--scenario", "delete")
    assert "bewijst niet" in answer["headline"]
    assert (answer["rows"], answer["groups"], answer["earliest"]) == ([], [], None)


def test_an_owner_sees_no_trace_of_another_tenant(console):
    """The stray of Bureau B is counted and shown by its id; its names, place and details are not."""
    words = ("used-by", PROD_ALIAS, "--scenario", "disable", "--role", "owner", "--scope", A)
    for form in ("--json", "--csv", "-q"):
        code, out, _ = console(*words, form)
        assert code == 0
        assert "Bureau" not in out
        assert "geheim" not in out
    answer = json.loads(console(*words, "--json")[1])
    (hidden,) = [row for row in answer["rows"] if row["out_of_sight"]]
    assert (hidden["name"], hidden["path"], hidden["when"]) == ("", "", "next_attach")
    assert [contact["tenant"] for contact in answer["contacts"]] == [A, ""]


def test_an_owner_of_one_application_sees_the_rest_of_the_tenant_neither(console):
    """The scope may be an application; a CMK outside it is not found, also by what is under it."""
    code, out, err = console("used-by", "alias/agentschap-a/y/productie", "--role", "owner", "--scope", f"{A}/X")
    assert (code, out) == (4, "")
    assert "Y" not in err.replace("y/productie", "")


def test_what_stands_under_a_cmk_out_of_sight_leads_nowhere(console):
    """Bureau B sees its own volume, but not the CMK of Agentschap A above it."""
    code, out, err = console("used-by", "vol-00000000000000005", "--role", "owner", "--scope", B)
    assert (code, out) == (4, "")
    assert "Agentschap" not in err


@pytest.mark.parametrize(
    ("words", "code"),
    [(("nergens",), 4), (("",), 2), ((A,), 2), ((PROD_ALIAS, "--scenario", "boem"), 2)],
    ids=["unknown", "nothing", "a place", "no such scenario"],
)
def test_a_mistake_gets_its_exit_code_and_one_sentence(console, words, code):
    """stdout stays empty."""
    got, out, err = console("used-by", *words)
    assert (got, out) == (code, "")
    assert len(err.splitlines()) == 1


def test_csv_has_a_line_per_holder(console):
    """With the moment and the reason in words."""
    _, out, _ = console("used-by", PROD_ALIAS, "--scenario", "delete", "--csv")
    rows = list(csv.reader(io.StringIO(out)))
    assert len(rows) == 10
    assert {len(row) for row in rows} == {7}
    assert rows[1][4] == "nu"
    assert rows[1][5] == "na 30 dagen"


def test_windows_are_the_list_in_pieces(path):
    """Any window over the forms is the slice of the whole."""
    desk = assemble(load({"store": str(path)}))
    (answer,) = desk.dispatch.run(ShowBlast(cmk=PROD_ALIAS, scenario="disable"))
    whole = list(answer.rows.all())
    assert len(whole) == answer.rows.count() == 9
    for start in range(10):
        for stop in range(start, 11):
            assert answer.rows.window(start, stop) == whole[start:stop]
    desk.close()


def test_details_that_a_tenant_writes_decide_nothing(tmp_path):
    """A name that spells out a detail does not attach a volume."""
    key = cmk(1, *PROD)
    nasty = (("state", "available"), ("instance_name", '["instance", "i-1"]'), ("x", '", ["state", "in-use"], "'))
    store = Store.open(tmp_path / "nasty.db", write=True)
    done = frozenset({Slice(CENTRAL, REGION, "cmk"), Slice(TENANT, REGION, "ebs")})
    merge(store, Harvest(cmks=(key,), data_keys=(volume(1, key, *PROD, detail=nasty),), complete=done), NOW)
    cmk_id = store.reader().execute("SELECT id FROM cmk").fetchone()[0]
    assert [tally.form for tally in Blasts(store, Scope(A)).tallies(cmk_id)] == [Form("ebs", "volume", "detached")]
    store.close()


def test_the_settings_say_whom_to_call(console, tmp_path):
    """A tenant's contact and the service desk are configuration; an owner is not told another tenant's."""
    config = tmp_path / "config.toml"
    config.write_text(
        '[contact]\nsupport_phone = "1799"\n'
        f'[[tenants]]\nname = "{A}"\ncontact = "kms@a.example"\n[[tenants]]\nname = "{B}"\ncontact = "kms@b.example"\n'
    )
    words = ("used-by", PROD_ALIAS, "--scenario", "disable", "--config", str(config))
    _, out, _ = console(*words)
    assert f"{A} (kms@a.example) · {B} (kms@b.example) · servicedesk 1799" in out
    _, out, _ = console(*words, "--role", "owner", "--scope", A)
    assert "kms@b.example" not in out


def test_a_cmk_that_is_off_does_not_rotate(console):
    """And catches up as soon as it is enabled again."""
    _, out, _ = console("used-by", "alias/agentschap-a/x/teni", "--scenario", "rotate")
    assert "roteert de HBK meteen" in out
