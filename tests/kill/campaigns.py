"""Campaigns for who kills their parent or lets its calls go wrong; the sandbox judges what became of each data key."""

from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.machines import left_behind, loose
from tests.datakeys.vaults import Vault
from tests.kill import turned


def begun(turning, number, *, volumes=0, secrets=0, parallel=2):
    """A campaign over so many new volumes and secrets; the number sets their names apart from others'."""
    made = loose(turning, volumes)
    vaults = [Vault(turning, name=f"x/{number}-{one}") for one in range(secrets)]
    turning.sync()
    return Campaign(turning, made, vaults, parallel)


class Campaign:
    """One run over loose volumes and secrets that a sync has found: answered, and not begun."""

    def __init__(self, turning, volumes, vaults, parallel=2):
        self.turning, self.parallel = turning, parallel
        self.volumes, self.vaults = volumes, vaults
        self.facts = {volume: turning.cloud.judge("volumes", volume) for volume in self.volumes}
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
