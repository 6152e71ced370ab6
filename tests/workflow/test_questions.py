"""What a run asks: of whom, what is an answer, and what a person of the other lane does by hand."""

import json

import pytest

from console.errors import Refused, UsageError
from console.workflow import Field, Kind, Lane, Step, Wish, Workflow
from console.workflow.people import same
from store.run_records import Halt, RunStatus
from tests.workflow.toys import ToyLanes, begin, done_once, engine, start_one


def answered(path, run):
    """The asking toy, past its questions."""
    at = engine(path)
    at.resume(run)
    at.answer(run, {"route": "long"})
    at.resume(run)
    engine(path, person="bea").answer(run, {"verdict": "ja"})


def test_a_question_waits_and_its_answer_is_kept(path):
    """A run stands still at a question; the answer is read, checked and recorded with who gave it."""
    run = begin(path, "asking")
    view = engine(path).resume(run)
    assert (view.run.status, view.run.halt, view.answerable) == (RunStatus.WAITING, Halt.QUESTION, True)
    view = engine(path).answer(run, {"route": "long"})
    assert view.run.status is RunStatus.READY
    record = view.steps[0].record
    assert (record.answer, record.answered_by) == ({"route": "long", "note": None}, "ann")


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"route": "wide"}, "run.field_choice"),
        ({}, "run.field_missing"),
        ({"route": "long", "colour": "red"}, "run.no_field"),
        ({"": "long"}, "run.which_field"),
    ],
)
def test_a_bad_answer_changes_nothing(path, given, key):
    """It is refused with the reason, and the question stays open."""
    run = begin(path, "asking")
    engine(path).resume(run)
    with pytest.raises(UsageError) as refused:
        engine(path).answer(run, given)
    assert refused.value.key == key
    if key in ("run.field_choice", "run.field_missing"):
        assert refused.value.values["field"] == "wf.asking.choose.route"
    assert engine(path).show(run).run.status is RunStatus.WAITING


def test_an_answer_to_a_question_that_moved_on_is_refused(path):
    """Two people at two screens: the slower one's answer never lands on the next question."""
    run = begin(path, "asking")
    engine(path).resume(run)
    engine(path).answer(run, {"route": "long"}, step="choose")
    engine(path).resume(run)
    with pytest.raises(UsageError) as refused:
        engine(path, person="bea").answer(run, {"route": "short"}, step="choose")
    assert refused.value.key == "run.moved_on"


def test_nobody_approves_what_they_began(path):
    """Four eyes: the one who began is refused, somebody else is not."""
    run = begin(path, "asking")
    at = engine(path)
    at.resume(run)
    at.answer(run, {"route": "long"})
    assert at.resume(run).answerable is False
    with pytest.raises(Refused) as refused:
        at.answer(run, {"verdict": "ja"})
    assert refused.value.key == "run.four_eyes"
    assert engine(path, person="bea").answer(run, {"verdict": "ja"}).steps[1].record.answer == {"verdict": True}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("ann", "ann", True),
        ("ann", "bea", False),
        ("ann (arn:1)", "ann (arn:2)", False),
        ("ann (arn:1)", "bea (arn:1)", True),
        ("ann (arn:1)", "ann", True),
    ],
)
def test_a_person_is_known_by_credentials_where_aws_told_them(one, other, alike):
    """Two people on one machine are two; one person under two system users is one; unknown counts as the same."""
    assert same(one, other) is alike


def test_four_eyes_cannot_be_answered_beforehand(path):
    """Also not by the one who begins, at the start."""
    with pytest.raises(UsageError):
        begin(path, "asking", answers={"judge": {"verdict": True}})
    run = begin(path, "asking", answers={"choose": {"route": "short"}})
    assert engine(path).resume(run).current.name == "judge"


def test_the_other_lane_gets_commands_and_its_evidence_is_read(path):
    """A desk of one lane hands over exact commands; what is pasted back becomes the step's output."""
    run = begin(path, "asking")
    answered(path, run)
    central = engine(path, lanes=ToyLanes(Lane.CENTRAL))
    view = central.resume(run)
    assert (view.run.status, view.run.halt) == (RunStatus.WAITING, Halt.HANDOVER)
    assert view.current.commands == (f"toy --run {run} --made go",)
    assert central.answer(run, {"": "it says nothing"}).run.status is RunStatus.READY
    view = central.resume(run)
    assert (view.run.status, view.current.record.error.key) == (RunStatus.WAITING, "toy.not_ok")
    central.answer(run, {"shown": "all OK\n"})
    view = central.resume(run)
    assert central.runs.outputs(run)["there"] == {"shown": "all OK"}
    assert done_once(path.parent, run) == ["go"]


def test_a_question_for_the_other_lane_is_not_answered_here(path):
    """Without commands or evidence there is nothing to relay: only a desk of that lane answers."""
    run = begin(path, "asking")
    answered(path, run)
    central = engine(path, lanes=ToyLanes(Lane.CENTRAL))
    central.resume(run)
    central.answer(run, {"shown": "OK"})
    assert central.resume(run).answerable is False
    with pytest.raises(Refused) as refused:
        central.answer(run, {"day": "2027-03-14"})
    assert refused.value.key == "run.other_lane"
    tenant = engine(path, lanes=ToyLanes(Lane.TENANT))
    tenant.answer(run, {"day": "2027-03-14"})
    assert tenant.resume(run).run.status is RunStatus.DONE


def test_a_desk_of_that_lane_does_the_step_itself(path):
    """What one desk hands over, another with the credentials just does."""
    run = begin(path, "asking")
    answered(path, run)
    engine(path, lanes=ToyLanes(Lane.CENTRAL)).resume(run)
    engine(path, lanes=ToyLanes(Lane.TENANT)).resume(run)
    assert done_once(path.parent, run) == ["go", "there"]


def test_what_is_final_waits_for_the_name_to_be_typed(path):
    """A step that cannot be taken back acts only after somebody typed what it is about, by any path."""
    at, run = start_one(path, lambda ctx: {"gone": True}, final=True)
    view = at.resume(run)
    assert (view.run.status, [field.name for field in view.current.fields]) == (RunStatus.WAITING, ["confirm"])
    with pytest.raises(UsageError) as refused:
        at.answer(run, {"confirm": "yes"})
    assert refused.value.key == "run.not_confirmed"
    at.answer(run, {"confirm": "thing"})
    assert at.resume(run).run.status is RunStatus.DONE


def test_answers_are_json_of_their_kind(path):
    """Each kind of field reads what people type, in both languages."""
    fields = (
        Field("many", Kind.MANY, choices=("a", "b", "c")),
        Field("number", Kind.NUMBER),
        Field("date", Kind.DATE),
        Field("yes", Kind.YES_NO, default=True),
        Field("pasted", Kind.PASTED),
    )
    at = engine(path, workflows={"one": Workflow("one", (Step("step", ask=fields),))})
    run = at.start(Wish("one", "thing"))
    at.resume(run)
    view = at.answer(run, {"many": "a, c", "number": "1,5", "date": "2027-03-14", "": "two\nlines"})
    told = view.steps[0].record.answer
    assert told == {"many": ["a", "c"], "number": 1.5, "date": "2027-03-14", "yes": True, "pasted": "two\nlines"}
    assert json.loads(json.dumps(told)) == told
