"""The audit as a chain: whatever somebody does to it shows, and whatever befalls us does not look like that."""

import json
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from store.anchor import Anchor
from store.audit import GUARDS, Audit, Wanted
from store.journal import START, Act, AuditLine, Entry, Flaw

LINES = 9


def entry(number=0, **told):
    told = {"act": Act.DONE, "command": "findings", "role": "admin", "user": "mia", "host": "pc"} | told
    return Entry(subject=f"sleutel {number}", **told)


@pytest.fixture
def audit(store):
    return Audit(store)


@pytest.fixture
def chain(audit):
    """Nine lines."""
    for number in range(LINES):
        audit.append(entry(number))
    return audit


def attack(path, *statements):
    """Somebody with the file and a bit of SQL, who takes the guards away and puts them back."""
    with sqlite3.connect(path) as raw:
        guards = [raw.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0] for name in GUARDS]
        for name in GUARDS:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
        for guard in guards:
            raw.execute(guard)
    raw.close()


def forged(path, change, anchor=False):
    """The same, by one who knows how it works: every line through `change`, all hashes computed anew."""
    with sqlite3.connect(path) as raw:
        lines = [text for (text,) in raw.execute("SELECT line FROM audit ORDER BY seq")]
    raw.close()
    previous, statements = START, ["DELETE FROM audit"]
    for number, line in enumerate(change(lines), 1):
        text = json.dumps(json.loads(line) | {"seq": number}, sort_keys=True, separators=(",", ":"))
        previous = sha256((previous + text).encode()).hexdigest()
        statements.append(f"INSERT INTO audit (seq, line, hash) VALUES ({number}, '{text}', '{previous}')")
    attack(path, *statements)
    if anchor:
        Anchor(path).path.write_text(json.dumps({"count": number, "hash": previous}))
    return previous


def verified_independently(lines):
    """What `store.journal` promises to those without this console, in a few lines of Python: the number of sound lines."""
    previous = "0" * 64
    for number, exported in enumerate(lines, 1):
        canonical, tail = exported[:-75] + "}", exported[-75:]
        hash_ = sha256((previous + canonical).encode("ascii")).hexdigest()
        if tail != f',"hash":"{hash_}"}}' or json.loads(exported)["seq"] != number:
            return number - 1
        again = json.dumps(json.loads(canonical), sort_keys=True, separators=(",", ":"))
        assert again == canonical
        previous = hash_
    return number


# -- whole -------------------------------------------------------------------------------------------------------


def test_a_chain_that_nobody_touched_is_whole(chain):
    """Every hash is as computed, and the head beside the store is the last line's."""
    proof = chain.prove()
    assert proof.whole
    assert (proof.count, proof.anchored) == (LINES, LINES)
    assert proof.head == chain.window(limit=1)[0].hash


def test_an_empty_audit_is_whole(audit):
    """Nothing happened yet: no alarm, although there is no head beside the store."""
    assert audit.prove().whole


def test_the_newest_comes_first(chain):
    """A window of any place, newest first."""
    assert [line.seq for line in chain.window()] == list(range(LINES, 0, -1))
    assert [line.seq for line in chain.window(offset=2, limit=3)] == [7, 6, 5]
    assert chain.window(offset=20) == []
    assert chain.window()[0].entry.subject == "sleutel 8"


def test_a_third_party_can_verify_an_export(chain):
    """The documented form is all that one needs."""
    lines = list(chain.stream())
    assert verified_independently(lines) == LINES
    lines[4] = lines[4].replace("sleutel 4", "sleutel 5")
    assert verified_independently(lines) == 4


# -- the guards ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET line = '{}' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 9",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit (seq, line, hash) VALUES (3, '{}', '')",
        "INSERT INTO audit (seq, line, hash) VALUES (20, '{}', '')",
    ],
)
def test_the_table_is_only_added_to(chain, store, statement):
    """SQL that would change, remove, replace or skip is refused by the store itself."""
    with pytest.raises(sqlite3.IntegrityError, match="only added to"), store.atomic() as connection:
        connection.execute(statement)
    assert chain.prove().whole


def test_the_guards_are_there_after_every_migration(chain, store):
    """A later migration that makes the table anew (sqlite-utils' transform) would lose them: here it shows."""
    found = {name for (name,) in store.reader().execute("SELECT name FROM sqlite_master WHERE tbl_name = 'audit'")}
    assert found.issuperset(GUARDS)


def test_a_guard_that_was_taken_away_shows(chain, store):
    """Also when no line was touched yet."""
    with store.atomic() as connection:
        connection.execute("DROP TRIGGER audit_no_delete")
    assert chain.prove().flaw is Flaw.UNGUARDED


# -- attacks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statements", "flaw", "line"),
    [
        (["UPDATE audit SET line = replace(line, 'mia', 'jan') WHERE seq = 5"], Flaw.EDITED, 5),
        ([f"UPDATE audit SET hash = '{START}' WHERE seq = 5"], Flaw.EDITED, 5),
        (["UPDATE audit SET line = 'geen JSON' WHERE seq = 5"], Flaw.EDITED, 5),
        (["UPDATE audit SET line = x'80ff', hash = x'00' WHERE seq = 5"], Flaw.EDITED, 5),
        ([f"UPDATE audit SET line = '{'[' * 100_000}' WHERE seq = 5"], Flaw.EDITED, 5),
        (["DELETE FROM audit WHERE seq = 1"], Flaw.GONE, 1),
        (["DELETE FROM audit WHERE seq = 5"], Flaw.GONE, 5),
        (["DELETE FROM audit WHERE seq = 5", "UPDATE audit SET seq = seq - 1 WHERE seq > 5"], Flaw.EDITED, 5),
        (["DELETE FROM audit WHERE seq = 9"], Flaw.CUT, 9),
        (["DELETE FROM audit WHERE seq > 3"], Flaw.CUT, 4),
        (["DELETE FROM audit"], Flaw.CUT, 1),
        (
            [
                "UPDATE audit SET seq = -4 WHERE seq = 4",
                "UPDATE audit SET seq = 4 WHERE seq = 6",
                "UPDATE audit SET seq = 6 WHERE seq = -4",
            ],
            Flaw.EDITED,
            4,
        ),
        (
            [
                "UPDATE audit SET seq = seq + 100 WHERE seq > 4",
                "UPDATE audit SET seq = seq - 99 WHERE seq > 100",
                "INSERT INTO audit (seq, line, hash) SELECT 5, line, hash FROM audit WHERE seq = 4",
            ],
            Flaw.EDITED,
            5,
        ),
        (["INSERT INTO audit (seq, line, hash) SELECT 0, line, hash FROM audit WHERE seq = 1"], Flaw.GONE, 1),
    ],
    ids=["edit", "hash", "garbage", "bytes", "deep", "start", "middle", "closed", "end", "tail", "all", "reorder",
         "insert", "before"],
)  # fmt: skip
def test_an_attack_shows_with_the_first_bad_line(chain, path, statements, flaw, line):
    """Edit, cut at the start, in the middle and at the end, reorder, insert: found, and where."""
    attack(path, *statements)
    proof = chain.prove()
    assert (proof.flaw, proof.line) == (flaw, line)


def test_a_spoilt_line_is_still_listed(chain, path):
    """What can no longer be read stands there with nothing in it, and breaks no list, filter or export."""
    attack(path, "UPDATE audit SET line = x'80ff' WHERE seq = 5", "UPDATE audit SET line = '[[' WHERE seq = 6")
    assert [line.seq for line in chain.window()] == list(range(LINES, 0, -1))
    assert chain.count(Wanted(who="MIA")) == LINES - 2
    assert verified_independently(chain.stream()) == 4


def test_a_chain_written_anew_shows_by_the_head_beside_the_store(chain, path):
    """Whoever computes all hashes again still meets the head that was kept."""
    forged(path, lambda lines: [line.replace("mia", "jan") for line in lines])
    assert chain.prove().flaw is Flaw.REWRITTEN


def test_the_head_stays_as_evidence_while_work_goes_on(chain, path):
    """Lines added after a cut do not cover it up, not even when they become more than before."""
    attack(path, "DELETE FROM audit WHERE seq > 3")
    for number in range(20):
        chain.append(entry(number))
        assert not chain.prove().whole
    assert chain.prove().flaw is Flaw.REWRITTEN


def test_one_who_forges_both_meets_a_head_kept_elsewhere(chain, path):
    """Table and head rewritten together look whole here; the hash that somebody wrote down does not fit."""
    kept = chain.prove().head
    assert chain.prove(kept).kept == LINES
    forged(path, lambda lines: lines[1:], anchor=True)
    assert chain.prove().whole
    assert chain.prove(kept).flaw is Flaw.NOT_THIS_CHAIN


def test_a_kept_head_may_be_old(chain):
    """It belongs to a line further back, and says which."""
    kept = chain.prove().head
    chain.append(entry())
    proof = chain.prove(kept)
    assert proof.whole
    assert (proof.kept, proof.count) == (LINES, LINES + 1)


def test_a_head_that_is_gone_shows(chain, path):
    """Without it a cut at the end could not be seen; nothing puts a new one in its place."""
    Anchor(path).path.unlink()
    assert chain.prove().flaw is Flaw.NO_ANCHOR
    chain.append(entry())
    assert chain.prove().flaw is Flaw.NO_ANCHOR


@pytest.mark.parametrize(
    "told",
    ["", "{}", "[]", "null", '{"count":"9","hash":"x"}', '{"count":-1,"hash":"' + START + '"}', "[" * 10_000, "\x80"],
)
def test_a_head_of_nonsense_shows(chain, path, told):
    """A head that we could not have written is an alarm, and no crash."""
    Anchor(path).path.write_text(told, encoding="latin-1")
    assert chain.prove().flaw is Flaw.BAD_ANCHOR


# -- accidents -----------------------------------------------------------------------------------------------------


def test_a_head_that_lags_is_no_alarm(chain, path):
    """Killed between the line and the head: the next line takes the head along."""
    lagging = Anchor(path).path.read_bytes()
    chain.append(entry())
    Anchor(path).path.write_bytes(lagging)
    assert chain.prove().whole
    chain.append(entry())
    assert chain.prove().anchored == LINES + 2


KILLED = """
import os, signal, sys
from pathlib import Path
from store import anchor
from store.audit import Audit
from store.database import Store
from store.journal import Act, Entry

moment = sys.argv[2]
audit = Audit(Store.open(Path(sys.argv[1]), write=True))
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if moment == "begin":
    anchor.Anchor.begin = die
if moment == "commit":
    anchor.Anchor.move = die
if moment == "rename":
    anchor.Path = None
    os.fsync = die
audit.append(Entry(Act.DONE, "x", "admin", "mia", "pc"))
"""


@pytest.mark.parametrize("moment", ["begin", "commit", "rename"])
@pytest.mark.parametrize("before", [0, 3])
def test_killed_while_adding_it_is_whole(store, path, moment, before):
    """SIGKILL before the first head, between line and head, in the middle of writing the head: no false alarm."""
    audit = Audit(store)
    for number in range(before):
        audit.append(entry(number))
    run = subprocess.run([sys.executable, "-c", KILLED, path, moment], check=False, timeout=60)
    assert run.returncode == -signal.SIGKILL or (moment == "begin" and before)
    assert audit.prove().whole
    audit.append(entry())
    assert audit.prove().whole
    assert audit.prove().anchored == audit.count()


def test_two_processes_at_once_make_one_chain(store, path):
    """Four writers, each in a process of its own: every line is there, in one chain, under one head."""
    program = (
        "import sys; from pathlib import Path; from store.audit import Audit; from store.database import Store;"
        "from store.journal import Act, Entry; audit = Audit(Store.open(Path(sys.argv[1]), write=True));"
        "[audit.append(Entry(Act.DONE, 'x', 'admin', sys.argv[2], 'pc')) for _ in range(25)]"
    )
    writers = [subprocess.Popen([sys.executable, "-c", program, path, f"u{nr}"]) for nr in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    proof = Audit(store).prove()
    assert proof.whole
    assert (proof.count, proof.anchored) == (100, 100)
    assert [Audit(store).count(Wanted(who=f"u{nr}")) for nr in range(4)] == [25] * 4


def test_verifying_while_others_write_is_no_alarm(store, path):
    """The head is read before the lines, so that it never leads."""
    audit = Audit(store)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: [audit.append(entry(n)) for n in range(60)])
        while not writing.done():
            assert audit.prove().whole
        writing.result()


# -- what lines hold ---------------------------------------------------------------------------------------------


HOSTILE = "\x1b[2J\n\r\t\0\u202ekwaad\u2066\x7f\x9b \xe9 \U0001f512 '; DROP TABLE audit; --"


def test_hostile_text_is_kept_and_harmless(store):
    """Escapes, newlines, bidi tricks, SQL: the line is one line of ASCII and comes back as it was."""
    audit = Audit(store)
    audit.append(Entry(Act.DONE, HOSTILE, "admin", "mia", "pc", subject=HOSTILE, fields={HOSTILE: HOSTILE}))
    audit.append(Entry(Act.DONE, "half \ud800", "admin", "mia", "pc", subject="\udfff"))
    lines = list(audit.stream())
    assert all(line.isascii() and "\n" not in line and "\x1b" not in line for line in lines)
    assert audit.prove().whole
    assert verified_independently(lines) == 2
    assert audit.window()[1].entry.fields == {HOSTILE: HOSTILE}


def test_a_filter_finds_by_person_and_day(store):
    """A piece of the user's name or of the AWS identity, and only from a moment on."""
    clock = iter(range(1_800_000_000, 1_900_000_000, 86_400))
    audit = Audit(store, now=lambda: next(clock))
    for user, who in (("mia", "arn:aws:sts::1:assumed-role/Beheer/mia"), ("jan", ""), ("els", "")):
        audit.append(entry(user=user, who=who))
    assert [line.entry.user for line in audit.window(Wanted(who="beheer"))] == ["mia"]
    assert [line.entry.user for line in audit.window(Wanted(since=audit.window()[1].at))] == ["els", "jan"]
    assert audit.count(Wanted(who="zz")) == 0


def test_a_scope_sees_its_own_lines(store):
    """Lines of the own branch and below it; none of a name that merely begins alike, none of everybody's."""
    for scope in ("", "A", "A/X", "A/XY", "AB", "B/X"):
        Audit(store).append(entry(scope=scope))

    def seen(scope):
        return [line.entry.scope for line in Audit(store, scope).window()]

    assert seen("A") == ["A/XY", "A/X", "A"]
    assert seen("A/X") == ["A/X"]
    assert len(list(Audit(store, "A/X").stream())) == 1
    assert len(seen("")) == 6


def test_a_line_is_a_record(chain):
    """What was written is what is read."""
    (line,) = chain.window(limit=1)
    assert isinstance(line, AuditLine)
    assert line.entry == entry(8)
    assert line.id == line.seq == LINES


def test_the_head_is_for_its_owner_alone(chain, path):
    """Nobody else on the machine reads or writes it."""
    assert Anchor(path).path.stat().st_mode & 0o077 == 0
