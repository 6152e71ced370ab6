"""What AWS's refusals and a broken road to AWS become, so that no botocore exception leaves this floor."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from console.errors import AwsUnreachable, ConsoleError, CredentialsExpired, CredentialsMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

THROTTLING = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "RequestThrottled",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
    }
)
"""Codes that mean *too fast*, whichever service says it."""

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
INVALID = frozenset(
    {
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "AuthFailure",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
    }
)

LONGEST = 500
"""Characters kept of a message: a proxy in between may answer with a page of HTML."""
DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "Client.UnauthorizedOperation",
    }
)


class AwsRefusal(Exception):
    """AWS answered, and the answer is no: its own error code, message and the operation that was asked."""

    def __init__(self, code: str, message: str = "", operation: str = "") -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.code = code
        self.message = message
        self.operation = operation

    @property
    def denied(self) -> bool:
        """The caller lacks a permission, as opposed to a fault that may pass."""
        return self.code in DENIED


@contextmanager
def edge(operation: str = "") -> Iterator[None]:
    """Everything botocore may raise inside becomes an AwsRefusal or a ConsoleError.

    Raises:
        AwsRefusal: AWS said no.
        CredentialsMissing: there are none, or AWS does not know them.
        CredentialsExpired: there were; a new login helps.
        AwsUnreachable: no network, no such host, no answer in time.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise translated(error, operation) from error


def translated(error: Exception, operation: str = "") -> AwsRefusal | ConsoleError:
    """Botocore's exception as ours; the caller raises it `from` the first."""
    from botocore import exceptions as boto
    from botocore.parsers import ResponseParserError

    if isinstance(error, boto.ClientError):
        told = error.response.get("Error", {})
        message = told.get("Message") or ""  # an empty one comes as None
        return _refusal(told.get("Code", ""), message, error.operation_name)
    if isinstance(error, (boto.NoCredentialsError, boto.PartialCredentialsError, boto.ProfileNotFound)):
        return CredentialsMissing("aws.credentials_missing", detail=str(error))
    if isinstance(error, (boto.CredentialRetrievalError, boto.TokenRetrievalError, boto.SSOError)):
        return CredentialsExpired("aws.credentials_expired", detail=str(error))
    if isinstance(error, ResponseParserError):  # cut off; botocore quotes the answer, which may hold credentials
        return AwsUnreachable("aws.unreachable", detail=f"{operation}: {type(error).__name__}".removeprefix(": "))
    if isinstance(error, (boto.HTTPClientError, boto.ConnectionError)):
        return AwsUnreachable("aws.unreachable", detail=str(error))
    return AwsRefusal(type(error).__name__, str(error), operation)


def _refusal(code: str, message: str, operation: str) -> AwsRefusal | ConsoleError:
    if code in EXPIRED:
        return CredentialsExpired("aws.credentials_expired", detail=message)
    if code in INVALID:
        return CredentialsMissing("aws.credentials_unknown", detail=message)
    return AwsRefusal(code, message[:LONGEST], operation)
