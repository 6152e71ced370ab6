"""The past on screen: what happened, what is other, and every screen as it was."""

from dataclasses import replace

import pytest

from console.services.looking_back import FOLDER
from screens.app import ConsoleApp
from screens.calendar import CalendarScreen
from screens.history import DiffScreen, HistoryScreen
from store.database import Store
from store.harvest import Alias
from store.merge import merge
from store.records import Status
from tests.estates import DAY, NOW, cmk, example, volume
from tests.screens.sitting import SMALL, desk_for, sit_down

PROD = "agentschap-a/x/productie"


def changed(harvest):
    """Two weeks later: a CMK is off, one took another's alias, a volume moved, one came and one went."""
    first, ti, dev, *rest = harvest.cmks
    new = cmk(7, "Agentschap A", "X", "T&I", years=0, created_at=NOW + 9 * DAY, aliases=ti.aliases)
    cmks = (replace(first, state="Disabled"), replace(ti, aliases=(Alias("alias/oud", "arn:oud"),)), dev, *rest, new)
    moved = replace(harvest.data_keys[1], key_ref=new.arn)
    keys = (moved, *harvest.data_keys[2:], volume(77, new, "Agentschap A", "X", "T&I", name="[red]nieuw[/]"))
    return replace(harvest, cmks=cmks, data_keys=keys)


@pytest.fixture
def lived(estate):
    """The example's store after two syncs, ten days apart; the first is NOW."""
    store = Store.open(estate, write=True)
    merge(store, changed(example()), NOW + 10 * DAY)
    store.close()
    return estate


async def test_history_tells_what_happened_in_the_branch(lived):
    """Newest first, in words, with old and new; of the whole estate when asked for."""
    async with sit_down(lived, size=(160, 40)) as person:
        await person.press("down")
        await person.command("history")
        assert isinstance(person.app.screen, HistoryScreen)
        assert person.sees("Bureau B")
        assert not person.sees("Agentschap A")
        await person.command("history Agentschap A")
        for words in ("CMK vervangen", "datasleutel verdwenen", "datasleutel nieuw", "ingeschakeld → ○ uitgeschakeld"):
            assert person.sees(words), words
        assert person.sees("[red]nieuw[/]")
        assert person.sees("Wijzigingen zijn bijgehouden sinds")


async def test_history_of_a_period(lived, later):
    """`:history 15d` is of the branch under the cursor since then; two days are a from and a to."""
    async with sit_down(lived, size=(160, 40)) as person:
        await person.command("history 15d")
        assert person.app.screen.at() == "Agentschap A"
        assert person.sees("CMK vervangen")
        assert not person.sees("HBK-rotatie")
        await person.press("escape")
        await person.command("history 2026-10-01 2026-10-30 Agentschap A/Y")
        assert person.app.screen.table.length() == 1
        assert person.sees("2026-10-01 → 2026-10-30")


async def test_enter_goes_to_what_a_row_tells_of(lived):
    """And says so where that is no more."""
    async with sit_down(lived, size=(160, 40)) as person:
        await person.command("history Agentschap A")
        await person.type("/toestand")
        await person.press("enter", "enter")
        assert person.node == PROD
        await person.command("history Agentschap A")
        await person.type("/verdwenen")
        await person.press("enter", "enter")
        assert "is er nu niet meer" in person.app.told[-1]
        assert isinstance(person.app.screen, HistoryScreen)


async def test_tab_turns_to_the_coming_dates_and_back(lived):
    """Of the same branch."""
    async with sit_down(lived) as person:
        await person.command("history Agentschap A")
        await person.press("tab")
        assert not isinstance(person.app.screen, HistoryScreen)
        assert person.app.screen.at() == "Agentschap A"


async def test_diff_sets_old_beside_new(lived, monkeypatch):
    """Between two days; a path may follow, and one moment alone goes up to now."""
    async with sit_down(lived, size=(160, 40)) as person:
        await person.command("diff 2026-11-18 2026-11-18")
        assert isinstance(person.app.screen, DiffScreen)
        assert "Wissel" in person.app.told[-1]
        await person.press("escape")
        monkeypatch.setattr("console.settings.time.time", lambda: NOW + 20 * DAY)
        await person.command("diff 15d Agentschap A")
        assert person.sees("CMK vervangen") or person.sees("CMK volgt op")
        assert person.sees("ingeschakeld → ○ uitgeschakeld")
        assert not person.sees("HBK-rotatie")
        rows = person.app.screen.table.length()
        await person.type("/toestand")
        await person.press("enter")
        assert 0 < person.app.screen.table.length() < rows


async def to_the_past(person, when):
    await person.command(f"asof {when}")
    await person.app.workers.wait_for_complete()
    await person.settle()


@pytest.fixture
def later(monkeypatch):
    """The clock on the wall is past both syncs."""
    monkeypatch.setattr("console.settings.time.time", lambda: NOW + 20 * DAY)


async def test_asof_shows_every_screen_as_it_was(lived, later):
    """The same node, in the state of then, under a banner that nobody overlooks; :asof alone returns."""
    async with sit_down(lived) as person:
        await person.stand_on(PROD)
        assert person.tree.node.status is Status.DISABLED
        await to_the_past(person, "2026-11-20")
        assert "STAND OP 2026-11-20" in person.banner
        await person.stand_on(PROD)
        assert person.tree.node.status is Status.ENABLED
        await person.command("history")
        assert not person.sees("CMK vervangen")
        assert "STAND OP 2026-11-20" in person.banner
        await person.command("asof")
        await person.settle()
        assert "STAND OP" not in person.banner
        await person.stand_on(PROD)
        assert person.tree.node.status is Status.DISABLED
    assert not list(lived.parent.glob(FOLDER + "*"))


async def test_nothing_can_be_changed_in_the_past(lived, later):
    """A refresh is refused with the way back; leaving the console removes the copy."""
    async with sit_down(lived, write=True) as person:
        await to_the_past(person, "5d")
        await person.press("R")
        assert ":asof" in person.app.told[-1]
        assert list(lived.parent.glob(FOLDER + "*"))
    assert not list(lived.parent.glob(FOLDER + "*"))


async def test_from_one_past_to_another(lived, later):
    """Each is made from the present, and the one that is left is removed."""
    async with sit_down(lived) as person:
        await to_the_past(person, "2026-11-20")
        await to_the_past(person, "2026-12-01")
        assert "STAND OP 2026-12-01" in person.banner
        assert len(list(lived.parent.glob(FOLDER + "*"))) == 1
        await person.stand_on(PROD)
        assert person.tree.node.status is Status.DISABLED


@pytest.mark.parametrize(("typed", "words"), [("2026-01-01", "Kies een later moment"), ("gisteren", "geen moment")])
async def test_a_moment_that_cannot_be_shown_is_explained(lived, later, typed, words):
    """Before the record, or no moment at all: one sentence, and the present stays."""
    async with sit_down(lived) as person:
        await to_the_past(person, typed)
        assert words in person.app.told[-1]
        assert "STAND" not in person.banner
        await person.command("asof")
        assert "al het heden" in person.app.told[-1]


async def test_the_past_fits_a_small_terminal(lived, later):
    """At 80 columns the banner still says which day this is."""
    async with sit_down(lived, size=SMALL) as person:
        await to_the_past(person, "2026-11-20")
        assert "STAND 2026-11-20" in person.banner


def test_the_past_and_the_coming_are_two_screens():
    """Rotations to come have a screen of their own."""
    assert HistoryScreen is not CalendarScreen


SIZES = {"80x24": (80, 24), "160x45": (160, 45)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("screen", ["history", "diff", "asof"])
def test_picture(snap_compare, lived, later, screen, lang, size):
    """The list, the comparison, and the explorer as it was."""
    app = ConsoleApp(desk_for(lived, lang, config=None))
    words = {"history": "history Agentschap A", "diff": "diff 15d Agentschap A", "asof": "asof 2026-11-20"}[screen]

    async def rest(pilot):
        from textual._wait import wait_for_idle

        from screens.spoken import speak

        await speak(app, words)
        await app.workers.wait_for_complete()
        await wait_for_idle(0)
        await pilot.pause()
        app.clear_notifications()
        await pilot.pause()

    assert snap_compare(app, terminal_size=SIZES[size], run_before=rest)
