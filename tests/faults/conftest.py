"""A sandbox of the module's own, and a proxy before it that lets calls go wrong."""

import pytest

from console.sandbox import process
from tests.faults.proxy import standing_before
from tests.sandbox.conftest import Aws


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """An empty AWS."""
    folder = tmp_path_factory.mktemp("aws") / "sandbox"
    aws = Aws(process.start(folder, private=True, empty=True))
    yield aws
    process.stop(folder)


@pytest.fixture
def proxy(aws):
    """The faulting proxy, calm and counting from one."""
    with standing_before(aws.url) as proxy:
        yield proxy
