"""An owner takes a request back: as long as nothing is made, and never beside a judgement that was there first."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from console.errors import Busy, ConsoleError, Refused, UsageError
from console.text import Text
from console.text.paths import tenant_folder
from store.request_records import Act, Stand
from store.run_records import RunStatus
from tests.requests.ground import A


def refusal(party, request, act=Act.WITHDRAW):
    with pytest.raises(ConsoleError) as refused:
        party.desk.move(request.id, act, "")
    return refused.value.key


def broken():
    """Whoever is at it is cut off here."""
    raise KeyboardInterrupt


def between_look_and_write(monkeypatch, desk, other):
    """Once, when this desk has looked and is about to write, `other` happens."""
    before, calls = desk.exchange.put_new, []

    def late(key, body):
        if not calls:
            calls.append(key)
            other()
        return before(key, body)

    monkeypatch.setattr(desk.exchange, "put_new", late)
    return desk


def test_what_is_withdrawn_is_closed_on_both_sides(ground):
    """The administrator reads by whom and why; nobody can do anything more with it; it may be asked for again."""
    request = ground.owner.desk.submit(ground.wish())
    ground.admin.desk.fetch()
    assert ground.owner.desk.move(request.id, Act.WITHDRAW, "toch niet nodig").stand is Stand.WITHDRAWN
    assert ground.admin.desk.fetch().moved == (request.id,)
    there = ground.admin.desk.find(request.id)
    assert (there.stand, there.moves[-1].said) == (Stand.WITHDRAWN, "toch niet nodig")
    assert there.moves[-1].by == ground.owner.person
    assert {refusal(ground.admin, request, act) for act in (Act.APPROVE, Act.REJECT, Act.BEGIN)} == {
        "request.not_now.withdrawn"
    }
    assert refusal(ground.owner, request) == "request.not_now.withdrawn"
    assert ground.owner.desk.submit(ground.wish()).id != request.id


def test_nobody_withdraws_what_they_have_not_seen(ground):
    """Approved since the owner last looked: that is told first, and whoever still wants to may do it then."""
    request = ground.approved()
    with pytest.raises(Busy) as told:
        ground.owner.desk.move(request.id, Act.WITHDRAW)
    assert (
        Text("en")
        .t(told.value.key, **told.value.values)
        .startswith(f'{ground.admin.person} was before you: {request.id} is now "approved"')
    )
    assert ground.owner.desk.move(request.id, Act.WITHDRAW).stand is Stand.WITHDRAWN


def test_a_question_can_be_answered_by_withdrawing(ground):
    """Asked back, it is still the tenant's to take away."""
    request = ground.owner.desk.submit(ground.wish())
    ground.admin.desk.move(ground.admin.desk.fetch().moved[0], Act.ASK, "waarom?")
    ground.owner.desk.fetch()
    assert ground.owner.desk.move(request.id, Act.WITHDRAW).stand is Stand.WITHDRAWN
    assert ground.admin.desk.fetch().moved == (request.id,)


def test_what_is_approved_but_not_begun_is_never_made(ground):
    """A run that was to make it finds that out before it makes anything."""
    request = ground.approved()
    ground.owner.desk.fetch()
    ground.owner.desk.move(request.id, Act.WITHDRAW)
    view = ground.admin.provision(request)
    assert (view.run.status, view.run.reason.key) == (RunStatus.FAILED, "request.not_now.withdrawn")
    assert ground.keys_of(request) == []


def test_it_is_too_late_once_it_is_being_made(ground):
    """Begun, handed over: the owner is told who has it, and nothing changes."""
    request = ground.approved()
    ground.cloud.fault("CreateAlias", ground.region)
    ground.admin.provision(request)
    ground.cloud.heal()
    assert refusal(ground.owner, request) == "request.too_late"
    assert ground.owner.desk.find(request.id).stand is Stand.MAKING


def test_an_administrator_rejects_and_does_not_withdraw(ground):
    """Unless it is one's own, which one may not reject."""
    request = ground.owner.desk.submit(ground.wish())
    ground.admin.desk.fetch()
    assert refusal(ground.admin, request) == "request.not_yours"
    own = ground.admin.desk.submit(ground.wish(ground.admin, environment="T&I"))
    assert refusal(ground.admin, own, Act.REJECT) in ("request.four_eyes", "request.say_why")
    assert ground.admin.desk.move(own.id, Act.WITHDRAW).stand is Stand.WITHDRAWN


@pytest.mark.parametrize("act", [Act.APPROVE, Act.REJECT, Act.ASK])
def test_a_judgement_that_came_first_wins_and_the_owner_is_told(ground, monkeypatch, act):
    """The administrator judges between the owner's look and write: nothing of the owner's is written."""
    request = ground.owner.desk.submit(ground.wish())
    ground.admin.desk.fetch()
    judged = partial(ground.admin.desk.move, request.id, act, "eerst")
    with pytest.raises(Busy) as told:
        between_look_and_write(monkeypatch, ground.owner.desk, judged).move(request.id, Act.WITHDRAW)
    assert (told.value.key, told.value.values["who"]) == ("request.overtaken_by", ground.admin.person)
    held = ground.owner.desk.requests.find(request.id)  # without another look
    assert held.moves[-1].act is act
    ground.admin.desk.fetch()
    assert ground.admin.desk.find(request.id).moves == held.moves


@pytest.mark.parametrize("act", [Act.APPROVE, Act.BEGIN])
def test_a_withdrawal_that_came_first_wins_and_the_administrator_is_told(ground, monkeypatch, act):
    """The owner withdraws between the administrator's look and write, be it to judge or to begin making it."""
    request = ground.approved() if act is Act.BEGIN else ground.owner.desk.submit(ground.wish())
    for party in (ground.admin, ground.owner):
        party.desk.fetch()
    withdrawn = partial(ground.owner.desk.move, request.id, Act.WITHDRAW)
    desk = between_look_and_write(monkeypatch, ground.admin.desk, withdrawn)
    with pytest.raises(Busy) as told:
        desk.begin(request.id, "somerun222") if act is Act.BEGIN else desk.move(request.id, act)
    assert (told.value.key, told.value.values["who"]) == ("request.overtaken_by", ground.owner.person)
    assert ground.admin.desk.requests.find(request.id).stand is Stand.WITHDRAWN
    ground.colleague.desk.fetch()
    assert ground.colleague.desk.find(request.id).moves == ground.owner.desk.find(request.id).moves


def test_however_often_both_move_at_once_one_move_counts(ground):
    """Two consoles let loose together, again and again: one succeeds, one is told, and both hold the same."""
    for number in range(6):
        request = ground.owner.desk.submit(ground.wish(environment=f"Omgeving{number}"))
        ground.admin.desk.fetch()
        start = Barrier(2)

        def moves(party, act, request=request, start=start):
            desk = party.desk
            start.wait()
            try:
                return desk.move(request.id, act)
            except (Busy, UsageError) as error:
                return error.key

        with ThreadPoolExecutor(2) as both:
            told = list(both.map(moves, (ground.owner, ground.admin), (Act.WITHDRAW, Act.APPROVE)))
        for party in (ground.owner, ground.admin):
            party.desk.fetch()
        held = ground.owner.desk.find(request.id)
        assert held.moves == ground.admin.desk.find(request.id).moves
        assert [isinstance(answer, str) for answer in told].count(True) == 1, told


@pytest.mark.parametrize("act", [Act.WITHDRAW, Act.APPROVE])
def test_a_move_whose_second_half_failed_has_moved(ground, monkeypatch, act):
    """The move lies where it counts and the thread could not be left: both sides read it all the same."""
    request = ground.owner.desk.submit(ground.wish())
    ground.admin.desk.fetch()
    mover, other = (ground.owner, ground.admin) if act is Act.WITHDRAW else (ground.admin, ground.owner)
    desk, place = mover.desk, "requests" if act is Act.WITHDRAW else "judgements"
    key = f"{place}/{tenant_folder(A)}/{request.id}.kms-letter"
    write, replace = desk.exchange.put_new, desk.exchange.replace
    monkeypatch.setattr(desk.exchange, "put_new", lambda at, body: broken() if at == key else write(at, body))
    monkeypatch.setattr(desk.exchange, "replace", lambda at, *rest: broken() if at == key else replace(at, *rest))
    with pytest.raises(KeyboardInterrupt):
        desk.move(request.id, act)
    assert other.desk.fetch().moved == mover.desk.fetch().moved == (request.id,)
    assert mover.desk.find(request.id).moves == other.desk.find(request.id).moves
    assert mover.desk.find(request.id).moves[-1].act is act


def test_the_same_move_tried_again_is_no_fault(ground, monkeypatch):
    """The answer to a first try was lost on its way: what lies there is our own."""
    request = ground.owner.desk.submit(ground.wish())
    desk = ground.owner.desk
    before = desk.exchange.put_new

    def twice(key, body):
        before(key, body)
        return before(key, body)

    monkeypatch.setattr(desk.exchange, "put_new", twice)
    assert desk.move(request.id, Act.WITHDRAW).stand is Stand.WITHDRAWN


def test_what_blocks_the_way_is_told_for_what_it_is(ground):
    """A tenant can leave nonsense where the next move belongs: it is refused with the reason, and stays unbelieved."""
    request = ground.owner.desk.submit(ground.wish())
    ground.admin.desk.fetch()
    place = f"requests/{tenant_folder(A)}/{request.id}.0002.kms-letter"
    ground.exchange(ground.number).put_new(place, b"niets")
    with pytest.raises(Refused) as refused:
        ground.admin.desk.move(request.id, Act.APPROVE)
    assert refused.value.key == "request.letter.not_ours"
    assert ground.admin.desk.find(request.id).stand is Stand.SUBMITTED
    assert [each.why.key for each in ground.admin.desk.fetch().problems] == ["request.letter.not_ours"]


def test_a_move_in_another_s_place_is_not_believed(ground):
    """A true letter under the number of another move, or a judgement that nobody signed, moves nothing."""
    request = ground.owner.desk.submit(ground.wish())
    bucket, folder = ground.exchange(ground.number), tenant_folder(A)
    letter = bucket.get(f"requests/{folder}/{request.id}.kms-letter", 2**20).body
    bucket.put_new(f"requests/{folder}/{request.id}.0004.kms-letter", letter)
    news = ground.admin.desk.fetch()
    assert [each.why.key for each in news.problems] == ["request.strange_name"]
    assert len(ground.admin.desk.find(request.id).moves) == 1


def test_what_went_as_a_file_is_the_administrators_to_reject(ground):
    """Without a bucket nobody here knows what was judged; what never left may be withdrawn."""
    for party in (ground.admin, ground.owner):
        party.exchanges = False
    kept, sent = (ground.owner.desk.submit(ground.wish(environment=name)) for name in ("Productie", "T&I"))
    ground.owner.desk.export(sent.id)
    assert refusal(ground.owner, sent) == "request.went_by_mail"
    assert ground.owner.desk.move(kept.id, Act.WITHDRAW).stand is Stand.WITHDRAWN
