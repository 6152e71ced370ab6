"""Ground for all tests: a small estate in a real store file, and no trace of the person who runs them."""

import os

import pytest

for name in list(os.environ):
    if name.startswith(("AWS_", "KMS_CONSOLE_")):
        del os.environ[name]


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Every test has a home folder of its own and speaks Dutch."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("LANG", "nl_BE.UTF-8")
    return home
