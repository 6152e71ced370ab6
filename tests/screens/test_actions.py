"""`a` at the console: what can be changed here, what it means, and why it cannot be."""

import pytest

from console.commands.runs import ListRuns
from screens.offers import Offers
from screens.wizard import WizardScreen
from tests.screens.sitting import SMALL, sit_down

VOLUME = "vol-00000000000000001"
TRANSIT = "arn:aws:kms:eu-west-1:999988887777:key/00000000-0000-4000-8000-00000000000f"


@pytest.fixture
def transit(tmp_path):
    """Settings with a CMK to pass under, so that one of the ways is open."""
    path = tmp_path / "config.toml"
    path.write_text(f'[rotation]\ntransit = "{TRANSIT}"\n')
    return str(path)


async def menu(person, where):
    await person.stand_on(where)
    await person.press("a")


async def test_who_only_looks_is_told_so_before_anything_is_asked(estate):
    """The entry is there, dimmed, with the reason; enter does nothing."""
    async with sit_down(estate, size=(160, 40)) as person:
        await menu(person, VOLUME)
        assert isinstance(person.app.screen, Offers)
        assert person.sees("u kijkt alleen")
        await person.press("enter")
        assert isinstance(person.app.screen, Offers)


async def test_a_way_that_rotates_nothing_says_so_and_cannot_be_taken(estate, transit):
    """The naive snapshot is in the list with what it does to the data key."""
    async with sit_down(estate, size=(160, 40), config=transit, write=True) as person:
        await menu(person, VOLUME)
        await person.press("enter")
        await person.press("down", "down", "down")
        assert "datasleutel ongewijzigd" in person.line_with("snapshot en nieuw volume onder dezelfde CMK")
        assert person.sees("wordt niet uitgevoerd")


async def test_the_way_that_was_chosen_opens_as_a_run_that_has_done_nothing_yet(estate, transit):
    """Every step is there before the first one acts."""
    async with sit_down(estate, size=(160, 40), config=transit, write=True) as person:
        await menu(person, VOLUME)
        await person.press("enter")
        await person.press("enter")
        while not isinstance(person.app.screen, WizardScreen):
            await person.settle()
        await person.settle()
        (view,) = person.app.desk.dispatch.run(ListRuns())
        assert view.run.facts["resource"] == VOLUME
        assert view.run.facts["route"] == "transit"
        assert not any(step.record.attempts for step in view.steps)
        assert person.sees("snapshot van het oude volume")


async def test_marked_rows_are_one_campaign(estate, transit):
    """Two rows marked in the table of data keys: one run over both."""
    async with sit_down(estate, size=(160, 40), config=transit, write=True) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("3", "tab")
        await person.press("slash")
        await person.type("vol-")
        await person.press("enter")
        await person.press("space", "down", "space", "a")
        assert person.sees("Wat kan met deze 2?")
        await person.press("enter")
        while not isinstance(person.app.screen, WizardScreen):
            await person.settle()
        (view,) = person.app.desk.dispatch.run(ListRuns())
        assert view.run.workflow == "dk_campaign"
        assert len(view.run.facts["items"]) == 2


async def test_replacing_a_cmk_opens_as_a_run_that_has_done_nothing_yet(estate):
    """For an administrator; both parties' steps are there before the first one acts."""
    async with sit_down(estate, size=(160, 40), write=True) as person:
        await menu(person, "agentschap-a/y/productie")
        assert person.sees("CMK vervangen")
        await person.press("enter")
        while not isinstance(person.app.screen, WizardScreen):
            await person.settle()
        (view,) = person.app.desk.dispatch.run(ListRuns())
        assert view.run.workflow == "cmk_replacement"
        assert not any(step.record.attempts for step in view.steps)
        assert person.sees("de oude CMK bekijken")


async def test_where_nothing_can_be_changed_that_is_said(estate, monkeypatch):
    """Where no entry of the menu fits."""
    monkeypatch.setattr("screens.actions.ACTS", ())
    async with sit_down(estate, size=SMALL) as person:
        await person.stand_on("agentschap-a/y/productie")
        await person.press("a")
        assert not isinstance(person.app.screen, Offers)
        assert person.sees("Hier is niets te wijzigen")


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("size", [SMALL, (160, 45)], ids=["80x24", "160x45"])
async def test_the_ways_fit_the_screen(estate, transit, lang, size):
    """What each way does to the data key stands on its line at every size."""
    async with sit_down(estate, size=size, lang=lang, config=transit, write=True) as person:
        await menu(person, VOLUME)
        await person.press("enter")
        assert person.sees("nieuwe datasleutel" if lang == "nl" else "new data key")
