"""Two parties over one cloud: a tenant's console and administrators', each with a store and settings of its own."""

import json
from dataclasses import dataclass, field

from console.assembly import assemble
from console.aws.exchange import Exchange
from console.sandbox.seeding import EXCHANGE, exchange_policy
from console.services.exchange.keys import make_key
from console.settings import load
from console.workflow.engine import Engine
from console.workflows import WORKFLOWS
from console.workflows.house import House
from console.workflows.lanes import AwsLanes
from console.workflows.requesting import Requesting
from store.database import Store
from store.runs import RunRepository

A = "Agentschap A"


@dataclass
class Party:
    """One console: its settings, its store, and who sits at it."""

    ground: object
    name: str
    settings: object
    person: str
    account: str
    exchanges: bool = True
    slept: list = field(default_factory=list)

    @property
    def store(self):
        if not hasattr(self, "_store"):
            self._store = Store.open(self.settings.store, write=True)
        return self._store

    @property
    def desk(self):
        """Opened anew each time, as by another process."""
        from console.services.exchange.keys import path_of, signer_of

        key = self.settings.exchange.signing_key
        signer = (lambda: signer_of(key)) if key and path_of(key).exists() else (lambda: None)
        exchange = self.ground.exchange(self.account) if self.exchanges else None
        return Requesting(self.settings, self.store, lambda: self.person, exchange, signer)

    def aws(self):
        return AwsLanes(self.settings, self.ground.cloud.aws(self.settings))

    def engine(self):
        runs = RunRepository(self.store, self.settings.scope)
        house = House(self.store, self.settings, self.person, self.engine, lambda: self.desk)
        return Engine(runs, WORKFLOWS, self.aws(), self.person, sleep=self.slept.append, house=house)

    def provision(self, request):
        """Begin a run that makes the CMK, and go on as far as it goes."""
        from console.workflows.cmk_request import wish_of

        engine = self.engine()
        run = engine.start(wish_of(self.desk.find(request.id), self.settings))
        return engine.resume(run)

    def tree(self):
        return {row.node.label for row in self.desk.catalog.rows("", 0)}


class Ground:
    """`admin` and `colleague` are administrators, `owner` is at the tenant's console; a bucket lies between them."""

    def __init__(self, cloud, region, folder):
        self.cloud, self.region, self.folder = cloud, region, folder
        self.tenant = cloud.tenant(A)
        self.number = self.tenant.accounts[0]
        self.bucket = f"kms-exchange-{region}"
        self.key = make_key(folder / "signing.pem")
        self._make_bucket()
        self.admin = self.party("admin", "an (arn:aws:iam::999988887777:user/an)", role="admin")
        self.colleague = self.party("colleague", "bo (arn:aws:iam::999988887777:user/bo)", role="admin")
        self.owner = self.party("owner", "olga (arn:aws:iam::111122223333:user/olga)", role="owner", scope=A)

    def _make_bucket(self):
        s3 = self.cloud.client("s3", self.region)
        s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": self.region})
        self.open_bucket()

    def open_bucket(self):
        """Under the policy that ships."""
        policy = exchange_policy([_Told(A, self.number)]).replace(EXCHANGE, self.bucket)
        self.cloud.client("s3", self.region).put_bucket_policy(Bucket=self.bucket, Policy=policy)

    def exchange(self, account):
        return Exchange(lambda: self.cloud.client("s3", self.region, account), self.bucket)

    def party(self, name, person, role, **flags):
        config = self.folder / f"{name}.toml"
        config.write_text(self.config(role))
        told = {"config": str(config), "store": str(self.folder / f"{name}.db"), "role": role, "write": True, **flags}
        account = self.number if role == "owner" else "999988887777"
        return Party(self, name, load(told), person, account)

    def config(self, role, endpoint=""):
        signing = f'signing_key = "{self.folder / "signing.pem"}"\n' if role == "admin" else ""
        return (
            f'[aws]\nregions = ["{self.region}"]\nendpoint_url = "{endpoint or self.cloud.endpoint}"\n'
            f'central_account = "999988887777"\nprofile = "central"\n'
            f'[exchange]\nbucket = "{self.bucket}"\nregion = "{self.region}"\n{signing}trusted_keys = ["{self.key}"]\n'
            f'[request.short]\nProductie = "prod"\n'
            f'[[tenants]]\nname = "{A}"\naccounts = ["{self.number}"]\nact_role_arn = "{self.tenant.role_arn}"\n'
            '[tenants.applications]\nX = ["Productie", "T&I"]\n'
        )

    def wish(self, party=None, application="X", environment="Productie", **told):
        told = {"application": application, "environment": environment, "services": "ebs,s3", "reason": "nodig", **told}
        return (party or self.owner).desk.wish({"tenant": A, **told})

    def approved(self, environment="Productie", **told):
        """Asked for by the owner and approved by the administrator, each at the own console."""
        request = self.owner.desk.submit(self.wish(environment=environment, **told))
        self.admin.desk.fetch()
        return self.admin.desk.move(request.id, "approve")

    def keys_of(self, request):
        """ARNs of the living CMKs that were made for a request, as KMS itself has them."""
        kms = self.cloud.client("kms", self.region)
        found = []
        for page in kms.get_paginator("list_keys").paginate():
            for key in page["Keys"]:
                tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}
                living = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion"
                if tags.get("kms-console:request") == request.id and living:
                    found.append(key["KeyArn"])
        return found

    def aliases(self):
        kms = self.cloud.client("kms", self.region)
        return {entry["AliasName"]: entry["TargetKeyId"] for entry in kms.list_aliases()["Aliases"]}

    def close(self):
        for party in (self.admin, self.colleague, self.owner):
            party.store.close()


@dataclass(frozen=True)
class _Told:
    name: str
    account: str


def policy_of(ground, arn):
    return json.loads(
        ground.cloud.client("kms", ground.region).get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
    )


__all__ = ["A", "Ground", "Party", "assemble", "policy_of"]
