"""The texts: both languages whole, every key used, every key there."""

import re
from pathlib import Path

import pytest

import console
from console.text import Text
from console.text.build import LANGUAGES, compiled, merged
from store.records import Granularity, Kind, Source, Status
from store.run_records import Sentence

ROOT = Path(console.__file__).parents[1]
CODE = [p for top in ("console", "screens", "store") for p in (ROOT / top).rglob("*.py")]
LITERAL = re.compile(r"""["']([a-z_]+(?:\.[a-z0-9_-]+)+)["']""")
USED_AS_KEY = re.compile(r"""(?:\.t\(|\.n\(|Fact\(|Error\(|Refused\(|NotFound\(|Busy\()\s*f?["']([^"'{}]+)["']""")


def keys(lang):
    return {message.id[0] if isinstance(message.id, tuple) else message.id for message in merged(lang) if message.id}


def placeholders(lang):
    found = {}
    for message in merged(lang):
        if message.id:
            name = message.id[0] if isinstance(message.id, tuple) else message.id
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            found[name] = {frozenset(re.findall(r"\{(\w+(?::\w+)?)\}", s)) for s in strings}
    return found


def test_both_languages_say_the_same_things():
    """Dutch and English hold the same keys with the same placeholders."""
    assert keys("nl") == keys("en")
    assert placeholders("nl") == placeholders("en")


def test_a_field_is_named_as_the_form_names_it():
    """A value that the sentence calls a label is said in the reader's words; only there, and only where it is a key."""
    field, told = "wf.cmk_wish.describe.region", Sentence("run.field_date", {"field": "request.field.reason"})
    assert Text("nl").t("run.field_long", field=field).startswith('Het antwoord in "Region"')
    assert Text("en").said(told) == '"…" is no date for "reason". Write it as 2027-03-14.'
    assert Text("nl").said(told) == '"…" is geen datum voor "reden". Schrijf die als 2027-03-14.'
    assert (
        Text("en")
        .t("request.no_name", field="size", value="column.region")
        .startswith('"column.region" is no name for "size"')
    )
    assert Text("en").recall("run.field_missing") == 'The field "…" needs an answer.'


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(lang):
    """The .mo that ships was compiled from the .po files as they are."""
    assert (ROOT / "console" / "text" / f"{lang}.mo").read_bytes() == compiled(lang)


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_key_in_the_code_has_words(path):
    """A key that the code names literally is in the catalogues."""
    known = keys("nl")
    missing = {key for key in USED_AS_KEY.findall(path.read_text()) if "." in key} - known
    assert not missing


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_value_of_an_enum_has_words(lang):
    """A status, kind, source or granularity never shows as its key."""
    text = Text(lang)
    for prefix, values in (("status", Status), ("kind", Kind), ("kind", Granularity), ("source", Source)):
        for value in values:
            assert value.value == "" or text.has(f"{prefix}.{value.value}"), value
