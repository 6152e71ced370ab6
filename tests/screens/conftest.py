"""These tests sit at the console: a fixed present, quick waiting, and a store of one's own to change."""

import shutil
from types import SimpleNamespace

import pytest
import textual._wait

import console.settings
import store.rotations
from store.database import Store
from store.merge import merge
from tests.estates import NOW, example
from tests.screens.sitting import configured

textual._wait.SLEEP_GRANULARITY = 0.005


@pytest.fixture(autouse=True)
def present(monkeypatch):
    """What is overdue is decided at NOW, and colours do not depend on who runs this."""
    monkeypatch.setattr(store.rotations, "time", SimpleNamespace(time=lambda: NOW))
    monkeypatch.setattr(console.settings, "time", SimpleNamespace(time=lambda: NOW))
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def estate(filled_store, tmp_path):
    """The example's store file, ours to change."""
    path = tmp_path / "store" / "estate.db"
    path.parent.mkdir(mode=0o700)
    shutil.copy(filled_store, path)
    return path


@pytest.fixture
def config(tmp_path):
    return configured(tmp_path)


class Writer:
    """Another process's view of the store: merges a changed harvest."""

    def __init__(self, path):
        self.path = path

    def merge(self, harvest, now=NOW):
        opened = Store.open(self.path, write=True)
        merge(opened, harvest, now)
        opened.close()


@pytest.fixture
def elsewhere(estate):
    """Someone who syncs while the console is open."""
    return Writer(estate)


@pytest.fixture
def harvest():
    return example()
