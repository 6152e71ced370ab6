"""Ground for tests that ask AWS: one cloud per test process, healed after each test."""

import time
from types import SimpleNamespace

import pytest

from store.database import Store
from tests.clouds import Cloud


@pytest.fixture(scope="session")
def heaven(tmp_path_factory):
    opened = Cloud(tmp_path_factory.mktemp("cloud"))
    yield opened
    opened.close()


@pytest.fixture
def cloud(heaven, monkeypatch):
    """The cloud, with credentials that only this test's process finds."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(heaven.folder / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(heaven.folder / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield heaven
    heaven.heal()


@pytest.fixture
def here(cloud):
    """A Region that no other test has."""
    return cloud.region()


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "estate.db", write=True)
    yield opened
    opened.close()


@pytest.fixture
def brisk(monkeypatch):
    """botocore does not wait between its own tries."""
    import botocore.endpoint

    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None, time=time.time))
