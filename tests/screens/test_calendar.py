"""The calendar at the console: a year, a month, a list; what is late, clashes or is frozen is said in words too."""

from dataclasses import replace
from datetime import date

import pytest

from screens.app import ConsoleApp
from screens.calendar import CalendarScreen
from screens.page import Page
from store.database import Store
from store.merge import merge
from tests.console.test_calendar import TERMS, estate
from tests.estates import NOW
from tests.screens.sitting import LARGE, SMALL, TINY, desk_for, rows_there, sit_down


@pytest.fixture
def planned(tmp_path):
    """A store with a date of every rule, and the settings that go with it."""
    path, config = tmp_path / "dates.db", tmp_path / "terms.toml"
    config.write_text(TERMS)
    store = Store.open(path, write=True)
    merge(store, estate(), NOW)
    store.close()
    return path, str(config)


async def opened(person, line="calendar /"):
    await person.command(line)
    while person.app.screen.late is None:
        await person.settle()
    await person.settle()
    return person.app.screen


async def loaded(person):
    """Until the year that the cursor is in is there."""
    screen = person.app.screen
    while screen.sheet.year != screen._date.year:
        await person.settle()
    await person.settle()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])
async def test_a_year_shows_each_day_with_number_sign_and_words(planned, size):
    """Twelve months as lines; late, clash and freeze have signs of their own, and today's line says it in words."""
    async with sit_down(planned[0], size, config=planned[1]) as person:
        await opened(person)
        assert {"okt", "nov", "dec"} <= {line[1:4] for line in person.lines()}
        november, december = person.line_with(" nov "), person.line_with(" dec ")
        assert "1!" in november
        assert "×" in november
        assert "░" in december
        assert person.sees("niets op deze dag")
        assert person.sees("achterstallig")


async def test_arrows_walk_by_day_and_month_pages_by_year(planned):
    """The words follow the cursor; another year is read when it is come to; home is today."""
    async with sit_down(planned[0], LARGE, config=planned[1]) as person:
        screen = await opened(person)
        await person.press(*["right"] * 7)
        assert person.sees("wo 2026-11-25  4 HBK-rotaties · 1 botsing · 1 datum bevroren")
        assert person.sees("botsing: 3 die dag in deze toepassing")
        await person.press("up")
        assert screen._date == date(2026, 10, 25)
        await person.press("down", "down", "down")
        await loaded(person)
        assert (screen._date, screen.sheet.year) == (date(2027, 1, 25), 2027)
        await person.press("pageup", "pageup")
        await loaded(person)
        assert screen.sheet.year == 2025
        await person.press("home")
        await loaded(person)
        assert screen._date == date(2026, 11, 18)


async def test_the_last_of_a_month_stays_in_the_month(planned):
    """From the 31st a month on is the 30th or 28th, not a day of the month after."""
    async with sit_down(planned[0], config=planned[1]) as person:
        screen = await opened(person)
        screen._go(date(2026, 10, 31))
        await person.press("down")
        assert screen._date == date(2026, 11, 30)
        screen._go(date(2026, 1, 31))
        await person.press("down")
        assert screen._date == date(2026, 2, 28)


async def test_a_month_has_a_line_a_day_with_what_falls_on_it(planned):
    """tab turns to the month; a day says in words what it has, and of whom; pages turn months, the day stays."""
    async with sit_down(planned[0], LARGE, config=planned[1]) as person:
        screen = await opened(person)
        await person.press("tab")
        line = person.line_with("wo 25")
        for words in ("4 ×", "4 HBK-rotaties", "1 botsing", "1 datum bevroren", "X / Productie"):
            assert words in line
        assert "1 HBK achterstallig" in person.line_with("za 14")
        await person.press("pagedown")
        assert screen._date == date(2026, 12, 18)
        assert "bevroren: Eindejaar" in person.line_with("di 01")
        await person.press("up")
        assert screen._date == date(2026, 12, 17)


async def test_past_months_show_what_rotated(planned):
    """A month that was lists its rotations, done ones without a colour of their own."""
    async with sit_down(planned[0], LARGE, config=planned[1]) as person:
        await opened(person)
        await person.press("tab", "pageup")
        assert "10 geroteerd" in person.line_with("ma 19")


async def test_enter_opens_the_day_then_the_node_and_esc_goes_back(planned):
    """Day, list of the day, CMK in the tree; esc leads back the same way."""
    async with sit_down(planned[0], config=planned[1]) as person:
        screen = await opened(person)
        await person.press(*["right"] * 7, "enter")
        assert (screen.mode, screen.table.length()) == ("list", 4)
        await person.press("escape")
        assert screen.mode == "year"
        await person.press("tab", "enter")
        assert screen.mode == "list"
        await person.press("escape")
        assert screen.mode == "month"
        await person.press("enter", "down", "enter")
        assert person.app.screen is person.app.explorer
        assert person.node == "agentschap-a/x/teni"


async def test_the_list_begins_with_what_is_late(planned):
    """Overdue and too old first; each line has its state as a word; w says the rule."""
    async with sit_down(planned[0], LARGE, config=planned[1]) as person:
        await opened(person)
        await person.press("tab", "tab")
        lines = person.lines()[3:]
        for line, words in zip(
            lines, ("DK te oud", "achterstallig", "gepauzeerd, dan…", "rotatie loopt"), strict=False
        ):
            assert words in line
        person.app.screen.table.go(2)
        await person.press("w")
        assert isinstance(person.app.screen, Page)
        assert person.sees("roteert meteen zodra iemand haar inschakelt")
        assert person.sees("25 van 25")
        await person.press("escape")
        await person.press("end")
        assert "staat uit" in person.line_with("–")


async def test_w_on_the_year_says_what_the_signs_mean(planned):
    """Numbers, limits of a clash, the windows of the settings."""
    async with sit_down(planned[0], config=planned[1]) as person:
        await opened(person)
        await person.press("w")
        assert person.sees("dan 2 in een toepassing of 3 bij een afnemer")
        assert person.sees("12-01 … 01-05 Eindejaar")


async def test_b_turns_from_the_branch_to_all_and_back(planned):
    """The calendar opens on the branch under the cursor."""
    async with sit_down(planned[0], config=planned[1]) as person:
        await person.stand_on("Bureau B")
        screen = await opened(person, "calendar")
        assert sum(day.open for day in screen.sheet.days.values()) == 1
        await person.press("b")
        while screen.sheet.agenda.path:
            await person.settle()
        assert sum(day.open for day in screen.sheet.days.values()) == 10
        await person.press("b")
        while not screen.sheet.agenda.path:
            await person.settle()
        assert person.sees("Bureau B")


async def test_a_filter_is_for_the_list(planned):
    """/ in the month lists that month; esc leaves the filter, then the list."""
    async with sit_down(planned[0], config=planned[1]) as person:
        screen = await opened(person)
        await person.press("tab")
        await person.type("/botsing")
        await person.press("enter")
        assert (screen.mode, screen.table.length()) == ("list", 3)
        await person.press("escape")
        assert screen.table.length() == 7
        await person.press("escape")
        assert screen.mode == "month"


async def test_an_owner_sees_only_the_own_branch(planned):
    """Neither dates nor windows of another tenant."""
    async with sit_down(planned[0], LARGE, config=planned[1], role="owner", scope="Agentschap A/X") as person:
        screen = await opened(person)
        assert sum(day.open for day in screen.sheet.days.values()) == 4
        await person.press("w")
        assert not person.sees("Geheim")
        await person.press("escape", "escape")
        await person.command("calendar Bureau B")
        await person.settle()
        await person.settle()
        assert person.app.screen.sheet is None


async def test_the_calendar_follows_the_store(planned):
    """What somebody's sync brings in shows at the next beat; the day stays."""
    async with sit_down(planned[0], config=planned[1]) as person:
        screen = await opened(person)
        await person.press(*["right"] * 7)
        before = screen.sheet
        store = Store.open(planned[0], write=True)
        merge(store, replace(estate(), cmks=estate().cmks[:1]), NOW)
        store.close()
        await person.beat()
        while screen.sheet is before:
            await person.settle()
        await person.settle()
        assert person.sees("wo 2026-11-25  1 HBK-rotatie")


async def test_the_smallest_terminal_holds_the_year(planned):
    """60 columns: the end of a month may be cut, nothing breaks."""
    async with sit_down(planned[0], TINY, config=planned[1]) as person:
        await opened(person)
        await person.press(*["right"] * 12, "tab", "tab", "tab")
        assert isinstance(person.app.screen, CalendarScreen)


async def test_the_export_takes_what_the_list_shows(planned, tmp_path, monkeypatch):
    """ctrl+s writes the list as CSV, like any other table."""
    monkeypatch.chdir(tmp_path)
    async with sit_down(planned[0], config=planned[1]) as person:
        await opened(person)
        await person.press("tab", "tab", "ctrl+s")
        assert len((tmp_path / "kms-console-1.csv").read_text().splitlines()) == 13


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("mode", ["year", "month", "list"])
@pytest.mark.parametrize("size", [SMALL, (160, 45)], ids=["80x24", "160x45"])
def test_picture_of_the_calendar(snap_compare, planned, mode, lang, size):
    """The screen looks as it did when somebody last looked at it and found it good."""
    app = ConsoleApp(desk_for(planned[0], lang, config=planned[1]))

    async def rest(pilot):
        await app.over(CalendarScreen())
        while app.screen.sheet is None:
            await pilot.pause()
        await pilot.press(*["right"] * 7)
        while app.screen.mode != mode:
            await pilot.press("tab")
        await pilot.pause()
        await rows_there(app)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=rest)
