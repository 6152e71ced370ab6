"""What the children of the kill story of volumes do: go on with a run, or give it up, as a console of their own would."""

import functools
import json
from dataclasses import replace

from console.settings import Settings, TenantSettings
from console.workflow.engine import Engine
from console.workflows import WORKFLOWS
from console.workflows.house import House
from console.workflows.lanes import AwsLanes
from store.database import Store
from store.runs import RunRepository


def told(settings):
    """Settings as one string, as far as an engine needs them."""
    (tenant,) = settings.tenants
    return json.dumps({
        "store": str(settings.store), "region": settings.regions[0], "endpoint": settings.endpoint_url,
        "central": settings.central_account, "account": tenant.accounts[0], "role": tenant.act_role_arn,
        "tenant": tenant.name,
    })  # fmt: skip


@functools.cache
def _loader():
    from botocore.loaders import Loader

    return Loader()


def engine_of(text):
    """An engine with both lanes that waits for nothing."""
    from pathlib import Path

    from console.aws.session import Aws

    it = json.loads(text)
    tenant = TenantSettings(it["tenant"], (it["account"],), role_arn=it["role"], act_role_arn=it["role"])
    settings = replace(
        Settings(), store=Path(it["store"]), regions=(it["region"],), endpoint_url=it["endpoint"], profile="central",
        central_account=it["central"], tenants=(tenant,), lanes=("central", "tenant"),
    )  # fmt: skip
    store = Store.open(settings.store, write=True)
    aws = Aws(settings)
    aws._loader = _loader()
    house = House(store, settings, "jan", lambda: engine_of(text), lambda: None)
    return Engine(
        RunRepository(store), WORKFLOWS, AwsLanes(settings, aws), "jan", sleep=lambda _seconds: None, house=house
    )


def warm():
    """Models that every child needs are read once, before they fork."""
    for name in ("ec2", "kms", "sts"):
        _loader().load_service_model(name, "service-2")
        _loader().load_service_model(name, "paginators-1")


def resume(settings, run_id):
    warm()
    return str(engine_of(settings).resume(run_id).run.status)


def abandon(settings, run_id):
    return str(engine_of(settings).abandon(run_id).run.status)
