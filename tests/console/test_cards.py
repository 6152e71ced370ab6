"""Cards: what may go to a tenant and what may not, in plain lines that fit a mail, from the cache alone."""

import json
from dataclasses import replace
from unicodedata import east_asian_width

import pytest

from console.__main__ import main
from console.assembly import assemble
from console.commands.cards import MakeCard
from console.errors import Refused
from console.policy import Redaction
from console.reports.cards import WIDTH, card_lines, card_text, folded
from console.services.cards import Cards
from console.services.troubles import troubles
from console.settings import load
from console.text import Text
from store.database import Store
from store.harvest import Alias
from store.merge import merge
from store.records import ROOT, Granularity, Kind, Status
from store.tree import Tree
from store.verdicts import Verdict
from tests.estates import CENTRAL, DAY, NOW, OTHER, REGION, TENANT, cmk, example, place, volume
from tests.house.test_tenant_text import HOSTILE
from tests.verdicts import keep, verdict_on

A, B = "Agentschap A", "Bureau B"
LATER = NOW + 12 * DAY


def estate(store):
    """The example, with a volume of each tenant under the other's CMK, and a CMK that is to be deleted."""
    told = example()
    (prod, *_), foreign = told.cmks, told.cmks[4]
    dying = cmk(7, A, "X", "Dev", state="PendingDeletion", deletion_at=LATER)
    strays = (
        volume(95, prod, B, "Loket", "Productie", account=OTHER, name="bureau-b-volume"),
        volume(96, foreign, A, "X", "Productie", name="van-a"),
        volume(97, foreign, A, "X", "Dev", name="aliased", key_ref=foreign.aliases[0].arn),
        volume(98, prod, account=OTHER, name="nameless"),
    )
    merge(store, replace(told, cmks=(*told.cmks, dying), data_keys=(*told.data_keys, *strays)), NOW)


@pytest.fixture
def path(tmp_path):
    store = Store.open(tmp_path / "estate.db", write=True)
    estate(store)
    store.close()
    return tmp_path / "estate.db"


@pytest.fixture
def cards(path):
    store = Store.open(path)
    yield Cards(store, load({"store": str(path)}))
    store.close()


@pytest.fixture
def nodes(path):
    """Every node of the tree."""
    store = Store.open(path)
    tree = Tree(store)

    def below(ref):
        for node in tree.children(ref, 0, 100):
            yield node
            yield from below(node.ref)

    yield list(below(ROOT))
    store.close()


@pytest.fixture
def console(path, capsys):
    def run(*words):
        code = main([*words, "--store", str(path)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


TEXTS = {lang: Text(lang, now=lambda: NOW) for lang in ("nl", "en")}


def columns(line):
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("lang", TEXTS)
@pytest.mark.parametrize("redaction", Redaction)
def test_every_card_is_plain_lines_that_fit_a_mail(cards, nodes, redaction, lang):
    """No line over 76 columns, no character that does something, no text key, for every node in both languages."""
    for node in nodes:
        for line in card_lines(cards.card(node.ref, redaction), TEXTS[lang]):
            assert columns(line) <= WIDTH
            assert line.isprintable()
            assert "{" not in line
            assert not line.strip().startswith(("card.", "fact.", "sheet."))


def names_of(tenant):
    """Strings that only this tenant's things hold."""
    return {
        A: ("Agentschap A", "agentschap-a", "van-a", "x-0-bucket", "web-1 /data", TENANT),
        B: ("Bureau B", "bureau-b", "Loket", "loket", OTHER),
    }[tenant]


@pytest.mark.parametrize("lang", TEXTS)
def test_a_tenants_card_holds_nothing_of_another_tenant(cards, nodes, lang):
    """No name, alias or account of anybody else, whatever stands under or above it; that of nobody names nobody."""
    seen = set()
    for node in nodes:
        card = cards.card(node.ref, Redaction.TENANT)
        text = card_text(card, TEXTS[lang]) + json.dumps([card.name, card.path, card.contact])
        own = card.path[0] if card.path else ""
        for other in {A, B} - {own}:
            assert not [name for name in names_of(other) if name in text], (node, own, text)
        assert CENTRAL not in text.replace(f"{CENTRAL}:key/", "")
        seen.add(own)
    assert seen == {A, B, ""}


def test_a_tenants_card_keeps_what_is_for_administrators(cards, nodes):
    """Policy, description, on-demand count and AWS's words for a gap stay with the administrators."""
    for node in nodes:
        card = cards.card(node.ref, Redaction.TENANT)
        labels = {fact.label for _, facts in card.sections for fact in facts}
        assert not labels & {"fact.policy", "fact.description", "fact.on_demand", "card.fact.away"}
        assert "AccessDenied" not in card_text(card, TEXTS["nl"])
        assert card.contact == ""


@pytest.mark.parametrize("redaction", Redaction)
@pytest.mark.parametrize("lang", TEXTS)
@pytest.mark.parametrize("verdict", Verdict)
def test_a_card_says_in_one_sentence_what_was_proven(path, nodes, verdict, lang, redaction):
    """For the tenant and for administrators alike, with the day; a data key that nobody judged has none."""
    store = Store.open(path, write=True)
    keep(store, verdict_on(example().data_keys[0], verdict, NOW))
    text, cards = TEXTS[lang], Cards(store, load({"store": str(path)}))
    said = text.t(f"card.verdict.{verdict}", date="2026-11-18")
    lines = [" ".join(card_text(cards.card(of(nodes, name), redaction), text).split()) for name in ("web-1 ", "web-2 ")]
    assert [said in line for line in lines] == [True, False]
    dated = text.t("card.dated", date=text.date(NOW - 400 * DAY))
    assert [dated in line for line in lines] == [verdict is not Verdict.PROVEN, True]
    store.close()


def of(nodes, words):
    return next(node.ref for node in nodes if words in f"{node.name} {node.label}")


def test_an_internal_card_says_what_stands_below_from_elsewhere(cards, nodes):
    """Administrators read that another tenant's volume stands under this CMK."""
    text = card_text(cards.card(of(nodes, "agentschap-a/x/productie"), Redaction.INTERNAL), TEXTS["nl"])
    assert "1 van Bureau B / Loket / Productie" in text
    assert "Agentschap A X Productie" in text


def test_the_card_of_a_cmk_says_the_two_sentences(cards, nodes):
    """When the HBK rotated and rotates, that the data keys are untouched, whom to call and how old all this is."""
    text = card_text(cards.card(of(nodes, "agentschap-a/x/productie"), Redaction.TENANT), TEXTS["nl"])
    for words in (
        "KMS-kaart · Agentschap A / X / Productie", "● ingeschakeld", "HBK laatst geroteerd", "HBK volgende",
        "De HBK van deze CMK is laatst geroteerd op 2026-10-19.", "de oudste dateert", "1700", "integraties@vlaanderen.be",
        "2026-11-18 11:06 UTC · zojuist", "Deze kaart mag naar de afnemer.",
    ):  # fmt: skip
        assert words in text


def test_an_arn_stays_in_one_piece(cards, nodes):
    """What has to be copied stands on a line of its own."""
    lines = card_lines(cards.card(of(nodes, "agentschap-a/x/productie"), Redaction.TENANT), TEXTS["nl"])
    assert cmk(1, A).arn in [line.strip() for line in lines]


def test_a_paused_rotation_gives_its_rule(cards, nodes):
    """A coming date that does not hold is never shown without saying so."""
    text = card_text(cards.card(of(nodes, "bureau-b/loket"), Redaction.TENANT), TEXTS["nl"])
    assert "gepauzeerd" in text


def test_the_named_hbk_is_told(cards, nodes):
    """A material id of a CloudTrail event is a generation with a date."""
    materials = cmk(1, A, years=5).materials
    card = cards.card(of(nodes, "agentschap-a/x/productie"), Redaction.TENANT, material=materials[2].material_id)
    assert "generatie 3 van 6, van 2023-10-20" in card_text(card, TEXTS["nl"])


def test_an_error_is_read_with_the_state_of_the_cmk(cards, nodes):
    """Invalid state of a CMK that waits to be deleted: until when that can be cancelled, said once."""
    told = troubles("KMSInvalidStateException: key/x is pending deletion; DisabledException")
    text = card_text(cards.card(of(nodes, "agentschap-a/x/dev"), Redaction.TENANT, told), TEXTS["nl"])
    fine = " ".join(text.split())
    assert "ingeschakeld. Haar toestand is intussen gewijzigd" in fine
    dying = next(node.ref for node in nodes if node.status is Status.PENDING_DELETION)
    fine = " ".join(card_text(cards.card(dying, Redaction.TENANT, told), TEXTS["nl"]).split())
    assert fine.count("annuleren kan tot 2026-11-30") == 1


@pytest.mark.parametrize(
    ("action", "words"), [("ListKeyRotations", "kan nooit vanuit"), ("Decrypt", "zowel de key policy")]
)
def test_a_refusal_says_whether_it_could_ever_work(cards, nodes, action, words):
    """Some calls fail from another account whatever the policies say."""
    told = troubles(f"AccessDeniedException: x is not authorized to perform: kms:{action}")
    text = card_text(cards.card(of(nodes, "agentschap-a/x/productie"), Redaction.TENANT, told), TEXTS["nl"])
    assert words in " ".join(text.split())


def test_what_is_unconfirmed_is_said_to_be(cards, nodes):
    """A meaning that no document gave stands there as such."""
    told = troubles("IncorrectKeyException")
    text = card_text(cards.card(of(nodes, "agentschap-a/x/productie"), Redaction.TENANT, told), TEXTS["nl"])
    assert "Niet bevestigd" in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_name_is_inert_on_a_card(tmp_path, hostile):
    """No escape, newline or turned writing of a tenant's comes through, and no line gets longer."""
    own = tmp_path / "hostile.db"
    store = Store.open(own, write=True)
    key = cmk(1, hostile, hostile, hostile, description=hostile, aliases=(Alias(f"alias/{hostile}"),))
    told = replace(
        example(), cmks=(key,), data_keys=(volume(1, key, hostile, name=hostile),), declared=(place(hostile),)
    )
    merge(store, told, NOW)
    tree, cards = Tree(store), Cards(store, load({"store": str(own)}))
    (tenant,) = [node for node in tree.children(ROOT, 0, 9) if node.ref.kind is Kind.TENANT]
    ref = tenant.ref
    while children := tree.children(ref, 0, 9):
        for redaction in Redaction:
            for line in card_lines(cards.card(ref, redaction), TEXTS["nl"]):
                assert line.isprintable()
                assert columns(line) <= WIDTH
        ref = children[0].ref
    store.close()


@pytest.mark.parametrize("line", ["", "x" * 300, "宽" * 100, "a " * 200, "  x" * 90, "\ud800 \x00"])
@pytest.mark.parametrize("hang", [None, 26])
def test_any_line_folds_to_the_width(line, hang):
    """Also one long word, and letters of two columns."""
    assert all(columns(part) <= WIDTH and part.isprintable() for part in folded(line, hang))


# ---- the verb


def test_the_card_as_json_has_fields(console):
    """Names and meanings as documented, dates in ISO form."""
    code, out, err = console("show", "alias/agentschap-a/x/productie", "--card", "--json")
    assert (code, err) == (0, "")
    card = json.loads(out)
    assert set(card) == {
        "path", "kind", "name", "status", "stale", "redaction", "facts", "meaning", "errors", "todo", "contact",
    }  # fmt: skip
    assert set(card["facts"][0]) == {"section", "name", "value", "source", "read_at"}
    assert card["redaction"] == "internal"


def test_support_gives_tenants_cards_only(console):
    """The desk's card is the tenant's, and asking for another is refused in a sentence."""
    assert json.loads(console("show", A, "--card", "--json", "--role", "support")[1])["redaction"] == "tenant"
    code, out, err = console("show", A, "--redact", "internal", "--role", "support")
    assert (code, out) == (3, "")
    assert "--redact tenant" in err


def test_the_gate_refuses_support_on_screen_too(path):
    """The same wish from a key meets the same gate."""
    desk = assemble(load({"store": str(path), "role": "support"}))
    with pytest.raises(Refused):
        desk.dispatch.run(MakeCard(ref=ROOT, redact="internal"))
    desk.close()


def test_a_text_that_fits_several_lists_them(console):
    """Exit code 2, the list on stdout as text and as JSON, the sentence on stderr."""
    text = f"{cmk(1, A).arn} en {cmk(5, B).arn}: DisabledException"
    code, out, err = console("show", text)
    assert code == 2
    assert "agentschap-a/x/productie" in out
    assert "bureau-b/loket/productie" in out
    assert "2" in err
    code, out, _ = console("show", text, "--json")
    found = json.loads(out)
    assert code == 2
    assert [hit["label"] for hit in found["hits"]] == [cmk(1, A).key_id, cmk(5, B).key_id]
    assert [error["rule"] for error in found["errors"]] == ["disabled"]


def test_an_error_about_an_unknown_key_is_explained_all_the_same(console):
    """Exit code 4, what was recognised on stderr, the error's meaning on stdout."""
    arn = f"arn:aws:kms:{REGION}:{CENTRAL}:key/00000000-0000-4000-8000-00000000ffff"
    code, out, err = console("show", f"KMSInvalidStateException: {arn} is pending deletion")
    assert code == 4
    assert "KMSInvalidStateException" in out
    assert f"key-ARN {arn}" in err


def test_a_ticket_comes_by_stdin(console, monkeypatch):
    """`-` reads what is piped: a ticket may be longer than a command line."""
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("regel\n" * 9999 + "vol-00000000000000001 werkt niet"))
    code, out, _ = console("show", "-", "--card", "--json")
    assert code == 0
    assert json.loads(out)["name"] == "web-1 /data"


def test_the_facts_stay_what_show_gives(console):
    """Without --card the facts come, with the error beside them."""
    _, out, _ = console("show", f"DisabledException {cmk(5, B).arn}", "--json")
    sheet = json.loads(out)
    assert {"path", "kind", "name", "status", "facts"} <= set(sheet)
    assert sheet["errors"][0]["who"] == "kms"


def test_every_kind_of_holder_has_a_sentence():
    """A kind that a card tells of has its sentence in both languages."""
    for text in TEXTS.values():
        for granularity in Granularity:
            assert text.has(f"sheet.kind_{granularity}")
