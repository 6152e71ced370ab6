"""What LookupEvents remembers, and how it is asked."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from console.sandbox.errors import AwsError
from console.sandbox.trail import Trail

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ARN = "arn:aws:kms:eu-west-1:999988887777:key/0f"


def event(number, days_ago=0.0, name="Decrypt"):
    moment = NOW - timedelta(days=days_ago)
    return {
        "eventID": f"e{number}",
        "eventTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventName": name,
        "eventSource": "kms.amazonaws.com",
        "readOnly": True,
        "userIdentity": {"arn": "arn:aws:iam::999988887777:user/els"},
        "resources": [{"type": "AWS::KMS::Key", "ARN": ARN}],
    }


@pytest.fixture
def trail():
    trail = Trail()
    for number in range(120):
        trail.record("999988887777", "eu-west-1", event(number, days_ago=1 - number / 1000))
    return trail


def look(trail, **params):
    return trail.lookup("999988887777", "eu-west-1", params, NOW)


def test_the_newest_event_comes_first(trail):
    """And with it the whole event as CloudTrail wrote it."""
    newest = look(trail)["Events"][0]
    assert newest["EventId"] == "e119"
    assert json.loads(newest["CloudTrailEvent"])["resources"][0]["ARN"] == ARN
    assert newest["Username"] == "els"


def test_pages_of_fifty_lead_through_all_events_once(trail):
    """NextToken until there is none."""
    seen, page = [], look(trail)
    while True:
        seen += [one["EventId"] for one in page["Events"]]
        if "NextToken" not in page:
            break
        page = look(trail, NextToken=page["NextToken"])
    assert seen == [f"e{number}" for number in reversed(range(120))]


def test_another_account_or_region_has_its_own_trail(trail):
    """Nothing leaks between accounts and Regions."""
    assert trail.lookup("111122223333", "eu-west-1", {}, NOW) == {"Events": []}
    assert trail.lookup("999988887777", "eu-central-1", {}, NOW) == {"Events": []}


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("EventName", "RotateKey", True),
        ("EventName", "Encrypt", False),
        ("EventId", "e999", True),
        ("EventSource", "kms.amazonaws.com", True),
        ("ReadOnly", "true", True),
        ("ReadOnly", "false", False),
        ("ResourceName", ARN, True),
        ("ResourceName", "0f", True),
        ("ResourceName", "ff", False),
        ("ResourceType", "AWS::KMS::Key", True),
        ("Username", "els", True),
        ("Username", "jan", False),
    ],
)
def test_events_are_found_by_their_attributes(trail, key, value, found):
    """Each lookup attribute compares with what the event says."""
    trail.record("999988887777", "eu-west-1", event(999, name="RotateKey"))
    ids = [
        one["EventId"]
        for one in look(trail, LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])["Events"]
    ]
    assert ("e999" in ids) is found


def test_start_and_end_limit_the_search(trail):
    """Both moments belong to the stretch."""
    start, end = (NOW - timedelta(days=1)).timestamp(), (NOW - timedelta(days=0.999)).timestamp()
    assert [one["EventId"] for one in look(trail, StartTime=start, EndTime=end)["Events"]] == ["e1", "e0"]


def test_what_is_older_than_ninety_days_is_gone():
    """It is not shown, and pruning forgets it."""
    trail = Trail()
    trail.record("999988887777", "eu-west-1", event(1, days_ago=91))
    trail.record("999988887777", "eu-west-1", event(2, days_ago=89))
    assert [one["EventId"] for one in look(trail)["Events"]] == ["e2"]
    trail.prune(NOW)
    assert [one["eventID"] for one in trail.events["999988887777", "eu-west-1"]] == ["e2"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"MaxResults": 0}, "InvalidMaxResultsException"),
        ({"NextToken": "??"}, "InvalidNextTokenException"),
        (
            {"LookupAttributes": [{"AttributeKey": "Moon", "AttributeValue": "full"}]},
            "InvalidLookupAttributesException",
        ),
    ],
)
def test_a_wrong_question_is_refused(trail, params, code):
    """With CloudTrail's own codes."""
    with pytest.raises(AwsError) as caught:
        look(trail, **params)
    assert caught.value.code == code
