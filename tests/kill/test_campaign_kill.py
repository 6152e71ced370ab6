"""A campaign is killed between its runs and within them: each once, so many at a time, none begun after a failure."""

import pytest

from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.machines import left_behind, loose
from tests.datakeys.turning import Turning
from tests.datakeys.vaults import Vault
from tests.kill import turned
from tests.kill.killer import Killer, chance

LONGEST = 160
"""Moments within which a child is killed: two volumes at once ask what is allowed, and begin that again after a death."""


@pytest.fixture
def turning(cloud, tmp_path):
    return Turning(cloud, cloud.real_region(), tmp_path)


@pytest.fixture
def killer(cloud, tmp_path):
    with Killer("tests.kill.turned:resume", tmp_path, "botocore.httpsession") as opened:
        yield opened


class Campaign:
    """So many loose volumes and secrets, a run over all of them that is answered and has not begun."""

    def __init__(self, turning, number, *, volumes=0, secrets=0, parallel=2):
        self.turning, self.parallel = turning, parallel
        self.volumes = loose(turning, volumes)
        self.vaults = [Vault(turning, name=f"x/{number}-{one}") for one in range(secrets)]
        self.facts = {volume: turning.cloud.judge("volumes", volume) for volume in self.volumes}
        turning.sync()
        self.resources = [*self.volumes, *(vault.arn for vault in self.vaults)]
        chosen = [(choice, choice.route("")) for choice in map(turning.choice, self.resources)]
        engine = turning.engine()
        self.run = engine.start(turning.planner.campaign(chosen))
        engine.resume(self.run)
        engine.answer(self.run, {"parallel": parallel, "failures": 1})
        self.settings = turned.told(turning.settings, "ec2", "kms", "secretsmanager")

    def children(self):
        """What the campaign began, by what it is about."""
        found = self.turning.engine().list(parent=self.run)
        assert len({view.run.facts["resource"] for view in found}) == len(found)
        return {view.run.facts["resource"]: view for view in found}

    def within_budget(self):
        """Never more of them amid their work than may be at once."""
        amid = [view for view in self.children().values() if view.run.status is RunStatus.INTERRUPTED]
        assert len(amid) <= self.parallel

    def survive(self, killer, lot):
        """Death after death until one comes to its end, each leaving no more under way than the budget has."""
        for _ in range(1000):
            ended = killer.strike(lot, LONGEST, self.settings, self.run)
            self.within_budget()
            if not ended.killed:
                return ended.said
        raise AssertionError("it never came to its end")

    def judge(self):
        """Each data key new and proven, by a run that was begun once; the same bytes, no copy too many."""
        turning, children = self.turning, self.children()
        assert turning.engine().show(self.run).run.status is RunStatus.DONE
        assert {*children} == {*self.resources}
        for vault in self.vaults:
            vault.renewed(children[vault.arn].run_id)
        for volume in self.volumes:
            (judged,) = turning.verdicts(children[volume].run_id)
            after = turning.cloud.judge("volumes", judged.resource_id)
            made = left_behind(turning, children[volume].run_id)
            assert judged.verdict is Verdict.PROVEN
            assert after["digest"] == self.facts[volume]["digest"]
            assert after["data_key"] not in {self.facts[volume]["data_key"], None}
            assert (made[0], len(made[1])) == ({judged.resource_id}, 3)

    def as_before(self):
        """The old ones alone, and no run of it goes on."""
        for view in self.children().values():
            assert view.run.status is RunStatus.ABANDONED
            assert left_behind(self.turning, view.run_id) == (set(), set())
        for vault in self.vaults:
            vault.as_before()
        for volume, facts in self.facts.items():
            assert self.turning.cloud.judge("volumes", volume) == facts


def test_killed_again_and_again_every_data_key_is_renewed_once(turning, killer):
    """Volumes and secrets, two at a time, the parent of all killed between and within them until one comes to the end."""
    lot = chance(61)
    for number in killer.often(4):
        campaign = Campaign(turning, number, volumes=2, secrets=2)
        assert campaign.survive(killer, lot) == "done"
        campaign.judge()


def test_after_a_failure_too_many_no_death_lets_anything_new_begin(turning, killer):
    """One at a time, the second fails: whoever is killed and goes on leaves the third alone, until that is put right."""
    lot = chance(62)
    for number in killer.often(3):
        campaign = Campaign(turning, number, secrets=3, parallel=1)
        (first, second, third) = (vault.arn for vault in campaign.vaults)
        turning.cloud.fault("PutSecretValue", turning.region, match=second)
        assert campaign.survive(killer, lot) == "failed"
        children = campaign.children()
        reason = turning.engine().show(campaign.run).run.reason
        assert {name: reason.values[name] for name in ("proven", "failed", "waiting")} == {
            "proven": 1, "failed": 1, "waiting": 1
        }  # fmt: skip
        assert (children[third].run.step, children[first].run.step != "") == ("", True)
        turning.cloud.heal()
        assert campaign.survive(killer, lot) == "done"
        campaign.judge()


def test_killed_while_it_begins_its_runs_and_given_up_none_of_them_is_left(turning, killer):
    """They are in the store before the campaign has them on record; none may go on by itself later."""
    begun = set()
    for at in range(6, 15, 2):
        campaign = Campaign(turning, at, secrets=2)
        assert killer.call(campaign.settings, campaign.run, at=at).killed
        begun.add(len(campaign.children()))
        turning.engine().abandon(campaign.run)
        campaign.as_before()
    assert {0, 1, 2} <= begun


def test_giving_up_is_killed_as_well_and_all_goes_back(turning, killer, tmp_path):
    """Killed on the way there and on the way back: the old ones alone, and no run that goes on."""
    lot = chance(63)
    with Killer("tests.kill.turned:abandon", tmp_path, "botocore.httpsession") as undoer:
        for number in undoer.often(2):
            campaign = Campaign(turning, number, volumes=1, secrets=1)
            killer.call(campaign.settings, campaign.run, at=lot.randint(10, 200))
            undoer.strike(lot, 60, campaign.settings, campaign.run)
            assert undoer.call(campaign.settings, campaign.run).said in ("abandoned", "run.ended")
            campaign.as_before()
