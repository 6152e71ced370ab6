"""Ground for the exchange: two parties over the service document's example."""

import pytest

from tests.cloud_fixtures import cloud, heaven, here
from tests.exchange.letters import parties

__all__ = ["cloud", "heaven", "here"]


@pytest.fixture
def two(tmp_path):
    made = parties(tmp_path)
    yield made
    made.store.close()
