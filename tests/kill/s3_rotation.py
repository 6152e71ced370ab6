"""One resume of a bucket's rotation in a process of its own, for who kills it: S3's limits are a few bytes there."""

import time
from pathlib import Path

import botocore.loaders

from console.aws import objects
from console.aws.session import Aws
from console.datakeys.s3 import copying, looking, proving, retiring
from console.settings import Settings, TenantSettings
from console.terms import Rotating, Terms
from console.workflow.engine import Engine
from console.workflows import WORKFLOWS
from console.workflows.house import House
from console.workflows.lanes import AwsLanes
from store.database import Store
from store.runs import RunRepository
from tests.clouds import CENTRAL, ROLE
from tests.datakeys.batches import ROLE as BATCH

LOADER = botocore.loaders.Loader()
for service in ("s3", "s3control", "kms", "sts"):
    LOADER.load_service_model(service, "service-2")


def resume(store, run_id, endpoint, region, account, reports=""):
    """The run's status; copies of at most 10 bytes, parts of 8, a checkpoint after every few objects. With a bucket
    for `reports`, by S3 Batch Operations.
    """
    return str(_engine(store, endpoint, region, account, reports).resume(run_id).run.status)


def abandon(store, run_id, endpoint, region, account, reports=""):
    """The same, given up."""
    return str(_engine(store, endpoint, region, account, reports).abandon(run_id).run.status)


def _engine(store, endpoint, region, account, reports):
    objects.COPY_LIMIT, objects.PART = 10, 8
    for module in (looking, copying, proving, retiring):
        module.PACE = 0.01
    rotating = Rotating(batch_objects=2, batch_role=BATCH, batch_report=reports) if reports else Rotating()
    told = TenantSettings("Agentschap A", (account,), role_arn=ROLE, act_role_arn=ROLE)
    settings = Settings(
        store=Path(store), regions=(region,), central_account=CENTRAL, endpoint_url=endpoint, profile="central",
        tenants=(told,), lanes=("central", "tenant"), concurrency=4, terms=Terms(rotating=rotating),
    )  # fmt: skip
    aws = Aws(settings)
    aws._loader = LOADER
    opened = Store.open(settings.store, write=True)
    house = House(opened, settings, "jan", lambda: None, lambda: None)
    lanes = AwsLanes(settings, aws)
    return Engine(RunRepository(opened), WORKFLOWS, lanes, "jan", sleep=lambda s: time.sleep(min(s, 0.2)), house=house)
