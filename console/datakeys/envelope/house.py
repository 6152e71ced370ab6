"""What every step in a bucket needs: the place, its journal, many objects at once, and what a kill left open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from console.datakeys.crowd import MOST, in_order
from console.datakeys.envelope import prefix
from console.datakeys.envelope.folder import SkippedError
from console.datakeys.envelope.journal import Journal
from console.datakeys.notes import swept
from console.errors import ConsoleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from console.datakeys.envelope.journal import Change
    from console.datakeys.envelope.steps import Beat
    from console.workflow.context import Context

T = TypeVar("T")
R = TypeVar("R")


def place_of(ctx: Context) -> prefix.Prefix:
    facts = ctx.facts
    account = ctx.account(facts["account"])
    patient, once = account.client("s3", facts["region"]), account.client("s3", facts["region"], 1)
    return prefix.of(patient, facts["folder"], facts["account"], once)


def journal_of(ctx: Context) -> Journal:
    """What this run did, which no other place tells. Raises ConsoleError: it should be here and is not."""
    store = ctx.house.store.path
    path = store.with_name(f"{store.name}.objects") / f"{ctx.run_id}.files"
    if ctx.known.done("file_renew") and ctx.outputs["file_renew"].get("written") and not path.exists():
        raise ConsoleError("file.journal", path=str(path), folder=ctx.facts["folder"])
    return Journal(path)


def walk(ctx: Context, place: prefix.Prefix, after: str = "") -> Iterator[Mapping[str, Any]]:
    return prefix.walk(place, after, ctx.facts["file"])


def each(
    ctx: Context, act: Callable[[T], R], items: Iterable[T], beat: Beat, stop: Callable[[], object] = lambda: None
) -> Iterator[R]:
    """What `act` makes of each, as many at once as a run may have calls in flight, told in their order and with a
    beat meanwhile. `stop` is called when it ends, for what is then still under way.
    """
    work = in_order(act, items, max(1, min(MOST, ctx.house.settings.concurrency)))
    try:
        for told in work:
            beat()
            if told is not None:
                beat.done += 1
                yield told
        beat.note()
    finally:
        stop()
        work.close()


def resolved(place: prefix.Prefix, journal: Journal, after: str = "") -> frozenset[str]:
    """What a kill left open is settled; the keys after `after` that need no second look."""
    swept(journal.notes, place.bucket)
    past = journal.past(after)
    found = {change.key: seen for change in past.begun if (seen := landed(place, change))}
    for change in past.begun:
        if change.key in found:
            seen = found[change.key]
            journal.done(change.landed(seen["ETag"], seen.get("VersionId", "")))
    return past.settled | found.keys()


def landed(place: prefix.Prefix, change: Change) -> Mapping[str, Any]:
    """What stands at the key, if it is the new message; else nothing."""
    try:
        with prefix.skipping():
            seen = prefix.look(place, change.key)
            told = prefix.message(place, seen)
    except SkippedError:
        return {}
    return seen if [one.mark for one in told.keys] == [change.mark] else {}
