"""These tests ask AWS."""

from tests.cloud_fixtures import cloud, heaven, here, store

__all__ = ["cloud", "heaven", "here", "store"]


def pytest_collection_modifyitems(items):
    """Stories of death after death take as long as the machine is slow; a bound of their own ends what hangs."""
    for item in items:
        if "tests/kill/" in item.nodeid or "tests/faults/" in item.nodeid:
            item.add_marker(pytest.mark.timeout(600))
