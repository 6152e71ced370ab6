"""A letter holds or is refused, with the reason in one sentence, before anything of it is unpacked."""

import json
import zlib
from dataclasses import replace

import pytest

from console.errors import Refused
from console.services.exchange.envelope import (
    LINE,
    MAGIC,
    PACKED,
    Expected,
    Letter,
    header_of,
    open_sealed,
    seal,
)
from console.services.exchange.keys import FileSigner, key_id, trusted, written
from console.text import Text

DAY = 86_400
NOW = 1_800_000_000
EXPECTED = Expected(Letter.REQUEST, "A", NOW, after=4, max_age=30 * DAY)


class Pen:
    """A signer with a key of its own."""

    def __init__(self):
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = Ed25519PrivateKey.generate()
        raw = key.public_key().public_bytes_raw()
        self.signer, self.trust = FileSigner(key_id(raw), key), trusted([written(raw)])

    def seal(self, body=b"{}", *, kind=Letter.REQUEST, tenant="A", sequence=5, made_at=NOW, by="an"):
        return seal(kind, tenant, body, self.signer, sequence=sequence, made_at=made_at, by=by)

    def forge(self, **line):
        """A letter with a line of our choice, truly signed."""
        whole = self.seal()
        first, told, _, packed = whole.split(b"\n", 3)
        header = json.dumps(json.loads(told) | line, sort_keys=True, separators=(",", ":")).encode()
        message = first + b"\n" + header + b"\n"
        import base64

        return message + base64.b64encode(self.signer.sign(message)) + b"\n" + packed


@pytest.fixture
def pen():
    return Pen()


def refused(letter, trust, expected=EXPECTED):
    """The key of the refusal; its sentence exists in both languages and carries no escape."""
    with pytest.raises(Refused) as caught:
        open_sealed(letter, expected, trust)
    for lang in ("nl", "en"):
        text = Text(lang)
        assert text.has(caught.value.key)
        assert text.t(caught.value.key, **caught.value.values).isprintable()
    return caught.value.key


@pytest.mark.parametrize("kind", Letter)
def test_what_was_sealed_opens(pen, kind):
    """Every kind of letter comes out as it went in."""
    opened = open_sealed(pen.seal(b"een wens", kind=kind), replace(EXPECTED, kind=kind), pen.trust)
    assert (opened.body, opened.signed, opened.header.by) == (b"een wens", True, "an")


def test_the_same_letter_is_the_same_bytes(pen):
    """Sealing is a function of its arguments."""
    assert pen.seal(b"x" * 1000) == pen.seal(b"x" * 1000)


def test_a_letter_by_an_unknown_key_is_refused(pen):
    """A true signature by somebody whom we do not trust."""
    assert refused(Pen().seal(), pen.trust) == "exchange.unknown_key"


def test_a_forged_signature_is_refused(pen):
    """Somebody else's signature under the name of a trusted key."""
    line = json.loads(pen.seal().split(b"\n")[1])
    assert refused(Pen().forge(key=line["key"]), pen.trust) == "exchange.forged"


def test_every_changed_byte_is_noticed(pen):
    """No byte of a letter can be another and the letter still hold."""
    letter = pen.seal(b"een wens")
    for at in range(len(letter)):
        changed = letter[:at] + bytes([letter[at] ^ 1]) + letter[at + 1 :]
        assert refused(changed, pen.trust).startswith("exchange.")


def test_a_letter_cut_off_anywhere_is_refused(pen):
    """Truncation is told, wherever it happens."""
    letter = pen.seal(b"een wens" * 50)
    for length in range(len(letter)):
        assert refused(letter[:length], pen.trust) in {"exchange.not_ours", "exchange.truncated", "exchange.format"}


def test_what_is_added_behind_is_noticed(pen):
    """Nothing can be smuggled in behind the body."""
    assert refused(pen.seal() + b"x", pen.trust) == "exchange.changed"


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({"kind": Letter.SNAPSHOT}, "exchange.other_kind"),
        ({"tenant": "B"}, "exchange.other_tenant"),
        ({"sequence": 4}, "exchange.replayed"),
        ({"sequence": 3}, "exchange.older"),
        ({"made_at": NOW - 31 * DAY}, "exchange.too_old"),
        ({"made_at": NOW + DAY}, "exchange.future"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_true_letter_that_is_not_for_us_now_is_refused(pen, told, key):
    """Other kind, other tenant, replayed, older, too old, from the future."""
    assert refused(pen.seal(**told), pen.trust) == key


@pytest.mark.parametrize(("lang", "words"), [("nl", "een momentopname en geen aanvraag"), ("en", "a snapshot")])
def test_what_it_is_instead_is_said_in_the_reader_s_own_words(pen, lang, words):
    """Not by the word that stands in the letter's line."""
    with pytest.raises(Refused) as caught:
        open_sealed(pen.seal(kind=Letter.SNAPSHOT), EXPECTED, pen.trust)
    assert words in Text(lang).t(caught.value.key, **caught.value.values)


def test_one_tenants_letter_is_not_the_whole(pen):
    """Who expects the whole estate is not served one tenant of it."""
    assert refused(pen.seal(), pen.trust, replace(EXPECTED, tenant="")) == "exchange.not_whole"


def test_another_format_is_named(pen):
    """An older console says that the format is not its own, instead of guessing."""
    letter = pen.seal().replace(MAGIC + b"1", MAGIC + b"3", 1)
    assert refused(letter, pen.trust) == "exchange.format"


def test_a_letter_too_large_is_not_even_read(pen):
    """Beyond the limit nothing is parsed."""
    assert refused(b"x" * (PACKED + LINE + 500), pen.trust) == "exchange.too_large"


def test_a_bomb_stays_packed(pen):
    """A body that unpacks to more than its line says ends there; one that says too much is not unpacked at all."""
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    import hashlib

    told = {"packed": len(bomb), "body": hashlib.sha256(bomb).hexdigest()}
    for plain, key in ((1000, "exchange.changed"), (2**40, "exchange.too_large")):
        letter = pen.forge(plain=plain, **told)
        head = letter[: len(letter) - len(pen.seal().split(b"\n", 3)[3])]
        assert refused(head + bomb, pen.trust) == key


@pytest.mark.parametrize(
    "line",
    [
        {"sequence": "5"},
        {"sequence": True},
        {"extra": 1},
        {"tenant": "x" * 400},
        {"plain": 1.5},
        {"format": 9},
        {"sequence": 2**63},
        {"made_at": -1},
    ],
    ids=str,
)
def test_a_line_of_another_shape_is_not_ours(pen, line):
    """Even truly signed, a header of other fields or types is refused."""
    assert refused(pen.forge(**line), pen.trust) == "exchange.not_ours"


@pytest.mark.parametrize(
    "rubbish", [b"", b"\x80\x04pickle", b"PK\x03\x04", b"[" * 3000, MAGIC + b"1\n" + b"[" * 3000 + b"\n\n"]
)
def test_rubbish_is_refused(pen, rubbish):
    """Whatever the file is, the answer is a sentence."""
    assert refused(rubbish, pen.trust) in {"exchange.not_ours", "exchange.truncated"}


def test_who_has_no_key_may_still_ask_where_the_way_vouches(pen):
    """An unsigned letter is refused, unless it came by a way that knows its writer; then that is kept."""
    letter = seal(Letter.REQUEST, "A", b"{}", None, sequence=5, made_at=NOW, by="arn:aws:iam::1:user/x")
    assert refused(letter, pen.trust) == "exchange.unsigned"
    opened = open_sealed(letter, replace(EXPECTED, unsigned=True), pen.trust)
    assert (opened.signed, opened.header.by) == (False, "arn:aws:iam::1:user/x")


def test_a_signature_cannot_be_peeled_off(pen):
    """A signed letter whose signature was taken away does not pass as an unsigned one."""
    first, told, _, packed = pen.seal().split(b"\n", 3)
    bare = b"\n".join([first, told, b"", packed])
    assert refused(bare, pen.trust, replace(EXPECTED, unsigned=True)) == "exchange.forged"


def test_the_longest_names_fit_what_kms_signs(pen):
    """What is signed stays below the 4,096 bytes that KMS takes, also for names of many bytes."""
    letter = pen.seal(tenant="宽" * 300, by="宽" * 900)
    assert header_of(letter).tenant == "宽" * 300
    assert len(letter.split(b"\n", 2)[1]) <= LINE
