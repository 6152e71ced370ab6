"""A proxy before the sandbox that counts AWS calls and lets the n-th go wrong.

For every AWS call of a workflow × every fault::

    from tests.faults import faults
    from tests.faults.proxy import each, some, standing_before

    with standing_before(sandbox_url) as proxy:      # or the fixture `proxy` of this folder
        rotate(endpoint=proxy.url)                   # once undisturbed: what does it call?
        calls = proxy.calls                          # ("ec2.DescribeVolumes", "ec2.CreateSnapshot", …)
        for case in some(each(calls), 12):           # or each(calls, faults=…): a number, a call and a fault
            proxy.reset()                            # counts from one again, no faults
            proxy.fail(case.fault, at=case.at)
            rotate_something_new(endpoint=proxy.url) # must retry, pause or fail in one sentence …
            proxy.reset()
            resume(endpoint=proxy.url)               # … and come to the same end
            judge(lineage of the sandbox)            # once, not twice: `proxy.calls` tells what was repeated

FAULT_CASES in the environment: so many cases of each story, not as few as it needs itself; 0: every one of them.

`fail(fault, at=n)` meets the n-th call of all, `fail(fault, at=n, of="s3.CopyObject")` the n-th of that operation,
`times=` how many in a row from there (None: for ever, as when a role is revoked). botocore repeats a call by itself
after resets, 5xx and throttling, and each repeat counts as a call. What happens in the world meanwhile is a fault
too: `proxy.fail(faults.meanwhile(lambda: kms.disable_key(…)), at=4)` runs just before the fourth call takes effect,
`after=True` just after. The callable must ask the sandbox itself, not through the proxy's own counting.
`STALLED` never answers: be `impatient()` then. An XML answer that is `TRUNCATED` reaches the caller as
`botocore.parsers.ResponseParserError`, which is not a BotoCoreError; botocore repeats the call by itself first.
"""

import asyncio
import contextlib
import http.client
import os
import random
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from console.aws import session
from console.sandbox.message import Response
from console.sandbox.naming import operation
from console.sandbox.server import HOST, Connection, _encoded
from tests.faults import faults

HANGING = 32  # calls that may stand at the sandbox at once
CASES = os.environ.get("FAULT_CASES", "")
_OURS = {"connection", "transfer-encoding", "expect", "content-length", "accept-encoding"}


@dataclass(frozen=True)
class Case:
    """One disturbance: which call (from one), what it was in the undisturbed run, which fault."""

    at: int
    call: str
    fault: faults.Fault

    def __str__(self):
        return f"{self.at} {self.call} {self.fault}"


def each(calls, chosen=faults.ALL):
    """Every call × every fault that it can meet; nothing already exists for a call that only reads."""
    for at, call in enumerate(calls, 1):
        reads = call.partition(".")[2].startswith(("Describe", "List", "Get", "Head", "Lookup"))
        for fault in chosen:
            if not (reads and fault in {faults.ALREADY_EXISTS, faults.LIMIT_EXCEEDED}):
                yield Case(at, call, fault)


def some(cases, few):
    """So few of the cases, or as many as were asked for: always the same ones, in order."""
    cases = list(cases)
    wanted = int(CASES or few) or len(cases)
    print(f"{min(wanted, len(cases))} of {len(cases)} cases")
    return sorted(random.Random(few).sample(cases, min(wanted, len(cases))), key=lambda case: case.at)


@contextlib.contextmanager
def standing_before(url):
    """A proxy before the AWS at `url`, for as long as the block lasts."""
    proxy = Proxy(url)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


@contextlib.contextmanager
def impatient(seconds=0.5):
    """Clients made meanwhile ask once and wait so long: for one disturbed call, not for a machine that is only slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "ATTEMPTS", 1)
        patch.setattr(session, "READ_SECONDS", seconds)
        yield


@dataclass
class _Plan:
    fault: faults.Fault
    at: int
    of: str
    times: int | None

    def meets(self, number):
        return number >= self.at and (self.times is None or number < self.at + self.times)


class Proxy:
    """Its own thread and event loop; every method may be called from any thread."""

    def __init__(self, url):
        self.upstream = urlsplit(url)
        self.url = ""
        self.lock = threading.Lock()
        self._calls, self._plans = [], []
        self.pool = ThreadPoolExecutor(HANGING, "upstream")
        self.local = threading.local()
        self.open = set()
        self.ready = threading.Event()

    @property
    def calls(self):
        """The operations called since the last reset, in order of arrival."""
        with self.lock:
            return tuple(self._calls)

    def count(self, name):
        return self.calls.count(name)

    def fail(self, fault, at=1, of="", times=1):
        """Let the `at`-th call (of one operation, if named) meet the fault; counted from the last reset."""
        with self.lock:
            self._plans.append(_Plan(fault, at, of, times))

    def reset(self):
        """No faults any more, and the counting begins anew."""
        with self.lock:
            self._calls, self._plans = [], []

    def met(self, name):
        """Count a call; the fault that it meets, or None."""
        with self.lock:
            self._calls.append(name)
            numbers = {"": len(self._calls), name: self._calls.count(name)}
            met = [plan.fault for plan in self._plans if plan.of in numbers and plan.meets(numbers[plan.of])]
            return met[0] if met else None

    def start(self):
        self.thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="faults", daemon=True)
        self.thread.start()
        self.ready.wait(10)

    def stop(self):
        self.loop.call_soon_threadsafe(self.ending.set)
        self.thread.join(10)
        self.pool.shutdown(wait=False, cancel_futures=True)

    async def _live(self):
        self.loop, self.ending = asyncio.get_running_loop(), asyncio.Event()
        server = await self.loop.create_server(lambda: Through(self, self.loop), HOST, 0, backlog=512)
        self.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
        self.ready.set()
        await self.ending.wait()
        server.close()
        for transport in list(self.open):
            transport.abort()

    def forward(self, request):
        """The sandbox's answer; runs in the pool's threads, each with a connection of its own."""
        known = self.local.__dict__.pop("connection", None)
        known = known or http.client.HTTPConnection(self.upstream.hostname, self.upstream.port)
        done = _passed_on(known, request)
        self.local.connection = known  # one that failed is not used again
        return done


def _passed_on(known, request):
    known.putrequest(request.method, _target(request), skip_host="host" in request.headers, skip_accept_encoding=True)
    for name, value in request.headers.items():
        if name not in _OURS:
            known.putheader(name, value)
    known.putheader("content-length", str(len(request.body)))
    known.endheaders(request.body or None)
    told = known.getresponse()
    body = told.read()
    headers = {name: value for name, value in told.getheaders() if name.lower() not in _OURS}
    if request.method == "HEAD" and told.getheader("Content-Length"):
        headers["Content-Length"] = told.getheader("Content-Length")
    return Response(told.status, body, headers)


class Through(Connection):
    """One client's connection: the sandbox's own reading of HTTP, with another at the other end."""

    def __init__(self, proxy, loop):
        super().__init__(proxy, loop)
        self.proxy = proxy
        self.tasks = set()

    def connection_made(self, transport):
        super().connection_made(transport)
        self.proxy.open.add(transport)

    def connection_lost(self, exc):
        self.proxy.open.discard(self.transport)
        super().connection_lost(exc)

    def _serve(self, request):
        self.busy = True
        task = self.loop.create_task(self._answer(request))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, request):
        name = operation(request)
        fault = self.proxy.met(name)
        if fault is None:
            self._send_on(request, await self._forward(request))
        elif fault.act is not None:
            await self._meanwhile(request, fault)
        else:
            done = await self._forward(request) if fault.lost else None
            self._go_wrong(request, name, fault, done)

    async def _meanwhile(self, request, fault):
        if fault.lost:
            done = await self._forward(request)
            await self.loop.run_in_executor(None, fault.act)
        else:
            await self.loop.run_in_executor(None, fault.act)
            done = await self._forward(request)
        self._send_on(request, done)

    async def _forward(self, request):
        try:
            return await self.loop.run_in_executor(self.proxy.pool, self.proxy.forward, request)
        except (OSError, http.client.HTTPException):
            return None

    def _go_wrong(self, request, name, fault, done):
        if fault.refusal:
            self._send_on(request, faults.answer(fault, request, name))
        elif fault.how == faults.RESET:
            self._hang_up()
        elif fault.how == faults.CUT:
            self._send_half(request, done)

    def _send_on(self, request, done):
        if done is None:
            self._hang_up()
        elif self.transport is not None:
            self._send(request, done)

    def _send_half(self, request, done):
        """The head and half of the body; of an answer without a body not even the status, for clients forgive half a head."""
        if self.transport is not None and done is not None:
            whole = _encoded(request, done)
            head = whole.find(b"\r\n\r\n") + 4
            end = head + (len(whole) - head) // 2 if len(whole) > head else len("HTTP/1.1")
            self.transport.write(whole[:end])
            self.transport.close()

    def _hang_up(self):
        """RST rather than FIN: what a client sees of a machine that is gone."""
        if self.transport is not None:
            line = self.transport.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()


def _target(request):
    return f"{request.path}?{request.query}" if request.query else request.path
