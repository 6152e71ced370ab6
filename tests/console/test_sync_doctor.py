"""The doctor tells what works and what does not, and changes nothing."""

import pytest

from console.aws import session
from console.datakeys import KINDS
from console.services.doctor import Doctor


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(session, "ATTEMPTS", 1)


def examined(cloud, settings):
    return Doctor(settings, cloud.aws(settings), KINDS).run()


def troubles(checks):
    return [(check.key, check.target.split(" · ")[0], check.outcome) for check in checks if check.outcome != "ok"]


def test_all_is_well_where_everything_is_allowed(cloud, here, store, tmp_path):
    """Every call of a sync is tried at the central account and at the tenant's, and each is fine."""
    cloud.cmk(here, "A", "X", "Productie")
    checks = examined(cloud, cloud.settings(tmp_path, here, tenants=[cloud.tenant("A")]))
    assert troubles(checks) == []
    tried = {check.target.split(" · ")[0] for check in checks if check.key == "doctor.permission"}
    assert {"kms:DescribeKey", "kms:ListKeyRotations", "cloudtrail:LookupEvents", "ec2:DescribeSnapshots"} <= tried


def test_nothing_is_changed_anywhere(cloud, here, store, tmp_path):
    """Only reading operations leave the console."""
    cloud.cmk(here, "A", "X", "Productie")
    settings = cloud.settings(tmp_path, here, tenants=[cloud.tenant("A")])
    cloud.forget()
    examined(cloud, settings)
    assert all(name.startswith(("Get", "List", "Describe", "Lookup", "AssumeRole")) for name in cloud.asked(here))


def test_a_missing_permission_is_named_with_what_to_do(cloud, here, store, tmp_path):
    """What a sync needs fails; what it can do without warns."""
    cloud.cmk(here, "A", "X", "Productie")
    cloud.fault("GetKeyPolicy", here)
    cloud.fault("LookupEvents", here)
    checks = examined(cloud, cloud.settings(tmp_path, here, tenants=[cloud.tenant("A")]))
    assert troubles(checks) == [
        ("doctor.permission", "cloudtrail:LookupEvents", "warn"),
        ("doctor.permission", "kms:GetKeyPolicy", "fail"),
    ]
    assert all(check.advice and check.detail for check in checks if check.outcome != "ok")


def test_a_tenant_that_refuses_fails_and_the_other_is_examined(cloud, here, store, tmp_path):
    """One closed door is one line."""
    cloud.cmk(here, "A", "X", "Productie")
    tenants = [cloud.tenant("Dicht", role=False), cloud.tenant("Open")]
    checks = examined(cloud, cloud.settings(tmp_path, here, tenants=tenants))
    assert troubles(checks) == [("doctor.role", "Dicht", "fail")]
    assert any(tenants[1].accounts[0] in check.target for check in checks if check.key == "doctor.permission")


def test_credentials_of_another_account_fail(cloud, here, store, tmp_path):
    """The account that the settings name is not the one we are in: nothing more is asked."""
    checks = examined(cloud, cloud.settings(tmp_path, here, central_account="000000000042"))
    assert troubles(checks)[-1] == ("doctor.credentials", here, "fail")
    assert not any(check.key == "doctor.permission" for check in checks)


def test_without_a_cache_it_says_how_to_get_one(cloud, here, tmp_path):
    """A first day is no failure, and the doctor makes no file."""
    settings = cloud.settings(tmp_path, here, tenants=[cloud.tenant("A")])
    (check,) = [check for check in examined(cloud, settings) if check.key == "doctor.store"]
    assert (check.outcome, check.advice) == ("warn", "doctor.advice.sync")
    assert not settings.store.exists()


def test_settings_without_regions_are_told_first(cloud, tmp_path):
    """Nothing can be asked of nowhere."""
    checks = examined(cloud, cloud.settings(tmp_path))
    assert (checks[0].key, checks[0].outcome, checks[0].advice) == ("doctor.settings", "fail", "doctor.advice.regions")
    assert len(checks) == 2
