"""A CMK that gives way to a new one, with a volume under it that moves along."""

import time

from console.services.catalog import Catalog
from console.workflows.cmk_replacement import wish_of
from store.run_records import RunStatus

DAY = 86_400
PLACES = {"afnemer": "Agentschap A", "toepassing": "X", "omgeving": "Productie"}
ALIAS = "alias/a/x/prod"
AGREED = {"agreed": True, "quiet_days": 0}


class Story:
    """One replacement of the tenant's own CMK, with a detached volume under it."""

    def __init__(self, turning):
        self.turning = turning
        self.kms = turning.cloud.client("kms", turning.region)
        self.kms.create_alias(AliasName=ALIAS, TargetKeyId=turning.own.rpartition("/")[2])
        tags = [{"Key": key, "Value": value} for key, value in PLACES.items()]
        self.volume = turning.ec2.create_volume(
            AvailabilityZone=f"{turning.region}a", Size=1, Encrypted=True, KmsKeyId=turning.own,
            TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
        )["VolumeId"]  # fmt: skip
        turning.sync()

    def begin(self):
        catalog = Catalog(self.turning.store, self.turning.settings)
        (cmk,) = catalog.cmks.by_key(self.turning.own)
        engine = self.turning.engine()
        self.run = engine.start(wish_of(cmk, catalog, self.turning.settings))
        return self.go()

    def go(self, **answers):
        engine = self.turning.engine()
        if answers:
            engine.answer(self.run, answers)
        self.view = engine.resume(self.run)
        return self.view

    def of(self, workflow, parent):
        (view,) = [v for v in self.turning.engine().list(parent=parent, ended=True) if v.run.workflow == workflow]
        return view

    def retire(self):
        """The old volume and the snapshots of its run, as their own run removes them after a while."""
        campaign = self.of("dk_campaign", self.run).run_id
        (child,) = self.turning.engine().list(parent=campaign, ended=True)
        self.turning.now = time.time() + 8 * DAY
        engine = self.turning.engine()
        engine.answer(child.run_id, {"confirm": child.run.subject})
        assert engine.resume(child.run_id).run.status is RunStatus.DONE
        self.turning.now = None

    def state(self, key):
        return self.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]

    def witnesses(self):
        step = next(step for step in self.view.steps if step.name == "unused")
        return {one["name"]: one for one in step.record.cursor["checks"]}
