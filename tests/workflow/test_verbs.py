"""Guided work on the command line: plans, questions, hand-overs, exit codes and JSON."""

import io
import json

import pytest

from console.__main__ import main
from console.commands.runs import start_run
from console.errors import UsageError
from tests.workflow import toys
from tests.workflow.toys import EXPECTED, begin, done_once, effects, engine

DOCUMENTED = {
    "id", "workflow", "version", "subject", "tenant", "application", "parent", "facts", "status", "halt", "reason",
    "step", "abandoning", "started_by", "created_at", "updated_at", "finished_at", "answerable", "steps",
}  # fmt: skip


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr("console.workflows.WORKFLOWS", toys.WORKFLOWS)
    return tmp_path / "estate.db"


@pytest.fixture
def console(path, capsys):
    """One command line on this store: (exit code, stdout, stderr)."""

    def run(*words, write=True):
        code = main([*words, "--store", str(path), "--lang", "en", *(["--write"] if write else [])])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run


def test_resuming_goes_to_the_end_and_ends_with_zero(console, path):
    """`runs resume` does all that can be done and tells each step."""
    run = begin(path)
    code, out, err = console("runs", "resume", run)
    assert (code, err) == (0, "")
    assert "● done" in out
    assert done_once(path.parent, run) == EXPECTED


def test_a_waiting_question_ends_with_seven_and_says_what_to_type(console, path):
    """The question, its choices and the command that answers it."""
    run = begin(path, "asking")
    code, out, err = console("runs", "resume", run)
    assert code == 7
    assert "route=…" in out
    assert "short, long" in out
    assert f"runs answer {run}" in err


def test_answering_goes_on(console, path):
    """`runs answer` records the answer and resumes: the next halt decides the exit code."""
    run = begin(path, "asking")
    console("runs", "resume", run)
    code, out, _ = console("runs", "answer", run, "route=long", "note=two words = fine")
    assert code == 7
    assert engine(path).show(run).steps[0].record.answer == {"route": "long", "note": "two words = fine"}
    assert "Four eyes" in out or engine(path).show(run).current.four_eyes


def test_pasted_evidence_comes_from_stdin(console, path, monkeypatch):
    """`-` stands for what comes in on stdin; a desk of the central lane hands over and reads it back."""
    run = begin(path, "asking", answers={"choose": {"route": "long"}})
    console("runs", "resume", run)
    engine(path, person="bea").answer(run, {"verdict": "yes"})
    code, out, _ = console("runs", "resume", run)
    assert code == 7
    assert f"toy --run {run} --made go" in out
    monkeypatch.setattr("sys.stdin", io.StringIO("it says OK\n"))
    code, out, _ = console("runs", "answer", run, "-")
    assert engine(path).runs.outputs(run)["there"] == {"shown": "it says OK"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("resume",), 2),
        (("resume", "nosuchrun"), 4),
        (("answer", "RUN", "route"), 2),
        (("answer", "RUN", "route=wide"), 2),
        (("answer", "RUN", "colour=red"), 2),
        (("abandon", "RUN"), 2),
        (("show", "RUN", "more"), 2),
        (("dance", "RUN"), 2),
    ],
)
def test_mistakes_are_one_sentence_each(console, path, words, code):
    """Every wrong word line ends with its exit code, one sentence, and nothing on stdout."""
    run = begin(path, "asking")
    engine(path).resume(run)
    ended, out, err = console("runs", *(run if word == "RUN" else word for word in words))
    assert (ended, out, len(err.splitlines())) == (code, "", 1)


@pytest.mark.parametrize("action", ["resume", "answer", "abandon", "stop"])
def test_acting_wants_write_mode_and_looking_does_not(console, path, action):
    """Read-only: exit 3 and nothing happened; list and show are free."""
    run = begin(path)
    assert console("runs", action, run, write=False)[0] == 3
    assert effects(path.parent) == []
    assert console("runs", "list", write=False)[0] == 0
    assert console("runs", "show", run, write=False)[0] == 0


def test_a_held_run_ends_with_five(console, path):
    """Another process holds it."""
    run = begin(path)
    engine(path).runs.claim(run)
    code, _, err = console("runs", "resume", run)
    assert code == 5
    assert "runs stop" in err


def test_ctrl_c_ends_with_130_and_can_be_resumed(console, path, monkeypatch):
    """Interrupted in the middle: the exit code says so, and nothing is lost."""
    run = begin(path)
    plain = toys.append

    def interrupted(folder, line):
        plain(folder, line)
        if line.endswith("item 4"):
            monkeypatch.setattr(toys, "append", plain)
            raise KeyboardInterrupt

    monkeypatch.setattr(toys, "append", interrupted)
    assert console("runs", "resume", run)[0] == 130
    assert engine(path).show(run).run.status == "paused"
    assert console("runs", "resume", run)[0] == 0
    assert done_once(path.parent, run) == EXPECTED


def test_abandoning_wants_yes_and_undoes(console, path):
    """With --yes what was done is undone."""
    run = begin(path, "chain")
    toys_stop(path, run)
    code, out, _ = console("runs", "abandon", run, "--yes")
    assert code == 0
    assert "abandoned" in out
    assert done_once(path.parent, run)[-1] == "undone first"


def toys_stop(path, run):
    def ask(news):
        if news.done == 1:
            engine(path).stop(run)

    engine(path).resume(run, ask)


def test_json_has_the_documented_names(console, path):
    """A list of runs, each with exactly these names; `show` gives one of them."""
    run = begin(path)
    _, out, _ = console("runs", "--json")
    assert [set(each) for each in json.loads(out)] == [DOCUMENTED]
    _, out, _ = console("runs", "show", run, "--json")
    assert set(json.loads(out)) == DOCUMENTED


def test_the_list_leaves_out_what_is_over(console, path):
    """Unfinished work only, unless --all is given."""
    run = begin(path)
    console("runs", "resume", run)
    assert json.loads(console("runs", "list", "--json")[1]) == []
    assert [each["id"] for each in json.loads(console("runs", "list", "--all", "--json")[1])] == [run]


def test_a_scoped_owner_lists_only_own_work(console, path):
    """Another tenant's run is neither listed nor found."""
    begin(path, tenant="A")
    other = begin(path, tenant="B")
    owner = ("--role", "owner", "--scope", "A")
    assert len(json.loads(console("runs", "--json", *owner)[1])) == 1
    assert console("runs", "show", other, *owner)[0] == 4


def test_hostile_subjects_are_inert(console, path):
    """An escape in a name that a tenant chose is shown, not sent to the terminal."""
    from console.workflow import Wish

    at = engine(path)
    run = at.start(Wish("chain", "\x1b[2Jevil\n{x}", {"folder": str(path.parent)}))
    _, out, _ = console("runs", "show", run)
    assert "\x1b" not in out
    assert "{x}" in out


def test_a_command_that_begins_work_plans_it_first(path):
    """`start_run` with `plan` tells and changes nothing; without it the run exists and goes on."""
    from console.workflow import Wish

    class Services:
        def guided(self, *, write):
            return engine(path)

    wish = Wish("chain", "thing", {"folder": str(path.parent)})
    plan = start_run(Services(), wish, print, plan=True)
    assert [step.name for step in plan.steps] == ["first", "never", "many", "last"]
    assert engine(path).list() == []
    walked = start_run(Services(), wish, print)
    assert done_once(path.parent, walked.run_id) == EXPECTED


def test_pairs_read_what_people_type():
    """A value may hold `=`; a field given twice is a list; a word without `=` is refused."""
    from console.commands.runs import pairs

    assert pairs(("a=1=2", "b=x", "b=y", "=page")) == (("a", "1=2"), ("b", "x,y"), ("", "page"))
    with pytest.raises(UsageError):
        pairs(("word",))


def test_the_audit_tells_the_run_and_what_it_is_about(console, path, monkeypatch):
    """Intent and result name run, workflow and subject; a refusal names the run; what was pasted is told by its hash."""
    run = begin(path)
    console("runs", "resume", run)
    console("runs", "resume", run, write=False)
    monkeypatch.setattr("sys.stdin", io.StringIO("it says OK\n"))
    console("runs", "answer", run, "-")
    refused, _, _ = sorted(told := json.loads(console("audit", "list", "--json")[1]), key=lambda line: line["seq"])[2:5]
    shown = engine(path).show(run).run
    assert {line["run"] for line in told} == {run}
    assert {line["subject"] for line in told if line["act"] != "refused"} == {f"{shown.workflow} · {shown.subject}"}
    assert (refused["act"], refused["result"]) == ("refused", "policy.read_only")
    assert "it says OK" not in json.dumps(told)
