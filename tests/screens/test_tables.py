"""Tables of any length: what is marked stays marked, and whoever types is never kept waiting by a filter."""

import threading

import pytest

from console.services.catalog import DataKeyRows
from screens.widgets import virtual_table
from screens.widgets.banner import fitting
from store.database import Store
from store.merge import merge
from tests.estates import NOW, bucket
from tests.screens.sitting import LARGE, sit_down

PROD = ("Agentschap A", "X", "Productie")


@pytest.fixture(params=["at once", "by the store", "read whole"])
def either_way(request, monkeypatch):
    """Lists short enough to be arranged at once, or long enough for a thread: of the store, or of what it read."""
    if request.param != "at once":
        monkeypatch.setattr(virtual_table, "FEW", 0)
    if request.param == "read whole":
        monkeypatch.setattr(virtual_table, "Narrowing", ())


async def data_keys(person):
    """The table of data keys of the production CMK, with the focus."""
    await person.stand_on("agentschap-a/x/productie")
    await person.press("3", "tab")
    return person.panel.table


def ids(rows):
    return [row.facts.resource_id for row in rows]


async def test_marks_stay_through_filter_sort_and_a_refresh(estate, harvest, either_way):
    """A row is marked, not a position: rows that come above it, an order and a filter leave it so."""
    async with sit_down(estate, LARGE) as person:
        table = await data_keys(person)
        marked = ids([table.chosen])
        await person.press("space")
        await person.type("/bucket")
        await person.press("enter", "home")
        marked += ids([table.chosen])
        await person.press("space", "shift+right", "O")
        store = Store.open(estate, write=True)
        merge(store, type(harvest)(data_keys=(bucket("x-0-bucket-0", harvest.cmks[0], *PROD),)), NOW)
        store.close()
        await person.beat()
        assert ids(table.taken()) == marked
        assert "x-0-bucket-0" in ids(table.row(n) for n in range(table.length()))
        await person.press("escape", "end", "home")
        assert person.line_with(marked[0]).count("›") == 1
        assert not person.sees("›1")
        assert person.sees("›2")


async def test_marks_of_one_node_are_not_those_of_another(estate):
    """Another CMK's data keys begin without marks."""
    async with sit_down(estate, LARGE) as person:
        table = await data_keys(person)
        await person.press("space", "escape")
        assert table.marked
        await person.press("end")
        assert not table.marked


async def test_a_filter_in_a_thread_finds_what_one_at_once_finds(estate, either_way):
    """The same words, the same rows, in the same order."""
    async with sit_down(estate, LARGE) as person:
        table = await data_keys(person)
        await person.type("/id:bucket !bucket-1")
        await person.press("enter", "shift+right", "shift+right", "O")
        assert ids(table.taken()) == ["x-0-bucket-4", "x-0-bucket-3", "x-0-bucket-2"]
        await person.press("escape")
        assert len(table.taken()) > 3


async def test_keys_work_while_rows_are_looked_for_and_the_next_letter_ends_it(estate, monkeypatch):
    """A source that takes for ever: the cursor still moves, and another letter leaves that thread behind."""
    monkeypatch.setattr(virtual_table, "FEW", 0)
    begun, left = threading.Event(), []
    real = DataKeyRows.narrowed

    def slow(rows, asked, stop):
        if asked.words[0].text == "b":
            begun.set()
            release.wait(20)
            left.append(stop())
        return real(rows, asked, stop)

    release = threading.Event()
    monkeypatch.setattr(DataKeyRows, "narrowed", slow)
    async with sit_down(estate, LARGE) as person:
        table = await data_keys(person)
        before = table.length()
        table.sift("b")
        while not begun.is_set():
            await person.pilot.pause()
        await person.pilot.press("down")
        assert table.cursor == 1
        assert person.sees("… ")
        assert table.length() == before
        table.sift("bucket-2")
        await person.settle()
        assert ids(table.taken()) == ["x-0-bucket-2"]
        release.set()
        while not left:
            await person.pilot.pause()
    assert left == [True]


async def test_an_exclamation_mark_alone_asks_nothing_yet(estate):
    """On the way to `!word` the list does not vanish."""
    async with sit_down(estate, LARGE) as person:
        table = await data_keys(person)
        before = table.length()
        await person.type("/!")
        assert table.length() == before


def test_hints_are_whole_and_the_way_out_is_always_there():
    """As many as fit, the first first; help and the last one stay."""
    hints = "/ filter   F zoek   f bevindingen   ! problemen   ? hulp   q stop"
    assert fitting(hints, 80) == hints
    assert fitting(hints, 52) == "/ filter   F zoek   f bevindingen   ? hulp   q stop"
    assert fitting(hints, 12) == "? hulp   q stop"


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("width", [80, 160])
async def test_the_explorer_names_findings_and_problems(estate, width, lang):
    """Also on a narrow screen, where other keys make room."""
    async with sit_down(estate, (width, 24), lang=lang) as person:
        last = person.lines()[-1]
        for key in ("f ", "! ", "? ", "q "):
            assert f"   {key}" in last, key
        assert "…" not in last
