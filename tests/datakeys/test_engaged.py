"""One rotation of a data key at a time, and none of what gave way: another would orphan a copy, and take the way back."""

import pytest

from console.commands.rotate import RotateDataKeys
from console.errors import UsageError
from console.reports.rotate import rotate
from console.text import Text
from store.verdicts import Verdicts
from tests.datakeys.desks import Desk
from tests.datakeys.machines import loose
from tests.datakeys.turning import Turning
from tests.datakeys.vaults import Vault


@pytest.fixture
def turning(cloud, tmp_path):
    return Turning(cloud, cloud.real_region(), tmp_path)


def ask(turning, *keys, **wish):
    return RotateDataKeys(keys=keys, **wish).run(Desk(turning), lambda _: None)


def refusal(turning, *keys):
    """Why no run can begin; and none began."""
    before = len(turning.engine().list())
    with pytest.raises(UsageError) as refused:
        ask(turning, *keys, yes=True, go=False)
    assert len(turning.engine().list()) == before
    return refused.value.key, refused.value.values


def test_what_gave_way_is_not_rotated_again_until_it_is_back(turning):
    """The old volume only waits for its end: the plan says what took its place; given up, it is the live one again."""
    (volume,) = loose(turning)
    turning.sync()
    done = ask(turning, volume, yes=True)
    run, judged = done[0].walked.run_id, done[0].judged
    assert rotate(done, Text("en")).notes[-1].startswith(judged.resource_id)  # where it is seen, and when
    told = {"resource": volume, "now": judged.resource_id, "run": run}
    assert refusal(turning, volume) == ("rotation.replaced_already", told)
    (planned,) = ask(turning, volume, plan=True)
    said = {(route.refused, route.values["resource"]) for route in planned.choice.routes if "resource" in route.values}
    assert (planned.choice.best, said) == (None, {("rotation.replaced_already", volume)})
    where = (volume, turning.account, turning.region)
    assert Verdicts(turning.store).replaced(*where).resource_id == judged.resource_id
    turning.engine().abandon(run)
    assert Verdicts(turning.store).replaced(*where) is None
    (planned,) = ask(turning, volume, plan=True)
    assert planned.choice.best is not None


def test_work_that_is_not_at_its_verdict_keeps_others_off(turning):
    """Begun on a screen and left there: a second wish names the first; what stayed in place may go again afterwards."""
    vault = Vault(turning)
    turning.sync()
    name = vault.arn
    (begun,) = ask(turning, name, yes=True, go=False)
    run = begun.walked.run_id
    assert refusal(turning, name)[0] == "rotation.engaged"
    turning.engine().resume(run)
    assert ask(turning, name, yes=True, go=False)[0].walked.run_id != run


def test_a_campaign_that_has_not_begun_holds_all_of_it(turning):
    """Several are one campaign; a wish for one of them alone names it."""
    first, second = loose(turning, 2)
    turning.sync()
    (begun,) = ask(turning, first, second, yes=True, go=False)
    assert refusal(turning, second) == ("rotation.engaged", {"resource": second, "run": begun.walked.run_id})
