"""One event of CloudTrail: which resource uses which CMK, for whom, under which HBK; or why it tells nothing."""

import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.services.trail_events import REASONS, Skipped, identity, read
from console.services.trail_files import Source, opened
from console.services.trail_import import FAILURES, reason
from console.services.trail_resources import resource_of
from console.services.trail_stream import Stream, Unreadable
from store.traces import Sighting, TrailFile

TRAILS = Path(__file__).parent / "trails"
SHAPES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(TRAILS.glob("*.json"))}
KEY = "arn:aws:kms:eu-west-1:999988887777:key/00000000-0000-4000-8000-000000000001"
VOLUME = "vol-0000000000000000b"
TENANT = "111122223333"


def material(generation, key=1):
    return f"{key:032x}{generation:032x}"


def seen(name):
    """(kind, resource, account, material, wraps) of each sighting in a sample, or the reason why there is none."""
    told = read(SHAPES[name])
    if isinstance(told, Skipped):
        return told.reason
    return [(s.resource.kind, s.resource.resource_id, s.account_id, s.material_id, s.wraps) for s in told]


@pytest.mark.parametrize(
    ("name", "kind", "resource", "generation", "wraps"),
    [
        ("ebs_assumed_role", "ebs", VOLUME, 2, True),
        ("ebs_owners_copy", "ebs", VOLUME, 2, True),
        ("ebs_attach_grant", "ebs", VOLUME, None, False),
        ("ebs_attach_decrypt", "ebs", VOLUME, 1, False),
        ("ebs_snapshot_copy", "ebs", "snap-0000000000000000c", 3, True),
        ("re_encrypt_within", "ebs", VOLUME, 5, True),
        ("service_old_spelling", "cloudtrail", f"arn:aws:cloudtrail:eu-west-1:{TENANT}:trail/audit", None, True),
        ("s3_object", "s3", "zee-dossiers", 4, True),
        ("s3_bucket_key", "s3", "zee-dossiers", 4, True),
        ("secret", "secret", f"arn:aws:secretsmanager:eu-west-1:{TENANT}:secret:databank-Ab12Cd", 5, True),
        ("rds", "rds", "db-EXAMPLE5Q", 3, False),
        ("aurora", "aurora", "cluster-EXAMPLE", None, False),
        ("efs", "efs", "fs-0123456789abcdef0", None, False),
        ("dynamodb_service", "dynamodb", f"arn:aws:dynamodb:eu-west-1:{TENANT}:table/dossiers", None, False),
        ("redshift", "redshift", f"arn:aws:redshift:eu-west-1:{TENANT}:cluster:magazijn", None, False),
        ("backup", "backup", f"arn:aws:backup:eu-west-1:{TENANT}:backup-vault:kluis", None, False),
        ("logs", "logs", f"arn:aws:logs:eu-west-1:{TENANT}:log-group:/web", None, True),
        ("parameter", "parameter", f"arn:aws:ssm:eu-west-1:{TENANT}:parameter/web/wachtwoord", None, False),
        ("lambda", "lambda", f"arn:aws:lambda:eu-west-1:{TENANT}:function:brief", None, False),
    ],
)
def test_every_shape_names_its_resource_its_account_and_its_hbk(name, kind, resource, generation, wraps):
    """Whoever called, however the service spelled it, and in whose copy it stands."""
    assert seen(name) == [(kind, resource, TENANT, material(generation) if generation else "", wraps)]
    assert read(SHAPES[name])[0].cmk_arn == KEY


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("revoked", "failed"),
        ("rotate_key", "no_use"),
        ("secret_validation", "validation"),
        ("no_context", "no_resource"),
        ("no_key", "no_key"),
        ("management", "no_use"),
        ("other_service", "not_kms"),
    ],
)
def test_what_tells_nothing_says_why(name, reason):
    """Refused, managed, tried, or of another service."""
    assert seen(name) == reason


def test_a_re_encrypt_leaves_one_cmk_for_another():
    """Two sightings: what it was under, and what it is under from now on."""
    left, came = read(SHAPES["re_encrypt"])
    assert (left.cmk_arn, left.operation, left.material_id, left.wraps) == (KEY, "ReEncryptFrom", material(1), False)
    assert (came.operation, came.material_id, came.wraps) == ("ReEncryptTo", material(1, 4), True)
    assert came.cmk_arn.endswith("4")


def test_a_bare_key_id_is_of_the_account_that_got_the_event():
    """No ARN among the resources: account and Region of the event complete it."""
    (told,) = read(SHAPES["bare_key_id"])
    assert (told.cmk_arn, told.account_id) == (KEY, "999988887777")


def test_caller_and_owner_share_an_id():
    """Both copies of an event are one."""
    assert identity(SHAPES["ebs_assumed_role"]) == identity(SHAPES["ebs_owners_copy"]) != ""


def test_a_caller_without_account_is_who_got_the_copy():
    """A service acting of itself has no account; the copy outside the owner's account is the caller's."""
    event = SHAPES["logs"] | {"requestParameters": {"encryptionContext": {"aws:ebs:id": VOLUME}}}
    assert read(event)[0].account_id == ""
    assert read(event | {"recipientAccountId": TENANT})[0].account_id == TENANT


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def mutated(draw):
    """A sample with some of its values, at any depth, replaced by anything or left out."""
    event = json.loads(json.dumps(draw(st.sampled_from(list(SHAPES.values())))))
    for _ in range(draw(st.integers(1, 4))):
        table = event
        while isinstance(table, dict) and table:
            key = draw(st.sampled_from(sorted(table)))
            if isinstance(table[key], dict) and table[key] and draw(st.booleans()):
                table = table[key]
                continue
            if draw(st.booleans()):
                del table[key]
            else:
                table[key] = draw(anything)
            break
    return event


@settings(max_examples=400, deadline=None)
@given(mutated() | anything)
def test_no_event_whatever_it_holds_breaks_the_reading(event):
    """Fields missing, of other types, absurd: sightings of the right types or a reason that has words."""
    told = read(event)
    if isinstance(told, Skipped):
        assert told.reason in REASONS
        return
    for sighting in told:
        assert isinstance(sighting, Sighting)
        assert sighting.cmk_arn.startswith("arn:")
        assert sighting.at > 0
        assert sighting.account_id == "" or len(sighting.account_id) == 12
        assert sighting.material_id == "" or len(sighting.material_id) == 64


@given(st.dictionaries(st.sampled_from(["aws:ebs:id", "aws:s3:arn", "SecretARN", "aws:dynamodb:tableName"]), anything))
def test_a_context_that_is_not_a_service_s_names_nothing_or_something_short(context):
    """What a tenant writes into a context of its own is never longer than an ARN."""
    found = resource_of(context, "eu-west-1", TENANT)
    assert found is None or 0 < len(found.resource_id) <= 2200


@st.composite
def damaged(draw):
    """A file of samples, whole or mutated, packed or not, with its end cut off or bytes of it changed."""
    events = draw(st.lists(mutated() | st.sampled_from(list(SHAPES.values())), max_size=6))
    form = draw(st.sampled_from(["records", "lines", "array"]))
    text = {"records": json.dumps({"Records": events}), "lines": "\n".join(map(json.dumps, events))}
    data = text.get(form, json.dumps(events)).encode()
    data = gzip.compress(data) if draw(st.booleans()) else data
    if draw(st.booleans()):
        data = data[: draw(st.integers(0, len(data)))]
    for _ in range(draw(st.integers(0, 3))):
        if data:
            at = draw(st.integers(0, len(data) - 1))
            data = data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
    return data


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_no_file_however_damaged_breaks_the_reading(data):
    """Cut, packed and cut, with bytes changed: events, what is no event with a reason, or an end that is told."""
    source = Source(TrailFile("x.json.gz", len(data), ""), lambda: io.BytesIO(data))
    try:
        with opened(source) as (text, _):
            for event in Stream(text).events():
                told = Skipped(event.reason) if isinstance(event, Unreadable) else read(event)
                assert told
    except FAILURES as error:
        why = reason(error)
    else:
        why = "trail.file_whole"
    assert why.startswith("trail.file_")
