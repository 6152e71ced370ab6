"""Findings at the console: the list, acknowledging, badges on the tree, only the problems, and the sheet."""

import json
from dataclasses import replace

import pytest

from console.services.findings.judge import judge
from console.settings import load
from screens.acknowledge import AcknowledgeDialog
from screens.app import ConsoleApp
from screens.explorer import Explorer
from screens.findings import FindingsScreen
from store.database import Store
from store.findings import Findings, Wanted
from store.merge import merge
from tests.estates import NOW, example, volume
from tests.screens.sitting import SMALL, desk_for, sit_down

RECORD = "SELECT who, reason, until, withdraws FROM acknowledgement ORDER BY id"


@pytest.fixture(autouse=True)
def judged_now(monkeypatch):
    """What was judged was judged at NOW."""
    import store.findings

    monkeypatch.setattr(store.findings.time, "time", lambda: NOW)
    monkeypatch.setattr("console.services.findings.rows.user", lambda: "jan")


def faulty():
    """The example with a few faults more: rotation off, a stray of T&I, an application that went to another's key."""
    found = example()
    cmks = [replace(c, rotation_enabled=False, rotation_next=None) if c.key_id.endswith("4") else c for c in found.cmks]
    strays = [volume(70, cmks[0], "Agentschap A", "X", "T&I"), volume(71, cmks[0], "Agentschap A", "Y", "Productie")]
    return replace(found, cmks=tuple(cmks), data_keys=(*found.data_keys, *strays))


@pytest.fixture
def judged(estate):
    """A store with faults of every severity but one, as a sync leaves it."""
    store = Store.open(estate, write=True)
    merge(store, faulty(), NOW)
    judge(store, load({"store": str(estate)}, {}), NOW)
    store.close()
    return estate


def record(path):
    store = Store.open(path)
    rows = store.reader().execute(RECORD).fetchall()
    store.close()
    return rows


async def opened(person, line="findings /"):
    await person.command(line)
    assert isinstance(person.app.screen, FindingsScreen)
    return person.app.screen


async def acted(person):
    """Until what was asked for is done."""
    await person.app.workers.wait_for_complete()
    await person.settle()


async def test_the_worst_comes_first_and_is_told_in_words(judged):
    """Columns in the list; below it what is wrong, what to do, who may, and where that was read."""
    async with sit_down(judged, (160, 45)) as person:
        screen = await opened(person)
        levels = [screen.table.row(n).severity for n in range(screen.table.length())]
        assert len(levels) == 6
        assert levels == sorted(levels, reverse=True)
        for words in ("▲ hoog", "onder CMK van andere", "Te doen:", "Door:", "Bron:", "sinds"):
            assert person.sees(words), words
        before = [line for line in person.lines() if "Te doen:" in line]
        await person.press("end")
        assert [line for line in person.lines() if "Te doen:" in line] != before


async def test_the_branch_under_the_cursor_and_tab_for_all(judged):
    """`f` on an environment shows its own findings, tab those of everything, tab again the branch."""
    async with sit_down(judged) as person:
        await person.stand_on("Bureau B")
        await person.press("f")
        screen = person.app.screen
        assert {screen.table.row(n).path[0] for n in range(screen.table.length())} == {"Bureau B"}
        branch = screen.table.length()
        await person.press("tab")
        assert screen.table.length() > branch
        await person.press("tab")
        assert screen.table.length() == branch


async def test_filter_sort_and_least_severity(judged):
    """`/` takes words, columns and `!not`; shift+→ sorts; `s` goes up from the least severity."""
    async with sit_down(judged, (160, 45)) as person:
        screen = await opened(person)
        whole = screen.table.length()
        await person.type("/ernst:hoog")
        await person.press("enter")
        high = screen.table.length()
        assert 0 < high < whole
        await person.press("escape")
        await person.type("/!ernst:hoog")
        await person.press("enter")
        assert screen.table.length() == whole - high
        await person.press("escape", "shift+right", "O")
        levels = [screen.table.row(n).severity for n in range(whole)]
        assert levels == sorted(levels)
        for _ in range(3):
            await person.press("s")
        assert screen.table.length() == high
        assert person.sees("vanaf hoog")


async def test_enter_goes_to_the_node(judged):
    """The explorer stands on what the finding is about."""
    async with sit_down(judged) as person:
        screen = await opened(person)
        ref = screen.table.chosen.ref
        await person.press("enter")
        assert isinstance(person.app.screen, Explorer)
        assert person.tree.node.ref == ref


async def test_acknowledging_asks_a_reason_and_opens_on_cancel(judged):
    """Enter at once cancels; an empty reason and a wrong day are refused in a sentence; then it is on record."""
    async with sit_down(judged) as person:
        screen = await opened(person)
        whole = screen.table.length()
        await person.press("a", "enter")
        assert isinstance(person.app.screen, AcknowledgeDialog)
        await person.press("enter")
        assert person.app.screen is screen
        await person.press("a", "enter", "down", "enter")
        assert person.sees("Schrijf waarom")
        await person.type("bekend")
        await person.press("tab")
        await person.type("morgen")
        await person.press("tab", "enter")
        assert person.sees("morgen is geen dag")
        await person.press(*["backspace"] * 6)
        await person.type("2030-01-31")
        await person.press("tab", "enter")
        await acted(person)
        assert screen.table.length() == whole - 1
        assert [row[:2] for row in record(judged)] == [("jan", "bekend")]


async def test_all_marked_ones_and_taking_it_back(judged):
    """Space marks; `v` shows what was acknowledged; the second wish of the menu opens it again."""
    async with sit_down(judged) as person:
        screen = await opened(person)
        whole = screen.table.length()
        await person.press("space", "space", "a", "enter", "tab")
        await person.type("allebei bekend")
        await person.press("tab", "tab", "down", "enter")
        await acted(person)
        assert screen.table.length() == whole - 2
        await person.press("v", "home")
        assert screen.table.length() == whole
        assert person.sees("✓")
        assert person.sees("aanvaard door jan")
        await person.press("a", "down", "enter", "tab")
        await person.type("toch niet")
        await person.press("tab", "down", "enter")
        await acted(person)
        await person.press("v")
        assert screen.table.length() == whole - 1
        assert [row[3] > 0 for row in record(judged)] == [False, False, True]


@pytest.mark.parametrize("role", ["auditor", "support"])
async def test_who_may_not_is_told_why(judged, role):
    """No dialog, one sentence."""
    async with sit_down(judged, role=role) as person:
        screen = await opened(person)
        await person.press("a")
        assert person.app.screen is screen
        assert "mag bevindingen niet" in person.app.told[-1]


async def test_an_owner_sees_and_acknowledges_their_own(judged):
    """Nothing of the other tenant, neither in rows nor in words nor in badges."""
    async with sit_down(judged, (160, 45), role="owner", scope="Agentschap A") as person:
        screen = await opened(person)
        assert {screen.table.row(n).path[0] for n in range(screen.table.length())} == {"Agentschap A"}
        assert not person.sees("Bureau B")


async def test_badges_stand_on_the_lines_in_sight(judged):
    """Each line says how many are open at and below it, also after one was acknowledged elsewhere."""
    async with sit_down(judged, (160, 45)) as person:
        assert "! 3" in person.line_with("▸ Agentschap A")
        store = Store.open(judged, write=True)
        findings = Findings(store)
        findings.acknowledge(findings.window(Wanted(person.tree.node.ref))[0], "piet", "admin", "bekend", None)
        store.close()
        await person.beat()
        assert "! 2" in person.line_with("▸ Agentschap A")


async def test_badges_ask_once_for_the_lines_in_sight(judged):
    """Painting again asks nothing; moving within what is in sight asks nothing."""
    async with sit_down(judged) as person:
        asked = []
        real = person.tree._count
        person.tree.badge(lambda refs: asked.append(refs) or real(refs))
        await person.settle()
        assert len(asked) == 1
        await person.press("down", "up")
        person.tree.refresh()
        await person.settle()
        assert len(asked) == 1


async def test_only_the_problems_and_back(judged):
    """`!` leaves the branches with open findings, `!` again and esc bring the others back."""
    async with sit_down(judged, (160, 45)) as person:
        await person.press("asterisk")
        whole = person.tree.length()
        await person.press("exclamation_mark")
        assert 0 < person.tree.length() < whole
        assert not person.sees("Z ")
        await person.press("exclamation_mark")
        assert not person.tree.filtered
        await person.press("exclamation_mark", "escape")
        assert not person.tree.filtered


async def test_the_sheet_tells_the_worst_in_words(judged):
    """The first tab of a node begins with its findings, and says how many more there are."""
    async with sit_down(judged, (160, 45)) as person:
        await person.stand_on("Agentschap A")
        assert person.sees("staat onder de CMK van")
        assert person.sees("HBK-rotatie staat uit")


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_export(judged, tmp_path, monkeypatch, form):
    """`:export FILE` writes what is shown, without anything that a spreadsheet would obey."""
    monkeypatch.chdir(tmp_path)
    async with sit_down(judged, (160, 45)) as person:
        screen = await opened(person)
        await person.command(f"export lijst.{form}")
        rows = screen.table.length()
    text = (tmp_path / f"lijst.{form}").read_text()
    listed = json.loads(text) if form == "json" else text.splitlines()[1:]
    assert len(listed) == rows
    assert "hoog" in str(listed[0])


async def test_nothing_judged_yet_says_so(estate):
    """A cache of before the rules: no silence that looks like health."""
    async with sit_down(estate) as person:
        await opened(person)
        assert person.sees("nog niet berekend")


async def test_all_fits_a_small_terminal(judged):
    """80 by 24: severity, what, subject and path, with the words below."""
    async with sit_down(judged, SMALL) as person:
        screen = await opened(person)
        assert all(len(line) <= 80 for line in person.lines())
        assert screen.table.rows >= 4
        assert person.sees("Te doen:")


PICTURES = {
    "findings": ("f",),
    "acknowledge": ("f", "a", "enter"),
    "problems": ("exclamation_mark",),
}


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["80x24", "160x45"])
@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("picture", PICTURES)
def test_picture(snap_compare, judged, picture, lang, size):
    """As somebody last looked at it and found it good."""
    app = ConsoleApp(desk_for(judged, lang, config=None))

    async def rest(pilot):
        await pilot.press(*PICTURES[picture])
        app.explorer.sheet  # noqa: B018 - what waits for the cursor to rest is read now
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=rest)
