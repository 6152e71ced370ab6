"""A store of its own for each test."""

import pytest

from store.database import Store


@pytest.fixture
def path(tmp_path):
    """Where the store's file is; the folder is not there yet."""
    return tmp_path / "data" / "estate.db"


@pytest.fixture
def store(path):
    """An empty store, opened for writing."""
    opened = Store.open(path, write=True)
    yield opened
    opened.close()
