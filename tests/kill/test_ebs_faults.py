"""Every AWS call of a volume's rotation × every way it can go wrong: it retries, pauses or fails in one sentence, and
gone on with it comes to the same end.
"""

from dataclasses import replace

import pytest

from console.text import Text
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.machines import left_behind, loose
from tests.faults import faults
from tests.faults.proxy import each, some, standing_before
from tests.kill import turned

QUIET = tuple(fault for fault in faults.ALL if fault not in {faults.STALLED, faults.STALLED_AFTER})
"""All but those whose story is only that a client waits for its own time limit."""


def begun(turning, volume, route, proxy):
    """A run of the volume, and settings whose AWS is behind the proxy."""
    intended = turning.transit if route == "move" else ""
    choice = turning.choice(volume, intended)
    run = turning.engine().start(turning.planner.wish(choice, choice.route(route)))
    return run, turned.told(replace(turning.settings, endpoint_url=proxy.url), "ec2", "kms")


def resumed(turning, settings, run):
    return turned.engine_of(settings).resume(run).run


def judge(turning, run, volume, before, snapshots):
    """One new data key, the same bytes, nothing twice."""
    (judged,) = turning.verdicts(run)
    after = turning.cloud.judge("volumes", judged.resource_id)
    made = left_behind(turning, run)
    assert judged.verdict is Verdict.PROVEN
    assert (after["digest"], len(made[0]), len(made[1])) == (before["digest"], 1, snapshots)
    assert after["data_key"] != before["data_key"]
    assert turning.cloud.judge("volumes", volume)["digest"] == before["digest"]


@pytest.mark.parametrize(("route", "snapshots"), [("transit", 3), ("move", 2)])
def test_whatever_goes_wrong_it_comes_to_the_same_end(turning, brisk, route, snapshots):
    """Undisturbed first, to know the calls; then a fault at each of them, and gone on with until it is done."""
    with standing_before(turning.settings.endpoint_url) as proxy:
        (first,) = loose(turning)
        turning.sync()
        run, settings = begun(turning, first, route, proxy)
        proxy.reset()
        assert resumed(turning, settings, run).step == "retire"
        chosen = some(each(proxy.calls, QUIET), 12)
        volumes = loose(turning, len(chosen))
        turning.sync()
        for case, volume in zip(chosen, volumes, strict=True):
            before = turning.cloud.judge("volumes", volume)
            run, settings = begun(turning, volume, route, proxy)
            proxy.reset()
            proxy.fail(case.fault, at=case.at)
            stood = resumed(turning, settings, run)
            if stood.step != "retire":
                assert stood.status in (RunStatus.PAUSED, RunStatus.FAILED), str(case)
                said = Text("nl").t(stood.reason.key, **stood.reason.values)
                assert not [mark for mark in ("{", "SecretAccessKey", "SessionToken") if mark in said], str(case)
                proxy.reset()
                stood = resumed(turning, settings, run)
            assert stood.step == "retire", str(case)
            judge(turning, run, volume, before, snapshots)
