"""An AWS of one's own for tests: the sandbox's world in a process of its own, with faults that can be asked for.

Tests that share one do not meet: each takes a Region (and accounts) that no other has had.
"""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.request import Request, urlopen

import botocore.loaders
import botocore.session
from botocore.config import Config

from console.aws.session import Aws, nameless
from console.settings import Settings, TenantSettings

CENTRAL = "999988887777"
ROLE = "arn:aws:iam::{account}:role/KmsConsoleRead"
REAL = [
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "us-west-2",
    "ap-southeast-1",
    "sa-east-1",
    "us-west-1",
    "us-east-2",
    "ca-central-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-2",
    "ap-northeast-3",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-east-1",
    "ca-west-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "af-south-1",
]
REGIONS = [
    f"{continent}-{side}-{number}"
    for continent in ("eu", "us", "ap", "ca", "sa", "af", "me")
    for side in ("west", "east", "central", "north", "south", "southeast", "northeast")
    for number in range(1, 10)
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
    """The world, with faults before it; counts what is asked, by Region and operation.

    Lives in the cloud's process; `/_gate/WORD` on the endpoint reaches the method of that name.
    """

    def __init__(self, world):
        self.world = world
        self.faults = []
        self.signals = {}
        self.asked = Counter()
        self.askers = set()
        self.refused = Counter()

    def __getattr__(self, name):
        return getattr(self.world, name)

    def quick(self, request):
        return request.path.startswith("/_gate/") or self.world.quick(request)

    def answer(self, request):
        if request.path.startswith("/_gate/"):
            from console.sandbox.message import json_answer

            return json_answer(getattr(self, f"do_{request.path[7:]}")(**json.loads(request.body)))
        operation, region = operation_of(request), request.scope.region if request.scope else ""
        self.asked[region, operation] += 1
        service = request.scope.service if request.scope else ""
        self.askers.add((region, self._account(request), operation, service))
        if pid := self.signals.get((region, operation)):
            os.kill(pid, signal.SIGINT)
        return self._refused(request, operation, region) or self.world.answer(request)

    def _account(self, request):
        from console.sandbox.errors import AwsError

        try:
            return self.world.accounts.identify(request.scope.access_key, request.token).account
        except (AwsError, AttributeError):  # unknown, or unsigned
            return ""

    def _refused(self, request, operation, region):
        from console.sandbox import wording
        from console.sandbox.errors import AwsError

        text = f"{request.path}?{request.query} {request.body.decode('utf-8', 'replace')}"
        for fault in self.faults:
            here = (fault.operation, fault.region) == (operation, region) and fault.match in text
            if here and not 0 < fault.times <= self.refused[fault]:
                self.refused[fault] += 1
                return wording.refusal(request, AwsError(fault.code, fault.message, fault.status), "")
        return None

    def do_fault(self, **told):
        self.faults.append(Fault(**told))

    def do_interrupt(self, region, operation, pid):
        self.signals[region, operation] = pid

    def do_heal(self):
        self.faults.clear()
        self.signals.clear()
        self.world.emulator.sizes_are()
        self.world.work.pace()

    def do_jobs(self, seconds, tasks):
        self.world.work.pace(seconds, tasks)

    def do_latency(self, ms):
        self.endpoint.latency = ms / 1000

    def do_sizes(self, copy, part):
        self.world.emulator.sizes_are(copy=copy, part=part)

    def do_forget(self):
        self.asked.clear()
        self.askers.clear()

    def do_askers(self, region):
        return [tuple(rest) for where, *rest in self.askers if where == region]

    def do_asked(self, region):
        return {operation: count for (where, operation), count in self.asked.items() if where == region and count}

    def do_judge(self):
        from console.sandbox import lineage

        return lineage.told()

    def do_write(self, volume, text):
        from console.sandbox import contents

        return contents.write(volume=volume, instance=None, device=None, data=text.encode())

    def do_read(self, volume):
        from console.sandbox import contents

        return contents.read(volume).decode()

    def do_open(self, name, number):
        account = self.world.accounts.open(name, number)
        return [account.access_key, account.secret_key]


def operation_of(request):
    """The operation's name; S3's by what it asks of the bucket."""
    if request.target:
        return request.target.rpartition(".")[2]
    if request.scope and request.scope.service == "s3" and not request.path.startswith("/v20180820/"):
        asked = request.query.partition("&")[0].partition("=")[0]
        if request.method == "GET" and "/" in request.path.strip("/"):
            return "GetObject"
        known = {"encryption": "GetBucketEncryption", "tagging": "GetBucketTagging", "list-type": "ListObjectsV2"}
        return known.get(asked, "ListBuckets")
    if action := request.form().get("Action", ""):
        return action
    from console.sandbox import naming

    return naming.operation(request).partition(".")[2]


class Cloud:
    """A cloud in a process of its own, and hands to fill it."""

    def __init__(self, folder):
        words = [sys.executable, "-m", "tests.clouds"]
        home = Path(__file__).parent.parent
        self._child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=home, text=True)
        self.endpoint = self._child.stdout.readline().strip()
        self.folder = folder
        self._regions, self._numbers = iter([r for r in REGIONS if r not in REAL]), itertools.count(1)
        self._real = itertools.cycle(REAL)
        self._keys, self._clients, self._loader = {}, {}, botocore.loaders.Loader()
        key, secret = self._open("KMSaaS", CENTRAL)
        (folder / "credentials").write_text(f"[central]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")

    def close(self):
        self._child.stdin.close()
        self._child.wait(60)
        self._child.stdout.close()

    def _ask(self, word, **told):
        request = Request(f"{self.endpoint}/_gate/{word}", json.dumps(told).encode(), {"Content-Type": "x"})
        with urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def _open(self, name, number):
        self._keys[number] = self._ask("open", name=name, number=number)
        return self._keys[number]

    def region(self):
        """A Region that no other test has."""
        return next(self._regions)

    def real_region(self):
        """One that exists, for what instances need: subnets and a list of their types. There are not so many: after
        all others it comes again, with the CMKs of the central account that were made there.
        """
        return next(self._real)

    def client(self, service, region, account=CENTRAL):
        """A botocore client with the administrator's credentials of an account."""
        if (service, region, account) not in self._clients:
            key, secret = self._keys[account]
            session = botocore.session.Session()
            session.register_component("data_loader", self._loader)
            made = self._clients[service, region, account] = session.create_client(
                service,
                region,
                endpoint_url=self.endpoint,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
            nameless(made)
        return self._clients[service, region, account]

    def tenant(self, name, *, accounts=1, role=True, **settings):
        """A tenant with accounts of its own, whose role trusts the central account when asked."""
        opened = [f"{next(self._numbers):012d}" for _ in range(accounts)]
        for number in opened:
            self._open(f"{name} {number}", number)
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
            quotas=(("LookupEvents", 1000.0),),  # two a second would be the tests' own pace
        )
        return replace(plain, **changes)

    def aws(self, settings):
        """AWS as these settings reach it; service models are read once per test process, not once per sync."""
        aws = Aws(settings)
        aws._loader = self._loader
        return aws

    def interrupt(self, operation, region):
        """Whenever the operation is asked in the Region, this process is interrupted as by Ctrl+C."""
        self._ask("interrupt", operation=operation, region=region, pid=os.getpid())

    def fault(self, operation, region, code="AccessDeniedException", **rest):
        self._ask("fault", operation=operation, region=region, code=code, **rest)

    def heal(self):
        self._ask("heal")

    def asked(self, region):
        """Operation to number of requests in a Region since `forget`."""
        return self._ask("asked", region=region)

    def askers(self, region):
        """(account id, operation, signing service) of the requests in a Region since `forget`."""
        return [tuple(pair) for pair in self._ask("askers", region=region)]

    def forget(self):
        self._ask("forget")

    def judge(self, what, identity):
        """What AWS's side knows of a volume, snapshot or object: its data key, CMK, HBK and a digest of its contents."""
        return next(one for one in self._ask("judge")[what] if one["id"] == identity)

    def sizes(self, copy, part):
        """S3's limits in bytes: of one copy, and the least of a part; until the end of the test."""
        self._ask("sizes", copy=copy, part=part)

    def jobs(self, seconds=0.0, tasks=20):
        """How fast jobs of S3 Batch Operations get on, until the end of the test: with no tasks a turn, not at all."""
        self._ask("jobs", seconds=seconds, tasks=tasks)

    def judged(self, what, identity):
        """The same of everything under that id: the versions of an object or a secret, oldest first."""
        return [one for one in self._ask("judge")[what] if one["id"] == identity]

    def latency(self, ms):
        """How long every answer takes on its way, as over a network."""
        self._ask("latency", ms=ms)

    def write(self, volume, text):
        """Put bytes on a disk, as its instance would."""
        self._ask("write", volume=volume, text=text)

    def read(self, volume):
        return self._ask("read", volume=volume)


async def serve():
    """Answer until the one who started this closes our stdin."""
    from console.sandbox import emulator

    emulator.prepare()
    from console.sandbox.server import Endpoint
    from console.sandbox.world import World

    gate = Gate(World())
    gate.endpoint = Endpoint(gate)
    server = await gate.endpoint.listen()
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    os.environ["MOTO_ALLOW_NONEXISTENT_REGION"] = "true"
    asyncio.run(serve())
