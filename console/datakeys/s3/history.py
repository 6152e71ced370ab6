"""A key with all its versions gets new data keys: each is copied on top, the oldest first, so that the order stays.

A history is all or nothing from its oldest version that can be copied on. Somebody who writes in between is not
buried: what was copied of that history goes again, for the versions that it was made from still stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.aws import objects
from console.aws.refusals import AwsRefusal
from console.datakeys.notes import read
from console.datakeys.s3.ledger import Outcome, Result
from console.datakeys.s3.rewriting import closed, made_from, patiently

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from console.datakeys.s3.rewriting import Task

LIKE = ("ContentLength", "ContentType", "Metadata", "ContentEncoding", "CacheControl", "SSEKMSKeyId")
"""By which a version is known as the copy of another; with its checksum where both have one."""

Copies = dict[str, dict[str, dict[str, str]]]
"""By key and version what was noted of its copy: `stand` the version on top before, `now` the copy, once known."""


def known_copies(path: Path, after: str) -> Copies:
    """What a run that was killed noted of the histories that it had not settled: those of the keys after `after`."""
    found: Copies = {}
    for line in read(path):
        if "was" in line and line["key"] > after:
            found.setdefault(line["key"], {}).setdefault(line["was"], {}).update(line)
    return found


def with_history(task: Task, known: Copies, history: objects.History) -> list[Result]:
    """What became of every version of a key.

    Raises:
        AwsRefusal, ConsoleError: as `rewritten`.
    """
    old = [one for one in history.versions if not task.later(one)]
    if history.markers:
        return [Result(history.key, Outcome.SKIPPED, one["Size"], "marker", was=one["VersionId"]) for one in old]
    if not old:
        newest = history.versions[0]
        return [Result(history.key, Outcome.FOUND, newest["Size"], now=newest["VersionId"], etag=newest["ETag"])]
    noted = dict(known.get(history.key, {}))

    def settled(tried: int) -> list[Result]:
        return Chain(task, objects.histories_of(task.bucket, history.key) if tried else history, noted).settled()

    return patiently(task, history.key, settled)


class Chain:
    """One history on its way up. `noted` is what is noted of its copies so far, by version."""

    def __init__(self, task: Task, history: objects.History, noted: dict[str, dict[str, str]]) -> None:
        self._task = task
        self._key = history.key
        self._noted = noted
        self._old = [one for one in reversed(history.versions) if not task.later(one)]
        self._new = {str(one["VersionId"]) for one in history.versions if task.later(one)}
        newer = zip(history.versions, history.versions[1:], strict=False)
        self._above = {str(one["VersionId"]): above for above, one in newer}
        self._top: Mapping[str, Any] = history.versions[0] if history.versions else {}

    def settled(self) -> list[Result]:
        """Every version's result; a stranger's among the new ones stops it."""
        told, seen = self._possible()
        ours = {one["VersionId"]: found for one in seen if (found := self._copied_before(one)) is not None}
        if self._new - {str(found["VersionId"]) for found in ours.values()}:
            return [*told, *self._taken_back(ours.values(), seen)]
        for one in seen:
            found = ours.get(one["VersionId"]) or self._copied(one)
            if found is None:
                return [*told, *self._taken_back(ours.values(), seen)]
            ours[one["VersionId"]] = self._top = found
        return [*told, *(self._rotated(one, ours[one["VersionId"]]) for one in seen)]

    def _rotated(self, one: Mapping[str, Any], now: Mapping[str, Any]) -> Result:
        was, version = str(one["VersionId"]), str(now["VersionId"])
        return Result(self._key, Outcome.ROTATED, one["ContentLength"], was=was, now=version, etag=now["ETag"])

    def _possible(self) -> tuple[list[Result], list[dict[str, Any]]]:
        """The versions that can be copied without changing the order, and a result for each of the others."""
        told: list[Result] = []
        seen: list[dict[str, Any]] = []
        for one in self._old:
            at = self._looked(one["VersionId"])
            reason = "customer_key" if at is None else "archived" if closed(at) else ""
            if reason:
                told += [self._skipped(each, "order") for each in seen]
                told.append(Result(self._key, Outcome.SKIPPED, one["Size"], reason, was=one["VersionId"]))
                seen = []
            elif at is not None:
                seen.append({**at, "VersionId": one["VersionId"]})
        return told, seen

    def _looked(self, version: str) -> dict[str, Any] | None:
        try:
            return objects.look(self._task.bucket, self._key, version)
        except AwsRefusal as refusal:
            if refusal.code == "400":
                return None
            raise

    def _copied_before(self, one: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The copy that was made of this version before a kill, or of which only the answer was lost."""
        noted = self._noted.get(one["VersionId"])
        if noted is None:
            return None
        if "now" in noted:
            return self._looked_up(noted["now"])
        above = self._above.get(noted["stand"])
        if above is None or not self._task.later(above):
            return None
        found = self._looked_up(above["VersionId"])
        return found if found is not None and self._alike(found, one) else None

    def _looked_up(self, version: str) -> Mapping[str, Any] | None:
        try:
            return {**objects.look(self._task.bucket, self._key, version), "VersionId": version}
        except AwsRefusal as refusal:
            if refusal.code in objects.GONE:
                return None
            raise

    def _alike(self, found: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
        meant = {**one, "SSEKMSKeyId": self._task.cmk}
        sums = [name for name in found if name.startswith("Checksum") and name in one and name != "ChecksumType"]
        return all(found.get(name) == meant.get(name) for name in (*LIKE, *sums))

    def _copied(self, one: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A copy on top; None: somebody else has written there."""
        note = {"key": self._key, "was": str(one["VersionId"]), "stand": str(self._top["VersionId"])}
        self._task.notes.write(**note)
        self._noted[note["was"]] = note
        try:
            made = made_from(self._task, self._key, one, {"IfMatch": self._top["ETag"]})
        except AwsRefusal as refusal:
            if refusal.code in objects.CHANGED:
                return None
            raise
        now = str(made["VersionId"])
        self._task.notes.write(**note, now=now)
        self._noted[note["was"]] = {**note, "now": now}
        return {"VersionId": now, "ETag": made["ETag"]}

    def _taken_back(self, made: Iterable[Mapping[str, Any]], seen: list[dict[str, Any]]) -> list[Result]:
        for one in made:
            try:
                objects.drop(self._task.bucket, self._key, str(one["VersionId"]))
            except AwsRefusal as refusal:
                if not refusal.denied:
                    raise
        return [self._skipped(one, "changed") for one in seen]

    def _skipped(self, one: Mapping[str, Any], reason: str) -> Result:
        return Result(self._key, Outcome.SKIPPED, one["ContentLength"], reason, was=str(one["VersionId"]))
