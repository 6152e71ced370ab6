"""These tests ask AWS."""

from tests.cloud_fixtures import cloud, heaven, here, store

__all__ = ["cloud", "heaven", "here", "store"]
