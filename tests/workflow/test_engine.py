"""Guided work as the engine promises it: order, questions, lanes, trouble, stopping and giving up."""

import json
from dataclasses import replace

import pytest

from console.errors import AwsUnreachable, Busy, ConsoleError, CredentialsExpired, NotFound, Refused, UsageError
from console.workflow import Field, Kind, Lane, NotYet, Step, Wish, Workflow
from console.workflow.people import same
from console.workflow.walk import Patience
from store.database import Store
from store.records import Scope
from store.run_records import Halt, LeaseLost, NoRun, RunStatus, StepStatus
from store.runs import RunRepository
from tests.workflow import toys
from tests.workflow.toys import EXPECTED, Denied, ToyLanes, begin, done_once, effects, engine


@pytest.fixture
def path(tmp_path):
    return tmp_path / "estate.db"


def one(step, **rest):
    """A workflow of one step, by name."""
    return {"one": Workflow("one", (Step("step", step, **rest),))}


def start_one(path, do, *, patience=None, **rest):
    at = engine(path, workflows=one(do, **rest), patience=patience or Patience(tries=3))
    return at, at.start(Wish("one", "thing", {"folder": str(path.parent)}))


# ---- straight on


def test_a_run_goes_from_start_to_end_in_order(path):
    """Every effect once, in the order of the steps; a step that is not needed is skipped and says so."""
    run = begin(path)
    view = engine(path).resume(run)
    assert view.run.status is RunStatus.DONE
    assert done_once(path.parent, run) == EXPECTED
    assert {step.name: step.status for step in view.steps} == {
        "first": StepStatus.DONE, "never": StepStatus.SKIPPED, "many": StepStatus.DONE, "last": StepStatus.DONE,
    }  # fmt: skip


def test_starting_does_nothing_yet(path):
    """A start only records: the first effect comes with `resume`."""
    run = begin(path)
    assert effects(path.parent) == []
    assert engine(path).show(run).run.status is RunStatus.READY


def test_a_plan_tells_every_step_and_leaves_no_trace(path):
    """The plan names all steps and what may be skipped, and there is no run afterwards."""
    at = engine(path)
    plan = at.plan(Wish("chain", "thing", {"folder": "/nowhere"}))
    assert [(step.name, step.perhaps) for step in plan.steps] == [
        ("first", False), ("never", True), ("many", False), ("last", False),
    ]  # fmt: skip
    assert at.list() == []


def test_started_is_on_record_before_the_effect(path):
    """While a step acts, another process already sees it as started."""
    seen = []

    def do(ctx):
        seen.append(engine(path).runs.steps(ctx.run_id)["step"].status)
        return {}

    at, run = start_one(path, do)
    at.resume(run)
    assert seen == [StepStatus.STARTED]


def test_a_finished_run_is_finished(path):
    """Going on with it, or giving it up, is refused in words."""
    run = begin(path)
    engine(path).resume(run)
    for act in (engine(path).resume, engine(path).abandon):
        with pytest.raises(UsageError) as refused:
            act(run)
        assert refused.value.key == "run.ended"


def test_progress_is_heard_and_kept(path):
    """Whoever listens hears how far a long step is, and the store keeps it."""
    run, news = begin(path), []
    view = engine(path).resume(run, news.append)
    assert (news[-2].done, news[-2].total) == (toys.ITEMS, toys.ITEMS)
    assert view.steps[2].record.cursor == {"number": toys.ITEMS}


def test_a_run_is_found_by_the_beginning_of_its_id(path):
    """Four letters are enough when they are one run's alone; what is nobody's is not found."""
    run = begin(path)
    assert engine(path).show(run[:4]).run.id == run
    with pytest.raises(NotFound):
        engine(path).show("zzzz")
    with pytest.raises(NotFound):
        engine(path).show("")


def test_tokens_are_the_run_and_step_s_own(path):
    """The same step of the same run always has the same client token; another run another."""
    tokens = []
    flow = one(lambda ctx: tokens.append((ctx.token, ctx.token_for("b"), ctx.token)) or {})
    at = engine(path, workflows=flow)
    for _ in range(2):
        at.resume(at.start(Wish("one", "thing")))
    (a, b, again), (other, *_) = tokens
    assert a == again
    assert len({a, b, other}) == 3


# ---- questions, four eyes, lanes


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


# ---- trouble


def failing(times, error):
    left = [times]

    def do(ctx):
        if left[0]:
            left[0] -= 1
            raise error
        return {"ok": True}

    return do


@pytest.mark.parametrize("error", [Denied("Throttling"), AwsUnreachable("aws.unreachable"), NotYet("toy.not_yet")])
def test_what_passes_is_tried_again(path, error):
    """Two failures of a passing kind, and the third try succeeds within the same resume."""
    at, run = start_one(path, failing(2, error))
    view = at.resume(run)
    assert view.run.status is RunStatus.DONE
    assert view.steps[0].record.attempts == 3


def test_what_does_not_pass_in_time_pauses_the_run(path):
    """Out of patience: paused with the reason, and it goes on where it was."""
    at, run = start_one(path, failing(3, AwsUnreachable("aws.unreachable", detail="x")))
    view = at.resume(run)
    assert (view.run.status, view.run.halt, view.run.reason.key) == (RunStatus.PAUSED, Halt.AWS, "aws.unreachable")
    assert at.resume(run).run.status is RunStatus.DONE


def test_waits_grow_and_are_bounded(path):
    """Between tries it waits twice as long each time, up to the most."""
    slept = []
    at, run = start_one(path, failing(5, Denied("Throttling")), patience=Patience(tries=6, first=0.25, most=0.9))
    at = replace(at, sleep=slept.append)
    assert at.resume(run).run.status is RunStatus.DONE
    assert slept == [0.25, 0.5, 0.9, 0.9, 0.9]


def test_a_code_may_pass_for_one_step(path):
    """NotFound right after a creation is *not yet* where the step says so, and final elsewhere."""
    at, run = start_one(path, failing(1, Denied("NotFoundException")), passing=frozenset({"NotFoundException"}))
    assert at.resume(run).run.status is RunStatus.DONE
    at, run = start_one(path, failing(1, Denied("NotFoundException")))
    assert at.resume(run).run.status is RunStatus.FAILED


def test_lapsed_credentials_pause_at_once(path):
    """No retries: a person must log in; then it goes on."""
    at, run = start_one(path, failing(1, CredentialsExpired("aws.credentials_expired", detail="x")))
    view = at.resume(run)
    assert (view.run.status, view.run.halt) == (RunStatus.PAUSED, Halt.CREDENTIALS)
    assert view.steps[0].record.attempts == 1
    assert at.resume(run).run.status is RunStatus.DONE


def test_a_refusal_fails_with_a_sentence_and_can_be_resumed(path):
    """AccessDenied: failed, the sentence is on record with the step, and it resumes to the same end."""
    at, run = start_one(path, failing(1, Denied("AccessDenied")))
    view = at.resume(run)
    assert (view.run.status, view.run.halt) == (RunStatus.FAILED, Halt.ERROR)
    assert view.steps[0].record.error.values["code"] == "AccessDenied"
    view = at.resume(run)
    assert view.run.status is RunStatus.DONE
    assert view.steps[0].record.error.key == ""


def test_a_failed_step_can_be_answered_again(path):
    """A wrong answer that only the effect brings to light is not for ever."""

    def do(ctx):
        if ctx.answer["name"] == "taken":
            raise ConsoleError("toy.taken")
        return {"name": ctx.answer["name"]}

    at, run = start_one(path, do, ask=(Field("name"),))
    at.resume(run)
    at.answer(run, {"name": "taken"})
    assert at.resume(run).answerable
    at.answer(run, {"name": "free"})
    assert at.resume(run).run.status is RunStatus.DONE


def test_a_mistake_of_ours_leaves_the_run_resumable(path):
    """An unforeseen error passes through; the lease is let go and the run reads as interrupted."""
    at, run = start_one(path, failing(1, ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        at.resume(run)
    assert at.show(run).run.status is RunStatus.INTERRUPTED
    assert at.resume(run).run.status is RunStatus.DONE


def test_bytes_cannot_be_kept(path):
    """A step that hands out bytes is a mistake that shows at once: rows are JSON."""
    at, run = start_one(path, lambda ctx: {"key": b"\x00secret"})
    with pytest.raises(TypeError):
        at.resume(run)
    assert b"secret" not in path.read_bytes()


def test_find_is_asked_before_do_only_where_it_may_have_happened(path):
    """First time nothing is looked for; after a failure, the effect is looked for before it is tried again."""
    asked = []

    def do(ctx):
        asked.append("do")
        if len(asked) == 1:
            raise AwsUnreachable("aws.unreachable", detail="the answer was lost")
        return {}

    at, run = start_one(path, do, find=lambda ctx: asked.append("find") or {"found": True})
    at.resume(run)
    assert asked == ["do", "find"]
    assert at.runs.outputs(run) == {"step": {"found": True}}


# ---- leases


def test_who_holds_a_run_keeps_others_off(path):
    """A second process is told that it is busy, and writes nothing."""
    run = begin(path)
    lease = engine(path).runs.claim(run)
    with pytest.raises(Busy) as busy:
        engine(path).resume(run)
    assert busy.value.key == "run.busy"
    engine(path).runs.release(lease)
    assert engine(path).resume(run).run.status is RunStatus.DONE


def test_a_process_that_outlived_its_lease_writes_nothing(path):
    """After a takeover, the first holder's write, renewal and look are refused, and nothing of it is kept."""
    now = [1000.0]
    runs = RunRepository(Store.open(path, write=True), now=lambda: now[0])
    run = begin(path)
    old = runs.claim(run)
    now[0] += 10_000
    new = runs.claim(run)
    assert new.token > old.token
    held = runs.find(run)
    for act in (
        lambda: runs.write(old, replace(held, step="mine")),
        lambda: runs.renew(old),
        lambda: runs.asked_to_stop(old),
    ):
        with pytest.raises(LeaseLost):
            act()
    assert runs.find(run).step == ""
    runs.write(new, replace(held, step="yours"))
    assert runs.find(run).step == "yours"
    runs.release(old)
    assert runs.renew(new) is False


def test_a_takeover_in_the_middle_ends_the_first(path):
    """The step that is overtaken at its checkpoint stops there; the other goes on with the cursor."""
    run = begin(path)
    first = engine(path)

    def overtake(news):
        if news.done == 5:
            now = first.clock() + 10_000
            RunRepository(Store.open(path, write=True), now=lambda: now).claim(run)

    with pytest.raises(Busy) as lost:
        first.resume(run, overtake)
    assert lost.value.key == "run.lost"
    assert done_once(path.parent, run)[-1] == "item 5"


def test_rows_survive_the_power(path):
    """A run's transactions wait for the disk."""
    store = Store.open(path, write=True)
    with store.atomic(durable=True) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


# ---- stopping and giving up


def test_a_run_stops_at_its_next_checkpoint_when_asked(path):
    """From another process: it stops between two items, is paused, and goes on from there."""
    run = begin(path)

    def ask(news):
        if news.done == 3:
            engine(path).stop(run)

    view = engine(path).resume(run, ask)
    assert (view.run.status, view.run.halt) == (RunStatus.PAUSED, Halt.STOPPED)
    assert done_once(path.parent, run)[-1] == "item 3"
    assert engine(path).resume(run).run.status is RunStatus.DONE
    assert done_once(path.parent, run) == EXPECTED


def test_a_run_that_waits_can_be_stopped(path):
    """Waiting for AWS is no reason not to listen."""
    at, run = start_one(path, lambda ctx: ctx.wait(3600) or {})
    heard = []

    def sleep(seconds):
        heard.append(seconds)
        if len(heard) == 3:
            engine(path).stop(run)

    assert replace(at, sleep=sleep).resume(run).run.halt is Halt.STOPPED
    assert len(heard) == 3


def test_ctrl_c_leaves_a_paused_run(path):
    """An interruption is passed on, and the run can be resumed."""
    run = begin(path)

    def interrupt(news):
        if news.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine(path).resume(run, interrupt)
    assert engine(path).show(run).run.status is RunStatus.PAUSED
    engine(path).resume(run)
    assert done_once(path.parent, run) == EXPECTED


def test_giving_up_undoes_what_is_done_the_last_first(path):
    """Finished steps are undone in reverse; what never happened is left alone."""
    run = begin(path)

    def ask(news):
        if news.done == 2:
            engine(path).stop(run)

    engine(path).resume(run, ask)
    view = engine(path).abandon(run)
    assert view.run.status is RunStatus.ABANDONED
    assert done_once(path.parent, run)[-2:] == ["undone many", "undone first"]
    assert [step.status for step in view.steps] == [
        StepStatus.UNDONE, StepStatus.SKIPPED, StepStatus.UNDONE, StepStatus.PENDING,
    ]  # fmt: skip


def test_giving_up_resumes_backwards(path):
    """A compensation that fails is paused, and `resume` goes on with giving up, not with the work."""
    back = failing(1, Denied("AccessDenied"))
    flow = {"one": Workflow("one", (Step("step", lambda ctx: {}, undo=back), Step("ask", ask=(Field("x"),))))}
    at = engine(path, workflows=flow)
    run = at.start(Wish("one", "thing"))
    at.resume(run)
    view = at.abandon(run)
    assert (view.run.status, view.run.abandoning) == (RunStatus.FAILED, True)
    assert at.resume(run).run.status is RunStatus.ABANDONED


def test_what_may_have_happened_is_looked_for_before_it_is_undone(path):
    """A step that started and left nothing is not undone; one that left something is."""
    for found, expected in (({"id": 7}, [7]), (None, [])):
        undone = []
        at, run = start_one(
            path,
            failing(1, Denied("AccessDenied")),
            find=lambda ctx, found=found: found,
            undo=lambda ctx, undone=undone: undone.append(ctx.output["id"]),
        )
        at.resume(run)
        at.abandon(run)
        assert undone == expected


# ---- versions and sight


def test_a_run_of_a_newer_workflow_is_refused_in_words(path):
    """An older console looks at it and leaves it alone."""
    newer = {"chain": replace(toys.CHAIN, version=2)}
    run = engine(path, workflows=newer).start(Wish("chain", "thing", {"folder": str(path.parent)}))
    old = engine(path)
    assert old.show(run).known is False
    for act in (old.resume, old.abandon, lambda name: old.answer(name, {})):
        with pytest.raises(ConsoleError) as refused:
            act(run)
        assert refused.value.key == "run.newer"
    assert effects(path.parent) == []


def test_a_run_of_an_unknown_workflow_can_be_seen(path):
    """Somebody's plug-in is missing here: it is listed, and going on is refused in words."""
    run = begin(path)
    strange = engine(path, workflows={"other": toys.CHAIN})
    assert [view.run.id for view in strange.list()] == [run]
    with pytest.raises(ConsoleError) as refused:
        strange.resume(run)
    assert refused.value.key == "run.unknown_workflow"


def scoped(path, *scope):
    return replace(engine(path), runs=RunRepository(Store.open(path, write=True), Scope(*scope)))


def test_a_scoped_owner_sees_no_trace_of_others_runs(path):
    """Not in the list, not by id, not by its first letters; and cannot begin, claim or stop one."""
    mine = begin(path, tenant="A", application="X")
    begin(path, tenant="A", application="Y")
    other = begin(path, tenant="B")
    at = scoped(path, "A", "X")
    assert [view.run.id for view in at.list()] == [mine]
    assert at.runs.count() == 1
    for act in (at.show, at.resume, at.stop, at.abandon, lambda name: at.answer(name, {})):
        with pytest.raises(NotFound):
            act(other)
    with pytest.raises(NoRun):
        at.runs.claim(other)
    with pytest.raises(Refused):
        at.start(Wish("chain", "thing", tenant="B"))
    assert len(scoped(path, "A").list()) == 2


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
