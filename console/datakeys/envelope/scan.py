"""The folders of the settings as a scan tells them: headers are read, nothing is decrypted; of a bucket S3 is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from console.aws.refusals import AwsRefusal
from console.datakeys.envelope import folder, header, prefix
from console.datakeys.envelope.rotation import FileRotation
from console.datakeys.keys import Keyring
from console.errors import ConsoleError
from store.harvest import DataKeyFacts, Placement
from store.records import Granularity, Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from console.aws.session import Account
    from console.datakeys.routes import Rotation
    from console.files import FilesSettings

MOST = 20_000
"""Names that one scan looks at in a folder; of a larger one the first are told, and that there are more."""

MOST_OBJECTS = 1_000
"""The same of a prefix, where each look is a request."""


@dataclass(slots=True)
class Census:
    """What a folder holds: paths with the header of those that are messages, and how many others for which reason."""

    messages: dict[bytes, header.Header] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    more: bool = False

    @property
    def keys(self) -> set[str]:
        return {one.key for told in self.messages.values() for one in told.keys}

    @property
    def plain(self) -> bool:
        """Whether every message has a name that can stand on a line of its own."""
        return all(_plain(path) for path in self.messages)


def census(root: str) -> Census:
    """Raises ConsoleError: the folder cannot be opened."""
    told = Census()
    for number, found in enumerate(folder.walk(root)):
        if number >= MOST:
            told.more = True
            break
        try:
            with folder.opened(found) as handle:
                told.messages[found.path] = folder.message(handle)
        except folder.SkippedError as skipped:
            told.skipped[skipped.reason] += 1
    return told


def census_of(place: prefix.Prefix) -> Census:
    """The same of a bucket. Raises AwsRefusal, ConsoleError: it cannot be listed."""
    told = Census()
    for number, entry in enumerate(prefix.walk(place)):
        if number >= MOST_OBJECTS:
            told.more = True
            break
        try:
            told.messages[entry["Key"].removeprefix(place.within).encode()] = prefix.message(place, entry)
        except folder.SkippedError as skipped:
            told.skipped[skipped.reason] += 1
    return told


def _plain(path: bytes) -> bool:
    try:
        return path.decode().isprintable()
    except UnicodeDecodeError:
        return False


class Scan:
    """One reading of the folders whose CMK is of this Region."""

    def __init__(self, account: Account, region: str) -> None:
        self._account = account
        self._region = region
        self._keyring = Keyring(account, region)

    def facts(self) -> Iterator[DataKeyFacts | AwsRefusal]:
        """A folder that cannot be opened is a gap, the others follow."""
        for told in self._account.files:
            if told.at == self._region:
                try:
                    yield from self._folder(told, self._census(told.path))
                except AwsRefusal as refusal:
                    yield AwsRefusal(refusal.code, f"{told.path}: {refusal.message}", refusal.operation)
                except ConsoleError as error:
                    yield AwsRefusal("Unreadable", f"{told.path}: {error.values.get('detail', '')}", "files")

    def _census(self, path: str) -> Census:
        if not prefix.named(path):
            return census(path)
        return census_of(prefix.of(self._account.client("s3", self._region), path, self._account.account_id))

    def _folder(self, told: FilesSettings, found: Census) -> Iterator[DataKeyFacts]:
        if found.plain and len(found.messages) <= told.rows and not found.more:
            for path, message in found.messages.items():
                name = path.decode()
                detail = (("algorithm", f"{message.algorithm:#06x}"), ("message_id", message.message_id[:32]))
                yield self._row(
                    told, f"{told.path.rstrip('/')}/{name}", name, {one.key for one in message.keys}, detail
                )
            return
        counts = tuple((f"skipped_{reason}", str(number)) for reason, number in sorted(found.skipped.items()))
        files = f"{len(found.messages)}{'+' if found.more else ''}"
        yield self._row(told, told.path, told.path, found.keys, (("files", files), *counts))

    def _row(
        self, told: FilesSettings, path: str, name: str, keys: set[str], detail: tuple[tuple[str, str], ...]
    ) -> DataKeyFacts:
        key = next(iter(keys)) if len(keys) == 1 else told.key
        return DataKeyFacts(
            FileKind.name,
            Granularity.FILE,
            path,
            self._account.account_id,
            self._region,
            Placement(self._account.tenant, told.application, told.environment, Source.DECLARED),
            name=name,
            key_ref=key,
            status=self._status(key),
            detail=(("folder", told.path), *detail),
        )

    def _status(self, key: str) -> Status:
        known = ":key/" in key and key.split(":")[3] == self._region
        return self._keyring.status(key) if known else Status.UNKNOWN


class FileKind:
    """Messages of the AWS Encryption SDK in folders of this machine, and in buckets."""

    name: ClassVar[str] = "file"
    labels: ClassVar[tuple[str, str]] = ("kind.file.one", "kind.file.many")
    granularity: ClassVar[Granularity] = Granularity.FILE
    probes: ClassVar[Mapping[str, Callable[[Account, str], object]]] = {}
    spare: ClassVar[frozenset[str]] = frozenset()
    rotation: ClassVar[Rotation | None] = FileRotation()

    def discover(
        self,
        account: Account,
        region: str,
        place: Callable[[Mapping[str, str]], Placement],  # noqa: ARG002 - files have no tags: the settings place them
    ) -> Iterator[DataKeyFacts | AwsRefusal]:
        return Scan(account, region).facts()
