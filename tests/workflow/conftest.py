"""A store for toys; some of these tests ask AWS."""

import pytest

from tests.cloud_fixtures import cloud, heaven, here

__all__ = ["cloud", "heaven", "here"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "estate.db"
