"""Keys and commands that lead from screen to screen, and what they do to the world outside."""

from dataclasses import replace

from screens.app import ConsoleApp
from screens.help import HelpScreen
from screens.history import HistoryScreen
from screens.page import Choice, Page
from screens.search import SearchScreen
from tests.screens.sitting import sit_down


async def dates(person, line="r"):
    """The calendar's list, once it is there."""
    if line.startswith(":"):
        await person.command(line[1:])
    else:
        await person.press(line)
    while person.app.screen.sheet is None:
        await person.settle()
    await person.press("tab", "tab")


PROD = "arn:aws:kms:eu-west-1:999988887777:key/00000000-0000-4000-8000-000000000001"


async def test_search_answers_while_typing_and_enter_reveals(estate):
    """F, a few characters, enter: the tree stands on the node, unfolded down to it."""
    async with sit_down(estate) as person:
        await person.press("F")
        await person.type("x-1-b")
        assert person.sees("x-1-bucket-4")
        await person.press("down", "enter")
        assert person.app.screen is person.app.explorer
        assert person.node == "x-1-bucket-2"
        assert "x-1-bucket-2" in person.lines()[1]


async def test_a_search_that_finds_nothing_says_so(estate):
    """Nothing is said before anything is typed, and nothing is left open afterwards."""
    async with sit_down(estate) as person:
        await person.press("F")
        assert not person.sees("Niets gevonden")
        await person.type("zzz")
        assert person.sees("Niets gevonden")


async def test_a_pasted_arn_is_found(estate):
    """The whole ARN of a CMK, pasted, finds that CMK."""
    async with sit_down(estate) as person:
        await person.press("ctrl+f")
        person.app.screen.box.value = PROD
        await person.settle()
        await person.press("enter")
        assert person.tree.node.label == PROD.rpartition("/")[2]


async def test_the_calendar_is_of_the_branch_one_stands_on(estate):
    """r shows the dates of this branch, tab twice their list, enter goes to the CMK, esc back."""
    async with sit_down(estate) as person:
        await person.press("down")
        await dates(person)
        assert person.sees("Bureau B")
        assert not any("Agentschap A" in line for line in person.lines()[3:])
        await person.press("escape")
        assert person.app.screen is person.app.explorer
        await dates(person)
        await person.press("enter")
        assert person.node == "bureau-b/loket/productie"


async def test_the_calendar_of_all_can_be_asked_for(estate):
    """:rotations with a path is of that path; :history is of the past."""
    async with sit_down(estate, size=(160, 40)) as person:
        await dates(person, ":rotations Agentschap A/Y")
        assert person.app.screen.table.length() == 1
        await person.command("history")
        assert isinstance(person.app.screen, HistoryScreen)


async def test_esc_leaves_a_filter_before_it_leaves_the_screen(estate):
    """In the calendar: first the filter goes, then the calendar."""
    async with sit_down(estate) as person:
        await dates(person)
        whole = person.app.screen.table.length()
        await person.type("/dev")
        await person.press("enter")
        assert 0 < person.app.screen.table.length() < whole
        await person.press("escape")
        assert person.app.screen.table.length() == whole
        await person.press("escape")
        assert person.app.screen is person.app.explorer


async def test_the_last_view_is_a_key_away(estate):
    """- goes back to the view left last, on what it showed, and out of it again."""
    async with sit_down(estate) as person:
        await person.press("F")
        await person.type("loket")
        await person.press("enter", "minus")
        assert isinstance(person.app.screen, SearchScreen)
        assert person.app.screen.box.value == "loket"


async def test_y_shows_the_whole_truth_as_json(estate):
    """y opens what was read from AWS as JSON, and esc closes it."""
    async with sit_down(estate, size=(160, 50)) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("y")
        assert isinstance(person.app.screen, Page)
        assert person.sees(PROD)
        await person.press("escape")
        assert person.app.screen is person.app.explorer


async def test_w_tells_rule_source_and_age_of_the_chosen_fact(estate):
    """w on a fact names its source and when it was read; and what the last sync could not see."""
    async with sit_down(estate, size=(160, 50)) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("tab", "w")
        assert person.sees("Bron: ")
        assert person.sees("AccessDenied")


async def test_c_copies_the_arn_over_any_line(estate):
    """c puts the whole ARN on the clipboard by OSC 52, and says so."""
    async with sit_down(estate) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("c")
        assert person.app.clipboard == PROD
        assert PROD in person.app.told[-1]


async def test_the_copy_menu_offers_id_alias_and_path(estate):
    """C lists what can be copied; enter takes one, esc none."""
    async with sit_down(estate) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("C")
        assert isinstance(person.app.screen, Choice)
        values = [value for _, value in person.app.screen.query_one("ChoiceLines").choices]
        assert "alias/agentschap-a/x/productie" in values
        await person.press("escape")
        assert person.app.clipboard == ""
        await person.press("C", "down", "enter")
        assert person.app.clipboard == values[1]


async def test_an_unknown_command_is_named(estate):
    """What is not understood is said, with the words that were typed, and nothing else happens."""
    async with sit_down(estate) as person:
        await person.command("frobnicate [red]now")
        assert "frobnicate [red]now" in person.app.told[-1]
        assert person.sees("frobnicate [red]now")


async def test_tab_completes_a_command(estate):
    """:hi and tab make :history."""
    async with sit_down(estate) as person:
        await person.type(":hi")
        await person.press("tab", "enter")
        assert isinstance(person.app.screen, HistoryScreen)


async def test_another_language_at_once_on_the_same_node(estate):
    """:lang en turns every word, dates keep their present, and the cursor stays on its node."""
    async with sit_down(estate) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.command("lang en")
        assert person.node == "agentschap-a/x/productie"
        assert person.sees("Overview")
        assert not person.sees("Overzicht")
        assert person.sees("1855 d ago")
        assert person.sees("read-only")


async def test_another_theme_at_once(estate):
    """:theme light recolours, also what is on screen already."""
    async with sit_down(estate) as person:
        dark = person.tree.render_line(0)._segments[0].style
        await person.command("theme light")
        assert person.app.theme == "light"
        assert person.tree.render_line(0)._segments[0].style != dark


async def test_an_export_is_safe_and_never_overwrites(estate, elsewhere, harvest, tmp_path, monkeypatch):
    """:export writes the table: formulas are defused, and a file that exists stays as it is."""
    monkeypatch.chdir(tmp_path)
    hostile = replace(harvest.data_keys[0], name='=cmd|" /C calc"!A0')
    elsewhere.merge(replace(harvest, data_keys=(hostile, *harvest.data_keys[1:])))
    async with sit_down(estate, size=(160, 45)) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("3", "tab")
        await person.command("export keys.csv")
        written = (tmp_path / "keys.csv").read_text()
        assert "vol-00000000000000001" in written
        assert "\n=cmd" not in written
        assert ",=cmd" not in written
        assert ',"=cmd' not in written
        (tmp_path / "keys.csv").write_text("mine")
        await person.command("export keys.csv")
        assert (tmp_path / "keys.csv").read_text() == "mine"
        assert "keys.csv" in person.app.told[-1]
        await person.press("ctrl+s")
        assert (tmp_path / "kms-console-1.csv").exists()


async def test_an_export_takes_the_marked_rows(estate, tmp_path, monkeypatch):
    """space marks; an export then holds only the marked rows."""
    monkeypatch.chdir(tmp_path)
    async with sit_down(estate) as person:
        await dates(person)
        await person.press("space", "space", "ctrl+s")
        assert len((tmp_path / "kms-console-1.csv").read_text().splitlines()) == 3


async def test_without_a_table_an_export_says_what_to_do(estate):
    """On the overview there is no table; the console says where there is one."""
    async with sit_down(estate) as person:
        await person.press("ctrl+s")
        assert "Datasleutels" in person.app.told[-1]


async def test_the_log_keeps_what_was_said(estate):
    """@ shows every sentence of this sitting, also when its notice has gone."""
    async with sit_down(estate) as person:
        await person.press("c")
        await person.command("nonsense")
        await person.press("at")
        assert isinstance(person.app.screen, Page)
        assert person.sees('":nonsense" ken ik niet')


async def test_a_refused_refresh_gives_its_reason(estate):
    """The support role may not refresh: R says why, and the palette's own line says it before."""
    async with sit_down(estate, role="support") as person:
        await person.press("R")
        said = person.app.told[-1]
        assert "support" in said
        commands = {c.title: c.help for c in person.app.get_system_commands(person.app.screen)}
        assert commands["Vernieuwen uit AWS"] in said


async def test_q_quits_at_top_level_and_goes_back_elsewhere(estate):
    """q in the calendar goes back; q in the explorer ends with 0."""
    async with sit_down(estate) as person:
        await person.press("r", "q")
        assert person.app.screen is person.app.explorer
        assert person.app.is_running
        await person.press("q")
        assert person.app.return_value == 0


async def test_ctrl_q_quits_from_anywhere(estate):
    """Also over a page, and while typing."""
    async with sit_down(estate) as person:
        await person.press("y", "ctrl+q")
        assert person.app.return_value == 0
    async with sit_down(estate) as person:
        await person.press("F", "a", "ctrl+q")
        assert person.app.return_value == 0


async def test_help_filters_as_one_types(estate):
    """? lists every key; typing leaves the lines that hold the words; esc leaves."""
    async with sit_down(estate) as person:
        await person.press("question_mark")
        assert isinstance(person.app.screen, HelpScreen)
        await person.type("csv")
        assert person.app.screen.lines.length() == 1
        await person.press("escape")
        assert person.app.screen is person.app.explorer


async def test_a_view_can_be_the_first(estate):
    """`kms-console history` opens there, with the explorer behind it."""
    async with sit_down(estate, view="history") as person:
        assert isinstance(person.app.screen, HistoryScreen)
        await person.press("escape")
        assert person.app.screen is person.app.explorer


async def test_the_palette_runs_an_action(estate):
    """ctrl+p, a word, enter."""
    async with sit_down(estate) as person:
        await person.press("ctrl+p")
        await person.type("historiek")
        await person.app.workers.wait_for_complete()
        await person.press("down", "enter")
        assert isinstance(person.app.screen, HistoryScreen)


def test_no_colour_is_taken_seriously():
    """With NO_COLOR set Textual's own filter takes all colour out."""
    assert ConsoleApp.ENABLE_COMMAND_PALETTE
