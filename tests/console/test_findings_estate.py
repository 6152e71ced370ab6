"""The seeded estate: every fault that real life planted is found, once, and the healthy stay silent."""

from collections import Counter

import pytest

from console.aws.session import Aws
from console.datakeys import KINDS
from console.reports.findings import PARTS, sentence
from console.sandbox import process
from console.services.findings.rows import rows_of
from console.services.findings.rules import SEVERITIES
from console.services.sync import Sync
from console.settings import load
from console.text import Text
from store.database import Store
from store.findings import Wanted

PLANTED = {
    ("cmk_pending_deletion", "Agentschap Zorgpunt", "Premies", "Dev"): "agentschap-zorgpunt/premies/dev",
    ("cmk_disabled", "Kennisbank Noord", "Catalogus", "T&I"): "kennisbank-noord/catalogus/ti",
    ("dk_other_environment", "Kennisbank Noord", "Catalogus", "T&I"): "catalogus-ti-kopie",
    ("dk_unencrypted", "Agentschap Leerwegen", "Inschrijving", "Dev"): "inschrijving-scratch",
    ("environment_without_cmk", "Agentschap Zorgpunt", "Zorgkaart", "Opleiding"): "Opleiding",
    ("alias_astray", "Dienst Archief en Erfgoed", "Leeszaal", "T&I"): "dienst-archief-en-erfgoed/leeszaal/prod",
    ("rotation_off", "Dienst Archief en Erfgoed", "Leeszaal", "T&I"): "dienst-archief-en-erfgoed/leeszaal/prod",
    ("cmk_shared", "Agentschap Platteland", "Subsidie", "Test"): "agentschap-platteland/subsidie/acceptatie",
    ("dk_aws_managed", "Agentschap Zorgpunt", "Premies", "T&I"): "premies-werkschijf",
    ("dk_sse_s3", "Agentschap Wegen en Water", "Fietsroutes", "Productie"): "wegen-en-water-uitwisseling",
    ("dk_shared", "Agentschap Wegen en Water", "Sluisbeheer", "Productie"): "sluisbeheer-hersteld",
    ("sync_gap", "Fonds Havenbeheer"): "Fonds Havenbeheer",
    ("cmk_untagged",): "tijdelijk, nog te bekijken",
    ("dk_other_tenant", "Kennisbank Noord", "Catalogus", "Productie"): "depot-overdracht",
    ("dk_other_application", "Agentschap Platteland", "Meetnet", "Productie"): "meetnet-kaartlagen",
    ("environment_elsewhere", "Agentschap Zorgpunt", "Wachtlijst", "Dev"): "Dev",
    ("dk_foreign_key", "Agentschap Leerwegen", "Studietoelage", "T&I"): "toelage-rapportage",
    ("dk_cmk_gone", "Proeftuin", "Proef", "Dev"): "oefening",
    ("dk_too_old", "Agentschap Zorgpunt", "Premies", "Productie"): "agentschap-zorgpunt/premies/prod",
    ("tags_contradict_alias", "Kennisbank Noord", "Zoekdienst", "Dev"): "kennisbank-noord/zoekdienst/acceptatie",
    ("cmk_tags_partial", "Agentschap Wegen en Water"): "loket in opbouw",
    ("dk_tags_contradict", "Agentschap Leerwegen"): "attesten-uitwisseling",
    (
        "policy_anyone",
        "Agentschap Wegen en Water",
        "Fietsroutes",
        "Productie",
    ): "agentschap-wegen-en-water/fietsroutes/prod",
    (
        "policy_no_administrator",
        "Dienst Archief en Erfgoed",
        "Digitalisering",
        "Productie",
    ): "dienst-archief-en-erfgoed/digitalisering/prod",
    ("policy_foreign_account", "Agentschap Platteland", "Perceelkaart", "T&I"): "agentschap-platteland/perceelkaart/ti",
}
"""Rule and place of each story that went wrong, and the name of what it went wrong with."""

BY_HAND = {"rotation_overdue", "cmk_unavailable"}
"""What no sandbox can be made to do, a rotation that AWS forgets and key material that expires: planted in a store by
test_findings_rules.py."""


def test_every_rule_is_planted():
    """No rule without a fault that it finds."""
    assert {rule for rule, *_ in PLANTED} | BY_HAND == set(SEVERITIES)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """All findings after one sync of a fresh sandbox."""
    folder = tmp_path_factory.mktemp("estate")
    up = process.start(folder / "aws", private=True)
    settings = load({"config": str(folder / "aws" / "config.toml"), "store": str(folder / "estate.db")}, {})
    store = Store.open(settings.store, write=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in up.environment.items():
            patch.setenv(name, value)
        Sync(settings, store, Aws(settings), KINDS).run()
    process.stop(folder / "aws")
    yield list(rows_of(store, settings, Wanted(), None).all())
    store.close()


def test_every_planted_fault_is_found_once_and_nothing_else(found):
    """The table above, no more and no less."""
    assert Counter((each.rule, *each.path) for each in found) == Counter(PLANTED.keys())


def test_each_names_what_is_wrong(found):
    """The subject of each finding is the very key, volume, bucket or place of its story."""
    assert {(each.rule, *each.path): each.name for each in found} == PLANTED


def test_the_worst_comes_first(found):
    """Sorted by severity, each as its rule says."""
    levels = [each.severity for each in found]
    assert levels == sorted(levels, reverse=True)
    assert all(each.severity == SEVERITIES[each.rule] for each in found)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_each_says_what_why_what_to_do_and_who_may(found, lang):
    """Every sentence is there and its blanks are filled."""
    text = Text(lang)
    for each in found:
        for part in PARTS:
            told = sentence(each, text, part)
            assert "finding." not in told
            assert "{" not in told
    shared = next(each for each in found if each.rule == "cmk_shared")
    assert "Subsidie / Acceptatie" in sentence(shared, text)


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("rule", SEVERITIES)
def test_every_rule_has_its_sentences(rule, lang):
    """What, why, what to do, and who, for each rule in both languages."""
    text = Text(lang)
    for part in PARTS:
        assert text.has(f"finding.{rule}" + (f".{part}" if part else ""))
