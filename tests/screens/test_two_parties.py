"""Both parties at their screens, each with credentials, settings and a store of its own, and a sandbox behind them."""

import time

import pytest

from store.database import Store
from store.harvest import AccountFacts, Harvest, Placement
from store.merge import merge
from store.records import Source
from store.request_records import Stand
from tests.screens.clerks import at_work, held
from tests.towns import CENTRAL, TENANT, A, town_in


@pytest.fixture
def present():
    """The world's own clock here: the processes that do the work read it too."""


@pytest.fixture
def town(tmp_path, monkeypatch):
    """Each store knows the application that the CMK is for, and nothing more."""
    with town_in(tmp_path) as opened:
        for name, value in opened.environment.items():
            monkeypatch.setenv(name, value)
        accounts = (AccountFacts(CENTRAL), AccountFacts(TENANT, A, A))
        for party in ("admin", "owner"):
            store = Store.open(opened.store(party), write=True)
            merge(store, Harvest(accounts, (Placement(A, "Z", "", Source.DECLARED),)), int(time.time()))
            store.close()
        yield opened


def sits(town, party, **how):
    return at_work(town.store(party), town.config(party), now=time.time, **how)


async def test_from_wish_to_first_use_at_two_screens(town):
    """The owner files the form; the administrator reads it, approves it and makes the CMK; the owner finds it handed
    over and confirms its use; and it stands in the trees of both.
    """
    async with sits(town, "owner", role="owner", scope=A) as owner, sits(town, "admin") as admin:
        await file(owner)
        await admin.press("A")
        assert "u oordeelt" in admin.line_with("/ Z / Productie")
        await choose_first(admin)
        assert "u maakt de CMK" in admin.line_with("/ Z / Productie")
        await choose_first(admin)
        await admin.wizard()
        await admin.until(lambda: admin.sees("kan verder"))
        await admin.press("n")
        await admin.until(lambda: admin.sees("afgerond"))
        await owner.press("escape", "escape", "A")
        assert "u bevestigt" in owner.line_with("/ Z / Productie")
        await choose_first(owner)
        request = held(town.store("owner"), owner.app.screen.table.chosen.id)
        assert request.stand is Stand.IN_USE
        for clerk in (owner, admin):
            await clerk.press("escape", "escape")
            await clerk.stand_on(request.fact("key_arn").rpartition("/")[2])
            assert clerk.sees("agentschap-a/z/prod")
    assert held(town.store("admin"), request.id).moves == request.moves[:-1]


async def file(owner):
    """The form from the tree to the end: what for, why, and that it is meant."""
    await owner.stand_on("Z")
    await owner.press("a", "enter")
    await owner.wizard()
    await owner.asked()
    await owner.press("tab")
    await owner.type("Productie")
    await owner.press(*["tab"] * 7)
    await owner.type("nieuw loket")
    await owner.press("tab", "enter")
    await owner.asked()
    assert owner.sees("Dient de aanvraag in voor Agentschap A / Z / Productie")
    await owner.press("tab", "enter")
    await owner.until(lambda: owner.sees("afgerond"))


async def choose_first(clerk):
    """What stands first in the menu, and yes."""
    await clerk.press("a", "enter", "tab", "enter")
    await clerk.beat()
