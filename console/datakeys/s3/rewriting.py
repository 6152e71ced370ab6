"""One object gets a new data key: it is copied onto itself, for S3 draws one for every write.

Nothing is repeated blindly. Before each try the object is looked at: written since the run began and under the
intended CMK, it has its new data key, whoever wrote it, and an answer that was lost on the way is found so.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.aws.refusals import THROTTLING, AwsRefusal
from console.datakeys.s3.ledger import Outcome, Result
from console.errors import AwsUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from console.datakeys.notes import Notes

TRIES = 5
FIRST_PAUSE = 0.2
"""Seconds before a second try, doubling; a random part of it."""

PASSING = THROTTLING | {"InternalError", "ServiceUnavailable", "500", "503", "RequestTimeout"}
BROKEN_KEY = "KMS."
"""How S3 begins the code of a refusal that KMS gave."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done with every object of a bucket. `start` is S3's own time, in epoch seconds, from which on a
    write is of this run's time; `limit` the bytes that one copy may hold.
    """

    bucket: objects.Bucket
    cmk: str
    start: int
    notes: Notes
    versioned: bool = False
    acls: bool = False
    locks: bool = False
    limit: int = objects.COPY_LIMIT
    stopped: threading.Event = field(default_factory=threading.Event)

    def fresh(self, seen: Mapping[str, Any]) -> bool:
        """Whether this was written since the run began, under the intended CMK: then it has a new data key."""
        under = str(seen.get("ServerSideEncryption", "")).startswith("aws:kms") and seen.get("SSEKMSKeyId") == self.cmk
        return under and self.later(seen)

    def later(self, seen: Mapping[str, Any]) -> bool:
        """Whether it was written since the run began (LastModified has whole seconds)."""
        return int(seen["LastModified"].timestamp()) > self.start


def rewritten(task: Task, key: str) -> Result:
    """The current object of this key.

    Raises:
        AwsRefusal, ConsoleError: what stands in the way of all of them, or does not pass.
    """
    return patiently(task, key, lambda tried: _once(task, key, repeated=tried > 0))[0]


def patiently(task: Task, key: str, act: Callable[[int], Result | list[Result]]) -> list[Result]:
    """What `act` makes of it, tried anew (it hears how often) while that may help; one that fails for itself alone is
    a result too.

    Raises:
        AwsRefusal, ConsoleError: as `rewritten`.
    """
    last: Exception | None = None
    for tried in range(TRIES):
        if tried and task.stopped.wait(random.uniform(0, FIRST_PAUSE * 2**tried)):  # noqa: S311 - spreads tries
            break
        try:
            told = act(tried)
        except (AwsRefusal, AwsUnreachable) as error:
            last = error
            if isinstance(error, AwsRefusal) and (result := _told(task, key, error)) is not None:
                return [result]
        else:
            return [told] if isinstance(told, Result) else told
    if isinstance(last, AwsRefusal) and last.code in objects.CHANGED:
        return [Result(key, Outcome.SKIPPED, reason="changed", detail=last.code)]
    raise last if last is not None else AwsUnreachable("aws.unreachable", detail=key)


def _once(task: Task, key: str, *, repeated: bool) -> Result:
    seen = objects.look(task.bucket, key)
    size, version = seen["ContentLength"], version_of(task, seen)
    if task.fresh(seen):
        # After a try of ours whose answer was lost, or after a kill: ours or another's, nobody can tell.
        return Result(key, Outcome.FOUND, size, now=version, etag=seen["ETag"], detail="again" if repeated else "")
    if closed(seen):
        return Result(key, Outcome.SKIPPED, size, "archived", seen["StorageClass"], was=version)
    made = made_from(task, key, seen, {"IfMatch": seen["ETag"]})
    if made.get("SSEKMSKeyId", task.cmk) != task.cmk:
        return Result(key, Outcome.FAILED, size, "other_cmk", was=version, now=version_of(task, made))
    if task.locks:
        objects.locked_alike(task.bucket, key, seen, version_of(task, seen), version_of(task, made))
    replicated = str(seen.get("ReplicationStatus", "")).lower()
    return Result(
        key, Outcome.ROTATED, size, detail=replicated, was=version, now=version_of(task, made), etag=made["ETag"]
    )


def made_from(task: Task, key: str, seen: Mapping[str, Any], expect: Mapping[str, str]) -> dict[str, Any]:
    """A copy of what was seen on top of what stands there, like it in all but its data key."""
    told = objects.kept(seen, task.cmk)
    if task.acls:
        told |= objects.acl_grants(task.bucket, key, version_of(task, seen))
    if seen["ContentLength"] > task.limit:
        with task.notes.upload(task.bucket, key) as begun:
            return objects.copy_in_parts(task.bucket, key, seen, told, expect, begun)
    return objects.copy(task.bucket, key, seen, told, expect)


def closed(seen: Mapping[str, Any]) -> bool:
    """Whether it is archived, and not restored for now."""
    if seen.get("StorageClass") not in objects.ARCHIVED:
        return bool(seen.get("ArchiveStatus"))
    return 'ongoing-request="false"' not in seen.get("Restore", "")


def version_of(task: Task, told: Mapping[str, Any]) -> str:
    return str(told.get("VersionId") or "") if task.versioned else ""


def _told(task: Task, key: str, error: AwsRefusal) -> Result | None:
    """What a refusal says of this one object; None: look again, for it may pass or has changed.

    Raises:
        AwsRefusal: it is not about this object alone.
    """
    if error.code in PASSING:
        return None
    if error.code in objects.GONE and error.operation == "HeadObject":
        return Result(key, Outcome.SKIPPED, reason="gone")
    if error.code in objects.CHANGED:
        return None
    if error.code == "400" and error.operation == "HeadObject":
        return Result(key, Outcome.SKIPPED, reason="customer_key")
    if error.code in objects.CLOSED:
        return Result(key, Outcome.SKIPPED, reason="archived", detail=error.code)
    if error.code in objects.DENIED:
        return _denied(task, key, error)
    if error.code.startswith(BROKEN_KEY):
        return Result(key, Outcome.FAILED, reason="key", detail=error.code)
    if "Token" in error.code or "Signature" in error.code:
        raise error
    return Result(key, Outcome.FAILED, reason="refused", detail=error.code)


def _denied(task: Task, key: str, error: AwsRefusal) -> Result:
    """One who may no longer see the bucket may do nothing in it: then it is not about this object."""
    try:
        objects.clock(task.bucket)
    except AwsRefusal:
        raise AwsRefusal("AccessDenied", error.message, error.operation) from error
    return Result(key, Outcome.FAILED, reason="denied", detail=error.operation)
