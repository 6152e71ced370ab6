"""A wizard shows a rotation at work: neither its screen nor the process that does the work lets a value or a key be seen."""

import asyncio
import sys
from contextlib import asynccontextmanager

import pytest

from console.assembly import assemble
from console.settings import load
from screens.app import ConsoleApp
from screens.wizard import WizardScreen
from store.run_records import RunStatus
from tests.datakeys.folders import Folder
from tests.datakeys.turning import Turning
from tests.datakeys.unseen import ROOT, configured, everything, processes, seen
from tests.datakeys.vaults import Vault
from tests.screens.sitting import Sitting

NEEDLE = b"Zx9-dossier-van-een-burger-7731-geheim"


@pytest.fixture
def turning(cloud, here, tmp_path):
    return Turning(cloud, here, tmp_path)


@asynccontextmanager
async def sat_down(config, store, run):
    """A person before the wizard of this run; the work is done by the console itself, in a process of its own."""
    front = (sys.executable, "-m", "console", "--config", str(config), "--store", str(store))
    desk = assemble(load({"config": str(config), "store": str(store), "write": True}), front_door=front)
    try:
        app = ConsoleApp(desk)
        async with app.run_test(size=(160, 45), notifications=True) as pilot:
            sitting = Sitting(app, pilot)
            await app.push_screen(WizardScreen(run))
            await sitting.settle()
            yield sitting
    finally:
        desk.close()


async def watched(turning, run, folder, home, monkeypatch):
    """All that could be met while the wizard went on with this run: painted, on disk, in the process list."""
    config, met, shown = configured(turning, folder), set(), []
    store = turning.settings.store
    turning.store.close()
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    async with sat_down(config, store, run) as person:
        await person.press("n")
        while not (children := person.app.desk.dispatch.services.children.all):
            await person.settle()
        while children[0].process.poll() is None:
            met |= {*(await asyncio.to_thread(everything, folder)).values(), *await asyncio.to_thread(processes)}
            await person.beat()
            shown += [person.painted(), person.app.export_screenshot()]
        await person.beat()
        shown += [person.painted(), person.app.export_screenshot()]
    met |= {*everything(folder).values(), *everything(home).values()}
    return b"\n".join({*met, *(each.encode() for each in shown)}), shown


async def test_the_wizard_of_a_secret(turning, tmp_path, own_home, monkeypatch):
    """From the first key to the question at the end."""
    vault = Vault(turning, SecretString=NEEDLE.decode())
    turning.sync()
    run = vault.begun()
    met, shown = await watched(turning, run, tmp_path, own_home, monkeypatch)
    del turning._store
    assert turning.engine().show(run).run.status is RunStatus.WAITING
    assert vault.client.get_secret_value(SecretId=vault.arn)["SecretString"] == NEEDLE.decode()
    assert vault.labels()["AWSPREVIOUS"] == vault.first
    assert "databank" in shown[-1]
    assert f"resume\0{run}".encode() in met
    assert not seen(NEEDLE, met)


async def test_the_wizard_of_a_folder(turning, tmp_path, own_home, monkeypatch):
    """Contents, old data keys and new ones."""
    folder = Folder(turning, tmp_path / "map")
    for name in ("a.enc", "b.enc"):
        folder.write(name, NEEDLE * 3_000)
    before, run = folder.sync().keys(), folder.begun()
    met, shown = await watched(turning, run, tmp_path, own_home, monkeypatch)
    del turning._store
    folder.renewed(run, before)
    assert "map" in shown[-1]
    assert f"resume\0{run}".encode() in met
    assert not [key for key in (NEEDLE, *before.values(), *folder.keys().values()) if seen(key, met)]
