"""Whatever is pasted is taken apart: ids and ARNs in any noise, errors by name, and never a crash or a long wait."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.errors import NotFound, UsageError
from console.services.pasted import LIMIT, Form, names, plain, tokens
from console.services.recognition import Recogniser
from console.services.troubles import troubles
from console.settings import load
from store.database import Store
from store.records import Kind
from tests.estates import CENTRAL, OTHER, REGION, TENANT, cmk

KEY = "00000000-0000-4000-8000-000000000001"
ARN = f"arn:aws:kms:{REGION}:{CENTRAL}:key/{KEY}"
VOLUME = "vol-00000000000000001"
FOREIGN = f"arn:aws:kms:{REGION}:{CENTRAL}:key/00000000-0000-4000-8000-000000000005"
UNKNOWN = f"arn:aws:kms:{REGION}:{CENTRAL}:key/00000000-0000-4000-8000-00000000ffff"


@pytest.fixture
def reader(filled_store):
    """Reads pasted texts over the example's estate."""
    store = Store.open(filled_store)
    yield lambda text, **flags: Recogniser(store, load({"store": str(filled_store), **flags})).one(text)
    store.close()


def forms(text):
    return [(token.form, token.text) for token in tokens(plain(text)) if token.form is not Form.ACCOUNT]


@pytest.mark.parametrize(
    ("text", "form", "found"),
    [
        (f"key {KEY.upper()}.", Form.KEY_ID, KEY),
        ("mrk-" + "0a" * 16, Form.KEY_ID, "mrk-" + "0a" * 16),
        (f"({ARN})", Form.KEY_ARN, ARN),
        (ARN.replace("arn:aws:", "arn:aws-cn:"), Form.KEY_ARN, ARN.replace("arn:aws:", "arn:aws-cn:")),
        (ARN.replace("arn:aws:", "arn:aws-us-gov:"), Form.KEY_ARN, ARN.replace("arn:aws:", "arn:aws-us-gov:")),
        (ARN.replace("arn:aws:", "arn:aws-eusc:"), Form.KEY_ARN, ARN.replace("arn:aws:", "arn:aws-eusc:")),
        ("alias/agentschap-a/x/prod, please", Form.ALIAS, "alias/agentschap-a/x/prod"),
        (f"arn:aws:kms:{REGION}:{CENTRAL}:alias/a/b.", Form.ALIAS_ARN, f"arn:aws:kms:{REGION}:{CENTRAL}:alias/a/b"),
        (f"'{VOLUME}'", Form.VOLUME, VOLUME),
        ("snap-0a1b2c3d", Form.SNAPSHOT, "snap-0a1b2c3d"),
        (f"arn:aws:ec2:{REGION}:{TENANT}:volume/{VOLUME}", Form.VOLUME, VOLUME),
        (f"arn:aws:ec2:{REGION}::snapshot/snap-0a1b2c3d", Form.SNAPSHOT, "snap-0a1b2c3d"),
        ("s3://x-docs/een/pad.pdf", Form.BUCKET, "x-docs"),
        ("arn:aws:s3:::x-docs/een/pad.pdf", Form.BUCKET, "x-docs"),
        ("https://x-docs.s3.eu-west-1.amazonaws.com/een.pdf", Form.BUCKET, "x-docs"),
        ("https://s3.eu-west-1.amazonaws.com/x-docs/een.pdf", Form.BUCKET, "x-docs"),
        ("material " + "ab" * 32, Form.MATERIAL, "ab" * 32),
        (f'{{\\"keyId\\":\\"{ARN.replace("/", chr(92) + "/")}\\"}}', Form.KEY_ARN, ARN),
        (ARN.replace(":", "%3A").replace("/", "%2F"), Form.KEY_ARN, ARN),
        (f"\x1b[31m{KEY[:12]}\x1b[0m{KEY[12:]}", Form.KEY_ID, KEY),
        ("\u202e" + "\u200b".join(VOLUME) + "\ufeff", Form.VOLUME, VOLUME),
        (KEY.replace("-", "\u2011"), Form.KEY_ID, KEY),
    ],
)
def test_every_form_is_recognised(text, form, found):
    """Ids, ARNs of every partition, aliases, buckets and materials, also escaped, coloured or pasted from a letter."""
    assert (form, found) in forms(text)


def test_the_id_of_a_call_is_no_key():
    """A request id is a UUID as well; asking after it as a key would lead astray."""
    assert forms(f"KMS; Status Code: 400; Request ID: {KEY}; Proxy: null") == []


def test_an_account_in_any_arn_is_told():
    """Who called stands in the ARN of a role; the role itself is nothing of ours."""
    found = tokens(f"arn:aws:sts::{TENANT}:assumed-role/app/session")
    assert [(token.form, token.text) for token in found] == [(Form.ACCOUNT, TENANT)]


PLANTED = {Form.KEY_ARN: ARN, Form.VOLUME: VOLUME, Form.MATERIAL: "ab" * 32, Form.SNAPSHOT: "snap-0a1b2c3d"}
NOISE = st.text(alphabet=st.characters(exclude_categories=["L", "N"], exclude_characters="-/:%\\"), max_size=80)


@given(NOISE, NOISE, st.sampled_from(sorted(PLANTED)))
def test_what_is_planted_in_noise_is_found(before, after, form):
    """Invisible characters, punctuation and escapes around an id do not hide it."""
    assert (form, PLANTED[form]) in forms(f"{before} {PLANTED[form]} {after}")


@given(st.text(max_size=2000))
@settings(max_examples=200)
def test_no_text_breaks_the_reading(text):
    """Whatever is pasted, reading it ends in an answer; what is plain has no control character but line ends."""
    clean = plain(text)
    assert clean.replace("\n", "").isprintable()
    tokens(clean)
    names(clean)
    troubles(clean)


@pytest.mark.parametrize(
    "piece",
    ["\x1b]", "\x1b[", "arn:aws:", "arn:aws:kms:", "alias/", "a-", "s3://", "%3", "\\", "'", "vol-", "0" * 63 + " ",
     "\ufdfa", "\u200b", f"{ARN} ", "https://a", "a.", "\n", "is not authorized to perform: kms"],
)  # fmt: skip
def test_a_million_characters_are_bounded(piece):
    """A whole log is read once from end to end: nothing in it makes the reading start over and over."""
    text = piece * (2 * LIMIT // len(piece))
    clean = plain(text)
    assert len(clean) <= LIMIT
    assert len(tokens(clean)) <= 200
    assert len(names(clean)) <= 200
    troubles(clean)


# ---- against the cache


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"An error occurred: {FOREIGN} is disabled.", "bureau-b/loket/productie"),
        (f"volume {VOLUME} under\n{ARN}", "web-1 /data"),
        (f"Pad: Agentschap A / X / Productie\nhallo,\nwat is dit? {KEY}", "agentschap-a/x/productie"),
        ("Geachte,\n\nPad: Agentschap A / X / Productie\n\nMvg", "Productie"),
        ("kan de bucket x-0-bucket-1 niet lezen", "x-0-bucket-1"),
        (f"de rol arn:aws:iam::{TENANT}:role/web", "Agentschap A"),
        (OTHER, "Bureau B"),
        (f"keyMaterialId: {cmk(1, 'A', years=5).materials[2].material_id}", "agentschap-a/x/productie"),
        (f"arn:aws:kms:{REGION}:{CENTRAL}:alias/agentschap-a/x/productie", "agentschap-a/x/productie"),
    ],
)
def test_a_pasted_text_leads_to_the_one_thing_that_it_is_about(reader, text, name):
    """A volume rather than the CMK above it, an id rather than a name, a name rather than an account."""
    (hit,) = reader(text).hits
    assert hit.name == name


def test_a_text_about_two_things_is_not_decided(reader):
    """Two CMKs in one message: both are told, neither is chosen."""
    read = reader(f"{ARN} en {FOREIGN}")
    assert len(read.hits) == 2
    assert read.ref is None


def test_another_accounts_alias_of_the_same_name_is_another(reader):
    """An alias belongs to its account: `alias/x` elsewhere is not our `alias/x`."""
    with pytest.raises(NotFound, match="alias_arn_of"):
        reader(f"arn:aws:kms:{REGION}:{OTHER}:alias/agentschap-a/x/productie")


def test_what_is_not_there_is_still_recognised(reader):
    """The sentence says what it was taken for, and of which account it is."""
    with pytest.raises(NotFound) as caught:
        reader(f"what is {UNKNOWN}?")
    assert caught.value.key == "pasted.unknown.key_arn_of"
    assert caught.value.values == {"thing": UNKNOWN, "account": CENTRAL}


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u200b", "\x1b[0m"])
def test_nothing_pasted_is_a_mistake_of_use(reader, text):
    """Invisible characters alone are nothing."""
    with pytest.raises(UsageError):
        reader(text)


@pytest.mark.parametrize(
    "text", [FOREIGN, OTHER, "Bureau B", "vol-0000000000000005a", cmk(5, "B").materials[0].material_id]
)
def test_an_owner_finds_nothing_of_others(reader, text):
    """In a scope no id, account, name or material of another tenant leads anywhere."""
    with pytest.raises(NotFound):
        reader(text, role="owner", scope="Agentschap A")


def test_an_error_alone_is_an_answer(reader):
    """Without an id the error is still explained."""
    read = reader("ThrottlingException: You have exceeded the rate at which you may call KMS.")
    assert [trouble.name for trouble in read.troubles] == ["throttled"]
    assert read.hits == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"KMSInvalidStateException: {ARN} is pending deletion.", ["invalid_state"]),
        (f"An error occurred (DisabledException): {ARN} is disabled.", ["disabled"]),
        ("Client.CustomerKeyHasBeenRevoked", ["revoked"]),
        ("State=error StateMessage: Given key ID is not accessible", ["snapshot_key"]),
        ("User is not authorized to perform: kms:Decrypt on resource", ["denied"]),
        ("AccessDenied on s3 bucket listing", []),
        ("AccessDeniedException when calling Decrypt, kms:Decrypt", ["denied"]),
        ("ConflictException from lambda", []),
        ("InvalidCiphertextException", ["ciphertext"]),
        ("IncorrectKeyException", ["incorrect_key"]),
        ("DryRunOperationException", ["dry_run"]),
        ("LimitExceededException: kms RotateKeyOnDemand", ["limit"]),
        ("KeyUnavailableException", ["unavailable"]),
        ("InvalidKeyId.Malformed", ["invalid_key"]),
        ("NotFoundException: Alias arn:aws:kms:x is not found", ["not_found"]),
        ("inaccessible-encryption-credentials-recoverable", ["rds_key"]),
        ("niets aan de hand", []),
    ],
)
def test_errors_are_known_by_their_own_words(text, names):
    """An error that every service has counts only where the text speaks of KMS."""
    assert [trouble.name for trouble in troubles(text)] == names


def test_a_material_tells_its_cmk(reader):
    """The id of an HBK, as a CloudTrail event has it, leads to its CMK."""
    read = reader("ONTLEED " + cmk(4, "A", years=1).materials[1].material_id)
    assert read.hits[0].ref.kind is Kind.CMK
    assert read.material
