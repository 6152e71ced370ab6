"""When each kind fails: the table, row by row, and what a state changes about it."""

import pytest

from console.services.blast_rules import MOVES, UNUSABLE, effects, rule_name, undo
from console.text import Text
from console.text.build import LANGUAGES
from store.effects import Form, Scenario, When
from store.records import Status

DAY, HOUR = 86400, 3600
ATTACHED, DETACHED, LOOSE = (Form("ebs", "volume", trait) for trait in ("attached", "detached", ""))
FORMS = {
    "ebs_attached": ATTACHED,
    "ebs_detached": DETACHED,
    "ebs_volume": LOOSE,
    "ebs_snapshot": Form("ebs", "snapshot"),
    "s3_bucket_key": Form("s3", "bucket", "bucket_key"),
    "s3_no_bucket_key": Form("s3", "bucket", "no_bucket_key"),
    "s3_bucket": Form("s3", "bucket"),
    "s3_object": Form("s3", "object"),
    **{kind: Form(kind, kind) for kind in MOVES if kind not in ("ebs", "s3")},
}
STATES = (Status.ENABLED, Status.ROTATING, Status.DISABLED, Status.PENDING_DELETION)


def test_every_rule_has_a_form_that_leads_to_it():
    """No row of the table is dead."""
    assert {name: rule_name(form) for name, form in FORMS.items()} == {name: name for name in UNUSABLE}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize("name", FORMS)
def test_every_scenario_and_kind_has_a_time_words_and_a_source(name, scenario, state):
    """What, why, what to do and where that stands, in both languages; a delay always says how long."""
    effect = effects(scenario, FORMS[name], state)
    assert effect.source.startswith(("D ", "B ", "E "))
    assert (effect.when is When.AFTER) is bool(effect.seconds) or effect.when is When.ALREADY
    for lang in LANGUAGES:
        assert all(Text(lang).has(key) for key in (effect.reason, effect.todo, f"blast.when.{effect.when}"))
        assert Text(lang).has(undo(scenario, state))


@pytest.mark.parametrize(
    ("name", "when", "seconds", "final", "confirmed"),
    [
        ("ebs_attached", When.NEXT_ATTACH, None, None, True),
        ("ebs_detached", When.NOW, None, None, True),
        ("ebs_snapshot", When.NEXT_RESTORE, None, None, True),
        ("s3_no_bucket_key", When.NOW, None, None, True),
        ("s3_bucket_key", When.CACHED, None, None, False),
        ("rds", When.AFTER, 2 * HOUR, 7 * DAY, True),
        ("aurora", When.AFTER, 2 * HOUR, 7 * DAY, False),
        ("efs", When.SOON, None, None, True),
        ("dynamodb", When.AFTER, 300, 7 * DAY, False),
        ("secret", When.NOW, None, None, True),
        ("sqs", When.AFTER, 300, None, True),
        ("redshift", When.AFTER, 14 * DAY, 14 * DAY, False),
        ("fsx", When.UNKNOWN, None, None, False),
        ("envelope", When.NOW, None, None, True),
    ],
)
def test_a_disabled_cmk_is_felt_at_its_own_time(name, when, seconds, final, confirmed):
    """The moments of the documentation; what it does not prove says so."""
    effect = effects(Scenario.DISABLE, FORMS[name], Status.ENABLED)
    assert (effect.when, effect.seconds, effect.final, effect.confirmed) == (when, seconds, final, confirmed)


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize("form", [Form("tape", "reel"), Form("ebs", "volume", "levitating"), Form("", "")])
def test_an_unknown_kind_is_unknown_and_never_safe(form, scenario):
    """Without a rule nothing is promised, not even for a rotation."""
    effect = effects(scenario, form, Status.ENABLED)
    assert effect.when is When.UNKNOWN
    assert not effect.confirmed


@pytest.mark.parametrize("name", FORMS)
def test_an_hbk_rotation_touches_nothing(name):
    """Old key material stays, so no kind ever fails by it."""
    assert effects(Scenario.ROTATE, FORMS[name], Status.ENABLED).when is When.NEVER


@pytest.mark.parametrize("name", FORMS)
def test_a_replacement_breaks_nothing_while_the_old_cmk_works(name):
    """Everything fails only once the old CMK goes, and each kind has its own way to move."""
    effect = effects(Scenario.REPLACE, FORMS[name], Status.ENABLED)
    assert effect.when is When.RETIRED
    assert effect.todo == f"blast.move.{FORMS[name].kind}"


@pytest.mark.parametrize("name", FORMS)
def test_a_deletion_is_final_within_the_waiting_time(name):
    """Thirty days by default, or as soon as the service itself gives up."""
    final = effects(Scenario.DELETE, FORMS[name], Status.ENABLED).final
    assert final == min(30 * DAY, UNUSABLE[name].final or 30 * DAY)


def test_a_deletion_takes_also_what_no_rule_knows():
    """When it fails is unknown; that it is lost with the CMK is not."""
    effect = effects(Scenario.DELETE, Form("tape", "reel"), Status.ENABLED)
    assert (effect.when, effect.final) == (When.UNKNOWN, 30 * DAY)


def test_a_grant_outlives_a_changed_policy():
    """A database with a grant works on, unconfirmed; a bucket, which has none, fails now."""
    database = effects(Scenario.POLICY, FORMS["rds"], Status.ENABLED)
    assert (database.when, database.confirmed) == (When.GRANTED, False)
    assert effects(Scenario.POLICY, FORMS["s3_no_bucket_key"], Status.ENABLED).when is When.NOW


@pytest.mark.parametrize("state", [Status.DISABLED, Status.PENDING_DELETION, Status.UNAVAILABLE])
@pytest.mark.parametrize("scenario", [Scenario.DISABLE, Scenario.DELETE, Scenario.REPLACE, Scenario.POLICY])
def test_what_fails_at_once_has_failed_already_under_a_cmk_that_is_off(scenario, state):
    """The past is not told as a future; an attached volume still works until its next attach."""
    assert effects(scenario, DETACHED, state).when is When.ALREADY
    assert effects(scenario, ATTACHED, state).when is When.NEXT_ATTACH


def test_the_way_back_depends_on_how_far_one_is():
    """A CMK that waits for deletion must be saved before its date, whatever the scenario."""
    assert undo(Scenario.DISABLE, Status.ENABLED) == "blast.undo.disable"
    assert undo(Scenario.DELETE, Status.ENABLED) == "blast.undo.delete"
    assert undo(Scenario.DISABLE, Status.PENDING_DELETION) == "blast.undo.cancel"
