"""One AWS: clock, accounts, KMS, trail and the borrowed rest behind a single `answer`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from email.utils import formatdate
from functools import cached_property, partial
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any

from console.sandbox import identity, sts, tagging, wording
from console.sandbox.accounts import CENTRAL, Accounts
from console.sandbox.batch import Jobs
from console.sandbox.batch.jobs import PATH as JOBS
from console.sandbox.call import Call
from console.sandbox.clock import Clock
from console.sandbox.emulator import Emulator
from console.sandbox.entropy import Entropy
from console.sandbox.errors import AwsError
from console.sandbox.kms import Kms, wire
from console.sandbox.message import FORM, Request, Response, Scope, json_answer
from console.sandbox.trail import Trail

if TYPE_CHECKING:
    from datetime import timedelta

    from console.sandbox.batch.work import Work
    from console.sandbox.callers import Caller

KMS_TARGET = "TrentService."
TRAIL_TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
READS = ("Describe", "List", "Get", "Lookup", "Head")
_NAMELESS = b"<requestId>request-id<"  # moto's EC2 calls every request by this one name
_WHERE_IDS_STAND = 400  # bytes from either end of an answer
JSON_HEADERS = {"Content-Type": "application/x-amz-json-1.1"}


@dataclass(frozen=True, slots=True)
class Parts:
    """What is ours of a world and outlives a restart; all share one clock."""

    clock: Clock
    accounts: Accounts
    trail: Trail
    kms: Kms
    jobs: Jobs

    @classmethod
    def fresh(cls, seed: int) -> Parts:
        clock, trail = Clock(), Trail()
        accounts = Accounts(clock, Entropy(f"accounts {seed}"))
        jobs = Jobs(clock, Entropy(f"jobs {seed}"))
        return cls(clock, accounts, trail, Kms(clock, trail, Entropy(f"kms {seed}")), jobs)


class World:
    """Everything the sandbox knows; one per process, because moto's state is the process's.

    `version` counts the requests that may have changed something, for whoever saves the state.
    """

    def __init__(self, parts: Parts | None = None, seed: int = 0) -> None:
        self.seed = seed
        self.parts = parts or Parts.fresh(seed)
        self.clock, self.accounts = self.parts.clock, self.parts.accounts
        self.trail, self.kms, self.jobs = self.parts.trail, self.parts.kms, self.parts.jobs
        self.emulator = Emulator(self.clock, seed)
        self.version = 0
        self.lock = Lock()  # held while KMS answers or the state is written
        self._ids = _request_ids()

    def answer(self, request: Request) -> Response:
        """The answer of the service that the credential scope names; never raises for a bad request."""
        request_id = next(self._ids)
        try:
            done = self._answered(request, request_id)
        except AwsError as error:
            done = wording.refusal(request, error, request_id)
        done.headers["x-amzn-RequestId"] = request_id
        done.headers["Date"] = formatdate(self.clock.now().timestamp(), usegmt=True)
        if _NAMELESS in done.body[:_WHERE_IDS_STAND] or _NAMELESS in done.body[-_WHERE_IDS_STAND:]:
            done.body = done.body.replace(_NAMELESS, f"<requestId>{request_id}<".encode())
        return done

    def quick(self, request: Request) -> bool:
        """Whether the answer takes so little that a server may compute it between two reads."""
        return request.target.startswith(KMS_TARGET)

    @property
    def at_work(self) -> bool:
        """Whether something gets on by itself, which `work` must be asked for again and again."""
        return bool(self.jobs.moving)

    @cached_property
    def work(self) -> Work:
        """Jobs of S3 Batch Operations; a turn of theirs is not for the thread that answers KMS."""
        from console.sandbox.batch.work import Work

        return Work(self)

    def administrator(self, account: str = CENTRAL) -> Caller:
        return self.accounts.by_id[account].administrator

    def advance(self, step: timedelta) -> None:
        """Move the clock and let everything happen that falls due, in order."""
        with self.lock:
            self.clock.advance(step)
            self.kms.tick()
        self.version += 1

    def _answered(self, request: Request, request_id: str) -> Response:
        scope = request.scope
        if scope is None:
            return self._unsigned(request)
        caller = self.accounts.identify(scope.access_key, request.token)
        identity.judge(caller, request)
        if request.target.startswith(KMS_TARGET):
            return self._kms(caller, scope.region, request)
        if request.target == TRAIL_TARGET:
            asked = request.document()
            return json_answer(self.trail.lookup(caller.account, scope.region, asked, self.clock.now()))
        if scope.service == "sts":
            return sts.answer(self.accounts, caller, request.form(), request_id)
        return self._borrowed(caller, scope, request)

    def _unsigned(self, request: Request) -> Response:
        if request.target or request.headers.get("content-type", "").startswith(FORM):
            raise AwsError("MissingAuthenticationTokenException", "Missing Authentication Token")
        raise AwsError("AccessDenied", "Access Denied", 403)

    def _kms(self, caller: Caller, region: str, request: Request) -> Response:
        operation = request.target[len(KMS_TARGET) :]
        if not operation.startswith(READS):
            self.version += 1
        asked = wire.decode(operation, request.body)
        with self.lock:
            answered = self.kms.call(caller, region, operation, asked)
        return Response(200, wire.encode(operation, answered), dict(JSON_HEADERS))

    def _borrowed(self, caller: Caller, scope: Scope, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"} and not _action(request).startswith(READS):
            self.version += 1
        if request.path.startswith(JOBS):
            return self.jobs.answer(caller, scope.region, request)
        call = Call(caller, scope.region, self.kms, self.clock, self.accounts)
        if request.target == tagging.TARGET:
            return tagging.answer(call, request, partial(self.emulator.answer, call))
        return self.emulator.answer(call, request)


def _action(request: Request) -> str:
    return request.target.rpartition(".")[2] or (
        request.form().get("Action", "") if request.headers.get("content-type", "").startswith(FORM) else ""
    )


def _request_ids() -> Any:
    """Distinct ids of AWS's shape, cheaper than a UUID each."""
    start = str(uuid.uuid4())[:24]
    return (f"{start}{number:012x}" for number in count())
