"""A copy by a person × every way an AWS call can go wrong: said in one sentence, gone on with, and the same end."""

from dataclasses import replace

from console.text import Text
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.copyist import Copyist
from tests.datakeys.machines import ROOT, hanging, launched, left_behind
from tests.faults.proxy import each, some, standing_before
from tests.kill import turned
from tests.kill.test_ebs_faults import QUIET

DEVICES = [f"/dev/sd{letter}" for letter in "fghijkl"]


class Behind(Copyist):
    """A person whose console reaches AWS through the proxy; where it stands still, the fault is over and it goes on."""

    def __init__(self, turning, volume, proxy, fault=None):
        self.proxy, self.said = proxy, []
        super().__init__(turning, volume, route="fresh")
        self.engine = turned.engine_of(turned.told(replace(turning.settings, endpoint_url=proxy.url), "ec2", "kms"))
        proxy.reset()
        if fault is not None:
            proxy.fail(fault.fault, at=fault.at)
        self.begun = True
        self.go_on()

    def go_on(self):
        if not hasattr(self, "begun"):  # the plan is made; nothing has been asked of AWS
            self.view = self.engine.show(self.run)
            return self.view.run
        stood = super().go_on()
        if stood.status is not RunStatus.WAITING:
            assert stood.status in (RunStatus.PAUSED, RunStatus.FAILED)
            self.said.append(Text("nl").t(stood.reason.key, **stood.reason.values))
            self.proxy.reset()
            stood = super().go_on()
        return stood


def test_whatever_goes_wrong_a_copy_by_a_person_comes_to_the_same_end(turning, brisk):
    """Undisturbed first, to know the calls; then a fault at some of them, each with a volume of its own."""
    with standing_before(turning.settings.endpoint_url) as proxy:
        _, places = launched(turning)
        turning.sync()
        first = Behind(turning, next(volume for at, volume in places.items() if at != ROOT), proxy)
        first.all()
        chosen = some(each(proxy.calls, QUIET), 6)
        machines = [launched(turning, *DEVICES)[0] for _ in range(0, len(chosen), len(DEVICES))]
        turning.sync()
        spots = [(machine, at) for machine in machines for at in DEVICES]
        for case, (machine, at) in zip(chosen, spots, strict=False):
            old = hanging(turning, machine)[0][at]
            before = turning.cloud.judge("volumes", old)
            person = Behind(turning, old, proxy, case)
            person.all()
            (judged,) = turning.verdicts(person.run)
            after = turning.cloud.judge("volumes", judged.resource_id)
            assert (judged.verdict, after["digest"]) == (Verdict.PROVEN, before["digest"]), str(case)
            assert after["data_key"] not in {before["data_key"], None}, str(case)
            assert hanging(turning, machine)[0][at] == judged.resource_id, str(case)
            assert [len(each) for each in left_behind(turning, person.run)] == [1, 2], str(case)
            assert not [mark for said in person.said for mark in ("{", "SecretAccessKey") if mark in said], str(case)
