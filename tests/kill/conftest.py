"""These tests ask AWS, most of them about disks of a tenant, by consoles that a killer lets die."""

import pytest

from tests.cloud_fixtures import brisk, cloud, heaven, here, store
from tests.datakeys.turning import Turning
from tests.kill.killer import Killer

__all__ = ["brisk", "cloud", "heaven", "here", "store"]


@pytest.fixture
def turning(cloud, tmp_path):
    """A tenant in a Region that has machines."""
    return Turning(cloud, cloud.real_region(), tmp_path)


@pytest.fixture
def killer(cloud, tmp_path):
    """Goes on with one run of it in a process that may be killed."""
    with Killer("tests.kill.turned:resume", tmp_path, "botocore.httpsession") as opened:
        yield opened
