"""Guided work that is killed at any moment and resumed by another process: each effect exactly once, none lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from console.workflow import Step, Wish, Workflow
from store.database import Store
from tests.kill.killer import Killer, chance
from tests.workflow import keys
from tests.workflow.toys import EXPECTED, begin, done_once, effects, engine, tokened

ROOT = Path(__file__).parents[2]


@pytest.fixture
def killer(tmp_path):
    with Killer("tests.workflow.toys:resume", tmp_path) as opened:
        yield opened


def fresh(tmp_path, number, **rest):
    folder = tmp_path / f"story{number}"
    folder.mkdir()
    path = folder / "estate.db"
    return path, begin(path, **rest)


def moments(killer, tmp_path):
    """How many moments a whole run has."""
    path, run = fresh(tmp_path, "whole")
    whole = killer.call(str(path), run)
    assert (whole.code, whole.said) == (0, "done")
    assert done_once(path.parent, run) == EXPECTED
    return whole.moments


def test_killed_at_every_single_moment_each_effect_happens_once(killer, tmp_path):
    """Before, inside and after every step: another process resumes, and the effects are those of an unharmed run."""
    whole = moments(killer, tmp_path)
    assert whole > 60
    for at in range(1, whole + 1):
        path, run = fresh(tmp_path, at)
        assert killer.call(str(path), run, at=at).killed
        assert killer.call(str(path), run).said in ("done", "run.ended")
        assert done_once(path.parent, run) == EXPECTED, f"killed at moment {at} of {whole}"


def test_killed_again_and_again_each_effect_happens_once(killer, tmp_path):
    """Death after death by chance, each resumed by another process, until one comes to the end."""
    whole, lot = moments(killer, tmp_path), chance(4)
    for number in killer.often(40):
        path, run = fresh(tmp_path, number)
        killer.survive(lot, max(2, whole // 4), str(path), run)
        assert done_once(path.parent, run) == EXPECTED


def test_killed_by_the_clock_each_effect_happens_once(killer, tmp_path):
    """Also at moments that nobody thought of: the parent strikes after a random part of a second."""
    lot, begun = chance(5), time.monotonic()
    path, run = fresh(tmp_path, "timed")
    killer.call(str(path), run)
    duration = time.monotonic() - begun
    for number in killer.often(10):
        path, run = fresh(tmp_path, number)
        while killer.call(str(path), run, after=lot.uniform(0, duration)).killed:
            pass
        assert done_once(path.parent, run) == EXPECTED


def test_giving_up_is_killed_and_resumed_as_well(tmp_path):
    """A kill in the middle of undoing: the next process goes on backwards, each step undone once."""
    with (
        Killer("tests.workflow.toys:abandon", tmp_path) as undoer,
        Killer("tests.workflow.toys:resume", tmp_path) as doer,
    ):
        for at in range(1, 40):
            path, run = fresh(tmp_path, at)
            doer.call(str(path), run, at=52)
            if not undoer.call(str(path), run, at=at).killed:
                break
            ended = doer.call(str(path), run)
            if not engine(path).show(run).run.abandoning:  # killed before giving up was on record
                assert ended.said == "done"
                continue
            assert ended.said in ("abandoned", "run.ended")
            told = [line for line in done_once(path.parent, run) if line.startswith("undone")]
            assert told == ["undone many", "undone first"]
        assert at > 10


def test_a_key_in_aws_is_made_once_whenever_it_is_killed(cloud, here, tmp_path):
    """Killed at every write and every request, also between AWS's answer and our note of it: one key, one alias."""
    path = tmp_path / "estate.db"
    at = keys.engine(path, here, cloud.endpoint)
    with Killer("tests.workflow.keys:resume", tmp_path, "botocore.httpsession", "console.aws.session") as killer:
        first = keys.begin(at, here)
        whole = killer.call(str(path), first, here, cloud.endpoint)
        assert whole.said == "done"
        runs = [first]
        for moment in range(1, whole.moments + 1):
            runs.append(keys.begin(at, here))
            assert killer.call(str(path), runs[-1], here, cloud.endpoint, at=moment).killed
            assert killer.call(str(path), runs[-1], here, cloud.endpoint).said in ("done", "run.ended")
    kms = cloud.client("kms", here)
    carried = [
        tag["TagValue"]
        for page in kms.get_paginator("list_keys").paginate()
        for key in page["Keys"]
        for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
    ]
    assert sorted(carried) == sorted(runs)
    aliases = [a["AliasName"] for page in kms.get_paginator("list_aliases").paginate() for a in page["Aliases"]]
    assert sorted(a for a in aliases if a.startswith("alias/run-")) == sorted(f"alias/run-{run}" for run in runs)


def test_two_processes_resuming_at_once_one_is_busy(tmp_path):
    """While one is at work the other ends with exit code 5, and the work happens once."""
    path, run = fresh(tmp_path, 1)
    code = (
        "import sys\n"
        "from tests.workflow import toys\n"
        "def heard(news):\n"
        "    if news.done == 3:\n"
        "        print('half way', flush=True); sys.stdin.read()\n"
        "toys.engine(sys.argv[1]).resume(sys.argv[2], heard)\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(path), run], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert first.stdout.readline() == b"half way\n"
    with Killer("tests.workflow.toys:resume", tmp_path) as killer:
        second = killer.call(str(path), run)
    assert (second.code, second.said) == (5, "run.busy")
    first.communicate(timeout=30)
    assert done_once(path.parent, run) == EXPECTED


def test_a_process_that_slept_through_its_lease_does_no_more(tmp_path):
    """Stopped for longer than its lease, overtaken, and woken: its next checkpoint throws it out."""
    path, run = fresh(tmp_path, 1)
    code = (
        "import os, signal, sys\n"
        "from tests.workflow import toys\n"
        "from console.errors import Busy\n"
        "def heard(news):\n"
        "    if news.done == 3:\n"
        "        os.kill(os.getpid(), signal.SIGSTOP)\n"
        "try:\n"
        "    toys.engine(sys.argv[1]).resume(sys.argv[2], heard)\n"
        "except Busy as error:\n"
        "    print(error.key)\n"
    )
    first = subprocess.Popen([sys.executable, "-c", code, str(path), run], stdout=subprocess.PIPE, cwd=ROOT)
    os.waitid(os.P_PID, first.pid, os.WSTOPPED | os.WNOWAIT)
    _lapse(path, run)
    assert engine(path).resume(run).run.status == "done"
    before = effects(path.parent)
    first.send_signal(signal.SIGCONT)
    assert first.communicate(timeout=30)[0] == b"run.lost\n"
    assert done_once(path.parent, run)[: len(EXPECTED)] == EXPECTED
    assert len(effects(path.parent)) - len(before) <= 1  # the one effect that was under way


def _lapse(path, run):
    """Its lease has run out."""
    with Store.open(path, write=True).atomic() as connection:
        connection.execute("UPDATE run SET lease_until = 1 WHERE id = ?", (run,))


def test_a_killed_holder_need_not_be_waited_for(killer, tmp_path):
    """The lease of a process of this machine that is gone is taken over at once."""
    path, run = fresh(tmp_path, 1)
    assert killer.call(str(path), run, at=20).killed
    assert engine(path).show(run).run.status == "interrupted"
    assert killer.call(str(path), run).said == "done"


def test_a_client_token_is_the_same_after_a_kill(tmp_path):
    """Where nothing can be found, the token makes the second try harmless."""
    path = tmp_path / "estate.db"
    flow = {"one": Workflow("one", (Step("step", tokened),))}
    at = engine(path, workflows=flow)
    run = at.start(Wish("one", "thing", {"folder": str(tmp_path)}))
    lease = at.runs.claim(run)
    at.runs.write(lease, step=_started(run))
    at.runs.release(lease)
    (tmp_path / f"token-{_token(run)}").touch()  # the call went out, and then it was killed
    assert at.resume(run).run.status == "done"
    assert effects(tmp_path) == []


def _started(run):
    from store.run_records import RunStep, StepStatus

    return RunStep(run, "step", "central", StepStatus.STARTED, attempts=1, started_at=1)


def _token(run):
    from console.workflow.context import Context
    from console.workflow.model import Known, Sentence

    return Context(Known(run), Step("step"), {}, Sentence(), {}, {}, None, None).token
