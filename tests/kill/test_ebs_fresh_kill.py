"""A copy by a person is killed between and within its steps: one new volume, the same bytes, nothing left over."""

from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.copyist import Copyist
from tests.datakeys.machines import DATA, hanging, launched, left_behind
from tests.kill import turned
from tests.kill.killer import Killer, chance

STRETCHES = (8, 60)
"""Moments from one answer to the next: most are short, and the first and the proof are not."""


class Killed(Copyist):
    """A person whose console dies at any moment after each answer, and is started again by another one."""

    def __init__(self, turning, volume, killer, lot):
        self.killer, self.lot = killer, lot
        self.settings = turned.told(turning.settings, "ec2", "kms")
        super().__init__(turning, volume, route="fresh")

    def go_on(self):
        self.killer.strike(self.lot, self.lot.choice(STRETCHES), self.settings, self.run)
        assert self.killer.call(self.settings, self.run).said in ("waiting", "run.ended")
        self.view = self.engine.show(self.run)
        return self.view.run


def test_killed_after_any_answer_there_is_one_new_volume_with_the_same_bytes(turning, tmp_path):
    """Whole runs, each killed again and again; given up or ended, nothing of it is left that should not be."""
    lot = chance(21)
    with (
        Killer("tests.kill.turned:resume", tmp_path, "botocore.httpsession") as killer,
        Killer("tests.kill.turned:abandon", tmp_path, "botocore.httpsession") as undoer,
    ):
        for _ in killer.often(4):
            instance, places = launched(turning)
            before = turning.cloud.judge("volumes", places[DATA])
            turning.sync()
            person = Killed(turning, places[DATA], killer, lot)
            person.all()
            (judged,) = turning.verdicts(person.run)
            after = turning.cloud.judge("volumes", judged.resource_id)
            assert (judged.verdict, after["digest"]) == (Verdict.PROVEN, before["digest"])
            assert after["data_key"] not in {before["data_key"], None}
            assert hanging(turning, instance) == (places | {DATA: judged.resource_id}, "running")
            assert [len(each) for each in left_behind(turning, person.run)] == [1, 2]
            undoer.strike(lot, 40, person.settings, person.run)
            assert undoer.call(person.settings, person.run).said in ("abandoned", "run.ended")
            assert person.engine.show(person.run).run.status is RunStatus.ABANDONED
            assert hanging(turning, instance) == (places, "running")
            assert left_behind(turning, person.run) == (set(), set())
            assert turning.cloud.judge("volumes", places[DATA]) == before
