"""Requests at the screen: what waits for whom, the menu of what can be done, the form, and what is handed over."""

from dataclasses import replace

import pytest

from console.assembly import assemble
from console.settings import load
from console.text import Text
from screens.app import ConsoleApp
from screens.request import RequestScreen
from store.database import Store
from store.request_records import Act, Move, Request, Stand, Wanted
from store.requests import Requests
from tests.estates import CENTRAL, NOW, REGION, TENANT
from tests.screens.clerks import at_work, held
from tests.screens.sitting import SMALL, TINY

A = "Agentschap A"
OLGA = "olga (arn:aws:iam::111122223333:user/olga)"
AN = "an (arn:aws:iam::999988887777:user/an)"
ARN = f"arn:aws:kms:{REGION}:{CENTRAL}:key/7f3c0000-0000-4000-8000-0000000091ab"
SIZES = {"80x24": (80, 24), "160x45": (160, 45)}


def request(letters, application, *moves, environment="Productie", **wanted):
    """A request with its moves, an hour apart, the first of which is the wish itself."""
    wish = Wanted(
        A, application, environment, (TENANT,), REGION, **{"services": ("ebs", "s3"), "reason": "nieuw loket"} | wanted
    )
    told = [Move(Act.SUBMIT, OLGA, NOW - 9 * 3600), *moves]
    return Request(letters * 10, wish, tuple(replace(move, at=NOW - (9 - n) * 3600) for n, move in enumerate(told)), 1)


def move(act, by=AN, said="", **facts):
    return Move(act, by, 0, said, tuple(facts.items()))


DELIVERED = (
    move(Act.APPROVE),
    move(Act.BEGIN, run="rrrrrrrrrr"),
    move(Act.DELIVER, key_arn=ARN, alias="alias/agentschap-a/z/prod"),
)
CAST = (
    request("a", "Z"),
    request("b", "Loket", move(Act.ASK, said="welke data?")),
    request("c", "Balie", move(Act.APPROVE), client_side=True),
    request("d", "Kaart", *DELIVERED, contacts=("kaart@agentschap-a.example",), data_class="3"),
    request("e", "Oud", move(Act.REJECT, said="er is al een CMK")),
    request("f", "Vast", *DELIVERED, move(Act.CONFIRM, OLGA, seen="describe_key", what=ARN)),
)


@pytest.fixture
def filled(estate):
    store = Store.open(estate, write=True)
    Requests(store).add(CAST)
    store.close()
    return estate


async def test_what_waits_for_me_stands_on_top(filled, config):
    """An administrator sees what is to be judged and made first; a tenant what is to be answered and confirmed."""
    async with at_work(filled, config) as admin:
        await admin.press("A")
        rows = [line for line in admin.lines() if A in line]
        assert {"Z" if "/ Z /" in row else "Balie" for row in rows[:2] if "/ Z /" in row or "Balie" in row} == {
            "Z",
            "Balie",
        }
        assert admin.sees("2 wachten op u")
        assert "u oordeelt" in admin.line_with("/ Z /")
    async with at_work(filled, config, role="owner", scope=A) as owner:
        await owner.command("requests")
        assert owner.sees("2 wachten op u")
        assert "u antwoordt" in owner.line_with("Loket")
        assert "u bevestigt" in owner.line_with("Kaart")


async def test_asking_back_wants_words_and_opens_on_cancel(filled, config):
    """Enter on the dialog as it opens changes nothing; without words it says so; with words it is asked."""
    async with at_work(filled, config) as admin:
        await admin.press("A")
        await admin.stand_at("Z")
        await admin.press("a", "down", "down", "enter")
        assert admin.sees("terugvragen")
        await admin.press("enter")
        assert held(filled, "a" * 10).stand is Stand.SUBMITTED
        await admin.press("a", "down", "down", "enter", "tab", "enter")
        assert admin.sees("Zeg erbij waarom")
        await admin.type("welke klasse?")
        await admin.press("enter", "enter")
        assert held(filled, "a" * 10).stand is Stand.ASKED
        assert held(filled, "a" * 10).moves[-1].said == "welke klasse?"


async def test_approving_by_keys(filled, config):
    """The menu, the dialog, and the list shows what it became."""
    async with at_work(filled, config) as admin:
        await admin.press("A")
        await admin.stand_at("Z")
        await admin.press("a", "enter", "tab", "enter")
        assert held(filled, "a" * 10).stand is Stand.APPROVED
        await admin.beat()
        assert "goedgekeurd" in admin.line_with("/ Z /")


async def test_an_owner_takes_a_request_back(filled, config):
    """What an owner may do stands first in the menu; it opens on Cancel and closes the request. What went away as a
    file is told to be an administrator's to reject; an administrator is not offered it.
    """
    store = Store.open(filled, write=True)
    Requests(store).add([replace(request("w", "Weg"), sent=0)])
    store.close()
    async with at_work(filled, config, role="owner", scope=A) as owner:
        await owner.press("A")
        await owner.stand_at("Weg")
        await owner.press("a", "enter")
        assert owner.sees("Trekt aanvraag wwwwwwwwww voor Agentschap A / Weg / Productie in, voorgoed")
        await owner.press("enter")
        assert held(filled, "w" * 10).stand is Stand.SUBMITTED
        await owner.press("a", "enter", "tab", "tab")
        await owner.type("toch niet")
        await owner.press("enter", "enter")
        assert (held(filled, "w" * 10).stand, held(filled, "w" * 10).moves[-1].said) == (Stand.WITHDRAWN, "toch niet")
        await owner.beat()
        assert "ingetrokken" in owner.line_with("/ Weg /")
        await owner.stand_at("Z")
        await owner.press("a", "enter", "tab", "enter")
        assert "ging als bestand naar de beheerders" in owner.app.told[-1]
        assert held(filled, "a" * 10).stand is Stand.SUBMITTED
    async with at_work(filled, config) as admin:
        await admin.press("A")
        await admin.stand_at("Balie")
        await admin.press("a")
        assert admin.sees("weigeren")
        assert not admin.sees("intrekken")


async def test_from_a_place_in_the_tree_to_a_request(estate, config):
    """`a` on an application opens the form with its names; what is missing is named as the form does; two environments are refused there and then, with what was
    typed still in the form; mended, it is submitted once and waits for an administrator.
    """
    async with at_work(estate, config, role="owner", scope=A) as owner:
        await owner.stand_on("Z")
        await owner.press("a", "enter")
        await owner.wizard()
        await owner.press(*["tab"] * 9, "enter")
        assert owner.sees('Het veld "omgeving" heeft nog een antwoord nodig.')
        await owner.press(*["shift+tab"] * 8)
        await owner.type("Test, Dev")
        await owner.press(*["tab"] * 7)
        await owner.type("nieuw loket")
        await owner.press("tab", "enter")
        await owner.work_done()
        assert owner.sees("zijn meer omgevingen")
        await owner.press("right", "tab", "end", "ctrl+u")
        await owner.type("T&I")
        await owner.press(*["tab"] * 8, "enter")
        await owner.work_done()
        assert owner.sees("Dient de aanvraag in voor Agentschap A / Z / T&I")
        await owner.press("tab", "enter")
        await owner.work_done()
        assert owner.sees("afgerond")
        await owner.press("escape", "escape", "A")
        assert "wacht op oordeel" in owner.line_with("/ Z / T&I")
    store = Store.open(estate)
    (made,) = Requests(store).all()
    assert (made.wanted.path, made.wanted.reason) == ((A, "Z", "T&I"), "nieuw loket")
    store.close()


async def test_who_may_not_hears_why(filled, config):
    """Read-only, and a tenant where an administrator judges: the menu tells the reason instead of opening."""
    async with at_work(filled, config, write=False) as looker:
        await looker.press("A", "a")
        assert looker.sees("--write")
        await looker.press("enter")
        assert looker.sees("Wat wilt u doen?")
        await looker.press("escape", "n")
        assert "--write" in looker.app.told[-1]
    async with at_work(filled, config, role="owner", scope=A) as owner:
        await owner.press("A")
        await owner.stand_at("Z")
        await owner.press("a", "down")
        assert owner.sees("doet een beheerder")
        await owner.press("escape")
        await owner.stand_at("Vast")
        await owner.press("a")
        assert "in gebruik" in owner.app.told[-1]
    async with at_work(filled, config, role="support") as support:
        await support.press("A", "n")
        assert support.app.told


async def test_a_request_tells_everything_and_copies_what_is_handed_over(filled, config):
    """Facts, history and package; the ARN, the policies, snippets and mails go to the clipboard as they are."""
    async with at_work(filled, config, role="owner", scope=A) as owner:
        await owner.press("A")
        await owner.stand_at("Kaart")
        await owner.press("enter")
        assert isinstance(owner.app.screen, RequestScreen)
        assert owner.sees(ARN)
        assert owner.sees("vroeg de CMK aan")
        await owner.press("c")
        assert owner.app.clipboard == ARN
        await owner.press("C", "down", "enter")
        assert '"Sid": "UseCmkViaServices"' in owner.app.clipboard
        await owner.press("C", *["down"] * 2, "enter")
        assert "aws_ebs_volume" in owner.app.clipboard
        await owner.press("escape")
        assert owner.sees("Aanvragen")


async def test_hostile_words_of_a_tenant_stay_words(estate, config):
    """Markup, escapes and long lines in names and reasons are painted as text."""
    bad = request("h", "[@click=app.quit]x[/]", reason="\x1b[2J[red]rood[/]\nregel twee", contacts=("=1+1",))
    store = Store.open(estate, write=True)
    Requests(store).add([bad])
    store.close()
    async with at_work(estate, config) as admin:
        await admin.press("A")
        assert admin.sees("[@click=app.quit]x[/]")
        await admin.press("enter")
        assert admin.sees("[red]rood[/]")
        assert "\x1b" not in admin.painted()


@pytest.mark.parametrize("size", [SMALL, TINY])
async def test_it_works_on_a_small_screen(filled, config, size):
    """List, dialog and request, at 80×24 and less."""
    async with at_work(filled, config, size=size) as admin:
        await admin.press("A", "a")
        assert admin.sees("Wat wilt u doen?")
        await admin.press("enter")
        await admin.press("escape", "enter")
        assert isinstance(admin.app.screen, RequestScreen)


PICTURES = {"list": ("A",), "request": ("A", "enter"), "menu": ("A", "a"), "dialog": ("A", "a", "down", "enter")}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("screen", PICTURES)
def test_picture(snap_compare, filled, config, screen, lang, size):
    """The screens look as they did when somebody last looked at them and found them good."""
    desk = assemble(load({"store": str(filled), "config": str(config), "lang": lang, "write": True}))
    app = ConsoleApp(replace(desk, text=Text(lang, now=lambda: NOW)))

    async def rest(pilot):
        for key in PICTURES[screen]:
            await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()

    assert snap_compare(app, terminal_size=SIZES[size], run_before=rest)
