"""Whoever has a scope refreshes and examines their own tenant's accounts, and hears of no other."""

import json
from dataclasses import asdict, replace

import pytest

from console.datakeys import KINDS
from console.errors import UsageError
from console.services.doctor import Doctor
from console.services.sync import Sync
from console.text import Text
from store.records import Scope

SECRET = "Zwartboek"


@pytest.fixture
def settings(cloud, here, tmp_path):
    """Two tenants, of which the other one's account cannot be entered; the session is scoped to the first."""
    tenants = (cloud.tenant("Agentschap A"), cloud.tenant(SECRET, role=False))
    made = cloud.settings(tmp_path, here, tenants=tenants)
    return replace(made, scope=Scope("Agentschap A"), role="owner")


def said(thing):
    return json.dumps(thing, default=str)


def marks(settings):
    return SECRET, *settings.tenants[1].accounts


def test_a_sync_within_a_scope_asks_nobody_else(cloud, here, settings, store):
    """It enters one's own account alone; its summary, progress and gaps name nobody else."""
    heard = []
    summary = Sync(settings, store, cloud.aws(settings), KINDS).run(listen=heard.append)
    told = said([asdict(summary), [asdict(each) for each in heard]])
    assert [mark for mark in marks(settings) if mark in told] == []
    assert settings.tenants[1].accounts[0] not in {account for account, *_ in cloud._ask("askers", region=here)}
    assert settings.tenants[0].accounts[0] in {account for account, *_ in cloud._ask("askers", region=here)}


def test_another_tenant_is_one_that_is_not_configured(cloud, settings, store):
    """`--tenant` of somebody else is refused in the same words as a name that nobody has."""
    refused = []
    for name in (SECRET, "Niemand"):
        with pytest.raises(UsageError) as error:
            Sync(settings, store, cloud.aws(settings), KINDS).run(tenant=name)
        refused.append(Text("nl").t(error.value.key, **error.value.values).replace(name, "#"))
    assert refused[0] == refused[1]
    assert "Agentschap A" in refused[0]


def test_a_doctor_within_a_scope_examines_ones_own_accounts(cloud, settings, store):
    """No check of anybody else's account, and the same findings as without the other tenant."""
    checks = Doctor(settings, cloud.aws(settings), KINDS).run()
    told = said([asdict(check) for check in checks])
    assert [mark for mark in marks(settings) if mark in told] == []
    assert settings.tenants[0].accounts[0] in told
    alone = replace(settings, tenants=settings.tenants[:1])
    assert Doctor(alone, cloud.aws(alone), KINDS).run() == checks


def test_without_a_scope_both_are_asked(cloud, settings, store):
    """The tests above look in the right places: the same sync and doctor without a scope do tell."""
    whole = replace(settings, scope=None, role="admin")
    told = said(asdict(Sync(whole, store, cloud.aws(whole), KINDS).run()))
    told += said([asdict(check) for check in Doctor(whole, cloud.aws(whole), KINDS).run()])
    assert [mark for mark in marks(settings) if mark not in told] == []
