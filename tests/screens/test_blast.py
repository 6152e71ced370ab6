"""What breaks if, at the console: `u` on a CMK or a data key, a scenario a tab, and why."""

import csv

import pytest

from screens.app import ConsoleApp
from screens.blast import BlastScreen
from screens.explorer import Explorer
from store.database import Store
from store.effects import Scenario
from store.harvest import Alias, Harvest
from store.merge import merge
from store.records import Kind, NodeRef, Slice
from tests.blast_estate import estate as rich
from tests.estates import CENTRAL, NOW, REGION, TENANT, bucket, cmk
from tests.screens.sitting import desk_for, sit_down


async def looked(person):
    """Until the numbers are there."""
    while isinstance(person.app.screen, BlastScreen) and not person.app.screen.answers:
        await person.settle()
    await person.settle()


async def asked_of(person, *words):
    """`u` on the first node that these words are in."""
    await person.stand_on(*words)
    await person.press("u")
    await looked(person)


async def test_u_on_a_cmk_says_what_breaks(estate):
    """The headline, the way back, whom to call, and a row per holder, the first to fail first."""
    async with sit_down(estate) as person:
        await asked_of(person, "agentschap-a/x/productie")
        assert person.sees("Uitschakelen van CMK agentschap-a/x/productie raakt")
        assert person.sees("EnableKey")
        assert person.sees("1700")
        assert person.app.screen.table.length() == 8
        assert person.line_with("x-0-bucket-1")
        await person.press("escape")
        assert isinstance(person.app.screen, Explorer)


async def test_u_on_a_data_key_asks_of_its_cmk(estate):
    """What stands under a CMK leads to it, also from the panel's table."""
    async with sit_down(estate) as person:
        await asked_of(person, "x-1-bucket-2")
        assert person.sees("CMK agentschap-a/x/teni raakt")
        await person.press("escape")
        await person.stand_on("agentschap-a/x/productie")
        await person.press("3")
        person.app.screen.set_focus(person.panel.table)
        await person.press("u")
        await looked(person)
        assert person.sees("CMK agentschap-a/x/productie raakt")


async def test_u_from_the_calendar_asks_of_the_row(estate):
    """A row of the calendar's list stands on its CMK; a day of its year stands on none, and that is said."""
    async with sit_down(estate, view="calendar") as person:
        while person.app.screen.sheet is None:
            await person.settle()
        await person.press("u")
        assert any("geen CMK" in told for told in person.app.told)
        await person.press("tab", "tab", "u")
        await looked(person)
        assert isinstance(person.app.screen, BlastScreen)
        assert person.app.screen.ref.kind is Kind.CMK


async def test_u_on_a_place_says_what_it_wants(estate):
    """A tenant has no blast radius; the console says so and stays."""
    async with sit_down(estate) as person:
        await person.press("home", "u")
        assert isinstance(person.app.screen, Explorer)
        assert any("geen CMK" in told for told in person.app.told)


async def test_tab_turns_through_the_scenarios(estate):
    """Five of them, round and back; each says its own sentence."""
    async with sit_down(estate) as person:
        await asked_of(person, "agentschap-a/x/productie")
        seen = []
        for _ in Scenario:
            seen.append(person.app.screen.scenario)
            await person.press("tab")
        assert seen == list(Scenario)
        await person.press("shift+tab", "shift+tab", "shift+tab")
        assert person.sees("verandert niets aan de datasleutels")


async def test_w_tells_the_rule_and_its_source(estate):
    """Moment, sentence, what to do, source, and whether the documentation proves it."""
    async with sit_down(estate) as person:
        await asked_of(person, "agentschap-a/x/productie")
        await person.press("w")
        assert person.sees("D S3/bucket-key")
        assert person.sees("bevestigt dit niet")
        await person.press("escape", "end", "w")
        assert person.sees("how-ebs-encryption-works")
        assert person.sees("CustomerKeyHasBeenRevoked") or person.sees("volgende koppeling")


async def test_enter_goes_to_the_data_key(estate):
    """The row is a door to the explorer."""
    async with sit_down(estate) as person:
        await asked_of(person, "agentschap-a/x/productie")
        await person.press("end", "enter")
        assert isinstance(person.app.screen, Explorer)
        assert person.tree.node.label == "vol-00000000000000004"


async def test_the_table_filters_and_exports_like_any_other(estate, tmp_path):
    """`/` narrows the rows, and what is left goes out as CSV."""
    async with sit_down(estate) as person:
        await asked_of(person, "agentschap-a/x/productie")
        await person.type("/bucket-3")
        await person.press("enter")
        assert person.app.screen.table.length() == 1
        person.app.action_export(str(tmp_path / "out.csv"))
        rows = list(csv.reader((tmp_path / "out.csv").open(newline="")))
        assert len(rows) == 2
        assert "x-0-bucket-3" in rows[1]


async def test_a_sync_elsewhere_changes_the_numbers(estate, elsewhere, harvest):
    """The screen asks again when the store beats, and stays on its scenario."""
    from dataclasses import replace

    async with sit_down(estate) as person:
        await asked_of(person, "agentschap-a/x/productie")
        await person.press("tab")
        first = person.app.screen.answers
        elsewhere.merge(replace(harvest, data_keys=tuple(k for k in harvest.data_keys if "x-0-bucket" not in k.name)))
        await person.beat()
        while person.app.screen.answers is first:
            await person.settle()
        await person.settle()
        assert person.app.screen.table.length() == 4
        assert person.app.screen.scenario is Scenario.DELETE


async def test_a_cmk_that_is_off_says_so(estate):
    """Bureau B's CMK is disabled already."""
    async with sit_down(estate) as person:
        await asked_of(person, "bureau-b/loket/productie")
        assert person.sees("al uitgeschakeld")


async def test_a_cmk_that_went_away_is_told_in_place(estate):
    """The screen stays, says that there is no such CMK, and lets itself be left."""
    async with sit_down(estate) as person:
        await person.app.push_screen(BlastScreen(NodeRef(Kind.CMK, 999)))
        while not person.sees("geen CMK"):
            await person.settle()
        await person.press("w", "enter", "tab", "escape")
        assert isinstance(person.app.screen, Explorer)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (200, 50)])
async def test_every_size_has_room_for_rows(estate, size):
    """The sentences never push the table away, and nothing is wider than the screen."""
    async with sit_down(estate, size=size) as person:
        await asked_of(person, "agentschap-a/x/productie")
        for _ in Scenario:
            await person.press("tab")
            assert person.app.screen.table.size.height >= 3
            assert all(len(line) <= size[0] for line in person.lines())


@pytest.mark.parametrize("size", [(60, 15), (100, 40)])
async def test_hostile_names_leave_room_and_do_nothing(estate, elsewhere, size):
    """An endless, escaping alias over a bucket of markup stays text, and the rows stay in sight."""
    key = cmk(7, "Agentschap A", "X", "Dev", aliases=(Alias("alias/" + "宽" * 200 + "\x1b[2J"),))
    holders = tuple(
        bucket(f"[@click=app.quit]x{n}[/]\u202e", key, "[red]x[/]", "a\nb", "\x1b]0;t\x07") for n in range(9)
    )
    done = frozenset({Slice(CENTRAL, REGION, "cmk"), Slice(TENANT, REGION, "s3")})
    elsewhere.merge(Harvest(cmks=(key,), data_keys=holders, complete=done))
    async with sit_down(estate, size=size) as person:
        await asked_of(person, "宽")
        for _ in Scenario:
            assert person.app.screen.table.size.height >= 3
            assert "".join(person.lines()).isprintable()
            await person.press("w", "escape", "tab")
        assert person.app.is_running


@pytest.fixture(scope="module")
def pictured(tmp_path_factory):
    """A store in which everything fails at a moment of its own."""
    path = tmp_path_factory.mktemp("blast") / "estate.db"
    store = Store.open(path, write=True)
    merge(store, rich(), NOW)
    store.close()
    return path


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["80x24", "160x45"])
@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("scenario", [Scenario.DISABLE, Scenario.DELETE])
def test_picture(snap_compare, pictured, scenario, lang, size):
    """The screen looks as it did when somebody last looked at it and found it good."""
    app = ConsoleApp(desk_for(pictured, lang, config=None))

    async def rest(pilot):
        await app.push_screen(BlastScreen(NodeRef(Kind.CMK, 1), scenario))
        while not app.screen.answers:
            await pilot.pause()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=rest)
