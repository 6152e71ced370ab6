"""What CMKs cost: one a month each, the first two rotations one more each, and nothing while deletion waits."""

import csv
import io
import json
from decimal import Decimal

import pytest

from console.__main__ import main
from console.services.cost import amounts_of
from console.terms import Prices
from console.text import Text
from store.bills import Bill
from store.cost import MONTH, Costs
from store.database import Store
from store.harvest import Harvest, KeyMaterial
from store.merge import merge
from store.records import UNASSIGNED, Kind, NodeRef, Scope, Slice
from store.tree import Tree
from tests.estates import CENTRAL, DAY, NOW, REGION, cmk

A = ("Agentschap A", "X", "Productie")


@pytest.fixture
def billed(tmp_path):
    """Makes a store of these CMKs and counts a branch of it: (now, in 12, in 36 months) in units of a month."""

    def count(*keys, within=None, scope=None, cap=2):
        store = Store.open(tmp_path / "cost.db", write=True)
        merge(store, Harvest(cmks=keys, complete=frozenset({Slice(CENTRAL, REGION, "cmk")})), NOW)
        ref = Tree(store).resolve(within) if within else None
        lines = Costs(store, scope).lines(ref, NOW, cap)
        store.close()
        return lines

    return count


def months(line):
    return (line.bill.keys + line.bill.rotations, *(line.bill.keys + each for each in line.bill.rotations_ahead))


@pytest.mark.parametrize(
    ("years", "changes", "expected"),
    [
        (0, {}, (1, 2, 3)),
        (1, {}, (2, 3, 3)),
        (2, {}, (3, 3, 3)),
        (7, {}, (3, 3, 3)),
        (0, {"rotation_period": 90, "rotation_next": NOW + 10 * DAY}, (1, 3, 3)),
        (0, {"rotation_period": 2560, "rotation_next": NOW + 2500 * DAY}, (1, 1, 1)),
        (0, {"rotation_next": NOW - 10 * DAY}, (1, 3, 3)),
        (0, {"rotation_enabled": False, "rotation_next": None}, (1, 1, 1)),
        (0, {"state": "Disabled"}, (1, 1, 1)),
        (1, {"state": "Disabled"}, (2, 2, 2)),
        (5, {"state": "PendingDeletion"}, (0, 0, 0)),
        (5, {"state": "PendingReplicaDeletion"}, (0, 0, 0)),
        (5, {"manager": "AWS"}, (0, 0, 0)),
        (0, {"multi_region": "REPLICA", "rotation_enabled": False, "rotation_next": None}, (1, 1, 1)),
        (0, {"key_spec": "RSA_2048", "rotation_enabled": None, "rotation_next": None, "materials": ()}, (1, 1, 1)),
    ],
)
def test_each_rule_of_the_price_list(billed, years, changes, expected):
    """Now, in 12 and in 36 months; a disabled CMK costs and rests, a waiting one costs nothing."""
    (line,) = billed(cmk(1, *A, years=years, **changes))
    assert months(line) == expected


def test_rotations_on_demand_cost_as_much(billed):
    """Two rotations on one day, on demand, are the two that are billed; imported material counts like any other."""
    materials = (
        KeyMaterial("a" * 64, None, "", "NON_CURRENT"),
        KeyMaterial("b" * 64, NOW - 2 * DAY, "ON_DEMAND", "NON_CURRENT"),
        KeyMaterial("c" * 64, NOW - 2 * DAY, "ON_DEMAND", "CURRENT"),
        KeyMaterial("d" * 64, None, "", "PENDING_ROTATION"),
    )
    imported = {"origin": "EXTERNAL", "rotation_enabled": False, "rotation_next": None}
    (line,) = billed(cmk(1, *A, years=0, materials=materials, **imported))
    assert months(line) == (3, 3, 3)


def test_how_many_rotations_are_billed_is_a_setting(billed):
    """A price list with another cap, or none."""
    (line,) = billed(cmk(1, *A, years=5), cap=0)
    assert months(line) == (1, 1, 1)


def test_what_could_not_be_read_is_counted_apart(billed):
    """Unknown is not none: a CMK whose HBKs or status nobody read is named beside the sum."""
    unread = {"materials": None, "materials_at": 0, "rotation_enabled": None, "rotation_next": None, "rotation_at": 0}
    (line,) = billed(cmk(1, *A, **unread), cmk(2, *A))
    assert (line.bill.keys, line.bill.unread, line.bill.undated) == (2, 1, 1)
    spec = {"key_spec": "RSA_2048", "materials": (), "materials_at": 0, "rotation_enabled": None, "rotation_next": None}
    (line,) = billed(cmk(1, *A, **spec))
    assert (line.bill.unread, line.bill.undated) == (0, 0)


def test_each_level_sums_the_one_below(billed):
    """Tenants, applications, environments, CMKs; what has no place comes last."""
    keys = (cmk(1, *A), cmk(2, "Agentschap A", "X", "Dev", years=0), cmk(3, "Agentschap A"), cmk(4, "Bureau B", "L"))
    stray = cmk(5, years=0)
    every = billed(*keys, stray)
    assert [(line.name, *months(line)[:1]) for line in every] == [("Agentschap A", 7), ("Bureau B", 3), ("", 1)]
    assert every[-1].ref == UNASSIGNED
    below = billed(*keys, within=("Agentschap A",))
    assert [(line.ref.kind, line.name, months(line)[0]) for line in below] == [
        (Kind.TENANT, "Agentschap A", 3),
        (Kind.APPLICATION, "X", 4),
    ]
    environments = billed(*keys, within=("Agentschap A", "X"))
    assert [(line.ref.kind, line.name) for line in environments] == [
        (Kind.ENVIRONMENT, "Dev"),
        (Kind.ENVIRONMENT, "Productie"),
    ]
    (alone,) = billed(*keys, within=A)
    assert alone.ref.kind is Kind.CMK


def test_an_owner_counts_the_own_branch_only(billed):
    """Nothing of another tenant or application is in a sum."""
    keys = (cmk(1, *A), cmk(2, "Agentschap A", "Y", "Dev", years=0), cmk(3, "Bureau B", "L", "P"))
    mine = billed(*keys, scope=Scope("Agentschap A", "Y"))
    assert [(line.name, months(line)[0]) for line in mine] == [("Agentschap A", 1)]
    assert billed(*keys, within=("Bureau B",), scope=Scope("Agentschap A")) == []


def test_a_month_is_a_twelfth_of_a_year(billed):
    """A rotation on the last day of the twelfth month is in, on the day after it is not."""
    (inside,) = billed(cmk(1, *A, years=0, rotation_next=NOW + 12 * MONTH))
    assert months(inside)[1] == 2
    (outside,) = billed(cmk(1, *A, years=0, rotation_next=NOW + 12 * MONTH + 1))
    assert months(outside)[1] == 1


def test_amounts_are_exact():
    """Three keys of 0.10 are 0.30."""
    prices = Prices("EUR", Decimal("0.10"), Decimal("0.20"))
    amounts = amounts_of(Bill(keys=3, rotations=1, rotations_ahead=(2, 3)), prices)
    assert (amounts.now, *amounts.ahead) == (Decimal("0.50"), Decimal("0.70"), Decimal("0.90"))


@pytest.mark.parametrize(("lang", "shown"), [("nl", "12\u202f345,00 USD"), ("en", "12,345.00 USD")])
def test_money_is_written_as_people_read_it(lang, shown):
    """A comma before the cents in Dutch, a point in English."""
    assert Text(lang).money(Decimal(12345), "USD") == shown


NAMES = {"path", "kind", "name", "cmks", "free", "rotations", "rotations_12", "rotations_36", "month", "month_12",
         "month_36", "unread", "undated"}  # fmt: skip


@pytest.fixture
def console(filled_store, capsys):
    def run(*words):
        code = main(["cost", *words, "--store", str(filled_store)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_json_has_the_documented_names(console):
    """Exactly the names of the README; the total is the sum of its lines."""
    code, out, _ = console("--json")
    answer = json.loads(out)
    assert code == 0
    assert set(answer) == {"path", "at", "currency", "prices", "confirmed", "total", "lines"}
    assert set(answer["total"]) == NAMES
    assert all(set(line) == NAMES for line in answer["lines"])
    assert sum(Decimal(line["month"]) for line in answer["lines"]) == Decimal(answer["total"]["month"]) == 14
    assert answer["confirmed"] is False


def test_a_line_leads_to_what_it_counts(console):
    """Its path may be typed after the verb again."""
    _, out, _ = console("Agentschap A/X", "--json")
    for line in json.loads(out)["lines"]:
        code, again, _ = console(line["path"], "--json")
        assert code == 0
        assert json.loads(again)["total"]["month"] == line["month"]
    _, out, _ = console("--json")
    stray = json.loads(out)["lines"][-1]
    code, again, _ = console(stray["path"], "--json")
    assert (code, json.loads(again)["total"]["month"]) == (0, stray["month"])


def test_people_read_who_pays(console):
    """Key fees for the central account, requests for the tenant, and that the prices are quotes."""
    code, out, err = console()
    assert code == 0
    assert "totaal" in out
    assert "centrale account" in err
    assert "niet bevestigd" in err


def test_own_prices_are_taken_as_they_are(console, tmp_path):
    """Prices of the settings are not called unconfirmed."""
    path = tmp_path / "config.toml"
    path.write_text('[prices]\ncurrency = "EUR"\nkey_month = "0.90"\n')
    _, out, err = console("--config", str(path))
    assert "EUR" in out
    assert "niet bevestigd" not in err


def test_csv_is_a_row_per_line_and_the_total(console):
    """The same rows, for a spreadsheet."""
    _, out, _ = console("--csv")
    rows = list(csv.reader(io.StringIO(out)))
    assert len(rows) == 5
    assert rows[-1][0] == "totaal"


def test_there_is_no_such_branch(console):
    """A path that leads nowhere is said to."""
    assert console("Nergens")[0] == 4


def test_a_data_key_asks_for_its_cmk(filled_store):
    """Data keys cost nothing; the CMK above one does."""
    store = Store.open(filled_store)
    id_ = store.reader().execute("SELECT id FROM data_key WHERE cmk_id <> 0 LIMIT 1").fetchone()[0]
    (line,) = Costs(store).lines(NodeRef(Kind.DATA_KEY, id_), NOW, 2)
    assert line.ref.kind is Kind.CMK
    store.close()
