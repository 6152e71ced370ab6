"""Whether the CMK that a data key goes to can be used, as every kind asks it before anything is done."""

from dataclasses import dataclass

import pytest

from store.run_records import RunStatus, StepStatus
from tests.datakeys.buckets import Rewriting
from tests.datakeys.folders import Folder
from tests.datakeys.holdings import Holdings
from tests.datakeys.machines import loose
from tests.datakeys.turning import Turning
from tests.datakeys.vaults import Vault


@dataclass
class Found:
    """A holder of a data key, and the tenant whose it is."""

    turning: Turning
    resource: str

    def begun(self):
        """A run of it as far as it gets."""
        choice, engine = self.turning.choice(self.resource), self.turning.engine()
        run = engine.start(self.turning.planner.wish(choice, choice.route("")))
        return engine.resume(run)


def begun(view):
    """How each step is that was begun."""
    told = [step.record.status for step in view.steps if step.record]
    return [status for status in told if status is not StepStatus.PENDING]


def bucket(cloud, folder):
    turning = Rewriting(cloud, cloud.region(), folder)
    turning.put("a")
    return Found(turning, turning.bucket)


def volume(cloud, folder):
    turning = Turning(cloud, cloud.real_region(), folder)
    (made,) = loose(turning)
    return Found(turning, made)


def secret(cloud, folder):
    turning = Turning(cloud, cloud.region(), folder)
    return Found(turning, Vault(turning).arn)


def queue(cloud, folder):
    turning = Turning(cloud, cloud.region(), folder)
    return Found(
        turning, Holdings(cloud, turning.region, turning.account, {"afnemer": "Agentschap A"}).sqs(turning.own)
    )


def files(cloud, folder):
    turning = Turning(cloud, cloud.region(), folder)
    held = Folder(turning, folder / "archief")
    held.write("a", b"inhoud")
    return Found(turning, str(held.path))


@pytest.fixture(params=[volume, bucket, secret, queue, files], ids=lambda kind: kind.__name__)
def found(request, cloud, tmp_path):
    made = request.param(cloud, tmp_path)
    made.turning.sync()
    return made


def test_a_cmk_that_is_off_is_said_before_anything_is_done(found):
    """In one sentence that names it; the first step failed, and no other began."""
    found.turning.cloud.client("kms", found.turning.region).disable_key(KeyId=found.turning.own)
    view = found.begun()
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "rotation.cmk_unusable")
    assert view.run.reason.values["cmk"] == found.turning.own
    assert begun(view) == [StepStatus.STARTED]


def test_a_cmk_that_nobody_may_describe_is_left_to_the_service_to_judge(found):
    """Its policy allows use by way of a service alone (kms:ViaService): no reason to refuse what the service allows."""
    found.turning.cloud.fault("DescribeKey", found.turning.region)
    view = found.begun()
    assert begun(view)[0] is StepStatus.DONE


def test_what_aws_does_not_tell_is_not_taken_for_a_yes(found):
    """Anything but a denial: the run stands still, and goes on later."""
    found.turning.cloud.fault("DescribeKey", found.turning.region, "NotFoundException")
    view = found.begun()
    assert (view.run.status, begun(view)) == (RunStatus.FAILED, [StepStatus.STARTED])
    found.turning.cloud.heal()
    again = found.turning.engine().resume(view.run.id)
    assert begun(again)[0] is StepStatus.DONE
