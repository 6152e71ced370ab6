"""A campaign is killed between its runs and within them: each once, so many at a time, none begun after a failure."""

from tests.kill.campaigns import begun
from tests.kill.killer import Killer, chance

LONGEST = 160
"""Moments within which a child is killed: two volumes at once ask what is allowed, and begin that again after a death."""


def survived(campaign, killer, lot):
    """Death after death until one comes to its end, each leaving no more under way than the budget has: what it said."""
    for _ in range(1000):
        ended = killer.strike(lot, LONGEST, campaign.settings, campaign.run)
        campaign.within_budget()
        if not ended.killed:
            return ended.said
    raise AssertionError("it never came to its end")


def test_killed_again_and_again_every_data_key_is_renewed_once(turning, killer):
    """Volumes and secrets, two at a time, the parent of all killed between and within them until one comes to the end."""
    lot = chance(61)
    for number in killer.often(4):
        campaign = begun(turning, number, volumes=2, secrets=2)
        assert survived(campaign, killer, lot) == "done"
        campaign.judge()


def test_after_a_failure_too_many_no_death_lets_anything_new_begin(turning, killer):
    """One at a time, the second fails: whoever is killed and goes on leaves the third alone, until that is put right."""
    lot = chance(62)
    for number in killer.often(3):
        campaign = begun(turning, number, secrets=3, parallel=1)
        (first, second, third) = (vault.arn for vault in campaign.vaults)
        turning.cloud.fault("PutSecretValue", turning.region, match=second)
        assert survived(campaign, killer, lot) == "failed"
        children = campaign.children()
        reason = turning.engine().show(campaign.run).run.reason
        assert {name: reason.values[name] for name in ("proven", "failed", "waiting")} == {
            "proven": 1, "failed": 1, "waiting": 1
        }  # fmt: skip
        assert (children[third].run.step, children[first].run.step != "") == ("", True)
        turning.cloud.heal()
        assert survived(campaign, killer, lot) == "done"
        campaign.judge()


def test_killed_while_it_begins_its_runs_and_given_up_none_of_them_is_left(turning, killer):
    """They are in the store before the campaign has them on record; none may go on by itself later."""
    found = set()
    for at in range(6, 15, 2):
        campaign = begun(turning, at, secrets=2)
        assert killer.call(campaign.settings, campaign.run, at=at).killed
        found.add(len(campaign.children()))
        turning.engine().abandon(campaign.run)
        campaign.as_before()
    assert {0, 1, 2} <= found


def test_giving_up_is_killed_as_well_and_all_goes_back(turning, killer, tmp_path):
    """Killed on the way there and on the way back: the old ones alone, and no run that goes on."""
    lot = chance(63)
    with Killer("tests.kill.turned:abandon", tmp_path, "botocore.httpsession") as undoer:
        for number in undoer.often(2):
            campaign = begun(turning, number, volumes=1, secrets=1)
            killer.call(campaign.settings, campaign.run, at=lot.randint(10, 200))
            undoer.strike(lot, 60, campaign.settings, campaign.run)
            assert undoer.call(campaign.settings, campaign.run).said in ("abandoned", "run.ended")
            campaign.as_before()
