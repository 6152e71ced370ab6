"""An AWS of one's own for tests: the sandbox's world behind a real socket, with faults that can be asked for.

One per test process, since moto's state is the process's. Tests do not meet: each takes a Region (and accounts) that
no other has had.
"""

import asyncio
import itertools
import json
import os
import threading
from collections import Counter
from dataclasses import dataclass, field, replace

import botocore.session
from botocore.config import Config

from console.settings import Settings, TenantSettings

CENTRAL = "999988887777"
ROLE = "arn:aws:iam::{account}:role/KmsConsoleRead"
REGIONS = [
    f"{continent}-{side}-{number}"
    for continent in ("eu", "us", "ap", "ca", "sa", "af", "me")
    for side in ("west", "east", "central", "north", "south", "southeast", "northeast")
    for number in (1, 2, 3)
    if (continent, side, number) != ("us", "east", 1)  # the odd one in S3
]


@dataclass(frozen=True)
class Fault:
    """How AWS refuses an operation: in this Region, when the request holds this text, so many times."""

    operation: str
    region: str
    code: str = "AccessDeniedException"
    status: int = 400
    match: str = ""
    message: str = "not allowed here"
    times: int = 0


class Gate:
    """The world, with faults before it; counts what is asked, by Region and operation."""

    def __init__(self, world):
        self.world = world
        self.faults = []
        self.asked = Counter()
        self.refused = Counter()

    def __getattr__(self, name):
        return getattr(self.world, name)

    def answer(self, request):
        from console.sandbox import wording
        from console.sandbox.errors import AwsError

        operation, region = operation_of(request), request.scope.region if request.scope else ""
        self.asked[region, operation] += 1
        text = f"{request.path}?{request.query} {request.body.decode('utf-8', 'replace')}"
        for fault in self.faults:
            here = (fault.operation, fault.region) == (operation, region) and fault.match in text
            if here and not 0 < fault.times <= self.refused[fault]:
                self.refused[fault] += 1
                return wording.refusal(request, AwsError(fault.code, fault.message, fault.status), "")
        return self.world.answer(request)


def operation_of(request):
    """The operation's name; S3's by what it asks of the bucket."""
    if request.target:
        return request.target.rpartition(".")[2]
    if request.scope and request.scope.service == "s3":
        asked = request.query.partition("&")[0].partition("=")[0]
        return {"encryption": "GetBucketEncryption", "tagging": "GetBucketTagging"}.get(asked, "ListBuckets")
    return request.form().get("Action", "")


@dataclass
class Cloud:
    """The endpoint, and hands to fill it."""

    endpoint: str
    gate: Gate
    folder: object
    _regions: object = field(default_factory=lambda: iter(REGIONS))
    _numbers: object = field(default_factory=lambda: itertools.count(1))
    _clients: dict = field(default_factory=dict)

    def region(self):
        """A Region that no other test has."""
        return next(self._regions)

    def client(self, service, region, account=CENTRAL):
        """A botocore client with the administrator's credentials of an account."""
        if (service, region, account) not in self._clients:
            keys = self.gate.accounts.by_id[account]
            self._clients[service, region, account] = botocore.session.Session().create_client(
                service,
                region,
                endpoint_url=self.endpoint,
                aws_access_key_id=keys.access_key,
                aws_secret_access_key=keys.secret_key,
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self._clients[service, region, account]

    def tenant(self, name, *, accounts=1, role=True, **settings):
        """A tenant with accounts of its own, whose role trusts the central account when asked."""
        opened = []
        for _ in range(accounts):
            number = f"{next(self._numbers):012d}"
            opened.append(self.gate.accounts.open(f"{name} {number}", number).id)
            if role:
                self._role(number)
        return TenantSettings(name, tuple(opened), role_arn=ROLE, **settings)

    def _role(self, account):
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{CENTRAL}:root"}}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        self.client("iam", "us-east-1", account).create_role(
            RoleName="KmsConsoleRead", AssumeRolePolicyDocument=document
        )

    def cmk(self, region, *places, alias="", rotate=True, tags=(), **parameters):
        """A CMK tagged with tenant, application and environment as far as given; its metadata."""
        kms = self.client("kms", region)
        named = dict(zip(("afnemer", "toepassing", "omgeving"), places, strict=False)) | dict(tags)
        listed = [{"TagKey": key, "TagValue": value} for key, value in named.items()]
        made = kms.create_key(Tags=listed, **parameters)["KeyMetadata"]
        if alias:
            kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=made["KeyId"])
        if rotate:
            kms.enable_key_rotation(KeyId=made["KeyId"])
        return made

    def share(self, region, key, account):
        """Let an account use a CMK for its volumes and buckets."""
        everything = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
        allowed = [everything | {"Principal": {"AWS": f"arn:aws:iam::{who}:root"}} for who in (CENTRAL, account)]
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        self.client("kms", region).put_key_policy(KeyId=key, PolicyName="default", Policy=document)

    def settings(self, path, *regions, tenants=(), **changes):
        """Settings that reach this cloud's central account."""
        plain = Settings(
            store=path / "estate.db",
            regions=regions,
            central_account=CENTRAL,
            endpoint_url=self.endpoint,
            profile="central",
            tenants=tuple(tenants),
        )
        return replace(plain, **changes)

    def fault(self, operation, region, code="AccessDeniedException", **rest):
        self.gate.faults.append(Fault(operation, region, code, **rest))

    def heal(self):
        self.gate.faults.clear()

    def asked(self, region):
        """Operation to number of requests in a Region since `forget`."""
        return {operation: count for (where, operation), count in self.gate.asked.items() if where == region and count}

    def forget(self):
        self.gate.asked.clear()


def open_cloud(folder):
    """A cloud that answers until the process ends, its central account under profile `central`."""
    os.environ["MOTO_ALLOW_NONEXISTENT_REGION"] = "true"
    from console.sandbox import emulator

    emulator.prepare()
    from console.sandbox.server import Endpoint
    from console.sandbox.world import World

    gate, ready, port = Gate(World()), threading.Event(), []

    async def serve():
        server = await Endpoint(gate).listen()
        port.append(server.sockets[0].getsockname()[1])
        ready.set()
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True, name="cloud").start()
    ready.wait()
    keys = gate.accounts.by_id[CENTRAL]
    (folder / "credentials").write_text(
        f"[central]\naws_access_key_id = {keys.access_key}\naws_secret_access_key = {keys.secret_key}\n"
    )
    return Cloud(f"http://127.0.0.1:{port[0]}", gate, folder)
