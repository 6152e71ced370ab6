"""A prefix whose renewal, or the giving up of it, is killed at any moment: nothing lost, nothing twice, nothing left."""

import os

import pytest

from tests.datakeys.prefixes import Prefix
from tests.datakeys.turning import Turning
from tests.kill import turned
from tests.kill.killer import Killer, chance

MOMENTS = 150
LIBRARIES = ("botocore.httpsession", "aws_encryption_sdk")


@pytest.fixture
def killer(tmp_path):
    with Killer("tests.kill.turned:prefix", tmp_path, *LIBRARIES) as opened:
        yield opened


@pytest.fixture
def stories(cloud, here, tmp_path):
    """Prefixes about to be renewed, every second one without versions: small messages, and one that goes in parts."""
    turning = Turning(cloud, here, tmp_path)
    cloud.sizes(copy=turned.COPY, part=4)

    def told():
        for number in range(10_000):
            files = Prefix(turning, name=f"k{number}", versioned=bool(number % 2))
            for name in ("a", "b", "c"):
                files.write(name, name.encode())
            files.write("groot", os.urandom(300_000))
            yield files.sync(), files.keys(), files.begun(), turned.told(turning.settings, "kms", "s3")

    return told()


def test_killed_anywhere_each_object_is_renewed_once(stories, killer):
    """At moments by chance: other data keys, one new message each, one verdict, and no upload is left open."""
    lot = chance(44)
    for _ in killer.often(4):
        files, before, run, settings = next(stories)
        killer.strike(lot, MOMENTS, settings, run)
        assert killer.call(settings, run).said in ("waiting", "run.ended")
        files.renewed(run, before)
        assert files.versions() == 8
        assert not files.uploads()


def test_killed_again_and_again_it_comes_to_the_same_end(stories, killer):
    """Death after death of one run: still one new message each."""
    lot = chance(46)
    for _ in killer.often(6):
        files, before, run, settings = next(stories)
        killer.survive(lot, MOMENTS, settings, run)
        files.renewed(run, before)
        assert files.versions() == 8
        assert not files.uploads()


def test_giving_up_is_killed_as_well_and_all_is_as_before(stories, killer, tmp_path):
    """Killed on the way there and on the way back: the messages that were there, nothing beside them."""
    lot = chance(45)
    with Killer("tests.kill.turned:no_prefix", tmp_path, *LIBRARIES) as undoer:
        for _ in undoer.often(3):
            files, before, run, settings = next(stories)
            killer.strike(lot, MOMENTS, settings, run)
            undoer.strike(lot, 60, settings, run)
            assert undoer.call(settings, run).said in ("abandoned", "run.ended")
            files.as_before(before)
