"""The rotation of a secret is killed at any moment and resumed by another process: same value, one new version."""

import itertools

import pytest

from tests.datakeys.turning import Turning
from tests.datakeys.vaults import Vault
from tests.kill import turned
from tests.kill.killer import Killer, chance

AT_ONCE = 40
"""Secrets that one sync finds."""


@pytest.fixture
def turning(cloud, here, tmp_path):
    return Turning(cloud, here, tmp_path)


@pytest.fixture
def vaults(turning):
    """Secrets that nobody has rotated yet, as many as are asked for."""

    def fresh():
        for round_ in itertools.count():
            made = [Vault(turning, name=f"x/{round_}-{number}") for number in range(AT_ONCE)]
            turning.sync()
            yield from made

    return fresh()


@pytest.fixture
def settings(turning):
    return turned.told(turning.settings, "secretsmanager", "kms")


@pytest.mark.parametrize("moves", [False, True], ids=["put", "move"])
def test_killed_anywhere_there_is_one_new_version(turning, vaults, settings, killer, moves):
    """At moments by chance of either route, resumed: one new data key, the same value, every label in its place."""
    intended = turning.transit if moves else ""
    vault = next(vaults)
    run = vault.begun(intended)
    whole = killer.call(settings, run)
    assert whole.said == "waiting"
    vault.renewed(run)
    lot = chance(21 + moves)
    for _ in killer.often(3):
        vault = next(vaults)
        run = vault.begun(intended)
        killer.strike(lot, whole.moments, settings, run)
        assert killer.call(settings, run).said in ("waiting", "run.ended")
        vault.renewed(run)


def test_killed_again_and_again_it_comes_to_the_same_end(vaults, settings, killer):
    """Death after death of one run: still one new version."""
    lot = chance(23)
    for _ in killer.often(6):
        vault = next(vaults)
        run = vault.begun()
        killer.survive(lot, 30, settings, run)
        vault.renewed(run)


def test_giving_up_is_killed_as_well_and_the_labels_are_as_before(vaults, settings, killer, tmp_path):
    """Killed at any moment of going back: readers get the first version, and nothing else is labelled."""
    lot = chance(24)
    with Killer("tests.kill.turned:abandon", tmp_path, "botocore.httpsession") as undoer:
        for _ in undoer.often(3):
            vault = next(vaults)
            run = vault.begun()
            killer.call(settings, run, at=lot.randint(10, 60))
            undoer.strike(lot, 25, settings, run)
            assert undoer.call(settings, run).said in ("abandoned", "run.ended")
            vault.as_before()
