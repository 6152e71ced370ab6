"""The procedure in a bucket: each message sealed anew in memory and put in its place, if nobody changed it meanwhile.

The old one stays: as a version, or without versioning as a copy below `.kms-console-RUN/`.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import closing, nullcontext
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.aws.refusals import AwsRefusal
from console.aws.upload import Upload
from console.datakeys.envelope import header, prefix
from console.datakeys.envelope.folder import SkippedError
from console.datakeys.envelope.house import each, journal_of, landed, place_of, resolved, walk
from console.datakeys.envelope.journal import Change
from console.datakeys.envelope.retiring import back, copied, remove, settle
from console.datakeys.envelope.steps import NAMED, Beat, judge, ours, ways
from console.datakeys.keys import kms_of, usable
from console.datakeys.notes import swept
from console.datakeys.proving import PROOF, RECORD, Evidence, proven, retiring
from console.errors import ConsoleError
from console.workflow.model import Field, Kind, Lane, Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from console.datakeys.envelope.journal import Journal
    from console.workflow.context import Context
    from store.run_records import Json

LONGEST_HEAD = 128 * 1024
"""Bytes that hold the header of any message of ours: a context of at most 64 KiB and one data key."""

SMALL = 1024 * 1024
LARGE_AT_ONCE = 6
"""Of objects above so many bytes so many are in memory at a time, each with a part and what is on its way."""


# ---- look


def look(ctx: Context) -> Json:
    """How much there is, whether old messages stay as versions, and that the CMK can be used."""
    usable(ctx, ctx.facts["intended"])
    place, size, number, skipped = place_of(ctx), 0, 0, Counter[str]()
    for found, reason in each(ctx, partial(_looked, ctx, place), walk(ctx, place), Beat(ctx, 0)):
        if reason:
            skipped[reason] += 1
        else:
            number, size = number + 1, size + found
    if not number:
        raise ConsoleError("file.none", path=ctx.facts["folder"])
    bucket = place.bucket
    return {
        "files": number, "bytes": size, "skipped": dict(skipped),
        "versioned": bucket.ask("get_bucket_versioning").get("Status") == "Enabled",
        "acls": objects.acls(bucket), "locks": objects.locks(bucket),
    }  # fmt: skip


def _looked(ctx: Context, place: prefix.Prefix, entry: Mapping[str, Any]) -> tuple[int, str]:
    """The size of a message of ours, or why it is none."""
    try:
        ours(ctx, prefix.message(place, entry))
    except SkippedError as left:
        return 0, left.reason
    return entry["Size"], ""


# ---- the new messages


class _Over(Exception):
    """The step ended, and with it what was still under way."""


class _Renewal:
    """Renews objects, several at once, and notes each before and after."""

    def __init__(self, ctx: Context, place: prefix.Prefix, journal: Journal) -> None:
        from console.datakeys.envelope.sealing import Sealer

        self._ctx, self._place, self._journal = ctx, place, journal
        self._seen = ctx.outputs["file_look"]
        clients = {ctx.facts["intended"]: kms_of(ctx, ctx.facts["intended"])}  # made before there are many threads
        self._sealer = Sealer(lambda arn: clients.get(arn) or kms_of(ctx, arn), self._heed)
        self._room = threading.BoundedSemaphore(LARGE_AT_ONCE)
        self._stopped = threading.Event()

    def stop(self) -> None:
        """What is under way ends without a result."""
        self._stopped.set()

    def _heed(self) -> None:
        if self._stopped.is_set():
            raise _Over

    def one(self, entry: Mapping[str, Any]) -> tuple[str, bool]:
        """The key, and whether the object there has a new message; if not it is noted why."""
        from console.datakeys.envelope.sealing import NotAMessageError

        large: AbstractContextManager[object] = self._room if entry["Size"] > SMALL else nullcontext()
        try:
            with large, prefix.opened(self._place, entry) as old:
                self._renewed(entry["Key"], old)
        except SkippedError as left:
            self._journal.skip(entry["Key"], left.reason)
        except NotAMessageError:
            self._journal.skip(entry["Key"], "broken")
        else:
            return entry["Key"], True
        return entry["Key"], False

    def _renewed(self, key: str, old: prefix.Message) -> None:
        self._heed()
        told = ours(self._ctx, old.header)
        like = self._like(key, old.seen)
        target = _Target(Upload(self._place.bucket, key, like, old.seen["ContentLength"], self._journal.notes))
        try:
            self._sealed(old, told, target)
            self._put(old.seen, told, target)
        finally:
            target.upload.abort()

    def _like(self, key: str, seen: Mapping[str, Any]) -> dict[str, Any]:
        """What a new body must be told to be like the old: also its tags and grants."""
        bucket = self._place.bucket
        grants = objects.acl_grants(bucket, key, seen.get("VersionId", "")) if self._seen["acls"] else {}
        return {**objects.alike(seen), **objects.carried(bucket, key, seen), **grants}

    def _sealed(self, old: prefix.Message, told: header.Header, target: _Target) -> None:
        from console.datakeys.envelope.twice import sealed

        if not sealed(self._sealer, self._sealer, old, target, told, self._ctx.facts["intended"]):
            raise ConsoleError("file.differs", path=self._ctx.facts["folder"])

    def _put(self, seen: Mapping[str, Any], told: header.Header, target: _Target) -> None:
        (old,) = told.keys
        kept = self._kept(seen["Key"])
        change = Change(seen["Key"], seen["ETag"], seen.get("VersionId", ""), kept, old.mark, old.key, target.mark)
        self._journal.about(change)
        bucket = self._place.bucket
        if kept:
            copied(self._place, self._journal, kept, seen, objects.alike(seen), {}, change.key)
        try:
            made: Mapping[str, Any] = target.upload.finish(seen["ETag"])
        except AwsRefusal as refusal:  # or a second try of a request that had come through
            if refusal.code not in objects.CHANGED | {"NoSuchUpload"} or not (made := landed(self._place, change)):
                raise
        self._journal.done(change.landed(made["ETag"], made.get("VersionId", "")))
        if self._seen["locks"]:
            objects.locked_alike(bucket, change.key, seen, change.version, made.get("VersionId", ""))

    def _kept(self, key: str) -> str:
        if self._seen["versioned"]:
            return ""
        return self._place.work(self._ctx.run_id) + key.removeprefix(self._place.within)


class _Target:
    """Where a new message is written: its beginning is kept, to know it by."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self._begin = bytearray()

    def write(self, data: bytes) -> None:
        self._begin += data[: LONGEST_HEAD - len(self._begin)]
        self.upload.write(data)

    @property
    def mark(self) -> str:
        told = header.read(BytesIO(self._begin))
        return told.keys[0].mark if told else ""


def renew(ctx: Context) -> Json:
    """Each message under a new data key in its place. What was changed since it was read stays, and is counted."""
    place, journal, after = place_of(ctx), journal_of(ctx), ctx.cursor.get("after", "")
    with closing(journal.notes):
        settled = resolved(place, journal, after)
        work, beat = _Renewal(ctx, place, journal), Beat(ctx, ctx.outputs["file_look"]["files"], journal.notes.kept)
        beat.after, beat.done = after, ctx.cursor.get("done", 0)
        left = (entry for entry in walk(ctx, place, after) if entry["Key"] not in settled)
        for key, new in each(ctx, work.one, left, beat, work.stop):
            beat.after = key
            beat.done -= not new  # so that it adds up to the messages that were counted
        swept(journal.notes, place.bucket)
        journal.notes.kept()
    return {"written": sum(1 for _ in journal.changes()), "skipped": dict(Counter(journal.reasons()))}


# ---- proof


def proof(ctx: Context) -> Json:
    """Each header as it is now: the mark of the data key is that of the new message, and the CMK the one meant."""
    place, beat = place_of(ctx), Beat(ctx, ctx.outputs["file_look"]["files"])
    number, wrong, skipped = 0, 0, Counter[str](ctx.outputs["file_renew"]["skipped"])
    named: list[Json] = []
    for change, key, reason in each(ctx, partial(_looked_again, place), journal_of(ctx).changes(), beat):
        if key is None:
            skipped[reason] += 1
            continue
        number += 1
        wrong += key.mark in ("", change.was) or key.mark != change.mark or key.key != ctx.facts["intended"]
        if len(named) < NAMED:
            named.append(_named(place, change, key))
    verdict, reason = judge(number, wrong, dict(skipped))
    facts = {
        "files": number, "unchanged": wrong, "skipped": dict(skipped), "cmk_intended": ctx.facts["intended"],
        "plaintext": "same", "named": named,
    }  # fmt: skip
    return Evidence(verdict, reason, ctx.facts["resource"], facts).output()


def _looked_again(place: prefix.Prefix, change: Change) -> tuple[Change, header.Wrapped | None, str]:
    """How the data key of what a run put somewhere is wrapped, or why that cannot be told."""
    try:
        (key,) = prefix.message(place, {"Key": change.key, "ETag": change.now}).keys
    except SkippedError as left:
        return change, None, "changed" if left.reason == "gone" else left.reason
    return change, key, ""


def _named(place: prefix.Prefix, change: Change, key: header.Wrapped) -> Json:
    return {
        "file": change.key.removeprefix(place.within), "cmk_before": change.cmk, "cmk_after": key.key,
        "data_key_before": change.was, "data_key_after": key.mark,
    }  # fmt: skip


LOOK = Step("file_look", look, lane=Lane.TENANT)
WRITE = Step("file_renew", renew, lane=Lane.TENANT, undo=back)
PROVE = Step(PROOF, proof, lane=Lane.TENANT)
SETTLE = Step(
    "file_settle", settle, lane=Lane.TENANT, when=lambda known: not proven(known),
    ask=(Field("what", Kind.CHOICE, choices=ways),),
)  # fmt: skip

RENEW = (LOOK, WRITE, PROVE, RECORD, SETTLE, retiring(remove))
