"""Ground for the exchange: two parties over the service document's example."""

import pytest

from tests.cloud_fixtures import cloud, heaven, here
from tests.exchange.letters import parties
from tests.exchange.sights import crossed

__all__ = ["cloud", "heaven", "here"]


@pytest.fixture
def two(tmp_path):
    made = parties(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def mixed(tmp_path):
    made = parties(tmp_path, crossed())
    yield made
    made.store.close()
