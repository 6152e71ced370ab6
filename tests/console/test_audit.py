"""The dispatcher writes the audit: what changes, what is refused, who asked; never a secret; and no change without it."""

import base64
import csv
import io
import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import pytest

from console.__main__ import main
from console.assembly import assemble
from console.commands.audit import ExportAudit, ListAudit, VerifyAudit
from console.commands.command import Command, option
from console.commands.findings import AcknowledgeFinding, ListFindings
from console.commands.inventory import ShowTree
from console.commands.sync import StartSync
from console.errors import Busy, ConsoleError, ExitCode, NotFound, Refused, UsageError
from console.policy import Grant
from console.services.person import credentials, user
from console.settings import Settings
from store.anchor import Anchor
from store.audit import Audit
from store.database import Store
from store.identities import Identities
from store.journal import Act
from store.records import Scope
from tests.store.test_audit import attack, verified_independently

SECRET = b"\x00\x01geheime sleutel\xff\xfe" + bytes(range(32))
WORD = "hunter2-en-nog-wat"


@dataclass(frozen=True, slots=True)
class Rotate(Command):
    """Stands for every command that changes something in AWS."""

    name: ClassVar[str] = "test.rotate"
    needs: ClassVar[Grant] = Grant.CHANGE
    key: str = option("")
    password: str = option("", secret=True)
    pasted: str = option("", piped=True)
    material: bytes = b""
    fails: bool = False
    run_id: str = ""

    def subject(self, services):
        return f"sleutel {self.key}"

    def run(self, services, listen):
        if self.fails:
            raise ConsoleError("aws.refused", code="AccessDenied", detail=WORD)
        return self


@dataclass(frozen=True, slots=True)
class AnswerLike(Command):
    """Stands for a verb of free words."""

    name: ClassVar[str] = "test.answer"
    needs: ClassVar[Grant] = Grant.CHANGE
    words: tuple[str, ...] = option((), positional=True)

    def run(self, services, listen):
        return None


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "estate.db"


@pytest.fixture
def desk(path):
    """Desks on one store: `desk(role=…)`, an administrator who may write unless told otherwise."""
    opened = []

    def make(**told):
        opened.append(assemble(Settings(store=path, lang="nl", **({"write": True} | told))))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def lines(path, scope=""):
    """What stands there, the oldest first."""
    store = Store.open(path)
    found = Audit(store, scope).window()[::-1]
    assert Audit(store).prove().whole
    store.close()
    return found


# -- what is written -----------------------------------------------------------------------------------------------


def test_a_change_leaves_its_intent_and_its_result(desk, path):
    """Two lines, tied by number: who, role, what, about what, with what, how it went."""
    desk().dispatch.run(Rotate("k1", run_id="r7"))
    intent, done = lines(path)
    assert (intent.entry.act, done.entry.act) == (Act.INTENT, Act.DONE)
    assert done.entry.of == intent.seq
    for line in (intent, done):
        entry = line.entry
        assert (entry.command, entry.role, entry.user, entry.write) == ("test.rotate", "admin", user(), True)
        assert (entry.subject, entry.fields, entry.run) == ("sleutel k1", {"key": "k1", "run_id": "r7"}, "r7")


def test_a_change_that_fails_says_why_and_no_more(desk, path):
    """The text key and exit code; not what AWS wrote, which may hold anything."""
    with pytest.raises(ConsoleError):
        desk().dispatch.run(Rotate(fails=True))
    _, failed = lines(path)
    assert (failed.entry.act, failed.entry.result, failed.entry.exit) == (Act.FAILED, "aws.refused", 1)
    assert WORD not in failed.text


def test_what_is_refused_stands_there_with_the_reason(desk, path):
    """By role and by mode; one line each, and the command did not run."""
    desk().dispatch.run(Rotate())
    for told, reason in (({"write": False}, "policy.read_only"), ({"role": "auditor"}, "policy.role.change")):
        with pytest.raises(Refused):
            desk(**told).dispatch.run(Rotate("k2"))
        last = lines(path)[-1].entry
        assert (last.act, last.result, last.exit, last.fields) == (Act.REFUSED, reason, ExitCode.REFUSED, {"key": "k2"})
    assert len(lines(path)) == 4


def test_a_look_and_a_refresh_leave_nothing(desk, path, filled_store, monkeypatch):
    """Only what changes or is refused: the audit is not a log of reading."""
    path.parent.mkdir()
    path.write_bytes(filled_store.read_bytes())
    here = desk()
    monkeypatch.setattr("console.assembly.LazyServices.start_sync", lambda _: None)
    for command in (ShowTree(), ListFindings(), ListAudit(), VerifyAudit(), StartSync()):
        here.dispatch.run(command)
    assert lines(path) == []


def test_the_identity_is_the_last_one_that_aws_told(desk, path):
    """From the store, per profile and endpoint; nothing is asked of AWS."""
    here = desk(profile="central")
    here.dispatch.run(Rotate())
    store = Store.open(path, write=True)
    Identities(store).learn(credentials(here.settings), "arn:aws:sts::1:assumed-role/Beheer/mia", 1_800_000_000)
    store.close()
    here.dispatch.run(Rotate())
    desk(profile="ander").dispatch.run(Rotate())
    assert [line.entry.who[-3:] for line in lines(path)] == ["", "", "mia", "mia", "", ""]
    assert lines(path)[2].entry.who_at == 1_800_000_000


def test_a_finding_let_be_by_verb_or_screen_stands_there(desk, path, filled_store, capsys):
    """Both ways pass the dispatcher; a finding that is not there is a change that failed."""
    path.parent.mkdir()
    path.write_bytes(filled_store.read_bytes())
    with pytest.raises(NotFound):
        desk().dispatch.run(AcknowledgeFinding(7, "mag"))
    assert main(["findings", "--ack", "7", "--reason", "mag", "--store", str(path)]) == ExitCode.NOT_FOUND
    assert main(["findings", "--ack", "7", "--store", str(path), "--role", "auditor"]) == ExitCode.REFUSED
    told = [(line.entry.command, str(line.entry.act), line.entry.result) for line in lines(path)]
    assert told == [
        ("findings.acknowledge", "intent", ""),
        ("findings.acknowledge", "failed", "finding.not_found"),
        ("findings", "intent", ""),
        ("findings", "failed", "finding.not_found"),
        ("findings", "refused", "policy.role.judge"),
    ]


KILLED = """
import os, signal, sys
from pathlib import Path
from console.assembly import assemble
from console.settings import Settings
from tests.console.test_audit import Rotate

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
Rotate.run = die
assemble(Settings(store=Path(sys.argv[1]), write=True)).dispatch.run(Rotate("k1"))
"""


def test_a_kill_in_the_middle_leaves_the_intent(path):
    """SIGKILL while AWS is being asked: the line says that it was begun, and the chain is whole."""
    run = subprocess.run([sys.executable, "-c", KILLED, path], check=False, timeout=60)
    assert run.returncode == -signal.SIGKILL
    (intent,) = lines(path)
    assert (intent.entry.act, intent.entry.subject) == (Act.INTENT, "sleutel k1")


# -- nothing secret -----------------------------------------------------------------------------------------------


def test_nothing_secret_is_in_it(desk, path):
    """Key material, passwords and pasted text, searched raw, in hex and in base64 in every file and the export."""
    pasted = "AccessDenied " + SECRET.hex() + WORD
    here = desk()
    here.dispatch.run(Rotate("k1", password=WORD, pasted=pasted, material=SECRET))
    with pytest.raises(ConsoleError):
        here.dispatch.run(Rotate("k1" * 600, password=WORD, pasted=pasted, material=SECRET, fails=True))
    export = "\n".join(here.dispatch.run(ExportAudit()).lines).encode()
    here.close()
    everything = export + b"".join(file.read_bytes() for file in path.parent.iterdir())
    for known in (SECRET, WORD.encode()):
        for spelt in (known, known.hex().encode(), known.hex().upper().encode(), base64.b64encode(known)[:-4]):
            assert spelt not in everything
    assert b"sleutel k1" in everything
    assert lines(path)[0].entry.fields["password"] == "[secret]"
    assert set(lines(path)[0].entry.fields["pasted"]) == {"characters", "sha256"}


def test_text_of_several_lines_was_pasted(desk, path):
    """Also in a field that is not marked: output of a command pasted as an answer is told by its length and hash."""
    desk().dispatch.run(Rotate(f"{{\n  {WORD}\n}}"))
    desk().dispatch.run(AnswerLike(("r1", f"output={{\n{WORD}\n}}", "reason=mag")))
    assert WORD not in lines(path)[0].entry.fields["key"]
    run, output, reason = lines(path)[2].entry.fields["words"]
    assert (run, reason) == ("r1", "reason=mag")
    assert set(output) == {"characters", "sha256"}


# -- an audit that cannot be written -----------------------------------------------------------------------------


@pytest.fixture
def busy(path):
    """Somebody holds the store's write lock and does not let go."""
    store = Store.open(path, write=True)
    with store.atomic():
        yield
    store.close()


def test_no_change_without_the_audit(desk, path, busy, monkeypatch):
    """One sentence, the exit code of what is the matter, and nothing was run."""
    monkeypatch.setattr("store.database._BUSY_SECONDS", 0.05)
    ran = []
    monkeypatch.setattr(Rotate, "run", lambda *_: ran.append(1))
    with pytest.raises(Busy) as caught:
        desk().dispatch.run(Rotate())
    assert caught.value.key == "audit.unwritten"
    assert ran == []


def test_a_refusal_needs_no_audit(desk, path, busy, monkeypatch):
    """Refused is refused, also where nothing can be written."""
    monkeypatch.setattr("store.database._BUSY_SECONDS", 0.05)
    with pytest.raises(Refused):
        desk(write=False).dispatch.run(Rotate())


def test_a_refusal_makes_no_store(desk, path):
    """Who is refused before there is anything leaves no file behind."""
    with pytest.raises(Refused):
        desk(write=False).dispatch.run(Rotate())
    assert not path.exists()


def test_a_result_that_cannot_be_written_is_said(desk, path, monkeypatch):
    """It was done, and the person hears that the audit knows only of its beginning."""
    here = desk()

    def locked(self, services, listen):
        monkeypatch.setattr("store.database._BUSY_SECONDS", 0.05)
        held.append(Store.open(path, write=True))
        held[0].writer().execute("BEGIN IMMEDIATE")

    held = []
    monkeypatch.setattr("store.database._BUSY_SECONDS", 0.3)
    monkeypatch.setattr(Rotate, "run", locked)
    with pytest.raises(ConsoleError) as caught:
        here.dispatch.run(Rotate())
    held[0].close()
    assert caught.value.key == "audit.unfinished"
    assert caught.value.values["line"] == 1
    assert [line.entry.act for line in lines(path)] == [Act.INTENT]


# -- the verbs ----------------------------------------------------------------------------------------------------


@pytest.fixture
def three(desk, path):
    """Two lines of everybody's and one of an owner's."""
    desk().dispatch.run(Rotate("k1"))
    with pytest.raises(Refused):
        desk(role="owner", scope=Scope("A", "X"), write=False).dispatch.run(Rotate("k2"))
    return ["--store", str(path), "--lang", "nl"]


def test_list_shows_the_newest_first(three, capsys):
    """As a table with words, and as JSON with everything."""
    assert main(["audit", "list", *three]) == 0
    out = capsys.readouterr().out.splitlines()
    assert "geweigerd" in out[1]
    assert "begonnen" in out[3]
    assert main(["audit", "list", "--limit", "1", "--json", *three]) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert (line["seq"], line["act"], line["result"], line["scope"]) == (3, "refused", "policy.read_only", "A/X")
    assert main(["audit", "list", "--who", "niemand", "--since", "30d", *three]) == 0
    assert "Geen regels" in capsys.readouterr().err


def test_verify_says_whole_or_names_the_first_bad_line(three, path, capsys):
    """Exit 0 and the head to keep; exit 1 and one sentence."""
    assert main(["audit", "verify", *three]) == 0
    head = capsys.readouterr().out.split()[-1]
    assert main(["audit", "verify", "--head", head, *three]) == 0
    assert "regel 3" in capsys.readouterr().out
    assert main(["audit", "verify", "--head", "f" * 64, *three]) == 1
    assert main(["audit", "verify", "--head", "kort", *three]) == ExitCode.USAGE
    capsys.readouterr()
    attack(path, "UPDATE audit SET line = replace(line, 'k1', 'k9') WHERE seq = 2")
    assert main(["audit", "verify", *three]) == 1
    told = capsys.readouterr()
    assert told.out == "Regel 2 is niet zoals ze geschreven werd; alles ervoor wel.\n"
    assert "vraag een auditor" in told.err
    assert main(["audit", "verify", "--json", *three]) == 1
    assert json.loads(capsys.readouterr().out)["flaw"] == "edited"


def test_what_is_not_there_is_an_empty_cell(three, capsys):
    """`-q` and `--csv` leave open what a whole log has none of: a flaw, and the line that it is on."""
    assert main(["audit", "verify", "-q", *three]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert row[header.index("flaw") : header.index("anchored")].strip() == ""
    assert main(["audit", "verify", "--csv", *three]) == 0
    (told,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (told["flaw"], told["line"], told["kept"]) == ("", "", "")


def test_export_is_for_third_parties(three, tmp_path, capsys):
    """To stdout and to a new file the same lines; never over a file that exists."""
    assert main(["audit", "export", *three]) == 0
    out = capsys.readouterr().out
    file = tmp_path / "audit.jsonl"
    assert main(["audit", "export", str(file), *three]) == 0
    assert file.read_text() == out
    assert file.stat().st_mode & 0o077 == 0
    assert verified_independently(out.splitlines()) == 3
    assert main(["audit", "export", str(file), *three]) == ExitCode.USAGE
    assert main(["audit", "list", str(file), *three]) == ExitCode.USAGE


def test_an_owner_sees_the_own_lines_and_support_none(three, path, capsys):
    """The branch of the session, in the list and in the export; support meets the gate."""
    own = ["--role", "owner", "--scope", "A/X", *three]
    assert main(["audit", "list", "--json", *own]) == 0
    assert [line["seq"] for line in json.loads(capsys.readouterr().out)] == [3]
    assert main(["audit", "export", *own]) == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 1
    assert "eigen tak" in told.err
    assert main(["audit", "list", "--role", "owner", "--scope", "B", "--json", *three]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["audit", "list", "--role", "support", *three]) == ExitCode.REFUSED
    assert lines(path)[-1].entry.role == "support"


def test_the_anchor_stands_beside_the_store(three, path):
    """Where the documentation says that it is."""
    assert json.loads((path.parent / "estate.db.audit").read_text())["count"] == 3
    assert Anchor(path).read().count == 3
    assert not path.with_name("estate.db.audit.new").exists()


def test_a_wrong_day_is_said(desk, three):
    """As everywhere else."""
    with pytest.raises(UsageError):
        desk().dispatch.run(ListAudit(since="morgen"))
