"""Letters about requests: what is forged, cut off, replayed, older or somebody else's is refused, and changes nothing."""

from dataclasses import replace

import pytest

from console.errors import Refused
from console.services.exchange.envelope import Letter, seal
from console.services.exchange.keys import make_key, signer_of
from console.services.requests.threads import letter_of
from console.settings import TenantSettings
from store.request_records import Act, Move, Request, Stand, Wanted
from tests.requests.ground import A

B = "Bureau B"


@pytest.fixture
def mail(ground, tmp_path):
    """Both parties without a bucket: the tenant has a key of its own, which the administrator knows."""
    key = make_key(tmp_path / "owner.pem")
    for party in (ground.admin, ground.colleague, ground.owner):
        party.exchanges = False
    told = ground.owner.settings.exchange
    ground.owner.settings = replace(
        ground.owner.settings, exchange=replace(told, signing_key=str(tmp_path / "owner.pem"))
    )
    tenants = tuple(replace(each, trusted_keys=(key,)) for each in ground.admin.settings.tenants)
    ground.admin.settings = replace(ground.admin.settings, tenants=(*tenants, TenantSettings(B)))
    ground.signer = signer_of(str(tmp_path / "owner.pem"))
    return ground


def refusal(party, letter):
    before = party.desk.requests.all()
    with pytest.raises(Refused) as refused:
        party.desk.take_in(letter)
    assert party.desk.requests.all() == before
    return refused.value.key


@pytest.mark.parametrize("body", [b"[]", b"nonsense", b"[" * 90_000, b'{"id": 1}'])
def test_a_letter_that_carries_no_request(mail, body):
    """Truly signed, and still nothing that people could have filled in."""
    letter = seal(Letter.REQUEST, A, body, mail.signer, sequence=1, made_at=int(mail.admin.settings.now()))
    assert refusal(mail.admin, letter) == "request.letter_malformed"


def test_by_mail_from_wish_to_use(mail):
    """The same loop where nothing but files goes between them."""
    request = mail.owner.desk.submit(mail.wish())
    mail.admin.desk.take_in(mail.owner.desk.export(request.id))
    mail.admin.desk.move(request.id, Act.APPROVE)
    mail.admin.provision(request)
    assert mail.owner.desk.take_in(mail.admin.desk.export(request.id)).stand is Stand.DELIVERED
    mail.owner.desk.move(request.id, Act.CONFIRM)
    assert mail.admin.desk.take_in(mail.owner.desk.export(request.id)).stand is Stand.IN_USE


def test_the_same_again_and_older_ones(mail):
    """Read twice is nothing new; a thread that stops earlier than ours is told apart."""
    request = mail.owner.desk.submit(mail.wish())
    first = mail.owner.desk.export(request.id)
    mail.admin.desk.take_in(first)
    assert refusal(mail.admin, first) == "request.replayed"
    mail.admin.desk.move(request.id, Act.APPROVE)
    assert refusal(mail.admin, first) == "request.older"


def test_cut_off_damaged_and_forged(mail, tmp_path):
    """At any byte; and by a key that nobody trusts, or by none."""
    request = mail.owner.desk.submit(mail.wish())
    letter = mail.owner.desk.export(request.id)
    for at in range(0, len(letter), 13):
        assert refusal(mail.admin, letter[:at]).startswith("request.letter.")
    for at in range(30, len(letter), 17):
        damaged = letter[:at] + bytes([letter[at] ^ 1]) + letter[at + 1 :]
        assert refusal(mail.admin, damaged).startswith(("request.", "exchange."))
    make_key(tmp_path / "mallory.pem")
    forged = letter_of(request, Letter.REQUEST, signer_of(str(tmp_path / "mallory.pem")), "mallory")
    assert refusal(mail.admin, forged) == "request.letter.unknown_key"
    assert refusal(mail.admin, letter_of(request, Letter.REQUEST, None, "x")) == "request.letter.unsigned"


def test_a_tenant_s_key_signs_for_that_tenant_alone(mail):
    """Another tenant's name over one's own signature is refused, and so is a judgement signed by a tenant."""
    request = mail.owner.desk.submit(mail.wish())
    theirs = replace(request, wanted=replace(request.wanted, tenant=B))
    assert refusal(mail.admin, letter_of(theirs, Letter.REQUEST, mail.signer, "x")) == "request.letter.unknown_key"
    approved = replace(request, moves=(*request.moves, Move(Act.APPROVE, "an", request.changed_at)))
    assert refusal(mail.admin, letter_of(approved, Letter.JUDGEMENT, mail.signer, "x")) == "request.letter.unknown_key"
    assert refusal(mail.admin, letter_of(approved, Letter.REQUEST, mail.signer, "x")) == "request.not_theirs"
    assert refusal(mail.owner, letter_of(approved, Letter.JUDGEMENT, mail.signer, "x")) == "request.letter.unknown_key"


def test_another_tenant_s_letter_is_not_for_us(mail):
    """An owner's console takes no judgement about somebody else's request."""
    wish = Wanted(B, "Y", "Productie", (mail.number,), mail.region, ("ebs",), reason="r")
    other = Request("zzzzzzzzzz", wish, (Move(Act.SUBMIT, "bert", 1),))
    signer = signer_of(mail.admin.settings.exchange.signing_key)
    assert refusal(mail.owner, letter_of(other, Letter.JUDGEMENT, signer, "x")) == "request.letter.other_tenant"


def test_what_contradicts_what_is_held(mail):
    """Another wish under the same id, or another history: ours stays."""
    request = mail.owner.desk.submit(mail.wish())
    mail.admin.desk.take_in(mail.owner.desk.export(request.id))
    richer = replace(request, wanted=replace(request.wanted, accounts=("666677778888",)))
    assert refusal(mail.admin, letter_of(richer, Letter.REQUEST, mail.signer, "x")) == "request.contradicts"
    other = replace(request, moves=(replace(request.moves[0], by="iemand anders"),))
    assert refusal(mail.admin, letter_of(other, Letter.REQUEST, mail.signer, "x")) == "request.contradicts"


def test_what_cannot_have_happened(mail):
    """Moves out of order, ids that lead elsewhere, and wishes that nobody could make."""
    request = mail.owner.desk.submit(mail.wish())
    submit, at = request.moves[0], request.changed_at
    strange = [
        replace(request, id="../../etc"), replace(request, id="short"),
        replace(request, moves=(submit, submit)), replace(request, moves=(Move(Act.ANSWER, "x", at),)),
        replace(request, moves=(replace(submit, by="x" * 3000),)), replace(request, moves=(replace(submit, at=at + 9_999_999),)),
        replace(request, wanted=replace(request.wanted, environment="a\x1b[31m")),
        replace(request, wanted=replace(request.wanted, services=("all",))),
    ]  # fmt: skip
    for told in strange:
        assert refusal(mail.admin, letter_of(told, Letter.REQUEST, mail.signer, "x")) in (
            "request.unlawful", "request.letter.future",
        )  # fmt: skip


def test_the_bucket_believes_a_tenant_s_folder_and_no_more(ground):
    """A tenant cannot write a judgement; a judgement that lies there unsigned, or in a strange name, is not taken."""
    request = ground.owner.desk.submit(ground.wish())
    ground.admin.desk.fetch()
    approved = replace(request, moves=(*request.moves, Move(Act.APPROVE, "an", request.changed_at)))
    letter = letter_of(approved, Letter.JUDGEMENT, None, "x")
    from console.errors import ConsoleError
    from console.text.paths import tenant_folder

    folder = tenant_folder(A)
    with pytest.raises(ConsoleError) as refused:
        ground.exchange(ground.number).put_new(f"judgements/{folder}/{request.id}.kms-letter", letter)
    assert refused.value.key == "exchange.denied"
    central = ground.exchange("999988887777")
    central.put_new(f"judgements/{folder}/{request.id}.kms-letter", letter)
    central.put_new(f"requests/{folder}/tweede-naam.kms-letter", b"x")
    news = ground.admin.desk.fetch()
    assert {each.why.key for each in news.problems} == {"request.letter.unsigned", "request.strange_name"}
    assert ground.admin.desk.find(request.id).stand is Stand.SUBMITTED
    with pytest.raises(Refused) as replaced:
        ground.admin.desk.move(request.id, Act.APPROVE)
    assert replaced.value.key == "request.letter.unsigned"
