"""What the children of a rotation's kill stories do: resume a run, or give it up, as a console of their own would."""

import functools
import json
from pathlib import Path

from console.aws.session import Aws
from console.errors import UsageError
from console.settings import Settings, TenantSettings
from console.workflow.engine import Engine
from console.workflows import WORKFLOWS
from console.workflows.house import House
from console.workflows.lanes import AwsLanes
from store.database import Store
from store.runs import RunRepository

COPY = 200_000
"""Bytes that one copy may hold, where the sandbox was told so."""


def told(settings, *services):
    """Settings as one string, as far as an engine needs them; the services are those whose models children share."""
    (tenant,) = settings.tenants
    return json.dumps([
        str(settings.store), settings.regions[0], settings.endpoint_url, settings.central_account, tenant.name,
        tenant.accounts[0], tenant.act_role_arn, services,
    ])  # fmt: skip


@functools.cache
def loader():
    from botocore.loaders import Loader

    return Loader()


def engine_of(text):
    """An engine with both lanes that waits for nothing."""
    store, region, endpoint, central, name, account, role, services = json.loads(text)
    for service in ("sts", *services):
        loader().load_service_model(service, "service-2")
    tenant = TenantSettings(name, (account,), role_arn=role, act_role_arn=role)
    settings = Settings(
        store=Path(store), regions=(region,), endpoint_url=endpoint, profile="central", central_account=central,
        tenants=(tenant,), lanes=("central", "tenant"),
    )  # fmt: skip
    opened, aws = Store.open(settings.store, write=True), Aws(settings)
    aws._loader = loader()
    house = House(opened, settings, "jan", lambda: engine_of(text), lambda: None)
    lanes = AwsLanes(settings, aws)
    return Engine(RunRepository(opened), WORKFLOWS, lanes, "jan", sleep=lambda _: None, house=house)


def resume(settings, run_id):
    return str(engine_of(settings).resume(run_id).run.status)


def answered(settings, run_id, step, answers):
    """Answer that step, if the run still asks for it and there is an answer (not `null`), and resume."""
    engine = engine_of(settings)
    if (given := json.loads(answers)) is not None:
        try:
            engine.answer(run_id, given, step)
        except UsageError as error:
            if error.key not in ("run.asks_nothing", "run.moved_on"):
                raise
    return str(engine.resume(run_id).run.status)


def abandon(settings, run_id):
    return str(engine_of(settings).abandon(run_id).run.status)


def tick():
    """One more moment: before and after each step on the disk."""


def files(settings, run_id):
    """Resume, with a moment at every write of a file's name and at every piece of its contents."""
    _ticking()
    return resume(settings, run_id)


def no_files(settings, run_id):
    """Give up, as finely."""
    _ticking()
    return abandon(settings, run_id)


def prefix(settings, run_id):
    """Resume; whatever is large goes in parts."""
    _parts()
    return resume(settings, run_id)


def no_prefix(settings, run_id):
    """Give up, likewise."""
    _parts()
    return abandon(settings, run_id)


def _parts():
    from console.aws import objects, upload

    upload.PART = objects.PART = 100_000
    objects.COPY_LIMIT = COPY


def _ticking():
    from console.datakeys.envelope import folder, sealing

    def around(inner):
        def wrapped(*args, **rest):
            tick()
            done = inner(*args, **rest)
            tick()
            return done

        return wrapped

    for owner, name in (
        *((folder.Desk, name) for name in ("put", "drop", "clear")),
        *((folder, name) for name in ("_keep", "_filled", "_alike")),
        (sealing.Sealer, "digest"),
        (sealing._Listening, "read"),
    ):
        setattr(owner, name, around(getattr(owner, name)))
