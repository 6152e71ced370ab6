"""What a folder or a prefix holds: which of its files are messages, by their headers, and how many others for what
reason. Of an object that a sync read before and that is still the same nothing is asked.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from console.datakeys.crowd import in_order
from console.datakeys.envelope import folder, header, prefix
from store.harvest import ObjectRead, PrefixRead

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST = 20_000
"""Names that one scan looks at; of a larger folder or prefix the first are told, and that there are more."""

MOST_READ = 1_000
"""Objects of a prefix that one scan reads: each is a request. The next scan goes on behind them."""

AT_ONCE = 8
"""Objects read at the same time."""

Known = dict[str, ObjectRead]


@dataclass(slots=True)
class Census:
    """Paths with the header and size of those that are messages, and how many others for which reason."""

    messages: dict[bytes, header.Header] = field(default_factory=dict)
    sizes: dict[bytes, int] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    more: bool = False

    @property
    def keys(self) -> set[str]:
        return {one.key for told in self.messages.values() for one in told.keys}

    @property
    def plain(self) -> bool:
        """Whether every message has a name that can stand on a line of its own."""
        return all(_plain(path) for path in self.messages)

    def add(self, path: bytes, told: header.Header | str, size: int = 0) -> None:
        """A message, or why it is none."""
        if isinstance(told, str):
            self.skipped[told] += 1
        else:
            self.messages[path], self.sizes[path] = told, size


def _plain(path: bytes) -> bool:
    try:
        return path.decode().isprintable()
    except UnicodeDecodeError:
        return False


def census(root: str) -> Census:
    """Raises ConsoleError: the folder cannot be opened."""
    told = Census()
    for number, found in enumerate(folder.walk(root)):
        if number >= MOST:
            told.more = True
            break
        try:
            with folder.opened(found) as handle:
                told.add(found.path, folder.message(handle), os.fstat(handle).st_size)
        except folder.SkippedError as skipped:
            told.add(found.path, skipped.reason)
    return told


def census_of(place: prefix.Prefix, path: str, known: Mapping[str, ObjectRead]) -> tuple[Census, PrefixRead]:
    """The same of a prefix, and what of it the next one need not read. `known` is that of the last, by key.

    Raises:
        AwsRefusal, ConsoleError: it cannot be listed.
    """
    told, read, met = Census(), [], set[str]()
    for found in in_order(partial(_read, place, known), _first(place, known, told), AT_ONCE):
        if found is not None:
            entry, said, fresh = found
            met.add(entry["Key"])
            told.add(entry["Key"].removeprefix(place.within).encode(), said, entry["Size"])
            read += [fresh] if fresh else []
    gone = () if told.more else tuple(known.keys() - met)
    return told, PrefixRead(path, tuple(read), gone)


def _first(place: prefix.Prefix, known: Mapping[str, ObjectRead], told: Census) -> Iterator[Mapping[str, Any]]:
    """As many objects as one scan looks at."""
    asked = 0
    for number, entry in enumerate(prefix.walk(place)):
        asked += not _same(known, entry)
        if number >= MOST or asked > MOST_READ:
            told.more = True
            return
        yield entry


def _same(known: Mapping[str, ObjectRead], entry: Mapping[str, Any]) -> bool:
    before = known.get(entry["Key"])
    return before is not None and before.mark == _mark(entry)


def _mark(entry: Mapping[str, Any]) -> str:
    return f"{entry['ETag']} {entry['Size']} {int(entry['LastModified'].timestamp())}"


def _read(
    place: prefix.Prefix, known: Mapping[str, ObjectRead], entry: Mapping[str, Any]
) -> tuple[Mapping[str, Any], header.Header | str, ObjectRead | None]:
    """The entry, its header or why there is none, and what is to be remembered where that is new."""
    key = entry["Key"]
    if _same(known, entry):
        return entry, _recalled(known[key].told), None
    try:
        said: header.Header | str = prefix.message(place, entry)
    except folder.SkippedError as skipped:
        if skipped.reason != "no_message":  # all else may be otherwise next time, with the same object
            return entry, skipped.reason, None
        said = skipped.reason
    return entry, said, ObjectRead(key, _mark(entry), _remembered(said))


def _remembered(said: header.Header | str) -> str:
    """As text: of a header what a scan tells of it, no encrypted data key and no context."""
    if isinstance(said, str):
        return json.dumps({"reason": said})
    keys = [[one.provider, one.key] for one in said.keys]
    return json.dumps({"algorithm": said.algorithm, "id": said.message_id, "keys": keys})


def _recalled(told: str) -> header.Header | str:
    said = json.loads(told)
    if "reason" in said:
        return str(said["reason"])
    keys = tuple(header.Wrapped(provider, key, b"") for provider, key in said["keys"])
    return header.Header(said["algorithm"], said["id"], keys)
