"""CloudTrail asked itself, by LookupEvents: ninety days, newest first, and a mark from which the next one goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.aws import cloudtrail
from console.aws.moment import epoch
from console.aws.refusals import THROTTLING, AwsRefusal
from console.errors import AwsUnreachable, UsageError
from console.services.trail_events import KMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from console.aws.session import Aws

LIVE = "cloudtrail:"
"""What stands where a path would: `cloudtrail:` for every Region of the settings, `cloudtrail:REGION` for one."""

DAY = 86_400
KEPT = 90 * DAY
"""How far LookupEvents reaches back."""

LATE = 3_600
"""An event may come a quarter of an hour after what it tells of; what is younger than this is asked again."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the events of one account and Region are read: all up to `done`, and from `top` down to `low`.

    The newest come first, so an import that is broken off leaves a hole between `done` and `low`. Epoch seconds; 0 is
    nowhere yet, and `low` 0 is no hole.
    """

    done: int = 0
    top: int = 0
    low: int = 0

    @classmethod
    def written(cls, words: str) -> Mark:
        """From what `str` made of one; anything else is read as nothing."""
        numbers = words.split()
        return cls(*map(int, numbers)) if len(numbers) == 3 and all(map(str.isdigit, numbers)) else cls()

    def __str__(self) -> str:
        return f"{self.done} {self.top} {self.low}"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: its entries, how far all is read once they are kept, and how much of the way that is (0 to 1)."""

    entries: Sequence[Mapping[str, Any]]
    mark: Mark
    part: float


def regions(path: str, known: Sequence[str]) -> tuple[str, ...]:
    """The Regions that `cloudtrail:…` asks.

    Raises:
        UsageError: it names one that the settings do not.
    """
    named = path.removeprefix(LIVE).strip("/ ")
    if named and named not in known:
        raise UsageError("trail.no_region", region=named, known=", ".join(known))
    return (named,) if named else tuple(known)


def name_in(aws: Aws, region: str) -> str:
    """What the mark of the central account in this Region is kept under.

    Raises:
        ConsoleError: no credentials, no network, or AWS does not want to say who we are.
    """
    if not aws.central_account:
        try:
            aws.central.identity(region)
        except AwsRefusal as error:
            raise AwsUnreachable("aws.refused", code=error.code, detail=error.message) from error
    return f"{LIVE}{aws.central_account}:{region}"


def pages(client: Any, mark: Mark, now: int) -> Iterator[Page]:
    """What is new since `mark`: first the hole that a broken-off import left, then from the newest down.

    Raises:
        AwsRefusal, ConsoleError: what came before has been told.
    """
    if mark.low > now - KEPT:
        yield from _down(client, mark, now, mark.low)
    yield from _down(client, Mark(mark.top or mark.done), now, None)


def _down(client: Any, mark: Mark, now: int, until: int | None) -> Iterator[Page]:
    start = mark.done - LATE if mark.done > now - KEPT else None
    floor = now - KEPT if start is None else start
    for entries in cloudtrail.entries(client, KMS, start, until):
        times = [at for entry in entries if (at := epoch(entry.get("EventTime")))]
        if times:
            mark = Mark(mark.done, mark.top or max(times), min(times))
        way = max(1, mark.top - floor)
        yield Page(entries, mark, min(1.0, (mark.top - mark.low) / way))
    yield Page((), Mark(mark.top or mark.done), 1.0)


def reason(error: AwsRefusal) -> str:
    """A text key for why AWS did not tell its events."""
    if error.denied:
        return "trail.lookup_denied"
    return "trail.lookup_slow" if error.code in THROTTLING else "trail.file_refused"
