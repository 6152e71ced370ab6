"""The audit at the console: whoever opens it reads the newest first and sees whether it is whole."""

import json
from dataclasses import replace

import pytest

from screens.app import ConsoleApp
from screens.audit import AuditScreen
from screens.explorer import Explorer
from screens.page import Page
from store.audit import Audit
from store.database import Store
from store.journal import Act, Entry
from tests.estates import NOW
from tests.screens.sitting import SMALL, TINY, desk_for, sit_down
from tests.store.test_audit import HOSTILE, attack, forged, verified_independently

MIA = Entry(
    Act.INTENT, "findings.acknowledge", "admin", "mia", "beheer-1",
    who="arn:aws:sts::999988887777:assumed-role/KmsBeheer/mia", who_at=NOW - 7200, write=True,
    fields={"id": 12, "reason": "wordt vrijdag verhuisd"}, subject="dk_other_environment · vol-0c9 · Agentschap A/X/T&I",
)  # fmt: skip


@pytest.fixture
def acted(estate):
    """A store in which something was done, something failed and something was refused."""
    store = Store.open(estate, write=True)
    audit = Audit(store, now=lambda: NOW - 60)
    audit.append(MIA)
    audit.append(replace(MIA, act=Act.DONE, of=1))
    cmk = {"fields": {"key": "alias/agentschap-a/x/prod"}, "subject": "Agentschap A/X/Productie"}
    audit.append(replace(MIA, command="cmk.rotate", **cmk))
    audit.append(replace(MIA, command="cmk.rotate", act=Act.FAILED, of=3, result="aws.refused", exit=1, **cmk))
    audit.append(
        Entry(Act.REFUSED, "cmk.disable", "owner", "jan", "laptop-7", scope="Agentschap A/X", exit=3,
              result="policy.read_only", fields={"key": "alias/agentschap-a/x/prod"})
    )  # fmt: skip
    store.close()
    return estate


async def opened(person):
    """On the screen, with its verification done."""
    await person.command("audit")
    await proven(person)


async def proven(person):
    while isinstance(person.app.screen, AuditScreen) and (person.app.screen._proving or not person.app.screen.proof):
        await person.settle()
    await person.settle()


async def test_the_newest_stands_on_top_and_the_heading_vouches(acted):
    """Who, what, how it went; the number of lines and the last hash."""
    async with sit_down(acted) as person:
        await opened(person)
        assert "5 regels" in person.lines()[1]
        assert "● heel" in person.lines()[1]
        rows = [line for line in person.lines() if "jan" in line or "mia" in line]
        assert "○ geweigerd" in rows[0]
        assert "✕ mislukt" in rows[1]
        await person.press("escape")
        assert isinstance(person.app.screen, Explorer)


async def test_all_of_a_line_is_a_key_away(acted):
    """Enter shows every part of it in words, y the very bytes that are hashed."""
    async with sit_down(acted) as person:
        await opened(person)
        await person.press("down", "enter")
        assert isinstance(person.app.screen, Page)
        assert person.sees("assumed-role/KmsBeheer/mia")
        assert person.sees("aws.refused")
        await person.press("escape", "y")
        assert person.sees('{"act":"failed"')


async def test_a_tampered_chain_is_said_in_the_heading(acted):
    """The first bad line, in the same words as the verb."""
    attack(acted, "UPDATE audit SET line = replace(line, 'mia', 'jan') WHERE seq = 2")
    async with sit_down(acted) as person:
        await opened(person)
        assert "✕ niet heel (w)   Regel 2 is niet zoals ze geschreven werd" in person.lines()[1]
        await person.press("w")
        assert person.sees("Regel 2 is niet")


async def test_what_is_added_elsewhere_appears_and_is_verified(acted):
    """The store beats: the line is there, and the proof is of the longer chain."""
    async with sit_down(acted) as person:
        await opened(person)
        before = person.app.screen.proof.head
        store = Store.open(acted, write=True)
        Audit(store).append(MIA)
        store.close()
        await person.beat()
        await proven(person)
        assert "6 regels" in person.lines()[1]
        assert person.app.screen.proof.count == 6
        assert person.app.screen.proof.head != before


async def test_a_filter_keeps_what_answers_to_it(acted):
    """A word of any column; esc takes it away, then leaves."""
    async with sit_down(acted) as person:
        await opened(person)
        await person.press("slash")
        await person.type("jan")
        await person.press("enter")
        assert person.sees("jan")
        assert not person.sees("mia")
        await person.press("escape")
        assert person.sees("mia")


async def test_a_filter_of_more_than_memory_holds_asks_the_store(acted, monkeypatch):
    """Then it is by person, and the heading says so."""
    monkeypatch.setattr("screens.audit.MOST", 2)
    async with sit_down(acted) as person:
        await opened(person)
        await person.press("slash")
        await person.type("JAN")
        await person.press("enter")
        assert "1 regel · van JAN" in person.lines()[1]
        assert not person.sees("mia")
        await person.press("escape")
        assert "5 regels" in person.lines()[1]


async def test_an_export_is_the_record_or_the_table(acted, tmp_path):
    """By the file's name: JSON lines that a third party can verify, or CSV."""
    async with sit_down(acted) as person:
        await opened(person)
        await person.command(f"export {tmp_path / 'register.jsonl'}")
        await person.command(f"export {tmp_path / 'register.csv'}")
        assert verified_independently((tmp_path / "register.jsonl").read_text().splitlines()) == 5
        assert "geweigerd" in (tmp_path / "register.csv").read_text()


async def test_the_hash_to_keep_is_one_key_away(acted):
    """c on the top line copies the head."""
    async with sit_down(acted) as person:
        await opened(person)
        await person.press("c")
        assert person.app.clipboard == person.app.screen.proof.head


async def test_hostile_text_paints_as_text(acted):
    """Escapes and bidi tricks of a subject or user name never reach the terminal."""
    store = Store.open(acted, write=True)
    Audit(store).append(replace(MIA, user=HOSTILE, subject=HOSTILE, command=HOSTILE, fields={HOSTILE: HOSTILE}))
    store.close()
    async with sit_down(acted, size=(200, 50)) as person:
        await opened(person)
        await person.press("enter")
        painted = person.painted()
        assert person.sees("kwaad")
        assert not any(c in painted for c in "\x1b\r\t\0\u202e\u2066\x7f\x9b")


async def test_an_owner_sees_the_own_lines(acted):
    """The refusal in the own branch, and nothing of the administrators'."""
    async with sit_down(acted, role="owner", scope="Agentschap A/X") as person:
        await person.command("audit")
        assert person.sees("cmk.disable")
        assert not person.sees("mia")
        assert person.sees("nagegaan door wie alles ziet")
        await person.beat()
        assert person.app.screen.proof is None


async def test_support_hears_that_it_may_not(acted):
    """No screen, one sentence, and the refusal is on record."""
    async with sit_down(acted, role="support") as person:
        await person.command("audit")
        assert isinstance(person.app.screen, Explorer)
        assert any("auditregister" in told for told in person.app.told)
    store = Store.open(acted)
    assert Audit(store).window(limit=1)[0].entry.role == "support"
    store.close()


@pytest.mark.parametrize("size", [SMALL, TINY])
async def test_it_fits_a_small_terminal(acted, size):
    """Who, when and how it went have room; the heading is not cut before its verdict."""
    async with sit_down(acted, size=size) as person:
        await opened(person)
        assert "● heel" in person.lines()[1]
        assert "○ geweigerd" in person.line_with("jan")


async def test_leaving_ends_the_verification(acted, monkeypatch):
    """A long chain does not keep the console from closing: the thread stops at its next breath."""
    monkeypatch.setattr("store.audit.BREATH", 1)
    heard = []
    monkeypatch.setattr(AuditScreen, "_heard", _leaving(AuditScreen._heard, heard))
    async with sit_down(acted) as person:
        await person.command("audit")
        while not heard:
            await person.settle()
        await person.press("escape")
    assert heard == [1]


def _leaving(heard, seen):
    """The first time, the screen is gone already."""

    def hear(screen, news):
        seen.append(news.done)
        screen._left = True
        return heard(screen, news)

    return hear


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["80x24", "160x45"])
@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("what", ["list", "line", "tampered"])
def test_picture(snap_compare, acted, what, lang, size):
    """The screen looks as it did when somebody last looked at it and found it good."""
    if what == "tampered":
        forged(acted, lambda lines: [json.dumps(json.loads(line) | {"user": "jan"}) for line in lines])
    app = ConsoleApp(desk_for(acted, lang, config=None))

    async def rest(pilot):
        await app.open_view(next(view for view in _views() if view.name == "audit"))
        while app.screen._proving or not app.screen.proof:
            await pilot.pause()
        if what == "line":
            await pilot.press("down", "enter")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=rest)


def _views():
    from screens.views import VIEWS

    return VIEWS
