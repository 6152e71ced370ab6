"""A tenant whose data keys are to be rotated: a cloud, two CMKs, a synced store, and an engine with both lanes."""

import time
from dataclasses import replace

from console.datakeys import KINDS
from console.services.catalog import Catalog
from console.services.sync import Sync
from console.workflow.engine import Engine
from console.workflows import WORKFLOWS
from console.workflows.house import House
from console.workflows.lanes import AwsLanes
from console.workflows.rotating import Planner
from store.database import Store
from store.run_records import RunStatus
from store.runs import RunRepository
from store.verdicts import Verdicts


class Turning:
    """`own` is the CMK of Agentschap A / X / Productie, `transit` one to pass under; both may be used by the tenant."""

    def __init__(self, cloud, region, folder, **changes):
        self.cloud, self.region = cloud, region
        self.tenant = cloud.tenant("Agentschap A")
        self.account = self.tenant.accounts[0]
        self.own, self.transit = self.key("Productie"), self.key("Doorgang")
        told = replace(self.tenant, act_role_arn=self.tenant.role_arn, transit_cmk=self.transit)
        lanes = {"lanes": ("central", "tenant")}
        self.settings = cloud.settings(folder, region, tenants=[told], **lanes, **changes)
        self.now = None
        self.slept = []

    def key(self, environment):
        made = self.cloud.cmk(self.region, "Agentschap A", "X", environment)
        self.cloud.share(self.region, made["KeyId"], self.account)
        return made["Arn"]

    @property
    def ec2(self):
        return self.cloud.client("ec2", self.region, self.account)

    def sync(self):
        """Read everything, as the first thing in the morning."""
        Sync(self.settings, self.store, self.cloud.aws(self.settings), KINDS).run()

    @property
    def store(self):
        if not hasattr(self, "_store"):
            self._store = Store.open(self.settings.store, write=True)
        return self._store

    @property
    def planner(self):
        return Planner(Catalog(self.store, self.settings), self.settings)

    def choice(self, resource, intended=""):
        return self.planner.choice(Catalog(self.store, self.settings).find(resource), intended)

    def engine(self):
        aws = AwsLanes(self.settings, self.cloud.aws(self.settings))
        clock = time.time if self.now is None else lambda: self.now
        house = House(self.store, self.settings, "jan", self.engine, lambda: None)
        return Engine(
            RunRepository(self.store), WORKFLOWS, aws, "jan", clock=clock, sleep=self.slept.append, house=house
        )

    def rotate(self, resource, route="", answers=(), intended=""):
        """Begin, and answer as told until it stands still for another reason; the run as it then is."""
        choice = self.choice(resource, intended)
        engine = self.engine()
        run = engine.start(self.planner.wish(choice, choice.route(route)))
        view = engine.resume(run)
        for given in answers:
            engine.answer(run, given)
            view = engine.resume(run)
        return view

    def in_time(self, run_id, **answer):
        """When what is old may go: asked again whatever was said too early, and answered; how the run then stands."""
        self.now = time.time() + 8 * 86_400
        assert self.engine().resume(run_id).run.status is RunStatus.WAITING
        self.engine().answer(run_id, answer)
        return self.engine().resume(run_id)

    def verdicts(self, run_id):
        return Verdicts(self.store).of_run(run_id)
