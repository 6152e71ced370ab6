"""A console that holds what was published: it says so, and its refresh key fetches instead of reading AWS."""

import pytest

from console.commands.exchange import StartPull
from console.commands.sync import StartSync
from tests.estates import DAY, NOW
from tests.exchange.letters import A, parties
from tests.screens.sitting import sit_down


@pytest.fixture
def owners(tmp_path):
    """A store that holds Agentschap A's snapshot of three hours ago, and settings that trust its key."""
    two = parties(tmp_path)
    two.publish(at=NOW - 3 * 3600)
    two.pull(at=NOW - 3600)
    two.pull("", at=NOW - 3600)
    two.store.close()
    config = tmp_path / "config.toml"
    config.write_text(f'[exchange]\nbucket = "b"\ntrusted_keys = ["{two.key}"]\n')
    return two, {"config": str(config)}


@pytest.fixture
def begun(monkeypatch):
    """What was begun beside the screens."""
    found = []
    for command in (StartPull, StartSync):
        monkeypatch.setattr(command, "run", lambda self, services, listen: found.append(type(self).__name__))
    return found


async def test_the_banner_says_that_it_was_published_and_when(owners):
    """Whose word it is, its age, and the key that fetches a newer one."""
    two, flags = owners
    async with sit_down(two.settings().store, role="owner", scope=A, **flags) as person:
        assert "gepubliceerd 3 u geleden (ctrl+r haalt op)" in person.banner
        await person.press("w")
        assert person.sees("momentopname")


async def test_an_old_snapshot_is_called_stale(owners, tmp_path):
    """Older than would be taken any more."""
    two, flags = owners
    (tmp_path / "config.toml").write_text((tmp_path / "config.toml").read_text() + "max_age_days = 1\n")
    async with sit_down(two.settings().store, lang="en", role="owner", scope=A, **flags) as person:
        from console.text import Text

        object.__setattr__(person.app.desk, "text", Text("en", now=lambda: NOW + 2 * DAY))
        await person.beat()
        person.app.screen.query_one("Banner").refresh()
        await person.settle()
        assert "stale: published" in person.banner


@pytest.mark.parametrize(("role", "scope"), [("owner", A), ("support", "")])
async def test_the_refresh_key_pulls(owners, begun, role, scope):
    """ctrl+r for an owner, and for the support desk, which may not sync at all."""
    two, flags = owners
    flags = flags | ({"scope": scope} if scope else {})
    async with sit_down(two.settings(scope).store, role=role, **flags) as person:
        await person.press("ctrl+r")
        assert begun == ["StartPull"]


async def test_a_synced_store_goes_on_syncing(owners, begun):
    """An administrator's refresh is a sync, also where keys are trusted."""
    two, flags = owners
    async with sit_down(two.home / "admin.db", role="admin", **flags) as person:
        await person.press("ctrl+r")
        assert begun == ["StartSync"]


async def test_the_support_desk_without_a_trusted_key_is_told(owners, begun):
    """Nothing to pull by, no right to sync: the reason, as before."""
    two, _ = owners
    async with sit_down(two.home / "admin.db", role="support") as person:
        await person.press("ctrl+r")
        assert not begun
