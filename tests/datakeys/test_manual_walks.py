"""Every route that is guided by hand, walked from its first step to its last by a person who does what is shown."""

import pytest

from console.datakeys.manual.acts import Goes, Proof
from console.datakeys.manual.ways import WAYS
from console.errors import UsageError
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys.hands import Hands
from tests.datakeys.holdings import Holdings
from tests.datakeys.turning import Turning
from tests.policies import Asked, allowed

TAKEN = [(service, way) for service, ways in WAYS.items() for way in ways if way.goes is not Goes.NEVER]
NAIVE = [(service, way) for service, ways in WAYS.items() for way in ways if way.goes is Goes.NEVER]
PLACES = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie"}
WEEK = 8 * 86_400


@pytest.fixture
def turning(cloud, here, tmp_path):
    return Turning(cloud, here, tmp_path)


@pytest.fixture
def held(turning):
    return Holdings(turning.cloud, turning.region, turning.account, PLACES)


def begun(turning, held, service, way):
    """One of that service, and a run by that route: to another CMK where it goes to one, else back under its own."""
    resource = held.make(service, turning.own)
    bucket = f"export-{turning.account}"
    if service == "dynamodb":
        held.filled(bucket)
    turning.sync()
    return Hands(turning, held, resource, way.name, turning.transit if way.goes is Goes.MOVE else "", bucket)


@pytest.mark.parametrize(("service", "way"), TAKEN, ids=[f"{service}-{way.name}" for service, way in TAKEN])
def test_whoever_does_what_is_shown_comes_to_the_end(monkeypatch, turning, held, service, way):
    """Every command runs, AWS's answers are the evidence, the verdict claims no more than it proves, the old goes last.

    What a person copies out of a back-up vault (recovery points, copy jobs) the sandbox does not hold: those two calls
    are answered by stubs that botocore's model checks on both sides.
    """
    asked = Asked(monkeypatch)
    hands = begun(turning, held, service, way)
    walked = hands.walk()
    if way.proof is Proof.QUEUE:
        assert hands.view.run.reason.key == "manual.queue_not_empty"
        hands.later(301)
    steps = [act.step for act in way.acts]
    assert walked[: len(steps)] == steps
    judged = hands.verdict()
    intended = turning.transit if way.goes is Goes.MOVE else turning.own
    assert judged.verdict is (Verdict.PROVEN if way.proves else Verdict.UNKNOWN)
    assert judged.reason == (f"verdict.{service}.{way.name}" if way.proves else "verdict.manual.fits")
    assert judged.facts["after"]["key"] == intended
    assert (judged.resource_id == judged.was) is (way.proof is not Proof.OTHER)
    if way.away:
        assert hands.view.current.name == "retire"
        hands.later(WEEK)
        hands.do()
    assert walked[len(steps) :] == (["manual_switch"] if way.proof is Proof.OTHER else [])
    assert hands.view.run.status is RunStatus.DONE
    assert asked.by(turning.account) <= allowed("tenant-rotate.json")


def test_an_import_holds_what_was_exported(turning, held):
    """The commands name where AWS put the export, as AWS wrote it: compressed, and in a folder of its own."""
    hands = begun(turning, held, "dynamodb", WAYS["dynamodb"][0])
    hands.walk()
    assert held.client("dynamodb").scan(TableName=f"tabel-{hands.run}")["Items"] == [{"a": {"S": "inhoud"}}]


@pytest.mark.parametrize(("service", "way"), NAIVE, ids=[f"{service}-{way.name}" for service, way in NAIVE])
def test_a_route_that_makes_no_new_data_key_is_shown_and_cannot_be_taken(turning, held, service, way):
    """It says what it does, comes after those that can be taken, and nothing begins."""
    resource = held.make(service, turning.own)
    turning.sync()
    choice = turning.choice(resource, turning.transit)
    (route,) = [one for one in choice.routes if one.name == way.name]
    assert (route.effect, route.refused) == (way.effect, "route.unchanged")
    assert choice.best != route
    with pytest.raises(UsageError, match=r"route\.unchanged"):
        choice.route(way.name)
    assert turning.engine().list() == []
