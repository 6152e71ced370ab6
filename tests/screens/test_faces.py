"""The faces of what keeps the console from showing an estate."""

import pytest

from screens.app import ConsoleApp
from screens.explorer import Explorer
from screens.trouble import TroubleScreen
from store.database import Store
from store.syncs import Syncs
from tests.estates import NOW
from tests.screens.sitting import sit_down


async def test_a_first_start_offers_the_sandbox(tmp_path):
    """Without configuration the console explains itself, and `s` asks the front door for the sandbox."""
    async with sit_down(tmp_path / "none.db") as person:
        assert person.sees("Welkom bij kms-console")
        await person.press("s")
    assert person.app.return_value == ConsoleApp.SANDBOX


async def test_an_empty_cache_fills_while_one_looks(tmp_path, config, elsewhere, harvest):
    """The face of an empty cache gives way to the explorer as soon as a sync has brought something."""
    elsewhere.path = tmp_path / "later" / "estate.db"
    async with sit_down(elsewhere.path, config=str(config)) as person:
        assert person.sees("is nog leeg")
        elsewhere.merge(harvest)
        await person.beat()
        assert isinstance(person.app.screen, Explorer)
        assert person.sees("Agentschap A")


async def test_a_failed_sync_gives_its_reason(tmp_path, config):
    """A cache that stayed empty because credentials are missing says that they are."""
    path = tmp_path / "s" / "estate.db"
    store = Store.open(path, write=True)
    runs = Syncs(store)
    runs.finish(runs.begin(1, NOW), "failed", 1, 0, "aws.credentials_missing", NOW)
    store.close()
    async with sit_down(path, config=str(config)) as person:
        assert person.sees("De laatste synchronisatie is mislukt")
        assert person.sees("inloggegevens")
        assert "{" not in person.painted()


async def test_a_foreign_file_is_told_and_left_alone(tmp_path):
    """A picture given as a store is refused in one sentence and stays what it was."""
    path = tmp_path / "picture.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" + b"x" * 5000)
    async with sit_down(path) as person:
        assert isinstance(person.app.screen, TroubleScreen)
        assert person.sees("kms-console")
    assert path.read_bytes().startswith(b"\xff\xd8")


@pytest.mark.parametrize("size", [(60, 15), (40, 10), (200, 50)])
async def test_every_size_shows_tree_and_facts(estate, size):
    """On a small terminal tree and facts take turns; on any, no line is wider than the screen."""
    async with sit_down(estate, size=size) as person:
        assert person.sees("Agentschap A")
        await person.press("d")
        assert person.sees("datasleutels") or person.sees("CMK")
        await person.press("escape")
        assert person.sees("Bureau B")
        assert all(len(line) <= size[0] for line in person.lines())


async def test_hostile_names_are_inert_everywhere(estate, elsewhere):
    """Markup, escapes, wide and right-to-left text and newlines in tags, aliases and buckets change nothing but a line."""
    from dataclasses import replace

    from store.harvest import Alias, Harvest
    from store.records import Slice
    from tests.estates import CENTRAL, REGION, TENANT, bucket, cmk

    nasty = ["[red]x[/]", "[@click=app.quit]x[/]", "\x1b[2J\x1b]0;t\x07", "宽" * 300, "مرحبا", "a\nb\r\n", "\u202ex"]
    key = replace(cmk(7, nasty[0], nasty[1], nasty[3]), aliases=(Alias("alias/" + nasty[4]),))
    key = replace(key, tags=tuple((f"t{n}", value) for n, value in enumerate(nasty)), description=nasty[2])
    buckets = tuple(bucket(f"{name}{n}", key, nasty[0], nasty[1], nasty[5]) for n, name in enumerate(nasty))
    done = frozenset({Slice(CENTRAL, REGION, "cmk"), Slice(TENANT, REGION, "s3"), Slice(TENANT, REGION, "ebs")})
    elsewhere.merge(Harvest(cmks=(key,), data_keys=buckets, complete=done))
    async with sit_down(estate, size=(100, 40)) as person:
        await person.press("asterisk")
        for keys in ((), ("down",) * 3, ("3",), ("1", "w"), ("escape", "y"), ("escape", "F", "x"), ("escape", "r")):
            await person.press(*keys)
            painted = "".join(person.lines())
            assert painted.isprintable()
            assert "\x1b" not in painted
        assert person.app.is_running
