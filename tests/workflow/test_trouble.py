"""What goes wrong in a step: what passes is tried again, what does not is said in a sentence, and both are resumed."""

from dataclasses import replace

import pytest

from console.errors import AwsUnreachable, ConsoleError, CredentialsExpired
from console.workflow import Field, NotYet
from console.workflow.walk import Patience
from store.run_records import Halt, RunStatus
from tests.workflow.toys import Denied, failing, start_one


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
