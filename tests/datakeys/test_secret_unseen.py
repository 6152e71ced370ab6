"""A secret's value goes through memory and is nowhere else: not on disk, on screen, in an error or a process list."""

import json
import logging
from contextlib import suppress

import pytest

from console.aws import session, vault
from console.aws.refusals import AwsRefusal
from console.errors import ConsoleError
from store.run_records import RunStatus
from tests.datakeys.turning import Turning
from tests.datakeys.unseen import configured, console, everything, seen, within
from tests.datakeys.vaults import Vault
from tests.faults import faults
from tests.faults.proxy import standing_before

NEEDLE = b"Zx9-wachtwoord-van-de-databank-7731"


@pytest.fixture
def turning(cloud, here, tmp_path):
    return Turning(cloud, here, tmp_path)


@pytest.fixture
def secret(turning):
    made = Vault(turning, SecretString=json.dumps({"gebruiker": "x", "wachtwoord": NEEDLE.decode()}))
    turning.sync()
    return made


@pytest.fixture
def config(turning, secret, tmp_path):
    return configured(turning, tmp_path)


def test_what_is_looked_for_would_be_found():
    """Raw, in hex and in base64 at any place, or this proves nothing."""
    import base64

    for data in (NEEDLE, NEEDLE.hex().encode(), *(base64.b64encode(b"x" * n + NEEDLE + b"yz") for n in range(3))):
        assert seen(NEEDLE, b"..." + data + b"...")


@pytest.mark.parametrize("fault", ["", "AccessDeniedException", "InternalServiceError"])
def test_a_console_leaves_no_trace_of_the_value(turning, secret, config, tmp_path, own_home, fault):
    """From beginning to end, and where it goes wrong: store, WAL, log, audit, answer and process list."""
    turning.store.close()
    if fault:
        turning.cloud.fault("PutSecretValue", turning.region, fault)
    _, said, met = console(tmp_path, config, "rotate", secret.arn, "--yes", "--write")
    turning.cloud.heal()
    _, more, also = console(tmp_path, config, "runs", "list", "--json")
    left = b"".join([*everything(tmp_path).values(), *everything(own_home).values()])
    assert b"secret_put" in left, said.decode()
    assert secret.arn.encode() in left
    assert b"rotate\0" + secret.arn.encode() in met
    assert not seen(NEEDLE, said + more + met + also + left)


@pytest.mark.parametrize("fault", faults.ALL, ids=str)
@pytest.mark.parametrize("call", ["GetSecretValue", "PutSecretValue"])
def test_no_error_carries_the_value_along(turning, secret, monkeypatch, fault, call):
    """Whatever goes wrong with the two calls that hold it: the exception, its causes and its records have nothing."""
    monkeypatch.setattr(session, "ATTEMPTS", 1)
    monkeypatch.setattr(session, "READ_SECONDS", 2)
    with standing_before(turning.cloud.endpoint) as proxy:
        turning.settings = turning.cloud.settings(
            turning.settings.store.parent, turning.region, tenants=turning.settings.tenants, endpoint_url=proxy.url
        )
        (account,) = turning.cloud.aws(turning.settings).accounts()
        client = account.client("secretsmanager", turning.region)
        vault.describe(client, secret.arn)
        proxy.fail(fault, of=f"secretsmanager.{call}")
        with pytest.raises((AwsRefusal, ConsoleError)) as caught:
            vault.value(client, secret.arn, secret.first).put(client, secret.arn, "0" * 32, "kms-console-1")
    assert not seen(NEEDLE, within(caught.value))


def test_a_run_s_records_are_without_it(turning, secret, caplog):
    """Facts, outputs, evidence and whatever a library would log at its most talkative of ours."""
    caplog.set_level(logging.DEBUG, logger="console")
    view = turning.rotate(secret.arn)
    assert view.run.status is RunStatus.WAITING
    told = repr(view) + repr(turning.verdicts(view.run_id)) + caplog.text
    assert not seen(NEEDLE, told.encode())


def test_a_value_has_no_text():
    """Shown, formatted, pickled: nothing comes out."""
    import pickle

    value = vault.Value({"SecretString": NEEDLE.decode()})
    assert not seen(NEEDLE, f"{value} {value!r} {[value]}".encode())
    with suppress(TypeError):
        pytest.fail(repr(pickle.dumps(value)))
    assert value.same(vault.Value({"SecretString": NEEDLE.decode()}))
    assert not value.same(vault.Value({"SecretBinary": NEEDLE}))


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=str)
async def test_no_screen_shows_it(turning, secret, size):
    """The sheet of the data key after its rotation, painted."""
    from tests.screens.sitting import sit_down

    turning.rotate(secret.arn)
    turning.store.close()
    async with sit_down(turning.settings.store, size=size) as sitting:
        await sitting.stand_on("databank")
        assert "databank" in sitting.painted()
        assert not seen(NEEDLE, sitting.painted().encode())
        assert not seen(NEEDLE, sitting.app.export_screenshot().encode())
