"""The numbers at a glance, at the console: two columns of bars, each a way to what it counts."""

import pytest

from console.services.findings.judge import judge
from console.settings import load
from screens.app import ConsoleApp
from screens.calendar import CalendarScreen
from screens.explorer import Explorer
from screens.findings import FindingsScreen
from screens.pulse import PulseScreen
from screens.spoken import speak
from screens.widgets.bars import bar
from store.database import Store
from tests.estates import NOW
from tests.screens.sitting import SMALL, TINY, desk_for, sit_down


@pytest.fixture
def judged(estate):
    """The example's store after the rules have looked at it."""
    store = Store.open(estate, write=True)
    judge(store, load({"store": str(estate)}, {}), NOW)
    store.close()
    return estate


async def counted(person):
    """Until the numbers are there."""
    while isinstance(person.app.screen, PulseScreen) and person.app.screen.pulse is None:
        await person.settle()
    await person.settle()


async def opened(person, line="pulse /"):
    await person.command(line)
    await counted(person)


async def choose(person, section, name):
    """Put the cursor on this number."""
    screen = person.app.screen
    for column in (screen.left, screen.right):
        for index in range(column.length()):
            if column._bars[index].key == (section, name):
                screen.set_focus(column)
                column.go(index)
                await person.settle()
                return
    raise AssertionError(f"no {section} {name}")


async def test_pulse_shows_the_numbers_of_everything(estate):
    """CMKs by state, coming rotations, ages, kinds, states and the sync, on one screen."""
    async with sit_down(estate) as person:
        await opened(person)
        assert "6 CMK's, 9 DK's, 8 buckets" in person.lines()[1]
        for words in ("● ingeschakeld", "gepauzeerd", "2025 jul–dec", "EBS-volume", "● versleuteld", "laatst gelukt"):
            assert person.sees(words), words
        await person.press("escape")
        assert isinstance(person.app.screen, Explorer)


async def test_without_a_path_it_is_the_branch_under_the_cursor(estate):
    """`:pulse` on an environment counts that environment, `:pulse PATH` that path."""
    async with sit_down(estate) as person:
        await person.stand_on("T&I")
        await opened(person, "pulse")
        assert "Agentschap A / X / T&I   1 CMK, 4 DK's" in person.lines()[1]
        await person.press("escape")
        await opened(person, "pulse Bureau B")
        assert "Bureau B   1 CMK, 1 DK" in person.lines()[1]


async def test_an_owner_sees_the_numbers_of_the_own_branch(estate):
    """Everything in sight is the own application; another tenant's path is not found."""
    async with sit_down(estate, role="owner", scope="Agentschap A/X") as person:
        await opened(person)
        assert "3 CMK's" in person.lines()[1]
        assert not person.sees("uitgeschakeld")
        await person.command("pulse Bureau B")
        await person.settle()
        assert person.app.screen.pulse is None


async def test_the_cursor_walks_over_numbers_only(estate):
    """Headings and empty lines are passed over, down and up, and tab and arrows change column."""
    async with sit_down(estate) as person:
        await opened(person)
        screen = person.app.screen
        seen = [screen.side.key]
        for _ in range(3):
            await person.press("down")
            seen.append(screen.side.key)
        assert seen == [("findings", "unjudged"), ("cmks", "enabled"), ("cmks", "disabled"), ("due", "overdue")]
        await person.press("up", "up", "up", "up", "up")
        assert screen.side.key == ("findings", "unjudged")
        await person.press("right")
        assert screen.side.key == ("ages", "2025-2")
        await person.press("left", "tab")
        assert screen.side is screen.right


async def test_enter_on_a_coming_rotation_opens_the_dates(estate):
    """The list of dates of the same branch, as far as the number looks."""
    async with sit_down(estate) as person:
        await opened(person, "pulse Agentschap A")
        await choose(person, "due", "quarter")
        await person.press("enter")
        assert isinstance(person.app.screen, CalendarScreen)
        assert (person.app.screen._path, person.app.screen._due) == ("Agentschap A", "90d")


async def test_enter_on_a_state_shows_those_in_the_tree(estate):
    """The tree holds what was counted, in that branch alone; esc brings the whole tree back."""
    async with sit_down(estate) as person:
        await opened(person)
        await choose(person, "cmks", "disabled")
        await person.press("enter")
        assert isinstance(person.app.screen, Explorer)
        assert person.sees("Bureau B")
        assert not person.sees("Agentschap A")
        await person.press("escape")
        assert person.sees("Agentschap A")
        await opened(person, "pulse Agentschap A/X/Productie")
        await choose(person, "kinds", "bucket")
        await person.press("enter")
        assert len(person.tree._found) == 4
        assert person.sees("x-0-bucket-1")
        assert not person.sees("x-1-bucket-1")


async def test_findings_stand_first_by_severity(judged):
    """What is worst is on top, with as many as the list of findings has; the unknown is not nothing."""
    async with sit_down(judged) as person:
        await opened(person)
        assert person.sees("Bevindingen naar ernst")
        assert person.app.screen.side.key == ("findings", "high")
        assert "█  1 " in person.line_with("hoog")
        await person.press("enter")
        assert isinstance(person.app.screen, FindingsScreen)
        assert person.app.screen.table.length() == 1


async def test_a_number_without_a_list_says_so(estate):
    """An age is not listed anywhere; the screen stays."""
    async with sit_down(estate) as person:
        await opened(person)
        await choose(person, "ages", "2025-2")
        await person.press("enter")
        assert isinstance(person.app.screen, PulseScreen)
        assert any("geen lijst" in told for told in person.app.told)


async def test_w_says_what_is_counted(estate):
    """What a section counts and leaves out, and when it was counted."""
    async with sit_down(estate) as person:
        await opened(person)
        await choose(person, "ages", "2025-2")
        await person.press("w")
        assert person.sees("Datasleutels van volumes")
        assert person.sees("Geteld 2026-11-18")


async def test_numbers_follow_the_store(estate, elsewhere, harvest):
    """What somebody else's sync brings in shows at the next beat; the cursor stays on its number."""
    from dataclasses import replace

    async with sit_down(estate) as person:
        await opened(person)
        await choose(person, "due", "month")
        elsewhere.merge(replace(harvest, cmks=tuple(replace(c, state="Enabled") for c in harvest.cmks)))
        await person.beat()
        while "disabled" in [word for word, _ in person.app.screen.pulse.numbers.cmks]:
            await person.settle()
        await person.settle()
        assert not person.sees("uitgeschakeld")
        assert person.app.screen.side.key == ("due", "month")


async def test_a_narrow_terminal_has_one_column(estate):
    """Everything below one another, nothing lost."""
    async with sit_down(estate, TINY) as person:
        await opened(person)
        screen = person.app.screen
        assert not screen.right.display
        assert ("states", "encrypted") in [line.key for line in screen.left._bars]
        await person.press("end")
        assert person.sees("gaten")


def test_a_bar_is_as_long_as_its_share():
    """In eighths of a cell; a little is more than nothing, and nothing is nothing."""
    assert [bar(share, 4) for share in (0, 0.001, 0.25, 0.5 + 1 / 32, 1)] == ["", "▏", "█", "██▏", "████"]


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("size", [SMALL, (160, 45)], ids=["80x24", "160x45"])
def test_picture_of_the_numbers(snap_compare, judged, lang, size):
    """The screen looks as it did when somebody last looked at it and found it good."""
    app = ConsoleApp(desk_for(judged, lang, config=None))

    async def rest(pilot):
        await speak(app, "pulse /")
        while app.screen.pulse is None:
            await pilot.pause()
        await pilot.pause()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=rest)
