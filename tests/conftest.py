"""Ground for all tests: a small estate in a real store file, and no trace of the person who runs them."""

import os
from weakref import WeakSet

import pytest
from botocore.httpsession import URLLib3Session

for name in list(os.environ):
    if name.startswith(("AWS_", "KMS_CONSOLE_")):
        del os.environ[name]


STORIES = ("kill", "fault")
"""Files of these names tell stories of death after death, or of every fault in turn."""

LONG = {"KILLS", "FAULT_CASES"}
"""Whoever sets one of these asks for longer ones."""


def pytest_collection_modifyitems(items):
    """Such a story lasts as long as the machine is slow, or as it is asked to; what hangs ends all the same."""
    asked = bool(LONG & os.environ.keys())
    for item in items:
        if asked or any(word in item.path.name for word in STORIES):
            item.add_marker(pytest.mark.timeout(7200 if asked else 600))


LINES = WeakSet()
"""The HTTP of every client of botocore in this process, while it lives."""


def _remembered(line, *args, _open=URLLib3Session.__init__, **kwargs):
    _open(line, *args, **kwargs)
    LINES.add(line)


URLLib3Session.__init__ = _remembered


@pytest.fixture(autouse=True)
def hung_up():
    """Clients stay open as long as they live: thousands of tests would use up what a process may hold open."""
    yield
    for line in list(LINES):
        line.close()


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Every test has a home folder of its own and speaks Dutch."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("LANG", "nl_BE.UTF-8")
    return home


@pytest.fixture(scope="session")
def filled_store(tmp_path_factory):
    """A store file that holds the service document's example, as a sync would have left it."""
    from store.database import Store
    from store.merge import merge
    from tests.estates import NOW, example

    path = tmp_path_factory.mktemp("store") / "estate.db"
    store = Store.open(path, write=True)
    merge(store, example(), NOW)
    store.close()
    return path
