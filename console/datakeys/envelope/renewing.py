"""The procedure in a bucket: each message sealed anew in memory and put in its place, if nobody changed it meanwhile.

The old one stays: as a version, or without versioning as a copy below `.kms-console-RUN/`.
"""

from __future__ import annotations

from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.aws.refusals import AwsRefusal
from console.aws.upload import Upload
from console.datakeys.envelope import header, prefix
from console.datakeys.envelope.folder import SkippedError
from console.datakeys.envelope.journal import Change, Journal
from console.datakeys.envelope.steps import NAMED, Beat, judge, kms_of, ours, usable, ways
from console.datakeys.proving import PROOF, RECORD, Evidence, proven, retiring
from console.errors import ConsoleError
from console.workflow.model import Field, Kind, Lane, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from console.workflow.context import Context
    from store.run_records import Json

UNVERSIONED = "null"
LONGEST_HEAD = 128 * 1024
"""Bytes that hold the header of any message of ours: a context of at most 64 KiB and one data key."""


def _place(ctx: Context) -> prefix.Prefix:
    facts = ctx.facts
    return prefix.of(ctx.client("s3", facts["region"], facts["account"]), facts["folder"], facts["account"])


def _journal(ctx: Context) -> Journal:
    """What this run did, which no other place tells. Raises ConsoleError: it should be here and is not."""
    store = ctx.house.store.path
    path = store.with_name(f"{store.name}.objects") / f"{ctx.run_id}.files"
    if ctx.known.done("file_renew") and ctx.outputs["file_renew"].get("written") and not path.exists():
        raise ConsoleError("file.journal", path=str(path), folder=ctx.facts["folder"])
    return Journal(path)


def _walk(ctx: Context, place: prefix.Prefix, after: str = "") -> Iterator[Mapping[str, Any]]:
    return prefix.walk(place, after, ctx.facts["file"])


# ---- look


def look(ctx: Context) -> Json:
    """How much there is, whether old messages stay as versions, and that the CMK can be used."""
    usable(ctx, ctx.facts["intended"])
    place, size, number, skipped = _place(ctx), 0, 0, Counter[str]()
    beat = Beat(ctx, 0)
    for entry in _walk(ctx, place):
        beat()
        try:
            ours(ctx, prefix.message(place, entry))
            number, size = number + 1, size + entry["Size"]
        except SkippedError as left:
            skipped[left.reason] += 1
    if not number:
        raise ConsoleError("file.none", path=ctx.facts["folder"])
    versioned = place.bucket.ask("get_bucket_versioning").get("Status") == "Enabled"
    return {"files": number, "bytes": size, "skipped": dict(skipped), "versioned": versioned}


# ---- the new messages


class _Renewal:
    """Renews one object after another, and notes each before and after."""

    def __init__(self, ctx: Context, beat: Beat) -> None:
        from console.datakeys.envelope.sealing import Sealer

        self._ctx, self.place, self.journal = ctx, _place(ctx), _journal(ctx)
        self._making, self._opening = Sealer(lambda arn: kms_of(ctx, arn), beat), Sealer(lambda arn: kms_of(ctx, arn))

    def one(self, key: str) -> None:
        """Raises SkippedError, NotAMessageError."""
        with prefix.skipping():
            seen = prefix.look(self.place, key)
            told = ours(self._ctx, prefix.message(self.place, seen))
            like = _like(self.place, key, seen)
        target = _Target(
            Upload(self.place.bucket, key, like, seen["ContentLength"],
                   lambda upload: self.journal.add("upload", key=key, upload=upload))
        )  # fmt: skip
        try:
            self._sealed(seen, told, target)
            self._put(seen, told, target)
        finally:
            target.upload.abort()

    def _sealed(self, seen: Mapping[str, Any], told: header.Header, target: _Target) -> None:
        from console.datakeys.envelope.twice import sealed

        intended = self._ctx.facts["intended"]
        with prefix.skipping(), prefix.body(self.place.bucket, seen) as source:
            if not sealed(self._making, self._opening, source, target, told, intended):
                raise ConsoleError("file.differs", path=self._ctx.facts["folder"])

    def _put(self, seen: Mapping[str, Any], told: header.Header, target: _Target) -> None:
        (old,) = told.keys
        change = Change(
            seen["Key"],
            seen["ETag"],
            seen.get("VersionId", ""),
            self._kept(seen["Key"]),
            old.mark,
            old.key,
            target.mark,
        )
        self.journal.about(change)
        if change.kept:
            with prefix.skipping():
                _copied(self.place.bucket, change.kept, seen, objects.alike(seen), {}, change.key)
        try:
            etag = target.upload.finish(seen["ETag"])["ETag"]
        except AwsRefusal as refusal:  # or a second try of a request that had come through
            if refusal.code not in objects.CHANGED | {"NoSuchUpload"} or not (etag := landed(self.place, change)):
                with prefix.skipping():
                    raise
        self.journal.done(change, etag)

    def _kept(self, key: str) -> str:
        if self._ctx.outputs["file_look"]["versioned"]:
            return ""
        return self.place.work(self._ctx.run_id) + key.removeprefix(self.place.within)


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


def _like(place: prefix.Prefix, key: str, seen: Mapping[str, Any]) -> dict[str, Any]:
    """What a new body must be told to be like the old: also its tags and grants."""
    told = objects.alike(seen)
    told.pop("ChecksumAlgorithm", "")  # the client sums what it sends in its own way
    grants = objects.acl_grants(place.bucket, key, seen.get("VersionId", ""))
    return {**told, **objects.carried(place.bucket, key, seen), **grants}


def _copied(
    bucket: objects.Bucket, key: str, seen: Mapping[str, Any], told: Mapping[str, Any], expect: Json, origin: str
) -> None:
    if seen["ContentLength"] <= objects.COPY_LIMIT:
        objects.copy(bucket, key, seen, told, expect, origin)
    else:
        objects.copy_in_parts(bucket, key, seen, told, expect, lambda _: None, origin)


def landed(place: prefix.Prefix, change: Change) -> str:
    """The ETag of the new message, if it is the one that stands there; ''."""
    try:
        with prefix.skipping():
            seen = prefix.look(place, change.key)
            told = prefix.message(place, seen)
    except SkippedError:
        return ""
    return str(seen["ETag"]) if [one.mark for one in told.keys] == [change.mark] else ""


def _resumed(place: prefix.Prefix, journal: Journal) -> str:
    """What a kill left open is settled; the key after which to go on."""
    past = journal.past()
    if past.begun is not None and (etag := landed(place, past.begun)):
        journal.done(past.begun, etag)
        return past.begun.key
    if past.upload is not None:
        objects.abort(place.bucket, *past.upload)
    return past.after


def renew(ctx: Context) -> Json:
    """Each message under a new data key in its place. What was changed since it was read stays, and is counted."""
    from console.datakeys.envelope.sealing import NotAMessageError

    beat = Beat(ctx, ctx.outputs["file_look"]["files"])
    work = _Renewal(ctx, beat)
    for entry in _walk(ctx, work.place, _resumed(work.place, work.journal)):
        try:
            work.one(entry["Key"])
            beat.done += 1
        except SkippedError as left:
            work.journal.add("skip", key=entry["Key"], reason=left.reason)
        except NotAMessageError:
            work.journal.add("skip", key=entry["Key"], reason="broken")
        beat()
    skipped = Counter(line["reason"] for line in work.journal.lines() if line["event"] == "skip")
    return {"written": sum(1 for _ in work.journal.changes()), "skipped": dict(skipped)}


# ---- back


def back(ctx: Context) -> None:
    """The old messages in their places, where the new ones still stand."""
    place, journal = _place(ctx), _journal(ctx)
    _resumed(place, journal)
    beat = Beat(ctx, ctx.outputs["file_look"]["files"])
    for change in journal.changes():
        _one_back(place, change)
        beat()
    _cleared(ctx, place)


def _one_back(place: prefix.Prefix, change: Change) -> None:
    if _etag(place, change.key) != change.now:
        return  # back already, or the application's own by now
    origin = change.kept or change.key
    seen = prefix.look(place, origin, "" if change.kept else change.version)
    told = objects.alike(seen) | objects.acl_grants(place.bucket, change.key, "")
    try:
        _copied(place.bucket, change.key, seen, told, {"IfMatch": change.now}, origin)
    except AwsRefusal as refusal:
        if refusal.code not in objects.CHANGED or _etag(place, change.key) == change.now:
            raise


def _etag(place: prefix.Prefix, key: str) -> str:
    try:
        return str(prefix.look(place, key)["ETag"])
    except AwsRefusal as refusal:
        if refusal.code not in objects.GONE:
            raise
        return ""


def _cleared(ctx: Context, place: prefix.Prefix) -> int:
    number, beat = 0, Beat(ctx, ctx.outputs["file_look"]["files"])
    for number, entry in enumerate(objects.listed(place.bucket, "", place.work(ctx.run_id)), 1):  # noqa: B007 - counted
        objects.drop(place.bucket, entry["Key"], UNVERSIONED)
        beat()
    return number


# ---- proof


def proof(ctx: Context) -> Json:
    """Each header as it is now: the mark of the data key is that of the new message, and the CMK the one meant."""
    place, beat = _place(ctx), Beat(ctx, ctx.outputs["file_look"]["files"])
    number, wrong, skipped = 0, 0, Counter[str](ctx.outputs["file_renew"]["skipped"])
    named: list[Json] = []
    for change in _journal(ctx).changes():
        beat()
        try:
            with prefix.skipping():
                (key,) = prefix.message(place, _as_put(place, change)).keys
        except SkippedError as left:
            skipped["changed" if left.reason == "gone" else left.reason] += 1
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


def _as_put(place: prefix.Prefix, change: Change) -> Mapping[str, Any]:
    seen = prefix.look(place, change.key)
    if seen["ETag"] != change.now:
        raise SkippedError("changed")
    return seen


def _named(place: prefix.Prefix, change: Change, key: header.Wrapped) -> Json:
    return {
        "file": change.key.removeprefix(place.within), "cmk_before": change.cmk, "cmk_after": key.key,
        "data_key_before": change.was, "data_key_after": key.mark,
    }  # fmt: skip


# ---- what is old


def settle(ctx: Context) -> Json:
    """Where not all could be renewed somebody says what becomes of the rest: all as it was, or what is new stays."""
    if ctx.answer["what"] == "back":
        back(ctx)
        return {"removed": []}
    if ctx.now() < ctx.outputs["record"]["keep_until"]:
        raise ConsoleError("rotation.kept", date=ctx.outputs["record"]["date"])
    return remove(ctx)


def remove(ctx: Context) -> Json:
    """The old messages: their versions, or their copies. One that is the current version again stays."""
    place, removed = _place(ctx), 0
    beat = Beat(ctx, ctx.outputs["file_look"]["files"])
    for change in _journal(ctx).changes():
        beat()
        if not change.kept and _newer(place, change):
            objects.drop(place.bucket, change.key, change.version)
            removed += 1
    return {"removed": [f"{removed + _cleared(ctx, place)}"]}


def _newer(place: prefix.Prefix, change: Change) -> bool:
    """Whether another version than the old one is read at its key."""
    try:
        return bool(prefix.look(place, change.key).get("VersionId", "") != change.version)
    except AwsRefusal as refusal:
        if refusal.code not in objects.GONE:
            raise
        return True  # deleted by the application: what it deleted is the new one


LOOK = Step("file_look", look, lane=Lane.TENANT)
WRITE = Step("file_renew", renew, lane=Lane.TENANT, undo=back)
PROVE = Step(PROOF, proof, lane=Lane.TENANT)
SETTLE = Step(
    "file_settle", settle, lane=Lane.TENANT, when=lambda known: not proven(known),
    ask=(Field("what", Kind.CHOICE, choices=ways),),
)  # fmt: skip

RENEW = (LOOK, WRITE, PROVE, RECORD, SETTLE, retiring(remove))
