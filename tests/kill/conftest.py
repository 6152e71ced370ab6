"""These tests ask AWS."""

from tests.cloud_fixtures import brisk, cloud, heaven, here, store

__all__ = ["brisk", "cloud", "heaven", "here", "store"]
