"""Every AWS call on the way to a CMK, met by every trouble: one sentence, and resumed to the same end, once."""

import pytest

from console.aws.session import Aws
from console.workflows.cmk_request import wish_of
from console.workflows.lanes import AwsLanes
from store.request_records import Act, Stand
from store.run_records import RunStatus
from tests.faults import faults
from tests.faults.proxy import each, some, standing_before

TROUBLES = (*faults.REFUSALS, faults.RESET_BEFORE, faults.RESET_AFTER, faults.SERVER_ERROR_AFTER, faults.TRUNCATED)


@pytest.fixture
def proxied(ground, brisk):
    with standing_before(ground.cloud.endpoint) as proxy:
        ground.admin.settings = ground.admin.settings.__class__(
            **{name: getattr(ground.admin.settings, name) for name in ground.admin.settings.__slots__}
            | {"endpoint_url": proxy.url}
        )
        ground.admin.aws = lambda: AwsLanes(ground.admin.settings, _aws(ground))
        yield proxy


def _aws(ground):
    aws = Aws(ground.admin.settings)
    aws._loader = ground.cloud._loader
    return aws


def started(ground, number):
    request = ground.approved(application=f"App{number}")
    run = ground.admin.engine().start(wish_of(ground.admin.desk.find(request.id), ground.admin.settings))
    return request, run


def test_whatever_happens_to_a_call_there_is_one_cmk(ground, proxied):
    """Retried, paused or failed in one sentence; resumed when all is well, it ends as an undisturbed run does."""
    from console.text import Text

    request, run = started(ground, "0")
    assert ground.admin.engine().resume(run).run.status is RunStatus.DONE
    calls = proxied.calls
    assert {"kms.CreateKey", "kms.CreateAlias", "kms.EnableKeyRotation"} <= set(calls)
    for number, case in enumerate(some(each(calls, TROUBLES), 18)):
        request, run = started(ground, number + 1)
        proxied.reset()
        proxied.fail(case.fault, at=case.at)
        view = ground.admin.engine().resume(run)
        if view.run.status is not RunStatus.DONE:
            assert view.run.status in (RunStatus.FAILED, RunStatus.PAUSED), case
            assert Text("en").has(view.run.reason.key), (case, view.run.reason)
        proxied.reset()
        if view.run.status is not RunStatus.DONE:
            view = ground.admin.engine().resume(run)
        assert view.run.status is RunStatus.DONE, (case, view.run.reason)
        assert len(ground.keys_of(request)) == 1, case
        assert [move.act for move in ground.admin.desk.find(request.id).moves][-2:] == [Act.BEGIN, Act.DELIVER], case


@pytest.mark.parametrize(
    "operation", ["kms.CreateAlias", "kms.EnableKeyRotation", "kms.DescribeKey", "kms.GetKeyPolicy"]
)
def test_not_found_right_after_creation_passes(ground, proxied, operation):
    """KMS does not know its own new CMK for a while: tried again until it does."""
    request, run = started(ground, operation[4:])
    proxied.fail(faults.NOT_FOUND, at=1 if operation != "kms.DescribeKey" else 2, of=operation, times=2)
    view = ground.admin.engine().resume(run)
    assert view.run.status is RunStatus.DONE, view.run.reason
    assert ground.admin.slept or operation == "kms.DescribeKey"
    assert len(ground.keys_of(request)) == 1


def test_an_alias_that_somebody_else_took_meanwhile(ground, proxied):
    """The run fails with whose it is; once it is free again the run goes on."""
    kms = ground.cloud.client("kms", ground.region)
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    request, run = started(ground, "Weg")
    alias = "alias/agentschap-a/appweg/prod"
    proxied.fail(faults.meanwhile(lambda: kms.create_alias(AliasName=alias, TargetKeyId=other)), of="kms.CreateAlias")
    view = ground.admin.engine().resume(run)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "request.alias_taken")
    assert other in view.run.reason.values["arn"]
    kms.delete_alias(AliasName=alias)
    assert ground.admin.engine().resume(run).run.status is RunStatus.DONE
    assert len(ground.keys_of(request)) == 1


def test_a_place_that_got_a_cmk_meanwhile(ground, proxied):
    """Whoever made one by hand: the cache does not know it yet, AWS does, and no second one is made."""
    request, run = started(ground, "Hand")
    ground.cloud.cmk(ground.region, "Agentschap A", "AppHand", "Productie")
    view = ground.admin.engine().resume(run)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "request.exists_otherwise")
    assert ground.keys_of(request) == []


def test_without_the_tagging_service_kms_itself_is_asked(ground, proxied):
    """A role without tag:GetResources still finds what it made before it was cut off."""
    request, run = started(ground, "Kaal")
    proxied.fail(faults.ACCESS_DENIED, of="resourcegroupstaggingapi.GetResources", times=None)
    proxied.fail(faults.RESET_AFTER, of="kms.CreateKey", times=None)
    assert ground.admin.engine().resume(run).run.status is RunStatus.DONE
    assert len(ground.keys_of(request)) == 1
    assert proxied.count("kms.CreateKey") == 1
    assert ground.admin.desk.find(request.id).stand is Stand.DELIVERED
