"""By hand: the plan shows commands that AWS knows, the console reads what came of them, and claims no more than that."""

import gzip
import time

import pytest

from console.datakeys.manual import SERVICES
from console.datakeys.manual.acts import Goes
from console.datakeys.manual.services import service_of
from console.datakeys.manual.steps import filled
from console.datakeys.manual.ways import WAYS
from console.datakeys.routes import Effect, Subject
from console.text import Text
from console.workflow.model import Known, Told
from console.workflows import WORKFLOWS
from store.run_records import RunStatus
from store.verdicts import Verdict
from tests.datakeys import shell
from tests.datakeys.hands import Hands
from tests.datakeys.holdings import Holdings
from tests.datakeys.turning import Turning
from tests.workflow.texts import missing_texts

EVERY = [(service, way) for service, ways in WAYS.items() for way in ways]
TAKEN = [(service, way) for service, way in EVERY if way.goes is not Goes.NEVER]
PLACES = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie"}


MADE = {
    "dynamodb": "arn:aws:dynamodb:eu-west-1:111122223333:table/naam/export/01693685827463-2d8752fd",
    "fsx": "backup-0123456789abcdef0",
}
"""What AWS names itself, in its own form."""


def named(pair):
    return f"{pair[0]}-{pair[1].name}"


@pytest.fixture
def turning(cloud, tmp_path):
    return Turning(cloud, cloud.real_region(), tmp_path)


@pytest.fixture
def held(turning):
    return Holdings(turning.cloud, turning.region, turning.account, PLACES)


def a_known(service, way):
    facts = {
        "kind": service, "route": way.name, "label": "fs-0123456789abcdef0", "resource": "arn:x:naam", "region": "eu-west-1",
        "account": "111122223333", "intended": "arn:aws:kms:x", "transit": "arn:aws:kms:t", "engine": "postgres",
        "url": "https://sqs", "cmk": "arn:aws:kms:a", "proves": way.proves,
    }  # fmt: skip
    made = {"manual_snapshot": {"snapshot": MADE[service]}} if service in MADE else {}
    return Known("abc", "naam", facts, outputs=Told(made))


@pytest.mark.parametrize("pair", TAKEN, ids=named)
def test_every_command_is_one_that_aws_knows(pair):
    """By botocore's own model: the operation or waiter, each parameter and its shape, and that none that is needed lacks."""
    service, way = pair
    known = a_known(service, way)
    for commands in (*(act.commands for act in way.acts), way.switch, way.away):
        for command in filled(commands, known):
            assert shell.wrong(*shell.parsed(command)) == [], command


@pytest.mark.parametrize("pair", TAKEN, ids=named)
def test_every_step_has_its_words(pair):
    """Titles, sentences and fields, in both languages."""
    assert not missing_texts(WORKFLOWS["dk_rotation"], a_known(*pair))


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("pair", EVERY, ids=named)
def test_every_route_says_what_it_does(pair, lang):
    """What and why always; downtime, duration and cost where it can be taken."""
    service, way = pair
    parts = ("", ".why") if way.goes is Goes.NEVER else ("", ".why", ".downtime", ".duration", ".cost")
    assert all(Text(lang).has(f"route.{service}.{way.name}{part}") for part in parts)
    assert not way.proves or Text(lang).has(f"verdict.{service}.{way.name}")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_makes_no_new_data_key_is_shown_and_refused(service):
    """Each such route says its effect, and none of them is the recommended one."""
    from console.datakeys.manual.rotation import ManualRotation

    subject = Subject(service.name, "x", "arn:x:naam", "1", "eu-west-1", "naam", "arn:a", "arn:b", "arn:t")
    routes = ManualRotation(service).routes(subject)
    assert routes[0].effect is Effect.NEW_DK
    assert not routes[0].refused
    assert all(route.refused == "route.unchanged" for route in routes if route.effect is not Effect.NEW_DK)


def test_a_hostile_name_stays_a_word_in_a_command():
    """A name is the tenant's own writing; the shell must see one word."""
    known = a_known("dynamodb", WAYS["dynamodb"][1])
    known.facts["label"] = "x; rm -rf ~ $(id)"
    (restore, *_) = filled(WAYS["dynamodb"][1].acts[1].commands, known)
    _, _, given = shell.parsed(restore)
    assert given["source-table-name"] == ["x; rm -rf ~ $(id)"]


def test_a_database_is_moved_by_hand_and_its_verdict_stays_unknown(turning, held):
    """Everything that RDS tells is read and kept; a data key it never tells, so nothing is called proven."""
    resource = held.rds(turning.own)
    turning.sync()
    hands = Hands(turning, held, resource, intended=turning.transit)
    walked = [hands.do() for _ in range(4)]
    assert walked == ["manual_quiet", "manual_snapshot", "manual_copy", "manual_new"]
    assert hands.view.current.name == "manual_switch"
    hands.do(act=False)
    judged = hands.verdict()
    new = held.client("rds").describe_db_instances(DBInstanceIdentifier=f"databank-{hands.run}")["DBInstances"][0]
    assert (judged.verdict, judged.reason) == (Verdict.UNKNOWN, "verdict.manual.fits")
    assert (judged.resource_id, judged.was) == (new["DbiResourceId"], resource)
    assert judged.facts["after"]["key"] == turning.transit == new["KmsKeyId"]
    assert judged.facts["copy"]["key"] == turning.transit
    assert judged.facts["said"]["manual_quiet"] == {"done": True}
    assert hands.view.run.status is RunStatus.DONE


def test_a_table_that_was_imported_is_proven_and_the_old_one_goes_later(turning, held):
    """A new table has a table key of its own; the old one stays for its time, and is looked for when it went."""
    resource = held.dynamodb(turning.own)
    held.filled(f"export-{turning.account}")
    turning.sync()
    hands = Hands(turning, held, resource, "import", bucket=f"export-{turning.account}")
    hands.walk()
    judged = hands.verdict()
    assert (judged.verdict, judged.was, judged.facts["import"]) == (Verdict.PROVEN, resource, "COMPLETED")
    hands.do(act=False)
    assert (hands.view.run.status, hands.view.run.reason.key) == (RunStatus.WAITING, "rotation.kept")
    hands.later(8 * 86_400)
    hands.do(act=False)
    assert (hands.view.run.status, hands.view.run.reason.key) == (RunStatus.FAILED, "manual.still_there")
    held.client("dynamodb").delete_table(TableName="tabel")
    assert hands.engine.resume(hands.run).run.status is RunStatus.DONE


@pytest.mark.parametrize("filled", [False, True], ids=["made", "import failed"])
def test_a_table_that_no_import_filled_is_not_proven_and_the_old_one_stays(turning, held, filled):
    """New, and under the right CMK, but AWS tells of no import into it that is complete: nothing of the old may go."""
    resource, bucket = held.dynamodb(turning.own), f"export-{turning.account}"
    held.filled(bucket)
    turning.sync()
    hands = Hands(turning, held, resource, "import", bucket=bucket)
    if filled:
        hands.do()
        (one,) = held.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
        held.client("s3").put_object(Bucket=bucket, Key=one["Key"], Body=gzip.compress(b"geen regel van AWS"))
        hands.do()
    else:
        hands.do(act=False, snapshot="arn:export")
        held.table("tabel2", turning.own)
        hands.do(act=False, new="tabel2")
    judged = hands.verdict()
    assert (judged.verdict, judged.reason) == (Verdict.UNKNOWN, "verdict.manual.not_imported")
    assert (hands.view.run.status, judged.facts["import"]) == (RunStatus.DONE, "FAILED" if filled else "")


def test_a_queue_is_proven_once_its_period_has_passed_and_nothing_of_before_is_left(turning, held):
    """Too early, or with a message of before in it, the run stands still and says so."""
    resource = held.sqs(turning.own)
    turning.sync()
    queue = held.client("sqs").get_queue_url(QueueName="rij")["QueueUrl"]
    held.client("sqs").send_message(QueueUrl=queue, MessageBody="oud")
    hands = Hands(turning, held, resource)
    hands.do()
    hands.do(act=False)
    assert (hands.view.run.status, hands.view.run.reason.key) == (RunStatus.FAILED, "manual.queue_not_empty")
    held.client("sqs").purge_queue(QueueUrl=queue)
    turning.now = time.time() + 301
    view = turning.engine().resume(hands.run)
    assert (view.run.status, hands.verdict().verdict) == (RunStatus.DONE, Verdict.PROVEN)
    assert hands.verdict().facts["after"]["reuse_seconds"] == "60"


def test_under_another_cmk_than_the_cache_knew_nothing_begins(turning, held):
    """The plan was for what stood there then."""
    resource = held.sqs(turning.own)
    turning.sync()
    queue = held.client("sqs").get_queue_url(QueueName="rij")["QueueUrl"]
    held.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": turning.transit})
    hands = Hands(turning, held, resource)
    assert (hands.view.run.status, hands.view.run.reason.key) == (RunStatus.FAILED, "manual.other_key")


def test_each_service_has_ways():
    """No row of the one table without rows in the other."""
    assert set(WAYS) == {service.name for service in SERVICES}
    assert all(service_of(name).name == name for name in WAYS)
