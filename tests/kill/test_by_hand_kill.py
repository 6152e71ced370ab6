"""A run that guides a person is killed between and within its steps: nothing is asked for nothing, and one result."""

import pytest

from tests.kill import by_hand, turned
from tests.kill.killer import Killer, chance

LONGEST = 16
"""Moments within which a child is killed: an answer, a step or two, and a call or two to AWS."""


@pytest.fixture
def turning(cloud, here, tmp_path):
    return by_hand.turning_of(cloud, here, tmp_path)


def test_killed_at_any_moment_what_a_person_did_counts_once(turning, tmp_path):
    """Before and after each answer, each reading and the verdict, again and again, until the old table is gone."""
    settings, tables, lot = turned.told(turning.settings, "dynamodb", "kms"), by_hand.tables(turning), chance(71)
    with Killer("tests.kill.turned:answered", tmp_path, "botocore.httpsession") as killer:
        for _ in killer.often(4):
            moved = next(tables)
            moved.go(lambda step, given, run=moved.run: killer.strike(lot, LONGEST, settings, run, step, given))
            moved.judge()
