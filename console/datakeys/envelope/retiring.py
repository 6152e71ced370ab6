"""What is old in a bucket: the messages of before, and ours where all is to be as it was. One of the two goes."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.aws.refusals import AwsRefusal
from console.datakeys.envelope import prefix
from console.datakeys.envelope.house import each, journal_of, place_of, resolved
from console.datakeys.envelope.steps import Beat
from console.datakeys.notes import swept
from console.datakeys.proving import in_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.datakeys.envelope.journal import Change, Journal
    from console.workflow.context import Context
    from store.run_records import Json

UNVERSIONED = "null"


def _beat(ctx: Context) -> Beat:
    return Beat(ctx, ctx.outputs["file_look"]["files"])


def back(ctx: Context) -> None:
    """The old messages in their places, where the new ones still stand."""
    place, journal, beat = place_of(ctx), journal_of(ctx), _beat(ctx)
    with closing(journal.notes):
        resolved(place, journal)
        for _ in each(ctx, partial(_one_back, place, journal), journal.changes(), beat):
            pass
        swept(journal.notes, place.bucket)
    _cleared(ctx, place, beat)


def _one_back(place: prefix.Prefix, journal: Journal, change: Change) -> bool:
    """Whether something was done for it. Where somebody removed the old one, the new stays: it holds the same."""
    if _withdrawn(place, change):
        return True
    origin = change.kept or change.key
    old = _seen(place, origin, "" if change.kept else change.version)
    if not old or _seen(place, change.key).get("ETag") != change.now:
        return False  # back already, or the application's own by now
    told = objects.alike(old) | objects.acl_grants(place.bucket, change.key, "")
    try:
        copied(place, journal, change.key, old, told, {"IfMatch": change.now}, origin)
    except AwsRefusal as refusal:
        if refusal.code not in objects.CHANGED or _seen(place, change.key).get("ETag") == change.now:
            raise
    return True


def _withdrawn(place: prefix.Prefix, change: Change) -> bool:
    """Our own version gone, by its id, so that the older one is the current again; or the application's own stays so.

    Only while the older one is there: else ours is the last with these contents. Not where a lock came with it.
    """
    if change.made in ("", UNVERSIONED) or change.made == change.version:
        return False
    try:
        if prefix.look(place, change.key, change.version)["ETag"] != change.etag:
            return False
        objects.drop(place.bucket, change.key, change.made)
    except AwsRefusal as refusal:
        if refusal.code not in objects.GONE | objects.DENIED:
            raise
        return False
    return True


def _seen(place: prefix.Prefix, key: str, version: str = "") -> Mapping[str, Any]:
    """What is at a key; nothing where it is gone."""
    try:
        return prefix.look(place, key, version)
    except AwsRefusal as refusal:
        if refusal.code not in objects.GONE:
            raise
        return {}


def copied(
    place: prefix.Prefix, journal: Journal, key: str, seen: Mapping[str, Any], told: Mapping[str, Any], expect: Json,
    origin: str,
) -> None:  # fmt: skip
    """What was seen at `origin` at another key or on top of the same, in one piece or in parts."""
    if seen["ContentLength"] <= objects.COPY_LIMIT:
        objects.copy(place.bucket, key, seen, told, expect, origin)
        return
    with journal.notes.upload(place.bucket, key) as begun:
        objects.copy_in_parts(place.bucket, key, seen, told, expect, begun, origin)


def _cleared(ctx: Context, place: prefix.Prefix, beat: Beat) -> int:
    """How many of the copies that a run made without versioning were still there; they are gone."""
    number, done = 0, beat.done

    def drop(entry: Mapping[str, Any]) -> bool:
        objects.drop(place.bucket, entry["Key"], UNVERSIONED)
        return True

    for _ in each(ctx, drop, objects.listed(place.bucket, "", place.work(ctx.run_id)), beat):
        number, beat.done = number + 1, done  # the messages themselves were counted
    return number


def settle(ctx: Context) -> Json:
    """Where not all could be renewed somebody says what becomes of the rest: all as it was, or what is new stays."""
    if ctx.answer["what"] == "back":
        back(ctx)
        return {"removed": []}
    in_time(ctx)
    return remove(ctx)


def remove(ctx: Context) -> Json:
    """The old messages: their versions, or their copies. One that is the current version again stays."""
    place, journal, beat = place_of(ctx), journal_of(ctx), _beat(ctx)
    with closing(journal.notes):
        swept(journal.notes, place.bucket)
    removed = sum(each(ctx, partial(_removed, place), journal.changes(), beat))
    return {"removed": [f"{removed + _cleared(ctx, place, beat)}"]}


def _removed(place: prefix.Prefix, change: Change) -> bool:
    if change.kept:
        objects.drop(place.bucket, change.kept, UNVERSIONED)
        return True
    if not _newer(place, change):
        return False
    objects.drop(place.bucket, change.key, change.version)
    return True


def _newer(place: prefix.Prefix, change: Change) -> bool:
    """Whether another version than the old one is read at its key, or none: what the application deleted is the new."""
    seen = _seen(place, change.key)
    return not seen or bool(seen.get("VersionId", "") != change.version)
