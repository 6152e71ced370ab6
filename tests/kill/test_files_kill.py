"""The rotation of files is killed at any moment and resumed by another process: same contents, nothing left over."""

import os

import pytest

from tests.datakeys.folders import Folder
from tests.datakeys.turning import Turning
from tests.kill import turned
from tests.kill.killer import Killer, chance


@pytest.fixture
def turning(cloud, here, tmp_path):
    return Turning(cloud, here, tmp_path)


@pytest.fixture
def folders(turning, tmp_path):
    """Folders of three files that nobody has rotated yet, as many as are asked for."""

    def fresh():
        while True:
            number = len(turning.settings.tenants[0].files)
            made = [Folder(turning, tmp_path / f"map{number + one}") for one in range(10)]
            for folder in made:
                folder.write("a.enc", b"gegevens" * 20_000)
                folder.write("onder/b.enc", os.urandom(1_000))
                folder.write("onder/leeg.enc", b"")
            turning.sync()
            yield from made

    return fresh()


@pytest.fixture
def killer(cloud, tmp_path):
    with Killer("tests.kill.turned:files", tmp_path, "botocore.httpsession", "aws_encryption_sdk") as opened:
        yield opened


def settings_of(turning):
    return turned.told(turning.settings, "kms")


def test_killed_anywhere_the_contents_are_the_same(turning, folders, killer):
    """At moments by chance, also amid the writing of a file: other data keys, the same contents, one verdict."""
    folder = next(folders)
    before, run = folder.keys(), folder.begun()
    whole = killer.call(settings_of(turning), run)
    assert whole.said == "waiting"
    folder.renewed(run, before)
    lot = chance(41)
    for _ in killer.often(3):
        folder = next(folders)
        before, run = folder.keys(), folder.begun()
        killer.strike(lot, whole.moments, settings_of(turning), run)
        assert killer.call(settings_of(turning), run).said in ("waiting", "run.ended")
        folder.renewed(run, before)


def test_killed_again_and_again_it_comes_to_the_same_end(turning, folders, killer):
    """Death after death of one run: still one new message a file, and nothing half written."""
    lot = chance(42)
    for _ in killer.often(6):
        folder = next(folders)
        before, run = folder.keys(), folder.begun()
        killer.survive(lot, 40, settings_of(turning), run)
        folder.renewed(run, before)
        assert not [one for one in folder.files() if "/part/" in one or "/hand/" in one]


def test_giving_up_is_killed_as_well_and_the_files_are_as_before(turning, folders, killer, tmp_path):
    """Killed at any moment of going back: the very files that were there, nothing beside them."""
    lot = chance(43)
    with Killer("tests.kill.turned:no_files", tmp_path, "botocore.httpsession", "aws_encryption_sdk") as undoer:
        for _ in undoer.often(3):
            folder = next(folders)
            before, run = folder.keys(), folder.begun()
            killer.call(settings_of(turning), run, at=lot.randint(10, 90))
            undoer.strike(lot, 30, settings_of(turning), run)
            assert undoer.call(settings_of(turning), run).said in ("abandoned", "run.ended")
            folder.as_before(before)
