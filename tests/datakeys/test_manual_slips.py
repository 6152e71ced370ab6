"""What a person answers wrongly while guided by hand: one sentence that says what to do, and nothing is lost."""

import time
from dataclasses import replace

import pytest

from console.errors import UsageError
from console.text import Text
from store.run_records import Halt, RunStatus
from store.verdicts import Verdict
from tests.datakeys.hands import Hands
from tests.datakeys.holdings import Holdings
from tests.datakeys.turning import Turning

PLACES = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie"}


@pytest.fixture
def turning(cloud, here, tmp_path):
    return Turning(cloud, here, tmp_path)


@pytest.fixture
def held(turning):
    return Holdings(turning.cloud, turning.region, turning.account, PLACES)


class Slip:
    """One service by the way that needs least, at the step where what is new is named."""

    def __init__(self, turning, held, service, route="fresh"):
        self.held, self.service, self.turning = held, service, turning
        self.resource = held.make(service, turning.own)
        turning.sync()
        moves = turning.transit if route == "copy" else ""
        self.hands = Hands(turning, held, self.resource, route, moves)
        while self.hands.view.current.name != "manual_new":
            self.hands.do(
                act=False, **({"snapshot": "kopie"} if self.hands.view.current.name == "manual_snapshot" else {})
            )

    def refused(self, named):
        """The error in the record of the step that is asked again."""
        self.hands.do(act=False, new=named)
        view = self.hands.view
        assert (view.run.halt, view.current.name) == (Halt.HANDOVER, "manual_new")
        error = view.current.record.error
        said = Text("nl").t(error.key, **error.values)
        assert "{" not in said
        assert said.endswith(".")
        return error.key

    def put_right(self, named):
        """The right name, and the run goes on from there."""
        self.hands.do(act=False, new=named)
        assert self.hands.view.current.name != "manual_new"


@pytest.fixture
def slip(turning, held):
    return lambda *told: Slip(turning, held, *told)


NAMES = {
    "rds": ("fresh", "databank-nieuw"), "aurora": ("fresh", "cluster-nieuw"),
    "efs": ("fresh", "fs-0123456789abcdef0"), "dynamodb": ("import", "tabel-nieuw"),
    "opensearch": ("fresh", "zoeken-nieuw"), "fsx": ("fresh", "fs-0123456789abcdef0"), "backup": ("copy", "kluis-nieuw"),
}  # fmt: skip
"""By service a route, and a name that nothing has."""


@pytest.mark.parametrize("service", NAMES)
def test_a_name_that_nothing_has_is_asked_again(slip, service):
    """Each service has its own way to say so, an empty list among them."""
    route, name = NAMES[service]
    assert slip(service, route).refused(name) == "manual.no_such"


def test_an_empty_list_is_a_no_as_well(monkeypatch, slip):
    """AWS's own OpenSearch answers so, and no refusal."""
    told = slip("opensearch")
    monkeypatch.setattr("console.datakeys.manual.reading._asked", lambda *_: [])
    assert told.refused("zoeken-nieuw") == "manual.no_such"


@pytest.mark.parametrize("form", ["databank", "DATABANK", "arn:aws:rds:{region}:{account}:db:databank"])
def test_the_old_one_itself_is_never_the_new_one(slip, form):
    """However it is written: in capitals or as an ARN, which AWS takes for the same."""
    told = slip("rds")
    named = form.format(region=told.turning.region, account=told.turning.account)
    assert told.refused(named) == "manual.same_one"


def test_one_of_another_region_is_not_there(turning, slip):
    """The console asks in the Region of the data key."""
    told = slip("efs")
    elsewhere = Holdings(turning.cloud, turning.cloud.region(), turning.account, PLACES)
    assert told.refused(elsewhere.efs(turning.own, "elders")) == "manual.no_such"


def test_one_that_was_there_before_is_told_at_once(turning, held, slip):
    """It stands under the right CMK, and yet nothing of this rotation is in it."""
    older = held.efs(turning.own, "ouder")
    turning.now = time.time() + 3600
    assert slip("efs").refused(older) == "manual.older"


def test_one_under_another_cmk_is_told_at_once_and_the_right_one_goes_on(turning, held, slip):
    """Nothing was switched, nothing judged."""
    told = slip("efs")
    assert told.refused(held.efs(turning.transit, "verkeerd")) == "manual.other_cmk"
    assert turning.verdicts(told.hands.run) == []
    told.put_right(held.efs(turning.own, "nieuw"))
    told.hands.walk()
    assert told.hands.view.run.status is RunStatus.DONE
    assert told.hands.verdict().reason == "verdict.manual.fits"


def test_what_somebody_relays_is_judged_by_the_reading_and_goes_no_further(turning, held, slip):
    """A desk without the tenant's credentials cannot look; whoever can, reads it, and no switch is asked for."""
    told = slip("efs")
    both, wrong = turning.settings, held.efs(turning.transit, "verkeerd")
    turning.settings = replace(both, lanes=("central",))
    turning.engine().answer(told.hands.run, {"new": wrong})
    turning.engine().resume(told.hands.run)
    turning.settings = both
    told.hands.engine = turning.engine()
    told.hands.view = told.hands.engine.resume(told.hands.run)
    told.hands.do(act=False)
    assert told.hands.view.run.status is RunStatus.DONE
    judged = told.hands.verdict()
    assert (judged.verdict, judged.reason) == (Verdict.UNKNOWN, "verdict.manual.other_cmk")


@pytest.mark.parametrize(
    "pasted", ["fs-1\x1b[31mrood", "fs-1\nfs-2", "aws efs create-file-system", "fs-1\u202e", "\x00", "\u2066fs-1"]
)
def test_rubbish_is_no_name_and_is_not_said_again(slip, pasted):
    """Escapes, lines, whole commands, marks that turn text around: refused before AWS is asked, in a plain sentence."""
    told = slip("efs")
    told.turning.cloud.forget()
    with pytest.raises(UsageError) as caught:
        told.hands.do(act=False, new=pasted)
    said = Text("nl").t(caught.value.key, **caught.value.values)
    assert caught.value.key == "manual.not_a_name"
    assert said.isprintable()
    assert pasted not in said
    assert told.turning.cloud.asked(told.turning.region) == {}
    told.put_right(told.held.efs(told.turning.own, "nieuw"))
