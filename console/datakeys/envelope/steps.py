"""The procedure: every message written anew beside itself and verified, then swapped; the proof is in both headers."""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from console.datakeys.envelope import folder, header
from console.datakeys.envelope.folder import SkippedError
from console.datakeys.keys import kms_of, usable
from console.datakeys.proving import PROOF, RECORD, Evidence, in_time, proven, retiring
from console.errors import ConsoleError
from console.workflow.model import Field, Kind, Lane, Step
from store.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from console.workflow.context import Context
    from console.workflow.model import Known
    from store.run_records import Json

HARMLESS = frozenset({"no_message", "link", "special", "gone"})
"""What is left out and holds none of the data: the rest of what is skipped keeps the old data key."""

OUTSIDE = frozenset({"foreign", "more_keys"})
"""Messages that are not ours alone: under a key of another account, or open to somebody else as well."""

NAMED = 20
"""Files that the evidence names with their marks; of more it tells the number."""

BEAT = 1.0
"""Seconds between two notes of how far it is."""


def _root(ctx: Context) -> str:
    return str(ctx.facts["folder"])


def _files(ctx: Context) -> Iterator[folder.Found]:
    return folder.walk(_root(ctx), ctx.facts["file"])


# ---- look


def look(ctx: Context) -> Json:
    """How much there is, and that no other run is at work here and the CMK can be used."""
    if run := folder.others(_root(ctx), ctx.run_id):
        raise ConsoleError("file.pending", path=_root(ctx), run=run)
    usable(ctx, ctx.facts["intended"])
    sizes, skipped, beat = [], Counter[str](), Beat(ctx, 0)
    for found in _files(ctx):
        beat()
        try:
            with folder.opened(found) as handle:
                ours(ctx, folder.message(handle))
                sizes.append(os.fstat(handle).st_size)
        except SkippedError as left:
            skipped[left.reason] += 1
    if not sizes:
        raise ConsoleError("file.none", path=_root(ctx))
    return {"files": len(sizes), "bytes": sum(sizes), "skipped": dict(skipped)}


def ours(ctx: Context, told: header.Header) -> header.Header:
    """One data key, wrapped by one CMK of the account that our CMKs are in. Raises SkippedError."""
    if len(told.keys) != 1:
        raise SkippedError("more_keys")  # somebody else could open it too, and could not afterwards
    (only,) = told.keys
    if only.provider != header.KMS or only.key.split(":")[4:5] != ctx.facts["intended"].split(":")[4:5]:
        raise SkippedError("foreign")
    return told


# ---- the new files


def write(ctx: Context) -> Json:
    """Each message under a new data key, whole and verified beside the old. What is there already stays."""
    from console.datakeys.envelope.sealing import NotAMessageError, Sealer

    beat, skipped, done = Beat(ctx, ctx.outputs["file_look"]["files"]), Counter[str](), 0
    sealer = Sealer(lambda arn: kms_of(ctx, arn), beat)
    for found in _files(ctx):
        beat.done = done
        try:
            folder.write(found, ctx.run_id, lambda old, new: _sealed(ctx, sealer, old, new))
            done += 1
        except SkippedError as left:
            skipped[left.reason] += 1
        except NotAMessageError:
            skipped["broken"] += 1
        beat()
    return {"written": done, "skipped": dict(skipped)}


class Beat:
    """Notes how far it is, at most once a second: `done` of `total`, and the key `after` which to go on, if it has
    one. `first` is done before.
    """

    def __init__(self, ctx: Context, total: int, first: Callable[[], object] = lambda: None) -> None:
        self._ctx, self._total, self._first = ctx, total, first
        self._last = time.monotonic()
        self.done = 0
        self.after = ""

    def __call__(self) -> None:
        if time.monotonic() - self._last >= BEAT:
            self.note()

    def note(self) -> None:
        """How far it is now."""
        self._last = time.monotonic()
        self._first()
        cursor = {"done": self.done} | ({"after": self.after} if self.after else {})
        self._ctx.save(cursor, self.done, self._total)


def _sealed(ctx: Context, sealer: Any, old: int, new: int) -> None:
    """From handle to handle, and back from the new one: the plaintext is in memory only, and so is its digest."""
    from console.datakeys.envelope.sealing import same

    told, intended = ours(ctx, folder.message(old)), ctx.facts["intended"]
    with _stream(old, "rb") as source, _stream(new, "wb") as target:
        before = sealer.rewrite(source, target, told, intended)
    os.lseek(new, 0, os.SEEK_SET)
    with _stream(new, "rb") as source:
        if not same(sealer.digest(source, intended), before):
            raise ConsoleError("file.differs", path=_root(ctx))


def _stream(handle: int, mode: str) -> Any:
    return os.fdopen(os.dup(handle), mode, buffering=1 << 20)


def unwrite(ctx: Context) -> None:
    for work in folder.desks(_root(ctx), ctx.run_id):
        work.clear()


# ---- there and back


def swap(ctx: Context) -> Json:
    """Each new file in its place by one rename; what was changed since it was read stays, and is counted."""
    skipped, done = Counter[str](), 0
    for work, name in _each(ctx):
        try:
            _swapped(ctx, work, name)
            done += 1
        except SkippedError as left:
            skipped[left.reason] += 1
    return {"swapped": done, "skipped": dict(skipped)}


def _swapped(ctx: Context, work: folder.Desk, name: bytes) -> None:
    if not _fresh(ctx, work, name):
        raise SkippedError("same")
    folder.swap(work, name)


def swap_back(ctx: Context) -> None:
    for work, name in _each(ctx):
        folder.back(work, name)


def _each(ctx: Context) -> Iterator[tuple[folder.Desk, bytes]]:
    beat = Beat(ctx, ctx.outputs["file_look"]["files"])
    for work in folder.desks(_root(ctx), ctx.run_id):
        for name in folder.names(work):
            yield work, name
            beat.done += 1
            beat()


# ---- proof


def proof(ctx: Context) -> Json:
    """Two headers a file: the bytes of the encrypted data key differ, and the CMK is the one that was meant."""
    number, wrong = 0, 0
    named: list[Json] = []
    for work, name in _each(ctx):
        if folder.swapped(work, name):
            number += 1
            wrong += not _fresh(ctx, work, name)
            if len(named) < NAMED:
                named.append(_named(work, name))
    skipped: Counter[str] = Counter(ctx.outputs["file_write"]["skipped"]) + Counter(ctx.outputs["file_swap"]["skipped"])
    verdict, reason = judge(number, wrong, dict(skipped))
    facts = {
        "files": number, "unchanged": wrong, "skipped": dict(skipped), "cmk_intended": ctx.facts["intended"],
        "plaintext": "same", "named": named,
    }  # fmt: skip
    return Evidence(verdict, reason, ctx.facts["resource"], facts).output()


def _named(work: folder.Desk, name: bytes) -> Json:
    before, after = _key(work, b"old", name), _key(work, b"new", name)
    return {
        "file": name.decode("utf-8", "backslashreplace"),
        "cmk_before": before.key,
        "cmk_after": after.key,
        "data_key_before": before.mark,
        "data_key_after": after.mark,
    }


def judge(number: int, wrong: int, skipped: Json) -> tuple[Verdict, str]:
    """What the count of new, unchanged and skipped messages proves of the whole, and the text key of why."""
    if not number:
        return Verdict.UNKNOWN, "verdict.file.none"
    if wrong:
        return Verdict.UNKNOWN, "verdict.file.same"
    if set(skipped) - HARMLESS - OUTSIDE:
        return Verdict.UNKNOWN, "verdict.file.partly"
    return Verdict.PROVEN, "verdict.file.outside" if set(skipped) & OUTSIDE else "verdict.file.new"


def _fresh(ctx: Context, work: folder.Desk, name: bytes) -> bool:
    before, after = _key(work, b"old", name), _key(work, b"new", name)
    return before.blob != after.blob and after.key == ctx.facts["intended"]


def _key(work: folder.Desk, shelf: bytes, name: bytes) -> header.Wrapped:
    with folder.opened(folder.Found(b".", name, work.shelf[shelf])) as handle:
        return folder.message(handle).keys[0]


# ---- what is old


def ways(known: Known) -> tuple[str, ...]:
    return ("back", "keep") if known.outputs[PROOF].get("reason") == "verdict.file.partly" else ("back",)


def settle(ctx: Context) -> Json:
    """Where not all could be rotated somebody says what becomes of the rest: all as it was, or what is new stays."""
    if ctx.answer["what"] == "back":
        swap_back(ctx)
    else:
        in_time(ctx)
    return remove(ctx)


def remove(ctx: Context) -> Json:
    """The old files, and the second names of the new."""
    removed = 0
    for work in folder.desks(_root(ctx), ctx.run_id):
        removed += len(folder.names(work))
        work.clear()
    return {"removed": [f"{removed}"]}


LOOK = Step("file_look", look, lane=Lane.TENANT)
WRITE = Step("file_write", write, lane=Lane.TENANT, undo=unwrite)
PROVE = Step(PROOF, proof, lane=Lane.TENANT)
SWAP = Step("file_swap", swap, lane=Lane.TENANT, undo=swap_back)
SETTLE = Step(
    "file_settle", settle, lane=Lane.TENANT, when=lambda known: not proven(known),
    ask=(Field("what", Kind.CHOICE, choices=ways),),
)  # fmt: skip

REWRITE = (LOOK, WRITE, SWAP, PROVE, RECORD, SETTLE, retiring(remove))
