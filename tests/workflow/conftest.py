"""Some of these tests ask AWS."""

from tests.cloud_fixtures import cloud, heaven, here

__all__ = ["cloud", "heaven", "here"]
