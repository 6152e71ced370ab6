"""Which HBK wraps each data key: known where an event names it, inferred from dates elsewhere, and how many each."""

import sqlite3
from dataclasses import replace

import pytest

from console.assembly import assemble
from console.commands.cards import ShowThing
from console.commands.inventory import Inspect
from console.reports import REPORTS
from console.settings import load
from console.text import Text
from console.text.generations import generation_text
from screens.widgets.strip import strip_lines
from store.cmks import Cmks
from store.database import VERSION, Store
from store.harvest import Harvest
from store.lookup import Lookup
from store.merge import merge
from store.records import Generation, Granularity, Kind, NodeRef, Scope, Slice, Source
from store.sightings import Gathered, Sightings
from store.traces import Resource, Sighting
from store.tree import Tree
from tests.estates import CENTRAL, DAY, NOW, REGION, TENANT, bucket, cmk, example, volume

A = "Agentschap A"
PROD = cmk(1, A, "X", "Productie", years=4)  # five generations, a year apart, the first 4 years and 30 days ago
WHOLE = frozenset({Slice(CENTRAL, REGION, "cmk"), Slice(TENANT, REGION, "ebs"), Slice(TENANT, REGION, "s3")})


def material(generation, key=PROD):
    return key.materials[generation - 1].material_id


def snapshot(number, **changes):
    facts = {"granularity": Granularity.SNAPSHOT, "resource_id": f"snap-{number:017x}", "name": ""}
    return replace(volume(number, PROD, A, "X", "Productie"), **facts, **changes)


def aged(days, make=volume, name=1):
    return replace(make(name, PROD, A, "X", "Productie"), created_at=NOW - days * DAY)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "data" / "estate.db", write=True)
    yield opened
    opened.close()


def keep(store, *keys, cmks=(PROD,)):
    merge(store, Harvest(cmks=cmks, data_keys=keys, complete=WHOLE), NOW)


def told(store, resource=f"vol-{1:017x}"):
    (hit,) = [hit for hit in Lookup(store).resolve(resource) if hit.ref.kind is Kind.DATA_KEY]
    return Cmks(store).data_key(hit.ref.id).generation


def hear(
    store, operation="GenerateDataKeyWithoutPlaintext", at=NOW - DAY, generation=3, wraps=True, key=PROD, **changes
):
    """One event about the first volume, read and merged."""
    thing = Resource("ebs", Granularity.VOLUME, f"vol-{1:017x}")
    names = material(generation, key) if generation else ""
    gathered = Gathered()
    gathered.add(
        replace(Sighting(key.arn, thing, TENANT, REGION, at, operation, Source.CLOUDTRAIL, names, wraps), **changes)
    )
    Sightings(store).add(gathered)
    merge(store, Harvest(), NOW)


@pytest.mark.parametrize(("days", "generation"), [(4 * 365 + 20, 1), (3 * 365, 2), (300, 4), (1, 5)])
def test_a_volume_was_wrapped_by_the_hbk_of_its_day(store, days, generation):
    """Between which two rotations it was made; inferred, and marked so."""
    keep(store, aged(days))
    assert told(store) == Generation(generation, generation, exact=False, newest=5)
    assert generation_text(told(store)) == f"~{generation}/5"


def test_a_bucket_is_a_range_from_its_day_to_now(store):
    """Each object has a data key of its own."""
    keep(store, aged(3 * 365, bucket, "x"))
    assert generation_text(told(store, "x")) == "~2–5"


def test_a_snapshot_is_at_most_as_young_as_its_day(store):
    """Its volume's data key may have been wrapped long before."""
    keep(store, snapshot(1, created_at=NOW - 300 * DAY))
    assert generation_text(told(store, f"snap-{1:017x}")) == "~1–4/5"


@pytest.mark.parametrize(
    "key", [aged(9 * 365), replace(aged(1), created_at=None)], ids=["older than its CMK", "no date"]
)
def test_what_no_date_tells_is_unknown(store, key):
    """It came from another CMK, or nobody says when."""
    keep(store, key)
    assert generation_text(told(store)) == "?"


def test_a_cmk_whose_hbks_were_not_read_tells_nothing(store):
    """Unknown, not the first."""
    keep(store, aged(1), cmks=(replace(PROD, materials=None, materials_at=0),))
    assert generation_text(told(store)) == "?"


def test_an_event_that_names_the_hbk_is_exact(store):
    """Wrapped then, or found wrapped then: the newest event counts."""
    keep(store, aged(1000))
    hear(store, generation=3)
    assert generation_text(told(store)) == "3/5"
    hear(store, "Decrypt", at=NOW - 10 * DAY, generation=2, wraps=False)
    assert generation_text(told(store)) == "3/5"
    hear(store, "ReEncryptTo", at=NOW, generation=5)
    assert generation_text(told(store)) == "5/5"


def test_an_event_without_material_changes_nothing(store):
    """Before 2025 events did not name it."""
    keep(store, aged(300))
    hear(store, generation=None)
    assert generation_text(told(store)) == "~4/5"


def test_an_event_under_another_cmk_says_nothing_of_this_one(store):
    """The volume's wrap under the CMK that it stands under now is what counts."""
    other = cmk(2, A, "X", "T&I", years=3)
    keep(store, aged(300), cmks=(PROD, other))
    hear(store, generation=1, key=other)
    assert generation_text(told(store)) == "~4/5"


def test_a_rotation_moves_the_newest_and_no_data_key(store):
    """A bucket's range grows with it; what was wrapped stays wrapped as it was."""
    keep(store, aged(300), aged(300, bucket, "x"))
    rotated = replace(cmk(1, A, "X", "Productie", years=4), materials=(
        *PROD.materials, replace(PROD.materials[-1], material_id="f" * 64, date=NOW - 60)
    ), current_material="f" * 64)  # fmt: skip
    keep(store, aged(300), aged(300, bucket, "x"), cmks=(rotated,))
    assert generation_text(told(store)) == "~4/6"
    assert generation_text(told(store, "x")) == "~4–6"


def test_the_strip_counts_every_data_key_once_and_no_copy(store):
    """Known, inferred, in a range, unknown; snapshots hold a volume's data key."""
    keep(store, aged(1000, name=1), aged(300, name=2), aged(390, name=3), aged(300, bucket, "x"), aged(9999, name=4),
         snapshot(5, created_at=NOW))  # fmt: skip
    hear(store, generation=3)
    found = {generation_text(told): count for told, count in Sightings(store).wrapped(1)}
    assert found == {"3/5": 1, "~4/5": 2, "~4–5": 1, "?": 1}
    keep(store, aged(300, name=2))
    assert [count for _, count in Sightings(store).wrapped(1)] == [1]


def test_the_strip_is_for_who_sees_the_cmk(store):
    """A stranger gets nothing."""
    keep(store, aged(300))
    assert Sightings(store, Scope("Bureau B")).wrapped(1) == []
    assert len(Sightings(store, Scope(A)).wrapped(1)) == 1


def test_lines_of_the_tree_carry_it(store):
    """The window that a tree asks has it with each data key."""
    keep(store, aged(300))
    (node,) = Tree(store).children(NodeRef(Kind.CMK, 1), 0, 10)
    assert generation_text(node.generation) == "~4/5"


def test_a_store_of_before_gets_its_generations_with_the_migration(tmp_path):
    """Columns come filled and the strip counted; nothing else moves."""
    path = tmp_path / "data" / "estate.db"
    store = Store.open(path, write=True)
    merge(store, example(), NOW)
    picture = store.reader().execute("SELECT id, generation, generation_to FROM data_key").fetchall()
    strip = store.reader().execute("SELECT * FROM wrapped").fetchall()
    store.close()
    bare = sqlite3.connect(path)
    bare.executescript(
        "DROP TABLE sighting; DROP TABLE trail_file; DROP TABLE wrapped; DROP INDEX data_key_sighted;"
        "ALTER TABLE data_key DROP COLUMN generation; ALTER TABLE data_key DROP COLUMN generation_to;"
        "ALTER TABLE data_key DROP COLUMN generation_exact;"
        "DELETE FROM _sqlite_migrations WHERE name = 'm003_sightings'; PRAGMA user_version = 2;"
    )
    bare.close()
    store = Store.open(path, write=True)
    assert store.reader().execute("PRAGMA user_version").fetchone() == (VERSION,)
    assert store.reader().execute("SELECT id, generation, generation_to FROM data_key").fetchall() == picture
    assert store.reader().execute("SELECT * FROM wrapped").fetchall() == strip
    store.close()


def test_the_sheets_say_it_and_why(store):
    """A data key's own HBK, every source with its date, and the strip of its CMK."""
    keep(store, aged(1000))
    hear(store, generation=3)
    desk = assemble(load({"store": str(store.path), "lang": "nl"}))
    sheet = desk.dispatch.run(ShowThing(f"vol-{1:017x}")).sheet
    facts = {fact.label: fact for _, facts in sheet.sections for fact in facts}
    assert (facts["fact.wrapped"].value, facts["fact.wrapped"].source) == ("3/5", Source.CLOUDTRAIL)
    assert facts["fact.wrapped"].why == "why.generation_exact"
    assert desk.text.fact(facts["fact.seen_cloudtrail"]).endswith("GenerateDataKeyWithoutPlaintext · HBK 3")
    assert facts["fact.seen_scan"].at == NOW
    strip = dict(desk.dispatch.run(Inspect(NodeRef(Kind.CMK, 1))).sections)["section.hbk"][-1]
    assert (strip.value, strip.values) == (5, (("3", 1),))
    data = REPORTS["show"](desk.dispatch.run(ShowThing(PROD.arn)), Text("nl")).data
    assert {fact["name"]: fact["value"] for fact in data["facts"]}["strip"] == {"3": 1}
    desk.close()


# -- two lines on the screen


def drawn(newest, counts, width=70, lang="nl"):
    return ["".join(text for text, _ in line) for line in strip_lines(Text(lang), newest, counts, width)]


def test_the_strip_reads_like_a_timetable():
    """Generations over numbers, a dash for none, a tilde for what is inferred."""
    assert drawn(5, {"2": 1, "~4": 3, "5": 4, "~1–5": 4, "?": 2}) == [
        " generatie   1  2  3   4  5",
        " DK          –  1  –  ~3  4",
        "             4 ergens in ~1–5",
        "             2 onbekend",
    ]


def test_known_and_inferred_of_one_generation_share_a_column():
    """Both are told."""
    assert drawn(2, {"1": 12000, "~1": 3}, lang="en")[1] == " DK           12\u202f000+~3  –"


@pytest.mark.parametrize("width", [30, 50, 80])
def test_many_generations_share_the_first_column_where_they_do_not_fit(width):
    """The newest stay apart; nothing is lost and nothing is wider than the screen."""
    counts = {str(n): n for n in range(1, 40)}
    head, cells = drawn(39, counts, width)
    assert len(head) <= width
    assert "1–" in head
    assert head.rstrip().endswith("39")
    assert sum(int(cell) for cell in cells.split()[1:]) == sum(range(1, 40))
