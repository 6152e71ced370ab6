"""What can go wrong with one AWS call, in the shape and words of the protocol that asked."""

from dataclasses import dataclass
from typing import Any

from console.sandbox import wording
from console.sandbox.errors import AwsError

# Trouble with the network; `lost` says whether the call took effect before the answer was lost.
RESET, STALL, CUT = "reset", "stall", "cut"


@dataclass(frozen=True)
class Fault:
    """One kind of trouble; `str()` is its name in a test's id.

    `refusal` is how the answer reads, `how` what becomes of the connection instead, `act` something that
    happens in the world meanwhile (the call itself then passes). `lost` lets the call take effect first.
    """

    name: str
    refusal: str = ""
    how: str = ""
    lost: bool = False
    act: Any = None

    def __str__(self):
        return self.name


ACCESS_DENIED = Fault("access denied", "denied")
THROTTLED = Fault("throttled", "throttled")
LIMIT_EXCEEDED = Fault("limit exceeded", "limit")
ALREADY_EXISTS = Fault("already exists", "exists")
NOT_FOUND = Fault("not found", "absent")
EXPIRED = Fault("expired token", "expired")
SERVER_ERROR = Fault("500", "broken")
UNAVAILABLE = Fault("503", "unavailable")
RESET_BEFORE = Fault("reset before", how=RESET)
RESET_AFTER = Fault("reset after", how=RESET, lost=True)
SERVER_ERROR_AFTER = Fault("500 after", "broken", lost=True)
STALLED = Fault("stalled", how=STALL)
STALLED_AFTER = Fault("stalled after", how=STALL, lost=True)
TRUNCATED = Fault("truncated", how=CUT, lost=True)

REFUSALS = (ACCESS_DENIED, THROTTLED, LIMIT_EXCEEDED, ALREADY_EXISTS, NOT_FOUND, EXPIRED, SERVER_ERROR, UNAVAILABLE)
LOSSES = (RESET_AFTER, SERVER_ERROR_AFTER, STALLED_AFTER, TRUNCATED)  # the call took effect, and nobody was told
ALL = (*REFUSALS, RESET_BEFORE, STALLED, *LOSSES)


def meanwhile(act, *, after=False):
    """Not a fault of the wire: `act()` happens just before the call takes effect, or just after."""
    return Fault("meanwhile", act=act, lost=after)


# Code and status by protocol; None where that protocol's services have no such refusal of their own.
_CODES = {
    "denied": {
        "ec2": ("UnauthorizedOperation", 403),
        "s3": ("AccessDenied", 403),
        "query": ("AccessDenied", 403),
        "json": ("AccessDeniedException", 400),
        "rest": ("AccessDeniedException", 403),
    },
    "throttled": {
        "ec2": ("RequestLimitExceeded", 503),
        "s3": ("SlowDown", 503),
        "query": ("Throttling", 400),
        "json": ("ThrottlingException", 400),
        "rest": ("TooManyRequestsException", 429),
    },
    "limit": {
        "ec2": ("ResourceLimitExceeded", 400),
        "s3": ("TooManyBuckets", 400),
        "query": ("LimitExceeded", 409),
        "json": ("LimitExceededException", 400),
        "rest": ("LimitExceededException", 400),
    },
    "exists": {
        "ec2": ("IdempotentParameterMismatch", 400),
        "s3": ("BucketAlreadyOwnedByYou", 409),
        "query": ("EntityAlreadyExists", 409),
        "json": ("AlreadyExistsException", 400),
        "rest": ("ConflictException", 409),
    },
    "absent": {
        "ec2": ("InvalidParameterValue", 400),
        "s3": ("NoSuchKey", 404),
        "query": ("NoSuchEntity", 404),
        "json": ("NotFoundException", 400),
        "rest": ("ResourceNotFoundException", 404),
    },
    "broken": {
        "ec2": ("InternalError", 500),
        "s3": ("InternalError", 500),
        "query": ("InternalFailure", 500),
        "json": ("InternalServiceException", 500),
        "rest": ("InternalServerException", 500),
    },
    "unavailable": {
        "ec2": ("Unavailable", 503),
        "s3": ("ServiceUnavailable", 503),
        "query": ("ServiceUnavailable", 503),
        "json": ("ServiceUnavailableException", 503),
        "rest": ("ServiceUnavailableException", 503),
    },
}
# Where an operation, or a service, has a word of its own.
_OWN = {
    ("limit", "ec2.CreateVolume"): ("VolumeLimitExceeded", 400),
    ("limit", "ec2.CreateSnapshot"): ("ConcurrentSnapshotLimitExceeded", 400),
    ("limit", "ec2.AttachVolume"): ("AttachmentLimitExceeded", 400),
    ("absent", "s3.ListObjectsV2"): ("NoSuchBucket", 404),
    ("absent", "s3.ListObjectVersions"): ("NoSuchBucket", 404),
    ("absent", "secretsmanager"): ("ResourceNotFoundException", 400),
    ("exists", "secretsmanager"): ("ResourceExistsException", 400),
    ("broken", "kms"): ("KMSInternalException", 500),
    ("unavailable", "kms"): ("KeyUnavailableException", 500),
}
_NOT_FOUND_BY_WORD = {"Volume": "InvalidVolume.NotFound", "Snapshot": "InvalidSnapshot.NotFound"}


def answer(fault, request, operation):
    """The refusal as an HTTP answer."""
    code, status = _code(fault.refusal, request, operation)
    return wording.refusal(request, AwsError(code, f"{operation}: {fault.name}", status), "00000000-fault")


def _code(refusal, request, operation):
    if refusal == "expired":
        return "ExpiredTokenException", 400  # the wording has each protocol's own name for it
    service = operation.partition(".")[0]
    own = _OWN.get((refusal, operation)) or _OWN.get((refusal, service))
    if own is None and refusal == "absent" and service == "ec2":
        named = [code for word, code in _NOT_FOUND_BY_WORD.items() if word in operation]
        return (named or ["InvalidInstanceID.NotFound"])[0], 400
    return own or _CODES[refusal][wording.protocol(request)]
