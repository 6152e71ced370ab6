"""Every AWS call of a secret's rotation goes wrong in every way: one sentence, nothing lost, and the same end."""

import time

import pytest

from store.run_records import RunStatus
from tests.datakeys.turning import Turning
from tests.datakeys.vaults import VALUE, Vault
from tests.faults import faults
from tests.faults.proxy import each, impatient, some, standing_before
from tests.policies import allowed

STILL = (RunStatus.FAILED, RunStatus.PAUSED, RunStatus.WAITING)


@pytest.fixture
def proxy(cloud):
    with standing_before(cloud.endpoint) as proxy:
        yield proxy


@pytest.fixture
def turning(cloud, here, tmp_path, proxy):
    """A console whose AWS is behind the proxy."""
    return Turning(cloud, here, tmp_path, endpoint_url=proxy.url)


def calls_of(turning, proxy, vault, intended):
    """What an undisturbed rotation calls."""
    run = vault.begun(intended)
    proxy.reset()
    turning.engine().resume(run)
    vault.renewed(run)
    return proxy.calls


@pytest.mark.parametrize("moves", [False, True], ids=["put", "move"])
def test_a_call_that_goes_wrong_costs_a_sentence(turning, proxy, moves):
    """Refused, slow, cut off or lost: told, resumed, and one new version in the end; the value is nowhere."""
    intended = turning.transit if moves else ""
    vaults = [Vault(turning, name=f"x/{number}") for number in range(20)]
    turning.sync()
    for case in some(each(calls_of(turning, proxy, vaults.pop(), intended)), 9 + moves):
        if not vaults:
            vaults = [Vault(turning, name=f"x/{case.at}/{case.fault}/{number}") for number in range(120)]
            turning.sync()
        vault = vaults.pop()
        run = vault.begun(intended)
        proxy.reset()
        proxy.fail(case.fault, at=case.at)
        with impatient():
            view = turning.engine().resume(run)
        assert view.run.status in STILL, case
        assert VALUE not in str(view), case
        proxy.reset()
        turning.engine().resume(run) if view.run.status is not RunStatus.WAITING else None
        vault.renewed(run)


def test_the_shipped_role_may_do_exactly_what_is_asked(turning, proxy):
    """Forwards by either route, the end of the old, and back: every action of Secrets Manager in it, and no other."""
    vaults = [Vault(turning, name=f"x/{number}") for number in range(2)]
    turning.sync()
    proxy.reset()
    kept, moved = vaults[0].begun(), vaults[1].begun(turning.transit)
    for run in (kept, moved):
        turning.engine().resume(run)
    turning.engine().abandon(moved)
    turning.now = time.time() + 8 * 86_400
    turning.engine().answer(kept, {"confirm": "x/0"})
    assert turning.engine().resume(kept).run.status is RunStatus.DONE
    asked = {call.replace(".", ":") for call in proxy.calls if call.startswith("secretsmanager.")}
    assert asked == {one for one in allowed("tenant-rotate.json") if one.startswith("secretsmanager:")}


def test_a_role_that_is_revoked_in_the_middle_is_said(turning, proxy):
    """From then on every call is refused: the run stands still, readers get what they had; allowed again, it ends."""
    vault = Vault(turning)
    turning.sync()
    run = vault.begun()
    proxy.reset()
    proxy.fail(faults.ACCESS_DENIED, of="secretsmanager.PutSecretValue", times=None)
    view = turning.engine().resume(run)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "run.aws_denied")
    vault.as_before()
    proxy.reset()
    turning.engine().resume(run)
    vault.renewed(run)


def test_a_value_put_just_before_the_swap_is_what_readers_get(turning, proxy):
    """The label goes only from the version that was copied: theirs stays."""
    vault = Vault(turning)
    turning.sync()
    run = vault.begun()
    proxy.reset()
    theirs = faults.meanwhile(lambda: vault.put("van iemand anders"))
    proxy.fail(theirs, of="secretsmanager.UpdateSecretVersionStage")
    view = turning.engine().resume(run)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "secret.changed")
    assert vault.value() == "van iemand anders"
