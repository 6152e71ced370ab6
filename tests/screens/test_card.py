"""The card at the console: `t` on whatever has one, two redactions, two languages, copied, saved; and a pasted text."""

import pytest
from textual import events

from screens.app import ConsoleApp
from screens.card import CardScreen
from screens.explorer import Explorer
from screens.search import SearchScreen
from store.records import Kind
from tests.estates import cmk
from tests.screens.sitting import desk_for, sit_down

TICKET = f"""Goedemiddag,

onze databank start niet meer:

  KMSInvalidStateException: {cmk(5, "B").arn} is disabled.
  Request ID: 11111111-2222-4333-8444-555555555555

Kan u helpen?"""


async def made(person):
    """Until the card is there."""
    while person.app.screen.card is None:
        await person.settle()
    await person.settle()


async def card_of(person, *words):
    await person.stand_on(*words)
    await person.press("t")
    await made(person)


async def paste(person, text):
    """As a terminal hands over what is pasted."""
    person.app.post_message(events.Paste(text))
    await person.settle()


async def read(person):
    """Until the pasted text has been read."""
    while person.app.screen.shown is None:
        await person.settle()
    await person.settle()


async def test_t_makes_the_card_of_what_the_cursor_is_on(estate):
    """A CMK, a data key, a place; esc goes back to where one was."""
    async with sit_down(estate, size=(100, 60)) as person:
        for words, shown in (
            (("agentschap-a/x/productie",), "Agentschap A / X / Productie"),
            (("x-1-bucket-2",), "S3-bucket (groep) x-1-bucket-2"),
            (("Bureau B",), "afnemer Bureau B"),
        ):
            await card_of(person, *words)
            assert person.sees(shown)
            assert person.sees("integraties@vlaanderen.be")
            await person.press("escape")
            assert isinstance(person.app.screen, Explorer)


async def test_t_on_a_row_of_a_table_is_about_that_row(estate):
    """The data key under the panel's cursor, not the CMK under the tree's."""
    async with sit_down(estate, size=(140, 50)) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("3")
        person.app.screen.set_focus(person.panel.table)
        await person.press("t")
        await made(person)
        assert person.app.screen.ref.kind is Kind.DATA_KEY


async def test_tab_turns_the_card_for_other_eyes(estate):
    """An administrator's card is internal; tab makes it the tenant's, without the policy and the description."""
    async with sit_down(estate, size=(100, 70)) as person:
        await card_of(person, "agentschap-a/x/productie")
        assert person.sees("Interne kaart")
        assert person.sees("omschrijving")
        await person.press("tab")
        while not person.sees("Deze kaart mag naar de afnemer."):
            await person.settle()
        assert not person.sees("omschrijving")


async def test_support_cannot_turn_it(estate):
    """The desk's card is the tenant's; tab says why it stays so."""
    async with sit_down(estate, size=(100, 60), role="support") as person:
        await card_of(person, "agentschap-a/x/productie")
        assert person.sees("Deze kaart mag naar de afnemer.")
        await person.press("tab")
        assert any("--redact tenant" in line for line in person.app.told)
        assert person.sees("Deze kaart mag naar de afnemer.")


async def test_l_says_this_card_in_the_other_language(estate):
    """The card turns English; the console stays Dutch."""
    async with sit_down(estate, size=(100, 60)) as person:
        await card_of(person, "agentschap-a/x/productie")
        await person.press("l")
        assert person.sees("KMS card")
        assert person.sees("esc terug")
        await person.press("escape")
        await card_of(person, "agentschap-a/x/productie")
        assert person.sees("KMS-kaart")


async def test_a_card_is_copied_whole_and_saved_beside_others(estate, tmp_path, monkeypatch):
    """c puts every line on the clipboard; ctrl+s writes a file for its owner's eyes and never over another."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kms-card-1.txt").write_text("mine")
    async with sit_down(estate, size=(100, 60)) as person:
        await card_of(person, "agentschap-a/x/productie")
        await person.press("c")
        copied = person.app.clipboard
        assert copied.startswith("KMS-kaart · Agentschap A / X / Productie\n---")
        await person.press("ctrl+s")
    assert (tmp_path / "kms-card-1.txt").read_text() == "mine"
    assert (tmp_path / "kms-card-2.txt").read_text() == copied
    assert (tmp_path / "kms-card-2.txt").stat().st_mode & 0o077 == 0


async def test_the_copy_menu_has_the_card(estate):
    """C offers it last; it is copied line by line."""
    async with sit_down(estate) as person:
        await person.stand_on("agentschap-a/x/productie")
        await person.press("C", "end", "enter")
        assert person.app.clipboard.startswith("KMS-kaart · Agentschap A / X / Productie\n")


async def test_a_pasted_ticket_is_read(estate):
    """The CMK that it is about, and what its error means there; t makes the card with that error on it."""
    async with sit_down(estate, size=(120, 60)) as person:
        await person.press("F")
        await paste(person, TICKET)
        await read(person)
        assert person.sees("bureau-b/loket/productie")
        assert person.sees("Fout: KMSInvalidStateException")
        assert person.sees("is de CMK uitgeschakeld")
        await person.press("t")
        await made(person)
        assert person.sees("Fout: KMSInvalidStateException")
        await person.press("escape", "enter")
        assert "bureau-b" in person.node


async def test_a_paste_on_the_explorer_is_looked_for(estate):
    """An id, or a whole ticket: the search opens with it."""
    async with sit_down(estate) as person:
        await paste(person, "vol-00000000000000001")
        assert isinstance(person.app.screen, SearchScreen)
        assert person.sees("web-1 /data")
        await person.press("escape")
        await paste(person, TICKET)
        await read(person)
        assert person.sees("bureau-b/loket/productie")


async def test_typing_after_a_paste_searches_again(estate):
    """The pasted text is forgotten as soon as somebody types."""
    async with sit_down(estate) as person:
        await person.press("F")
        await paste(person, TICKET)
        await read(person)
        person.app.screen.set_focus(person.app.screen.box)
        await person.type("web-1")
        assert person.sees("web-1 /data")
        assert not person.sees("Fout:")


async def test_a_pasted_text_about_others_tells_an_owner_nothing(estate):
    """No name of what is out of scope; only what stood in the text itself."""
    async with sit_down(estate, size=(120, 40), role="owner", scope="Agentschap A") as person:
        await person.press("F")
        await paste(person, TICKET)
        await read(person)
        assert person.app.screen.found.length() == 0
        assert not person.sees("bureau-b")
        assert not person.sees("Bureau B")
        assert not person.sees("volgens de gegevens")


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("screen", ["card", "paste"])
def test_picture(snap_compare, filled_store, screen, lang, size):
    """The card, and a pasted ticket, look as they did when somebody last found them good."""
    app = ConsoleApp(desk_for(filled_store, lang, config=None))

    async def rest(pilot):
        if screen == "card":
            await pilot.press(*("right", "down", "right", "down", "down", "right", "down", "t"))
            while not isinstance(app.screen, CardScreen) or app.screen.card is None:
                await pilot.pause()
        else:
            app.post_message(events.Paste(TICKET))
            while not isinstance(app.screen, SearchScreen) or app.screen.shown is None:
                await pilot.pause()
        for _ in range(4):
            await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=rest)
