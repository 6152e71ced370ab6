"""What wishes about requests for CMKs answer with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.commands.runs import Walked
    from console.services.requests.package import Package
    from console.services.requests.post import News
    from console.services.requests.preflight import Preflight
    from console.workflows.requesting import Wrong
    from store.request_records import Request
    from store.run_records import Sentence


@dataclass(frozen=True, slots=True)
class Listing:
    """Requests in sight, and what a look at the exchange brought (None: there is none), or why there was no look.

    `owner`: they are seen by a tenant, so what waits for the tenant waits for us.
    """

    requests: tuple[Request, ...]
    owner: bool
    news: News | None = None
    trouble: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One request with all that belongs to it: what was seen beforehand, and what was handed over (None: not yet).
    `news` and `trouble` are of the look at the exchange before.
    """

    request: Request
    preflight: Preflight
    package: Package | None
    owner: bool
    news: News | None = None
    trouble: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """Wishes that are only told: what the preflight says of each, with the line it stood on (0: no file)."""

    lines: tuple[tuple[int, Preflight], ...]


@dataclass(frozen=True, slots=True)
class Submitted:
    """Requests that were made."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class BadLines:
    """A file of which nothing was submitted."""

    path: str
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A request after a move."""

    request: Request


@dataclass(frozen=True, slots=True)
class Made:
    """A request whose CMK is being made, and the run that does."""

    walked: Walked
    request: Request

    @property
    def run_id(self) -> str:
        return self.walked.run_id


@dataclass(frozen=True, slots=True)
class Written:
    """A letter in a file; `size` in bytes."""

    path: str
    request: Request
    size: int


@dataclass(frozen=True, slots=True)
class Template:
    """A file to fill in, a line for each environment that has no CMK."""

    rows: tuple[tuple[str, ...], ...]
