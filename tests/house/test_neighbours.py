"""Two tenants in one store: whoever has a scope sees no trace of the other, whatever is asked, in whatever words."""

import time

import pytest

from console.commands.findings import AcknowledgeFinding, ListFindings, WithdrawAcknowledgement
from console.policy import Role
from store.records import Kind, NodeRef
from tests.estates import NOW, TENANT
from tests.house.neighbours import (
    BESIDE,
    MINE,
    MY_KEY,
    OTHERS,
    SIBLINGS,
    SPY,
    THEIR_KEY,
    THEIR_OFF_KEY,
    THEIRS,
    A,
    B,
    build,
)
from tests.house.walk import AWAY, LOOKING, asks, desk_of, every_command, every_ref, outcome, told

NUMBERS = {
    "findings.count",
    "findings.problems",
    "audit.verify",
    "calendar",
    "asof",
    "runs",
    "runs.hear",
    "runs.list",
    "runs.show",
    "retire",
    "verdicts",
}
"""Commands that answer in numbers, ids and dates alone, or of which this estate holds nothing."""

TENANT_SCOPE, APPLICATION_SCOPE = {"scope": A}, {"scope": f"{A}/X"}
SCOPED = [
    pytest.param({"role": role, "write": write} | scope, OTHERS + (SIBLINGS if "/" in scope["scope"] else ()), id=name)
    for role in Role
    for scope in (TENANT_SCOPE, APPLICATION_SCOPE)
    for write in (False, True)
    for name in [f"{role}-{scope['scope']}-{'write' if write else 'look'}"]
]

MINE_WORDS = [A, "X", "web", "web-1 /data", "vol-", "vol-00000000000000001", "x-documenten", "alias/agentschap-a/x/productie",
              MY_KEY.key_id, MY_KEY.arn, MY_KEY.current_material, TENANT, "AccessDenied kms:Decrypt " + MY_KEY.arn, "1", "a", "kms"]  # fmt: skip
PATHS = ["", A, "/".join(MINE[:2]), "/".join(MINE)]

GUESSES = [
    B, "zwart-emmer", "zwart-bij-a", "zwart-20", "vol-badbadbad00000014", "vol-badbadbad00000028", THEIR_KEY.key_id,
    THEIR_KEY.arn, THEIR_OFF_KEY.key_id, THEIR_KEY.current_material, "alias/zwartboek/zwartloket/zwartprod", SPY,
    f"arn:aws:dynamodb:eu-west-1:{SPY}:table/zwart-gast", "DisabledException: " + THEIR_OFF_KEY.arn,
    "arn:aws:s3:::zwart-emmer/map/blad", "zw",
]  # fmt: skip
"""What the other tenant has."""
PATH_GUESSES = [
    "/".join(THEIRS), f"{B}/Zwartloket", f"{'/'.join(THEIRS)}/{THEIR_KEY.key_id}",
    f"{'/'.join(MINE)}/{MY_KEY.key_id}/zwart-bij-a", f"{A}/{THEIRS[1]}",
]  # fmt: skip
NOBODYS = (("zw", "xq"), ("0bad0bad", "0cafecaf"), ("badbadbad", "cafecafec"), (SPY, "777700007777"))
"""What turns these into something of the same form that nobody has, and such an answer back."""


def nobodys(guess):
    for true, false in (*NOBODYS, ("Zw", "Xq")):
        guess = guess.replace(true, false)
    return guess


def turned_back(said):
    for true, false in NOBODYS:
        said = said.replace(false, true)
    return said


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """Both tenants, under each other's CMKs."""
    return build(tmp_path_factory.mktemp("linked"))


@pytest.fixture(autouse=True)
def still(monkeypatch):
    """Time stands still: what is asked twice is answered at one moment."""
    monkeypatch.setattr(time, "time", lambda: NOW)


def commands():
    """Those that only answer, by name."""
    found = every_command().items()
    return {name: kind for name, kind in found if name not in AWAY and kind.needs in LOOKING}


def typed(command):
    """What a person wrote themselves: it may stand in the answer."""
    values = [getattr(command, name) for name in command.__slots__]
    return [value.lower() for value in values if isinstance(value, str) and value]


def without(text, words):
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "#")
    return text


@pytest.mark.parametrize(("who", "marks"), SCOPED)
def test_no_answer_holds_a_word_of_somebody_else(linked, who, marks):
    """Every command × role × scope × mode, with every node and every kind of text: answer, report, JSON, CSV and
    error in both languages hold nothing of the other tenant, and within an application nothing of its sibling."""
    desk, refs = desk_of(linked, **who), every_ref(linked)
    words = [*MINE_WORDS, *GUESSES, "zwart", "zij", "0", "6"]
    paths = [*PATHS, *PATH_GUESSES, "/".join(BESIDE), "unassigned"]
    for kind in commands().values():
        for ask in asks(kind, refs, words, paths):
            said, own = without(told(outcome(desk, ask)), typed(ask)), " ".join(typed(ask))
            assert [mark for mark in marks if mark in said and mark not in own] == [], ask


def test_the_marks_are_seen_without_a_scope(linked):
    """The same questions of an administrator are answered with all of them: the walk looks in the right places."""
    desk, refs = desk_of(linked, role="admin"), every_ref(linked)
    said = {name: told([outcome(desk, ask) for ask in asks(kind, refs, [B], [])]) for name, kind in commands().items()}
    quiet = {name for name, words in said.items() if not any(mark in words for mark in OTHERS)}
    assert quiet <= NUMBERS


@pytest.mark.parametrize("scope", [TENANT_SCOPE, APPLICATION_SCOPE], ids=["tenant", "application"])
@pytest.mark.parametrize("guess", [*GUESSES, *PATH_GUESSES])
def test_what_is_somebody_elses_is_as_what_does_not_exist(linked, scope, guess):
    """A guess at a foreign name, id, ARN or path gets the very answer that a guess at nothing gets."""
    desk = desk_of(linked, role="owner", **scope)
    for kind in commands().values():
        both = [list(asks(kind, [], [word], [word])) for word in (guess, nobodys(guess))]
        for true, false in zip(*both, strict=True):
            assert told(outcome(desk, true)) == turned_back(told(outcome(desk, false))), true


@pytest.mark.parametrize("scope", [TENANT_SCOPE, APPLICATION_SCOPE], ids=["tenant", "application"])
def test_a_foreign_number_is_as_one_that_nothing_has(linked, scope):
    """The store's own numbers cannot be counted through: a foreign node answers as one that is not there."""
    desk = desk_of(linked, role="owner", **scope)
    catalog = desk_of(linked, role="owner", **scope).dispatch.services.catalog
    foreign = [ref for ref in every_ref(linked) if catalog.node(ref) is None]
    assert {ref.kind for ref in foreign} >= {Kind.TENANT, Kind.APPLICATION, Kind.ENVIRONMENT, Kind.CMK, Kind.DATA_KEY}
    for name, kind in commands().items():
        for ref in foreign:
            for true, false in zip(
                asks(kind, [ref], [], []), asks(kind, [NodeRef(ref.kind, 99_999)], [], []), strict=True
            ):
                assert outcome(desk, true) == outcome(desk, false), (name, ref)


@pytest.mark.parametrize("role", [Role.OWNER, Role.SUPPORT])
def test_an_estate_answers_as_if_it_were_alone(tmp_path, role):
    """Nothing that can be asked tells whether there are other tenants: no count, sum, date, gap or order differs
    from a store and settings in which they never were."""
    beside = build(tmp_path / "beside", linked=False)
    alone = build(tmp_path / "alone", neighbours=False)
    refs = every_ref(alone)
    for scope in (TENANT_SCOPE, APPLICATION_SCOPE):
        desks = [desk_of(estate, role=role, **scope) for estate in (beside, alone)]
        for name, kind in commands().items():
            if name.startswith("audit"):
                continue  # a line is written at its own moment, and names its place in the one chain
            for ask in asks(kind, refs, MINE_WORDS, PATHS):
                assert outcome(desks[0], ask) == outcome(desks[1], ask), ask


@pytest.mark.parametrize("scope", [TENANT_SCOPE, APPLICATION_SCOPE], ids=["tenant", "application"])
def test_nobody_judges_what_they_do_not_see(tmp_path, scope):
    """Acknowledging or opening somebody else's finding by its number is as for a number that no finding has."""
    estate = build(tmp_path)
    whole = {each.id for each in desk_of(estate, role="admin").dispatch.run(ListFindings()).all()}
    desk = desk_of(estate, role="owner", **scope)
    mine = {each.id for each in desk.dispatch.run(ListFindings()).all()}
    assert mine
    assert whole - mine
    for wish in (AcknowledgeFinding, WithdrawAcknowledgement):
        nothing = without(told(outcome(desk, wish(9_999, "zo"))), ["9999"])
        for number in whole - mine:
            assert without(told(outcome(desk, wish(number, "zo"))), [str(number)]) == nothing
    for number in mine:
        said = told(outcome(desk, AcknowledgeFinding(number, "zo")))
        assert [mark for mark in OTHERS if mark in said] == []


def test_support_sees_what_a_card_may_show(linked):
    """Key policies, tags, descriptions, what a scan noted besides and AWS's own words are for administrators."""
    desk, refs = desk_of(linked, role="support"), every_ref(linked)
    said = told([outcome(desk, ask) for kind in commands().values() for ask in asks(kind, refs, MINE_WORDS, PATHS)])
    withheld = ("zwartrol", "kms:calleraccount", "i-zwart", "zwart mag niet", "zwart zwerft", "zwart@voorbeeld.be")
    assert [word for word in withheld if word in said] == []
    whole = desk_of(linked, role="auditor")
    told_whole = told(
        [outcome(whole, ask) for kind in commands().values() for ask in asks(kind, refs, MINE_WORDS, PATHS)]
    )
    assert [word for word in withheld if word not in told_whole] == []
