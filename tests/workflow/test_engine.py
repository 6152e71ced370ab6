"""Guided work as the engine promises it: order, records, and who sees which runs."""

from dataclasses import replace

import pytest

from console.errors import ConsoleError, NotFound, Refused, UsageError
from console.workflow import Wish
from store.database import Store
from store.records import Scope
from store.run_records import NoRun, RunStatus, StepStatus
from store.runs import RunRepository
from tests.workflow import toys
from tests.workflow.toys import EXPECTED, begin, done_once, effects, engine, one, start_one

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
