"""The rotation of volumes is killed at any moment and resumed by another process: same bytes, one result, no orphan."""

import time

from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.machines import hanging, launched, left_behind, loose
from tests.kill import turned
from tests.kill.killer import Killer, chance


class Story:
    """An instance with two volumes whose data keys are rotated together, answered as far as it goes before the end."""

    def __init__(self, turning, *volumes):
        self.turning = turning
        self.instance, self.before = launched(turning) if not volumes else ("", dict.fromkeys(volumes))
        self.old = [*volumes] or list(self.before.values())
        self.facts = {volume: turning.cloud.judge("volumes", volume) for volume in self.old}
        turning.sync()
        planner, engine = turning.planner, turning.engine()
        chosen = [(choice, choice.route("")) for choice in map(turning.choice, self.old)]
        (wish,) = planner.wishes(chosen)
        self.run = engine.start(wish)
        if self.instance:
            engine.resume(self.run)
            engine.answer(self.run, {"how": "stop"})
        self.settings = turned.told(turning.settings, "ec2", "kms")

    def judge(self):
        """The new data keys, the same bytes, in the same places; nothing that the run's own outputs do not name."""
        turning = self.turning
        view = turning.engine().show(self.run)
        assert (view.run.status, view.run.step) == (RunStatus.WAITING, "retire")
        judged = {one.was: one for one in turning.verdicts(self.run)}
        assert {was: one.verdict for was, one in judged.items()} == dict.fromkeys(self.old, Verdict.PROVEN)
        for was, one in judged.items():
            after = turning.cloud.judge("volumes", one.resource_id)
            assert after["digest"] == self.facts[was]["digest"]
            assert after["cmk"] == turning.own
            assert after["data_key"] not in {self.facts[was]["data_key"], None}
        volumes, snapshots = left_behind(turning, self.run)
        outputs = {step.name: step.record.output or {} for step in view.steps}
        known = {name: set(outputs[name]["ids"].values()) for name in ("ebs_snapshot", "ebs_transit", "proof")}
        assert volumes == {one.resource_id for one in judged.values()}
        assert snapshots >= set.union(*known.values())
        if self.instance:
            places, state = hanging(turning, self.instance)
            assert state == "running"
            assert places == {place: judged[was].resource_id for place, was in self.before.items()}
        return len(snapshots)

    def end(self):
        """Much later all that is old goes; the new volumes stay, and nothing else of this run."""
        self.turning.now = time.time() + 8 * 86_400
        engine = self.turning.engine()
        engine.answer(self.run, {"confirm": engine.show(self.run).run.subject})
        assert engine.resume(self.run).run.status is RunStatus.DONE
        self.turning.now = None
        there = {one["VolumeId"] for one in self.turning.ec2.describe_volumes()["Volumes"]}
        assert not there & set(self.old)
        assert left_behind(self.turning, self.run)[1] == set()

    def over(self, killer, lot, moments):
        """Killed at one of its moments, and resumed."""
        killer.strike(lot, moments, self.settings, self.run)
        assert killer.call(self.settings, self.run).said in ("waiting", "run.ended")
        return self.judge()


def test_killed_anywhere_the_bytes_are_the_same_and_nothing_is_left_over(turning, killer):
    """At moments by chance, root and data volume of an instance together: same bytes, new keys, one result each."""
    story = Story(turning)
    whole = killer.call(story.settings, story.run)
    assert whole.said == "waiting"
    assert story.judge() == 6  # two old, two under the transit CMK, two as proof
    story.end()
    lot = chance(11)
    for _ in killer.often(2):
        story = Story(turning)
        assert story.over(killer, lot, whole.moments) == 6
        story.end()


def test_killed_again_and_again_it_comes_to_the_same_end(turning, killer):
    """Death after death of one run, a loose volume: no second copy of anything, for what was made is found again."""
    lot = chance(12)
    for _ in killer.often(4):
        story = Story(turning, *loose(turning))
        # the longest step, which asks what is allowed, has some forty moments and begins again after each death
        killer.survive(lot, 90, story.settings, story.run)
        assert story.judge() == 3
        story.end()


def test_giving_up_is_killed_as_well_and_all_is_as_before(turning, killer, tmp_path):
    """Killed at any moment of going back: the old volumes in their places with their bytes, nothing of the run left."""
    lot = chance(13)
    with Killer("tests.kill.turned:abandon", tmp_path, "botocore.httpsession") as undoer:
        for _ in undoer.often(1):
            story = Story(turning)
            killer.call(story.settings, story.run, at=lot.randint(20, 160))
            undoer.strike(lot, 40, story.settings, story.run)
            assert undoer.call(story.settings, story.run).said in ("abandoned", "run.ended")
            assert hanging(turning, story.instance) == (story.before, "running")
            assert left_behind(turning, story.run) == (set(), set())
            for volume in story.old:
                assert turning.cloud.judge("volumes", volume) == story.facts[volume] | {"instance": story.instance}
