"""Secrets Manager as a scan and a rotation need it; a secret's value passes through here and is never shown.

Operations: ListSecrets, ListSecretVersionIds, DescribeSecret, GetSecretValue, PutSecretValue, UpdateSecret,
UpdateSecretVersionStage.
"""

from __future__ import annotations

import hmac
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from console.aws.refusals import AwsRefusal
from console.aws.session import ask, pages
from console.errors import AwsUnreachable, ConsoleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"
"""The labels that Secrets Manager itself hangs on versions."""

GONE = "ResourceNotFoundException"
MISMATCH = frozenset({"InvalidParameterException", "InvalidRequestException"})
"""How UpdateSecretVersionStage says that the label hangs somewhere else than it was told."""


class Value:
    """What a version holds, to be put again or compared. It has no text: not in a log, not in a trace."""

    __slots__ = ("_told",)

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self._told: dict[str, Any] = {
            name: answer[name] for name in ("SecretString", "SecretBinary") if answer.get(name) is not None
        }
        if not self._told:
            raise AwsUnreachable("aws.unreachable", detail="GetSecretValue")  # half an answer is none

    def __repr__(self) -> str:
        return "Value()"

    def __reduce__(self) -> NoReturn:
        raise TypeError  # nor in a pickle

    def same(self, other: Value) -> bool:
        """Whether both hold the same, in the same form."""
        mine, theirs = self._told, other._told
        return mine.keys() == theirs.keys() and all(hmac.compare_digest(_raw(mine[k]), _raw(theirs[k])) for k in mine)

    def put(self, client: Any, arn: str, token: str, label: str) -> None:
        """PutSecretValue as a version with this id and no label but this one.

        Raises:
            AwsRefusal, ConsoleError: without botocore's own exceptions behind them, which hold the request.
        """
        with _bare():
            ask(client, "put_secret_value", SecretId=arn, ClientRequestToken=token, VersionStages=[label], **self._told)


def _raw(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


@contextmanager
def _bare() -> Iterator[None]:
    """What is raised inside comes without cause, context and frames: those hold the request with its value."""
    left: AwsRefusal | ConsoleError | None = None
    try:
        yield
    except (AwsRefusal, ConsoleError) as error:
        error.__cause__ = error.__context__ = None
        left = error.with_traceback(None)
    if left is not None:
        raise left


def secrets(client: Any) -> Iterator[Mapping[str, Any]]:
    """Every secret that is not about to be deleted, 100 a call."""
    return pages(client, "list_secrets", "SecretList", 100)


def versions(client: Any, arn: str) -> list[Mapping[str, Any]]:
    """VersionId, VersionStages, CreatedDate and KmsKeyIds of every version, also those without a label."""
    return list(_versions(client, SecretId=arn, IncludeDeprecated=True))


def current(client: Any, arn: str) -> Mapping[str, Any]:
    """The version that readers get; {}: there is none."""
    labelled = _versions(client, SecretId=arn)
    return next((one for one in labelled if CURRENT in one.get("VersionStages", ())), {})


def _versions(client: Any, **wish: Any) -> Iterator[Mapping[str, Any]]:
    """Page by page: botocore has no paginator for this one."""
    while True:
        answer = ask(client, "list_secret_version_ids", MaxResults=100, **wish)
        yield from answer.get("Versions", ())
        if not (token := answer.get("NextToken")):
            return
        wish["NextToken"] = token


def describe(client: Any, arn: str) -> Mapping[str, Any]:
    return ask(client, "describe_secret", SecretId=arn)


def labels(client: Any, arn: str) -> dict[str, str]:
    """Label to the id of the version it hangs on."""
    told = describe(client, arn).get("VersionIdsToStages") or {}
    return {label: version for version, hung in told.items() for label in hung}


def value(client: Any, arn: str, version: str) -> Value:
    """What a version holds. Secrets Manager asks KMS to decrypt with the caller's own permissions."""
    with _bare():
        return Value(ask(client, "get_secret_value", SecretId=arn, VersionId=version))


def rehang(client: Any, arn: str, label: str, old: str, new: str = "") -> None:
    """A label from one version to another, or off. AWS refuses where it does not hang on `old`: see MISMATCH."""
    ask(
        client, "update_secret_version_stage", SecretId=arn, VersionStage=label,
        **({"RemoveFromVersionId": old} if old else {}), **({"MoveToVersionId": new} if new else {}),
    )  # fmt: skip


def rekey(client: Any, arn: str, key: str) -> None:
    """The CMK for what comes; what is labelled is only wrapped anew. '' is AWS's own key."""
    ask(client, "update_secret", SecretId=arn, KmsKeyId=key)
