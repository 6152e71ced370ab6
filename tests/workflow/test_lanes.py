"""Guided work with effects in AWS: whose credentials, what its refusals do to a run, and that nothing is made twice."""

from dataclasses import replace

import pytest

from console.settings import Settings
from console.workflow import Lane
from console.workflows.lanes import AwsLanes
from store.run_records import Halt, RunStatus
from tests.clouds import CENTRAL
from tests.workflow.keys import begin, engine


@pytest.fixture
def path(tmp_path):
    return tmp_path / "estate.db"


def keys_of(cloud, region, run):
    """Ids of the keys that carry this run's tag, and their aliases."""
    kms = cloud.client("kms", region)
    ids = [
        key["KeyId"]
        for key in kms.list_keys()["Keys"]
        if any(tag["TagValue"] == run for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"])
    ]
    return ids, [alias["AliasName"] for each in ids for alias in kms.list_aliases(KeyId=each)["Aliases"]]


def test_a_run_makes_one_key_and_one_alias(cloud, here, path):
    """In the central account, with the central credentials."""
    at = engine(path, here, cloud.endpoint)
    run = begin(at, here)
    assert at.resume(run).run.status is RunStatus.DONE
    ids, aliases = keys_of(cloud, here, run)
    assert (len(ids), aliases) == (1, [f"alias/run-{run}"])


def test_a_step_of_the_tenant_s_lane_acts_with_the_tenant_s_credentials(cloud, here, path):
    """By the role that the settings name for acting, in the account that the facts name."""
    tenant = cloud.tenant("T")
    acting = replace(tenant, role_arn="", act_role_arn=tenant.role_arn)
    at = engine(path, here, cloud.endpoint, [acting], lanes=("central", "tenant"))
    run = begin(at, here, tenant.accounts[0])
    at.resume(run)
    arn = at.runs.outputs(run)["look"]["arn"]
    assert f":{tenant.accounts[0]}:" in arn
    assert "KmsConsoleRead" in arn


def test_an_owner_acts_with_own_credentials(cloud, here, path):
    """Who has only the tenant's credentials needs no role; the central steps are for another desk."""
    at = engine(path, here, cloud.endpoint, role="owner")
    assert at.lanes.account(Lane.TENANT, CENTRAL).identity(here)["Account"] == CENTRAL
    run = begin(at, here)
    view = at.resume(run)
    assert (view.run.status, view.run.halt, view.answerable) == (RunStatus.WAITING, Halt.HANDOVER, False)


@pytest.mark.parametrize(
    ("settings", "lanes"),
    [
        ({"role": "admin"}, {"central"}),
        ({"role": "owner"}, {"tenant"}),
        ({"role": "support"}, set()),
        ({"role": "auditor"}, set()),
        ({"role": "admin", "sandbox": True}, {"central", "tenant"}),
        ({"role": "owner", "sandbox": True}, {"tenant"}),
        ({"role": "admin", "lanes": ("tenant",)}, {"tenant"}),
    ],
)
def test_who_can_act_where(settings, lanes):
    """By role, unless the settings say otherwise; the sandbox's administrator holds all keys."""
    assert AwsLanes(Settings(**settings)).here == lanes


@pytest.mark.parametrize("operation", ["CreateKey", "CreateAlias"])
@pytest.mark.parametrize(
    ("code", "status"), [("ThrottlingException", 400), ("KMSInternalException", 500), ("ServiceUnavailable", 503)]
)
def test_what_passes_is_waited_out(cloud, here, path, operation, code, status):
    """A few refusals that time heals: the same resume gets there, and nothing is made twice."""
    cloud.fault(operation, here, code, status=status, times=2)
    at = engine(path, here, cloud.endpoint)
    run = begin(at, here)
    assert at.resume(run).run.status is RunStatus.DONE
    assert len(keys_of(cloud, here, run)[0]) == 1


@pytest.mark.parametrize(
    ("code", "halt", "key"),
    [
        ("AccessDeniedException", Halt.ERROR, "run.aws_denied"),
        ("AlreadyExistsException", Halt.ERROR, "run.aws_refused"),
        ("ExpiredTokenException", Halt.CREDENTIALS, "aws.credentials_expired"),
        ("NotFoundException", Halt.AWS, "run.aws_busy"),
    ],
)
def test_what_does_not_pass_is_said_and_resumed(cloud, here, path, code, halt, key):
    """One sentence that names what was asked; when it is solved, the run goes on to the same end."""
    at = engine(path, here, cloud.endpoint)
    run = begin(at, here)
    cloud.fault("CreateAlias", here, code)
    view = at.resume(run)
    assert (view.run.halt, view.run.reason.key) == (halt, key)
    cloud.heal()
    assert at.resume(run).run.status is RunStatus.DONE
    assert [len(each) for each in keys_of(cloud, here, run)] == [1, 1]


def test_without_a_network_a_run_pauses(cloud, here, path):
    """Nobody answers: paused with the reason, and it goes on when somebody does."""
    run = begin(engine(path, here, "http://127.0.0.1:9"), here)
    view = engine(path, here, "http://127.0.0.1:9").resume(run)
    assert (view.run.status, view.run.halt) == (RunStatus.PAUSED, Halt.AWS)
    assert engine(path, here, cloud.endpoint).resume(run).run.status is RunStatus.DONE


def test_giving_up_takes_the_alias_and_the_key_back(cloud, here, path):
    """The alias goes first, then the key is scheduled for deletion."""
    at = engine(path, here, cloud.endpoint)
    run = begin(at, here)
    cloud.fault("CreateAlias", here, "AccessDeniedException")
    at.resume(run)
    assert at.abandon(run).run.status is RunStatus.ABANDONED
    (key,), aliases = keys_of(cloud, here, run)
    assert aliases == []
    assert cloud.client("kms", here).describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
