"""What the tenant gets when the CMK is there: its ARN, what their own account must allow, and where the ARN goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.services.requests.offered import OFFERED
from console.services.requests.policy import iam_policy

if TYPE_CHECKING:
    from store.request_records import Request


@dataclass(frozen=True, slots=True)
class Snippet:
    """Where the ARN goes in one service; `form` is `terraform` or `cli`."""

    service: str
    form: str
    text: str


@dataclass(frozen=True, slots=True)
class Package:
    """All of it. The mail's words are the reader's language's; it is told from this."""

    request_id: str
    path: tuple[str, str, str]
    key_arn: str
    alias: str
    region: str
    rotation_days: int
    iam: str
    snippets: tuple[Snippet, ...]


def package_of(request: Request) -> Package | None:
    """The package of a request whose CMK is there; None before."""
    wanted, arn = request.wanted, request.fact("key_arn")
    if not arn:
        return None
    snippets = [
        Snippet(name, form, text.format(arn=arn, region=wanted.region))
        for name in wanted.services
        if name in OFFERED
        for form, text in (("terraform", OFFERED[name].terraform), ("cli", OFFERED[name].cli))
    ]
    return Package(
        request.id, wanted.path, arn, request.fact("alias"), wanted.region, wanted.rotation_days,
        iam_policy(wanted, arn), tuple(snippets),
    )  # fmt: skip
