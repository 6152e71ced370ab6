"""Who holds a run, how it is stopped, and what giving it up takes back."""

from dataclasses import replace

import pytest

from console.errors import Busy
from console.workflow import Field, Step, Wish, Workflow
from store.database import Store
from store.run_records import Halt, LeaseLost, RunStatus, StepStatus
from store.runs import RunRepository
from tests.workflow.toys import EXPECTED, Denied, begin, done_once, engine, failing, start_one

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
