"""Letting a finding be: who, when and why stay on record; it ends in time, and nobody reaches beyond their scope."""

import json
from dataclasses import replace

import pytest

from console.__main__ import main
from console.reports.findings import PARTS, sentence
from console.services.findings import rows
from console.text import Text
from store.findings import Findings, Wanted
from store.harvest import Alias
from tests.estates import DAY, NOW, OTHER, cmk, policy, volume
from tests.judging import A, B, Room, healthy

RECORD = "SELECT finding_id, rule, subject, who, role, at, reason, until, withdraws FROM acknowledgement ORDER BY id"


@pytest.fixture
def room(tmp_path):
    """A fault at each of the two tenants."""
    made = Room(tmp_path / "estate.db")
    a, b = (cmk(1, A, "X", "Productie", rotation_enabled=False),
            cmk(2, B, "Loket", "Productie", rotation_enabled=False, policy=policy(OTHER)))  # fmt: skip
    made.merge([a, b])
    yield made
    made.store.close()


@pytest.fixture
def console(room, capsys, monkeypatch):
    """Runs `findings` on the room's store: (exit code, the answer as JSON, stderr)."""
    monkeypatch.setattr(rows, "user", lambda: "jan")

    def run(*words):
        code = main(["findings", *words, "--json", "--store", str(room.settings.store)])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


def of(room, tenant):
    return next(each for each in room.found() if each.path[0] == tenant)


def test_who_when_and_why_stay_on_record(console, room):
    """An acknowledgement and its withdrawal are two lines that nothing takes away again."""
    id_ = of(room, A).id
    assert console("--ack", str(id_), "--reason", "wordt vervangen", "--until", "2030-01-31")[0] == 0
    assert [f["id"] for f in console()[1]] == [of(room, B).id]
    (told,) = [f["acknowledged"] for f in console("--all")[1] if f["id"] == id_]
    assert (told["who"], told["reason"], told["until"]) == ("jan", "wordt vervangen", "2030-02-01T00:00:00Z")
    assert console("--unack", str(id_), "--reason", "toch niet")[0] == 0
    assert len(console()[1]) == 2
    record = room.store.reader().execute(RECORD).fetchall()
    assert [(r[0], r[1], r[3], r[4], r[6], r[8]) for r in record] == [
        (id_, "rotation_off", "jan", "admin", "wordt vervangen", 0),
        (id_, "rotation_off", "jan", "admin", "toch niet", 1),
    ]
    assert all(r[2] and r[5] for r in record)


@pytest.mark.parametrize("reason", ["", "   "])
def test_without_a_reason_nothing_happens(console, room, reason):
    """One sentence, and no line on record."""
    code, _, err = console("--ack", str(of(room, A).id), "--reason", reason)
    assert code == 2
    assert "--reason" in err
    assert room.store.reader().execute(RECORD).fetchall() == []


def test_a_day_that_is_past_is_refused(console, room):
    """It would be open again at once, and its reason on record for nothing."""
    code, _, err = console("--ack", str(of(room, A).id), "--reason", "wordt vervangen", "--until", "2020-01-31")
    assert code == 2
    assert "2020-01-31" in err
    assert room.store.reader().execute(RECORD).fetchall() == []


def test_an_acknowledgement_ends_with_its_day(room):
    """From the day after, the finding is open again, without anybody doing anything."""
    findings = Findings(room.store, None, lambda: NOW)
    findings.acknowledge(of(room, A), "jan", "admin", "tot de verhuis", NOW + DAY)
    assert of(room, B).id == findings.window(Wanted())[0].id
    later = Findings(room.store, None, lambda: NOW + DAY)
    assert len(later.window(Wanted())) == 2
    assert later.find(of(room, A).id).ack is None


def test_an_owner_acknowledges_in_scope_alone(console, room):
    """Another tenant's finding is not there for them; their own is."""
    owner = ("--role", "owner", "--scope", A)
    code, _, err = console(*owner, "--ack", str(of(room, B).id), "--reason", "mag dat?")
    assert code == 4
    assert B not in err
    assert room.store.reader().execute(RECORD).fetchall() == []
    assert console(*owner, "--ack", str(of(room, A).id), "--reason", "bekend")[0] == 0
    code, _, err = console("--role", "owner", "--scope", B, "--unack", str(of(room, B).id), "--reason", "hoezo")
    assert code == 4


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_readers_may_not(console, room, role):
    """They see why not, in a sentence; nothing is written."""
    code, _, err = console("--role", role, "--ack", str(of(room, A).id), "--reason", "bekend")
    assert code == 3
    assert err.strip()
    assert room.store.reader().execute(RECORD).fetchall() == []


def test_an_acknowledgement_survives_a_sync_and_not_its_fault(room):
    """The same fault stays acknowledged; one that comes again after it was mended is open."""
    key = cmk(1, A, "X", "Productie", rotation_enabled=False)
    Findings(room.store).acknowledge(of(room, A), "jan", "admin", "bekend", None)
    room.merge([replace(key, description="anders")])
    assert room.rules() == []
    room.merge([replace(key, rotation_enabled=True)])
    room.merge([key])
    assert room.rules() == ["rotation_off"]


HOSTILE = "=cmd()\x1b[31m[red]"


@pytest.mark.parametrize("form", [(), ("--csv",)])
def test_a_hostile_reason_is_shown_as_text(room, capsys, form):
    """Neither the terminal nor a spreadsheet is given anything to obey."""
    Findings(room.store).acknowledge(of(room, A), HOSTILE, "admin", HOSTILE, None)
    assert main(["findings", "--all", *form, "--store", str(room.settings.store)]) == 0
    out = capsys.readouterr().out
    assert "cmd()" in out
    assert "\x1b" not in out
    assert not [cell for line in out.splitlines() for cell in line.split(",") if cell.startswith("=")]


def tangled(tmp_path):
    """Two tenants of which each has data under the other's key, and an alias that names the other."""
    made = Room(tmp_path / "tangled.db")
    cmks, keys = healthy()
    a, _, b = cmks
    y = cmk(9, A, "Y", "Productie")
    arn = b.arn.rpartition(":")[0]
    a = replace(a, aliases=(*a.aliases, Alias("alias/bureau-b/loket/productie", f"{arn}:alias/x", NOW, NOW)))
    b = replace(b, aliases=(Alias("alias/agentschap-a/x/productie", f"{arn}:alias/y", NOW, NOW),))
    strays = [
        volume(20, b, A, "X", "Productie"),
        volume(21, a, B, "Loket", "Productie", account=OTHER),
        *(volume(30 + n, a, B, "Balie", "Productie", account=OTHER) for n in range(2)),
        volume(40, a, A, "Y", "Productie"),
        volume(41, y, A, "Y", "Productie"),
    ]
    made.merge([a, cmks[1], b, y], [*keys, *strays])
    return made


@pytest.mark.parametrize(("scope", "others"), [(A, B), (B, A), (f"{A}/X", B), (f"{A}/X", "Y"), (f"{A}/Y", "X")])
def test_findings_name_nothing_outside_the_scope(tmp_path, scope, others):
    """Neither in values, paths and sentences, nor in the JSON; what is hidden is called somebody else's."""
    room = tangled(tmp_path)
    found = room.found(scope, acknowledged=True)
    assert found
    names = {others, others.lower().replace(" ", "-")}
    for each in found:
        told = [*each.path, each.expected, each.found, *(str(v) for _, v in each.values if _ != "name")]
        for lang in ("nl", "en"):
            told += [sentence(each, Text(lang), part) for part in PARTS]
        for name in names:
            for text in told:
                words = text.replace("/", " ").split() if len(name) == 1 else text
                assert name not in words, (each.rule, text)
    room.store.close()


def test_an_alias_of_somebody_else_is_hidden_with_its_place(tmp_path):
    """The alias itself names the other tenant."""
    room = tangled(tmp_path)
    (found,) = [each for each in room.found(A) if each.rule == "alias_astray"]
    assert dict(found.values)["alias"] == ""
    assert "iemand anders" in sentence(found, Text("nl"))
    (whole,) = [each for each in room.found() if each.rule == "alias_astray" and each.path[0] == A]
    assert dict(whole.values)["alias"] == "bureau-b/loket/productie"
    room.store.close()
