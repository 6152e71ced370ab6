"""These tests ask AWS, each in a Region and with a tenant of its own."""

import pytest

from tests.cloud_fixtures import brisk, cloud, heaven, here
from tests.requests.ground import Ground

__all__ = ["brisk", "cloud", "heaven", "here"]


@pytest.fixture
def ground(cloud, here, tmp_path, monkeypatch):
    monkeypatch.setattr("console.workflows.cmk_request.LOOKS", (0.0,))
    made = Ground(cloud, here, tmp_path)
    yield made
    made.close()
