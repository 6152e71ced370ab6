"""Settings: flags over environment over file over defaults, and one clear sentence for each mistake."""

import pytest

from console.errors import UsageError
from console.settings import load, scope_of
from console.text import Text

FULL = """
[aws]
regions = ["eu-west-1", "eu-central-1"]
central_account = "999988887777"
concurrency = 8
[console]
role = "auditor"
lang = "en"
store = "~/x.db"
[tags]
tenant = "entiteit"
[quotas]
ListKeyRotations = 50
[[tenants]]
name = "Agentschap A"
accounts = ["111122223333"]
role_arn = "arn:aws:iam::{account}:role/Read"
[tenants.applications]
X = ["Productie"]
Z = []
"""


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return {"config": str(path)}

    return written


def test_a_file_says_all_that_differs_between_customers(file):
    """Every table of the file arrives in the settings."""
    settings = load(file(FULL), {})
    assert settings.regions == ("eu-west-1", "eu-central-1")
    assert settings.tags.tenant == "entiteit"
    assert settings.tags.environment == "omgeving"
    assert settings.quotas == (("ListKeyRotations", 50.0),)
    assert settings.tenants[0].applications == (("X", ("Productie",)), ("Z", ()))
    assert (settings.role, settings.lang, settings.concurrency) == ("auditor", "en", 8)
    assert settings.configured


def test_a_flag_beats_the_environment_and_that_beats_the_file(file):
    """Nearer to the person wins."""
    flags = file(FULL)
    assert load(flags, {"KMS_CONSOLE_ROLE": "support"}).role == "support"
    assert load({**flags, "role": "admin"}, {"KMS_CONSOLE_ROLE": "support"}).role == "admin"


def test_without_a_file_all_is_default_and_says_so():
    """A first start has no configuration and knows it."""
    settings = load({}, {})
    assert not settings.configured
    assert (settings.role, settings.write, settings.tenants) == ("admin", False, ())


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[aws", "settings.malformed"),
        ("[awz]\n", "settings.unknown"),
        ("[aws]\nregion = 'x'", "settings.unknown"),
        ("[aws]\nregions = 'eu-west-1'", "settings.wrong"),
        ("[aws]\nconcurrency = 'many'", "settings.wrong"),
        ("aws = 3", "settings.wrong"),
        ("[quotas]\nListKeys = -1", "settings.wrong"),
        ("[[tenants]]\naccounts = []", "settings.wrong"),
        ("[[tenants]]\nname = 'A'\naccounts = ['123']", "settings.account"),
        ("[[tenants]]\nname = 'A'\napplications = 'X'", "settings.wrong"),
        ("[console]\nrole = 'boss'", "settings.choice"),
        ("[console]\nrole = 'owner'", "settings.owner_scope"),
        ("[console]\nscope = 'a/b/c'", "settings.scope"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(file, text, key):
    """Each mistake has a sentence of its own, in both languages, with everything filled in."""
    with pytest.raises(UsageError) as caught:
        load(file(text), {})
    assert caught.value.key == key
    for lang in ("nl", "en"):
        sentence = Text(lang).t(key, **caught.value.values)
        assert sentence != key
        assert "{" not in sentence


def test_a_named_file_that_is_not_there_is_a_mistake(tmp_path):
    """--config must exist; only the default one may be absent."""
    with pytest.raises(UsageError, match=r"settings\.missing"):
        load({"config": str(tmp_path / "none.toml")}, {})


def test_a_scope_may_hold_a_slash_in_a_name():
    """%2F stands for a slash inside a tenant's name."""
    assert scope_of("A%2FB/X").tenant == "A/B"
    assert scope_of("A%2FB/X").application == "X"


@pytest.mark.parametrize(
    ("environ", "lang"),
    [
        ({}, "nl"),
        ({"LANG": "C.UTF-8"}, "nl"),
        ({"LANG": "nl_BE.UTF-8"}, "nl"),
        ({"LANG": "en_GB"}, "en"),
        ({"LC_ALL": "en_US", "LANG": "nl_BE"}, "en"),
        ({"KMS_CONSOLE_LANG": "en"}, "en"),
    ],
)
def test_the_language_follows_the_locale(environ, lang):
    """Dutch where the locale is Dutch or silent, else English; a setting of our own wins."""
    assert load({}, environ).lang == lang


FILES = '[[tenants]]\nname = "A"\naccounts = ["111122223333"]\n[[files]]\ntenant = "A"\nkey = "arn:aws:kms:eu-west-1:1:key/k"\n'


def test_files_may_lie_in_a_bucket(file):
    """A prefix stays as it is named, and is read in its own Region or that of the key; no bucket is a mistake."""
    (tenant,) = load(file(f'{FILES}path = "s3://b/archief/"'), {}).tenants
    assert [(one.path, one.at) for one in tenant.files] == [("s3://b/archief", "eu-west-1")]
    (tenant,) = load(file(f'{FILES}path = "s3://b"\nregion = "eu-north-1"'), {}).tenants
    assert [(one.path, one.at) for one in tenant.files] == [("s3://b", "eu-north-1")]
    for wrong in ("s3://", "s3:///x", "archief"):
        with pytest.raises(UsageError, match=r"settings\.wrong"):
            load(file(f'{FILES}path = "{wrong}"'), {})
