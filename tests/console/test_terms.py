"""The terms that an organisation sets: ages, freezes, prices; and one clear sentence for each mistake."""

from datetime import date
from decimal import Decimal

import pytest

from console.errors import UsageError
from console.settings import load

TERMS = """
[age]
default_days = 1000
[age.environments]
Productie = 730
Dev = 0
[age.classes]
"4" = 365
"1" = 0
[calendar]
clash_application = 5
[[freeze]]
from = "12-15"
until = "01-05"
reason = "Eindejaar"
[[freeze]]
from = 2027-03-01
until = 2027-03-03
reason = "Verhuis"
tenant = "Bureau B"
[prices]
currency = "EUR"
key_month = "0.95"
"""


@pytest.fixture
def told(tmp_path):
    def loaded(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return load({"config": str(path)}, {})

    return loaded


@pytest.mark.parametrize(
    ("environment", "data_class", "days"),
    [
        ("Productie", "", 730),
        ("productie", "", 730),
        ("Productie", "4", 365),
        ("Productie", "1", None),
        ("Dev", "", None),
        ("Dev", "4", 365),
        ("T&I", "", 1000),
        ("", "", 1000),
    ],
)
def test_the_class_of_the_data_goes_before_the_environment(told, environment, data_class, days):
    """Class, else environment, else the default; 0 days is no limit."""
    assert told(TERMS).age.days_for(environment, data_class) == days


def test_without_terms_there_is_no_limit():
    """A console that was told nothing finds no data key too old."""
    age = load({}, {}).age
    assert not age.any
    assert age.days_for("Productie", "4") is None


@pytest.mark.parametrize(
    ("day", "tenant", "reasons"),
    [
        (date(2026, 12, 14), "A", []),
        (date(2026, 12, 15), "A", ["Eindejaar"]),
        (date(2027, 1, 5), "A", ["Eindejaar"]),
        (date(2027, 1, 6), "A", []),
        (date(2027, 3, 3), "bureau b", ["Verhuis"]),
        (date(2028, 3, 3), "Bureau B", []),
        (date(2027, 3, 3), "A", []),
    ],
)
def test_a_freeze_may_run_over_new_year_and_be_of_one_tenant(told, day, tenant, reasons):
    """Both ends belong to the window; one without a year comes back."""
    assert [freeze.reason for freeze in told(TERMS).terms.freezes if freeze.covers(day, tenant)] == reasons


def test_prices_stay_exact(told):
    """An amount is text in the file and a decimal here; what is silent keeps AWS's own."""
    prices = told(TERMS).terms.prices
    assert (prices.currency, prices.key_month, prices.rotation_month) == ("EUR", Decimal("0.95"), Decimal("1.00"))
    assert told(TERMS).terms.clash_application == 5


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("age = 3", "age"),
        ("[age]\ndefault = 3", "age.default"),
        ("[age]\ndefault_days = -3", "age.default_days"),
        ("[age]\ndefault_days = true", "age.default_days"),
        ("[age]\nclasses = 3", "age.classes"),
        ("[age.environments]\nDev = 'x'", "age.environments.Dev"),
        ("[calendar]\nclash_tenant = 'x'", "calendar.clash_tenant"),
        ("freeze = 3", "freeze"),
        ("[[freeze]]\nfrom = '13-40'\nuntil = '01-05'", "freeze.from"),
        ("[[freeze]]\nfrom = '12-15'", "freeze.until"),
        ("[[freeze]]\nfrom = '12-15'\nuntil = 2027-01-05", "freeze.until"),
        ("[[freeze]]\nfrom = 2027-01-06\nuntil = 2027-01-05", "freeze.until"),
        ("[[freeze]]\nfrom = '12-15'\nuntil = '12-16'\nreason = 3", "freeze.reason"),
        ("[prices]\nkey_month = 1.0", "prices.key_month"),
        ("[prices]\nkey_month = 'NaN'", "prices.key_month"),
        ("[prices]\nkey_month = 'x'", "prices.key_month"),
        ("[prices]\ncurrency = 1", "prices.currency"),
        ("[prices]\nrotations_billed = '2'", "prices.rotations_billed"),
    ],
)
def test_a_mistake_is_named_with_its_place(told, text, name):
    """The sentence says which line."""
    with pytest.raises(UsageError) as caught:
        told(text)
    assert (caught.value.key, caught.value.values["name"]) == ("settings.wrong", name)
